// Eigenvector centrality against the limit of the shifted matrix, taken by squaring dense matrices,
// and by its own equation.
#include "engine/centrality/eigenvector.h"

#include <cmath>
#include <cstdio>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/centrality/dense.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::eigenvector_test {
namespace {

using testing::FromArcs;
using testing::Matrix;
using testing::NumberOf;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input, const EigenvectorOptions& options,
                      int threads = 2) {
  RunContext context({.threads = threads,
                      .memory_bytes = EstimateEigenvectorBytes(input, options),
                      .deadline = {}});
  auto result = RunEigenvector(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_LE(context.total(), context.completed());
  return *std::move(result);
}

void CheckCase(const AnalysisInput& input, Direction direction, const std::string& weight,
               int& compared) {
  const OracleGraph graph = testing::MakeOracle(input, direction, weight);
  const std::size_t n = graph.nodes.size();
  const AnalysisResult result = Answer(
      input, {.direction = direction, .weight = weight, .iterations = 5000, .tolerance = 1e-13}, 1);
  ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
  const std::vector<double>& score = result.table.Find("score")->numbers;
  const Matrix matrix = testing::GatherMatrix(graph);
  const double radius = testing::SpectralRadius(matrix);
  if (radius == 0) {
    ++compared;
    for (const double value : score) ASSERT_EQ(value, 0);
    ASSERT_EQ(SummaryNumber(result, "eigenvalue"), 0);
    return;
  }
  ASSERT_EQ(*std::max_element(score.begin(), score.end()), 1);
  if (SummaryNumber(result, "converged") == 0) return;
  ++compared;
  ASSERT_NEAR(SummaryNumber(result, "eigenvalue"), radius, 1e-6 * radius);
  const std::vector<double> expected =
      testing::PowerLimit(matrix, radius, std::vector<double>(n, 1.0));
  for (std::size_t v = 0; v < n; ++v) {
    double gathered = 0;
    for (std::size_t u = 0; u < n; ++u) gathered += matrix[v][u] * score[u];
    ASSERT_NEAR(gathered, radius * score[v], 1e-6 * radius) << v;
    ASSERT_NEAR(score[v], expected[v], 1e-6) << v;
  }
}

TEST(Eigenvector, EqualsDenseLimitsOnRandomMultigraphs) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed, seed % 3 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        CheckCase(input, direction, weight, compared);
        if (HasFatalFailure()) return;
      }
    }
  }
  std::printf("eigenvector: %d of 1200 converged and were compared\n", compared);
  EXPECT_GT(compared, 1000);
}

TEST(Eigenvector, ConvergesOnAStar) {
  // Bipartite: eigenvalues 10 and -10.
  std::vector<testing::Arc> arcs;
  for (int i = 0; i < 100; ++i) arcs.push_back({"C", Cat("n", i)});
  const AnalysisInput input = ToInput(FromArcs(arcs));
  const AnalysisResult result = Answer(input, {.direction = Direction::kUndirected});
  EXPECT_EQ(SummaryNumber(result, "converged"), 1);
  EXPECT_LT(SummaryNumber(result, "iterations"), 100);
  EXPECT_NEAR(SummaryNumber(result, "eigenvalue"), 10, 1e-8);
  EXPECT_EQ(NumberOf(result, input.snapshot(), "C", "score"), 1);
  EXPECT_NEAR(NumberOf(result, input.snapshot(), "n7", "score"), 0.1, 1e-9);
}

TEST(Eigenvector, FollowsDirections) {
  // A cycle A, B that feeds C: C stands behind it, and gets what A and B have.
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}, {"B", "A"}, {"B", "C"}, {"B", "C"}}));
  const auto score = [&](Direction direction, const char* id) {
    return NumberOf(Answer(input, {.direction = direction}), input.snapshot(), id, "score");
  };
  EXPECT_EQ(score(Direction::kForward, "C"), 1);
  EXPECT_NEAR(score(Direction::kForward, "A"), 0.5, 1e-9);
  EXPECT_NEAR(score(Direction::kReverse, "C"), 0, 1e-9);
  EXPECT_NEAR(score(Direction::kReverse, "A"), 1, 1e-9);
}

TEST(Eigenvector, SaysWhenThereIsNoCycleAndWhenItHasNotConverged) {
  const AnalysisInput chain = ToInput(FromArcs({{"A", "B", 1}, {"B", "C", 1}, {"C", "A", 0}}));
  const AnalysisResult none = Answer(chain, {.weight = "weight"});
  EXPECT_EQ(SummaryNumber(none, "sum_score"), 0);
  EXPECT_EQ(none.warnings.size(), 1u);
  const AnalysisInput tail = ToInput(FromArcs({{"A", "B"}, {"B", "A"}, {"B", "C"}}));
  const AnalysisResult early = Answer(tail, {.direction = Direction::kUndirected, .iterations = 2});
  EXPECT_EQ(SummaryNumber(early, "converged"), 0);
  EXPECT_EQ(early.warnings.size(), 1u);
}

TEST(Eigenvector, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 10000;
  graph.links = 40000;
  graph.weights = true;
  graph.regions = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const Direction direction : testing::kDirections) {
    const EigenvectorOptions options{.direction = direction, .weight = "weight"};
    const std::string bytes = ResultBytes(Answer(input, options, 1));
    EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
    EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, options, 2)));
  }
}

TEST(Eigenvector, RefusesByNameAndEndsWhenCancelled) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", -1}}));
  const auto field = [&](const EigenvectorOptions& options) {
    RunContext context;
    return GetErrorDetail(RunEigenvector(input, options, context).status())->field;
  };
  EXPECT_EQ(field({.weight = "weight"}), "weight");
  EXPECT_EQ(field({.weight = "wait"}), "weight");
  EXPECT_EQ(field({.iterations = 0}), "iterations");
  EXPECT_EQ(field({.tolerance = -1}), "tolerance");
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(GetErrorDetail(RunEigenvector(input, {}, cancelled).status())->reason,
            Reason::kCancelled);
}

}  // namespace
}  // namespace lianjie::eigenvector_test
