// Large cycles: what elimination, dense LU and GMRES make of them against the definition, and that
// all of it can be stopped and is booked.
#include "engine/flow/block_solver.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_solver.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::testing {
namespace {

using Arcs = std::vector<std::vector<std::uint32_t>>;

// Each member pays its targets the same, and keeps `exit`.
FlowBlock Even(const Arcs& arcs, double exit) {
  FlowBlock block;
  for (const std::vector<std::uint32_t>& targets : arcs) {
    for (const std::uint32_t t : targets) {
      block.targets.push_back(t);
      block.shares.push_back((1 - exit) / static_cast<double>(targets.size()));
    }
    block.offsets.push_back(block.targets.size());
    block.self.push_back(0);
  }
  return block;
}

// A ring with three links to anybody from each.
Arcs Tangle(std::uint32_t size, std::uint64_t seed) {
  Random random(seed);
  Arcs arcs(size);
  for (std::uint32_t v = 0; v < size; ++v) {
    arcs[v].push_back((v + 1) % size);
    while (arcs[v].size() < 4) {
      const auto t = static_cast<std::uint32_t>(random.Below(size));
      if (t != v) arcs[v].push_back(t);
    }
  }
  return arcs;
}

// A chain that pays both ways: money wanders for as long as its square.
Arcs Chain(std::uint32_t size) {
  Arcs arcs(size);
  for (std::uint32_t v = 0; v + 1 < size; ++v) {
    arcs[v].push_back(v + 1);
    arcs[v + 1].push_back(v);
  }
  return arcs;
}

Arcs Mesh(std::uint32_t side) {
  Arcs arcs(side * side);
  for (std::uint32_t v = 0; v < side * side; ++v) {
    if (v % side + 1 < side) arcs[v].push_back(v + 1), arcs[v + 1].push_back(v);
    if (v + side < side * side) arcs[v].push_back(v + side), arcs[v + side].push_back(v);
  }
  return arcs;
}

double Largest(const std::vector<double>& values) {
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  return largest;
}

double WorstDifference(const FlowBlock& block, FlowSide side, const std::vector<double>& rhs,
                       const std::vector<double>& values) {
  std::vector<double> rest = rhs;
  for (std::uint32_t v = 0; v < block.size(); ++v) {
    rest[v] -= (1 - block.self[v]) * values[v];
    for (std::uint64_t a = block.offsets[v]; a < block.offsets[v + 1]; ++a) {
      const std::uint32_t t = block.targets[a];
      (side == FlowSide::kForward ? rest[t] : rest[v]) +=
          block.shares[a] * values[side == FlowSide::kForward ? v : t];
    }
  }
  return Largest(rest);
}

void ExpectSolved(const std::string& name, const FlowBlock& block, double exit) {
  SCOPED_TRACE(name);
  RunContext context({.threads = 1});
  const auto start = std::chrono::steady_clock::now();
  const auto solver = BlockSolver::Make(block, context);
  ASSERT_TRUE(solver.ok()) << solver.status();
  Random random(block.size());
  std::vector<double> rhs(block.size());
  for (double& v : rhs) v = random.OneIn(3) ? 0 : random.Unit() * 100;
  double sum = 0;
  for (const double v : rhs) sum += v;
  for (const FlowSide side : {FlowSide::kForward, FlowSide::kBackward}) {
    std::vector<double> values = rhs;
    double left = 0;
    const absl::Status status = (*solver)->Solve(side, values, 1, 1e-13, left);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_LE(WorstDifference(block, side, rhs, values), 1e-13 * Largest(values) + 1e-11);
    if (side == FlowSide::kBackward) continue;
    double kept = 0;
    for (const double v : values) kept += exit * v;
    EXPECT_NEAR(kept, sum, 1e-9 * sum) << "what leaves is what came";
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("%s: %u members, core %u%s, both sides in %.0f ms\n", name.c_str(), block.size(),
              (*solver)->core_size(), (*solver)->direct() ? " (dense)" : "", took.count());
}

TEST(BlockSolver, SolvesWhatMixesAndWhatHardlyDoes) {
  ExpectSolved("tangle", Even(Tangle(1000, 1), .001), .001);
  ExpectSolved("tangle", Even(Tangle(2000, 1), .001), .001);
  ExpectSolved("tangle", Even(Tangle(5000, 2), 1e-5), 1e-5);
  ExpectSolved("tangle", Even(Tangle(50000, 3), .01), .01);
  ExpectSolved("chain", Even(Chain(3000), 1e-5), 1e-5);
  ExpectSolved("mesh", Even(Mesh(60), 1e-5), 1e-5);
}

// Sweeps alone would need as many as the square of its length.
TEST(BlockSolver, SolvesALongCycleThatMixesSlowly) {
  ExpectSolved("chain", Even(Chain(30000), 1e-6), 1e-6);
  ExpectSolved("mesh", Even(Mesh(150), 1e-4), 1e-4);
}

TEST(BlockSolver, SolvesWithoutDenseCores) {
  const FlowBlock block = Even(Tangle(700, 5), .01);
  RunContext context({.threads = 1});
  const auto dense = BlockSolver::Make(block, context);
  const auto iterated = BlockSolver::Make(block, context, {.dense_core = 0});
  ASSERT_TRUE(dense.ok() && iterated.ok());
  EXPECT_TRUE((*dense)->direct());
  EXPECT_FALSE((*iterated)->direct());
  for (const FlowSide side : {FlowSide::kForward, FlowSide::kBackward}) {
    std::vector<double> a(block.size(), 1.0), b = a;
    a[7] = b[7] = 300;
    double left = 0;
    ASSERT_TRUE((*dense)->Solve(side, a, 1, 1e-14, left).ok());
    ASSERT_TRUE((*iterated)->Solve(side, b, 1, 1e-14, left).ok());
    for (std::size_t v = 0; v < a.size(); ++v) ASSERT_NEAR(a[v], b[v], 1e-10 * a[v]);
  }
}

TEST(BlockSolver, SaysThatItDidNotConvergeAndByHowMuch) {
  const FlowBlock block = Even(Tangle(3000, 6), 1e-4);
  RunContext context({.threads = 1});
  const auto solver = BlockSolver::Make(
      block, context, {.dense_core = 0, .largest_dense_core = 0, .krylov_steps = 1});
  ASSERT_TRUE(solver.ok());
  std::vector<double> values(block.size(), 1.0);
  double left = 0;
  // The deep elimination ends with its work; what is left is iterated again.
  const absl::Status status = (*solver)->Solve(FlowSide::kForward, values, 1, 1e-17, left);
  ASSERT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  const auto detail = GetErrorDetail(status);
  EXPECT_EQ(detail->reason, Reason::kLimitExceeded);
  EXPECT_TRUE(detail->metadata.contains("residual"));
  EXPECT_NE(FromAbsl(status.message()).find("did not converge in 1 steps"), std::string::npos);
}

TEST(BlockSolver, BooksItsMemory) {
  const FlowBlock block = Even(Tangle(5000, 7), .001);
  RunContext little({.threads = 1, .memory_bytes = 1 << 20});
  const auto refused = BlockSolver::Make(block, little);
  EXPECT_EQ(GetErrorDetail(refused.status())->reason, Reason::kMemoryExhausted);
  RunContext context({.threads = 1});
  {
    const auto solver = BlockSolver::Make(block, context);
    ASSERT_TRUE(solver.ok());
    EXPECT_GT(context.memory_used(), block.targets.size() * 40);
  }
  EXPECT_EQ(context.memory_used(), 0u);
  EXPECT_EQ(little.memory_used(), 0u);
}

// How long after the cancel, the median of five, with the work cut at different places.
double CancelMilliseconds(const FlowBlock& block, bool diagonal) {
  std::vector<double> waits;
  for (int attempt = 0; attempt < 5; ++attempt) {
    RunContext context({.threads = 1});
    absl::Status status;
    std::thread run([&] {
      while (status.ok()) {
        std::vector<double> values(block.size(), 1.0);
        std::vector<std::uint8_t> wanted(block.size(), 1);
        double left = 0;
        status = diagonal ? BlockDiagonal(block, wanted, values, left, context)
                          : SolveBlock(block, FlowSide::kForward, values, 1, 1e-13, left, context);
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 61 * attempt));
    // Processor time of the process: what other work on the machine takes does not count.
    const std::clock_t asked = std::clock();
    context.Cancel();
    run.join();
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
    waits.push_back(1e3 * static_cast<double>(std::clock() - asked) / CLOCKS_PER_SEC / 1.0);
  }
  std::sort(waits.begin(), waits.end());
  return waits[2];
}

TEST(BlockSolver, CancelFreesTheCoreWithinFiftyMilliseconds) {
  for (const std::uint32_t size : {1500u, 5000u, 40000u}) {
    const FlowBlock block = Even(Tangle(size, size), .001);
    for (const bool diagonal : {false, true}) {
      const double wait = CancelMilliseconds(block, diagonal);
      std::printf("%s of a cycle of %u: cancelled after %.2f ms, the median of five\n",
                  diagonal ? "diagonal" : "solve", size, wait);
      EXPECT_LT(wait, 50.0);
    }
  }
  RunContext context({.threads = 1});
  std::vector<double> dense(std::size_t{1500} * 1500, -1e-4);
  for (std::size_t i = 0; i < 1500; ++i) dense[i * 1500 + i] = 1;
  context.Cancel();
  EXPECT_EQ(DenseLu::Make(std::move(dense), 1500, context).status().code(),
            absl::StatusCode::kCancelled);
}

TEST(DenseLu, EqualsTheDefinitionAtSizesAroundItsPanels) {
  for (const std::uint32_t size : {1u, 2u, 31u, 32u, 33u, 95u, 550u}) {
    SCOPED_TRACE(size);
    Random random(size);
    std::vector<double> m(std::size_t{size} * size);
    for (std::uint32_t i = 0; i < size; ++i) {
      for (std::uint32_t j = 0; j < size; ++j) {
        m[i * size + j] = (i == j ? 1.0 : 0.0) - random.Unit() / (size + 1);
      }
    }
    RunContext context({.threads = 1});
    const auto lu = DenseLu::Make(m, size, context);
    ASSERT_TRUE(lu.ok() && lu->ok());
    std::vector<double> x(size, 1.0), y(size, 1.0);
    ASSERT_TRUE(lu->Solve(x, 1, context).ok());
    ASSERT_TRUE(lu->SolveTransposed(y, 1, context).ok());
    for (std::uint32_t i = 0; i < size; ++i) {
      double row = 0, column = 0;
      for (std::uint32_t j = 0; j < size; ++j) {
        row += m[i * size + j] * x[j];
        column += m[j * size + i] * y[j];
      }
      ASSERT_NEAR(row, 1, 1e-11);
      ASSERT_NEAR(column, 1, 1e-11);
    }
  }
}

}  // namespace
}  // namespace lianjie::testing
