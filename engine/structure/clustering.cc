#include "engine/structure/clustering.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/runtime/rows.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kClusteringGrain = 256;
// Rows that are summed together. Part of the mean's last bits: never to depend on the machine.
constexpr std::size_t kSummedRows = 16384;
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

// What a thread needs to find the common neighbours of one vertex with many others: its list as
// bits, to be asked without a branch that could be foretold wrongly, and where in the list each
// stands.
class Marks {
 public:
  explicit Marks(std::uint32_t vertices)
      : bits_(std::size_t{vertices} / 64 + 1, 0), place_(vertices) {}
  static std::uint64_t Bytes(std::uint64_t vertices) {
    return (vertices / 64 + 1) * sizeof(std::uint64_t) + vertices * sizeof(std::uint32_t);
  }

  // The list of the vertex whose turn it is.
  void Set(List list) {
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      bits_[list[i] / 64] |= std::uint64_t{1} << (list[i] % 64);
      place_[list[i]] = i;
    }
    hits_.assign(list.size(), 0);
  }
  void Clear(List list) {
    for (const std::uint32_t v : list) bits_[v / 64] = 0;
  }

  // How many of `others` are in the list; each of those counts a hit.
  std::uint32_t Meet(List others) {
    if (found_.size() < others.size()) found_.resize(others.size());
    std::uint32_t* const found = found_.data();
    std::uint32_t count = 0;
    for (const std::uint32_t v : others) {
      found[count] = v;
      count += static_cast<std::uint32_t>(bits_[v / 64] >> (v % 64)) & 1;
    }
    for (std::uint32_t i = 0; i < count; ++i) ++hits_[place_[found[i]]];
    return count;
  }
  // The same where `others` is much longer than the list.
  std::uint32_t Search(List list, List others) {
    std::uint32_t count = 0;
    auto from = others.begin();
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      from = std::lower_bound(from, others.end(), list[i]);
      if (from == others.end()) break;
      if (*from != list[i]) continue;
      ++hits_[i];
      ++count;
    }
    return count;
  }

  // By place in the list.
  std::span<std::uint32_t> hits() { return hits_; }

 private:
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> place_;  // of those with a bit
  std::vector<std::uint32_t> hits_;
  std::vector<std::uint32_t> found_;
};

class Triangles {
 public:
  Triangles(const Projection& graph, RunContext& context)
      : graph_(graph),
        context_(context),
        offsets_(std::size_t{graph.size()} + 1, 0),
        marks_([&graph] { return Marks(graph.size()); }) {}

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

  bool CountFrom(std::uint32_t v, std::vector<std::int64_t>& counts, Poller& poller) {
    const List ahead = Ahead(v);
    if (ahead.size() < 2) return !poller.Tick();
    const auto add = [&counts](std::uint32_t w, std::int64_t triangles) {
      if (triangles == 0) return;
      std::atomic_ref<std::int64_t>(counts[w]).fetch_add(triangles, std::memory_order_relaxed);
    };
    Marks& marks = marks_.local();
    marks.Set(ahead);
    std::int64_t of_v = 0;
    for (std::uint32_t i = 0; i < ahead.size(); ++i) {
      const List further = Ahead(ahead[i]);
      const bool lopsided = further.size() > kLopsided * ahead.size();
      if (poller.Tick(static_cast<std::int64_t>(lopsided ? ahead.size() : further.size())))
        return false;
      const std::uint32_t met = lopsided ? marks.Search(ahead, further) : marks.Meet(further);
      marks.hits()[i] += met;
      of_v += met;
    }
    for (std::uint32_t i = 0; i < ahead.size(); ++i) add(ahead[i], marks.hits()[i]);
    add(v, of_v);
    marks.Clear(ahead);
    return !poller.Tick(static_cast<std::int64_t>(ahead.size()));
  }

  const Projection& graph_;
  RunContext& context_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> targets_;
  tbb::enumerable_thread_specific<Marks> marks_;
};

// Each undirected link is in one list; a row is node, score, triangles, neighbours.
std::uint64_t OwnBytes(std::uint64_t vertices, std::uint64_t links, std::uint64_t threads) {
  return vertices * sizeof(std::uint64_t) + links * sizeof(std::uint32_t) +
         std::min(threads, vertices / kClusteringGrain + 1) * Marks::Bytes(vertices) +
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
  table.column(1).numbers.resize(rows);
  table.column(2).integers.assign(rows, 0);
  table.column(3).integers.resize(rows);
  return table;
}

// Fills in what follows from the triangles, and the figures of the whole.
absl::StatusOr<AnalysisResult> Answer(const Projection& graph, Table table, RunContext& context) {
  struct Figures {
    std::int64_t corners = 0;
    std::int64_t pairs = 0;
    double sum = 0;
  };
  std::vector<Figures> parts((std::size_t{graph.size()} + kSummedRows - 1) / kSummedRows);
  table.column(0).indices = graph.Nodes();
  LIANJIE_RETURN_IF_ERROR(ForEachRows(
      graph.size(), kSummedRows, context, [&](std::size_t begin, std::size_t end, Poller&) {
        Figures part;
        for (std::size_t v = begin; v != end; ++v) {
          const auto degree =
              static_cast<std::int64_t>(graph.neighbours(static_cast<std::uint32_t>(v)).size());
          const std::int64_t possible = degree * (degree - 1) / 2;
          const std::int64_t triangles = table.column(2).integers[v];
          const double score =
              possible == 0 ? 0.0 : static_cast<double>(triangles) / static_cast<double>(possible);
          table.column(1).numbers[v] = score;
          table.column(3).integers[v] = degree;
          part.corners += triangles;
          part.pairs += possible;
          part.sum += score;
        }
        parts[begin / kSummedRows] = part;
      }));
  std::int64_t corners = 0;
  std::int64_t pairs = 0;
  double sum = 0;
  for (const Figures& part : parts) {
    corners += part.corners;
    pairs += part.pairs;
    sum += part.sum;
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
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking booking,
      Booking::Take(context, OwnBytes(graph->size(), graph->arc_count() / 2,
                                      static_cast<std::uint64_t>(context.threads()))));
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
         OwnBytes(input.snapshot().node_count(), input.snapshot().link_count(),
                  static_cast<std::uint64_t>(RunContext::MachineThreads()));
}

}  // namespace lianjie
