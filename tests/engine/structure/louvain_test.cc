// Louvain by what must hold whatever the communities: modularity by its definition, no worse than
// where it began, no two communities better off as one, levels that nest; and known graphs.
#include "engine/structure/louvain.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <numeric>
#include <set>
#include <thread>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/structure/communities_oracle.h"

namespace lianjie::louvain_test {
namespace {

using testing::FromArcs;
using testing::OracleArc;
using testing::OracleGraph;
using testing::PairwiseModularity;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input, const LouvainOptions& options, int threads = 2) {
  RunContext context({.threads = threads});
  auto result = RunLouvain(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

// The least id stands for the community; two columns part alike when the classes are the same.
const std::vector<std::uint32_t>& ColumnOf(const AnalysisResult& result, std::string_view name) {
  return result.table.Find(name)->indices;
}

int CountDisconnected(const OracleGraph& graph, const std::vector<std::uint32_t>& community) {
  std::vector<std::uint32_t> part(community.size());
  std::iota(part.begin(), part.end(), 0u);
  for (bool changed = true; changed;) {
    changed = false;
    for (const OracleArc& arc : graph.arcs) {
      if (community[arc.from] != community[arc.to] || part[arc.from] <= part[arc.to]) continue;
      part[arc.from] = part[arc.to];
      changed = true;
    }
  }
  std::map<std::uint32_t, std::set<std::uint32_t>> parts;
  for (std::size_t v = 0; v < community.size(); ++v) parts[community[v]].insert(part[v]);
  return static_cast<int>(std::count_if(parts.begin(), parts.end(),
                                        [](const auto& one) { return one.second.size() > 1; }));
}

// By how much modularity would change if two communities were one, for all pairs that links join.
double BestMerge(const OracleGraph& graph, const std::vector<std::uint32_t>& community,
                 double gamma) {
  std::map<std::uint32_t, double> total;
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> between;
  double all = 0;
  for (const OracleArc& arc : graph.arcs) {
    total[community[arc.from]] += arc.weight;
    all += arc.weight;
    if (community[arc.from] != community[arc.to])
      between[{community[arc.from], community[arc.to]}] += arc.weight;
  }
  double best = 0;
  for (const auto& [ends, weight] : between) {
    const double gain =
        2 * (weight / all - gamma * total[ends.first] / all * (total[ends.second] / all));
    best = std::max(best, gain);
  }
  return best;
}

void ExpectNested(const OracleGraph& graph, const AnalysisResult& result, double gamma,
                  double from) {
  const auto levels = static_cast<int>(SummaryNumber(result, "level_count"));
  double before = from;
  std::vector<std::uint32_t> finer = graph.nodes;
  for (int level = 1; level <= levels; ++level) {
    const std::vector<std::uint32_t>& now = ColumnOf(result, Cat("level_", level));
    std::map<std::uint32_t, std::uint32_t> coarser;
    for (std::size_t v = 0; v < now.size(); ++v)
      EXPECT_EQ(coarser.try_emplace(finer[v], now[v]).first->second, now[v]);
    const double modularity = PairwiseModularity(graph, now, gamma);
    EXPECT_GT(modularity, before - 1e-13);
    before = modularity;
    finer = now;
  }
  EXPECT_EQ(finer, ColumnOf(result, "component"));
  EXPECT_EQ(result.table.Find(Cat("level_", levels + 1)), nullptr);
}

void ExpectSound(const AnalysisInput& input, const LouvainOptions& options) {
  const OracleGraph graph = testing::MakeOracle(input, Direction::kUndirected, options.weight);
  const AnalysisResult result = Answer(input, options);
  ASSERT_EQ(ColumnOf(result, "node"), graph.nodes);
  const std::vector<std::uint32_t>& community = ColumnOf(result, "component");
  const double modularity = PairwiseModularity(graph, community, options.resolution);
  const double reported = SummaryNumber(result, "modularity");
  const double singletons = PairwiseModularity(graph, graph.nodes, options.resolution);
  const std::set<std::uint32_t> all(community.begin(), community.end());
  EXPECT_EQ(SummaryNumber(result, "component_count"), static_cast<double>(all.size()));
  EXPECT_EQ(SummaryNumber(result, "disconnected_count"), CountDisconnected(graph, community));
  if (std::isnan(modularity)) {
    EXPECT_TRUE(std::isnan(reported));
    EXPECT_EQ(all.size(), graph.nodes.size());
    return;
  }
  EXPECT_NEAR(reported, modularity, 1e-12);
  EXPECT_GE(reported, singletons - 1e-13);
  EXPECT_LE(BestMerge(graph, community, options.resolution), 1e-9);
  ExpectNested(graph, result, options.resolution, singletons);
}

TEST(Louvain, IsSoundOnRandomMultigraphs) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed, seed % 4 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const char* weight : testing::kWeights) {
      for (const double resolution : {0.0, 0.5, 1.0, 2.5}) {
        for (const std::int64_t order : {0, 7}) {
          SCOPED_TRACE(Cat("seed ", seed, ", weight ", weight, ", resolution ", resolution,
                           ", order ", order));
          ExpectSound(input,
                      {.weight = weight, .resolution = resolution, .seed = order, .levels = true});
        }
      }
    }
  }
}

// The best partition of a graph of up to 8 nodes, by trying all.
double BestOfAll(const OracleGraph& graph, std::vector<std::uint32_t>& community, std::size_t at,
                 std::uint32_t used) {
  if (at == community.size()) return PairwiseModularity(graph, community, 1.0);
  double best = -1;
  for (std::uint32_t c = 0; c <= used; ++c) {
    community[at] = c;
    best = std::max(best, BestOfAll(graph, community, at + 1, std::max(used, c + 1)));
  }
  return best;
}

// A greedy method need not find the best, but on small graphs it is near it, and often there.
TEST(Louvain, IsNearTheBestOfAllPartitions) {
  int cases = 0;
  int found = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    testing::RandomGraphOptions options;
    options.seed = seed;
    options.nodes = static_cast<std::uint32_t>(3 + seed % 5);
    options.links = options.nodes * static_cast<std::uint32_t>(1 + seed % 2);
    options.weights = true;
    const AnalysisInput input = ToInput(RandomGraph(options));
    const OracleGraph graph = testing::MakeOracle(input, Direction::kUndirected, "weight");
    std::vector<std::uint32_t> community(graph.nodes.size(), 0);
    const double best = BestOfAll(graph, community, 0, 0);
    const double reported = SummaryNumber(Answer(input, {.weight = "weight"}), "modularity");
    EXPECT_LE(reported, best + 1e-12);
    EXPECT_GT(reported, best - 0.12) << "seed " << seed;
    ++cases;
    found += reported > best - 1e-12 ? 1 : 0;
  }
  EXPECT_GT(found, cases * 3 / 4) << "of " << cases;
}

// Zachary's karate club, 34 members: the best known modularity is 0.4198 in four communities.
TEST(Louvain, KnowsTheKarateClub) {
  constexpr int kTies[][2] = {
      {0, 1},   {0, 2},   {0, 3},   {0, 4},   {0, 5},   {0, 6},   {0, 7},   {0, 8},   {0, 10},
      {0, 11},  {0, 12},  {0, 13},  {0, 17},  {0, 19},  {0, 21},  {0, 31},  {1, 2},   {1, 3},
      {1, 7},   {1, 13},  {1, 17},  {1, 19},  {1, 21},  {1, 30},  {2, 3},   {2, 7},   {2, 8},
      {2, 9},   {2, 13},  {2, 27},  {2, 28},  {2, 32},  {3, 7},   {3, 12},  {3, 13},  {4, 6},
      {4, 10},  {5, 6},   {5, 10},  {5, 16},  {6, 16},  {8, 30},  {8, 32},  {8, 33},  {9, 33},
      {13, 33}, {14, 32}, {14, 33}, {15, 32}, {15, 33}, {18, 32}, {18, 33}, {19, 33}, {20, 32},
      {20, 33}, {22, 32}, {22, 33}, {23, 25}, {23, 27}, {23, 29}, {23, 32}, {23, 33}, {24, 25},
      {24, 27}, {24, 31}, {25, 31}, {26, 29}, {26, 33}, {27, 33}, {28, 31}, {28, 33}, {29, 32},
      {29, 33}, {30, 32}, {30, 33}, {31, 32}, {31, 33}, {32, 33}};
  std::vector<testing::Arc> arcs;
  for (const auto& tie : kTies) arcs.push_back({Cat(tie[0]), Cat(tie[1])});
  const AnalysisInput input = ToInput(FromArcs(arcs));
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    const AnalysisResult result = Answer(input, {.seed = seed});
    EXPECT_GT(SummaryNumber(result, "modularity"), 0.38) << "seed " << seed;
    EXPECT_LE(SummaryNumber(result, "modularity"), 0.4198);
  }
  EXPECT_GT(SummaryNumber(Answer(input, {}), "modularity"), 0.41);
}

// A ring of cliques: the cliques, until resolution makes them smaller or a large one of them all.
TEST(Louvain, FindsCliquesAndMindsTheResolution) {
  std::vector<testing::Arc> arcs;
  for (int c = 0; c < 8; ++c) {
    for (int i = 0; i < 6; ++i) {
      for (int j = i + 1; j < 6; ++j) arcs.push_back({Cat(c, "_", i), Cat(c, "_", j)});
    }
    arcs.push_back({Cat(c, "_0"), Cat((c + 1) % 8, "_1")});
  }
  arcs.push_back({"loop", "loop"});
  const AnalysisInput input = ToInput(FromArcs(arcs, testing::Amount::kWeight, {"alone"}));
  EXPECT_EQ(SummaryNumber(Answer(input, {}), "component_count"), 10);
  EXPECT_EQ(SummaryNumber(Answer(input, {.resolution = 0}), "component_count"), 3);
  EXPECT_EQ(SummaryNumber(Answer(input, {.resolution = 1000}), "component_count"), 50);
}

TEST(Louvain, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 10000;
  graph.links = 30000;
  graph.weights = true;
  graph.regions = true;
  graph.dates = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const std::int64_t seed : {0, 5}) {
    for (const char* weight : testing::kWeights) {
      const LouvainOptions options{.weight = weight, .seed = seed, .levels = true};
      const std::string bytes = ResultBytes(Answer(input, options, 1));
      EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
      EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, options, 2)));
    }
  }
}

TEST(Louvain, RefusesByNameAndOffersNothingOfAnEmptyGraph) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"B", "C", -1}}));
  const auto detail = [&](const LouvainOptions& options) {
    RunContext context;
    return *GetErrorDetail(RunLouvain(input, options, context).status());
  };
  EXPECT_EQ(detail({.weight = "weight"}).metadata.at("link"), "l1");
  EXPECT_EQ(detail({.weight = "wait"}).field, "weight");
  EXPECT_EQ(detail({.resolution = -1}).field, "resolution");
  EXPECT_EQ(detail({.resolution = std::nan("")}).field, "resolution");
  RunContext small({.threads = 1, .memory_bytes = 64, .deadline = {}});
  EXPECT_EQ(RunLouvain(input, {}, small).status().code(), absl::StatusCode::kResourceExhausted);
  const AnalysisResult empty = Answer(ToInput(testing::GraphRecords{}), {.levels = true});
  EXPECT_EQ(empty.table.row_count(), 0u);
  EXPECT_EQ(SummaryNumber(empty, "level_count"), 0);
  EXPECT_TRUE(std::isnan(SummaryNumber(empty, "modularity")));
}

TEST(Louvain, CancelFreesTheCoreWithinFiftyMilliseconds) {
  testing::RandomGraphOptions graph;
  graph.nodes = 150000;
  graph.links = 900000;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  std::vector<double> waits;
  for (int attempt = 0; attempt < 5; ++attempt) {
    RunContext context({.threads = 2});
    absl::Status status;
    std::chrono::steady_clock::time_point ended;
    std::thread run([&] {
      status = RunLouvain(input, {}, context).status();
      ended = std::chrono::steady_clock::now();
    });
    while (context.completed() == 0) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20 * attempt));
    const auto asked = std::chrono::steady_clock::now();
    context.Cancel();
    run.join();
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
    waits.push_back(std::chrono::duration<double, std::milli>(ended - asked).count());
    std::printf("louvain: cancelled after %.2f ms\n", waits.back());
  }
  std::sort(waits.begin(), waits.end());
  EXPECT_LT(waits[2], 50.0) << "the median of five";
}

}  // namespace
}  // namespace lianjie::louvain_test
