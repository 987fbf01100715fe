#include "engine/structure/clustering.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kClusteringGrain = 256;
// A list this many times as long as another is searched in and not walked through.
constexpr std::size_t kLopsided = 32;

ProjectionSpec ClusteringSpec() {
  ProjectionSpec spec;
  spec.direction = Direction::kUndirected;
  spec.parallel = ProjectionSpec::Parallel::kMin;
  spec.self_loops = false;
  return spec;
}

using List = std::span<const std::uint32_t>;

// Calls found(x) for each entry that two ascending lists share.
template <typename Found> void Intersect(List a, List b, const Found& found) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() > kLopsided * a.size()) {
    auto from = b.begin();
    for (const std::uint32_t x : a) {
      from = std::lower_bound(from, b.end(), x);
      if (from == b.end()) return;
      if (*from == x) found(x);
    }
    return;
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const std::uint32_t x = a[i];
    const std::uint32_t y = b[j];
    if (x == y) found(x);
    i += x <= y ? 1 : 0;
    j += y <= x ? 1 : 0;
  }
}

class Triangles {
 public:
  Triangles(const Projection& graph, RunContext& context)
      : graph_(graph), context_(context), offsets_(std::size_t{graph.size()} + 1, 0) {}

  // Adds to counts[v] the triangles that v lies on.
  absl::Status Count(std::vector<std::int64_t>& counts) {
    context_.SetTotal(2 * std::uint64_t{graph_.size()});
    LIANJIE_RETURN_IF_ERROR(Turn());
    return ForEach([&](std::uint32_t v, Poller& poller) { return CountFrom(v, counts, poller); });
  }

 private:
  std::uint32_t Degree(std::uint32_t v) const {
    return static_cast<std::uint32_t>(graph_.arcs_end(v) - graph_.arcs_begin(v));
  }
  bool LeadsTo(std::uint32_t v, std::uint32_t degree, std::uint32_t w) const {
    const std::uint32_t other = Degree(w);
    return degree < other || (degree == other && v < w);
  }
  List Ahead(std::uint32_t v) const {
    return {targets_.data() + offsets_[v], targets_.data() + offsets_[v + 1]};
  }

  template <typename Body> absl::Status ForEach(const Body& body, bool progress = true) {
    context_.Parallel([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::uint32_t>(0, graph_.size(), kClusteringGrain),
          [&](const auto& range) {
            Poller poller(context_);
            if (context_.Stopped()) return;
            for (std::uint32_t v = range.begin(); v != range.end(); ++v) {
              if (!body(v, poller)) return;
            }
            if (progress) context_.AddCompleted(range.size());
          },
          tbb::simple_partitioner());
    });
    return context_.Check();
  }

  // The lists of those ahead of each vertex.
  absl::Status Turn() {
    LIANJIE_RETURN_IF_ERROR(ForEach(
        [&](std::uint32_t v, Poller& poller) {
          const std::uint32_t degree = Degree(v);
          for (const std::uint32_t w : graph_.neighbours(v)) {
            if (poller.Tick()) return false;
            offsets_[v + 1] += LeadsTo(v, degree, w) ? 1 : 0;
          }
          return !poller.Tick();
        },
        false));
    std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
    targets_.resize(offsets_.back());
    return ForEach([&](std::uint32_t v, Poller& poller) {
      const std::uint32_t degree = Degree(v);
      std::uint64_t next = offsets_[v];
      for (const std::uint32_t w : graph_.neighbours(v)) {
        if (poller.Tick()) return false;
        if (LeadsTo(v, degree, w)) targets_[next++] = w;
      }
      return !poller.Tick();
    });
  }

  bool CountFrom(std::uint32_t v, std::vector<std::int64_t>& counts, Poller& poller) const {
    const auto add = [&counts](std::uint32_t w, std::int64_t triangles) {
      if (triangles == 0) return;
      std::atomic_ref<std::int64_t>(counts[w]).fetch_add(triangles, std::memory_order_relaxed);
    };
    const List ahead = Ahead(v);
    std::int64_t of_v = 0;
    for (const std::uint32_t u : ahead) {
      const List further = Ahead(u);
      if (poller.Tick(static_cast<std::int64_t>(ahead.size() + further.size()))) return false;
      std::int64_t of_u = 0;
      Intersect(ahead, further, [&](std::uint32_t w) {
        ++of_u;
        add(w, 1);
      });
      add(u, of_u);
      of_v += of_u;
    }
    add(v, of_v);
    return !poller.Tick();
  }

  const Projection& graph_;
  RunContext& context_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> targets_;
};

// Each undirected link is in one list; a row is node, score, triangles, neighbours.
std::uint64_t OwnBytes(std::uint64_t vertices, std::uint64_t links) {
  return vertices * sizeof(std::uint64_t) + links * sizeof(std::uint32_t) +
         vertices * (sizeof(NodeIndex) + sizeof(double) + 2 * sizeof(std::int64_t));
}

Table EmptyTable(std::uint32_t rows) {
  Table table;
  table.AddColumn("node", ColumnType::kNode, "", "The node.");
  table.AddColumn("score", ColumnType::kNumber, "",
                  "The part of the pairs of its neighbours that are neighbours of each other.");
  table.AddColumn("triangles", ColumnType::kInteger, "triangles",
                  "Triangles that the node lies on.");
  table.AddColumn("neighbours", ColumnType::kInteger, "nodes",
                  "Other nodes that links join to the node.");
  table.column(0).indices.resize(rows);
  table.column(1).numbers.resize(rows);
  table.column(2).integers.assign(rows, 0);
  table.column(3).integers.resize(rows);
  return table;
}

// Fills in what follows from the triangles, and the figures of the whole, in the order of vertices.
absl::StatusOr<AnalysisResult> Answer(const Projection& graph, Table table, RunContext& context) {
  std::int64_t corners = 0;
  std::int64_t pairs = 0;
  double sum = 0;
  Poller poller(context);
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    if (poller.Tick()) return context.Check();
    const auto degree = static_cast<std::int64_t>(graph.arcs_end(v) - graph.arcs_begin(v));
    const std::int64_t possible = degree * (degree - 1) / 2;
    const std::int64_t triangles = table.column(2).integers[v];
    const double score =
        possible == 0 ? 0.0 : static_cast<double>(triangles) / static_cast<double>(possible);
    table.column(0).indices[v] = graph.ToNode(v);
    table.column(1).numbers[v] = score;
    table.column(3).integers[v] = degree;
    corners += triangles;
    pairs += possible;
    sum += score;
  }
  AnalysisResult result;
  result.summary = {
      {"node_count", static_cast<std::int64_t>(graph.size())},
      {"triangle_count", corners / 3},
      {"transitivity",
       pairs == 0 ? 0.0 : static_cast<double>(corners) / static_cast<double>(pairs)},
      {"mean_score", graph.size() == 0 ? 0.0 : sum / static_cast<double>(graph.size())}};
  result.table = std::move(table);
  return result;
}

absl::StatusOr<AnalysisResult> ComputeClustering(const AnalysisInput& input, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, ClusteringSpec(), context));
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, OwnBytes(graph->size(), graph->arc_count() / 2)));
  Table table = EmptyTable(graph->size());
  LIANJIE_RETURN_IF_ERROR(Triangles(*graph, context).Count(table.column(2).integers));
  return Answer(*graph, std::move(table), context);
}

}  // namespace

absl::StatusOr<AnalysisResult> RunClustering(const AnalysisInput& input,
                                             const ClusteringOptions& options,
                                             RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return ComputeClustering(input, context); });
}

std::uint64_t EstimateClusteringBytes(const AnalysisInput& input, const ClusteringOptions&) {
  return Projection::EstimateBytes(input.snapshot(), ClusteringSpec()) +
         OwnBytes(input.snapshot().node_count(), input.snapshot().link_count());
}

}  // namespace lianjie
