// Distances on graphs large enough that buckets and levels are shared between threads, against a
// Dijkstra over (distance, hops, source) with the library's priority queue.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <thread>
#include <tuple>
#include <vector>

#include "engine/core/text.h"
#include "engine/paths/distances.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::large_search_test {
namespace {

using testing::MakeOracle;
using testing::OracleArc;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

using Label = std::tuple<double, std::int64_t, std::size_t>;
const Label kFar = {std::numeric_limits<double>::infinity(), 0, 0};

std::vector<Label> Dijkstra(const OracleGraph& graph, const std::vector<std::uint32_t>& sources) {
  std::vector<std::vector<OracleArc>> arcs(graph.nodes.size());
  for (const OracleArc& arc : graph.arcs) arcs[arc.from].push_back(arc);
  std::vector<Label> labels(graph.nodes.size(), kFar);
  using Entry = std::pair<Label, std::uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    labels[sources[i]] = {0.0, 0, i};
    queue.emplace(labels[sources[i]], sources[i]);
  }
  while (!queue.empty()) {
    const auto [label, u] = queue.top();
    queue.pop();
    if (label != labels[u]) continue;
    const auto [distance, hops, source] = label;
    for (const OracleArc& arc : arcs[u]) {
      const Label next{distance + arc.weight, hops + 1, source};
      if (!(next < labels[arc.to])) continue;
      labels[arc.to] = next;
      queue.emplace(next, arc.to);
    }
  }
  return labels;
}

AnalysisResult Answer(const AnalysisInput& input, const DistancesOptions& options, int threads) {
  RunContext context(
      {.threads = threads, .memory_bytes = EstimateDistancesBytes(input, options), .deadline = {}});
  auto result = RunDistances(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

// The result equals the Dijkstra's, and its bytes are the same at 1, 2 and 4 threads.
void Check(const AnalysisInput& input, const std::vector<std::uint32_t>& sources,
           Direction direction, const std::string& weight) {
  const OracleGraph graph = MakeOracle(input, direction, weight);
  const std::vector<Label> labels = Dijkstra(graph, sources);
  DistancesOptions options;
  options.direction = direction;
  options.weight = weight;
  for (const std::uint32_t source : sources)
    options.sources.emplace_back(input.snapshot().NodeId(graph.nodes[source]));
  const AnalysisResult result = Answer(input, options, 2);
  for (std::size_t v = 0; v < labels.size(); ++v) {
    const auto [distance, hops, source] = labels[v];
    ASSERT_EQ(result.table.Find("hops")->IsNull(v), labels[v] == kFar) << v;
    if (labels[v] == kFar) continue;
    ASSERT_EQ(result.table.Find("distance")->numbers[v], distance) << v;
    ASSERT_EQ(result.table.Find("hops")->integers[v], hops) << v;
    if (sources.size() > 1) {
      ASSERT_EQ(result.table.Find("source")->indices[v], graph.nodes[sources[source]]) << v;
    }
  }
  const std::string bytes = ResultBytes(result);
  EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 1)));
  EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 4)));
}

// Sources in the order of their ids.
std::vector<std::uint32_t> ByIds(const AnalysisInput& input, std::vector<std::uint32_t> sources) {
  std::sort(sources.begin(), sources.end(), [&](std::uint32_t a, std::uint32_t b) {
    return CompareIds(input.snapshot().NodeId(a), input.snapshot().NodeId(b)) < 0;
  });
  return sources;
}

enum class Lengths { kWhole, kMoney, kMostlyZero, kUnit };

testing::GraphRecords Graph(Lengths lengths) {
  testing::RandomGraphOptions options;
  options.nodes = 15000;
  options.links = 100000;
  options.seed = 5;
  testing::GraphRecords records = RandomGraph(options);
  testing::Random random(17);
  for (LinkRecord& link : records.links) {
    if (lengths == Lengths::kWhole) link.weight = static_cast<double>(random.Between(1, 9));
    if (lengths == Lengths::kMoney) link.weight = std::pow(10.0, 9 * random.Unit());
    if (lengths == Lengths::kMostlyZero) link.weight = random.OneIn(20) ? random.Unit() : 0.0;
  }
  return records;
}

// Whole lengths tie often, so that hops and sources decide; amounts of money lie far apart.
TEST(LargeSearch, EqualsDijkstraAtAnyNumberOfThreads) {
  for (const Lengths lengths :
       {Lengths::kWhole, Lengths::kMoney, Lengths::kMostlyZero, Lengths::kUnit}) {
    const AnalysisInput input = ToInput(Graph(lengths));
    for (const Direction direction : testing::kDirections) {
      SCOPED_TRACE(
          Cat("lengths ", static_cast<int>(lengths), ", direction ", static_cast<int>(direction)));
      const char* weight = lengths == Lengths::kUnit ? "none" : "weight";
      Check(input, {4}, direction, weight);
      Check(input, ByIds(input, {4, 100, 101, 10000, 14999}), direction, weight);
      if (HasFatalFailure()) return;
    }
  }
}

// Two hundred nodes, each joined to all later ones so that every link more makes the way shorter by
// one, among many long links that make the steps far too wide: each pass over a bucket then lowers
// nearly all of them, and the search must see that and turn to the heap.
TEST(LargeSearch, EndsWhereStepsAreOfNoUse) {
  std::vector<testing::Arc> arcs;
  constexpr int kNodes = 200;
  for (int i = 0; i < kNodes; ++i) {
    for (int j = i + 1; j < kNodes; ++j)
      arcs.push_back({Cat("a", i), Cat("a", j), 2.0 * (j - i) - 1});
  }
  for (int i = 0; i < 2000; ++i) arcs.push_back({Cat("b", i), Cat("b", i + 1), 1e6});
  const AnalysisInput input = ToInput(FromArcs(arcs));
  const std::uint32_t first = input.snapshot().FindNode("a0");
  Check(input, {first}, Direction::kForward, "weight");
  const AnalysisResult result = Answer(input, {.sources = {"a0"}, .weight = "weight"}, 2);
  EXPECT_EQ(testing::NumberOf(result, input.snapshot(), "a199", "distance"), 199);
  EXPECT_EQ(testing::NumberOf(result, input.snapshot(), "a199", "hops"), 199);
  EXPECT_EQ(SummaryNumber(result, "reached_count"), kNodes);
}

TEST(LargeSearch, CancelFreesTheCoresWithinFiftyMilliseconds) {
  testing::RandomGraphOptions graph;
  graph.nodes = 300000;
  graph.links = 1200000;
  graph.weights = true;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  for (const char* weight : {"none", "weight"}) {
    std::vector<double> waits;
    for (int attempt = 0; attempt < 5; ++attempt) {
      const DistancesOptions options{
          .sources = {"n4"}, .direction = Direction::kUndirected, .weight = weight};
      RunContext context({.threads = 2, .memory_bytes = std::uint64_t{8} << 30, .deadline = {}});
      absl::Status status;
      std::chrono::steady_clock::time_point ended;
      std::thread running([&] {
        status = RunDistances(input, options, context).status();
        ended = std::chrono::steady_clock::now();
      });
      while (context.completed() == 0) std::this_thread::yield();
      const auto asked = std::chrono::steady_clock::now();
      context.Cancel();
      running.join();
      EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
      waits.push_back(std::chrono::duration<double, std::milli>(ended - asked).count());
    }
    std::sort(waits.begin(), waits.end());
    EXPECT_LT(waits[2], 50.0) << "the median of five";
  }
}

}  // namespace
}  // namespace lianjie::large_search_test
