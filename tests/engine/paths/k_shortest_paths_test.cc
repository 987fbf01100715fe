// The k shortest paths against brute force: every simple path listed one by one, sorted by length,
// links, node ids and link ids.
#include "engine/paths/k_shortest_paths.h"

#include <algorithm>
#include <set>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/paths/pair_cases.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::k_shortest_paths_test {
namespace {

using testing::FromArcs;
using testing::GraphRecords;
using testing::MakeOracle;
using testing::OracleArc;
using testing::OracleGraph;
using testing::RefusalOf;
using testing::SummaryNumber;
using testing::ToInput;
using testing::ViewText;

struct Path {
  double length = 0;
  std::vector<NodeIndex> nodes;
  std::vector<LinkIndex> links;
  std::vector<double> distances;
};

// Too many paths to list make the case useless, so it is left out.
constexpr std::size_t kMostListed = 20000;

class Lister {
 public:
  Lister(const OracleGraph& graph, const Snapshot& snapshot) : graph_(graph), snapshot_(snapshot) {}

  std::vector<Path> List(std::uint32_t source, std::uint32_t target) {
    target_ = target;
    path_ = {0.0, {graph_.nodes[source]}, {}, {0.0}};
    on_path_ = {source};
    Extend(source);
    std::sort(found_.begin(), found_.end(), [this](const Path& a, const Path& b) {
      if (a.length != b.length) return a.length < b.length;
      if (a.links.size() != b.links.size()) return a.links.size() < b.links.size();
      for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        const auto order = CompareIds(snapshot_.NodeId(a.nodes[i]), snapshot_.NodeId(b.nodes[i]));
        if (order != 0) return order < 0;
      }
      for (std::size_t i = 0; i < a.links.size(); ++i) {
        const auto order = CompareIds(snapshot_.LinkId(a.links[i]), snapshot_.LinkId(b.links[i]));
        if (order != 0) return order < 0;
      }
      return false;
    });
    return found_;
  }

 private:
  void Extend(std::uint32_t at) {
    if (found_.size() > kMostListed) return;
    if (at == target_) {
      found_.push_back(path_);
      return;
    }
    for (const OracleArc& arc : graph_.arcs) {
      if (arc.from != at || on_path_.contains(arc.to)) continue;
      const Path before = path_;
      path_.length += arc.weight;
      path_.nodes.push_back(graph_.nodes[arc.to]);
      path_.links.push_back(arc.link);
      path_.distances.push_back(path_.length);
      on_path_.insert(arc.to);
      Extend(arc.to);
      on_path_.erase(arc.to);
      path_ = before;
    }
  }

  const OracleGraph& graph_;
  const Snapshot& snapshot_;
  std::uint32_t target_ = 0;
  Path path_;
  std::set<std::uint32_t> on_path_;
  std::vector<Path> found_;
};

absl::StatusOr<AnalysisResult> Try(const AnalysisInput& input,
                                   const KShortestPathsOptions& options) {
  RunContext context({.threads = 1,
                      .memory_bytes = 2 * EstimateKShortestPathsBytes(input, options) + (1 << 20),
                      .deadline = {}});
  return RunKShortestPaths(input, options, context);
}

void CheckPaths(const AnalysisResult& result, const std::vector<Path>& all, int k) {
  const std::size_t count = std::min(all.size(), static_cast<std::size_t>(k));
  ASSERT_EQ(SummaryNumber(result, "path_count"), static_cast<double>(count));
  ASSERT_EQ(SummaryNumber(result, "exhausted"), all.size() < static_cast<std::size_t>(k) ? 1 : 0);
  ASSERT_FALSE(result.truncated);
  const Table& table = result.table;
  std::size_t row = 0;
  for (std::size_t i = 0; i < count; ++i) {
    SCOPED_TRACE(Cat("path ", i + 1));
    for (std::size_t step = 0; step < all[i].nodes.size(); ++step, ++row) {
      ASSERT_LT(row, table.row_count());
      ASSERT_EQ(table.column(0).integers[row], static_cast<std::int64_t>(i) + 1);
      ASSERT_EQ(table.column(1).integers[row], static_cast<std::int64_t>(step));
      ASSERT_EQ(table.column(2).indices[row], all[i].nodes[step]) << "step " << step;
      ASSERT_EQ(table.column(3).indices[row], step == 0 ? kNoLink : all[i].links[step - 1]);
      ASSERT_EQ(table.column(4).numbers[row], all[i].distances[step]);
    }
  }
  ASSERT_EQ(row, table.row_count());
  if (count == 0) return;
  EXPECT_EQ(SummaryNumber(result, "first_distance"), all.front().length);
  EXPECT_EQ(SummaryNumber(result, "last_distance"), all[count - 1].length);
}

struct Made {
  GraphRecords records;
  ViewText view;
};

// Small and dense: parallel links, self-loops and cycles in all of them, some links 0 long.
Made MakeDense(std::uint64_t seed) {
  testing::RandomGraphOptions graph;
  graph.seed = seed;
  graph.nodes = static_cast<std::uint32_t>(2 + seed % 6);
  graph.links = 3 * graph.nodes + static_cast<std::uint32_t>(seed % 4);
  graph.weights = true;
  graph.dates = seed % 5 == 0;
  Made made;
  made.records = RandomGraph(graph);
  if (seed % 2 == 0) {
    for (std::size_t i = 0; i < made.records.links.size(); i += 3)
      made.records.links[i].weight = 0.0;
  }
  if (seed % 7 == 0) made.view.nodes = "NOT id = \"n1\"";
  if (seed % 11 == 0) made.view.links = "NOT weight = 3";
  return made;
}

TEST(KShortestPaths, EqualsBruteForceOnRandomMultigraphs) {
  std::size_t compared = 0;
  std::size_t exhausted = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const Made made = MakeDense(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        const OracleGraph graph = MakeOracle(input, direction, weight);
        const auto n = static_cast<std::uint32_t>(graph.nodes.size());
        if (n == 0) continue;
        for (std::uint32_t i = 0; i < 4; ++i) {
          const std::uint32_t source = (static_cast<std::uint32_t>(seed) + i) % n;
          const std::uint32_t target = (static_cast<std::uint32_t>(seed) * 7 + 3 * i + 1) % n;
          const std::vector<Path> all = Lister(graph, input.snapshot()).List(source, target);
          if (all.size() > kMostListed) continue;
          KShortestPathsOptions options;
          options.source = std::string(input.snapshot().NodeId(graph.nodes[source]));
          options.target = std::string(input.snapshot().NodeId(graph.nodes[target]));
          options.direction = direction;
          options.weight = weight;
          SCOPED_TRACE(Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ",
                           weight, ", ", options.source, " to ", options.target));
          for (const int k : {1, 2, 7, 60, 10000}) {
            if (k == 10000 && all.size() > 2000) continue;
            options.k = k;
            SCOPED_TRACE(Cat("k ", k));
            const auto result = Try(input, options);
            ASSERT_TRUE(result.ok()) << result.status();
            CheckPaths(*result, all, k);
            if (HasFatalFailure()) return;
            compared += std::min(all.size(), static_cast<std::size_t>(k));
            exhausted += all.size() < static_cast<std::size_t>(k) ? 1 : 0;
          }
        }
      }
    }
  }
  EXPECT_GT(compared, 20000u);
  EXPECT_GT(exhausted, 500u);
}

// A larger graph: the first path is the shortest one, lengths never fall, no path comes twice, and
// a larger k begins with what a smaller one answers.
TEST(KShortestPaths, HoldTogetherOnALargerGraph) {
  testing::RandomGraphOptions graph;
  graph.nodes = 400;
  graph.links = 1600;
  graph.weights = true;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  for (const char* weight : testing::kWeights) {
    KShortestPathsOptions options{
        .source = "0", .target = "n7", .direction = Direction::kUndirected, .weight = weight};
    options.source = std::string(input.snapshot().NodeId(11));
    options.target = std::string(input.snapshot().NodeId(222));
    options.k = 300;
    const auto many = Try(input, options);
    ASSERT_TRUE(many.ok()) << many.status();
    ASSERT_EQ(SummaryNumber(*many, "path_count"), 300);
    std::set<std::vector<LinkIndex>> seen;
    std::vector<LinkIndex> links;
    double before = 0;
    for (std::size_t row = 0; row < many->table.row_count(); ++row) {
      if (row > 0 && many->table.column(1).integers[row] == 0) links.clear();
      links.push_back(many->table.column(3).indices[row]);
      if (many->table.column(2).indices[row] != 222) continue;
      EXPECT_TRUE(seen.insert(links).second);
      EXPECT_LE(before, many->table.column(4).numbers[row]);
      before = many->table.column(4).numbers[row];
    }
    options.k = 20;
    const auto few = Try(input, options);
    ASSERT_TRUE(few.ok()) << few.status();
    for (std::size_t row = 0; row < few->table.row_count(); ++row)
      EXPECT_EQ(few->table.column(3).indices[row], many->table.column(3).indices[row]);
  }
}

TEST(KShortestPaths, ParallelLinksMakePathsOfTheirOwn) {
  const AnalysisInput input = ToInput(FromArcs(
      {{"A", "B", 2}, {"A", "B", 1}, {"B", "C", 1}, {"B", "C", 1}, {"A", "C", 9}, {"B", "B", 0}}));
  const auto result = Try(input, {.source = "A", .target = "C", .k = 5, .weight = "weight"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(SummaryNumber(*result, "path_count"), 5);
  EXPECT_EQ(SummaryNumber(*result, "exhausted"), 0);
  std::vector<std::string> ids;
  for (const LinkIndex link : result->table.column(3).indices)
    ids.emplace_back(link == kNoLink ? "-" : input.snapshot().LinkId(link));
  EXPECT_EQ(ids, (std::vector<std::string>{"-", "l1", "l2", "-", "l1", "l3", "-", "l0", "l2", "-",
                                           "l0", "l3", "-", "l4"}));
}

TEST(KShortestPaths, OfANodeToItselfAndOfNoPath) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "A", 1}, {"B", "A", 1}}));
  const auto self = Try(input, {.source = "A", .target = "A"});
  ASSERT_TRUE(self.ok()) << self.status();
  EXPECT_EQ(self->table.row_count(), 1u);
  EXPECT_EQ(SummaryNumber(*self, "exhausted"), 1);
  const auto none = Try(input, {.source = "A", .target = "B"});
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->table.row_count(), 0u);
  EXPECT_EQ(SummaryNumber(*none, "path_count"), 0);
}

TEST(KShortestPaths, RefusesByNameAndStops) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"C", "D", -1}}));
  testing::ExpectRefusals(&RunKShortestPaths, Try, input, 100);
  EXPECT_EQ(RefusalOf(Try(input, {.source = "A", .target = "B", .k = 0}).status()),
            "INVALID_FIELD k");
  EXPECT_EQ(RefusalOf(Try(input, {.source = "A", .target = "B", .k = 10001}).status()),
            "INVALID_FIELD k");
  EXPECT_EQ(
      RefusalOf(Try(input, {.source = "A", .target = "B", .weight = "weight", .missing_weight = -1})
                    .status()),
      "INVALID_FIELD missing_weight");
}

TEST(KShortestPaths, SameBytesAtAnyNumberOfThreadsAndFromAStoreFilledInAnotherOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    testing::ExpectSameBytes(&RunKShortestPaths, Try, MakeDense(seed + 30).records, seed);
  }
}

}  // namespace
}  // namespace lianjie::k_shortest_paths_test
