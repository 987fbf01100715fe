#include "engine/paths/label_search.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/core/status.h"
#include "engine/paths/quad_heap.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

// Levels with fewer arcs are not worth waking other threads for: a long chain has as many levels as
// vertices.
constexpr std::uint64_t kParallelArcs = 1 << 15;
// Bottom-up when the frontier's arcs exceed the unexplored ones / kAlpha, back when it has shrunk
// below n / kBeta (Beamer et al.).
constexpr std::uint64_t kAlpha = 15;
constexpr std::uint64_t kBeta = 18;

std::uint32_t Load(std::uint32_t& cell) {
  return std::atomic_ref(cell).load(std::memory_order_relaxed);
}
void Store(std::uint32_t& cell, std::uint32_t value) {
  std::atomic_ref(cell).store(value, std::memory_order_relaxed);
}
bool Claim(std::uint32_t& cell, std::uint32_t expected, std::uint32_t value) {
  return std::atomic_ref(cell).compare_exchange_strong(expected, value, std::memory_order_relaxed);
}
void LowerTo(std::uint32_t& cell, std::uint32_t value) {
  std::atomic_ref<std::uint32_t> shared(cell);
  std::uint32_t seen = shared.load(std::memory_order_relaxed);
  while (value < seen && !shared.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

class BreadthFirst {
 public:
  BreadthFirst(const Projection& graph, std::span<const std::uint32_t> sources, RunContext& context,
               std::vector<std::uint32_t>& hops, std::vector<std::uint32_t>& nearest)
      : graph_(graph),
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
      frontier_arcs_ += Degree(sources[i]);
    }
    unexplored_arcs_ = graph.arc_count();
  }

  absl::Status Run() {
    const bool may_pull = graph_.spec().direction == Direction::kUndirected;
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
        ForEachPart(graph_.size(), 1024, true,
                    [this](std::size_t v, Local& local) { return Pull(v, local); });
      } else {
        ForEachPart(frontier_.size(), 64, frontier_arcs_ > kParallelArcs,
                    [this](std::size_t i, Local& local) { return Push(frontier_[i], local); });
      }
      LIANJIE_RETURN_IF_ERROR(context_.Check());
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

  std::uint64_t Degree(std::uint32_t v) const { return graph_.arcs_end(v) - graph_.arcs_begin(v); }

  // Calls body(i, local) for i in [0, size), here or in parallel, until it answers the end of the
  // run.
  template <typename Body>
  void ForEachPart(std::size_t size, std::size_t grain, bool parallel, const Body& body) {
    const auto run = [&](std::size_t begin, std::size_t end) {
      Local& local = locals_.local();
      if (context_.Stopped()) return;
      for (std::size_t i = begin; i != end; ++i) {
        if (!body(i, local)) return;
      }
    };
    if (!parallel) return run(0, size);
    context_.Parallel([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, size, grain),
          [&](const auto& range) { run(range.begin(), range.end()); }, tbb::simple_partitioner());
    });
  }

  // u, of this level, offers itself to its neighbours. False when the run must end.
  bool Push(std::uint32_t u, Local& local) {
    Poller poller(context_);
    for (const std::uint32_t v : graph_.neighbours(u)) {
      if (poller.Tick()) return false;
      const std::uint32_t seen = Load(hops_[v]);
      if (seen <= level_) continue;
      if (seen == kUnreached && Claim(hops_[v], kUnreached, level_ + 1)) {
        local.next.push_back(v);
        local.arcs += Degree(v);
      }
      if (many_) LowerTo(nearest_[v], nearest_[u]);
    }
    return true;
  }

  // v, if unreached, looks for a neighbour of this level.
  bool Pull(std::size_t vertex, Local& local) {
    const auto v = static_cast<std::uint32_t>(vertex);
    if (hops_[v] != kUnreached) return true;  // only v's own call writes it
    std::uint32_t first = kUnreached;
    bool found = false;
    Poller poller(context_);
    for (const std::uint32_t u : graph_.neighbours(v)) {
      if (poller.Tick()) return false;
      if (Load(hops_[u]) != level_) continue;
      found = true;
      if (!many_) break;
      first = std::min(first, nearest_[u]);
    }
    if (!found) return true;
    Store(hops_[v], level_ + 1);
    if (many_) nearest_[v] = first;
    local.next.push_back(v);
    local.arcs += Degree(v);
    return true;
  }

  void Collect() {
    frontier_.clear();
    frontier_arcs_ = 0;
    for (Local& local : locals_) {
      frontier_.insert(frontier_.end(), local.next.begin(), local.next.end());
      frontier_arcs_ += local.arcs;
      local.next.clear();
      local.arcs = 0;
    }
  }

  const Projection& graph_;
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
  return BreadthFirst(graph, sources, context, hops, nearest).Run();
}

absl::Status SearchByDistance(const Projection& graph, std::span<const std::uint32_t> sources,
                              RunContext& context, std::vector<DistanceLabel>& labels) {
  labels.assign(graph.size(), DistanceLabel{});
  QuadHeap<DistanceLabel> heap;
  heap.Reserve(graph.size());
  for (std::uint32_t i = 0; i < sources.size(); ++i) {
    labels[sources[i]] = {0.0, 0, i};
    heap.Lower(sources[i], labels[sources[i]]);
  }
  Poller poller(context);
  std::uint64_t settled = 0;
  while (!heap.empty()) {
    const auto [label, u] = heap.Pop();
    if ((++settled & 0xfff) == 0) context.AddCompleted(0x1000);
    if (poller.Tick(16)) return context.Check();
    for (std::uint64_t arc = graph.arcs_begin(u); arc != graph.arcs_end(u); ++arc) {
      if (poller.Tick()) return context.Check();
      const std::uint32_t v = graph.target(arc);
      const DistanceLabel next{label.distance + graph.weight(arc), label.hops + 1, label.nearest};
      if (!(next < labels[v])) continue;
      labels[v] = next;
      heap.Lower(v, next);
    }
  }
  context.AddCompleted(settled & 0xfff);
  return absl::OkStatus();
}

std::uint64_t EstimateBreadthFirstBytes(std::uint64_t vertices, bool many_sources) {
  // Labels, and the frontier as found by threads and as one; vectors grow by doubling.
  return vertices * sizeof(std::uint32_t) * (many_sources ? 6 : 5);
}

std::uint64_t EstimateByDistanceBytes(std::uint64_t vertices) {
  return vertices * sizeof(DistanceLabel) + QuadHeap<DistanceLabel>::EstimateBytes(vertices);
}

}  // namespace lianjie
