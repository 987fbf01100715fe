// A component solved for many right-hand sides, or one that sweeps do not settle. Members through
// which few arcs run are eliminated first (each arc through one becomes an arc past it; the next
// is always the one that makes fewest), as far as that stays cheap: chains, trees of cycles and
// narrow meshes vanish altogether. What is left, the core, is solved by dense LU when it is small
// and else by GMRES, which is quick where money mixes well; where it is not, elimination goes on.
// Nothing here runs for more than a few milliseconds without asking whether to stop.
#ifndef LIANJIE_ENGINE_FLOW_BLOCK_SOLVER_H_
#define LIANJIE_ENGINE_FLOW_BLOCK_SOLVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/dense_lu.h"
#include "engine/flow/flow_block.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"

namespace lianjie {

struct BlockSolverLimits {
  // Cores up to this size are eliminated by dense LU at once; up to the second, where GMRES fails.
  std::uint32_t dense_core = 512;
  std::uint32_t largest_dense_core = 2048;
  int krylov_steps = 2000;  // most of one right-hand side
};

// Not thread safe. Memory is booked with the context given to Make, which must outlive the solver.
class BlockSolver {
 public:
  // `block` must outlive the solver. Errors: DIVERGES, CANCELLED, MEMORY_EXHAUSTED.
  static absl::StatusOr<std::unique_ptr<BlockSolver>> Make(const FlowBlock& block,
                                                           RunContext& context,
                                                           const BlockSolverLimits& limits = {});
  ~BlockSolver();

  // As SolveBlock. Errors besides: LIMIT_EXCEEDED (RESOURCE_EXHAUSTED, with the residual) when the
  // core did not converge.
  absl::Status Solve(FlowSide side, std::span<double> values, int width, double tolerance,
                     double& residual);
  // N_kk of the members where wanted[k], others are left as they are; exact. Needs direct(). About
  // the work of Make. Errors: CANCELLED, MEMORY_EXHAUSTED.
  absl::Status Diagonal(std::span<const std::uint8_t> wanted, std::span<double> diagonal) const;
  // True when several right-hand sides at once cost less than one after the other.
  bool direct() const { return dense_.has_value(); }
  std::uint32_t core_size() const { return static_cast<std::uint32_t>(core_members_.size()); }

 private:
  class Eliminator;
  class SelectedInverse;
  struct Arc {
    std::uint32_t member;
    double share;
  };
  // One eliminated member: its arcs when it was, to and from what was left.
  struct Step {
    std::uint32_t member;
    double inverse;  // of what it does not pay to itself
    std::uint64_t outs, ins, end;
  };

  BlockSolver(const FlowBlock& block, RunContext& context, const BlockSolverLimits& limits);
  absl::Status Condense(std::uint64_t most_fill);
  absl::Status MakeDense();
  absl::Status SolveCore(FlowSide side, std::span<double> core, std::size_t width, double tolerance,
                         double& residual, bool& converged);
  absl::Status Eliminate(FlowSide side, std::span<double> values, std::size_t width) const;
  absl::Status Substitute(FlowSide side, std::span<double> values, std::size_t width) const;

  const FlowBlock& block_;
  RunContext& context_;
  const BlockSolverLimits limits_;
  std::vector<Step> steps_;
  std::vector<Arc> arcs_;
  std::vector<std::uint32_t> core_members_;  // ascending
  FlowBlock core_;
  std::optional<DenseLu> dense_;
  bool deep_ = false;
  GrowingBooking arc_booking_;
  GrowingBooking dense_booking_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_BLOCK_SOLVER_H_
