// Points and bridges against taking each node and each link away, blocks against Boost.Graph.
#include "engine/structure/articulation.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <thread>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/biconnected_components.hpp"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::articulation_test {
namespace {

using testing::FromArcs;
using testing::OracleArc;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input) {
  RunContext context;
  auto result = RunArticulation(input, {}, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

// Sizes of the parts that hang together, without one vertex or one link, by flooding.
std::vector<std::uint32_t> Parts(const OracleGraph& graph, std::uint32_t without_vertex,
                                 LinkIndex without_link, const std::set<std::uint32_t>& among) {
  std::map<std::uint32_t, std::uint32_t> part;
  for (const std::uint32_t v : among) {
    if (v != without_vertex) part[v] = v;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (const OracleArc& arc : graph.arcs) {
      if (arc.link == without_link || !part.contains(arc.from) || !part.contains(arc.to)) continue;
      const std::uint32_t least = std::min(part[arc.from], part[arc.to]);
      changed |= part[arc.from] != least || part[arc.to] != least;
      part[arc.from] = part[arc.to] = least;
    }
  }
  std::map<std::uint32_t, std::uint32_t> sizes;
  for (const auto& [v, p] : part) ++sizes[p];
  std::vector<std::uint32_t> out;
  for (const auto& [p, size] : sizes) out.push_back(size);
  return out;
}

std::set<std::uint32_t> ComponentOf(const OracleGraph& graph, std::uint32_t v) {
  std::set<std::uint32_t> seen = {v};
  for (bool changed = true; changed;) {
    changed = false;
    for (const OracleArc& arc : graph.arcs) {
      if (seen.contains(arc.from)) changed |= seen.insert(arc.to).second;
    }
  }
  return seen;
}

struct Row {
  std::uint32_t index;
  bool bridge;
  std::int64_t blocks;
  std::int64_t cut_off;
  friend auto operator<=>(const Row&, const Row&) = default;
};

std::vector<Row> RowsOf(const AnalysisResult& result) {
  std::vector<Row> rows;
  const Table& table = result.table;
  for (std::size_t i = 0; i < table.row_count(); ++i) {
    const bool bridge = table.Find("kind")->strings[i] == "BRIDGE";
    EXPECT_EQ(table.Find("node")->IsNull(i), bridge);
    EXPECT_EQ(table.Find("link")->IsNull(i), !bridge);
    EXPECT_EQ(table.Find("block_count")->IsNull(i), bridge);
    rows.push_back({table.Find(bridge ? "link" : "node")->indices[i], bridge,
                    table.Find("block_count")->integers[i],
                    table.Find("cut_off_count")->integers[i]});
  }
  return rows;
}

// How many blocks each vertex lies in, and how many there are.
std::pair<std::vector<std::set<std::size_t>>, std::size_t> Blocks(const OracleGraph& graph) {
  using Graph =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                            boost::property<boost::edge_index_t, std::size_t>>;
  Graph simple(graph.nodes.size());
  std::size_t edges = 0;
  for (const auto& [ends, weight] : MergedArcs(graph)) {
    if (ends.first < ends.second) boost::add_edge(ends.first, ends.second, edges++, simple);
  }
  std::vector<std::size_t> component(edges);
  const std::size_t count = boost::biconnected_components(
      simple,
      boost::make_iterator_property_map(component.begin(), boost::get(boost::edge_index, simple)));
  std::vector<std::set<std::size_t>> blocks(graph.nodes.size());
  for (auto [e, end] = boost::edges(simple); e != end; ++e) {
    const std::size_t block = component[boost::get(boost::edge_index, simple, *e)];
    blocks[boost::source(*e, simple)].insert(block);
    blocks[boost::target(*e, simple)].insert(block);
  }
  return {blocks, count};
}

// The expected rows: each node and link taken away in turn.
std::vector<Row> Expected(const OracleGraph& graph,
                          const std::vector<std::set<std::size_t>>& blocks) {
  std::vector<Row> rows;
  for (std::uint32_t v = 0; v < graph.nodes.size(); ++v) {
    const auto parts = Parts(graph, v, kNoLink, ComponentOf(graph, v));
    if (parts.size() < 2) continue;
    std::uint32_t sum = 0;
    for (const std::uint32_t size : parts) sum += size;
    rows.push_back({graph.nodes[v], false, static_cast<std::int64_t>(blocks[v].size()),
                    sum - *std::max_element(parts.begin(), parts.end())});
  }
  for (std::size_t i = 0; i < graph.arcs.size(); i += 2) {
    const OracleArc& arc = graph.arcs[i];
    const auto parts = Parts(graph, kNoNode, arc.link, ComponentOf(graph, arc.from));
    if (parts.size() < 2) continue;
    rows.push_back({arc.link, true, 0, *std::min_element(parts.begin(), parts.end())});
  }
  return rows;
}

TEST(Articulation, EqualsTakingAwayOnRandomMultigraphs) {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    testing::OracleCase made = testing::MakeCase(seed);
    // Every third graph is thinned out, so that there is much to cut.
    if (seed % 3 == 0) made.records.links.resize(made.records.links.size() / 2);
    const AnalysisInput input = ToInput(made.records, made.view);
    const OracleGraph graph = testing::MakeOracle(input, Direction::kUndirected);
    const auto [blocks, block_count] = Blocks(graph);
    const AnalysisResult result = Answer(input);
    const std::vector<Row> expected = Expected(graph, blocks);
    ASSERT_TRUE(RowsOf(result) == expected);
    const auto points =
        std::count_if(expected.begin(), expected.end(), [](const Row& row) { return !row.bridge; });
    EXPECT_EQ(SummaryNumber(result, "node_count"), static_cast<double>(graph.nodes.size()));
    EXPECT_EQ(SummaryNumber(result, "point_count"), static_cast<double>(points));
    EXPECT_EQ(SummaryNumber(result, "bridge_count"),
              static_cast<double>(expected.size()) - static_cast<double>(points));
    EXPECT_EQ(SummaryNumber(result, "block_count"), static_cast<double>(block_count));
    std::int64_t largest = 0;
    for (const Row& row : expected) largest = std::max(largest, row.cut_off);
    EXPECT_EQ(SummaryNumber(result, "largest_cut_off_count"), static_cast<double>(largest));
    compared += expected.size();
  }
  EXPECT_GT(compared, 1500u);
}

TEST(Articulation, ParallelLinksAreNoBridgeAndSelfLoopsChangeNothing) {
  const AnalysisInput input = ToInput(FromArcs(
      {{"A", "B"}, {"B", "A"}, {"B", "C"}, {"C", "C"}, {"D", "D"}, {"B", "E"}, {"B", "E"}}));
  const AnalysisResult result = Answer(input);
  const Snapshot& snapshot = input.snapshot();
  const std::vector<Row> expected = {{snapshot.FindNode("B"), false, 3, 2},
                                     {snapshot.FindLink("l2"), true, 0, 1}};
  EXPECT_TRUE(RowsOf(result) == expected);
  EXPECT_EQ(SummaryNumber(result, "block_count"), 3);
}

// A chain and a ring of 300,000: no recursion, no stack to overflow.
TEST(Articulation, StandsALongChainAndALongRing) {
  constexpr int kLength = 300000;
  for (const bool ring : {false, true}) {
    SnapshotBuilder builder;
    for (int i = 0; i < kLength; ++i) {
      NodeRecord node;
      node.id = Cat(i);
      node.kind = NodeKind::kFirm;
      builder.AddNode(node);
      LinkRecord link;
      link.id = Cat(i);
      link.source = node.id;
      link.target = Cat((i + 1) % kLength);
      link.mechanism = Mechanism::kSupply;
      if (ring || i + 1 < kLength) builder.AddLink(link);
    }
    const AnalysisResult result = Answer(ToInput(*std::move(builder).Build(1, Date{0})));
    EXPECT_EQ(SummaryNumber(result, "point_count"), ring ? 0 : kLength - 2);
    EXPECT_EQ(SummaryNumber(result, "bridge_count"), ring ? 0 : kLength - 1);
    EXPECT_EQ(SummaryNumber(result, "block_count"), ring ? 1 : kLength - 1);
    EXPECT_EQ(SummaryNumber(result, "largest_cut_off_count"), ring ? 0 : kLength / 2);
  }
}

TEST(Articulation, SameBytesInAnyOrderOfFillingAndWithinItsEstimate) {
  testing::RandomGraphOptions graph;
  graph.nodes = 30000;
  graph.links = 40000;
  graph.regions = true;
  graph.dates = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const std::string bytes = ResultBytes(Answer(input));
  EXPECT_EQ(bytes, ResultBytes(Answer(ToInput(testing::ToShuffledSnapshot(records, 3)))));
  RunContext context(
      {.threads = 1, .memory_bytes = EstimateArticulationBytes(input, {}), .deadline = {}});
  const auto result = RunArticulation(input, {}, context);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(bytes, ResultBytes(*result));
}

TEST(Articulation, StopsWhenCancelledAndOffersNothingOfAnEmptyGraph) {
  const AnalysisResult empty = Answer(ToInput(testing::GraphRecords{}));
  EXPECT_EQ(empty.table.row_count(), 0u);
  EXPECT_EQ(SummaryNumber(empty, "block_count"), 0);
  testing::RandomGraphOptions graph;
  graph.nodes = 200000;
  graph.links = 600000;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  RunContext small({.threads = 1, .memory_bytes = 1 << 20, .deadline = {}});
  EXPECT_EQ(RunArticulation(input, {}, small).status().code(),
            absl::StatusCode::kResourceExhausted);
  std::vector<double> waits;
  for (int attempt = 0; attempt < 5; ++attempt) {
    RunContext context;
    absl::Status status;
    std::chrono::steady_clock::time_point ended;
    std::thread run([&] {
      status = RunArticulation(input, {}, context).status();
      ended = std::chrono::steady_clock::now();
    });
    while (context.total() == 0) std::this_thread::yield();
    const auto asked = std::chrono::steady_clock::now();
    context.Cancel();
    run.join();
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
    waits.push_back(std::chrono::duration<double, std::milli>(ended - asked).count());
    std::printf("articulation: cancelled after %.2f ms\n", waits.back());
  }
  std::sort(waits.begin(), waits.end());
  EXPECT_LT(waits[2], 50.0) << "the median of five";
}

}  // namespace
}  // namespace lianjie::articulation_test
