// Distances against Boost's Dijkstra over pairs (distance, hops), source by source.
#include "engine/paths/distances.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/dijkstra_shortest_paths.hpp"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/shortest_path.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie {
namespace {

using testing::FromArcs;
using testing::MakeCase;
using testing::MakeOracle;
using testing::OracleArc;
using testing::OracleCase;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

using Label = std::pair<double, int>;  // distance, hops
constexpr Label kFar = {std::numeric_limits<double>::infinity(), std::numeric_limits<int>::max()};

std::vector<Label> BoostDistances(const OracleGraph& graph, std::uint32_t source) {
  using Graph =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                            boost::property<boost::edge_weight_t, Label>>;
  Graph boost_graph(graph.nodes.size());
  for (const OracleArc& arc : graph.arcs)
    boost::add_edge(arc.from, arc.to, Label{arc.weight, 1}, boost_graph);
  std::vector<Label> labels(graph.nodes.size(), kFar);
  const auto add = [](const Label& a, const Label& b) {
    return a == kFar || b == kFar ? kFar : Label{a.first + b.first, a.second + b.second};
  };
  boost::dijkstra_shortest_paths(
      boost_graph, source,
      boost::distance_map(boost::make_iterator_property_map(
                              labels.begin(), boost::get(boost::vertex_index, boost_graph)))
          .distance_compare(std::less<Label>())
          .distance_combine(add)
          .distance_inf(kFar)
          .distance_zero(Label{0.0, 0}));
  return labels;
}

AnalysisResult Answer(const AnalysisInput& input, const DistancesOptions& options,
                      int threads = 2) {
  RunContext context(
      {.threads = threads, .memory_bytes = EstimateDistancesBytes(input, options), .deadline = {}});
  auto result = RunDistances(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

// Some sources, as positions, by id.
std::vector<std::uint32_t> Sources(const OracleGraph& graph, const Snapshot& snapshot,
                                   std::uint64_t seed) {
  std::vector<std::uint32_t> sources;
  const std::size_t n = graph.nodes.size();
  const std::size_t wanted = std::min<std::size_t>(n, 1 + seed % 3);
  for (std::size_t i = 0; i < wanted; ++i)
    sources.push_back(static_cast<std::uint32_t>((seed * 7 + i * 5) % n));
  std::sort(sources.begin(), sources.end(), [&](std::uint32_t a, std::uint32_t b) {
    return CompareIds(snapshot.NodeId(graph.nodes[a]), snapshot.NodeId(graph.nodes[b])) < 0;
  });
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  return sources;
}

void CheckCase(const AnalysisInput& input, Direction direction, const std::string& weight,
               std::uint64_t seed) {
  const Snapshot& snapshot = input.snapshot();
  const OracleGraph graph = MakeOracle(input, direction, weight);
  if (graph.nodes.empty()) return;
  const std::vector<std::uint32_t> sources = Sources(graph, snapshot, seed);
  DistancesOptions options;
  options.direction = direction;
  options.weight = weight;
  std::vector<std::vector<Label>> from;
  for (const std::uint32_t source : sources) {
    options.sources.emplace_back(snapshot.NodeId(graph.nodes[source]));
    from.push_back(BoostDistances(graph, source));
  }
  options.sources.push_back(options.sources.front());  // said twice
  const AnalysisResult result = Answer(input, options);
  ASSERT_EQ(result.table.row_count(), graph.nodes.size());
  double reached = 0;
  for (std::size_t v = 0; v < graph.nodes.size(); ++v) {
    std::tuple<double, int, std::size_t> best{kFar.first, kFar.second, 0};
    for (std::size_t i = 0; i < from.size(); ++i)
      best = std::min(best, {from[i][v].first, from[i][v].second, i});
    ASSERT_EQ(result.table.column(0).indices[v], graph.nodes[v]);
    const bool found = std::get<1>(best) != kFar.second;
    reached += found ? 1 : 0;
    ASSERT_EQ(result.table.column(1).IsNull(v), !found);
    ASSERT_EQ(result.table.column(2).IsNull(v), !found);
    if (sources.size() > 1) {
      ASSERT_EQ(result.table.Find("source")->IsNull(v), !found);
    }
    if (!found) continue;
    ASSERT_EQ(result.table.column(1).numbers[v], std::get<0>(best));
    ASSERT_EQ(result.table.column(2).integers[v], std::get<1>(best));
    if (sources.size() > 1) {
      ASSERT_EQ(result.table.Find("source")->indices[v], graph.nodes[sources[std::get<2>(best)]]);
    }
  }
  EXPECT_EQ(SummaryNumber(result, "reached_count"), reached);
  EXPECT_EQ(SummaryNumber(result, "unreached_count"),
            static_cast<double>(graph.nodes.size()) - reached);
}

TEST(Distances, EqualBoostOnRandomMultigraphs) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const OracleCase made = MakeCase(seed, seed % 3 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        CheckCase(input, direction, weight, seed);
        if (HasFatalFailure()) return;
      }
    }
  }
}

// Large enough for parallel levels, in both ways of looking, and for many threads to meet.
TEST(Distances, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 20000;
  graph.links = 150000;
  graph.weights = true;
  graph.regions = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 9));
  for (const Direction direction : testing::kDirections) {
    for (const char* weight : testing::kWeights) {
      DistancesOptions options;
      options.sources = {"3", "n4", "n10"};
      options.direction = direction;
      options.weight = weight;
      const std::string bytes = ResultBytes(Answer(input, options, 1));
      EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
      EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, options, 2)));
      options.sources = {"n4"};
      EXPECT_EQ(ResultBytes(Answer(input, options, 1)), ResultBytes(Answer(input, options, 2)));
    }
  }
}

// Bottom-up steps must give the labels of top-down ones: hops of an undirected graph equal
// Dijkstra's with weight 1.
TEST(Distances, BreadthFirstEqualsDijkstraWithUnitLengths) {
  testing::RandomGraphOptions graph;
  graph.nodes = 5000;
  graph.links = 60000;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  DistancesOptions options;
  options.sources = {"3", "n4"};
  options.direction = Direction::kUndirected;
  const AnalysisResult hops = Answer(input, options);
  options.weight = "weight";  // not known on any link
  const AnalysisResult lengths = Answer(input, options);
  EXPECT_EQ(hops.table.Find("hops")->integers, lengths.table.Find("hops")->integers);
  EXPECT_EQ(hops.table.Find("source")->indices, lengths.table.Find("source")->indices);
  EXPECT_EQ(SummaryNumber(lengths, "links_without_weight"), 60000);
  EXPECT_EQ(lengths.warnings.size(), 1u);
}

// 1200 a year from July on and 3000 for three months, in the year 2020: the same lengths in both
// analyses.
TEST(Distances, CountAmountsOfAPeriodByDaysAsShortestPathDoes) {
  testing::GraphRecords records =
      FromArcs({{"A", "B", 1200}, {"B", "C", 3000}, {"C", "D", 7}}, testing::Amount::kPaid);
  testing::LinkOf(records, "l0").valid.from = *Date::FromCivil(2020, 7, 1);
  testing::LinkOf(records, "l1").valid = {*Date::FromCivil(2020, 3, 1),
                                          *Date::FromCivil(2020, 6, 1)};
  testing::LinkOf(records, "l2").paid_yuan.reset();
  const AnalysisInput input = ToInput(records, {.period = {{"2020-01-01", "2021-01-01"}}});
  const AnalysisResult result =
      Answer(input, {.sources = {"A"}, .weight = "paid_yuan", .missing_weight = 0.5});
  const double distance = testing::NumberOf(result, input.snapshot(), "D", "distance");
  EXPECT_NEAR(distance, 604.9315 + 3000 + 0.5, 1e-4);
  RunContext context;
  const auto path = RunShortestPath(
      input, {.source = "A", .target = "D", .weight = "paid_yuan", .missing_weight = 0.5}, context);
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(SummaryNumber(*path, "distance"), distance);
}

TEST(Distances, RefusesByName) {
  testing::GraphRecords records = FromArcs({{"A", "B", 1}, {"B", "C", -2}});
  const AnalysisInput input = ToInput(records);
  RunContext context;
  const auto reason = [&](const DistancesOptions& options) {
    const auto detail = GetErrorDetail(RunDistances(input, options, context).status());
    return detail.has_value() ? Cat(ReasonName(detail->reason), " ", detail->field)
                              : std::string("none");
  };
  DistancesOptions options;
  EXPECT_EQ(reason(options), "MISSING_FIELD source");
  options.sources = {"X"};
  EXPECT_EQ(reason(options), "NODE_NOT_FOUND source");
  options.sources = {"A"};
  options.weight = "wieght";
  EXPECT_EQ(reason(options), "INVALID_FIELD weight");
  options.weight = "weight";
  EXPECT_EQ(reason(options), "INVALID_FIELD weight");
  EXPECT_EQ(GetErrorDetail(RunDistances(input, options, context).status())->metadata["link"], "l1");
  options.missing_weight = -1;
  EXPECT_EQ(reason(options), "INVALID_FIELD missing_weight");
  options = {};
  options.sources = {"A"};
  RunContext small({.threads = 1, .memory_bytes = 16, .deadline = {}});
  EXPECT_EQ(GetErrorDetail(RunDistances(input, options, small).status())->reason,
            Reason::kMemoryExhausted);
  EXPECT_EQ(small.memory_used(), 0u);
  context.Cancel();
  EXPECT_EQ(reason(options), "CANCELLED ");
}

}  // namespace
}  // namespace lianjie
