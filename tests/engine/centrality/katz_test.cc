// Katz centrality against a dense solve of its equation, and its limit against the spectral radius
// found by squaring.
#include "engine/centrality/katz.h"

#include <cmath>
#include <cstdio>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/centrality/dense.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::katz_test {
namespace {

using testing::FromArcs;
using testing::Matrix;
using testing::NumberOf;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input, const KatzOptions& options, int threads = 2) {
  RunContext context(
      {.threads = threads, .memory_bytes = EstimateKatzBytes(input, options), .deadline = {}});
  auto result = RunKatz(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_LE(context.total(), context.completed());
  return *std::move(result);
}

// The reason and field of the refusal; empty when there is none.
std::string Refusal(const AnalysisInput& input, const KatzOptions& options) {
  RunContext context;
  const auto detail = GetErrorDetail(RunKatz(input, options, context).status());
  return detail.has_value() ? Cat(ReasonName(detail->reason), " ", detail->field) : std::string();
}

void CheckScores(const AnalysisInput& input, const KatzOptions& options, const OracleGraph& graph) {
  const AnalysisResult result = Answer(input, options, 1);
  ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
  ASSERT_EQ(SummaryNumber(result, "converged"), 1);
  Matrix system = testing::GatherMatrix(graph);
  const double attenuation = SummaryNumber(result, "attenuation");
  for (std::size_t v = 0; v < system.size(); ++v) {
    for (std::size_t u = 0; u < system.size(); ++u) {
      system[v][u] = (u == v ? 1.0 : 0.0) - attenuation * system[v][u];
    }
  }
  const std::vector<double> expected =
      testing::Solve(system, std::vector<double>(system.size(), options.beta));
  const std::vector<double>& score = result.table.Find("score")->numbers;
  for (std::size_t v = 0; v < expected.size(); ++v) {
    ASSERT_NEAR(score[v], expected[v], 1e-6 * expected[v]) << v;
    ASSERT_GE(score[v], options.beta);
  }
}

TEST(Katz, EqualsADenseSolveAndKnowsItsLimitOnRandomMultigraphs) {
  int cyclic = 0;
  int near = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed, seed % 3 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        const OracleGraph graph = testing::MakeOracle(input, direction, weight);
        KatzOptions options{.direction = direction,
                            .weight = weight,
                            .beta = 2,
                            .iterations = 100000,
                            .tolerance = 1e-13};
        CheckScores(input, options, graph);
        if (HasFatalFailure()) return;
        const double radius = testing::SpectralRadius(testing::GatherMatrix(graph));
        if (radius == 0) continue;
        ++cyclic;
        const double limit = SummaryNumber(Answer(input, options, 1), "attenuation_limit");
        ASSERT_LE(limit, (1 + 1e-9) / radius);
        ASSERT_GE(limit, 0.95 / radius);
        near += limit >= (1 - 2e-3) / radius ? 1 : 0;
        options.attenuation = 0.99 / radius;
        CheckScores(input, options, graph);
        if (HasFatalFailure()) return;
        for (const double part : {1.0 + 1e-9, 1.01, 5.0}) {
          options.attenuation = part / radius;
          ASSERT_EQ(Refusal(input, options), "DIVERGES attenuation") << part;
        }
      }
    }
  }
  std::printf("katz: of %d limits %d lie within two thousandths\n", cyclic, near);
  EXPECT_GT(cyclic, 900);
  EXPECT_GT(near, cyclic * 95 / 100);
}

TEST(Katz, RefusesExactlyTheLimitOfACycle) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}, {"B", "C"}, {"C", "A"}, {"C", "D"}}));
  EXPECT_EQ(Refusal(input, {.attenuation = 1}), "DIVERGES attenuation");
  EXPECT_EQ(Refusal(input, {.attenuation = 0.999}), "");
  const AnalysisResult half = Answer(input, {.attenuation = 0.5, .tolerance = 1e-14});
  EXPECT_NEAR(NumberOf(half, input.snapshot(), "A", "score"), 2, 1e-12);
  EXPECT_NEAR(NumberOf(half, input.snapshot(), "D", "score"), 2, 1e-12);
  EXPECT_NEAR(SummaryNumber(half, "attenuation_limit"), 1, 1e-11);
  RunContext context;
  const auto detail = GetErrorDetail(RunKatz(input, {.attenuation = 1.5}, context).status());
  EXPECT_EQ(detail->metadata.at("attenuation"), "1.5");
  EXPECT_NEAR(std::stod(detail->metadata.at("limit")), 1, 1e-9);
  // Refused by its least bound already, and yet told the limit as it is, 1 / sqrt 3 of a star.
  const AnalysisInput star = ToInput(FromArcs({{"C", "A"}, {"C", "B"}, {"C", "D"}}));
  RunContext other;
  const auto told = GetErrorDetail(
      RunKatz(star, {.direction = Direction::kUndirected, .attenuation = 50}, other).status());
  EXPECT_NEAR(std::stod(told->metadata.at("limit")), 1 / std::sqrt(3.0), 1e-3);
}

TEST(Katz, AnyAttenuationHasALimitWithoutCycles) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}, {"A", "B"}, {"B", "C"}}));
  const AnalysisResult ten = Answer(input, {.attenuation = 10});
  EXPECT_EQ(NumberOf(ten, input.snapshot(), "A", "score"), 1);
  EXPECT_EQ(NumberOf(ten, input.snapshot(), "B", "score"), 21);
  EXPECT_EQ(NumberOf(ten, input.snapshot(), "C", "score"), 211);
  EXPECT_TRUE(std::isnan(SummaryNumber(ten, "attenuation_limit")));
  EXPECT_DOUBLE_EQ(SummaryNumber(Answer(input, {}), "attenuation"), 0.85 / 2);
  EXPECT_DOUBLE_EQ(SummaryNumber(Answer(ToInput(FromArcs({}, testing::Amount::kWeight, {"A"})), {}),
                                 "sum_score"),
                   1);
}

TEST(Katz, SaysWhenItHasNotConvergedAndRefusesScoresBeyondDoubles) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}, {"B", "A"}, {"B", "C"}}));
  const AnalysisResult result = Answer(input, {.iterations = 2});
  EXPECT_EQ(SummaryNumber(result, "converged"), 0);
  EXPECT_EQ(result.warnings.size(), 1u);
  std::vector<testing::Arc> chain;
  for (int i = 0; i < 40; ++i) chain.push_back({Cat(i), Cat(i + 1)});
  EXPECT_EQ(Refusal(ToInput(FromArcs(chain)), {.attenuation = 1e10}), "DIVERGES attenuation");
}

TEST(Katz, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 10000;
  graph.links = 40000;
  graph.weights = true;
  graph.regions = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const Direction direction : testing::kDirections) {
    const KatzOptions options{.direction = direction, .weight = "weight"};
    const std::string bytes = ResultBytes(Answer(input, options, 1));
    EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
    EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, options, 2)));
  }
}

TEST(Katz, RefusesByNameAndEndsWhenCancelled) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", -1}}));
  EXPECT_EQ(Refusal(input, {.weight = "weight"}), "INVALID_FIELD weight");
  EXPECT_EQ(Refusal(input, {.weight = "wait"}), "INVALID_FIELD weight");
  EXPECT_EQ(Refusal(input, {.attenuation = 0}), "INVALID_FIELD attenuation");
  EXPECT_EQ(Refusal(input, {.beta = -1}), "INVALID_FIELD beta");
  EXPECT_EQ(Refusal(input, {.iterations = 0}), "INVALID_FIELD iterations");
  EXPECT_EQ(Refusal(input, {.tolerance = 0}), "INVALID_FIELD tolerance");
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(GetErrorDetail(RunKatz(input, {}, cancelled).status())->reason, Reason::kCancelled);
}

}  // namespace
}  // namespace lianjie::katz_test
