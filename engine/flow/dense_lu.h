// LU of I - P for a small component, without pivoting: I - P is a diagonally dominant M-matrix, for
// which elimination in any order is stable. A kernel of our own rather than a library's because the
// order of its sums must not depend on the machine's caches, and because it can be stopped.
#ifndef LIANJIE_ENGINE_FLOW_DENSE_LU_H_
#define LIANJIE_ENGINE_FLOW_DENSE_LU_H_

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Part of a yuan that leaves below which it counts as never leaving: the rounding of a few sums
// near 1.
inline constexpr double kVanishingPivot = 1e-15;

// Immutable after Make; thread safe.
class DenseLu {
 public:
  // `m` is row-major, size x size, and becomes the factors. O(size^3); looks at the context every
  // millisecond or so. Errors: CANCELLED.
  static absl::StatusOr<DenseLu> Make(std::vector<double> m, std::size_t size, RunContext& context);

  // False when some pivot vanishes: what enters never leaves. The solves are then meaningless.
  bool ok() const { return ok_; }

  // In place, values[row * width + j]: M y = values, and M' y = values. O(size^2 width); looks at
  // the context as Make does. Errors: CANCELLED.
  absl::Status Solve(std::span<double> values, std::size_t width, RunContext& context) const;
  absl::Status SolveTransposed(std::span<double> values, std::size_t width,
                               RunContext& context) const;

  // Row-major. O(size^3). Errors: CANCELLED.
  absl::StatusOr<std::vector<double>> Inverse(RunContext& context) const;

 private:
  DenseLu(std::vector<double> m, std::size_t size) : m_(std::move(m)), size_(size) {}
  absl::Status Factor(RunContext& context);
  bool FactorPanel(std::size_t begin, std::size_t end);
  double at(std::size_t row, std::size_t column) const { return m_[row * size_ + column]; }

  std::vector<double> m_;  // L below the diagonal (unit), U on and above it
  std::size_t size_;
  bool ok_ = true;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_DENSE_LU_H_
