// The solver by itself: large cycles by sweeps and by sparse LU against the definition, and the
// diagonal of N.
#include "engine/flow/flow_solver.h"

#include <cmath>
#include <vector>

#include "engine/core/status.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::testing {
namespace {

struct Matrix {
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> targets;
  std::vector<double> shares;
  FlowCsr csr() const { return {offsets, targets, shares}; }
};

// A ring of `size` payers with chords and self-loops; each keeps `exit` of its money.
Matrix Ring(std::uint32_t size, double exit, std::uint64_t seed) {
  Random random(seed);
  Matrix m;
  for (std::uint32_t v = 0; v < size; ++v) {
    const double rest = 1 - exit;
    m.targets.push_back((v + 1) % size);
    m.shares.push_back(rest * .4);
    for (int i = 0; i < 3; ++i) {
      const bool near = random.OneIn(2);
      m.targets.push_back(near ? (v + static_cast<std::uint32_t>(random.Below(20))) % size
                               : static_cast<std::uint32_t>(random.Below(size)));
      m.shares.push_back(rest * .2);
    }
    m.offsets.push_back(m.targets.size());
  }
  return m;
}

std::vector<double> RandomValues(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> values(size);
  for (double& v : values) v = random.OneIn(3) ? 0 : random.Unit() * 100;
  return values;
}

double Sum(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum;
}

// Largest |x - (rhs + P'x)|, or |a - (rhs + P a)|.
double Residual(const Matrix& m, const std::vector<double>& rhs, const std::vector<double>& values,
                bool forward) {
  std::vector<double> expected = rhs;
  for (std::uint32_t v = 0; v + 1 < m.offsets.size(); ++v) {
    for (std::uint64_t a = m.offsets[v]; a < m.offsets[v + 1]; ++a) {
      const std::uint32_t t = m.targets[a];
      (forward ? expected[t] : expected[v]) += m.shares[a] * (forward ? values[v] : values[t]);
    }
  }
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    worst = std::max(worst, std::abs(values[i] - expected[i]));
  }
  return worst;
}

class LargeCycle : public ::testing::TestWithParam<double> {};
// Money leaves soon (sweeps), and hardly ever (sparse LU).
INSTANTIATE_TEST_SUITE_P(Exits, LargeCycle, ::testing::Values(.2, .001));

TEST_P(LargeCycle, BothSidesAndSeveralAtOnce) {
  for (const std::uint32_t size : {2u, 60u, 200u, 700u, 1500u}) {
    SCOPED_TRACE(size);
    const Matrix m = Ring(size, GetParam(), size);
    RunContext context({.threads = 1});
    const auto solver = FlowSolver::Make(m.csr(), context);
    ASSERT_TRUE(solver.ok());
    ASSERT_EQ(solver->components().size(), 1u);
    const std::vector<double> rhs = RandomValues(size, 1);
    std::vector<double> x = rhs, a = rhs;
    double left = 0;
    ASSERT_TRUE(solver->Forward(x, 1, 1e-13, &left, context).ok());
    ASSERT_TRUE(solver->Backward(a, 1, 1e-13, context).ok());
    EXPECT_LE(left, 1e-12 * Sum(rhs));
    EXPECT_LE(Residual(m, rhs, x, true), 1e-9 * Sum(x) / size);
    EXPECT_LE(Residual(m, rhs, a, false), 1e-9 * Sum(a) / size);
    // Conservation: what leaves is what came.
    EXPECT_NEAR(Sum(x) * GetParam(), Sum(rhs), 1e-9 * Sum(rhs));
    std::vector<double> wide(size * 3);
    for (std::size_t i = 0; i < size; ++i) wide[i * 3] = wide[i * 3 + 2] = rhs[i];
    ASSERT_TRUE(solver->Forward(wide, 3, 1e-13, nullptr, context).ok());
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_NEAR(wide[i * 3], x[i], 1e-9 * (1 + x[i]));
      ASSERT_EQ(wide[i * 3 + 1], 0.0);
      ASSERT_EQ(wide[i * 3], wide[i * 3 + 2]);
    }
  }
}

TEST(Diagonal, IsExactUpToAThousandsAndBoundedBeyond) {
  for (const std::uint32_t size : {40u, 200u, 800u, 6000u}) {
    const Matrix m = Ring(size, .2, size);
    RunContext context({.threads = 1});
    const auto solver = FlowSolver::Make(m.csr(), context);
    ASSERT_TRUE(solver.ok());
    std::vector<std::uint8_t> wanted(size, 0);
    for (std::uint32_t k = 0; k < size; k += size / 8) wanted[k] = 1;
    DiagonalReport report;
    const auto diagonal = solver->Diagonal(wanted, report, context);
    ASSERT_TRUE(diagonal.ok());
    EXPECT_EQ(report.exact, size <= kExactDiagonalBlock);
    EXPECT_LE(report.max_relative_error, 1e-6);
    for (std::uint32_t k = 0; k < size; k += size / 8) {
      std::vector<double> unit(size, 0.0);
      unit[k] = 1;
      ASSERT_TRUE(solver->Forward(unit, 1, 1e-14, nullptr, context).ok());
      EXPECT_NEAR((*diagonal)[k], unit[k], unit[k] * (1e-11 + report.max_relative_error));
    }
  }
}

TEST(Order, IsTopologicalAndComponentsStandTogether) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    const auto size = static_cast<std::uint32_t>(random.Between(1, 60));
    Matrix m;
    for (std::uint32_t v = 0; v < size; ++v) {
      for (std::uint64_t i = random.Below(3); i > 0; --i) {
        m.targets.push_back(static_cast<std::uint32_t>(random.Below(size)));
        m.shares.push_back(.1);
      }
      m.offsets.push_back(m.targets.size());
    }
    RunContext context({.threads = 1});
    const auto solver = FlowSolver::Make(m.csr(), context);
    ASSERT_TRUE(solver.ok());
    for (std::uint32_t v = 0; v < size; ++v) {
      const FlowSolver::Component c = solver->ComponentOf(v);
      for (std::uint64_t a = m.offsets[v]; a < m.offsets[v + 1]; ++a) {
        ASSERT_GE(solver->PositionOf(m.targets[a]), c.begin);
      }
    }
    std::vector<double> x = RandomValues(size, seed);
    const std::vector<double> rhs = x;
    ASSERT_TRUE(solver->Forward(x, 1, 1e-13, nullptr, context).ok());
    EXPECT_LE(Residual(m, rhs, x, true), 1e-10 * (1 + Sum(x)));
    std::vector<double> a = rhs;
    ASSERT_TRUE(solver->Backward(a, 1, 1e-13, context).ok());
    EXPECT_LE(Residual(m, rhs, a, false), 1e-10 * (1 + Sum(a)));
  }
}

TEST(Solver, CancelsAndRefusesWhatNeverLeaves) {
  const Matrix m = Ring(700, .01, 3);
  RunContext context({.threads = 1});
  const auto solver = FlowSolver::Make(m.csr(), context);
  ASSERT_TRUE(solver.ok());
  RunContext cancelled({.threads = 1});
  cancelled.Cancel();
  std::vector<double> x(700, 1.0);
  EXPECT_EQ(solver->Forward(x, 1, 1e-12, nullptr, cancelled).code(), absl::StatusCode::kCancelled);
  const Matrix closed{.offsets = {0, 1, 2}, .targets = {1, 0}, .shares = {1, 1}};
  const auto trapped = FlowSolver::Make(closed.csr(), context);
  ASSERT_TRUE(trapped.ok());
  std::vector<double> y(2, 1.0);
  const auto status = trapped->Forward(y, 1, 1e-12, nullptr, context);
  EXPECT_EQ(GetErrorDetail(status)->reason, Reason::kDiverges);
}

}  // namespace
}  // namespace lianjie::testing
