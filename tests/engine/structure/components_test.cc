// Weak and strong components against Boost.Graph's.
#include <algorithm>
#include <map>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/connected_components.hpp"
#include "boost/graph/strong_components.hpp"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/structure/strong_components.h"
#include "engine/structure/weak_components.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie {
namespace {

using testing::FromArcs;
using testing::MakeOracle;
using testing::OracleArc;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input, bool strong, int threads = 2) {
  const std::uint64_t bytes =
      strong ? EstimateStrongComponentsBytes(input, {}) : EstimateWeakComponentsBytes(input, {});
  RunContext context({.threads = threads, .memory_bytes = bytes, .deadline = {}});
  auto result =
      strong ? RunStrongComponents(input, {}, context) : RunWeakComponents(input, {}, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

std::vector<int> Boost(const OracleGraph& graph, bool strong) {
  std::vector<int> component(graph.nodes.size(), 0);
  if (strong) {
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> directed(graph.nodes.size());
    for (const OracleArc& arc : graph.arcs) boost::add_edge(arc.from, arc.to, directed);
    boost::strong_components(
        directed, boost::make_iterator_property_map(component.begin(),
                                                    boost::get(boost::vertex_index, directed)));
  } else {
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS> undirected(
        graph.nodes.size());
    for (const OracleArc& arc : graph.arcs) boost::add_edge(arc.from, arc.to, undirected);
    boost::connected_components(undirected, component.data());
  }
  return component;
}

TEST(Components, EqualBoostOnRandomMultigraphs) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    const Snapshot& snapshot = input.snapshot();
    const OracleGraph graph = MakeOracle(input, Direction::kForward);
    for (const bool strong : {false, true}) {
      SCOPED_TRACE(Cat("seed ", seed, strong ? ", strong" : ", weak"));
      const std::vector<int> component = Boost(graph, strong);
      std::map<int, NodeIndex> label;
      std::map<int, int> size;
      for (std::size_t v = 0; v < component.size(); ++v) {
        const auto [entry, is_new] = label.try_emplace(component[v], graph.nodes[v]);
        if (!is_new &&
            CompareIds(snapshot.NodeId(graph.nodes[v]), snapshot.NodeId(entry->second)) < 0) {
          entry->second = graph.nodes[v];
        }
        ++size[component[v]];
      }
      const AnalysisResult result = Answer(input, strong);
      ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
      int largest = 0;
      for (std::size_t v = 0; v < component.size(); ++v) {
        ASSERT_EQ(result.table.Find("component")->indices[v], label[component[v]]);
        largest = std::max(largest, size[component[v]]);
      }
      EXPECT_EQ(SummaryNumber(result, "component_count"), static_cast<double>(size.size()));
      EXPECT_EQ(SummaryNumber(result, "largest_size"), largest);
      const auto singles =
          std::count_if(size.begin(), size.end(), [](const auto& one) { return one.second == 1; });
      EXPECT_EQ(SummaryNumber(result, "single_count"), static_cast<double>(singles));
    }
  }
}

// An arc between two components leads to the one of the smaller number.
TEST(StrongComponents, AreNumberedInReverseTopologicalOrder) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const AnalysisInput input = ToInput(testing::MakeCase(seed).records);
    RunContext context;
    const auto graph = Projection::Build(input.view, {}, context);
    ASSERT_TRUE(graph.ok());
    const auto found = FindStrongComponents(**graph, context);
    ASSERT_TRUE(found.ok());
    for (std::uint32_t v = 0; v < (*graph)->size(); ++v) {
      EXPECT_LT(found->component[v], found->count);
      for (const std::uint32_t w : (*graph)->neighbours(v))
        EXPECT_GE(found->component[v], found->component[w]);
    }
  }
}

// A chain and a ring of 300,000: no recursion, no stack to overflow.
TEST(StrongComponents, StandALongChainAndALongRing) {
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
    const AnalysisInput input = ToInput(*std::move(builder).Build(1, Date{0}));
    EXPECT_EQ(SummaryNumber(Answer(input, true), "component_count"), ring ? 1 : kLength);
    EXPECT_EQ(SummaryNumber(Answer(input, false), "component_count"), 1);
  }
}

TEST(Components, LabelsAreTheLeastIdsAndSelfLoopsChangeNothing) {
  const AnalysisInput input =
      ToInput(FromArcs({{"b", "10"}, {"10", "9"}, {"9", "b"}, {"9", "c"}, {"d", "d"}},
                       testing::Amount::kWeight, {"e"}));
  const Snapshot& snapshot = input.snapshot();
  const auto label = [&](bool strong, std::string_view id) {
    const AnalysisResult result = Answer(input, strong);
    const auto& nodes = result.table.Find("node")->indices;
    const auto row = std::find(nodes.begin(), nodes.end(), snapshot.FindNode(id)) - nodes.begin();
    return std::string(
        snapshot.NodeId(result.table.Find("component")->indices[static_cast<std::size_t>(row)]));
  };
  EXPECT_EQ(label(true, "b"), "9");
  EXPECT_EQ(label(true, "c"), "c");
  EXPECT_EQ(label(false, "c"), "9");
  EXPECT_EQ(label(false, "d"), "d");
  EXPECT_EQ(label(true, "e"), "e");
}

TEST(Components, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 30000;
  graph.links = 30000;
  graph.regions = true;
  graph.dates = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const bool strong : {false, true}) {
    const std::string bytes = ResultBytes(Answer(input, strong, 1));
    for (int again = 0; again < 3; ++again) EXPECT_EQ(bytes, ResultBytes(Answer(input, strong, 2)));
    EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, strong, 2)));
  }
}

TEST(Components, StopWhenCancelledAndOfferNothingOfAnEmptyGraph) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}}));
  RunContext context;
  context.Cancel();
  EXPECT_EQ(RunWeakComponents(input, {}, context).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(RunStrongComponents(input, {}, context).status().code(), absl::StatusCode::kCancelled);
  const AnalysisInput empty = ToInput(testing::GraphRecords{});
  for (const bool strong : {false, true}) {
    const AnalysisResult result = Answer(empty, strong);
    EXPECT_EQ(result.table.row_count(), 0u);
    EXPECT_EQ(SummaryNumber(result, "component_count"), 0);
    EXPECT_EQ(SummaryNumber(result, "largest_size"), 0);
  }
}

}  // namespace
}  // namespace lianjie
