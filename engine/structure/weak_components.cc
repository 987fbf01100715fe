#include "engine/structure/weak_components.h"

#include <atomic>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/paths/nodes_inside.h"
#include "engine/runtime/work.h"
#include "engine/structure/component_table.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::size_t kGrain = 1024;

class UnionFind {
 public:
  explicit UnionFind(std::uint32_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), 0u);
  }

  // May be called from any thread.
  void Join(std::uint32_t a, std::uint32_t b) {
    while (true) {
      a = Find(a);
      b = Find(b);
      if (a == b) return;
      if (a < b) std::swap(a, b);
      std::uint32_t expected = a;
      if (Cell(a).compare_exchange_strong(expected, b, std::memory_order_relaxed)) return;
    }
  }

  std::uint32_t Find(std::uint32_t v) {
    std::uint32_t parent = Cell(v).load(std::memory_order_relaxed);
    while (parent != v) {
      const std::uint32_t above = Cell(parent).load(std::memory_order_relaxed);
      // Losing this race to another thread's halving costs a step, never an answer.
      if (above != parent) Cell(v).compare_exchange_weak(parent, above, std::memory_order_relaxed);
      v = above;
      parent = Cell(v).load(std::memory_order_relaxed);
    }
    return v;
  }

  // Each element's root, the smallest of its set; called when no thread joins any more.
  std::vector<std::uint32_t> Take() && { return std::move(parent_); }
  std::uint32_t& cell(std::uint32_t v) { return parent_[v]; }

 private:
  std::atomic_ref<std::uint32_t> Cell(std::uint32_t v) {
    return std::atomic_ref<std::uint32_t>(parent_[v]);
  }

  std::vector<std::uint32_t> parent_;
};

template <typename Body>
absl::Status ForEachNode(const Snapshot& snapshot, RunContext& context, const Body& body) {
  context.Parallel([&] {
    tbb::parallel_for(
        tbb::blocked_range<NodeIndex>(0, snapshot.node_count(), kGrain),
        [&](const auto& range) {
          Poller poller(context);
          if (context.Stopped()) return;
          for (NodeIndex n = range.begin(); n != range.end(); ++n) {
            if (!body(n, poller)) return;
          }
          context.AddCompleted(range.size());
        },
        tbb::simple_partitioner());
  });
  return context.Check();
}

absl::StatusOr<AnalysisResult> ComputeWeak(const AnalysisInput& input, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const Snapshot& snapshot = input.snapshot();
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, EstimateWeakComponentsBytes(input, {})));
  context.SetTotal(2 * std::uint64_t{snapshot.node_count()});
  UnionFind sets(snapshot.node_count());
  LIANJIE_RETURN_IF_ERROR(ForEachNode(snapshot, context, [&](NodeIndex n, Poller& poller) {
    for (LinkIndex l = snapshot.out_begin(n); l != snapshot.out_end(n); ++l) {
      if (poller.Tick()) return false;
      if (input.view.LinkInside(l)) sets.Join(n, snapshot.links().target[l]);
    }
    return true;
  }));
  // Flattening: every element straight below its root.
  LIANJIE_RETURN_IF_ERROR(ForEachNode(snapshot, context, [&](NodeIndex n, Poller& poller) {
    const std::uint32_t root = sets.Find(n);
    std::atomic_ref<std::uint32_t>(sets.cell(n)).store(root, std::memory_order_relaxed);
    return !poller.Tick();
  }));
  const std::vector<std::uint32_t> group = std::move(sets).Take();
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<NodeIndex> nodes, NodesInside(input.view, context));
  return ComponentAnswer(input.snapshot(), nodes, group, group.size(), context);
}

}  // namespace

absl::StatusOr<AnalysisResult> RunWeakComponents(const AnalysisInput& input,
                                                 const WeakComponentsOptions& options,
                                                 RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return ComputeWeak(input, context); });
}

std::uint64_t EstimateWeakComponentsBytes(const AnalysisInput& input,
                                          const WeakComponentsOptions&) {
  const std::uint64_t nodes = input.snapshot().node_count();
  return nodes * sizeof(std::uint32_t) + nodes * sizeof(NodeIndex) +
         EstimateComponentAnswerBytes(nodes);
}

}  // namespace lianjie
