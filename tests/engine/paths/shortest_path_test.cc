// Shortest paths against Boost: distances and hops to the target by Dijkstra over reversed arcs,
// then the first path by walking greedily from the source. The analysis searches from both ends and
// labels forward; the oracle labels backward.
#include "engine/paths/shortest_path.h"

#include <functional>
#include <limits>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/dijkstra_shortest_paths.hpp"
#include "engine/core/status.h"
#include "engine/core/text.h"
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

using Label = std::pair<double, int>;
constexpr Label kUnreached = {std::numeric_limits<double>::infinity(),
                              std::numeric_limits<int>::max()};

std::vector<Label> LeftToTarget(const OracleGraph& graph, std::uint32_t target) {
  using Graph =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                            boost::property<boost::edge_weight_t, Label>>;
  Graph reversed(graph.nodes.size());
  for (const OracleArc& arc : graph.arcs)
    boost::add_edge(arc.to, arc.from, Label{arc.weight, 1}, reversed);
  std::vector<Label> labels(graph.nodes.size(), kUnreached);
  boost::dijkstra_shortest_paths(
      reversed, target,
      boost::distance_map(boost::make_iterator_property_map(
                              labels.begin(), boost::get(boost::vertex_index, reversed)))
          .distance_compare(std::less<Label>())
          .distance_combine([](const Label& a, const Label& b) {
            return a == kUnreached || b == kUnreached
                       ? kUnreached
                       : Label{a.first + b.first, a.second + b.second};
          })
          .distance_inf(kUnreached)
          .distance_zero(Label{0.0, 0}));
  return labels;
}

struct Step {
  NodeIndex node;
  LinkIndex link;
  friend bool operator==(const Step&, const Step&) = default;
};

std::vector<Step> FirstPath(const OracleGraph& graph, const Snapshot& snapshot,
                            std::uint32_t source, std::uint32_t target) {
  const std::vector<Label> left = LeftToTarget(graph, target);
  if (left[source] == kUnreached) return {};
  std::vector<Step> steps = {{graph.nodes[source], kNoLink}};
  for (std::uint32_t at = source; left[at].second > 0;) {
    const OracleArc* best = nullptr;
    for (const OracleArc& arc : graph.arcs) {
      const Label& rest = left[arc.to];
      if (arc.from != at || rest == kUnreached ||
          Label{arc.weight + rest.first, 1 + rest.second} != left[at])
        continue;
      const auto order = best == nullptr ? std::strong_ordering::less
                                         : CompareIds(snapshot.NodeId(graph.nodes[arc.to]),
                                                      snapshot.NodeId(graph.nodes[best->to]));
      if (order < 0 ||
          (order == 0 && CompareIds(snapshot.LinkId(arc.link), snapshot.LinkId(best->link)) < 0)) {
        best = &arc;
      }
    }
    at = best->to;
    steps.push_back({graph.nodes[at], best->link});
  }
  return steps;
}

absl::StatusOr<AnalysisResult> Try(const AnalysisInput& input, const ShortestPathOptions& options) {
  RunContext context(
      {.threads = 1, .memory_bytes = EstimateShortestPathBytes(input, options), .deadline = {}});
  return RunShortestPath(input, options, context);
}

void CheckPair(const AnalysisInput& input, const OracleGraph& graph, ShortestPathOptions options,
               std::uint32_t source, std::uint32_t target) {
  const Snapshot& snapshot = input.snapshot();
  options.source = std::string(snapshot.NodeId(graph.nodes[source]));
  options.target = std::string(snapshot.NodeId(graph.nodes[target]));
  SCOPED_TRACE(Cat(options.source, " to ", options.target));
  const std::vector<Step> expected = FirstPath(graph, snapshot, source, target);
  const auto result = Try(input, options);
  ASSERT_TRUE(result.ok()) << result.status();
  const Table& table = result->table;
  ASSERT_EQ(SummaryNumber(*result, "found"), expected.empty() ? 0 : 1);
  ASSERT_EQ(table.row_count(), expected.size());
  double length = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(table.column(0).integers[i], 1);
    ASSERT_EQ(table.column(1).integers[i], static_cast<std::int64_t>(i));
    ASSERT_EQ((Step{table.column(2).indices[i], table.column(3).indices[i]}), expected[i])
        << "step " << i;
    if (i > 0 && options.weight == "none") length += 1;
    if (i > 0 && options.weight != "none")
      length += ValueOr(snapshot.links().weight, expected[i].link, 1.0);
    ASSERT_EQ(table.column(4).numbers[i], length);
  }
  if (expected.empty()) return;
  EXPECT_EQ(SummaryNumber(*result, "distance"), length);
  EXPECT_EQ(SummaryNumber(*result, "hops"), static_cast<double>(expected.size()) - 1);
}

TEST(ShortestPath, EqualsBoostAndTakesTheFirstOfTiesOnRandomMultigraphs) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const OracleCase made = MakeCase(seed, seed % 2 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        const OracleGraph graph = MakeOracle(input, direction, weight);
        const auto n = static_cast<std::uint32_t>(graph.nodes.size());
        if (n == 0) continue;
        ShortestPathOptions options;
        options.direction = direction;
        options.weight = weight;
        for (std::uint32_t i = 0; i < 8; ++i) {
          CheckPair(input, graph, options, (static_cast<std::uint32_t>(seed) + 3 * i) % n,
                    (5 * i + 1) % n);
          if (HasFatalFailure()) return;
        }
        ++found;
      }
    }
  }
  EXPECT_GT(found, 1000);
}

// A larger graph, so that the two balls stay apart for some levels.
TEST(ShortestPath, EqualsBoostOnALargerSparseGraph) {
  testing::RandomGraphOptions graph;
  graph.nodes = 600;
  graph.links = 1100;
  graph.weights = true;
  graph.hub_percent = 5;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  for (const Direction direction : testing::kDirections) {
    for (const char* weight : testing::kWeights) {
      const OracleGraph oracle = MakeOracle(input, direction, weight);
      ShortestPathOptions options;
      options.direction = direction;
      options.weight = weight;
      for (std::uint32_t i = 0; i < 12; ++i)
        CheckPair(input, oracle, options, 37 * i % 600, (91 * i + 5) % 600);
    }
  }
}

// Fractional lengths, whose sums depend on the order of adding: the distance is the forward sum, as
// `distances` adds it.
TEST(ShortestPath, AddsFromTheSource) {
  const AnalysisInput input = ToInput(FromArcs(
      {{"A", "B", 0.1}, {"B", "C", 0.2}, {"C", "D", 0.3}, {"D", "E", 0.4}, {"A", "E", 1.1}}));
  ShortestPathOptions options{.source = "A", .target = "E", .weight = "weight"};
  const auto result = Try(input, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(SummaryNumber(*result, "distance"), ((0.1 + 0.2) + 0.3) + 0.4);
  EXPECT_EQ(SummaryNumber(*result, "hops"), 4);
}

TEST(ShortestPath, PrefersFewestLinksThenIdsThenLinkIds) {
  // 3 long by A-B-C-Z, by A-9-Z, by A-10-Z (two parallel links l6 and l7) and by A-Y-Z; ids of
  // digits compare as numbers.
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1},
                                                {"B", "C", 1},
                                                {"C", "Z", 1},
                                                {"A", "10", 1},
                                                {"10", "Z", 2},
                                                {"A", "Y", 1},
                                                {"Y", "Z", 2},
                                                {"A", "9", 1},
                                                {"9", "Z", 2},
                                                {"9", "Z", 2}}));
  const auto result = Try(input, {.source = "A", .target = "Z", .weight = "weight"});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->table.row_count(), 3u);
  EXPECT_EQ(input.snapshot().NodeId(result->table.column(2).indices[1]), "9");
  EXPECT_EQ(input.snapshot().LinkId(result->table.column(3).indices[2]), "l8");
}

TEST(ShortestPath, OfANodeToItselfAndOfNoPath) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "A", 1}, {"B", "A", 1}}));
  for (const char* weight : testing::kWeights) {
    const auto self = Try(input, {.source = "A", .target = "A", .weight = weight});
    ASSERT_TRUE(self.ok()) << self.status();
    EXPECT_EQ(self->table.row_count(), 1u);
    EXPECT_EQ(SummaryNumber(*self, "distance"), 0);
    const auto none = Try(input, {.source = "A", .target = "B", .weight = weight});
    ASSERT_TRUE(none.ok()) << none.status();
    EXPECT_EQ(none->table.row_count(), 0u);
    EXPECT_EQ(SummaryNumber(*none, "found"), 0);
  }
}

TEST(ShortestPath, RefusesByName) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"C", "D", -1}}));
  const auto reason = [&](const ShortestPathOptions& options) {
    const auto detail = GetErrorDetail(Try(input, options).status());
    return detail.has_value() ? Cat(ReasonName(detail->reason), " ", detail->field)
                              : std::string("none");
  };
  EXPECT_EQ(reason({.source = "", .target = "B"}), "MISSING_FIELD source");
  EXPECT_EQ(reason({.source = "A", .target = ""}), "MISSING_FIELD target");
  EXPECT_EQ(reason({.source = "A", .target = "X"}), "NODE_NOT_FOUND target");
  EXPECT_EQ(reason({.source = "A", .target = "B", .weight = "length"}), "INVALID_FIELD weight");
  EXPECT_EQ(reason({.source = "A", .target = "B", .weight = "weight", .missing_weight = -1}),
            "INVALID_FIELD missing_weight");
  // Also far from the path: a negative link anywhere could make another path the shortest.
  const auto negative = Try(input, {.source = "A", .target = "B", .weight = "weight"});
  EXPECT_EQ(GetErrorDetail(negative.status())->metadata["link"], "l1");
  EXPECT_TRUE(Try(input, {.source = "A", .target = "B"}).ok());
}

TEST(ShortestPath, SameBytesFromAStoreFilledInAnotherOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const OracleCase made = MakeCase(seed + 30);
    const AnalysisInput input = ToInput(made.records);
    const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(made.records, seed));
    ShortestPathOptions options{
        .source = "0", .target = "n1", .direction = Direction::kUndirected, .weight = "weight"};
    const auto one = Try(input, options);
    const auto other = Try(shuffled, options);
    ASSERT_EQ(one.ok(), other.ok());
    if (one.ok()) {
      EXPECT_EQ(ResultBytes(*one), ResultBytes(*other));
    }
  }
}

}  // namespace
}  // namespace lianjie
