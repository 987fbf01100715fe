// Traces of funds against brute force: every walk of up to five links that respects time, listed
// one by one on the links that are followed, and for each node the first of them.
#include "engine/paths/timed_trace.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::timed_trace_test {
namespace {

using testing::FromArcs;
using testing::GraphRecords;
using testing::LinkOf;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;
using testing::ViewText;

struct Step {
  NodeIndex node;
  LinkIndex link;
  Date day;
};
using Walk = std::vector<Step>;

class BruteForce {
 public:
  BruteForce(const AnalysisInput& input, const TimedTraceOptions& options, Date start,
             const std::set<std::string>& nodes, const std::string& without_weight)
      : input_(input), snapshot_(input.snapshot()), options_(options), start_(start) {
    for (LinkIndex l = 0; l < snapshot_.link_count(); ++l) {
      const LinkColumns& links = snapshot_.links();
      if (links.source[l] == links.target[l]) continue;
      if (!nodes.contains(std::string(snapshot_.NodeId(links.source[l])))) continue;
      if (!nodes.contains(std::string(snapshot_.NodeId(links.target[l])))) continue;
      const LinkStatus status = ValueOr(links.status, l);
      if (status != LinkStatus::kActive && status != LinkStatus::kUnspecified) continue;
      if (!without_weight.empty() && FormatDouble(ValueOr(links.weight, l, -1.0)) == without_weight)
        continue;
      if (!options.mechanisms.empty() &&
          std::find(options.mechanisms.begin(), options.mechanisms.end(), links.mechanism[l]) ==
              options.mechanisms.end())
        continue;
      Date unused;
      if (Arrive(l, start, unused)) followed_[From(l)].push_back(l);
    }
    for (auto& [node, links] : followed_) {
      std::sort(links.begin(), links.end(), [&](LinkIndex a, LinkIndex b) {
        const double paid_a = input_.view.PaidYuan(a);
        const double paid_b = input_.view.PaidYuan(b);
        if (paid_a != paid_b) return paid_a > paid_b;
        return CompareIds(snapshot_.LinkId(a), snapshot_.LinkId(b)) < 0;
      });
      if (static_cast<std::int64_t>(links.size()) <= options.fanout) continue;
      links.resize(static_cast<std::size_t>(options.fanout));
      cut_.insert(node);
    }
  }

  std::map<NodeIndex, Walk> Run(NodeIndex start) {
    walk_ = {{start, kNoLink, start_}};
    Extend();
    best_.erase(start);
    return best_;
  }

  // Nodes whose links were cut, among those that something goes on from.
  std::set<NodeIndex> Cut() const {
    std::set<NodeIndex> cut;
    for (const NodeIndex node : extended_) {
      if (cut_.contains(node)) cut.insert(node);
    }
    return cut;
  }

 private:
  bool reverse() const { return options_.direction == Direction::kReverse; }
  NodeIndex From(LinkIndex l) const {
    return reverse() ? snapshot_.links().target[l] : snapshot_.links().source[l];
  }
  NodeIndex To(LinkIndex l) const {
    return reverse() ? snapshot_.links().source[l] : snapshot_.links().target[l];
  }

  // Day by day would be the plainest; years are too many days, so by the ends of the interval.
  bool Arrive(LinkIndex l, Date day, Date& arrival) const {
    const LinkColumns& links = snapshot_.links();
    Interval open = snapshot_.LinkValid(l);
    for (const Interval& other :
         {snapshot_.NodeValid(links.source[l]), snapshot_.NodeValid(links.target[l]),
          input_.view.period().value_or(Interval{})}) {
      open.from = std::max(open.from, other.from);
      open.to = std::min(open.to, other.to);
    }
    if (open.from >= open.to) return false;
    if (reverse()) {
      arrival = day < open.to ? day : Date{open.to.days - 1};
      return arrival >= open.from;
    }
    arrival = day < open.from ? open.from : day;
    return arrival < open.to;
  }

  bool Better(const Walk& a, const Walk& b) const {
    const auto later = [this](Date x, Date y) { return reverse() ? x < y : x > y; };
    if (a.back().day != b.back().day) return later(b.back().day, a.back().day);
    if (a.size() != b.size()) return a.size() < b.size();
    for (std::size_t i = a.size() - 1; i > 0; --i) {
      const auto node =
          CompareIds(snapshot_.NodeId(a[i - 1].node), snapshot_.NodeId(b[i - 1].node));
      if (node != 0) return node < 0;
      const auto link = CompareIds(snapshot_.LinkId(a[i].link), snapshot_.LinkId(b[i].link));
      if (link != 0) return link < 0;
      if (a[i - 1].day != b[i - 1].day) return later(b[i - 1].day, a[i - 1].day);
    }
    return false;
  }

  void Extend() {
    const Step at = walk_.back();
    const auto [best, is_new] = best_.try_emplace(at.node, walk_);
    if (!is_new && Better(walk_, best->second)) best->second = walk_;
    if (static_cast<int>(walk_.size()) > options_.max_hops) return;
    extended_.insert(at.node);
    for (const LinkIndex l : followed_[at.node]) {
      Date day;
      if (!Arrive(l, at.day, day)) continue;
      walk_.push_back({To(l), l, day});
      Extend();
      walk_.pop_back();
    }
  }

  const AnalysisInput& input_;
  const Snapshot& snapshot_;
  const TimedTraceOptions& options_;
  const Date start_;
  std::map<NodeIndex, std::vector<LinkIndex>> followed_;
  std::set<NodeIndex> cut_;
  std::set<NodeIndex> extended_;
  Walk walk_;
  std::map<NodeIndex, Walk> best_;
};

absl::StatusOr<AnalysisResult> Try(const AnalysisInput& input, const TimedTraceOptions& options) {
  RunContext context({.threads = 1,
                      .memory_bytes = 2 * EstimateTimedTraceBytes(input, options) + (1 << 20),
                      .deadline = {}});
  return RunTimedTrace(input, options, context);
}

std::vector<Walk> Expected(const Snapshot& snapshot, const std::map<NodeIndex, Walk>& best,
                           bool reverse) {
  std::vector<Walk> walks;
  for (const auto& [node, walk] : best) walks.push_back(walk);
  std::sort(walks.begin(), walks.end(), [&](const Walk& a, const Walk& b) {
    if (a.size() != b.size()) return a.size() < b.size();
    const Date x = a.back().day;
    const Date y = b.back().day;
    if (x != y) return reverse ? y < x : x < y;
    return CompareIds(snapshot.NodeId(a.back().node), snapshot.NodeId(b.back().node)) < 0;
  });
  return walks;
}

void CheckRows(const AnalysisInput& input, const AnalysisResult& result,
               const std::vector<Walk>& expected, const std::set<NodeIndex>& cut) {
  const Table& table = result.table;
  std::size_t row = 0;
  for (std::size_t path = 0; path < expected.size(); ++path) {
    for (std::size_t step = 0; step < expected[path].size(); ++step, ++row) {
      ASSERT_LT(row, table.row_count());
      const Step& at = expected[path][step];
      SCOPED_TRACE(Cat("path ", path + 1, " step ", step));
      ASSERT_EQ(table.Find("path")->integers[row], static_cast<std::int64_t>(path) + 1);
      ASSERT_EQ(table.Find("step")->integers[row], static_cast<std::int64_t>(step));
      ASSERT_EQ(table.Find("node")->indices[row], at.node);
      ASSERT_EQ(table.Find("link")->indices[row], at.link);
      ASSERT_EQ(table.Find("distance")->numbers[row], static_cast<double>(step));
      ASSERT_EQ(table.Find("date")->strings[row], at.day.ToString());
      ASSERT_EQ(table.Find("truncated")->booleans[row] != 0, cut.contains(at.node));
      const bool known = at.link != kNoLink && IsKnown(input.snapshot().links().paid_yuan, at.link);
      ASSERT_EQ(table.Find("amount_yuan")->IsNull(row), !known);
      if (known) {
        ASSERT_EQ(table.Find("amount_yuan")->numbers[row], input.view.PaidYuan(at.link));
      }
    }
  }
  ASSERT_EQ(row, table.row_count());
  EXPECT_EQ(SummaryNumber(result, "truncated_count"), static_cast<double>(cut.size()));
  EXPECT_EQ(result.truncated, !cut.empty());
}

struct Made {
  GraphRecords records;
  ViewText view;
  std::string without_weight;
  std::set<std::string> nodes;
};

Made MakeTimed(std::uint64_t seed) {
  testing::RandomGraphOptions graph;
  graph.seed = seed;
  graph.nodes = static_cast<std::uint32_t>(2 + seed % 9);
  graph.links = 2 * graph.nodes + static_cast<std::uint32_t>(seed % 5);
  graph.mechanisms = seed % 2 == 0;
  graph.regions = seed % 3 == 0;
  graph.dates = true;
  graph.amounts = true;
  graph.weights = true;
  Made made;
  made.records = RandomGraph(graph);
  if (seed % 4 == 1) made.view.period = {"2019-07-01", "2020-09-01"};
  if (seed % 4 == 2) made.view.as_of = "2019-10-01";
  if (seed % 7 == 0) made.view.nodes = "NOT id = \"n1\"";
  if (seed % 11 == 0) {
    made.view.links = "NOT weight = 3";
    made.without_weight = "3";
  }
  for (const NodeRecord& node : made.records.nodes) {
    if (seed % 7 != 0 || node.id != "n1") made.nodes.insert(node.id);
  }
  return made;
}

// Counts what it compared.
void CheckFrom(const AnalysisInput& input, const Made& made, const TimedTraceOptions& options,
               std::size_t& traces, std::size_t& cuts) {
  SCOPED_TRACE(Cat("direction ", static_cast<int>(options.direction), ", fanout ", options.fanout,
                   ", from ", options.node));
  const bool reverse = options.direction == Direction::kReverse;
  Date start = input.view.as_of();
  if (made.view.period.has_value() && !reverse) start = *Date::Parse(made.view.period->first);
  if (!options.start.empty()) start = *Date::Parse(options.start);
  BruteForce brute(input, options, start, made.nodes, made.without_weight);
  const auto best = brute.Run(input.snapshot().FindNode(options.node));
  const auto result = Try(input, options);
  ASSERT_TRUE(result.ok()) << result.status();
  CheckRows(input, *result, Expected(input.snapshot(), best, reverse), brute.Cut());
  traces += best.size();
  cuts += brute.Cut().size();
}

TEST(TimedTrace, EqualsBruteForceOnRandomMultigraphs) {
  std::size_t traces = 0;
  std::size_t cuts = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    const Made made = MakeTimed(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    TimedTraceOptions options;
    options.max_hops = static_cast<int>(1 + seed % 5);
    if (seed % 5 == 0) options.mechanisms = {Mechanism::kSupply, Mechanism::kOrder};
    if (seed % 3 == 1) options.start = "2019-12-15";
    for (const std::string& node : made.nodes) {
      options.node = node;
      for (const Direction direction : {Direction::kForward, Direction::kReverse}) {
        options.direction = direction;
        for (const std::int64_t fanout : {1000, 2, 1}) {
          options.fanout = fanout;
          CheckFrom(input, made, options, traces, cuts);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
  EXPECT_GT(traces, 5000u);
  EXPECT_GT(cuts, 500u);
}

// A pays B from February, B pays C until January only and from March, C pays A back at any time.
GraphRecords Waiting() {
  GraphRecords records = FromArcs({{"A", "B", 100}, {"B", "C", 60}, {"B", "C", 40}, {"C", "A", 5}},
                                  testing::Amount::kPaid);
  LinkOf(records, "l0").valid.from = *Date::Parse("2020-02-01");
  LinkOf(records, "l1").valid.to = *Date::Parse("2020-02-01");
  LinkOf(records, "l2").valid.from = *Date::Parse("2020-03-01");
  return records;
}

TEST(TimedTrace, WaitsForLinksToOpen) {
  const AnalysisInput input = ToInput(Waiting());
  const auto result = Try(input, {.node = "A"});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->table.row_count(), 5u);
  EXPECT_EQ(result->table.Find("date")->strings,
            (std::vector<std::string>{"2020-01-01", "2020-02-01", "2020-01-01", "2020-02-01",
                                      "2020-03-01"}));
  EXPECT_EQ(result->table.Find("amount_yuan")->numbers[4], 40);
  EXPECT_EQ(SummaryNumber(*result, "trace_count"), 2);
  const auto late = Try(input, {.node = "B", .start = "2020-02-01"});
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(input.snapshot().LinkId(late->table.Find("link")->indices[1]), "l2");
  // What is at C in mid-February left B in January, when B had nothing from A yet.
  const auto back =
      Try(input, {.node = "C", .direction = Direction::kReverse, .start = "2020-02-15"});
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->table.row_count(), 2u);
  EXPECT_EQ(back->table.Find("date")->strings[1], "2020-01-31");
}

TEST(TimedTrace, FollowsTheLargestAndSaysSo) {
  const AnalysisInput input = ToInput(
      FromArcs({{"A", "B", 10}, {"A", "C", 30}, {"A", "D", 20}, {"A", "A", 99}, {"C", "E", 1}},
               testing::Amount::kPaid));
  const auto result = Try(input, {.node = "A", .fanout = 2});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->truncated);
  EXPECT_EQ(result->truncation_reason, "at 1 node only the 2 links that pay most were followed");
  EXPECT_EQ(SummaryNumber(*result, "reached_count"), 3);
  EXPECT_EQ(result->table.Find("truncated")->booleans[0], 1);
  EXPECT_EQ(result->table.Find("truncated")->booleans[1], 0);
  const auto limited = Try(input, {.node = "A", .fanout = 3, .limit = 1});
  ASSERT_TRUE(limited.ok()) << limited.status();
  EXPECT_EQ(limited->truncation_reason, "there are more traces than the limit of 1");
  EXPECT_EQ(SummaryNumber(*limited, "trace_count"), 1);
  EXPECT_EQ(SummaryNumber(*limited, "reached_count"), 4);
  EXPECT_FALSE(Try(input, {.node = "A", .fanout = 3})->truncated);
}

TEST(TimedTrace, RefusesByNameAndStops) {
  const AnalysisInput input = ToInput(Waiting(), {.nodes = "NOT id = \"C\""});
  const auto reason = [&](const TimedTraceOptions& options) {
    const auto detail = GetErrorDetail(Try(input, options).status());
    return detail.has_value() ? Cat(ReasonName(detail->reason), " ", detail->field)
                              : std::string("none");
  };
  EXPECT_EQ(reason({.node = ""}), "MISSING_FIELD node");
  EXPECT_EQ(reason({.node = "X"}), "NODE_NOT_FOUND node");
  EXPECT_EQ(reason({.node = "C"}), "NODE_NOT_FOUND node");
  EXPECT_EQ(reason({.node = "A", .direction = Direction::kUndirected}), "INVALID_FIELD direction");
  EXPECT_EQ(reason({.node = "A", .max_hops = 0}), "INVALID_FIELD max_hops");
  EXPECT_EQ(reason({.node = "A", .fanout = 0}), "INVALID_FIELD fanout");
  EXPECT_EQ(reason({.node = "A", .limit = 0}), "INVALID_FIELD limit");
  EXPECT_EQ(reason({.node = "A", .start = "yesterday"}), "INVALID_FIELD start");
  EXPECT_EQ(reason({.node = "A", .mechanisms = {Mechanism::kUnspecified}}),
            "INVALID_FIELD mechanism");
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(RunTimedTrace(input, {.node = "A"}, cancelled).status().code(),
            absl::StatusCode::kCancelled);
  RunContext small({.threads = 1, .memory_bytes = 100, .deadline = {}});
  EXPECT_EQ(RunTimedTrace(input, {.node = "A"}, small).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(TimedTrace, SameBytesAtAnyNumberOfThreadsAndFromAStoreFilledInAnotherOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Made made = MakeTimed(4 * seed + 3);
    const AnalysisInput input = ToInput(made.records);
    const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(made.records, seed));
    const TimedTraceOptions options{.node = made.records.nodes[0].id, .fanout = 3};
    RunContext two({.threads = 2, .memory_bytes = ~std::uint64_t{0}, .deadline = {}});
    const auto one = Try(input, options);
    const auto other = RunTimedTrace(shuffled, options, two);
    ASSERT_TRUE(one.ok() && other.ok());
    EXPECT_EQ(ResultBytes(*one), ResultBytes(*other));
  }
}

}  // namespace
}  // namespace lianjie::timed_trace_test
