#include "engine/graph/projection.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie {
namespace {

using testing::FromArcs;
using testing::GraphRecords;
using testing::RandomGraph;
using testing::ToSnapshot;
using testing::ToView;
using testing::ViewText;

using Parallel = ProjectionSpec::Parallel;
constexpr Direction kDirections[] = {Direction::kForward, Direction::kReverse,
                                     Direction::kUndirected};

std::shared_ptr<const Projection> Build(const View& view, const ProjectionSpec& spec,
                                        int threads = 1) {
  RunContext context({.threads = threads});
  auto projection = Projection::Build(view, spec, context);
  EXPECT_TRUE(projection.ok()) << projection.status();
  EXPECT_EQ(context.memory_used(), (*projection)->memory_bytes());
  EXPECT_LE((*projection)->memory_bytes(), Projection::EstimateBytes(view.snapshot(), spec));
  return *projection;
}

struct Arc {
  NodeIndex source;
  NodeIndex target;
  LinkIndex link;
  double weight;

  friend auto operator<=>(const Arc&, const Arc&) = default;
  friend void PrintTo(const Arc& arc, std::ostream* out) {
    *out << Cat(arc.source, "-", arc.target, " by ", arc.link, " weighs ", arc.weight);
  }
};

// Link by link: what the spec says, with no regard to time.
std::vector<Arc> BruteForce(const View& view, const ProjectionSpec& spec) {
  const Snapshot& s = view.snapshot();
  std::vector<Arc> arcs;
  for (LinkIndex l = 0; l < s.link_count(); ++l) {
    if (!view.LinkInside(l)) continue;
    const NodeIndex a = s.links().source[l];
    const NodeIndex b = s.links().target[l];
    if (a == b && !spec.self_loops) continue;
    double weight = 1;
    if (spec.weight != "none") {
      weight = ValueOr(*s.LinkWeights(spec.weight), l, spec.missing_weight);
      const bool known = IsKnown(*s.LinkWeights(spec.weight), l);
      if (known && view.period().has_value()) {
        if (spec.weight == "paid_yuan") weight = view.PaidYuan(l);
        if (spec.weight == "promised_yuan") weight = view.PromisedYuan(l);
      }
    }
    if (spec.direction != Direction::kReverse) arcs.push_back({a, b, l, weight});
    if (spec.direction != Direction::kForward) arcs.push_back({b, a, l, weight});
  }
  std::sort(arcs.begin(), arcs.end());
  if (spec.parallel == Parallel::kKeep) return arcs;
  std::map<std::pair<NodeIndex, NodeIndex>, std::vector<Arc>> merged;
  for (const Arc& arc : arcs) merged[{arc.source, arc.target}].push_back(arc);
  arcs.clear();
  for (const auto& [ends, all] : merged) {
    Arc arc = all.front();
    double sum = 0;
    for (const Arc& each : all) {
      sum += each.weight;
      if (each.weight < arc.weight) arc = each;
    }
    if (spec.parallel == Parallel::kSum) arc.weight = sum;
    arcs.push_back(arc);
  }
  return arcs;
}

std::vector<Arc> ArcsOf(const Projection& p) {
  std::vector<Arc> arcs;
  for (std::uint32_t v = 0; v < p.size(); ++v) {
    EXPECT_EQ(p.neighbours(v).size(), p.arcs_end(v) - p.arcs_begin(v));
    for (std::uint64_t arc = p.arcs_begin(v); arc < p.arcs_end(v); ++arc) {
      EXPECT_EQ(p.neighbours(v)[arc - p.arcs_begin(v)], p.target(arc));
      arcs.push_back({p.ToNode(v), p.ToNode(p.target(arc)), p.link(arc), p.weight(arc)});
    }
  }
  EXPECT_EQ(arcs.size(), p.arc_count());
  return arcs;
}

void CheckVertices(const View& view, const Projection& p) {
  std::uint32_t vertex = 0;
  for (NodeIndex n = 0; n < view.snapshot().node_count(); ++n) {
    if (!view.NodeInside(n)) {
      EXPECT_EQ(p.ToVertex(n), kNoNode);
      continue;
    }
    ASSERT_LT(vertex, p.size());
    EXPECT_EQ(p.ToVertex(n), vertex);
    EXPECT_EQ(p.ToNode(vertex), n);
    ++vertex;
  }
  EXPECT_EQ(p.size(), vertex);
  EXPECT_EQ(p.ToVertex(view.snapshot().node_count()), kNoNode);
}

void CheckEverySpec(const View& view) {
  for (const Direction direction : kDirections) {
    for (const Parallel parallel : {Parallel::kKeep, Parallel::kSum, Parallel::kMin}) {
      for (const bool self_loops : {true, false}) {
        for (const std::string weight : {"none", "weight", "paid_yuan", "promised_yuan"}) {
          const ProjectionSpec spec{.direction = direction,
                                    .weight = weight,
                                    .missing_weight = weight == "weight" ? 2.5 : 1.0,
                                    .parallel = parallel,
                                    .self_loops = self_loops,
                                    .want_links = true};
          const auto p = Build(view, spec);
          EXPECT_EQ(p->spec(), spec);
          EXPECT_EQ(ArcsOf(*p), BruteForce(view, spec))
              << static_cast<int>(direction) << static_cast<int>(parallel) << self_loops << weight;
          CheckVertices(view, *p);
        }
      }
    }
  }
}

testing::RandomGraphOptions Options(std::uint64_t seed, bool dates) {
  return {.seed = seed,
          .nodes = 40,
          .links = 150,
          .mechanisms = true,
          .regions = true,
          .dates = dates,
          .amounts = true,
          .weights = true,
          .attributes = true};
}

TEST(ProjectionTest, EqualsBruteForceInEverySpec) {
  const std::vector<ViewText> texts = {
      {},
      {.nodes = "kind != FIRM"},
      {.links = "mechanism = SUPPLY"},
      {.region = "52"},
      {.nodes = "kind = \"no such\""},
      {.nodes = "NOT kind = AGENCY", .links = "weight > 3", .region = "0"}};
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto snapshot = ToSnapshot(RandomGraph(Options(seed, seed % 2 == 0)));
    for (ViewText text : texts) {
      if (text.nodes == "kind = \"no such\"") text.nodes = "persons > 1000000";
      CheckEverySpec(ToView(snapshot, text));
    }
    CheckEverySpec(ToView(snapshot, {.period = {{"2019-06-01", "2020-06-01"}}}));
  }
}

TEST(ProjectionTest, PlainGraphsNeedNeitherNumberingNorWeights) {
  const auto snapshot = ToSnapshot(RandomGraph({.seed = 3, .nodes = 50, .links = 200}));
  CheckEverySpec(ToView(snapshot));
  const auto p = Build(ToView(snapshot), {});
  EXPECT_FALSE(p->weighted());
  EXPECT_EQ(p->weight(0), 1);
  EXPECT_EQ(p->memory_bytes(), 51 * 8 + 200 * 4u);
}

TEST(ProjectionTest, AnUndirectedSelfLoopCountsTwice) {
  const GraphRecords records =
      FromArcs({{"a", "a", 2}, {"a", "b", 3}, {"b", "a", 5}, {"a", "a", 7}});
  const View view = ToView(ToSnapshot(records));
  ProjectionSpec spec{.direction = Direction::kUndirected, .weight = "weight"};
  EXPECT_EQ(Build(view, spec)->neighbours(0).size(), 6u);
  spec.parallel = Parallel::kSum;
  const auto sum = Build(view, spec);
  EXPECT_EQ(sum->neighbours(0).size(), 2u);
  EXPECT_EQ(sum->weight(0), 18);
  EXPECT_EQ(sum->weight(1), 8);
  EXPECT_EQ(sum->weight(2), 8);
  spec.parallel = Parallel::kMin;
  EXPECT_EQ(Build(view, spec)->weight(0), 2);
}

TEST(ProjectionTest, EmptyGraphs) {
  const auto p = Build(ToView(ToSnapshot(GraphRecords{})), {});
  EXPECT_EQ(p->size(), 0u);
  EXPECT_EQ(p->arc_count(), 0u);
  EXPECT_EQ(p->ToVertex(0), kNoNode);
  EXPECT_EQ(p->Transpose()->size(), 0u);
}

TEST(ProjectionTest, TheSameAtAnyNumberOfThreads) {
  const auto snapshot = ToSnapshot(
      RandomGraph({.seed = 9, .nodes = 20000, .links = 60000, .dates = true, .weights = true}));
  const View view = ToView(snapshot, {.links = "NOT weight = 5"});
  for (const Direction direction : kDirections) {
    const ProjectionSpec spec{
        .direction = direction, .weight = "weight", .parallel = Parallel::kSum, .want_links = true};
    const std::vector<Arc> arcs = ArcsOf(*Build(view, spec, 1));
    EXPECT_EQ(ArcsOf(*Build(view, spec, 2)), arcs);
    EXPECT_EQ(arcs, BruteForce(view, spec));
  }
}

TEST(ProjectionTest, TransposeTurnsEveryArcRound) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const View view = ToView(ToSnapshot(RandomGraph(Options(seed, true))));
    for (const Parallel parallel : {Parallel::kKeep, Parallel::kSum}) {
      ProjectionSpec spec{.weight = "weight", .parallel = parallel, .want_links = true};
      const auto forward = Build(view, spec);
      spec.direction = Direction::kReverse;
      const auto reverse = Build(view, spec);
      EXPECT_EQ(ArcsOf(*forward->Transpose()), ArcsOf(*reverse));
      EXPECT_EQ(forward->Transpose()->spec(), spec);
      EXPECT_EQ(ArcsOf(*reverse->Transpose()), ArcsOf(*forward));
      spec.direction = Direction::kUndirected;
      const auto both = Build(view, spec);
      EXPECT_EQ(ArcsOf(*both->Transpose()), ArcsOf(*both));
    }
  }
}

TEST(ProjectionTest, RefusesUnknownWeights) {
  RunContext context;
  const auto p = Projection::Build(ToView(ToSnapshot(FromArcs({{"a", "b"}}))),
                                   {.weight = "mechanism"}, context);
  EXPECT_EQ(p.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(p.status())->field, "weight");
  EXPECT_EQ(GetErrorDetail(p.status())->reason, Reason::kInvalidField);
}

TEST(ProjectionTest, StopsWhenItIsCancelledOrLate) {
  const View view = ToView(ToSnapshot(RandomGraph({.seed = 1, .nodes = 3000, .links = 9000})));
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(Projection::Build(view, {}, cancelled).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(cancelled.memory_used(), 0u);
  RunContext late({.deadline = std::chrono::steady_clock::now()});
  EXPECT_EQ(Projection::Build(view, {}, late).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ProjectionTest, StaysWithinItsMemory) {
  const View view = ToView(ToSnapshot(RandomGraph({.seed = 1, .nodes = 3000, .links = 9000})),
                           {.links = "mechanism = SUPPLY"});
  const ProjectionSpec spec{.direction = Direction::kUndirected, .weight = "weight"};
  RunContext enough({.memory_bytes = Projection::EstimateBytes(view.snapshot(), spec)});
  EXPECT_TRUE(Projection::Build(view, spec, enough).ok());
  for (const std::uint64_t limit : {1000u, 30000u, 80000u}) {
    RunContext little({.memory_bytes = limit});
    const auto p = Projection::Build(view, spec, little);
    ASSERT_FALSE(p.ok());
    EXPECT_EQ(GetErrorDetail(p.status())->reason, Reason::kMemoryExhausted);
    EXPECT_EQ(little.memory_used(), 0u) << "what was booked is given back";
  }
}

}  // namespace
}  // namespace lianjie
