// Betweenness against Boost's Brandes on the merged simple graph, by its invariant, and under
// cancellation.
#include "engine/centrality/betweenness.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <deque>
#include <thread>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/betweenness_centrality.hpp"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie {
namespace {

using testing::FromArcs;
using testing::NumberOf;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

template <typename Directed> std::vector<double> Boost(const OracleGraph& graph, bool weighted) {
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, Directed, boost::no_property,
                                      boost::property<boost::edge_weight_t, double>>;
  Graph simple(graph.nodes.size());
  for (const auto& [ends, weight] : MergedArcs(graph)) {
    // Undirected arcs come from both ends; Boost wants each edge once.
    if (std::is_same_v<Directed, boost::undirectedS> && ends.first > ends.second) continue;
    boost::add_edge(ends.first, ends.second, weight, simple);
  }
  std::vector<double> scores(graph.nodes.size(), 0.0);
  const auto map =
      boost::make_iterator_property_map(scores.begin(), boost::get(boost::vertex_index, simple));
  if (weighted) {
    boost::brandes_betweenness_centrality(
        simple, boost::centrality_map(map).weight_map(boost::get(boost::edge_weight, simple)));
  } else {
    boost::brandes_betweenness_centrality(simple, boost::centrality_map(map));
  }
  return scores;
}

AnalysisResult Answer(const AnalysisInput& input, const BetweennessOptions& options,
                      int threads = 2) {
  RunContext context({.threads = threads,
                      .memory_bytes = EstimateBetweennessBytes(input, options),
                      .deadline = {}});
  auto result = RunBetweenness(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

TEST(Betweenness, EqualsBoostOnRandomMultigraphs) {
  double compared = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const std::string weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        const OracleGraph graph = testing::MakeOracle(input, direction, weight);
        const std::vector<double> expected =
            direction == Direction::kUndirected ? Boost<boost::undirectedS>(graph, weight != "none")
                                                : Boost<boost::directedS>(graph, weight != "none");
        const AnalysisResult result = Answer(input, {.direction = direction, .weight = weight});
        ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
        for (std::size_t v = 0; v < expected.size(); ++v) {
          const double score = result.table.Find("score")->numbers[v];
          ASSERT_NEAR(score, expected[v], 1e-9 * std::max(1.0, expected[v])) << "vertex " << v;
          compared += score;
        }
      }
    }
  }
  EXPECT_GT(compared, 10000);
}

// Every pair that is joined gives its distance less one, whatever its shortest paths are.
TEST(Betweenness, SumsToDistancesLessOne) {
  for (const std::uint64_t seed : {3, 17, 40, 99, 200}) {
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records);
    for (const Direction direction : testing::kDirections) {
      const OracleGraph graph = testing::MakeOracle(input, direction);
      std::vector<std::vector<std::uint32_t>> next(graph.nodes.size());
      for (const auto& [ends, weight] : MergedArcs(graph)) next[ends.first].push_back(ends.second);
      double expected = 0;
      for (std::uint32_t source = 0; source < graph.nodes.size(); ++source) {
        std::vector<int> hops(graph.nodes.size(), -1);
        std::deque<std::uint32_t> queue = {source};
        hops[source] = 0;
        for (; !queue.empty(); queue.pop_front()) {
          for (const std::uint32_t v : next[queue.front()]) {
            if (hops[v] >= 0) continue;
            hops[v] = hops[queue.front()] + 1;
            expected += hops[v] - 1;
            queue.push_back(v);
          }
        }
      }
      if (direction == Direction::kUndirected) expected /= 2;
      EXPECT_NEAR(SummaryNumber(Answer(input, {.direction = direction}), "sum_score"), expected,
                  1e-9 * expected);
    }
  }
}

TEST(Betweenness, MergesParallelLinksAndTakesTheShortest) {
  // A to D by B (two parallel links first) or by C: half each, whatever the number of links.
  // Weighted, B's better link wins.
  const AnalysisInput input = ToInput(FromArcs(
      {{"A", "B", 5}, {"A", "B", 1}, {"A", "C", 2}, {"B", "D", 1}, {"C", "D", 1}, {"B", "B", 1}}));
  const AnalysisResult hops = Answer(input, {});
  EXPECT_EQ(NumberOf(hops, input.snapshot(), "B", "score"), 0.5);
  EXPECT_EQ(NumberOf(hops, input.snapshot(), "C", "score"), 0.5);
  const AnalysisResult lengths = Answer(input, {.weight = "weight"});
  EXPECT_EQ(NumberOf(lengths, input.snapshot(), "B", "score"), 1);
  EXPECT_EQ(NumberOf(lengths, input.snapshot(), "C", "score"), 0);
}

TEST(Betweenness, NormalisedIsAPartOfAllPairs) {
  const AnalysisInput input = ToInput(FromArcs({{"S", "A"}, {"S", "B"}, {"S", "C"}, {"D", "S"}}));
  const AnalysisResult star =
      Answer(input, {.direction = Direction::kUndirected, .normalized = true});
  EXPECT_EQ(NumberOf(star, input.snapshot(), "S", "score"), 1);
  const AnalysisResult directed = Answer(input, {.normalized = true});
  EXPECT_DOUBLE_EQ(NumberOf(directed, input.snapshot(), "S", "score"), 3.0 / 12);
  const AnalysisInput pair = ToInput(FromArcs({{"A", "B"}}));
  EXPECT_EQ(SummaryNumber(Answer(pair, {.normalized = true}), "largest_score"), 0);
}

// A weight that vanishes beside the distance must not let a path run back over settled nodes.
TEST(Betweenness, StandsWeightsThatVanishInTheSum) {
  const AnalysisInput input = ToInput(FromArcs({{"S", "A", 1e20},
                                                {"A", "B", 1},
                                                {"B", "A", 1},
                                                {"B", "C", 1},
                                                {"C", "A", 1},
                                                {"C", "T", 1e20}}));
  for (const Direction direction : testing::kDirections) {
    const AnalysisResult result = Answer(input, {.direction = direction, .weight = "weight"});
    for (const double score : result.table.Find("score")->numbers) {
      EXPECT_GE(score, 0);
      EXPECT_LE(score, 20);
    }
  }
}

TEST(Betweenness, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
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
      const BetweennessOptions options{.direction = direction, .weight = weight};
      const std::string bytes = ResultBytes(Answer(input, options, 1));
      EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
      EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, options, 2)));
    }
  }
}

TEST(Betweenness, RefusesByName) {
  const auto detail = [](double weight, const BetweennessOptions& options) {
    RunContext context;
    const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"B", "C", weight}}));
    return *GetErrorDetail(RunBetweenness(input, options, context).status());
  };
  EXPECT_EQ(detail(-1, {.weight = "weight"}).metadata.at("link"), "l1");
  EXPECT_EQ(detail(0, {.weight = "weight"}).metadata.at("link"), "l1");
  EXPECT_EQ(detail(1e-300, {.weight = "weight"}).metadata.at("link"), "l1");
  EXPECT_EQ(detail(1, {.weight = "wait"}).field, "weight");
  EXPECT_EQ(detail(1, {.missing_weight = 0}).field, "missing_weight");
}

// 2^k shortest paths over k diamonds in a row: counted up to 1e300, and refused beyond.
TEST(Betweenness, RefusesWhatItCannotCount) {
  for (const int diamonds : {900, 1100}) {
    std::vector<testing::Arc> arcs;
    for (int i = 0; i < diamonds; ++i) {
      const std::string from = Cat(3 * i);
      const std::string to = Cat(3 * i + 3);
      for (const int middle : {3 * i + 1, 3 * i + 2}) {
        arcs.push_back({from, Cat(middle)});
        arcs.push_back({Cat(middle), to});
      }
    }
    const AnalysisInput input = ToInput(FromArcs(arcs));
    RunContext context;
    const auto result = RunBetweenness(input, {}, context);
    EXPECT_EQ(result.ok(), diamonds == 900) << result.status();
    if (!result.ok()) {
      EXPECT_EQ(GetErrorDetail(result.status())->reason, Reason::kLimitExceeded);
    } else {
      // Each middle node carries half of the pairs that its diamond parts.
      const double before = 3.0 * 450 + 1;
      const double after = 3.0 * (diamonds - 451) + 1;
      EXPECT_NEAR(NumberOf(*result, input.snapshot(), Cat(3 * 450 + 1), "score"),
                  before * after / 2, 1e-6 * before * after);
    }
  }
}

// How long after Cancel the run is over, at its worst inside the search of one source: a single one
// takes longer here than may pass.
TEST(Betweenness, CancelFreesTheCoreWithinFiftyMilliseconds) {
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
      std::thread run([&] {
        status =
            RunBetweenness(input, {.direction = Direction::kUndirected, .weight = weight}, context)
                .status();
      });
      while (context.total() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      std::this_thread::sleep_for(std::chrono::milliseconds(100 + 37 * attempt));
      // Processor time of the process: what other work on the machine takes does not count.
      const std::clock_t asked = std::clock();
      context.Cancel();
      run.join();
      EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
      EXPECT_LT(context.completed(), context.total());
      waits.push_back(1e3 * static_cast<double>(std::clock() - asked) / CLOCKS_PER_SEC / 2.0);
      std::printf("betweenness (weight %s): cancelled after %.2f ms, %llu of %llu sources done\n",
                  weight, waits.back(), static_cast<unsigned long long>(context.completed()),
                  static_cast<unsigned long long>(context.total()));
    }
    std::sort(waits.begin(), waits.end());
    EXPECT_LT(waits[2], 50.0) << "the median of five";
  }
}

}  // namespace
}  // namespace lianjie
