// Closeness and harmonic against distances by Floyd and Warshall, written down apart from them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <thread>

#include "engine/centrality/closeness.h"
#include "engine/centrality/harmonic.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::distance_sums_test {
namespace {

using testing::FromArcs;
using testing::NumberOf;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

constexpr double kFar = std::numeric_limits<double>::infinity();

std::vector<std::vector<double>> AllDistances(const OracleGraph& graph) {
  const std::size_t n = graph.nodes.size();
  std::vector<std::vector<double>> distance(n, std::vector<double>(n, kFar));
  for (std::size_t v = 0; v < n; ++v) distance[v][v] = 0;
  for (const auto& [ends, weight] : MergedArcs(graph)) distance[ends.first][ends.second] = weight;
  for (std::size_t by = 0; by < n; ++by) {
    for (std::size_t u = 0; u < n; ++u) {
      for (std::size_t v = 0; v < n; ++v)
        distance[u][v] = std::min(distance[u][v], distance[u][by] + distance[by][v]);
    }
  }
  return distance;
}

template <typename Options, typename Run, typename Estimate>
AnalysisResult AnswerOf(const Run& run, const Estimate& estimate, const AnalysisInput& input,
                        const Options& options, int threads) {
  RunContext context(
      {.threads = threads, .memory_bytes = estimate(input, options), .deadline = {}});
  auto result = run(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}
AnalysisResult Answer(const AnalysisInput& input, const ClosenessOptions& options,
                      int threads = 2) {
  return AnswerOf(&RunCloseness, &EstimateClosenessBytes, input, options, threads);
}
AnalysisResult Answer(const AnalysisInput& input, const HarmonicOptions& options, int threads = 2) {
  return AnswerOf(&RunHarmonic, &EstimateHarmonicBytes, input, options, threads);
}

// All four closenesses and both harmonics of one graph, direction and weighting.
void CheckCase(const AnalysisInput& input, Direction direction, const std::string& weight) {
  const double missing_weight = weight == "none" ? 1.0 : 2.5;
  const OracleGraph graph = testing::MakeOracle(input, direction, weight, missing_weight);
  const auto distance = AllDistances(graph);
  const std::size_t n = graph.nodes.size();
  for (const bool normalized : {false, true}) {
    const HarmonicOptions harmonic_options{.direction = direction,
                                           .weight = weight,
                                           .missing_weight = missing_weight,
                                           .normalized = normalized};
    const AnalysisResult harmonic = Answer(input, harmonic_options);
    for (const bool improved : {false, true}) {
      const AnalysisResult closeness =
          Answer(input, ClosenessOptions{.direction = direction,
                                         .weight = weight,
                                         .missing_weight = missing_weight,
                                         .normalized = normalized,
                                         .improved = improved});
      ASSERT_EQ(closeness.table.Find("node")->indices, graph.nodes);
      for (std::size_t v = 0; v < n; ++v) {
        double reached = 0;
        double sum = 0;
        double reciprocal = 0;
        for (std::size_t u = 0; u < n; ++u) {
          if (u == v || distance[v][u] == kFar) continue;
          reached += 1;
          sum += distance[v][u];
          reciprocal += 1 / distance[v][u];
        }
        double expected = reached == 0 ? 0.0 : (normalized ? reached : 1.0) / sum;
        if (improved && n > 1) expected *= reached / (static_cast<double>(n) - 1);
        ASSERT_NEAR(closeness.table.Find("score")->numbers[v], expected, 1e-12) << v;
        if (normalized && n > 1) reciprocal /= static_cast<double>(n) - 1;
        ASSERT_NEAR(harmonic.table.Find("score")->numbers[v], reciprocal, 1e-11) << v;
      }
    }
  }
}

TEST(DistanceSums, EqualAllDistancesOnRandomMultigraphs) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        CheckCase(input, direction, weight);
        if (HasFatalFailure()) return;
      }
    }
  }
}

// More than one block of sources, dense enough to pull, and with twins.
TEST(DistanceSums, EqualAllDistancesOverSeveralBlocks) {
  for (const std::uint32_t links : {300u, 1500u, 9000u}) {
    testing::RandomGraphOptions graph;
    graph.seed = links;
    graph.nodes = 300;
    graph.links = links;
    graph.weights = true;
    testing::GraphRecords records = RandomGraph(graph);
    const AnalysisInput input = ToInput(records);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(Cat(links, " links, direction ", static_cast<int>(direction)));
        CheckCase(input, direction, weight);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(DistanceSums, SearchTwinsOnce) {
  std::vector<testing::Arc> arcs = {{"C", "V", 1}, {"V", "W", 1}};
  for (int i = 0; i < 50; ++i) {
    arcs.push_back({"C", Cat("h", i), 2.0 + i % 2});
    arcs.push_back({"V", Cat("h", i), 2.0});
  }
  const AnalysisInput input = ToInput(FromArcs(arcs));
  const auto searched = [&](Direction direction, const char* weight) {
    return SummaryNumber(Answer(input, HarmonicOptions{.direction = direction, .weight = weight}),
                         "searched_count");
  };
  EXPECT_EQ(searched(Direction::kUndirected, "none"), 4);    // C, V, W and one household
  EXPECT_EQ(searched(Direction::kUndirected, "weight"), 5);  // two sorts of them
  EXPECT_EQ(searched(Direction::kReverse, "none"), 3);       // W, a household; V; C reaches nobody
  EXPECT_EQ(searched(Direction::kForward, "none"), 2);
  for (const Direction direction : testing::kDirections) {
    for (const char* weight : testing::kWeights) CheckCase(input, direction, weight);
  }
}

TEST(DistanceSums, ScaleByThePartThatIsReached) {
  // A reaches B; C, D, E a triangle; F alone.
  const AnalysisInput input = ToInput(
      FromArcs({{"A", "B"}, {"C", "D"}, {"D", "E"}, {"E", "C"}}, testing::Amount::kWeight, {"F"}));
  const auto score = [&](const ClosenessOptions& options, const char* id) {
    return NumberOf(Answer(input, options), input.snapshot(), id, "score");
  };
  EXPECT_DOUBLE_EQ(score({}, "A"), 1.0 / 5);
  EXPECT_DOUBLE_EQ(score({}, "C"), 2.0 / 3 * 2 / 5);
  EXPECT_EQ(score({}, "B"), 0);
  EXPECT_EQ(score({}, "F"), 0);
  EXPECT_DOUBLE_EQ(score({.improved = false}, "A"), 1);
  EXPECT_DOUBLE_EQ(score({.improved = false}, "C"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score({.normalized = false, .improved = false}, "C"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(NumberOf(Answer(input, HarmonicOptions{}), input.snapshot(), "C", "score"), 1.5);
}

TEST(DistanceSums, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 600;
  graph.links = 2400;
  graph.weights = true;
  graph.regions = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const Direction direction : testing::kDirections) {
    for (const char* weight : testing::kWeights) {
      const ClosenessOptions closeness{.direction = direction, .weight = weight};
      const std::string bytes = ResultBytes(Answer(input, closeness, 1));
      EXPECT_EQ(bytes, ResultBytes(Answer(input, closeness, 2)));
      EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, closeness, 2)));
      const HarmonicOptions harmonic{.direction = direction, .weight = weight};
      const std::string other = ResultBytes(Answer(input, harmonic, 1));
      EXPECT_EQ(other, ResultBytes(Answer(input, harmonic, 2)));
      EXPECT_EQ(other, ResultBytes(Answer(shuffled, harmonic, 2)));
    }
  }
}

TEST(DistanceSums, RefuseByName) {
  const auto closeness = [](double weight, const ClosenessOptions& options) {
    RunContext context;
    const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"B", "C", weight}}));
    return *GetErrorDetail(RunCloseness(input, options, context).status());
  };
  const auto harmonic = [](double weight, const HarmonicOptions& options) {
    RunContext context;
    const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"B", "C", weight}}));
    return *GetErrorDetail(RunHarmonic(input, options, context).status());
  };
  EXPECT_EQ(closeness(0, {.weight = "weight"}).metadata.at("link"), "l1");
  EXPECT_EQ(closeness(1, {.weight = "wait"}).field, "weight");
  EXPECT_EQ(closeness(1, {.missing_weight = 0}).field, "missing_weight");
  EXPECT_EQ(harmonic(-1, {.weight = "weight"}).metadata.at("link"), "l1");
  EXPECT_EQ(harmonic(1, {.weight = "wait"}).field, "weight");
  EXPECT_EQ(harmonic(1, {.missing_weight = -1}).field, "missing_weight");
}

// How long after Cancel the run is over, inside the searches.
TEST(DistanceSums, CancelFreesTheCoreWithinFiftyMilliseconds) {
  testing::RandomGraphOptions graph;
  graph.nodes = 150000;
  graph.links = 600000;
  graph.weights = true;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  for (const char* weight : testing::kWeights) {
    std::vector<double> waits;
    for (int attempt = 0; attempt < 5; ++attempt) {
      RunContext context({.threads = 2, .memory_bytes = std::uint64_t{8} << 30, .deadline = {}});
      absl::Status status;
      std::chrono::steady_clock::time_point ended;
      std::thread run([&] {
        status =
            RunCloseness(input, {.direction = Direction::kUndirected, .weight = weight}, context)
                .status();
        ended = std::chrono::steady_clock::now();
      });
      while (context.total() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      std::this_thread::sleep_for(std::chrono::milliseconds(100 + 37 * attempt));
      const auto asked = std::chrono::steady_clock::now();
      context.Cancel();
      run.join();
      EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
      waits.push_back(std::chrono::duration<double, std::milli>(ended - asked).count());
      std::printf("closeness (weight %s): cancelled after %.2f ms, %llu of %llu nodes done\n",
                  weight, waits.back(), static_cast<unsigned long long>(context.completed()),
                  static_cast<unsigned long long>(context.total()));
    }
    std::sort(waits.begin(), waits.end());
    EXPECT_LT(waits[2], 50.0) << "the median of five";
  }
}

}  // namespace
}  // namespace lianjie::distance_sums_test
