// Hubs and authorities against the limits of A'A and AA', taken by squaring dense matrices.
#include "engine/centrality/hits.h"

#include <cmath>
#include <cstdio>
#include <numeric>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/centrality/dense.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::hits_test {
namespace {

using testing::FromArcs;
using testing::Matrix;
using testing::NumberOf;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input, const HitsOptions& options, int threads = 2) {
  RunContext context(
      {.threads = threads, .memory_bytes = EstimateHitsBytes(input, options), .deadline = {}});
  auto result = RunHits(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_LE(context.total(), context.completed());
  return *std::move(result);
}

// The limit scaled to sum to 1.
std::vector<double> Limit(const Matrix& matrix, const std::vector<double>& start) {
  std::vector<double> limit = testing::PowerLimit(matrix, 0.0, start);
  const double sum = std::accumulate(limit.begin(), limit.end(), 0.0);
  for (double& value : limit) value /= sum;
  return limit;
}

void CheckCase(const AnalysisInput& input, const std::string& weight, int& compared) {
  const OracleGraph graph = testing::MakeOracle(input, Direction::kForward, weight);
  const std::size_t n = graph.nodes.size();
  const AnalysisResult result =
      Answer(input, {.weight = weight, .iterations = 5000, .tolerance = 1e-13}, 1);
  ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
  const std::vector<double>& authority = result.table.Find("score")->numbers;
  const std::vector<double>& hub = result.table.Find("hub")->numbers;
  const Matrix gather = testing::GatherMatrix(graph);
  const Matrix spread = testing::Transposed(gather);
  if (testing::Greatest(gather) == 0) {
    for (std::size_t v = 0; v < n; ++v) ASSERT_EQ(authority[v] + hub[v], 0);
    return;
  }
  ASSERT_NEAR(std::accumulate(authority.begin(), authority.end(), 0.0), 1, 1e-12);
  ASSERT_NEAR(std::accumulate(hub.begin(), hub.end(), 0.0), 1, 1e-12);
  if (SummaryNumber(result, "converged") == 0) return;
  ++compared;
  const std::vector<double> alike(n, 1.0);
  std::vector<double> gathered(n, 0.0);
  for (std::size_t v = 0; v < n; ++v) {
    gathered[v] = std::accumulate(gather[v].begin(), gather[v].end(), 0.0);
  }
  const auto authorities = Limit(testing::Product(gather, spread), gathered);
  const auto hubs = Limit(testing::Product(spread, gather), alike);
  for (std::size_t v = 0; v < n; ++v) {
    ASSERT_NEAR(authority[v], authorities[v], 1e-8) << v;
    ASSERT_NEAR(hub[v], hubs[v], 1e-8) << v;
  }
  const double radius = testing::SpectralRadius(testing::Product(gather, spread));
  ASSERT_NEAR(SummaryNumber(result, "singular_value"), std::sqrt(radius), 1e-6 * std::sqrt(radius));
}

TEST(Hits, EqualsDenseLimitsOnRandomMultigraphs) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed, seed % 3 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const char* weight : testing::kWeights) {
      SCOPED_TRACE(Cat("seed ", seed, ", weight ", weight));
      CheckCase(input, weight, compared);
      if (HasFatalFailure()) return;
    }
  }
  std::printf("hits: %d of 400 converged and were compared\n", compared);
  EXPECT_GT(compared, 350);
}

TEST(Hits, ParallelLinksAddUp) {
  // Hubs A (twice to X) and B (once to X, once to Y); a node alone.
  const AnalysisInput input = ToInput(
      FromArcs({{"A", "X"}, {"A", "X"}, {"B", "X"}, {"B", "Y"}}, testing::Amount::kWeight, {"Z"}));
  const AnalysisResult result = Answer(input, {.tolerance = 1e-14});
  // A'A = [[5, 1], [1, 1]] on X, Y: eigenvalue 3 + sqrt 5, vector (2 + sqrt 5, 1).
  const double x = 2 + std::sqrt(5.0);
  EXPECT_NEAR(NumberOf(result, input.snapshot(), "X", "score"), x / (x + 1), 1e-13);
  EXPECT_NEAR(NumberOf(result, input.snapshot(), "A", "hub"), 2 * x / (3 * x + 1), 1e-13);
  EXPECT_EQ(NumberOf(result, input.snapshot(), "Z", "score"), 0);
  EXPECT_EQ(NumberOf(result, input.snapshot(), "Z", "hub"), 0);
  EXPECT_NEAR(SummaryNumber(result, "singular_value"), std::sqrt(3 + std::sqrt(5.0)), 1e-12);
}

TEST(Hits, SaysWhenItHasNotConverged) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}, {"B", "C"}, {"A", "C"}}));
  const AnalysisResult result = Answer(input, {.iterations = 2});
  EXPECT_EQ(SummaryNumber(result, "converged"), 0);
  EXPECT_EQ(result.warnings.size(), 1u);
}

TEST(Hits, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 10000;
  graph.links = 40000;
  graph.weights = true;
  graph.regions = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const char* weight : testing::kWeights) {
    const HitsOptions options{.weight = weight};
    const std::string bytes = ResultBytes(Answer(input, options, 1));
    EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
    EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, options, 2)));
  }
}

TEST(Hits, RefusesByNameAndEndsWhenCancelled) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", -1}}));
  const auto field = [&](const HitsOptions& options) {
    RunContext context;
    return GetErrorDetail(RunHits(input, options, context).status())->field;
  };
  EXPECT_EQ(field({.weight = "weight"}), "weight");
  EXPECT_EQ(field({.weight = "wait"}), "weight");
  EXPECT_EQ(field({.iterations = 0}), "iterations");
  EXPECT_EQ(field({.tolerance = 0}), "tolerance");
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(GetErrorDetail(RunHits(input, {}, cancelled).status())->reason, Reason::kCancelled);
}

}  // namespace
}  // namespace lianjie::hits_test
