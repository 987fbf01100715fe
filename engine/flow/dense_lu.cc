#include "engine/flow/dense_lu.h"

#include <utility>

namespace lianjie {
namespace {

// Part of a yuan that leaves below which it counts as never leaving: the rounding of a few sums
// near 1.
constexpr double kVanishing = 1e-15;

void SubtractRow(double* to, const double* from, double factor, std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) to[j] -= factor * from[j];
}

}  // namespace

DenseLu::DenseLu(std::vector<double> m, std::size_t size) : m_(std::move(m)), size_(size) {
  for (std::size_t k = 0; k < size_ && ok_; ++k) {
    const double pivot = at(k, k);
    ok_ = pivot > kVanishing;
    for (std::size_t i = k + 1; i < size_ && ok_; ++i) {
      if (at(i, k) == 0.0) continue;
      const double factor = m_[i * size_ + k] /= pivot;
      SubtractRow(&m_[i * size_ + k] + 1, &m_[k * size_ + k] + 1, factor, size_ - k - 1);
    }
  }
}

void DenseLu::Solve(std::span<double> values, std::size_t width) const {
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (at(i, k) != 0.0) SubtractRow(&values[i * width], &values[k * width], at(i, k), width);
    }
  }
  for (std::size_t i = size_; i-- > 0;) {
    for (std::size_t k = i + 1; k < size_; ++k) {
      if (at(i, k) != 0.0) SubtractRow(&values[i * width], &values[k * width], at(i, k), width);
    }
    for (std::size_t j = 0; j < width; ++j) values[i * width + j] /= at(i, i);
  }
}

void DenseLu::SolveTransposed(std::span<double> values, std::size_t width) const {
  for (std::size_t k = 0; k < size_; ++k) {
    for (std::size_t j = 0; j < width; ++j) values[k * width + j] /= at(k, k);
    for (std::size_t i = k + 1; i < size_; ++i) {
      if (at(k, i) != 0.0) SubtractRow(&values[i * width], &values[k * width], at(k, i), width);
    }
  }
  for (std::size_t k = size_; k-- > 0;) {
    for (std::size_t i = 0; i < k; ++i) {
      if (at(k, i) != 0.0) SubtractRow(&values[i * width], &values[k * width], at(k, i), width);
    }
  }
}

std::vector<double> DenseLu::Inverse() const {
  std::vector<double> inverse(size_ * size_, 0.0);
  for (std::size_t i = 0; i < size_; ++i) inverse[i * size_ + i] = 1.0;
  Solve(inverse, size_);
  return inverse;
}

}  // namespace lianjie
