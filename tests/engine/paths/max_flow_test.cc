// Maximum flows against Boost's push-relabel: the value and, from its residual network, the
// source's side of the cut, which is the same for every maximum flow. The flow itself is held
// against what makes a flow one.
#include "engine/paths/max_flow.h"

#include <cmath>
#include <map>
#include <set>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/edmonds_karp_max_flow.hpp"
#include "boost/graph/push_relabel_max_flow.hpp"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/paths/pair_cases.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::max_flow_test {
namespace {

using testing::Arc;
using testing::FromArcs;
using testing::MakeCase;
using testing::MakeOracle;
using testing::OracleArc;
using testing::OracleCase;
using testing::OracleGraph;
using testing::RefusalOf;
using testing::SummaryNumber;
using testing::ToInput;

struct Expected {
  double value = 0;
  std::set<NodeIndex> reached;
};

// Push-relabel for whole capacities; with fractions its excesses round, and Boost's own check of
// the flow fails, so then Edmonds-Karp.
Expected ByBoost(const OracleGraph& graph, std::uint32_t source, std::uint32_t target,
                 bool fractions = false) {
  using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
  using Graph = boost::adjacency_list<
      boost::vecS, boost::vecS, boost::directedS, boost::no_property,
      boost::property<
          boost::edge_capacity_t, double,
          boost::property<boost::edge_residual_capacity_t, double,
                          boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>>;
  Graph boost_graph(graph.nodes.size());
  const auto capacity = boost::get(boost::edge_capacity, boost_graph);
  const auto residual = boost::get(boost::edge_residual_capacity, boost_graph);
  const auto reverse = boost::get(boost::edge_reverse, boost_graph);
  for (const OracleArc& arc : graph.arcs) {
    if (arc.from == arc.to) continue;
    const auto on = boost::add_edge(arc.from, arc.to, boost_graph).first;
    const auto back = boost::add_edge(arc.to, arc.from, boost_graph).first;
    boost::put(capacity, on, arc.weight);
    boost::put(capacity, back, 0.0);
    boost::put(reverse, on, back);
    boost::put(reverse, back, on);
  }
  Expected expected;
  expected.value = fractions ? boost::edmonds_karp_max_flow(boost_graph, source, target)
                             : boost::push_relabel_max_flow(boost_graph, source, target);
  std::vector<std::uint32_t> open = {source};
  expected.reached.insert(graph.nodes[source]);
  while (!open.empty()) {
    const std::uint32_t v = open.back();
    open.pop_back();
    const auto [begin, end] = boost::out_edges(v, boost_graph);
    for (auto edge = begin; edge != end; ++edge) {
      const auto u = static_cast<std::uint32_t>(boost::target(*edge, boost_graph));
      if (boost::get(residual, *edge) > 0 && expected.reached.insert(graph.nodes[u]).second)
        open.push_back(u);
    }
  }
  return expected;
}

absl::StatusOr<AnalysisResult> Try(const AnalysisInput& input, const MaxFlowOptions& options) {
  RunContext context({.threads = 1,
                      .memory_bytes = EstimateMaxFlowBytes(input, options) * 3 / 2 + 4096,
                      .deadline = {}});
  auto result = RunMaxFlow(input, options, context);
  EXPECT_EQ(context.memory_used(), 0u);
  return result;
}

// Capacities kept, nothing kept or added on the way, the cut full and between the two sides.
void CheckFlow(const AnalysisInput& input, const MaxFlowOptions& options, double missing_weight,
               const AnalysisResult& result, const Expected& expected) {
  const Snapshot& snapshot = input.snapshot();
  const Table& table = result.table;
  std::map<NodeIndex, double> balance;
  std::set<LinkIndex> seen;
  double cut = 0;
  std::int64_t cut_count = 0;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const LinkIndex link = table.Find("link")->indices[row];
    const NodeIndex from = table.Find("source")->indices[row];
    const NodeIndex to = table.Find("target")->indices[row];
    const double flow = table.Find("flow")->numbers[row];
    const double capacity = table.Find("capacity")->numbers[row];
    ASSERT_TRUE(seen.insert(link).second);
    ASSERT_TRUE(input.view.LinkInside(link));
    const NodeIndex payer = snapshot.links().source[link];
    const NodeIndex payee = snapshot.links().target[link];
    const bool on = from == payer && to == payee;
    const bool back = from == payee && to == payer;
    ASSERT_TRUE(options.direction == Direction::kForward   ? on
                : options.direction == Direction::kReverse ? back
                                                           : on || back);
    ASSERT_EQ(capacity, options.weight == "none"
                            ? 1.0
                            : ValueOr(snapshot.links().weight, link, missing_weight));
    ASSERT_GT(flow, 0);
    ASSERT_LE(flow, capacity);
    balance[from] += flow;
    balance[to] -= flow;
    const bool in_cut = expected.reached.contains(from) && !expected.reached.contains(to);
    ASSERT_EQ(table.Find("in_cut")->booleans[row] != 0, in_cut);
    if (!in_cut) continue;
    ASSERT_EQ(flow, capacity);
    cut += capacity;
    ++cut_count;
  }
  EXPECT_EQ(cut, expected.value);
  EXPECT_EQ(SummaryNumber(result, "cut_count"), static_cast<double>(cut_count));
  for (const auto& [node, surplus] : balance) {
    const double due = snapshot.NodeId(node) == options.source   ? expected.value
                       : snapshot.NodeId(node) == options.target ? -expected.value
                                                                 : 0.0;
    ASSERT_EQ(surplus, due) << snapshot.NodeId(node);
  }
}

TEST(MaxFlow, EqualsBoostAndIsAFlowOnRandomMultigraphs) {
  int positive = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const OracleCase made = MakeCase(seed, seed % 2 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        MaxFlowOptions options;
        options.direction = direction;
        options.weight = weight;
        options.missing_weight = static_cast<double>(seed % 3);
        const OracleGraph graph = MakeOracle(input, direction, weight, options.missing_weight);
        const auto n = static_cast<std::uint32_t>(graph.nodes.size());
        for (std::uint32_t i = 0; n > 1 && i < 4; ++i) {
          const std::uint32_t source = (static_cast<std::uint32_t>(seed) + 3 * i) % n;
          const std::uint32_t target = (5 * i + 1) % n;
          if (source == target) continue;
          options.source = std::string(input.snapshot().NodeId(graph.nodes[source]));
          options.target = std::string(input.snapshot().NodeId(graph.nodes[target]));
          SCOPED_TRACE(Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ",
                           weight, ", ", options.source, " to ", options.target));
          const Expected expected = ByBoost(graph, source, target);
          const auto result = Try(input, options);
          ASSERT_TRUE(result.ok()) << result.status();
          ASSERT_EQ(SummaryNumber(*result, "value"), expected.value);
          ASSERT_EQ(SummaryNumber(*result, "cut_capacity"), expected.value);
          ASSERT_EQ(SummaryNumber(*result, "reached_count"),
                    static_cast<double>(expected.reached.size()));
          CheckFlow(input, options, options.missing_weight, *result, expected);
          if (HasFatalFailure()) return;
          positive += expected.value > 0 ? 1 : 0;
        }
      }
    }
  }
  EXPECT_GT(positive, 1500);
}

// DOMAIN section 4: the textbook network, of value 23 with the cut {13, 43, 4t}.
TEST(MaxFlow, OfTheTextbook) {
  const AnalysisInput input = ToInput(FromArcs({{"s", "1", 16},
                                                {"s", "2", 13},
                                                {"1", "2", 10},
                                                {"2", "1", 4},
                                                {"1", "3", 12},
                                                {"2", "4", 14},
                                                {"3", "2", 9},
                                                {"3", "t", 20},
                                                {"4", "3", 7},
                                                {"4", "t", 4}}));
  const auto result = Try(input, {.source = "s", .target = "t", .weight = "weight"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(SummaryNumber(*result, "value"), 23);
  EXPECT_EQ(SummaryNumber(*result, "cut_capacity"), 23);
  EXPECT_EQ(SummaryNumber(*result, "reached_count"), 4);
  std::set<std::string> cut;
  for (std::size_t row = 0; row < result->table.row_count(); ++row) {
    if (result->table.Find("in_cut")->booleans[row] == 0) continue;
    cut.insert(Cat(input.snapshot().NodeId(result->table.Find("source")->indices[row]),
                   input.snapshot().NodeId(result->table.Find("target")->indices[row])));
  }
  EXPECT_EQ(cut, (std::set<std::string>{"13", "43", "4t"}));
}

// A larger graph with fractions: many rounds, and the cut equals the value but for rounding.
TEST(MaxFlow, CutEqualsFlowWithFractions) {
  testing::RandomGraphOptions graph;
  graph.nodes = 800;
  graph.links = 4000;
  graph.weights = true;
  auto records = RandomGraph(graph);
  testing::Random random(7);
  for (LinkRecord& link : records.links) link.weight = random.Unit() * 10;
  const AnalysisInput input = ToInput(records);
  for (const Direction direction : testing::kDirections) {
    const OracleGraph oracle = MakeOracle(input, direction, "weight");
    for (std::uint32_t i = 0; i < 6; ++i) {
      const std::uint32_t source = 37 * i % 800;
      const std::uint32_t target = (91 * i + 5) % 800;
      const MaxFlowOptions options{
          .source = std::string(input.snapshot().NodeId(oracle.nodes[source])),
          .target = std::string(input.snapshot().NodeId(oracle.nodes[target])),
          .direction = direction,
          .weight = "weight"};
      const auto result = Try(input, options);
      ASSERT_TRUE(result.ok()) << result.status();
      const double value = SummaryNumber(*result, "value");
      EXPECT_NEAR(value, ByBoost(oracle, source, target, true).value, 1e-9);
      EXPECT_NEAR(value, SummaryNumber(*result, "cut_capacity"), 1e-9);
    }
  }
}

TEST(MaxFlow, AddsParallelLinksFillingTheFirstAndLeavesOutLoops) {
  const AnalysisInput input = ToInput(
      FromArcs({{"A", "B", 3}, {"A", "B", 4}, {"A", "A", 9}, {"B", "C", 5}, {"D", "A", 1}}));
  const auto result = Try(input, {.source = "A", .target = "C", .weight = "weight"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(SummaryNumber(*result, "value"), 5);
  ASSERT_EQ(result->table.row_count(), 3u);
  EXPECT_EQ(result->table.Find("flow")->numbers, (std::vector<double>{3, 2, 5}));
  const auto none = Try(input, {.source = "C", .target = "A", .weight = "weight"});
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(SummaryNumber(*none, "value"), 0);
  EXPECT_EQ(SummaryNumber(*none, "reached_count"), 1);
  EXPECT_EQ(none->table.row_count(), 0u);
  const auto ways = Try(input, {.source = "A", .target = "B", .weight = "none"});
  ASSERT_TRUE(ways.ok()) << ways.status();
  EXPECT_EQ(SummaryNumber(*ways, "value"), 2);
}

TEST(MaxFlow, WarnsOfUnknownCapacitiesAndHasUnits) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 3}, {"B", "C", 5}}));
  const auto unknown = Try(input, {.source = "A", .target = "C"});
  ASSERT_TRUE(unknown.ok()) << unknown.status();
  EXPECT_EQ(SummaryNumber(*unknown, "value"), 0);
  ASSERT_EQ(unknown->warnings.size(), 1u);
  EXPECT_EQ(unknown->warnings[0], "2 links have no capacity; each counts as 0.");
  const auto yuan = Try(input, {.source = "A", .target = "C", .weight = "paid_yuan"});
  ASSERT_TRUE(yuan.ok()) << yuan.status();
  EXPECT_EQ(yuan->table.Find("flow")->unit, "yuan");
}

TEST(MaxFlow, RefusesByNameAndStops) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"C", "D", -1}}));
  testing::ExpectRefusals(&RunMaxFlow, Try, input, 10);
  EXPECT_EQ(RefusalOf(Try(input, {.source = "A", .target = "A"}).status()), "INVALID_FIELD target");
  EXPECT_EQ(
      RefusalOf(Try(input, {.source = "A", .target = "B", .missing_weight = INFINITY}).status()),
      "INVALID_FIELD missing_weight");
}

TEST(MaxFlow, SameBytesAtAnyNumberOfThreadsAndFromAStoreFilledInAnotherOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    testing::ExpectSameBytes(&RunMaxFlow, Try, MakeCase(seed + 30).records, seed);
  }
}

}  // namespace
}  // namespace lianjie::max_flow_test
