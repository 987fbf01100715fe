#include "engine/paths/delta_search.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <utility>

#include "engine/core/status.h"
#include "engine/paths/quad_heap.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kBuckets = 256;
constexpr std::size_t kWindowSamples = 1024;
constexpr std::uint32_t kWeightSamples = 1024;
constexpr double kStepOfLeastWeight = 0.25;
constexpr std::size_t kParallelVertices = 2048;  // in a bucket, that are worth other threads
constexpr std::size_t kDeltaGrain = 256;
constexpr std::uint64_t kMostLooks = 16;
constexpr std::size_t kVerticesAhead = 4;
constexpr std::uint64_t kAhead = 16;  // arcs whose ends are fetched before their turn
constexpr double kNever = std::numeric_limits<double>::infinity();

class DeltaSearch {
 public:
  DeltaSearch(const Projection& graph, RunContext& context, std::vector<double>& distance)
      : graph_(graph), context_(context), distance_(distance), relaxed_(graph.size(), -1.0) {}

  // False when the steps are of no use.
  absl::StatusOr<bool> Run(std::span<const std::uint32_t> sources) {
    least_step_ = LeastStep();
    Open(0, least_step_);
    for (const std::uint32_t v : sources) {
      distance_[v] = 0;
      locals_.local().buckets[0].push_back(v);
    }
    while (true) {
      LIANJIE_RETURN_IF_ERROR(RunWindow());
      if (looks_ > kMostLooks * (graph_.arc_count() + graph_.size())) return false;
      if (!NextWindow()) return true;
    }
  }

 private:
  struct Local {
    std::array<std::vector<std::uint32_t>, kBuckets> buckets;
    std::vector<std::uint32_t> later;  // beyond the window
    std::uint64_t looks = 0;
    std::uint64_t reached = 0;
  };

  double LeastStep() const {
    std::vector<double> least;
    const std::uint32_t stride = std::max(1u, graph_.size() / kWeightSamples);
    for (std::uint64_t v = 0; v < graph_.size(); v += stride) {
      const auto u = static_cast<std::uint32_t>(v);
      const std::uint64_t end = std::min(graph_.arcs_end(u), graph_.arcs_begin(u) + 256);
      double lowest = kNever;
      for (std::uint64_t arc = graph_.arcs_begin(u); arc != end; ++arc) {
        if (graph_.weight(arc) > 0) lowest = std::min(lowest, graph_.weight(arc));
      }
      if (lowest < kNever) least.push_back(lowest);
    }
    if (least.empty()) return 1.0;
    const auto middle = least.begin() + static_cast<std::ptrdiff_t>(least.size() / 2);
    std::nth_element(least.begin(), middle, least.end());
    return *middle * kStepOfLeastWeight;
  }

  void Open(double start, double step) {
    start_ = start;
    per_step_ = 1 / step;
  }

  // kBuckets: beyond the window. Never falls as the distance grows.
  std::uint32_t BucketOf(double distance) const {
    const double at = (distance - start_) * per_step_;
    if (!(at < kBuckets)) return kBuckets;
    return at > 0 ? static_cast<std::uint32_t>(at) : 0;
  }

  absl::Status RunWindow() {
    for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
      while (Take(bucket)) {
        if (frontier_.size() < kParallelVertices) {
          RelaxPart<false>(bucket, 0, frontier_.size());
        } else {
          context_.Parallel([&] {
            tbb::parallel_for(
                tbb::blocked_range<std::size_t>(0, frontier_.size(), kDeltaGrain),
                [&](const auto& range) { RelaxPart<true>(bucket, range.begin(), range.end()); },
                tbb::simple_partitioner());
          });
        }
        LIANJIE_RETURN_IF_ERROR(context_.Check());
        Count();
        if (looks_ > kMostLooks * (graph_.arc_count() + graph_.size())) return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

  // Moves a bucket of all threads to the frontier; false when it is empty.
  bool Take(std::uint32_t bucket) {
    frontier_.clear();
    for (Local& local : locals_) {
      std::vector<std::uint32_t>& from = local.buckets[bucket];
      if (from.empty()) continue;
      if (frontier_.empty()) {
        frontier_.swap(from);
      } else {
        frontier_.insert(frontier_.end(), from.begin(), from.end());
        from.clear();
      }
    }
    return !frontier_.empty();
  }

  void Count() {
    for (Local& local : locals_) {
      looks_ += std::exchange(local.looks, 0);
      context_.AddCompleted(std::exchange(local.reached, 0));
    }
  }

  template <bool kShared> void RelaxPart(std::uint32_t bucket, std::size_t begin, std::size_t end) {
    if (context_.Stopped()) return;
    Local& local = locals_.local();
    Poller poller(context_);
    for (std::size_t i = begin; i != end; ++i) {
      if (i + 2 * kVerticesAhead < end) graph_.PrefetchBounds(frontier_[i + 2 * kVerticesAhead]);
      if (i + kVerticesAhead < end) graph_.PrefetchArcs(frontier_[i + kVerticesAhead]);
      if (poller.Tick() || !Relax<kShared>(frontier_[i], bucket, local, poller)) return;
    }
  }

  template <bool kShared> static double Load(double& cell) {
    if constexpr (!kShared) return cell;
    return std::atomic_ref<double>(cell).load(std::memory_order_relaxed);
  }
  // Whether it was lowered here.
  template <bool kShared> static bool LowerDistance(double& cell, double seen, double value) {
    if constexpr (!kShared) {
      cell = value;
      return true;
    }
    std::atomic_ref<double> shared(cell);
    while (value < seen) {
      if (shared.compare_exchange_weak(seen, value, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  // False when the run must end.
  template <bool kShared>
  bool Relax(std::uint32_t u, std::uint32_t bucket, Local& local, Poller& poller) {
    const double distance = Load<kShared>(distance_[u]);
    const double before = Load<kShared>(relaxed_[u]);
    if (before == distance || BucketOf(distance) != bucket) return true;
    if constexpr (kShared) {
      // Of two threads that have met it one goes on.
      double expected = before;
      if (!std::atomic_ref<double>(relaxed_[u])
               .compare_exchange_strong(expected, distance, std::memory_order_relaxed))
        return true;
    } else {
      relaxed_[u] = distance;
    }
    if (before < 0) ++local.reached;
    const std::uint64_t end = graph_.arcs_end(u);
    local.looks += end - graph_.arcs_begin(u);
    // Whether an end is lowered cannot be foretold, so its distance had better be there already.
    const std::uint64_t soon = std::min(end, graph_.arcs_begin(u) + kAhead);
    for (std::uint64_t arc = graph_.arcs_begin(u); arc != soon; ++arc)
      __builtin_prefetch(&distance_[graph_.target(arc)]);
    for (std::uint64_t arc = graph_.arcs_begin(u); arc != end; ++arc) {
      if (poller.Tick()) return false;
      if (arc + kAhead < end) __builtin_prefetch(&distance_[graph_.target(arc + kAhead)]);
      const std::uint32_t v = graph_.target(arc);
      const double next = distance + graph_.weight(arc);
      const double seen = Load<kShared>(distance_[v]);
      if (!(next < seen) || !LowerDistance<kShared>(distance_[v], seen, next)) continue;
      const std::uint32_t to = BucketOf(next);
      (to < kBuckets ? local.buckets[to] : local.later).push_back(v);
    }
    return true;
  }

  // False when nothing waits. The window is made so wide that an eighth of what waits falls into
  // its first half, but no narrower than the steps ask for.
  bool NextWindow() {
    frontier_.clear();
    for (Local& local : locals_) {
      for (const std::uint32_t v : local.later) {
        if (relaxed_[v] != distance_[v]) frontier_.push_back(v);
      }
      local.later.clear();
    }
    if (frontier_.empty()) return false;
    looks_ += frontier_.size();
    double start = kNever;
    for (const std::uint32_t v : frontier_) start = std::min(start, distance_[v]);
    std::vector<double> sample;
    const std::size_t stride = std::max<std::size_t>(1, frontier_.size() / kWindowSamples);
    for (std::size_t i = 0; i < frontier_.size(); i += stride)
      sample.push_back(distance_[frontier_[i]]);
    const auto eighth = sample.begin() + static_cast<std::ptrdiff_t>(sample.size() / 8);
    std::nth_element(sample.begin(), eighth, sample.end());
    Open(start, std::max(least_step_, (*eighth - start) / (kBuckets / 2)));
    Local& local = locals_.local();
    for (const std::uint32_t v : frontier_) {
      const std::uint32_t to = BucketOf(distance_[v]);
      (to < kBuckets ? local.buckets[to] : local.later).push_back(v);
    }
    return true;
  }

  const Projection& graph_;
  RunContext& context_;
  std::vector<double>& distance_;
  std::vector<double> relaxed_;  // the distance with which its arcs were last looked at; -1: never
  std::vector<std::uint32_t> frontier_;
  tbb::enumerable_thread_specific<Local> locals_;
  double least_step_ = 1;
  double start_ = 0;
  double per_step_ = 1;
  std::uint64_t looks_ = 0;
};

// From the beginning; tells no progress.
absl::Status SearchWithHeap(const Projection& graph, std::span<const std::uint32_t> sources,
                            RunContext& context, std::vector<double>& distance) {
  std::fill(distance.begin(), distance.end(), kNever);
  QuadHeap<double> heap;
  heap.Reserve(graph.size());
  for (const std::uint32_t v : sources) {
    distance[v] = 0;
    heap.Lower(v, 0.0);
  }
  Poller poller(context);
  while (!heap.empty()) {
    const auto [least, u] = heap.Pop();
    if (poller.Tick(16)) return context.Check();
    for (std::uint64_t arc = graph.arcs_begin(u); arc != graph.arcs_end(u); ++arc) {
      if (poller.Tick()) return context.Check();
      const std::uint32_t v = graph.target(arc);
      const double next = least + graph.weight(arc);
      if (!(next < distance[v])) continue;
      distance[v] = next;
      heap.Lower(v, next);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SearchLeastDistances(const Projection& graph, std::span<const std::uint32_t> sources,
                                  RunContext& context, std::vector<double>& distance) {
  distance.assign(graph.size(), kNever);
  {
    DeltaSearch search(graph, context, distance);
    LIANJIE_ASSIGN_OR_RETURN(const bool done, search.Run(sources));
    if (done) return absl::OkStatus();
  }
  return SearchWithHeap(graph, sources, context, distance);
}

std::uint64_t EstimateLeastDistancesBytes(std::uint64_t vertices) {
  // When each was last relaxed, and places in buckets, which grow by doubling; or the heap.
  return std::max(vertices * (sizeof(double) + 3 * sizeof(std::uint32_t)),
                  QuadHeap<double>::EstimateBytes(vertices));
}

}  // namespace lianjie
