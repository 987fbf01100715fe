#include "engine/centrality/k_core.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/paths/arcs.h"
#include "engine/runtime/rows.h"
#include "tbb/enumerable_thread_specific.h"

namespace lianjie {
namespace {

constexpr std::size_t kCoreRows = 4096;
constexpr std::size_t kPeelRows = 128;
constexpr std::uint64_t kParallelPeel = 4096;  // vertices at once that are worth other threads

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
      : graph_(graph), context_(context), degree_(graph.size(), 0), left_(graph.size()) {
    std::iota(left_.begin(), left_.end(), 0u);
  }

  absl::Status Run() {
    LIANJIE_RETURN_IF_ERROR(CountDegrees());
    while (!left_.empty()) {
      LIANJIE_RETURN_IF_ERROR(TakeLeast());
      while (!frontier_.empty()) {
        context_.AddCompleted(frontier_.size());
        LIANJIE_RETURN_IF_ERROR(RemoveFrontier());
      }
    }
    return absl::OkStatus();
  }

  // After Run the core numbers, by vertex.
  const std::vector<std::uint32_t>& cores() const { return degree_; }

 private:
  absl::Status CountDegrees() {
    const bool both_ways = graph_.spec().direction == Direction::kUndirected;
    return ForEachRows(
        graph_.size(), kCoreRows, context_,
        [&](std::size_t begin, std::size_t end, Poller& poller) {
          for (std::size_t i = begin; i != end; ++i) {
            const auto v = static_cast<std::uint32_t>(i);
            if (poller.Tick()) return;
            if (both_ways) {
              degree_[v] = static_cast<std::uint32_t>(graph_.neighbours(v).size());
              continue;
            }
            for (const std::uint32_t target : graph_.neighbours(v)) {
              if (poller.Tick()) return;
              std::atomic_ref(degree_[target]).fetch_add(1, std::memory_order_relaxed);
            }
          }
        });
  }

  // The least degree that is left becomes the level, and those that have it the frontier. What is
  // left at a level has at least that many arcs each, so that all these passes look at no more
  // vertices than there are arcs.
  absl::Status TakeLeast() {
    Poller poller(context_);
    std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
    std::size_t kept = 0;
    for (const std::uint32_t v : left_) {  // degrees up to the level are core numbers
      if (poller.Tick()) return context_.Check();
      if (is_first_ || degree_[v] > level_) {
        left_[kept++] = v;
        least = std::min(least, degree_[v]);
      }
    }
    left_.resize(kept);
    is_first_ = false;
    level_ = least;
    for (const std::uint32_t v : left_) {
      if (poller.Tick()) return context_.Check();
      if (degree_[v] == level_) frontier_.push_back(v);
    }
    return absl::OkStatus();
  }

  absl::Status RemoveFrontier() {
    if (frontier_.size() < kParallelPeel) {
      Poller poller(context_);
      RemovePart<false>(0, frontier_.size(), poller);
      if (context_.Stopped()) return context_.Check();
    } else {
      LIANJIE_RETURN_IF_ERROR(ForEachRows(frontier_.size(), kPeelRows, context_,
                                          [this](std::size_t begin, std::size_t end, Poller& p) {
                                            RemovePart<true>(begin, end, p);
                                          }));
    }
    frontier_.clear();
    for (std::vector<std::uint32_t>& found : found_) {
      if (frontier_.empty()) {
        frontier_.swap(found);
      } else {
        frontier_.insert(frontier_.end(), found.begin(), found.end());
      }
      found.clear();
    }
    return absl::OkStatus();
  }

  // Those that counted one that goes, and have more than the level left, lose one each.
  template <bool kShared> void RemovePart(std::size_t begin, std::size_t end, Poller& poller) {
    std::vector<std::uint32_t>& found = found_.local();
    for (std::size_t i = begin; i != end; ++i) {
      if (i + 8 < end) graph_.PrefetchBounds(frontier_[i + 8]);
      if (i + 4 < end) graph_.PrefetchArcs(frontier_[i + 4]);
      if (poller.Tick()) return;
      for (const std::uint32_t u : graph_.neighbours(frontier_[i])) {
        if (poller.Tick()) return;
        if (Lower<kShared>(degree_[u]) == level_ + 1) found.push_back(u);
      }
    }
  }

  // What the cell was before, if it was above the level and has lost one; else 0.
  template <bool kShared> std::uint32_t Lower(std::uint32_t& cell) {
    if constexpr (!kShared) {
      if (cell <= level_) return 0;
      return cell--;
    }
    std::atomic_ref shared(cell);
    std::uint32_t seen = shared.load(std::memory_order_relaxed);
    while (seen > level_) {
      if (shared.compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed)) return seen;
    }
    return 0;
  }

  const Projection& graph_;
  RunContext& context_;
  std::vector<std::uint32_t> degree_;    // what is left of it, until it is the core number
  std::vector<std::uint32_t> left_;      // vertices without a core number, and others yet to go
  std::vector<std::uint32_t> frontier_;  // those that go now
  tbb::enumerable_thread_specific<std::vector<std::uint32_t>> found_;
  std::uint32_t level_ = 0;
  bool is_first_ = true;
};

// Degrees, those left, the frontier as found by threads and as one, and the table.
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
