// Core numbers against their definition, by taking out nodes until every one that is left has
// enough, and Boost's for undirected graphs.
#include "engine/centrality/k_core.h"

#include <algorithm>
#include <set>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/core_numbers.hpp"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::k_core_test {
namespace {

using testing::FromArcs;
using testing::OracleArc;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

// For each k the part that is left when nodes with fewer than k are taken out until none is.
std::vector<std::int64_t> ByDefinition(const OracleGraph& graph, bool count_parallel) {
  const std::size_t n = graph.nodes.size();
  std::vector<std::int64_t> cores(n, 0);
  for (std::int64_t k = 1;; ++k) {
    std::vector<bool> in(n, true);
    for (bool changed = true; changed;) {
      changed = false;
      std::vector<std::multiset<std::uint32_t>> next(n);
      for (const OracleArc& arc : graph.arcs) {
        if (arc.from != arc.to && in[arc.to]) next[arc.from].insert(arc.to);
      }
      for (std::size_t v = 0; v < n; ++v) {
        const std::size_t count =
            count_parallel ? next[v].size()
                           : std::set<std::uint32_t>(next[v].begin(), next[v].end()).size();
        if (!in[v] || count >= static_cast<std::size_t>(k)) continue;
        in[v] = false;
        changed = true;
      }
    }
    if (std::find(in.begin(), in.end(), true) == in.end()) return cores;
    for (std::size_t v = 0; v < n; ++v) {
      if (in[v]) cores[v] = k;
    }
  }
}

std::vector<std::int64_t> Boost(const OracleGraph& graph) {
  boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS> simple(graph.nodes.size());
  for (const auto& [ends, weight] : MergedArcs(graph)) {
    if (ends.first < ends.second) boost::add_edge(ends.first, ends.second, simple);
  }
  std::vector<std::int64_t> cores(graph.nodes.size(), 0);
  boost::core_numbers(simple, boost::make_iterator_property_map(
                                  cores.begin(), boost::get(boost::vertex_index, simple)));
  return cores;
}

AnalysisResult Answer(const AnalysisInput& input, const KCoreOptions& options, int threads = 2) {
  RunContext context(
      {.threads = threads, .memory_bytes = EstimateKCoreBytes(input, options), .deadline = {}});
  auto result = RunKCore(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

TEST(KCore, EqualsItsDefinitionAndBoostOnRandomMultigraphs) {
  std::int64_t deepest = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const bool count_parallel : {false, true}) {
        SCOPED_TRACE(Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", parallel ",
                         count_parallel));
        const OracleGraph graph = testing::MakeOracle(input, direction);
        const std::vector<std::int64_t> expected = ByDefinition(graph, count_parallel);
        RunContext context;
        const auto result =
            RunKCore(input, {.direction = direction, .count_parallel = count_parallel}, context);
        ASSERT_TRUE(result.ok()) << result.status();
        ASSERT_EQ(result->table.Find("node")->indices, graph.nodes);
        ASSERT_EQ(result->table.Find("score")->integers, expected);
        if (direction == Direction::kUndirected && !count_parallel) {
          ASSERT_EQ(expected, Boost(graph));
        }
        const std::int64_t most =
            expected.empty() ? 0 : *std::max_element(expected.begin(), expected.end());
        ASSERT_EQ(SummaryNumber(*result, "degeneracy"), static_cast<double>(most));
        ASSERT_EQ(SummaryNumber(*result, "innermost_count"),
                  static_cast<double>(std::count(expected.begin(), expected.end(), most)));
        deepest = std::max(deepest, most);
      }
    }
  }
  EXPECT_GE(deepest, 4);
}

TEST(KCore, MergesParallelLinksUnlessAsked) {
  // A triangle with a tail; A and B joined three times more; a self-loop; a node alone.
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"},
                                                {"B", "C"},
                                                {"C", "A"},
                                                {"C", "D"},
                                                {"D", "D"},
                                                {"B", "A"},
                                                {"A", "B"},
                                                {"A", "B"}},
                                               testing::Amount::kWeight, {"E"}));
  const auto scores = [&](const KCoreOptions& options) {
    RunContext context;
    const auto result = RunKCore(input, options, context);
    std::vector<std::int64_t> cores;
    for (const char* id : {"A", "B", "C", "D", "E"}) {
      const auto& nodes = result->table.Find("node")->indices;
      const auto at = std::find_if(nodes.begin(), nodes.end(),
                                   [&](NodeIndex n) { return input.snapshot().NodeId(n) == id; }) -
                      nodes.begin();
      cores.push_back(result->table.Find("score")->integers[static_cast<std::size_t>(at)]);
    }
    return cores;
  };
  using Cores = std::vector<std::int64_t>;
  EXPECT_EQ(scores({}), (Cores{2, 2, 2, 1, 0}));
  EXPECT_EQ(scores({.count_parallel = true}), (Cores{4, 4, 2, 1, 0}));
  EXPECT_EQ(scores({.direction = Direction::kForward}), (Cores{1, 1, 1, 0, 0}));
  EXPECT_EQ(scores({.direction = Direction::kReverse}), (Cores{1, 1, 1, 1, 0}));
}

TEST(KCore, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 60000;  // levels of thousands, which threads share
  graph.links = 150000;
  graph.regions = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const Direction direction : testing::kDirections) {
    const std::string bytes = ResultBytes(Answer(input, {.direction = direction}, 1));
    EXPECT_EQ(bytes, ResultBytes(Answer(input, {.direction = direction}, 2)));
    EXPECT_EQ(bytes, ResultBytes(Answer(input, {.direction = direction}, 4)));
    EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, {.direction = direction}, 2)));
  }
}

// Boost's cores of a graph whose first levels are shared by threads.
TEST(KCore, EqualsBoostOnALargeGraph) {
  testing::RandomGraphOptions graph;
  graph.nodes = 60000;
  graph.links = 150000;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  const std::vector<std::int64_t> cores = Boost(testing::MakeOracle(input, Direction::kUndirected));
  for (const int threads : {1, 2, 4})
    EXPECT_EQ(Answer(input, {}, threads).table.Find("score")->integers, cores);
}

TEST(KCore, EndsWhenCancelledOrShortOfMemory) {
  testing::RandomGraphOptions graph;
  graph.nodes = 20000;
  graph.links = 100000;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(GetErrorDetail(RunKCore(input, {}, cancelled).status())->reason, Reason::kCancelled);
  RunContext narrow({.threads = 2, .memory_bytes = 200000, .deadline = {}});
  EXPECT_EQ(GetErrorDetail(RunKCore(input, {}, narrow).status())->reason, Reason::kMemoryExhausted);
  EXPECT_EQ(narrow.memory_used(), 0u);
}

}  // namespace
}  // namespace lianjie::k_core_test
