// Clustering against all triples of nodes and Boost.Graph's coefficient, its figures and known
// graphs.
#include "engine/structure/clustering.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/clustering_coefficient.hpp"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::clustering_test {
namespace {

using testing::FromArcs;
using testing::NumberOf;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input, int threads = 2) {
  RunContext context(
      {.threads = threads, .memory_bytes = EstimateClusteringBytes(input, {}), .deadline = {}});
  auto result = RunClustering(input, {}, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

TEST(Clustering, EqualsAllTriplesAndBoostOnRandomMultigraphs) {
  std::int64_t compared = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    const OracleGraph graph = testing::MakeOracle(input, Direction::kUndirected);
    const auto size = static_cast<std::uint32_t>(graph.nodes.size());
    boost::adjacency_list<boost::setS, boost::vecS, boost::undirectedS> simple(size);
    std::vector<std::vector<bool>> joined(size, std::vector<bool>(size, false));
    for (const auto& [ends, weight] : MergedArcs(graph)) {
      boost::add_edge(ends.first, ends.second, simple);
      joined[ends.first][ends.second] = true;
    }
    const AnalysisResult result = Answer(input);
    ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
    std::int64_t corners = 0;
    std::int64_t pairs = 0;
    double sum = 0;
    for (std::uint32_t v = 0; v < size; ++v) {
      std::int64_t triangles = 0;
      const auto neighbours =
          static_cast<std::int64_t>(std::count(joined[v].begin(), joined[v].end(), true));
      for (std::uint32_t a = 0; a < size; ++a) {
        for (std::uint32_t b = a + 1; b < size; ++b)
          triangles += joined[v][a] && joined[v][b] && joined[a][b] ? 1 : 0;
      }
      const double score = result.table.Find("score")->numbers[v];
      ASSERT_EQ(result.table.Find("triangles")->integers[v], triangles) << "vertex " << v;
      ASSERT_EQ(result.table.Find("neighbours")->integers[v], neighbours) << "vertex " << v;
      ASSERT_DOUBLE_EQ(score, boost::clustering_coefficient<double>(simple, v)) << "vertex " << v;
      EXPECT_TRUE(score >= 0 && score <= 1);
      corners += triangles;
      pairs += neighbours * (neighbours - 1) / 2;
      sum += score;
    }
    EXPECT_EQ(SummaryNumber(result, "triangle_count"), static_cast<double>(corners / 3));
    EXPECT_DOUBLE_EQ(SummaryNumber(result, "transitivity"),
                     pairs == 0 ? 0 : static_cast<double>(corners) / static_cast<double>(pairs));
    EXPECT_DOUBLE_EQ(SummaryNumber(result, "mean_score"), size == 0 ? 0 : sum / size);
    compared += corners / 3;
  }
  EXPECT_GT(compared, 1000);
}

TEST(Clustering, MergesParallelLinksAndIgnoresSelfLoops) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"},
                                                {"A", "B"},
                                                {"B", "A"},
                                                {"B", "C"},
                                                {"C", "A"},
                                                {"A", "A"},
                                                {"D", "D"},
                                                {"A", "E"}},
                                               testing::Amount::kWeight, {"F"}));
  const AnalysisResult result = Answer(input);
  const Snapshot& snapshot = input.snapshot();
  EXPECT_DOUBLE_EQ(NumberOf(result, snapshot, "A", "score"), 1.0 / 3);
  EXPECT_EQ(NumberOf(result, snapshot, "B", "score"), 1);
  for (const char* id : {"D", "E", "F"}) EXPECT_EQ(NumberOf(result, snapshot, id, "score"), 0);
  EXPECT_EQ(SummaryNumber(result, "triangle_count"), 1);
  EXPECT_DOUBLE_EQ(SummaryNumber(result, "transitivity"), 3.0 / 5);
}

// A complete graph, and a hub beside it whose list is far longer than the others: both ways to
// intersect.
TEST(Clustering, KnowsCompleteGraphsAndWheels) {
  constexpr int kSize = 90;
  std::vector<testing::Arc> arcs;
  for (int a = 0; a < kSize; ++a) {
    for (int b = a + 1; b < kSize; ++b) arcs.push_back({Cat(a), Cat(b)});
  }
  const int links = static_cast<int>(arcs.size());
  const AnalysisResult complete = Answer(ToInput(FromArcs(arcs)));
  EXPECT_EQ(SummaryNumber(complete, "triangle_count"), kSize * (kSize - 1) * (kSize - 2) / 6);
  EXPECT_EQ(SummaryNumber(complete, "transitivity"), 1);
  EXPECT_EQ(SummaryNumber(complete, "mean_score"), 1);
  // A rim of 500 around the node 0: each of its links makes a triangle with 0.
  for (int r = 0; r < 500; ++r) {
    arcs.push_back({Cat("r", r), Cat("r", (r + 1) % 500)});
    arcs.push_back({Cat("r", r), "0"});
  }
  // One of two lists is long: x leads to 0 .. 89 and to y, y to 0 alone.
  for (int a = 0; a < kSize; ++a) arcs.push_back({"x", Cat(a)});
  arcs.push_back({"x", "y"});
  arcs.push_back({"y", "0"});
  const AnalysisInput input = ToInput(FromArcs(arcs));
  const AnalysisResult result = Answer(input);
  EXPECT_EQ(NumberOf(result, input.snapshot(), "x", "triangles"), links + 1);
  EXPECT_EQ(NumberOf(result, input.snapshot(), "y", "triangles"), 1);
  EXPECT_EQ(NumberOf(result, input.snapshot(), "0", "triangles"),
            (kSize - 1) * (kSize - 2) / 2 + 500 + (kSize - 1) + 1);
  EXPECT_DOUBLE_EQ(NumberOf(result, input.snapshot(), "r7", "score"), 2.0 / 3);
}

TEST(Clustering, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 4000;
  graph.links = 60000;
  graph.regions = true;
  graph.dates = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const std::string bytes = ResultBytes(Answer(input, 1));
  for (int again = 0; again < 3; ++again) EXPECT_EQ(bytes, ResultBytes(Answer(input, 2)));
  EXPECT_EQ(bytes, ResultBytes(Answer(ToInput(testing::ToShuffledSnapshot(records, 3)), 2)));
}

TEST(Clustering, StopsWhenCancelledAndOffersNothingOfAnEmptyGraph) {
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(RunClustering(ToInput(FromArcs({{"A", "B"}})), {}, cancelled).status().code(),
            absl::StatusCode::kCancelled);
  const AnalysisResult empty = Answer(ToInput(testing::GraphRecords{}));
  EXPECT_EQ(empty.table.row_count(), 0u);
  EXPECT_EQ(SummaryNumber(empty, "mean_score"), 0);
  RunContext small({.threads = 1, .memory_bytes = 64, .deadline = {}});
  EXPECT_EQ(RunClustering(ToInput(FromArcs({{"A", "B"}})), {}, small).status().code(),
            absl::StatusCode::kResourceExhausted);
}

// Dense enough that the counting alone would take seconds.
TEST(Clustering, CancelFreesTheCoreWithinFiftyMilliseconds) {
  testing::RandomGraphOptions graph;
  graph.nodes = 2000;
  graph.links = 1200000;
  graph.hub_percent = 0;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  std::vector<double> waits;
  for (int attempt = 0; attempt < 5; ++attempt) {
    RunContext context({.threads = 2});
    absl::Status status;
    std::chrono::steady_clock::time_point ended;
    std::thread run([&] {
      status = RunClustering(input, {}, context).status();
      ended = std::chrono::steady_clock::now();
    });
    while (context.completed() < input.snapshot().node_count()) std::this_thread::yield();
    const auto asked = std::chrono::steady_clock::now();
    context.Cancel();
    run.join();
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
    waits.push_back(std::chrono::duration<double, std::milli>(ended - asked).count());
    std::printf("clustering: cancelled after %.2f ms\n", waits.back());
  }
  std::sort(waits.begin(), waits.end());
  EXPECT_LT(waits[2], 50.0) << "the median of five";
}

}  // namespace
}  // namespace lianjie::clustering_test
