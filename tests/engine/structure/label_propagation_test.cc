// Label propagation against plain simulations of both its orders, by what holds when it has
// settled, and its modularity by definition.
#include "engine/structure/label_propagation.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <thread>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/structure/communities_oracle.h"

namespace lianjie::label_propagation_test {
namespace {

using testing::FromArcs;
using testing::OracleArc;
using testing::OracleGraph;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Answer(const AnalysisInput& input, const LabelPropagationOptions& options,
                      int threads = 2) {
  RunContext context({.threads = threads,
                      .memory_bytes = EstimateLabelPropagationBytes(input, options),
                      .deadline = {}});
  auto result = RunLabelPropagation(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  return *std::move(result);
}

// Of each position, the weights by label.
std::map<std::uint32_t, double> WeightsAt(const OracleGraph& graph, std::uint32_t v,
                                          const std::vector<std::uint32_t>& labels) {
  std::map<std::uint32_t, double> weights;
  for (const OracleArc& arc : graph.arcs) {
    if (arc.from == v && arc.weight > 0) weights[labels[arc.to]] += arc.weight;
  }
  return weights;
}

// The first label of the most weight in the order of `rank`; the own one is kept where it may be.
std::uint32_t Choose(const std::map<std::uint32_t, double>& weights, std::uint32_t own,
                     const std::vector<std::uint32_t>& rank, bool keep) {
  double most = 0;
  for (const auto& [label, weight] : weights) most = std::max(most, weight);
  if (weights.empty() || (keep && weights.contains(own) && weights.at(own) == most)) return own;
  std::uint32_t best = kNoNode;
  for (const auto& [label, weight] : weights) {
    if (weight == most && (best == kNoNode || rank[label] < rank[best])) best = label;
  }
  return best;
}

struct Simulated {
  std::vector<std::uint32_t> labels;  // positions
  int iterations = 0;
  bool converged = false;
};

// All at once; ties to the least id.
Simulated Synchronous(const OracleGraph& graph, const Snapshot& snapshot, int iterations) {
  const auto size = static_cast<std::uint32_t>(graph.nodes.size());
  std::vector<std::uint32_t> rank(size, 0);
  Simulated out;
  for (std::uint32_t v = 0; v < size; ++v) {
    out.labels.push_back(v);
    for (const NodeIndex other : graph.nodes)
      rank[v] += CompareIds(snapshot.NodeId(other), snapshot.NodeId(graph.nodes[v])) < 0 ? 1 : 0;
  }
  while (out.iterations < iterations && !out.converged) {
    std::vector<std::uint32_t> next = out.labels;
    for (std::uint32_t v = 0; v < size; ++v)
      next[v] = Choose(WeightsAt(graph, v, out.labels), out.labels[v], rank, false);
    ++out.iterations;
    out.converged = next == out.labels;
    out.labels = next;
  }
  return out;
}

// Colour by colour; ties to the own label, then to the first in order.
Simulated SemiSynchronous(const OracleGraph& graph, int iterations) {
  const auto size = static_cast<std::uint32_t>(graph.nodes.size());
  std::vector<std::uint32_t> colour(size, 0);
  std::uint32_t colours = 0;
  Simulated out;
  for (std::uint32_t v = 0; v < size; ++v) {
    std::set<std::uint32_t> taken;
    for (const OracleArc& arc : graph.arcs) {
      if (arc.from == v && arc.to < v) taken.insert(colour[arc.to]);
    }
    while (taken.contains(colour[v])) ++colour[v];
    colours = std::max(colours, colour[v] + 1);
    out.labels.push_back(v);
  }
  const std::vector<std::uint32_t> rank = out.labels;
  while (out.iterations < iterations && !out.converged) {
    const std::vector<std::uint32_t> before = out.labels;
    for (std::uint32_t c = 0; c < colours; ++c) {
      for (std::uint32_t v = 0; v < size; ++v) {
        if (colour[v] != c) continue;
        out.labels[v] = Choose(WeightsAt(graph, v, out.labels), out.labels[v], rank, true);
      }
    }
    ++out.iterations;
    out.converged = before == out.labels;
  }
  return out;
}

// The least id of the nodes of each label.
std::vector<NodeIndex> Components(const OracleGraph& graph, const Snapshot& snapshot,
                                  const std::vector<std::uint32_t>& labels) {
  std::map<std::uint32_t, NodeIndex> least;
  for (std::size_t v = 0; v < labels.size(); ++v) {
    const auto [entry, is_new] = least.try_emplace(labels[v], graph.nodes[v]);
    if (!is_new && CompareIds(snapshot.NodeId(graph.nodes[v]), snapshot.NodeId(entry->second)) < 0)
      entry->second = graph.nodes[v];
  }
  std::vector<NodeIndex> out;
  for (const std::uint32_t label : labels) out.push_back(least[label]);
  return out;
}

void ExpectSimulated(const AnalysisInput& input, const LabelPropagationOptions& options) {
  const OracleGraph graph = testing::MakeOracle(input, Direction::kUndirected, options.weight);
  const Simulated expected = options.synchronous
                                 ? Synchronous(graph, input.snapshot(), options.iterations)
                                 : SemiSynchronous(graph, options.iterations);
  const AnalysisResult result = Answer(input, options);
  ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
  std::vector<NodeIndex> labels;
  for (const std::uint32_t label : expected.labels) labels.push_back(graph.nodes[label]);
  ASSERT_EQ(result.table.Find("label")->indices, labels);
  const std::vector<NodeIndex> components = Components(graph, input.snapshot(), expected.labels);
  ASSERT_EQ(result.table.Find("component")->indices, components);
  EXPECT_EQ(SummaryNumber(result, "iterations"), expected.iterations);
  EXPECT_EQ(SummaryNumber(result, "converged"), expected.converged ? 1 : 0);
  EXPECT_EQ(result.warnings.empty() || options.weight != "none",
            expected.converged || options.weight != "none");
  const std::set<NodeIndex> all(components.begin(), components.end());
  EXPECT_EQ(SummaryNumber(result, "component_count"), static_cast<double>(all.size()));
  const double modularity = testing::PairwiseModularity(graph, expected.labels, 1.0);
  const double reported = SummaryNumber(result, "modularity");
  if (std::isnan(modularity)) {
    EXPECT_TRUE(std::isnan(reported));
  } else {
    EXPECT_NEAR(reported, modularity, 1e-12);
  }
}

TEST(LabelPropagation, EqualsSimulationsOnRandomMultigraphs) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed, seed % 4 == 0);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const char* weight : testing::kWeights) {
      for (const bool synchronous : {false, true}) {
        for (const int iterations : {2, 30}) {
          SCOPED_TRACE(Cat("seed ", seed, ", weight ", weight, ", synchronous ", synchronous,
                           ", iterations ", iterations));
          ExpectSimulated(input,
                          {.weight = weight, .iterations = iterations, .synchronous = synchronous});
        }
      }
    }
  }
}

// When it has settled, no other label weighs more at any node. Sparse graphs of more vertices than
// a colour's grain, so that threads meet.
TEST(LabelPropagation, SettlesWhereNoLabelWeighsMore) {
  testing::RandomGraphOptions graph;
  graph.nodes = 20000;
  graph.links = 50000;
  graph.weights = true;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  const OracleGraph oracle = testing::MakeOracle(input, Direction::kUndirected, "weight");
  const AnalysisResult result = Answer(input, {.weight = "weight"});
  EXPECT_EQ(SummaryNumber(result, "converged"), 1);
  EXPECT_LT(SummaryNumber(result, "iterations"), 50);
  EXPECT_GT(SummaryNumber(result, "modularity"), 0.2);
  const std::vector<std::uint32_t>& labels = result.table.Find("label")->indices;
  std::vector<std::map<std::uint32_t, double>> weights(labels.size());
  for (const OracleArc& arc : oracle.arcs) weights[arc.from][labels[arc.to]] += arc.weight;
  for (std::size_t v = 0; v < labels.size(); ++v) {
    for (const auto& [label, weight] : weights[v]) ASSERT_LE(weight, weights[v][labels[v]]);
  }
}

TEST(LabelPropagation, AddsUpParallelLinksAndSelfLoops) {
  const auto labels = [](const std::vector<testing::Arc>& arcs) {
    const AnalysisInput input = ToInput(FromArcs(arcs));
    const AnalysisResult result = Answer(input, {});
    std::string text;
    for (std::size_t row = 0; row < result.table.row_count(); ++row) {
      text +=
          Cat(row == 0 ? "" : " ", input.snapshot().NodeId(result.table.Find("node")->indices[row]),
              ":", input.snapshot().NodeId(result.table.Find("component")->indices[row]), "/",
              input.snapshot().NodeId(result.table.Find("label")->indices[row]));
    }
    return text;
  };
  // In a chain of single links all come to agree; pairs that are joined thrice stay apart.
  EXPECT_EQ(labels({{"A", "B"}, {"B", "C"}, {"C", "D"}}), "A:A/B B:A/B C:A/B D:A/B");
  EXPECT_EQ(
      labels({{"A", "B"}, {"B", "A"}, {"A", "B"}, {"B", "C"}, {"C", "D"}, {"D", "C"}, {"D", "C"}}),
      "A:A/B B:A/B C:C/D D:C/D");
  // A self-loop speaks twice for what the node has itself.
  EXPECT_EQ(labels({{"E", "F"}}), "E:E/F F:E/F");
  EXPECT_EQ(labels({{"E", "F"}, {"E", "E"}}), "E:E/E F:E/E");
  EXPECT_EQ(labels({{"E", "F"}, {"F", "E"}, {"E", "F"}, {"E", "E"}}), "E:E/F F:E/F");
}

// Two nodes that are joined swap labels for ever when they look at the same moment.
TEST(LabelPropagation, SaysWhenItHasNotSettled) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}}));
  const AnalysisResult swaps = Answer(input, {.iterations = 7, .synchronous = true});
  EXPECT_EQ(SummaryNumber(swaps, "iterations"), 7);
  EXPECT_EQ(SummaryNumber(swaps, "converged"), 0);
  ASSERT_EQ(swaps.warnings.size(), 1u);
  EXPECT_NE(swaps.warnings[0].find("7 iterations"), std::string::npos);
  const AnalysisResult settled = Answer(input, {});
  EXPECT_EQ(SummaryNumber(settled, "converged"), 1);
  EXPECT_EQ(SummaryNumber(settled, "component_count"), 1);
  const AnalysisResult none = Answer(ToInput(FromArcs({}, testing::Amount::kWeight, {"A"})), {});
  EXPECT_TRUE(std::isnan(SummaryNumber(none, "modularity")));
}

TEST(LabelPropagation, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 20000;
  graph.links = 60000;
  graph.weights = true;
  graph.regions = true;
  graph.dates = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const AnalysisInput input = ToInput(records);
  const AnalysisInput shuffled = ToInput(testing::ToShuffledSnapshot(records, 3));
  for (const bool synchronous : {false, true}) {
    for (const char* weight : testing::kWeights) {
      const LabelPropagationOptions options{
          .weight = weight, .iterations = 20, .synchronous = synchronous};
      const std::string bytes = ResultBytes(Answer(input, options, 1));
      EXPECT_EQ(bytes, ResultBytes(Answer(input, options, 2)));
      EXPECT_EQ(bytes, ResultBytes(Answer(shuffled, options, 2)));
    }
  }
}

TEST(LabelPropagation, RefusesByNameAndStopsWhenCancelled) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", 1}, {"B", "C", -1}}));
  const auto detail = [&](const LabelPropagationOptions& options) {
    RunContext context;
    return *GetErrorDetail(RunLabelPropagation(input, options, context).status());
  };
  EXPECT_EQ(detail({.weight = "weight"}).metadata.at("link"), "l1");
  EXPECT_EQ(detail({.weight = "wait"}).field, "weight");
  EXPECT_EQ(detail({.iterations = 0}).field, "iterations");
  RunContext small({.threads = 1, .memory_bytes = 64, .deadline = {}});
  EXPECT_EQ(RunLabelPropagation(input, {}, small).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(LabelPropagation, CancelFreesTheCoreWithinFiftyMilliseconds) {
  testing::RandomGraphOptions graph;
  graph.nodes = 150000;
  graph.links = 900000;
  const AnalysisInput input = ToInput(RandomGraph(graph));
  for (const bool synchronous : {false, true}) {
    std::vector<double> waits;
    for (int attempt = 0; attempt < 5; ++attempt) {
      RunContext context({.threads = 2});
      absl::Status status;
      std::chrono::steady_clock::time_point ended;
      std::thread run([&] {
        status =
            RunLabelPropagation(input, {.iterations = 1000000, .synchronous = synchronous}, context)
                .status();
        ended = std::chrono::steady_clock::now();
      });
      while (context.completed() == 0) std::this_thread::yield();
      const auto asked = std::chrono::steady_clock::now();
      context.Cancel();
      run.join();
      EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
      waits.push_back(std::chrono::duration<double, std::milli>(ended - asked).count());
      std::printf("label_propagation: cancelled after %.2f ms\n", waits.back());
    }
    std::sort(waits.begin(), waits.end());
    EXPECT_LT(waits[2], 50.0) << "the median of five";
  }
}

}  // namespace
}  // namespace lianjie::label_propagation_test
