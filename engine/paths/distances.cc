#include "engine/paths/distances.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "engine/core/status.h"
#include "engine/paths/label_search.h"
#include "engine/paths/path_table.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

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
                                                    : EstimateByDistanceBytes(vertices));
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

// Fills the table row by row and keeps the figures of the summary.
class Answer {
 public:
  Answer(const Projection& graph, const std::vector<NodeIndex>& sources, std::string unit)
      : graph_(graph), sources_(sources) {
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

  void Set(std::uint32_t v, const DistanceLabel& label) {
    const bool reached = label.hops != kUnreached;
    table_.column(0).indices[v] = graph_.ToNode(v);
    table_.column(1).numbers[v] =
        reached ? label.distance : std::numeric_limits<double>::quiet_NaN();
    table_.column(2).integers[v] = reached ? label.hops : 0;
    table_.column(2).nulls[v] = reached ? 0 : 1;
    if (sources_.size() > 1)
      table_.column(3).indices[v] = reached ? sources_[label.nearest] : kNoNode;
    if (!reached) return;
    ++reached_;
    sum_ += label.distance;
    farthest_ = std::max(farthest_, label.distance);
    most_hops_ = std::max(most_hops_, label.hops);
  }

  AnalysisResult Take() && {
    AnalysisResult result;
    const auto nodes = static_cast<std::int64_t>(graph_.size());
    result.summary = {{"node_count", nodes},
                      {"source_count", static_cast<std::int64_t>(sources_.size())},
                      {"reached_count", reached_},
                      {"unreached_count", nodes - reached_},
                      {"farthest_distance", farthest_},
                      {"farthest_hops", static_cast<std::int64_t>(most_hops_)},
                      {"mean_distance", sum_ / static_cast<double>(reached_)}};
    result.table = std::move(table_);
    return result;
  }

 private:
  const Projection& graph_;
  const std::vector<NodeIndex>& sources_;
  Table table_;
  std::int64_t reached_ = 0;
  std::uint32_t most_hops_ = 0;
  double farthest_ = 0;
  double sum_ = 0;
};

// Gives every vertex's label to the answer.
template <typename LabelOf>
absl::Status Fill(const Projection& graph, RunContext& context, Answer& answer,
                  const LabelOf& label_of) {
  Poller poller(context);
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    if (poller.Tick()) return context.Check();
    answer.Set(v, label_of(v));
  }
  return absl::OkStatus();
}

absl::Status Search(const Projection& graph, const std::vector<std::uint32_t>& sources,
                    bool weighted, RunContext& context, Answer& answer) {
  if (weighted) {
    std::vector<DistanceLabel> labels;
    LIANJIE_RETURN_IF_ERROR(SearchByDistance(graph, sources, context, labels));
    return Fill(graph, context, answer, [&](std::uint32_t v) { return labels[v]; });
  }
  std::vector<std::uint32_t> hops;
  std::vector<std::uint32_t> nearest;
  LIANJIE_RETURN_IF_ERROR(SearchBreadthFirst(graph, sources, context, hops, nearest));
  return Fill(graph, context, answer, [&](std::uint32_t v) {
    return DistanceLabel{static_cast<double>(hops[v]), hops[v], nearest.empty() ? 0 : nearest[v]};
  });
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
  context.SetTotal(graph->size());
  std::vector<std::uint32_t> sources;
  sources.reserve(nodes.size());
  for (const NodeIndex node : nodes) sources.push_back(graph->ToVertex(node));
  Answer answer(*graph, nodes, WeightUnit(options.weight));
  const bool weighted = options.weight != "none";
  LIANJIE_RETURN_IF_ERROR(Search(*graph, sources, weighted, context, answer));
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
