// Sampled betweenness against the exact scores: the error that it states holds, in each direction
// and weighting; and the bound against its own inequalities.
#include "engine/centrality/sampled_betweenness.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "engine/centrality/betweenness.h"
#include "engine/centrality/sampling_bound.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::sampled_betweenness_test {
namespace {

using testing::FromArcs;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input, const BetweennessOptions& options,
                      int threads = 2) {
  RunContext context({.threads = threads,
                      .memory_bytes = threads <= 2 ? EstimateBetweennessBytes(input, options)
                                                   : std::uint64_t{1} << 30,
                      .deadline = {}});
  auto result = RunBetweenness(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

// The greatest error of a normalised score.
double ErrorOf(const AnalysisResult& sampled, const AnalysisResult& exact) {
  double most = 0;
  const std::vector<double>& scores = exact.table.Find("score")->numbers;
  for (std::size_t v = 0; v < scores.size(); ++v) {
    most = std::max(most, std::abs(sampled.table.Find("score")->numbers[v] - scores[v]));
  }
  return most;
}

TEST(SampledBetweenness, HoldsItsErrorOnRandomMultigraphs) {
  int runs = 0;
  int beyond = 0;
  double part = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        BetweennessOptions options{.direction = direction, .weight = weight, .normalized = true};
        const AnalysisResult exact = Answer(input, options);
        options.epsilon = 0.1;
        options.seed = seed;
        const AnalysisResult sampled = Answer(input, options);
        ASSERT_EQ(SummaryNumber(exact, "exact"), 1);
        ASSERT_EQ(SummaryNumber(sampled, "exact"), 0);
        ASSERT_EQ(SummaryNumber(sampled, "confidence"), 0.9);
        ASSERT_LE(SummaryNumber(sampled, "epsilon"), 0.1);
        const double error = ErrorOf(sampled, exact);
        ++runs;
        if (error > SummaryNumber(sampled, "epsilon")) ++beyond;
        part = std::max(part, error);
      }
    }
  }
  // At most a tenth may be beyond, and far fewer are: the bound holds for the worst of graphs.
  EXPECT_EQ(runs, 1200);
  EXPECT_LE(beyond, runs / 50);
  EXPECT_GT(part, 0);
  std::printf("sampled betweenness: %d of %d runs beyond epsilon 0.1, at worst %.4f\n", beyond,
              runs, part);
}

// With many samples the scores come near the exact ones in every direction and weighting, so that
// no path is left out or favoured.
TEST(SampledBetweenness, ComesNearWithManySamples) {
  for (const std::uint64_t seed : {6, 15, 34, 71}) {
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        BetweennessOptions options{.direction = direction, .weight = weight, .normalized = true};
        const AnalysisResult exact = Answer(input, options);
        options.samples = 60000;
        options.delta = 1e-6;
        const AnalysisResult sampled = Answer(input, options);
        ASSERT_EQ(SummaryNumber(sampled, "samples"), 60000);
        EXPECT_LE(SummaryNumber(sampled, "epsilon"), 0.025);
        EXPECT_LE(ErrorOf(sampled, exact), SummaryNumber(sampled, "epsilon"));
      }
    }
  }
}

TEST(SampledBetweenness, StatesItsErrorInTheUnitsOfTheScores) {
  const AnalysisInput input = ToInput(testing::MakeCase(40).records);
  for (const Direction direction : testing::kDirections) {
    BetweennessOptions options{.direction = direction, .normalized = true, .samples = 500};
    const AnalysisResult part = Answer(input, options);
    options.normalized = false;
    const AnalysisResult count = Answer(input, options);
    const double n = SummaryNumber(part, "node_count");
    const double pairs = (n - 1) * (n - 2) / (direction == Direction::kUndirected ? 2 : 1);
    EXPECT_EQ(SummaryNumber(part, "epsilon"), SummaryNumber(count, "epsilon"));
    EXPECT_NEAR(SummaryNumber(part, "error_bound"), SummaryNumber(part, "epsilon"), 1e-12);
    EXPECT_NEAR(SummaryNumber(count, "error_bound"), SummaryNumber(count, "epsilon") * pairs,
                1e-9 * pairs);
    EXPECT_NEAR(SummaryNumber(count, "sum_score"), SummaryNumber(part, "sum_score") * pairs,
                1e-9 * pairs * n);
  }
}

TEST(SampledBetweenness, SameBytesForASeedAtAnyNumberOfThreads) {
  testing::RandomGraphOptions graph;
  graph.nodes = 600;
  graph.links = 2400;
  graph.weights = true;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  for (const Direction direction : testing::kDirections) {
    for (const char* weight : testing::kWeights) {
      BetweennessOptions options{
          .direction = direction, .weight = weight, .samples = 2000, .seed = 5};
      const std::string bytes = ResultBytes(Answer(input, options, 1));
      EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
      EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 5)));
      options.seed = 6;
      EXPECT_NE(bytes, ResultBytes(Answer(input, options, 1)));
    }
  }
}

TEST(SampledBetweenness, StandsGraphsWithoutPaths) {
  for (const auto& arcs : {std::vector<testing::Arc>{{"A", "A"}},
                           {{"A", "B"}},
                           {{"A", "B"}, {"C", "D"}, {"E", "B"}}}) {
    const AnalysisInput input = ToInput(FromArcs(arcs));
    for (const Direction direction : testing::kDirections) {
      const AnalysisResult result = Answer(input, {.direction = direction, .epsilon = 0.2});
      for (const double score : result.table.Find("score")->numbers) {
        if (arcs.size() < 3 || direction != Direction::kUndirected) {
          EXPECT_EQ(score, 0);
        }
      }
    }
  }
}

TEST(SampledBetweenness, EndsWhenToldTo) {
  testing::RandomGraphOptions graph;
  graph.nodes = 50000;
  graph.links = 200000;
  graph.weights = true;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  for (const char* weight : testing::kWeights) {
    RunContext context(
        {.threads = 2,
         .memory_bytes = std::uint64_t{4} << 30,
         .deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(150)});
    const auto result = RunBetweenness(
        input, {.direction = Direction::kUndirected, .weight = weight, .epsilon = 1e-5}, context);
    EXPECT_EQ(GetErrorDetail(result.status())->reason, Reason::kDeadlineExceeded);
  }
}

TEST(SampledBetweenness, RefusesByName) {
  const auto field = [](const BetweennessOptions& options) {
    RunContext context;
    const AnalysisInput input = ToInput(FromArcs({{"A", "B"}, {"B", "C"}}));
    return GetErrorDetail(RunBetweenness(input, options, context).status())->field;
  };
  EXPECT_EQ(field({.epsilon = -0.1}), "epsilon");
  EXPECT_EQ(field({.epsilon = 1e-7}), "epsilon");
  EXPECT_EQ(field({.epsilon = 1}), "epsilon");
  EXPECT_EQ(field({.epsilon = NAN}), "epsilon");
  EXPECT_EQ(field({.epsilon = 0.1, .delta = 0}), "delta");
  EXPECT_EQ(field({.epsilon = 0.1, .delta = 1}), "delta");
  EXPECT_EQ(field({.samples = 10, .epsilon = 0.1}), "samples");
  EXPECT_EQ(field({.samples = ~std::uint64_t{0}}), "samples");
}

TEST(SamplingBound, LiesBelowHoeffdingAndAnswersBothWays) {
  for (const double vertices : {1.0, 10.0, 1e4, 1e7}) {
    for (const double inner : {1.0, 5.0, 40.0, 1e6}) {
      const SampledPaths paths{vertices, inner};
      for (const double epsilon : {0.2, 0.05, 0.01, 0.001}) {
        for (const double delta : {0.5, 0.1, 1e-6}) {
          const std::uint64_t samples = SamplesFor(paths, epsilon, delta);
          EXPECT_LE(static_cast<double>(samples),
                    std::ceil(std::log(2 * vertices / delta) / (2 * epsilon * epsilon)) + 1);
          EXPECT_LE(ChanceOfError(paths, static_cast<double>(samples), epsilon), delta);
          if (samples > 1) {
            EXPECT_GT(ChanceOfError(paths, static_cast<double>(samples - 1), epsilon), delta);
          }
          EXPECT_NEAR(EpsilonOf(paths, samples, delta), epsilon,
                      epsilon / static_cast<double>(samples) + 0x1p-29);
          EXPECT_LE(EpsilonOf(paths, samples, delta), epsilon + 0x1p-29);
        }
      }
    }
  }
}

}  // namespace
}  // namespace lianjie::sampled_betweenness_test
