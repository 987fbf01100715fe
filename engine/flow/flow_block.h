// One strongly connected component of payers, solved alone. Inside a component money goes round, so
// one sweep does not settle it: a small one is solved by dense LU, a large one by Gauss-Seidel
// sweeps that start from 0 and rise monotonically, so that what is not settled is money still in
// transit; one in which money goes round for too long (little leaves it) by elimination and GMRES
// (block_solver.h). Elimination is stable here: I - P is a diagonally dominant M-matrix. Every
// solve asks whether to stop at least once in a few milliseconds.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_BLOCK_H_
#define LIANJIE_ENGINE_FLOW_FLOW_BLOCK_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Links or payers between two looks at the clock.
inline constexpr std::uint32_t kPollMask = 4095;

// Rows of P: payer v pays share shares[a] of its money to targets[a], a in [offsets[v], offsets[v +
// 1]). Parallel arcs and self-loops are welcome. A view: whoever makes it keeps the arrays alive.
struct FlowCsr {
  std::span<const std::uint64_t> offsets;
  std::span<const std::uint32_t> targets;
  std::span<const double> shares;

  std::uint32_t size() const { return static_cast<std::uint32_t>(offsets.size() - 1); }
};

// The arcs inside one component, its members numbered from 0. Self-loops are kept apart.
struct FlowBlock {
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> targets;
  std::vector<double> shares;
  std::vector<double> self;  // share that a member pays to itself

  std::uint32_t size() const { return static_cast<std::uint32_t>(self.size()); }
};

// kForward: x = rhs + P'x. kBackward: a = rhs + P a.
enum class FlowSide : std::uint8_t { kForward, kBackward };

// Up to this many members N itself is made, and dense LU used where sweeps take too long.
inline constexpr std::uint32_t kDenseBlock = 256;
// Up to this many members the diagonal of N is exact whatever it takes.
inline constexpr std::uint32_t kExactDiagonalBlock = 5000;

// Solves in place for `width` right-hand sides, values[member * width + j]. `tolerance` is relative
// to the right-hand sides and concerns iterations alone; `residual` grows by the money left in
// transit (forward) or by the bound of the error (backward). Errors: FAILED_PRECONDITION (DIVERGES)
// when money never leaves the block; RESOURCE_EXHAUSTED (LIMIT_EXCEEDED) when the iteration did not
// converge; CANCELLED, MEMORY_EXHAUSTED.
absl::Status SolveBlock(const FlowBlock& block, FlowSide side, std::span<double> values, int width,
                        double tolerance, double& residual, RunContext& context);

// N = (I - P)^-1 of a block of at most kDenseBlock members, row-major: visits[i * size + j] =
// visits of j by a yuan that starts at i.
absl::StatusOr<std::vector<double>> DenseVisits(const FlowBlock& block, RunContext& context);

// N_kk of the members where wanted[k]; others are left as they are. `error` becomes the largest
// relative error: 0 where exact; above kExactDiagonalBlock members, where elimination does not come
// through, the part of a yuan still in transit when a fixed amount of work was done. Errors: as
// SolveBlock.
absl::Status BlockDiagonal(const FlowBlock& block, std::span<const std::uint8_t> wanted,
                           std::span<double> diagonal, double& error, RunContext& context);

// I - P of a block, row-major.
std::vector<double> DenseOf(const FlowBlock& block);

// What says that money never leaves a cycle of `size` payers.
absl::Status DivergesError(std::uint32_t size);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_BLOCK_H_
