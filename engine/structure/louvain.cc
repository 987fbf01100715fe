#include "engine/structure/louvain.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"
#include "engine/structure/component_table.h"
#include "engine/structure/louvain_level.h"
#include "engine/structure/modularity.h"

namespace lianjie {
namespace {

// Memory of graphs of communities, given back in the end.
class GraphBookings {
 public:
  explicit GraphBookings(RunContext& context) : context_(context) {}
  GraphBookings(const GraphBookings&) = delete;
  GraphBookings& operator=(const GraphBookings&) = delete;
  ~GraphBookings() { context_.Release(bytes_); }

  // The present graph's memory was booked, the one before is gone.
  void Replace(std::uint64_t bytes) {
    context_.Release(bytes_);
    bytes_ = bytes;
  }

 private:
  RunContext& context_;
  std::uint64_t bytes_ = 0;
};

// splitmix64.
std::uint64_t NextRandom(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

class Levels {
 public:
  Levels(const Projection& graph, const LouvainOptions& options, RunContext& context)
      : graph_(graph), options_(options), context_(context), booked_(context) {}

  absl::Status Run(std::vector<double> strengths) {
    all_ = std::accumulate(strengths.begin(), strengths.end(), 0.0);
    if (!(all_ > 0)) return absl::OkStatus();
    strengths_ = std::move(strengths);
    CommunityGraph current;
    LIANJIE_ASSIGN_OR_RETURN(bool moved, Level(graph_, current));
    while (moved) {
      CommunityGraph next;
      LIANJIE_ASSIGN_OR_RETURN(moved, Level(current, next));
      if (!moved) break;
      current = std::move(next);
      booked_.Replace(MergedBytes(current));
    }
    return absl::OkStatus();
  }

  // The communities of each level, by vertex of its graph.
  const std::vector<std::vector<std::uint32_t>>& levels() const { return levels_; }

 private:
  static std::uint64_t MergedBytes(const CommunityGraph& graph) {
    return Merging<CommunityGraph>::Bytes(graph.size(), graph.targets.size());
  }

  // False when no vertex moved; else the graph of the communities is in `next`.
  template <typename Graph> absl::StatusOr<bool> Level(const Graph& graph, CommunityGraph& next) {
    std::vector<std::uint32_t> community;
    {
      LIANJIE_ASSIGN_OR_RETURN(
          const Booking booking,
          Booking::Take(context_, LocalMoving<Graph>::Bytes(graph.size(), MostArcs(graph))));
      LIANJIE_ASSIGN_OR_RETURN(std::vector<std::uint32_t> order, Order(graph.size()));
      LocalMoving<Graph> moving(graph, strengths_, all_, options_.resolution, std::move(order),
                                context_);
      LIANJIE_ASSIGN_OR_RETURN(const bool moved, moving.Run());
      if (!moved) return false;
      community = std::move(moving.community());
    }
    LIANJIE_ASSIGN_OR_RETURN(const std::uint32_t count, Renumber(community, context_));
    LIANJIE_ASSIGN_OR_RETURN(next, Merging<Graph>(graph, community, count, context_).Run());
    if (levels_.empty()) booked_.Replace(MergedBytes(next));
    std::vector<double> merged(count, 0.0);
    Poller poller(context_);
    for (std::uint32_t v = 0; v < graph.size(); ++v) {
      if (poller.Tick()) return context_.Check();
      merged[community[v]] += strengths_[v];
    }
    strengths_ = std::move(merged);
    levels_.push_back(std::move(community));
    return true;
  }

  absl::StatusOr<std::vector<std::uint32_t>> Order(std::uint32_t size) {
    std::vector<std::uint32_t> order(size);
    std::iota(order.begin(), order.end(), 0u);
    if (options_.seed == 0) return order;
    std::uint64_t state = static_cast<std::uint64_t>(options_.seed) + levels_.size();
    Poller poller(context_);
    for (std::uint64_t i = size; i > 1; --i) {
      if (poller.Tick()) return context_.Check();
      std::swap(order[i - 1], order[NextRandom(state) % i]);
    }
    return order;
  }

  const Projection& graph_;
  const LouvainOptions& options_;
  RunContext& context_;
  GraphBookings booked_;
  double all_ = 0;  // 2m
  std::vector<double> strengths_;
  std::vector<std::vector<std::uint32_t>> levels_;
};

// How many communities do not hang together.
absl::StatusOr<std::int64_t> CountDisconnected(const Projection& graph,
                                               std::span<const std::uint32_t> community,
                                               std::uint32_t communities, RunContext& context) {
  std::vector<std::uint32_t> parent(graph.size());
  std::iota(parent.begin(), parent.end(), 0u);
  const auto find = [&parent](std::uint32_t v) {
    while (parent[v] != v) v = parent[v] = parent[parent[v]];
    return v;
  };
  Poller poller(context);
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    for (const std::uint32_t w : graph.neighbours(v)) {
      if (poller.Tick()) return context.Check();
      if (w >= v || community[w] != community[v]) continue;
      const std::uint32_t a = find(v);
      const std::uint32_t b = find(w);
      parent[std::max(a, b)] = std::min(a, b);
    }
  }
  std::vector<std::uint8_t> parts(communities, 0);
  std::int64_t disconnected = 0;
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    if (poller.Tick()) return context.Check();
    if (parent[v] != v) continue;
    std::uint8_t& seen = parts[community[v]];
    if (seen == 1) ++disconnected;
    if (seen < 2) ++seen;
  }
  return disconnected;
}

// Composes the levels, the answer with a table a level.
class Communities {
 public:
  Communities(const AnalysisInput& input, const Projection& graph, RunContext& context)
      : input_(input), graph_(graph), context_(context), community_(graph.size()) {
    std::iota(community_.begin(), community_.end(), 0u);
  }

  std::span<const std::uint32_t> community() const { return community_; }
  std::uint32_t count() const { return count_; }

  absl::Status Compose(const std::vector<std::vector<std::uint32_t>>& levels, bool columns) {
    count_ = graph_.size();
    for (std::size_t level = 0; level < levels.size(); ++level) {
      Poller poller(context_);
      count_ = 0;
      for (std::uint32_t& c : community_) {
        if (poller.Tick()) return context_.Check();
        c = levels[level][c];
        count_ = std::max(count_, c + 1);
      }
      if (!columns && level + 1 < levels.size()) continue;
      LIANJIE_RETURN_IF_ERROR(Add());
      if (columns) labels_.push_back(result_.table.column(1).indices);
    }
    return levels.empty() ? Add() : absl::OkStatus();
  }

  // node, component and the levels.
  AnalysisResult Take() && {
    for (std::size_t level = 0; level < labels_.size(); ++level) {
      const std::size_t at = result_.table.AddColumn(
          Cat("level_", level + 1), ColumnType::kNode, "",
          Cat("The least id in the node's community at level ", level + 1, "."));
      result_.table.column(at).indices = std::move(labels_[level]);
    }
    return std::move(result_);
  }

 private:
  // The present communities are the answer until others come.
  absl::Status Add() {
    LIANJIE_ASSIGN_OR_RETURN(
        result_, ComponentAnswer(input_.snapshot(), graph_.Nodes(), community_, count_, context_));
    return absl::OkStatus();
  }

  const AnalysisInput& input_;
  const Projection& graph_;
  RunContext& context_;
  std::vector<std::uint32_t> community_;
  std::uint32_t count_ = 0;
  std::vector<std::vector<std::uint32_t>> labels_;
  AnalysisResult result_;
};

// Through all levels: strengths, those of the level, and the communities of the first.
std::uint64_t LastingBytes(std::uint64_t vertices) {
  return vertices * (2 * sizeof(double) + sizeof(std::uint32_t));
}

// The composed communities, the table, and what the answer or modularity sums by community.
std::uint64_t AnswerBytes(std::uint64_t vertices, std::uint64_t communities) {
  return vertices * 3 * sizeof(std::uint32_t) + communities * sizeof(double) * 2;
}

std::uint64_t LevelBytes(std::uint64_t levels, std::uint64_t vertices) {
  return levels * vertices * sizeof(NodeIndex);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const LouvainOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const double missing_weight = MissingInSums(options.weight);
  LIANJIE_ASSIGN_OR_RETURN(
      const std::uint64_t missing,
      CheckWeights(input.view, options.weight, missing_weight, WeightRule::kNotNegative, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, CommunitySpec(options.weight), context));
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, LastingBytes(graph->size())));
  context.SetTotal(graph->size());
  LIANJIE_ASSIGN_OR_RETURN(std::vector<double> strengths, Strengths(*graph, context));
  Levels levels(*graph, options, context);
  LIANJIE_RETURN_IF_ERROR(levels.Run(strengths));
  const std::size_t level_count = levels.levels().size();
  const std::size_t most_communities =
      level_count == 0 ? graph->size() : levels.levels().back().size();
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking rows,
      Booking::Take(context, AnswerBytes(graph->size(), most_communities) +
                                 LevelBytes(options.levels ? level_count : 0, graph->size())));
  Communities answer(input, *graph, context);
  LIANJIE_RETURN_IF_ERROR(answer.Compose(levels.levels(), options.levels));
  LIANJIE_ASSIGN_OR_RETURN(const std::optional<double> modularity,
                           Modularity(*graph, strengths, answer.community(), answer.count(),
                                      options.resolution, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::int64_t disconnected,
                           CountDisconnected(*graph, answer.community(), answer.count(), context));
  AnalysisResult result = std::move(answer).Take();
  result.summary.emplace_back("modularity", ModularityValue(modularity));
  result.summary.emplace_back("level_count", static_cast<std::int64_t>(level_count));
  result.summary.emplace_back("disconnected_count", disconnected);
  if (options.weight != "none")
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  if (missing > 0)
    result.warnings.push_back(MissingWeightWarning(options.weight, missing, missing_weight));
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
}

}  // namespace

absl::Status LouvainOptions::Validate() const {
  if (!(resolution >= 0 && resolution <= 1e6))
    return InvalidField("resolution", Cat(resolution, " is not from 0 to 1e6"));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunLouvain(const AnalysisInput& input, const LouvainOptions& options,
                                          RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

// How far communities shrink the graph is not known before: here by half of the arcs, and to few
// communities. A graph without structure takes up to twice as much, one of villages less. Few have
// more than five levels.
std::uint64_t EstimateLouvainBytes(const AnalysisInput& input, const LouvainOptions& options) {
  const std::uint64_t nodes = input.snapshot().node_count();
  const std::uint64_t links = input.snapshot().link_count();
  const std::uint64_t moving =
      LocalMoving<Projection>::Bytes(nodes, MostLinksOfANode(input.snapshot()));
  const std::uint64_t merging =
      2 * nodes * sizeof(std::uint32_t) + Merging<Projection>::Bytes(nodes / 4, links);
  const std::uint64_t answer =
      AnswerBytes(nodes, nodes / 8) + LevelBytes(options.levels ? 5 : 0, nodes);
  return Projection::EstimateBytes(input.snapshot(), CommunitySpec(options.weight)) +
         LastingBytes(nodes) + std::max({moving, merging, answer});
}

}  // namespace lianjie
