// Share mode: whether all money that enters finds a way out.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_EXITS_H_
#define LIANJIE_ENGINE_FLOW_FLOW_EXITS_H_

#include <span>

#include "absl/status/status.h"
#include "engine/flow/flow_model.h"
#include "engine/flow/flow_solver.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// The solution is unique iff every funded payer reaches an exit: what it retains, leaks or pays a
// household. `rest_share` is what each payer retains; `model` needs its arcs and injections.
// Errors: FAILED_PRECONDITION (TRAPPED, names up to 5 members of the first component without an
// exit), CANCELLED. O(payers + links).
absl::Status CheckExits(const FlowModel& model, const FlowSolver& solver,
                        std::span<const double> rest_share, RunContext& context);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_EXITS_H_
