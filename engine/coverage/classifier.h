// The passes behind Classification::Make; nothing else calls them.
#ifndef LIANJIE_ENGINE_COVERAGE_CLASSIFIER_H_
#define LIANJIE_ENGINE_COVERAGE_CLASSIFIER_H_

#include "absl/status/status.h"
#include "engine/coverage/classification.h"
#include "engine/graph/view.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Fills the classes, reasons, traits and counts of `out`, whose model, lines and benefits stand.
// `asked` tells which households are looked at; targets are those inside `targets`, or the default
// ones. Errors: MISSING_FIELD (persons), CANCELLED.
absl::Status ClassifyHouseholds(Classification& out, const View& asked, const View& targets,
                                bool default_targets, RunContext& context);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_CLASSIFIER_H_
