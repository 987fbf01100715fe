#include "engine/flow/krylov.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/core/status.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr int kRestart = 40;
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// A residual that no longer falls, and is within this many roundings of the solution, is as good as
// it gets.
constexpr double kRoundings = 64;

double Dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

class Gmres {
 public:
  Gmres(const FlowBlock& block, FlowSide side, RunContext& context)
      : block_(block), forward_(side == FlowSide::kForward), context_(context), poller_(context) {}

  absl::StatusOr<bool> Run(std::span<double> values, double tolerance, int most_steps,
                           double& residual) {
    const std::size_t n = block_.size();
    LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                             Booking::Take(context_, (kRestart + 5) * n * sizeof(double)));
    const std::vector<double> rhs(values.begin(), values.end());
    std::vector<double> x(n, 0.0), r = rhs;
    basis_.assign(kRestart + 1, {});
    z_.resize(n);
    left_.resize(n);
    const double goal = tolerance * Norm(rhs);
    double before = std::numeric_limits<double>::infinity();
    bool done = false;
    for (int steps = 0; steps < most_steps && !done;) {
      LIANJIE_ASSIGN_OR_RETURN(const int taken, Cycle(r, goal, x));
      steps += taken;
      LIANJIE_RETURN_IF_ERROR(TrueResidual(rhs, x, r));
      residual = Norm(r);
      if (!std::isfinite(residual)) return false;
      const double rounding = kEpsilon * Norm(x);
      done = residual <= std::max(goal, 2 * rounding) ||
             (residual > before / 2 && residual <= kRoundings * rounding);
      before = residual;
    }
    std::copy(x.begin(), x.end(), values.begin());
    return done;
  }

 private:
  // What must become small: all money in transit, or the error of any one value.
  double Norm(std::span<const double> v) const {
    double norm = 0;
    for (const double value : v) {
      norm = forward_ ? norm + std::abs(value) : std::max(norm, std::abs(value));
    }
    return norm;
  }

  // z_ = one sweep from `r`; left_ = what of r it leaves: (I - P) z = r - left, or transposed.
  absl::Status Sweep(std::span<const double> r) {
    const std::uint32_t n = block_.size();
    if (forward_) {
      std::copy(r.begin(), r.end(), left_.begin());
      for (std::uint32_t v = 0; v < n; ++v) {
        z_[v] = left_[v] / (1.0 - block_.self[v]);
        left_[v] = 0;
        for (std::uint64_t a = block_.offsets[v]; a < block_.offsets[v + 1]; ++a) {
          left_[block_.targets[a]] += block_.shares[a] * z_[v];
        }
        if (Tick(v)) return context_.Check();
      }
      return absl::OkStatus();
    }
    for (std::uint32_t v = n; v-- > 0;) {
      double sum = r[v];
      for (std::uint64_t a = block_.offsets[v]; a < block_.offsets[v + 1]; ++a) {
        if (block_.targets[a] > v) sum += block_.shares[a] * z_[block_.targets[a]];
      }
      z_[v] = sum / (1.0 - block_.self[v]);
      if (Tick(v)) return context_.Check();
    }
    for (std::uint32_t v = 0; v < n; ++v) {
      double sum = 0;
      for (std::uint64_t a = block_.offsets[v]; a < block_.offsets[v + 1]; ++a) {
        if (block_.targets[a] < v) sum += block_.shares[a] * z_[block_.targets[a]];
      }
      left_[v] = sum;
      if (Tick(v)) return context_.Check();
    }
    return absl::OkStatus();
  }

  bool Tick(std::uint32_t v) {
    return poller_.Tick(1 + static_cast<std::int64_t>(block_.offsets[v + 1] - block_.offsets[v]));
  }
  bool TickVector() { return poller_.Tick(static_cast<std::int64_t>(block_.size() / 4)); }

  absl::Status TrueResidual(const std::vector<double>& rhs, const std::vector<double>& x,
                            std::vector<double>& r) {
    for (std::size_t v = 0; v < x.size(); ++v) r[v] = rhs[v] - (1.0 - block_.self[v]) * x[v];
    for (std::uint32_t v = 0; v < block_.size(); ++v) {
      for (std::uint64_t a = block_.offsets[v]; a < block_.offsets[v + 1]; ++a) {
        const std::uint32_t t = block_.targets[a];
        (forward_ ? r[t] : r[v]) += block_.shares[a] * (forward_ ? x[v] : x[t]);
      }
      if (Tick(v)) return context_.Check();
    }
    return absl::OkStatus();
  }

  // Up to kRestart steps from the residual `r`; adds to x. The number of steps taken, at least 1.
  absl::StatusOr<int> Cycle(const std::vector<double>& r, double goal, std::vector<double>& x) {
    const std::size_t n = r.size();
    const double start = std::sqrt(Dot(r, r));
    if (start == 0) return 1;
    const double enough = goal / (forward_ ? 2 * std::sqrt(static_cast<double>(n)) : 2.0);
    basis_[0] = r;
    for (double& value : basis_[0]) value /= start;
    double g[kRestart + 1] = {start};
    double cosine[kRestart], sine[kRestart];
    int j = 0;
    while (j < kRestart) {
      LIANJIE_RETURN_IF_ERROR(Sweep(basis_[static_cast<std::size_t>(j)]));
      std::vector<double>& w = basis_[static_cast<std::size_t>(j) + 1];
      w.resize(n);
      for (std::size_t v = 0; v < n; ++v) w[v] = basis_[static_cast<std::size_t>(j)][v] - left_[v];
      for (int i = 0; i <= j; ++i) {
        if (TickVector()) return context_.Check();
        const std::vector<double>& u = basis_[static_cast<std::size_t>(i)];
        const double part = h_[i][j] = Dot(w, u);
        for (std::size_t v = 0; v < n; ++v) w[v] -= part * u[v];
      }
      const double length = std::sqrt(Dot(w, w));
      for (int i = 0; i < j; ++i) {
        const double upper = h_[i][j];
        h_[i][j] = cosine[i] * upper + sine[i] * h_[i + 1][j];
        h_[i + 1][j] = cosine[i] * h_[i + 1][j] - sine[i] * upper;
      }
      const double hypotenuse = std::hypot(h_[j][j], length);
      if (hypotenuse == 0) break;
      cosine[j] = h_[j][j] / hypotenuse;
      sine[j] = length / hypotenuse;
      h_[j][j] = hypotenuse;
      g[j + 1] = -sine[j] * g[j];
      g[j] *= cosine[j];
      ++j;
      if (std::abs(g[j]) <= enough || length <= kEpsilon * start) break;
      for (double& value : w) value /= length;
    }
    LIANJIE_RETURN_IF_ERROR(AddSolution(g, j, x));
    return std::max(j, 1);
  }

  absl::Status AddSolution(const double* g, int count, std::vector<double>& x) {
    double y[kRestart];
    for (int i = count; i-- > 0;) {
      y[i] = g[i];
      for (int k = i + 1; k < count; ++k) y[i] -= h_[i][k] * y[k];
      y[i] /= h_[i][i];
    }
    std::vector<double> u(x.size(), 0.0);
    for (int i = 0; i < count; ++i) {
      if (TickVector()) return context_.Check();
      const std::vector<double>& v = basis_[static_cast<std::size_t>(i)];
      for (std::size_t k = 0; k < u.size(); ++k) u[k] += y[i] * v[k];
    }
    LIANJIE_RETURN_IF_ERROR(Sweep(u));
    for (std::size_t k = 0; k < x.size(); ++k) x[k] += z_[k];
    return absl::OkStatus();
  }

  const FlowBlock& block_;
  const bool forward_;
  RunContext& context_;
  Poller poller_;
  std::vector<std::vector<double>> basis_;
  std::vector<double> z_, left_;
  double h_[kRestart + 1][kRestart] = {};
};

}  // namespace

absl::StatusOr<bool> SolveKrylov(const FlowBlock& block, FlowSide side, std::span<double> values,
                                 double tolerance, int most_steps, double& residual,
                                 RunContext& context) {
  return Gmres(block, side, context).Run(values, tolerance, most_steps, residual);
}

}  // namespace lianjie
