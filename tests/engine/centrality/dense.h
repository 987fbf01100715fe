// Dense matrices of the oracle's arcs, for what iterations should come to: limits by squaring,
// which takes as many steps as a double can tell apart, and solutions by elimination.
#ifndef LIANJIE_TESTS_ENGINE_CENTRALITY_DENSE_H_
#define LIANJIE_TESTS_ENGINE_CENTRALITY_DENSE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/engine/support/oracle.h"

namespace lianjie::testing {

using Matrix = std::vector<std::vector<double>>;

// Row v gathers: entry (v, u) is the weight of the arcs from u to v.
inline Matrix GatherMatrix(const OracleGraph& graph) {
  Matrix matrix(graph.nodes.size(), std::vector<double>(graph.nodes.size(), 0.0));
  for (const OracleArc& arc : graph.arcs) matrix[arc.to][arc.from] += arc.weight;
  return matrix;
}

inline Matrix Transposed(const Matrix& a) {
  Matrix out(a.size(), std::vector<double>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) out[i][j] = a[j][i];
  }
  return out;
}

inline Matrix Product(const Matrix& a, const Matrix& b) {
  const std::size_t n = a.size();
  Matrix out(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      if (a[i][k] == 0) continue;
      for (std::size_t j = 0; j < n; ++j) out[i][j] += a[i][k] * b[k][j];
    }
  }
  return out;
}

inline double Greatest(const Matrix& a) {
  double greatest = 0;
  for (const std::vector<double>& row : a) {
    for (const double value : row) greatest = std::max(greatest, value);
  }
  return greatest;
}

inline void Divide(Matrix& a, double by) {
  for (std::vector<double>& row : a) {
    for (double& value : row) value /= by;
  }
}

inline constexpr int kSquarings = 44;

// The limit of |a^k|^(1/k). No entry may be negative.
inline double SpectralRadius(Matrix a) {
  double logarithm = 0;
  double part = 1;
  for (int i = 0; i < kSquarings; ++i, part /= 2) {
    const double greatest = Greatest(a);
    if (greatest == 0) return 0;
    logarithm += part * std::log(greatest);
    Divide(a, greatest);
    a = Product(a, a);
  }
  return Greatest(a) == 0 ? 0 : std::exp(logarithm + part * std::log(Greatest(a)));
}

// Where (a + shift I)^k leads `start` to, its greatest entry 1.
inline std::vector<double> PowerLimit(Matrix a, double shift, const std::vector<double>& start) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i][i] += shift;
  for (int i = 0; i < kSquarings; ++i) {
    Divide(a, Greatest(a));
    a = Product(a, a);
  }
  std::vector<double> out(a.size(), 0.0);
  double greatest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) out[i] += a[i][j] * start[j];
    greatest = std::max(greatest, out[i]);
  }
  for (double& value : out) value /= greatest;
  return out;
}

// Gauss with partial pivoting.
inline std::vector<double> Solve(Matrix a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    }
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_CENTRALITY_DENSE_H_
