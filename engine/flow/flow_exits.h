// Share mode: whether all money that enters finds a way out.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_EXITS_H_
#define LIANJIE_ENGINE_FLOW_FLOW_EXITS_H_

#include "absl/status/status.h"
#include "engine/flow/flow_core.h"
#include "engine/flow/flow_model.h"
#include "engine/flow/sparse_column.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// The solution is unique iff every funded payer reaches an exit: what it retains, leaks or pays a
// household. `kept` is the part of its money that each payer retains (of an account: FlowModel::
// pass), `leaks` its leak_share; `model` needs its injections. The core is asked; only to name
// whose money is trapped are all payers looked at. Errors: FAILED_PRECONDITION (TRAPPED, names up
// to 5 members of the first component without an exit), CANCELLED. O(core's arcs).
absl::Status CheckExits(const FlowModel& model, const FlowCore& core, const SparseColumn& kept,
                        const SparseColumn& leaks, RunContext& context);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_EXITS_H_
