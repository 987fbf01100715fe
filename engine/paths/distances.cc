#include "engine/paths/distances.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "engine/core/status.h"
#include "engine/paths/label_search.h"
#include "engine/paths/path_table.h"
#include "engine/paths/weights.h"
#include "engine/runtime/rows.h"

namespace lianjie {
namespace {

ProjectionSpec SpecOf(const DistancesOptions& options) {
  ProjectionSpec spec;
  spec.direction = options.direction;
  spec.weight = options.weight;
  if (options.weight != "none") spec.missing_weight = options.missing_weight;
  spec.parallel = ProjectionSpec::Parallel::kMin;
  spec.self_loops = false;
  return spec;
}

// Search and table, without the Projection.
std::uint64_t OwnBytes(std::uint64_t vertices, const DistancesOptions& options) {
  const bool many = options.sources.size() > 1;
  const std::uint64_t row = sizeof(NodeIndex) + sizeof(double) + sizeof(std::int64_t) + 1 +
                            (many ? sizeof(NodeIndex) : 0);
  return vertices * row + (options.weight == "none" ? EstimateBreadthFirstBytes(vertices, many)
                                                    : EstimateByDistanceBytes(vertices, many));
}

// The sources as nodes, by id, each once.
absl::StatusOr<std::vector<NodeIndex>> FindSources(const View& view,
                                                   const std::vector<std::string>& ids) {
  std::vector<NodeIndex> nodes;
  for (const std::string& id : ids) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeIndex node, FindNodeInside(view, "source", id));
    nodes.push_back(node);
  }
  const Snapshot& snapshot = view.snapshot();
  std::sort(nodes.begin(), nodes.end(), [&](NodeIndex a, NodeIndex b) {
    return CompareIds(snapshot.NodeId(a), snapshot.NodeId(b)) < 0;
  });
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

// Rows that are set and summed together. Part of the mean's last bits: never to depend on the
// machine.
constexpr std::uint32_t kRowsOfPart = 16384;

struct Figures {
  std::int64_t reached = 0;
  std::uint32_t most_hops = 0;
  double farthest = 0;
  double sum = 0;

  void Add(const Figures& other) {
    reached += other.reached;
    most_hops = std::max(most_hops, other.most_hops);
    farthest = std::max(farthest, other.farthest);
    sum += other.sum;
  }
};

// The table, filled part by part by any thread, and the figures of the summary.
class DistanceAnswer {
 public:
  DistanceAnswer(const Projection& graph, const std::vector<NodeIndex>& sources, std::string unit)
      : graph_(graph),
        sources_(sources),
        parts_((std::size_t{graph.size()} + kRowsOfPart - 1) / kRowsOfPart) {
    table_.AddColumn("node", ColumnType::kNode, "", "The node.");
    table_.AddColumn("distance", ColumnType::kNumber, std::move(unit),
                     "Length of the shortest way; null when unreached.");
    table_.AddColumn("hops", ColumnType::kInteger, "links",
                     "Links of the shortest way; null when unreached.");
    if (sources.size() > 1)
      table_.AddColumn("source", ColumnType::kNode, "", "The nearest source; null when unreached.");
    const std::uint32_t n = graph.size();
    table_.column(0).indices.resize(n);
    table_.column(1).numbers.resize(n);
    table_.column(2).integers.resize(n);
    table_.column(2).nulls.resize(n);
    if (sources.size() > 1) table_.column(3).indices.resize(n);
  }

  // The rows of [begin, end), with their part of the figures.
  template <typename DistanceOf>
  void Set(std::uint32_t begin, std::uint32_t end, const DistanceOf& distance_of,
           const std::vector<std::uint32_t>& hops, const std::vector<std::uint32_t>& nearest) {
    Figures figures;
    for (std::uint32_t v = begin; v < end; ++v) {
      const bool reached = hops[v] != kUnreached;
      table_.column(0).indices[v] = graph_.ToNode(v);
      table_.column(1).numbers[v] =
          reached ? distance_of(v) : std::numeric_limits<double>::quiet_NaN();
      table_.column(2).integers[v] = reached ? hops[v] : 0;
      table_.column(2).nulls[v] = reached ? 0 : 1;
      if (sources_.size() > 1)
        table_.column(3).indices[v] = reached ? sources_[nearest[v]] : kNoNode;
      if (reached) figures.Add({1, hops[v], distance_of(v), distance_of(v)});
    }
    parts_[begin / kRowsOfPart] = figures;
  }

  AnalysisResult Take() && {
    AnalysisResult result;
    const auto nodes = static_cast<std::int64_t>(graph_.size());
    Figures all;
    for (const Figures& part : parts_) all.Add(part);
    result.summary = {{"node_count", nodes},
                      {"source_count", static_cast<std::int64_t>(sources_.size())},
                      {"reached_count", all.reached},
                      {"unreached_count", nodes - all.reached},
                      {"farthest_distance", all.farthest},
                      {"farthest_hops", static_cast<std::int64_t>(all.most_hops)},
                      {"mean_distance", all.sum / static_cast<double>(all.reached)}};
    result.table = std::move(table_);
    return result;
  }

 private:
  const Projection& graph_;
  const std::vector<NodeIndex>& sources_;
  Table table_;
  std::vector<Figures> parts_;
};

absl::Status Search(const Projection& graph, const std::vector<std::uint32_t>& sources,
                    RunContext& context, DistanceAnswer& answer) {
  std::vector<double> distance;
  std::vector<std::uint32_t> hops;
  std::vector<std::uint32_t> nearest;
  const auto fill = [&](const auto& distance_of) {
    return ForEachRows(graph.size(), kRowsOfPart, context,
                       [&](std::size_t begin, std::size_t end, Poller&) {
                         answer.Set(static_cast<std::uint32_t>(begin),
                                    static_cast<std::uint32_t>(end), distance_of, hops, nearest);
                       });
  };
  if (graph.weighted()) {
    LIANJIE_RETURN_IF_ERROR(SearchByDistance(graph, sources, context, distance, hops, nearest));
    return fill([&](std::uint32_t v) { return distance[v]; });
  }
  LIANJIE_RETURN_IF_ERROR(SearchBreadthFirst(graph, sources, context, hops, nearest));
  return fill([&](std::uint32_t v) { return static_cast<double>(hops[v]); });
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const DistancesOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<NodeIndex> nodes,
                           FindSources(input.view, options.sources));
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t missing,
                           CheckWeights(input.view, options.weight, options.missing_weight,
                                        WeightRule::kNotNegative, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, SpecOf(options), context));
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, OwnBytes(graph->size(), options)));
  context.SetTotal(std::uint64_t{graph->size()} * (graph->weighted() ? 2 : 1));
  std::vector<std::uint32_t> sources;
  sources.reserve(nodes.size());
  for (const NodeIndex node : nodes) sources.push_back(graph->ToVertex(node));
  DistanceAnswer answer(*graph, nodes, WeightUnit(options.weight));
  const bool weighted = options.weight != "none";
  LIANJIE_RETURN_IF_ERROR(Search(*graph, sources, context, answer));
  AnalysisResult result = std::move(answer).Take();
  if (weighted)
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  if (missing > 0)
    result.warnings.push_back(
        MissingWeightWarning(options.weight, missing, options.missing_weight));
  // Vertices out of reach are done too.
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
}

}  // namespace

absl::Status DistancesOptions::Validate() const {
  if (sources.empty())
    return InvalidField("source", "needs the id of at least one node", Reason::kMissingField);
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, WeightRule::kNotNegative));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunDistances(const AnalysisInput& input,
                                            const DistancesOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateDistancesBytes(const AnalysisInput& input, const DistancesOptions& options) {
  return Projection::EstimateBytes(input.snapshot(), SpecOf(options)) +
         OwnBytes(input.snapshot().node_count(), options);
}

}  // namespace lianjie
