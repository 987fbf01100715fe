// Large cycles in which sweeps alone settle too slowly: GMRES (Saad and Schultz 1986), restarted,
// preconditioned from the right by one Gauss-Seidel sweep, so that what it watches is the residual
// itself. A cycle whose money mixes well takes some tens of steps however little of it leaves.
#ifndef LIANJIE_ENGINE_FLOW_KRYLOV_H_
#define LIANJIE_ENGINE_FLOW_KRYLOV_H_

#include <span>

#include "absl/status/statusor.h"
#include "engine/flow/flow_block.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Solves in place for one right-hand side in at most about `most_steps` steps, each of which reads
// the arcs once (forward) or twice (backward). True when the residual came down to `tolerance` of
// the right-hand side (sums of absolute values forward, largest values backward) or to what doubles
// can hold; `residual` is set in either case. Sums run in one fixed order. Books about 45 doubles a
// member while it runs and polls every few thousand operations. Errors: CANCELLED,
// MEMORY_EXHAUSTED.
absl::StatusOr<bool> SolveKrylov(const FlowBlock& block, FlowSide side, std::span<double> values,
                                 double tolerance, int most_steps, double& residual,
                                 RunContext& context);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_KRYLOV_H_
