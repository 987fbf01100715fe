#include "engine/flow/dense_lu.h"

#include <algorithm>

#include "Eigen/Core"
#include "engine/core/status.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

// Pivots that are taken together, so that the rest of the matrix is read once for all of them, and
// columns that are worked on while they are in the cache.
constexpr std::size_t kPanel = 32;
constexpr std::size_t kColumns = 512;
// Products between two looks at the context.
constexpr std::int64_t kPollProducts = 2000000;

using DenseRow = Eigen::Map<Eigen::ArrayXd>;
using ConstDenseRow = Eigen::Map<const Eigen::ArrayXd>;

void SubtractRow(double* to, const double* from, double factor, std::size_t count) {
  const auto n = static_cast<Eigen::Index>(count);
  DenseRow(to, n) -= factor * ConstDenseRow(from, n);
}

// to -= the sum of rows[k] * factors[k], four rows at a time. Element by element, so that wide
// registers change nothing in the sums.
void SubtractRows(double* to, const double* rows, std::size_t stride, const double* factors,
                  std::size_t row_count, std::size_t count) {
  const auto n = static_cast<Eigen::Index>(count);
  std::size_t k = 0;
  for (; k + 4 <= row_count; k += 4) {
    const double* const at = rows + k * stride;
    const ConstDenseRow a(at, n), b(at + stride, n), c(at + 2 * stride, n), d(at + 3 * stride, n);
    DenseRow(to, n) -=
        (factors[k] * a + factors[k + 1] * b) + (factors[k + 2] * c + factors[k + 3] * d);
  }
  for (; k < row_count; ++k) SubtractRow(to, rows + k * stride, factors[k], count);
}

// Products of a row of a solve, and what it costs to look at its factors.
std::int64_t RowWork(std::size_t factors, std::size_t width) {
  return static_cast<std::int64_t>(factors * (width + 8) + width);
}

}  // namespace

absl::StatusOr<DenseLu> DenseLu::Make(std::vector<double> m, std::size_t size,
                                      RunContext& context) {
  DenseLu lu(std::move(m), size);
  LIANJIE_RETURN_IF_ERROR(lu.Factor(context));
  return lu;
}

// The rows of the panel itself, and of all below it the columns of the panel.
bool DenseLu::FactorPanel(std::size_t begin, std::size_t end) {
  for (std::size_t k = begin; k < end; ++k) {
    const double pivot = at(k, k);
    if (!(pivot > kVanishingPivot)) return false;
    for (std::size_t i = k + 1; i < size_; ++i) {
      double* const row = &m_[i * size_];
      if (row[k] == 0.0) continue;
      const double factor = row[k] /= pivot;
      const std::size_t last = i < end ? size_ : end;
      SubtractRow(row + k + 1, &m_[k * size_] + k + 1, factor, last - k - 1);
    }
  }
  return true;
}

absl::Status DenseLu::Factor(RunContext& context) {
  std::int64_t work = 0;
  for (std::size_t begin = 0; begin < size_; begin += kPanel) {
    const std::size_t end = std::min(size_, begin + kPanel);
    if (context.Stopped()) return context.Check();
    ok_ = FactorPanel(begin, end);
    if (!ok_) return absl::OkStatus();
    for (std::size_t first = end; first < size_; first += kColumns) {
      const std::size_t count = std::min(kColumns, size_ - first);
      for (std::size_t i = end; i < size_; ++i) {
        SubtractRows(&m_[i * size_ + first], &m_[begin * size_ + first], size_,
                     &m_[i * size_ + begin], end - begin, count);
        work += static_cast<std::int64_t>(count * (end - begin));
        if (work < kPollProducts) continue;
        work = 0;
        if (context.Stopped()) return context.Check();
      }
    }
  }
  return absl::OkStatus();
}

absl::Status DenseLu::Solve(std::span<double> values, std::size_t width,
                            RunContext& context) const {
  Poller poller(context, kPollProducts);
  for (std::size_t i = 0; i < size_; ++i) {
    if (poller.Tick(RowWork(i, width))) return context.Check();
    for (std::size_t k = 0; k < i; ++k) {
      if (at(i, k) != 0.0) SubtractRow(&values[i * width], &values[k * width], at(i, k), width);
    }
  }
  for (std::size_t i = size_; i-- > 0;) {
    if (poller.Tick(RowWork(size_ - i, width))) return context.Check();
    for (std::size_t k = i + 1; k < size_; ++k) {
      if (at(i, k) != 0.0) SubtractRow(&values[i * width], &values[k * width], at(i, k), width);
    }
    for (std::size_t j = 0; j < width; ++j) values[i * width + j] /= at(i, i);
  }
  return absl::OkStatus();
}

absl::Status DenseLu::SolveTransposed(std::span<double> values, std::size_t width,
                                      RunContext& context) const {
  Poller poller(context, kPollProducts);
  for (std::size_t k = 0; k < size_; ++k) {
    if (poller.Tick(RowWork(size_ - k, width))) return context.Check();
    for (std::size_t j = 0; j < width; ++j) values[k * width + j] /= at(k, k);
    for (std::size_t i = k + 1; i < size_; ++i) {
      if (at(k, i) != 0.0) SubtractRow(&values[i * width], &values[k * width], at(k, i), width);
    }
  }
  for (std::size_t k = size_; k-- > 0;) {
    if (poller.Tick(RowWork(k, width))) return context.Check();
    for (std::size_t i = 0; i < k; ++i) {
      if (at(k, i) != 0.0) SubtractRow(&values[i * width], &values[k * width], at(k, i), width);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> DenseLu::Inverse(RunContext& context) const {
  std::vector<double> inverse(size_ * size_, 0.0);
  for (std::size_t i = 0; i < size_; ++i) inverse[i * size_ + i] = 1.0;
  LIANJIE_RETURN_IF_ERROR(Solve(inverse, size_, context));
  return inverse;
}

}  // namespace lianjie
