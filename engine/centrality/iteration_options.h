// What the analyses that iterate share: the rules of their options, and what they say when they
// have not converged.
#ifndef LIANJIE_ENGINE_CENTRALITY_ITERATION_OPTIONS_H_
#define LIANJIE_ENGINE_CENTRALITY_ITERATION_OPTIONS_H_

#include <cmath>
#include <string>

#include "absl/status/status.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {

inline absl::Status ValidateIteration(int iterations, double tolerance) {
  if (iterations < 1) return InvalidField("iterations", Cat(iterations, " is not at least 1"));
  if (!(tolerance > 0) || std::isinf(tolerance))
    return InvalidField("tolerance", Cat(tolerance, " is not positive"));
  return absl::OkStatus();
}

inline std::string NotConvergedWarning(int iterations, double error, double tolerance) {
  return Cat("After ", iterations, " iterations scores still change by ", error,
             ", more than the tolerance of ", tolerance, ".");
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_ITERATION_OPTIONS_H_
