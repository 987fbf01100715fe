// Widest paths against brute force: the width by trying every weight as a floor, fewest links by
// relaxing all arcs until nothing changes, and the first path by walking greedily.
#include "engine/paths/widest_path.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/paths/pair_cases.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::widest_path_test {
namespace {

using testing::FromArcs;
using testing::MakeCase;
using testing::MakeOracle;
using testing::OracleArc;
using testing::OracleCase;
using testing::OracleGraph;
using testing::RefusalOf;
using testing::SummaryNumber;
using testing::ToInput;

constexpr int kFar = 1 << 20;

// Links that are left to the target over arcs of at least `floor`.
std::vector<int> LeftToTarget(const OracleGraph& graph, std::uint32_t target, double floor) {
  std::vector<int> left(graph.nodes.size(), kFar);
  left[target] = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (const OracleArc& arc : graph.arcs) {
      if (arc.weight < floor || left[arc.to] + 1 >= left[arc.from]) continue;
      left[arc.from] = left[arc.to] + 1;
      changed = true;
    }
  }
  return left;
}

struct Expected {
  double width = -1;  // negative: no path
  std::vector<std::pair<NodeIndex, LinkIndex>> steps;
};

Expected Widest(const OracleGraph& graph, const Snapshot& snapshot, std::uint32_t source,
                std::uint32_t target) {
  std::set<double, std::greater<>> floors;
  for (const OracleArc& arc : graph.arcs) floors.insert(arc.weight);
  if (source == target)
    return {std::numeric_limits<double>::infinity(), {{graph.nodes[source], kNoLink}}};
  for (const double floor : floors) {
    const std::vector<int> left = LeftToTarget(graph, target, floor);
    if (left[source] >= kFar) continue;
    Expected expected{floor, {{graph.nodes[source], kNoLink}}};
    for (std::uint32_t at = source; at != target;) {
      const OracleArc* best = nullptr;
      for (const OracleArc& arc : graph.arcs) {
        if (arc.from != at || arc.weight < floor || left[arc.to] + 1 != left[at]) continue;
        const auto key = [&](const OracleArc& a) {
          return std::pair(snapshot.NodeId(graph.nodes[a.to]), snapshot.LinkId(a.link));
        };
        if (best != nullptr) {
          const auto order = CompareIds(key(arc).first, key(*best).first);
          if (order > 0 || (order == 0 && CompareIds(key(arc).second, key(*best).second) > 0))
            continue;
        }
        best = &arc;
      }
      at = best->to;
      expected.steps.emplace_back(graph.nodes[at], best->link);
    }
    return expected;
  }
  return {};
}

absl::StatusOr<AnalysisResult> Try(const AnalysisInput& input, const WidestPathOptions& options) {
  RunContext context({.threads = 1,
                      .memory_bytes = 2 * EstimateWidestPathBytes(input, options) + (1 << 20),
                      .deadline = {}});
  return RunWidestPath(input, options, context);
}

void CheckPair(const AnalysisInput& input, const OracleGraph& graph, WidestPathOptions options,
               std::uint32_t source, std::uint32_t target) {
  const Snapshot& snapshot = input.snapshot();
  options.source = std::string(snapshot.NodeId(graph.nodes[source]));
  options.target = std::string(snapshot.NodeId(graph.nodes[target]));
  SCOPED_TRACE(Cat(options.source, " to ", options.target));
  const Expected expected = Widest(graph, snapshot, source, target);
  const auto result = Try(input, options);
  ASSERT_TRUE(result.ok()) << result.status();
  const Table& table = result->table;
  ASSERT_EQ(SummaryNumber(*result, "found"), expected.steps.empty() ? 0 : 1);
  ASSERT_EQ(table.row_count(), expected.steps.size());
  for (std::size_t i = 0; i < expected.steps.size(); ++i) {
    ASSERT_EQ(table.column(0).integers[i], 1);
    ASSERT_EQ(table.column(1).integers[i], static_cast<std::int64_t>(i));
    ASSERT_EQ(table.column(2).indices[i], expected.steps[i].first) << "step " << i;
    ASSERT_EQ(table.column(3).indices[i], expected.steps[i].second) << "step " << i;
    ASSERT_EQ(table.column(4).numbers[i], static_cast<double>(i));
    ASSERT_EQ(table.column(5).IsNull(i), i == 0);
  }
  if (expected.steps.size() < 2) return;
  EXPECT_EQ(SummaryNumber(*result, "width"), expected.width);
  EXPECT_EQ(table.column(5).numbers.back(), expected.width);
}

TEST(WidestPath, EqualsBruteForceOnRandomMultigraphs) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const OracleCase made = MakeCase(seed, seed % 2 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        WidestPathOptions options;
        options.direction = direction;
        options.weight = weight;
        options.missing_weight = static_cast<double>(seed % 3);
        const OracleGraph graph = MakeOracle(input, direction, weight, options.missing_weight);
        const auto n = static_cast<std::uint32_t>(graph.nodes.size());
        for (std::uint32_t i = 0; n > 0 && i < 8; ++i) {
          CheckPair(input, graph, options, (static_cast<std::uint32_t>(seed) + 3 * i) % n,
                    (5 * i + 1) % n);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(WidestPath, PrefersWidthThenFewestLinksThenIds) {
  // 5 wide by A-B-C-Z, by A-9-Z and by A-10-Z, 4 wide at once; of the parallel links from 9 the
  // first that is wide enough.
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 9},
                                                {"B", "C", 9},
                                                {"C", "Z", 5},
                                                {"A", "Z", 4},
                                                {"A", "10", 5},
                                                {"10", "Z", 7},
                                                {"A", "9", 6},
                                                {"9", "Z", 4},
                                                {"9", "Z", 5},
                                                {"9", "Z", 5}}));
  const auto result = Try(input, {.source = "A", .target = "Z", .weight = "weight"});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->table.row_count(), 3u);
  EXPECT_EQ(SummaryNumber(*result, "width"), 5);
  EXPECT_EQ(SummaryNumber(*result, "hops"), 2);
  EXPECT_EQ(input.snapshot().NodeId(result->table.column(2).indices[1]), "9");
  EXPECT_EQ(input.snapshot().LinkId(result->table.column(3).indices[2]), "l8");
  EXPECT_EQ(result->table.Find("width")->numbers[1], 6);
}

TEST(WidestPath, OfANodeToItselfOfNoPathAndOfUnknownCapacity) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "A", 1}, {"B", "A", 1}}));
  const auto self = Try(input, {.source = "A", .target = "A"});
  ASSERT_TRUE(self.ok()) << self.status();
  EXPECT_EQ(self->table.row_count(), 1u);
  EXPECT_TRUE(std::isnan(SummaryNumber(*self, "width")));
  EXPECT_EQ(SummaryNumber(*self, "hops"), 0);
  const auto none = Try(input, {.source = "A", .target = "B"});
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->table.row_count(), 0u);
  EXPECT_EQ(SummaryNumber(*none, "found"), 0);
  const auto unknown = Try(input, {.source = "B", .target = "A"});
  ASSERT_TRUE(unknown.ok()) << unknown.status();
  EXPECT_EQ(SummaryNumber(*unknown, "width"), 0);
  EXPECT_EQ(unknown->warnings.size(), 1u);
  EXPECT_EQ(
      Try(input, {.source = "B", .target = "A", .weight = "paid_yuan"})->table.Find("width")->unit,
      "yuan");
}

TEST(WidestPath, RefusesByNameAndStops) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"C", "D", -1}}));
  testing::ExpectRefusals(&RunWidestPath, Try, input, 100);
  EXPECT_EQ(RefusalOf(Try(input, {.source = "A", .target = "B", .missing_weight = -1}).status()),
            "INVALID_FIELD missing_weight");
}

TEST(WidestPath, SameBytesAtAnyNumberOfThreadsAndFromAStoreFilledInAnotherOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    testing::ExpectSameBytes(&RunWidestPath, Try, MakeCase(seed + 30).records, seed);
  }
}

}  // namespace
}  // namespace lianjie::widest_path_test
