// PageRank against a dense solve of its own equation, written down apart from it. (Boost's
// page_rank drops dangling rank and starts at another scale: it is no oracle.)
#include "engine/centrality/page_rank.h"

#include <cmath>
#include <set>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie {
namespace {

using testing::FromArcs;
using testing::NumberOf;
using testing::OracleArc;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;
using Dangling = PageRankOptions::Dangling;

using Matrix = std::vector<std::vector<double>>;

// Gauss with partial pivoting.
std::vector<double> Solve(Matrix a, std::vector<double> b) {
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

// x = (1 - d) t + d (A x + t (dangling . x)), as (I - d A - d t dangling') x = (1 - d) t.
std::vector<double> Dense(const OracleGraph& graph, const std::vector<double>& restart,
                          double damping, Dangling dangling) {
  const std::size_t n = graph.nodes.size();
  std::vector<double> out(n, 0.0);
  for (const OracleArc& arc : graph.arcs) out[arc.from] += arc.weight;
  Matrix a(n, std::vector<double>(n, 0.0));
  for (const OracleArc& arc : graph.arcs) {
    if (out[arc.from] > 0) a[arc.to][arc.from] -= damping * arc.weight / out[arc.from];
  }
  std::vector<double> b(n);
  for (std::size_t v = 0; v < n; ++v) {
    for (std::size_t u = 0; u < n; ++u) {
      if (out[u] == 0 && dangling == Dangling::kRedistribute) a[v][u] -= damping * restart[v];
    }
    a[v][v] += 1;
    b[v] = (1 - damping) * restart[v];
  }
  return Solve(std::move(a), std::move(b));
}

AnalysisResult Answer(const AnalysisInput& input, const PageRankOptions& options, int threads = 2) {
  RunContext context(
      {.threads = threads, .memory_bytes = EstimatePageRankBytes(input, options), .deadline = {}});
  auto result = RunPageRank(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_LE(context.total(), context.completed());
  return *std::move(result);
}

void CheckCase(const AnalysisInput& input, PageRankOptions options, std::uint64_t seed) {
  const OracleGraph graph = testing::MakeOracle(input, options.direction, options.weight);
  const std::size_t n = graph.nodes.size();
  if (n == 0) return;
  std::vector<double> restart(n, 1.0 / static_cast<double>(n));
  std::set<std::size_t> sources;
  for (std::size_t i = 0; i < seed % 4; ++i) sources.insert((seed + 3 * i) % n);
  if (!sources.empty()) restart.assign(n, 0.0);
  for (const std::size_t v : sources) {
    restart[v] = 1.0 / static_cast<double>(sources.size());
    options.sources.emplace_back(input.snapshot().NodeId(graph.nodes[v]));
  }
  if (!sources.empty()) options.sources.push_back(options.sources.front());  // said twice
  const std::vector<double> expected = Dense(graph, restart, options.damping, options.dangling);
  const AnalysisResult result = Answer(input, options);
  ASSERT_EQ(SummaryNumber(result, "converged"), 1);
  ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
  double sum = 0;
  double difference = 0;
  for (std::size_t v = 0; v < n; ++v) {
    const double score = result.table.Find("score")->numbers[v];
    ASSERT_GE(score, 0.0);
    sum += score;
    difference += std::abs(score - expected[v]);
  }
  ASSERT_LE(difference, SummaryNumber(result, "error_bound") + 1e-12);
  ASSERT_LE(difference, 1e-9);
  if (options.dangling == Dangling::kRedistribute) {
    ASSERT_NEAR(sum, 1.0, 1e-12);
  } else {
    ASSERT_LE(sum, 1.0 + 1e-12);
  }
  ASSERT_NEAR(SummaryNumber(result, "sum_score"), sum, 1e-12);
}

TEST(PageRank, EqualsADenseSolveOnRandomMultigraphs) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed, seed % 3 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        PageRankOptions options;
        options.direction = direction;
        options.weight = weight;
        options.damping = seed % 5 == 0 ? 0.5 : 0.85;
        options.dangling = seed % 2 == 0 ? Dangling::kRedistribute : Dangling::kDrop;
        CheckCase(input, options, seed);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(PageRank, OfTwoNodesThatSwapIsTwentyAndSeventeenThirtySevenths) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}, {"B", "A"}}));
  PageRankOptions options;
  options.sources = {"A"};
  options.tolerance = 1e-14;
  const AnalysisResult result = Answer(input, options);
  EXPECT_NEAR(NumberOf(result, input.snapshot(), "A", "score"), 20.0 / 37, 1e-13);
  EXPECT_NEAR(NumberOf(result, input.snapshot(), "B", "score"), 17.0 / 37, 1e-13);
}

// Money not known chooses no link: a payer of such links alone is dangling.
TEST(PageRank, ParallelLinksAddUpAndUnknownMoneyIsNotFollowed) {
  testing::GraphRecords records =
      FromArcs({{"A", "B", 10}, {"A", "B", 20}, {"A", "C", 10}, {"A", "D", 0}, {"B", "A", 0}},
               testing::Amount::kPaid);
  testing::LinkOf(records, "l4").paid_yuan.reset();
  const AnalysisInput input = ToInput(records);
  const AnalysisResult result = Answer(input, {.weight = "paid_yuan", .sources = {"A"}});
  const double a = 1 / (1 + 0.85);  // all that A does not keep comes straight back
  EXPECT_NEAR(NumberOf(result, input.snapshot(), "A", "score"), a, 1e-10);
  EXPECT_NEAR(NumberOf(result, input.snapshot(), "B", "score"), 0.85 * a * 0.75, 1e-10);
  EXPECT_NEAR(NumberOf(result, input.snapshot(), "C", "score"), 0.85 * a * 0.25, 1e-10);
  EXPECT_EQ(NumberOf(result, input.snapshot(), "D", "score"), 0);
  EXPECT_EQ(SummaryNumber(result, "dangling_count"), 3);
  EXPECT_EQ(SummaryNumber(result, "links_without_weight"), 1);
}

TEST(PageRank, SaysWhenItHasNotConverged) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}, {"B", "C"}, {"C", "A"}, {"C", "B"}}));
  const AnalysisResult result = Answer(input, {.iterations = 2});
  EXPECT_EQ(SummaryNumber(result, "converged"), 0);
  EXPECT_EQ(SummaryNumber(result, "iterations"), 2);
  EXPECT_EQ(result.warnings.size(), 1u);
}

TEST(PageRank, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 20000;
  graph.links = 60000;
  graph.weights = true;
  graph.regions = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const char* weight : testing::kWeights) {
    const PageRankOptions options{.weight = weight};
    const std::string bytes = ResultBytes(Answer(input, options, 1));
    EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
    EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, options, 2)));
  }
}

TEST(PageRank, RefusesByName) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", -1}}));
  const auto reason = [&](const PageRankOptions& options) {
    RunContext context;
    const auto detail = GetErrorDetail(RunPageRank(input, options, context).status());
    return detail.has_value() ? Cat(ReasonName(detail->reason), " ", detail->field)
                              : std::string("none");
  };
  EXPECT_EQ(reason({.damping = 1}), "INVALID_FIELD damping");
  EXPECT_EQ(reason({.damping = -0.1}), "INVALID_FIELD damping");
  EXPECT_EQ(reason({.iterations = 0}), "INVALID_FIELD iterations");
  EXPECT_EQ(reason({.tolerance = 0}), "INVALID_FIELD tolerance");
  EXPECT_EQ(reason({.weight = "weight"}), "INVALID_FIELD weight");
  EXPECT_EQ(reason({.sources = {"X"}}), "NODE_NOT_FOUND source");
  EXPECT_EQ(reason({.damping = 0}), "none");
  EXPECT_EQ(reason({}), "none");
}

}  // namespace
}  // namespace lianjie
