// What must hold of the general kernels on any graph, on a generated county: conservation, bounds,
// fixed points and cuts, checked by plain means over the county's own links. Equality with
// independent implementations is tested beside each kernel on random multigraphs.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/centrality/betweenness.h"
#include "engine/centrality/closeness.h"
#include "engine/centrality/degree.h"
#include "engine/centrality/eigenvector.h"
#include "engine/centrality/harmonic.h"
#include "engine/centrality/hits.h"
#include "engine/centrality/k_core.h"
#include "engine/centrality/katz.h"
#include "engine/centrality/page_rank.h"
#include "engine/paths/distances.h"
#include "engine/paths/max_flow.h"
#include "engine/structure/articulation.h"
#include "engine/structure/clustering.h"
#include "engine/structure/label_propagation.h"
#include "engine/structure/louvain.h"
#include "engine/structure/strong_components.h"
#include "engine/structure/weak_components.h"
#include "gtest/gtest.h"
#include "tests/engine/generate/county_records.h"

namespace lianjie::kernels_on_county_test {
namespace {

using Sets = std::vector<std::set<NodeIndex>>;

class KernelsOnCounty : public testing::Test {
 protected:
  static constexpr std::int64_t kHouseholds = 2000;

  static void SetUpTestSuite() {
    SnapshotBuilder builder;
    const CountyRecords& records = CountyOf(kHouseholds, 1).records;
    for (const RegionRecord& region : records.regions) builder.AddRegion(region);
    for (const NodeRecord& node : records.nodes) builder.AddNode(node);
    for (const LinkRecord& link : records.links) builder.AddLink(link);
    auto snapshot = std::move(builder).Build(1, *Date::Parse("2024-06-01"));
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    view_ = std::make_unique<View>(*View::Make(*std::move(snapshot)));
    const Snapshot& s = view_->snapshot();
    near_.assign(s.node_count(), {});
    for (LinkIndex l = 0; l < s.link_count(); ++l) {
      if (!view_->LinkInside(l)) continue;
      links_.push_back(l);
      const NodeIndex a = s.links().source[l];
      const NodeIndex b = s.links().target[l];
      if (a != b) near_[a].insert(b), near_[b].insert(a);
    }
    for (NodeIndex n = 0; n < s.node_count(); ++n) inside_.push_back(view_->NodeInside(n));
  }
  static void TearDownTestSuite() { view_.reset(), near_.clear(), links_.clear(), inside_.clear(); }

  static AnalysisInput Input() { return {.view = *view_}; }
  static const Snapshot& snapshot() { return view_->snapshot(); }
  static NodeIndex Source(LinkIndex l) { return snapshot().links().source[l]; }
  static NodeIndex Target(LinkIndex l) { return snapshot().links().target[l]; }

  template <typename Options, typename Run>
  static AnalysisResult Answer(Run run, const Options& options = {}) {
    RunContext context;
    auto result = run(Input(), options, context);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : AnalysisResult();
  }
  // A number of each node, by node; NaN where it has none.
  static std::vector<double> ByNode(const AnalysisResult& result, std::string_view name) {
    std::vector<double> out(snapshot().node_count(), std::nan(""));
    const Column& nodes = *result.table.Find("node");
    const Column& column = *result.table.Find(name);
    for (std::size_t row = 0; row < nodes.indices.size(); ++row) {
      if (column.IsNull(row)) continue;
      out[nodes.indices[row]] =
          column.type == ColumnType::kInteger ? static_cast<double>(column.integers[row])
          : column.type == ColumnType::kNode  ? static_cast<double>(column.indices[row])
                                              : column.numbers[row];
    }
    return out;
  }
  static double Figure(const AnalysisResult& result, std::string_view name) {
    for (const auto& [key, value] : result.summary) {
      if (key != name) continue;
      if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
      return std::get<double>(value);
    }
    ADD_FAILURE() << "no figure " << name;
    return 0;
  }
  // Hops to every node, or -1, without going through `without`.
  static std::vector<int> Hops(NodeIndex from, NodeIndex without = kNoNode) {
    std::vector<int> hops(near_.size(), -1);
    std::queue<NodeIndex> queue({from});
    hops[from] = 0;
    for (; !queue.empty(); queue.pop()) {
      for (const NodeIndex v : near_[queue.front()]) {
        if (hops[v] >= 0 || v == without) continue;
        hops[v] = hops[queue.front()] + 1;
        queue.push(v);
      }
    }
    return hops;
  }

  static inline std::unique_ptr<View> view_;
  static inline Sets near_;  // distinct neighbours
  static inline std::vector<LinkIndex> links_;
  static inline std::vector<bool> inside_;
};

TEST_F(KernelsOnCounty, PageRankIsADistributionAboveItsRestart) {
  for (const Direction direction :
       {Direction::kForward, Direction::kReverse, Direction::kUndirected}) {
    PageRankOptions options;
    options.direction = direction;
    const auto rank = ByNode(Answer(RunPageRank, options), "score");
    const auto nodes = static_cast<double>(std::count(inside_.begin(), inside_.end(), true));
    double sum = 0;
    for (NodeIndex n = 0; n < rank.size(); ++n) {
      if (!inside_[n]) continue;
      EXPECT_GE(rank[n], (1 - options.damping) / nodes * (1 - 1e-9));
      sum += rank[n];
    }
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST_F(KernelsOnCounty, DegreesCountEveryLinkAtBothEnds) {
  DegreeOptions options;
  options.direction = Direction::kUndirected;
  options.weight = "paid_yuan";
  const AnalysisResult result = Answer(RunDegree, options);
  double paid = 0;
  for (const LinkIndex l : links_) paid += ValueOr(snapshot().links().paid_yuan, l, 0.0);
  const auto sum = [&](std::string_view name) {
    double total = 0;
    for (const double value : ByNode(result, name)) total += value == value ? value : 0;
    return total;
  };
  const auto links = static_cast<double>(links_.size());
  EXPECT_EQ(sum("in_count"), links);
  EXPECT_EQ(sum("out_count"), links);
  EXPECT_NEAR(sum("in_strength"), paid, 1e-9 * paid);
  EXPECT_NEAR(sum("out_strength"), paid, 1e-9 * paid);
}

TEST_F(KernelsOnCounty, ComponentsAreJoinedByLinksAndNamedByTheLeastId) {
  const auto weak = ByNode(Answer<WeakComponentsOptions>(RunWeakComponents), "component");
  const auto strong = ByNode(Answer<StrongComponentsOptions>(RunStrongComponents), "component");
  for (const LinkIndex l : links_) ASSERT_EQ(weak[Source(l)], weak[Target(l)]);
  std::map<double, std::set<NodeIndex>> members;
  for (NodeIndex n = 0; n < weak.size(); ++n) {
    if (!inside_[n]) continue;
    members[weak[n]].insert(n);
    ASSERT_EQ(weak[n], weak[static_cast<NodeIndex>(strong[n])]) << "strong ones lie in weak ones";
    ASSERT_TRUE(
        CompareIds(snapshot().NodeId(static_cast<NodeIndex>(weak[n])), snapshot().NodeId(n)) <= 0);
  }
  for (const auto& [name, nodes] : members) {
    const auto hops = Hops(*nodes.begin());
    for (const NodeIndex n : nodes) ASSERT_GE(hops[n], 0) << "in one component, but not joined";
  }
}

TEST_F(KernelsOnCounty, CoresAreTheirOwnHIndex) {
  const auto core = ByNode(Answer<KCoreOptions>(RunKCore), "score");
  for (NodeIndex n = 0; n < core.size(); ++n) {
    if (!inside_[n]) continue;
    std::vector<double> of_neighbours;
    for (const NodeIndex v : near_[n]) of_neighbours.push_back(core[v]);
    std::sort(of_neighbours.rbegin(), of_neighbours.rend());
    std::size_t h = 0;
    while (h < of_neighbours.size() && of_neighbours[h] >= static_cast<double>(h + 1)) ++h;
    ASSERT_EQ(core[n], static_cast<double>(h)) << snapshot().NodeId(n);
  }
}

TEST_F(KernelsOnCounty, BetweennessAddsUpToWhatLiesBetween) {
  BetweennessOptions options;
  options.direction = Direction::kUndirected;
  const auto score = ByNode(Answer(RunBetweenness, options), "score");
  ClosenessOptions plain;
  plain.direction = Direction::kUndirected;
  plain.normalized = true;
  plain.improved = false;
  const auto closeness = ByNode(Answer(RunCloseness, plain), "score");
  HarmonicOptions undirected;
  undirected.direction = Direction::kUndirected;
  const auto harmonic = ByNode(Answer(RunHarmonic, undirected), "score");
  double between = 0;  // nodes strictly between the ends of each pair, over all pairs
  double sum = 0;
  for (NodeIndex n = 0; n < score.size(); ++n) {
    if (!inside_[n]) continue;
    const auto hops = Hops(n);
    double far = 0;
    double reached = 0;
    double inverse = 0;
    for (const int h : hops) {
      if (h < 1) continue;
      far += h, ++reached, inverse += 1.0 / h, between += (h - 1) / 2.0;
    }
    EXPECT_NEAR(closeness[n], far > 0 ? reached / far : 0, 1e-12);
    EXPECT_NEAR(harmonic[n], inverse, 1e-9 * (1 + inverse));
    EXPECT_GE(score[n], 0);
    if (near_[n].size() < 2) {
      EXPECT_EQ(score[n], 0) << "nothing goes through a leaf";
    }
    sum += score[n];
  }
  EXPECT_NEAR(sum, between, 1e-9 * between);
}

TEST_F(KernelsOnCounty, DistancesGrowByOneALink) {
  const NodeIndex source = Source(links_[links_.size() / 2]);
  DistancesOptions options;
  options.sources = {std::string(snapshot().NodeId(source))};
  options.direction = Direction::kUndirected;
  const auto hops = ByNode(Answer(RunDistances, options), "hops");
  const auto expected = Hops(source);
  for (NodeIndex n = 0; n < hops.size(); ++n) {
    if (!inside_[n]) continue;
    EXPECT_EQ(hops[n] == hops[n] ? static_cast<int>(hops[n]) : -1, expected[n]);
  }
}

TEST_F(KernelsOnCounty, SpectralScoresAreFixedPoints) {
  EigenvectorOptions undirected;
  undirected.direction = Direction::kUndirected;
  const AnalysisResult eigen = Answer(RunEigenvector, undirected);
  const AnalysisResult hits = Answer<HitsOptions>(RunHits);
  KatzOptions walks;
  walks.direction = Direction::kUndirected;
  const AnalysisResult katz = Answer(RunKatz, walks);
  const auto x = ByNode(eigen, "score");
  const auto k = ByNode(katz, "score");
  const auto authority = ByNode(hits, "score");
  const auto hub = ByNode(hits, "hub");
  std::vector<double> ax(x.size()), ak(x.size()), from_hubs(x.size());
  for (const LinkIndex l : links_) {
    const NodeIndex a = Source(l);
    const NodeIndex b = Target(l);
    ax[b] += x[a], ax[a] += x[b], ak[b] += k[a], ak[a] += k[b], from_hubs[b] += hub[a];
  }
  double hub_sum = 0;
  for (NodeIndex n = 0; n < x.size(); ++n) hub_sum += inside_[n] ? from_hubs[n] : 0;
  const double value = Figure(eigen, "eigenvalue");
  const double alpha = Figure(katz, "attenuation");
  double authorities = 0;
  for (NodeIndex n = 0; n < x.size(); ++n) authorities += inside_[n] ? authority[n] : 0;
  for (NodeIndex n = 0; n < x.size(); ++n) {
    if (!inside_[n]) continue;
    EXPECT_NEAR(ax[n], value * x[n], 1e-6 * value);
    EXPECT_NEAR(k[n], alpha * ak[n] + walks.beta, 1e-6 * (1 + std::abs(k[n])));
    EXPECT_NEAR(from_hubs[n] / hub_sum, authority[n] / authorities, 1e-6);
  }
}

TEST_F(KernelsOnCounty, ClusteringCountsTriangles) {
  const AnalysisResult result = Answer<ClusteringOptions>(RunClustering);
  const auto score = ByNode(result, "score");
  const auto triangles = ByNode(result, "triangles");
  for (NodeIndex n = 0; n < score.size(); ++n) {
    if (!inside_[n]) continue;
    double joined = 0;
    for (const NodeIndex a : near_[n]) {
      for (const NodeIndex b : near_[n]) joined += a < b && near_[a].contains(b) ? 1 : 0;
    }
    ASSERT_EQ(triangles[n], joined);
    ASSERT_FALSE(score[n] < 0 || score[n] > 1);
  }
}

TEST_F(KernelsOnCounty, CommunitiesAreBetterThanChance) {
  const AnalysisResult louvain = Answer<LouvainOptions>(RunLouvain);
  const auto community = ByNode(louvain, "component");
  std::vector<double> degree(community.size());
  std::map<double, double> inside, total;
  for (const LinkIndex l : links_) ++degree[Source(l)], ++degree[Target(l)];
  for (const LinkIndex l : links_) {
    if (community[Source(l)] == community[Target(l)]) inside[community[Source(l)]] += 2;
  }
  for (NodeIndex n = 0; n < community.size(); ++n) {
    if (inside_[n]) total[community[n]] += degree[n];
  }
  const double all = 2 * static_cast<double>(links_.size());
  double modularity = 0;
  for (const auto& [name, sum] : total) {
    modularity += inside[name] / all - (sum / all) * (sum / all);
  }
  EXPECT_NEAR(Figure(louvain, "modularity"), modularity, 1e-9);
  EXPECT_GT(modularity, 0.3);
}

TEST_F(KernelsOnCounty, PointsAndBridgesCutTheCountyApart) {
  const AnalysisResult result = Answer<ArticulationOptions>(RunArticulation);
  const Column& kind = *result.table.Find("kind");
  const Column& node = *result.table.Find("node");
  std::set<NodeIndex> points;
  for (std::size_t row = 0; row < node.indices.size(); ++row) {
    if (node.indices[row] != kNoNode && kind.strings[row] == "POINT")
      points.insert(node.indices[row]);
  }
  ASSERT_EQ(static_cast<double>(points.size()), Figure(result, "point_count"));
  int looked_at = 0;
  for (NodeIndex n = 0; n < near_.size(); ++n) {
    if (near_[n].size() < 2 || (!points.contains(n) && n % 7 != 0)) continue;
    const auto without = Hops(*near_[n].begin(), n);
    const bool cuts =
        std::any_of(near_[n].begin(), near_[n].end(), [&](NodeIndex v) { return without[v] < 0; });
    ASSERT_EQ(cuts, points.contains(n)) << snapshot().NodeId(n);
    ++looked_at;
  }
  EXPECT_GT(looked_at, 100);
}

TEST_F(KernelsOnCounty, AFlowIsConservedAndFillsItsCut) {
  const auto degree = ByNode(Answer<DegreeOptions>(RunDegree), "out_count");
  const auto most = static_cast<NodeIndex>(
      std::max_element(degree.begin(), degree.end(),
                       [](double a, double b) { return (a == a ? a : -1) < (b == b ? b : -1); }) -
      degree.begin());
  const auto hops = Hops(most);
  const auto far =
      static_cast<NodeIndex>(std::max_element(hops.begin(), hops.end()) - hops.begin());
  MaxFlowOptions options;
  options.source = std::string(snapshot().NodeId(most));
  options.target = std::string(snapshot().NodeId(far));
  options.direction = Direction::kUndirected;
  options.weight = "paid_yuan";
  const AnalysisResult result = Answer(RunMaxFlow, options);
  const double value = Figure(result, "value");
  EXPECT_GT(value, 0);
  EXPECT_NEAR(value, Figure(result, "cut_capacity"), 1e-9 * value);
  std::vector<double> excess(near_.size());
  const auto& t = result.table;
  for (std::size_t row = 0; row < t.row_count(); ++row) {
    const double flow = t.Find("flow")->numbers[row];
    ASSERT_LE(std::abs(flow), t.Find("capacity")->numbers[row] * (1 + 1e-9));
    excess[t.Find("source")->indices[row]] -= flow;
    excess[t.Find("target")->indices[row]] += flow;
  }
  for (NodeIndex n = 0; n < excess.size(); ++n) {
    const double expected = n == most ? -value : n == far ? value : 0;
    EXPECT_NEAR(excess[n], expected, 1e-6 * (1 + value));
  }
}

}  // namespace
}  // namespace lianjie::kernels_on_county_test
