#include "engine/paths/label_search.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/paths/delta_search.h"
#include "engine/runtime/rows.h"
#include "tbb/enumerable_thread_specific.h"

namespace lianjie {
namespace {

// Levels with fewer arcs are not worth waking other threads for: a long chain has as many levels as
// vertices.
constexpr std::uint64_t kParallelArcs = 1 << 15;
// Bottom-up when the frontier's arcs exceed the unexplored ones / kAlpha, back when it has shrunk
// below n / kBeta (Beamer et al.).
constexpr std::uint64_t kAlpha = 15;
constexpr std::uint64_t kBeta = 18;
// Vertices whose arcs are fetched before their turn; their bounds twice as far ahead.
constexpr std::size_t kVerticesFetched = 4;
constexpr std::size_t kPullRows = 1024;
constexpr std::size_t kPushRows = 64;
constexpr std::uint32_t kTightBlock = 4096;  // vertices that are looked at together

std::uint32_t Load(std::uint32_t& cell) {
  return std::atomic_ref(cell).load(std::memory_order_relaxed);
}
void Store(std::uint32_t& cell, std::uint32_t value) {
  std::atomic_ref(cell).store(value, std::memory_order_relaxed);
}
bool Claim(std::uint32_t& cell, std::uint32_t expected, std::uint32_t value) {
  return std::atomic_ref(cell).compare_exchange_strong(expected, value, std::memory_order_relaxed);
}
void LowerCell(std::uint32_t& cell, std::uint32_t value) {
  std::atomic_ref<std::uint32_t> shared(cell);
  std::uint32_t seen = shared.load(std::memory_order_relaxed);
  while (value < seen && !shared.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

// The arcs by which a least distance comes about, distance[u] + weight == distance[target]: about
// one a vertex. They are found in one pass in the order of memory, which is a little cheaper (up to
// a tenth of a whole search by weight) than trying all arcs of a vertex when its turn comes.
class TightArcs {
 public:
  TightArcs(const Projection& graph, const std::vector<double>& distance)
      : graph_(graph),
        distance_(distance),
        begins_(graph.size()),
        blocks_((std::size_t{graph.size()} + kTightBlock - 1) / kTightBlock) {}

  absl::Status Find(RunContext& context) {
    return ForEachRows(graph_.size(), kTightBlock, context,
                       [this](std::size_t begin, std::size_t end, Poller& poller) {
                         for (std::size_t v = begin; v != end; ++v) {
                           if (!FindOf(static_cast<std::uint32_t>(v), poller)) return;
                         }
                       });
  }

  std::span<const std::uint32_t> neighbours(std::uint32_t v) const {
    const std::vector<std::uint32_t>& block = blocks_[v / kTightBlock];
    const std::size_t next = std::size_t{v} + 1;
    const bool last = next % kTightBlock == 0 || next == begins_.size();
    return {block.data() + begins_[v], block.data() + (last ? block.size() : begins_[next])};
  }
  void PrefetchBounds(std::uint32_t v) const { __builtin_prefetch(&begins_[v]); }
  void PrefetchArcs(std::uint32_t v) const {
    __builtin_prefetch(blocks_[v / kTightBlock].data() + begins_[v]);
  }
  static constexpr bool kMayPull = false;

  static std::uint64_t EstimateBytes(std::uint64_t vertices) {
    return vertices * 3 * sizeof(std::uint32_t);  // vectors grow by doubling
  }

 private:
  bool FindOf(std::uint32_t v, Poller& poller) {
    std::vector<std::uint32_t>& block = blocks_[v / kTightBlock];
    begins_[v] = static_cast<std::uint32_t>(block.size());
    if (poller.Tick()) return false;
    const double from = distance_[v];
    if (from == std::numeric_limits<double>::infinity()) return true;
    const std::uint64_t end = graph_.arcs_end(v);
    for (std::uint64_t arc = graph_.arcs_begin(v); arc != end; ++arc) {
      if (poller.Tick()) return false;
      const std::uint32_t target = graph_.target(arc);
      if (from + graph_.weight(arc) == distance_[target]) block.push_back(target);
    }
    return true;
  }

  const Projection& graph_;
  const std::vector<double>& distance_;
  std::vector<std::uint32_t> begins_;               // by vertex, in its block
  std::vector<std::vector<std::uint32_t>> blocks_;  // targets
};

// A Projection as BreadthFirst wants it.
struct AllArcs {
  static constexpr bool kMayPull = true;
  const Projection& graph;
  std::span<const std::uint32_t> neighbours(std::uint32_t v) const { return graph.neighbours(v); }
  void PrefetchBounds(std::uint32_t v) const { graph.PrefetchBounds(v); }
  void PrefetchArcs(std::uint32_t v) const { graph.PrefetchArcs(v); }
};

template <typename Arcs> class BreadthFirst {
 public:
  BreadthFirst(const Projection& graph, const Arcs& arcs, std::span<const std::uint32_t> sources,
               RunContext& context, std::vector<std::uint32_t>& hops,
               std::vector<std::uint32_t>& nearest)
      : graph_(graph),
        arcs_(arcs),
        context_(context),
        hops_(hops),
        nearest_(nearest),
        many_(sources.size() > 1) {
    hops_.assign(graph.size(), kUnreached);
    if (many_) nearest_.assign(graph.size(), kUnreached);
    for (std::uint32_t i = 0; i < sources.size(); ++i) {
      hops_[sources[i]] = 0;
      if (many_) nearest_[sources[i]] = i;
      frontier_.push_back(sources[i]);
      frontier_arcs_ += arcs_.neighbours(sources[i]).size();
    }
    unexplored_arcs_ = graph.arc_count();
  }

  absl::Status Run() {
    const bool may_pull = Arcs::kMayPull && graph_.spec().direction == Direction::kUndirected;
    bool pulling = false;
    while (!frontier_.empty()) {
      context_.AddCompleted(frontier_.size());
      unexplored_arcs_ -= std::min(unexplored_arcs_, frontier_arcs_);
      if (may_pull) {
        pulling = pulling ? frontier_.size() > graph_.size() / kBeta
                          : frontier_arcs_ > unexplored_arcs_ / kAlpha;
        pulling = pulling && frontier_arcs_ > kParallelArcs;
      }
      if (pulling) {
        LIANJIE_RETURN_IF_ERROR(PullLevel());
      } else {
        LIANJIE_RETURN_IF_ERROR(PushLevel());
      }
      Collect();
      ++level_;
    }
    return absl::OkStatus();
  }

 private:
  struct Local {
    std::vector<std::uint32_t> next;
    std::uint64_t arcs = 0;
  };

  absl::Status PullLevel() {
    return ForEachRows(graph_.size(), kPullRows, context_,
                       [this](std::size_t begin, std::size_t end, Poller& poller) {
                         Local& local = locals_.local();
                         for (std::size_t v = begin; v != end; ++v) {
                           if (!Pull(static_cast<std::uint32_t>(v), local, poller)) return;
                         }
                       });
  }

  absl::Status PushLevel() {
    if (frontier_arcs_ <= kParallelArcs) {
      Poller poller(context_);
      PushPart<false>(0, frontier_.size(), poller);
      return context_.Stopped() ? context_.Check() : absl::OkStatus();
    }
    return ForEachRows(frontier_.size(), kPushRows, context_,
                       [this](std::size_t begin, std::size_t end, Poller& poller) {
                         PushPart<true>(begin, end, poller);
                       });
  }

  // `kShared`: others push at the same time.
  template <bool kShared> void PushPart(std::size_t begin, std::size_t end, Poller& poller) {
    Local& local = locals_.local();
    for (std::size_t i = begin; i != end; ++i) {
      if (i + 2 * kVerticesFetched < end) arcs_.PrefetchBounds(frontier_[i + 2 * kVerticesFetched]);
      if (i + kVerticesFetched < end) arcs_.PrefetchArcs(frontier_[i + kVerticesFetched]);
      if (!Push<kShared>(frontier_[i], local, poller)) return;
    }
  }

  // u, of this level, offers itself to its neighbours. False when the run must end.
  template <bool kShared> bool Push(std::uint32_t u, Local& local, Poller& poller) {
    for (const std::uint32_t v : arcs_.neighbours(u)) {
      if (poller.Tick()) return false;
      const std::uint32_t seen = Load(hops_[v]);
      if (seen <= level_) continue;
      if constexpr (kShared) {
        if (seen == kUnreached && Claim(hops_[v], kUnreached, level_ + 1)) Take(v, local);
        if (many_) LowerCell(nearest_[v], nearest_[u]);
      } else {
        if (seen == kUnreached) {
          hops_[v] = level_ + 1;
          Take(v, local);
        }
        if (many_) nearest_[v] = std::min(nearest_[v], nearest_[u]);
      }
    }
    return true;
  }

  // v, if unreached, looks for a neighbour of this level.
  bool Pull(std::uint32_t v, Local& local, Poller& poller) {
    if (poller.Tick()) return false;
    if (hops_[v] != kUnreached) return true;  // only v's own call writes it
    std::uint32_t first = kUnreached;
    bool found = false;
    for (const std::uint32_t u : arcs_.neighbours(v)) {
      if (poller.Tick()) return false;
      if (Load(hops_[u]) != level_) continue;
      found = true;
      if (!many_) break;
      first = std::min(first, nearest_[u]);
    }
    if (!found) return true;
    Store(hops_[v], level_ + 1);
    if (many_) nearest_[v] = first;
    Take(v, local);
    return true;
  }

  void Take(std::uint32_t v, Local& local) {
    local.next.push_back(v);
    local.arcs += arcs_.neighbours(v).size();
  }

  void Collect() {
    frontier_.clear();
    frontier_arcs_ = 0;
    for (Local& local : locals_) {
      if (frontier_.empty()) {
        frontier_.swap(local.next);
      } else {
        frontier_.insert(frontier_.end(), local.next.begin(), local.next.end());
      }
      local.next.clear();
      frontier_arcs_ += std::exchange(local.arcs, 0);
    }
  }

  const Projection& graph_;
  const Arcs& arcs_;
  RunContext& context_;
  std::vector<std::uint32_t>& hops_;
  std::vector<std::uint32_t>& nearest_;
  const bool many_;
  std::vector<std::uint32_t> frontier_;
  std::uint64_t frontier_arcs_ = 0;
  std::uint64_t unexplored_arcs_ = 0;
  std::uint32_t level_ = 0;
  tbb::enumerable_thread_specific<Local> locals_;
};

}  // namespace

absl::Status SearchBreadthFirst(const Projection& graph, std::span<const std::uint32_t> sources,
                                RunContext& context, std::vector<std::uint32_t>& hops,
                                std::vector<std::uint32_t>& nearest) {
  const AllArcs arcs{graph};
  return BreadthFirst<AllArcs>(graph, arcs, sources, context, hops, nearest).Run();
}

absl::Status SearchByDistance(const Projection& graph, std::span<const std::uint32_t> sources,
                              RunContext& context, std::vector<double>& distance,
                              std::vector<std::uint32_t>& hops,
                              std::vector<std::uint32_t>& nearest) {
  LIANJIE_RETURN_IF_ERROR(SearchLeastDistances(graph, sources, context, distance));
  TightArcs tight(graph, distance);
  LIANJIE_RETURN_IF_ERROR(tight.Find(context));
  return BreadthFirst<TightArcs>(graph, tight, sources, context, hops, nearest).Run();
}

std::uint64_t EstimateBreadthFirstBytes(std::uint64_t vertices, bool many_sources) {
  // Labels, and the frontier as found by threads and as one; vectors grow by doubling.
  return vertices * sizeof(std::uint32_t) * (many_sources ? 6 : 5);
}

std::uint64_t EstimateByDistanceBytes(std::uint64_t vertices, bool many_sources) {
  return vertices * sizeof(double) +
         std::max(EstimateLeastDistancesBytes(vertices),
                  TightArcs::EstimateBytes(vertices) +
                      EstimateBreadthFirstBytes(vertices, many_sources));
}

}  // namespace lianjie
