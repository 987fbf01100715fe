// Whose money a conduit hands on, for the conduits that only organisations pay, which are nearly
// all: laid out once, so that looking through LAND and FUND costs a household no search of its own.
#ifndef LIANJIE_ENGINE_COVERAGE_CONDUIT_ORIGINS_H_
#define LIANJIE_ENGINE_COVERAGE_CONDUIT_ORIGINS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/flow_model.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct ConduitOrigin {
  NodeIndex payer;  // the conduit itself for what starts with it
  double share;     // of the conduit's money
};

// Immutable after Make; thread safe.
class ConduitOrigins {
 public:
  // Errors: CANCELLED. O(links that pay conduits).
  static absl::StatusOr<ConduitOrigins> Make(const FlowModel& model, RunContext& context);

  // By payer; empty for one that is no such conduit. O(log conduits).
  std::span<const ConduitOrigin> Of(PayerIndex p) const;

 private:
  std::vector<PayerIndex> conduits_;  // ascending
  std::vector<std::uint64_t> firsts_{0};
  std::vector<ConduitOrigin> origins_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_CONDUIT_ORIGINS_H_
