#include "engine/centrality/k_core.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/paths/arcs.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr std::uint64_t kProgress = 4096;

ProjectionSpec SpecOf(const KCoreOptions& options) {
  ProjectionSpec spec;
  spec.direction = Opposite(options.direction);
  spec.self_loops = false;
  // Without a column to keep the least of, kMin merges and stores no weights.
  if (!options.count_parallel) spec.parallel = ProjectionSpec::Parallel::kMin;
  return spec;
}

class Peeling {
 public:
  Peeling(const Projection& graph, RunContext& context)
      : graph_(graph),
        context_(context),
        poller_(context),
        degree_(graph.size(), 0),
        order_(graph.size()),
        place_(graph.size()) {}

  absl::Status Run() {
    if (!CountDegrees()) return context_.Check();
    const std::uint32_t most = graph_.size() == 0 ? 0 : *std::ranges::max_element(degree_);
    // Degrees of distinct neighbours are below the number of nodes, which is booked.
    LIANJIE_ASSIGN_OR_RETURN(
        const Booking booking,
        Booking::Take(context_, most < graph_.size() ? 0 : most * sizeof(std::uint32_t)));
    SortByDegree(most);
    for (std::uint32_t at = 0; at < order_.size(); ++at) {
      if (!Remove(order_[at])) return context_.Check();
      if ((at + 1) % kProgress == 0) context_.AddCompleted(kProgress);
    }
    return absl::OkStatus();
  }

  // After Run the core numbers, by vertex.
  const std::vector<std::uint32_t>& cores() const { return degree_; }

 private:
  bool CountDegrees() {
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      for (const std::uint32_t target : graph_.neighbours(v)) {
        if (poller_.Tick()) return false;
        ++degree_[target];
      }
    }
    return true;
  }

  // Counting sort; start_[d] is the place of the first vertex in the order whose degree is d.
  void SortByDegree(std::uint32_t most) {
    start_.assign(std::size_t{most} + 2, 0);
    for (const std::uint32_t degree : degree_) ++start_[std::size_t{degree} + 1];
    for (std::size_t d = 1; d < start_.size(); ++d) start_[d] += start_[d - 1];
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      place_[v] = start_[degree_[v]]++;
      order_[place_[v]] = v;
    }
    for (std::size_t d = start_.size() - 1; d > 0; --d) start_[d] = start_[d - 1];
    start_[0] = 0;
  }

  // What v, the least, has left is its core number; those that counted it and have more lose one.
  bool Remove(std::uint32_t v) {
    if (poller_.Tick()) return false;
    const std::uint32_t core = degree_[v];
    for (const std::uint32_t u : graph_.neighbours(v)) {
      if (poller_.Tick()) return false;
      const std::uint32_t degree = degree_[u];
      if (degree <= core) continue;
      const std::uint32_t first_place = start_[degree]++;
      const std::uint32_t first = order_[first_place];
      std::swap(order_[first_place], order_[place_[u]]);
      std::swap(place_[first], place_[u]);
      --degree_[u];
    }
    return true;
  }

  const Projection& graph_;
  RunContext& context_;
  Poller poller_;
  std::vector<std::uint32_t> degree_;
  std::vector<std::uint32_t> order_;  // by degree_, as far as it is not yet taken out
  std::vector<std::uint32_t> place_;  // of a vertex in order_
  std::vector<std::uint32_t> start_;
};

// Degrees, order, places and buckets, and the table.
std::uint64_t CoreBytes(std::uint64_t nodes) {
  return nodes * (4 * sizeof(std::uint32_t) + sizeof(NodeIndex) + sizeof(std::int64_t));
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const KCoreOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, SpecOf(options), context));
  const std::uint32_t n = graph->size();
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking, Booking::Take(context, CoreBytes(n)));
  context.SetTotal(n);
  Peeling peeling(*graph, context);
  LIANJIE_RETURN_IF_ERROR(peeling.Run());
  AnalysisResult result;
  result.table.AddColumn("node", ColumnType::kNode, "", "The node.");
  result.table.AddColumn("score", ColumnType::kInteger, options.count_parallel ? "links" : "nodes",
                         "Core number: the greatest k whose k-core the node belongs to.");
  std::vector<std::uint32_t>& nodes = result.table.column(0).indices;
  std::vector<std::int64_t>& scores = result.table.column(1).integers;
  nodes.reserve(n);
  scores.reserve(n);
  std::uint32_t degeneracy = 0;
  std::int64_t innermost = 0;
  Poller poller(context);
  for (std::uint32_t v = 0; v < n; ++v) {
    if (poller.Tick()) return context.Check();
    const std::uint32_t core = peeling.cores()[v];
    nodes.push_back(graph->ToNode(v));
    scores.push_back(core);
    if (core > degeneracy) innermost = 0;
    degeneracy = std::max(degeneracy, core);
    innermost += core == degeneracy ? 1 : 0;
  }
  result.summary = {{"node_count", static_cast<std::int64_t>(n)},
                    {"degeneracy", static_cast<std::int64_t>(degeneracy)},
                    {"innermost_count", innermost}};
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
}

}  // namespace

absl::StatusOr<AnalysisResult> RunKCore(const AnalysisInput& input, const KCoreOptions& options,
                                        RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateKCoreBytes(const AnalysisInput& input, const KCoreOptions& options) {
  return Projection::EstimateBytes(input.snapshot(), SpecOf(options)) +
         CoreBytes(input.snapshot().node_count());
}

}  // namespace lianjie
