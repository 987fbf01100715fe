#include "engine/structure/weak_components.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/graph/inside_marks.h"
#include "engine/runtime/rows.h"
#include "engine/structure/component_table.h"

namespace lianjie {
namespace {

constexpr std::size_t kWeakGrain = 4096;

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

// Links that each node joins by before the largest component is guessed.
constexpr LinkIndex kRounds = 2;
constexpr std::uint32_t kSamples = 1024;

class Joining {
 public:
  Joining(const Snapshot& snapshot, const InsideMarks& marks, RunContext& context)
      : snapshot_(snapshot), marks_(marks), context_(context), sets_(snapshot.node_count()) {}

  // The least node of each node's component, by node.
  absl::StatusOr<std::vector<std::uint32_t>> Run() {
    for (LinkIndex round = 0; round < kRounds; ++round) {
      LIANJIE_RETURN_IF_ERROR(ForEachNode([&](NodeIndex n, Poller& poller) {
        const LinkIndex l = snapshot_.out_begin(n) + round;
        if (l < snapshot_.out_end(n)) Join(n, snapshot_.links().target[l], l);
        return !poller.Tick();
      }));
    }
    LIANJIE_RETURN_IF_ERROR(Flatten());
    const std::uint32_t largest = GuessLargest();
    LIANJIE_RETURN_IF_ERROR(ForEachNode([&](NodeIndex n, Poller& poller) {
      return sets_.Find(n) == largest ? !poller.Tick() : JoinAll(n, poller);
    }));
    LIANJIE_RETURN_IF_ERROR(Flatten());
    return std::move(sets_).Take();
  }

 private:
  void Join(NodeIndex n, NodeIndex other, LinkIndex l) {
    if (marks_.Link(l)) sets_.Join(n, other);
  }

  // By the links that are left, either way: what is passed over at one end is seen at the other.
  bool JoinAll(NodeIndex n, Poller& poller) {
    const LinkColumns& links = snapshot_.links();
    for (LinkIndex l = snapshot_.out_begin(n) + kRounds; l < snapshot_.out_end(n); ++l) {
      if (poller.Tick()) return false;
      Join(n, links.target[l], l);
    }
    for (const LinkIndex l : snapshot_.in_links(n)) {
      if (poller.Tick()) return false;
      Join(n, links.source[l], l);
    }
    return !poller.Tick();
  }

  // Every node straight below its root.
  absl::Status Flatten() {
    return ForEachNode([&](NodeIndex n, Poller& poller) {
      const std::uint32_t root = sets_.Find(n);
      std::atomic_ref<std::uint32_t>(sets_.cell(n)).store(root, std::memory_order_relaxed);
      return !poller.Tick();
    });
  }

  // The root that most of a sample have. Any would be right: the answer does not depend on it.
  std::uint32_t GuessLargest() {
    std::vector<std::uint32_t> roots;
    const std::uint32_t n = snapshot_.node_count();
    const std::uint32_t step = std::max(1u, n / kSamples);
    for (std::uint64_t v = 0; v < n; v += step)
      roots.push_back(sets_.Find(static_cast<std::uint32_t>(v)));
    std::sort(roots.begin(), roots.end());
    std::uint32_t largest = 0;
    std::size_t most = 0;
    for (std::size_t begin = 0, end = 0; begin < roots.size(); begin = end) {
      while (end < roots.size() && roots[end] == roots[begin]) ++end;
      if (end - begin <= most) continue;
      most = end - begin;
      largest = roots[begin];
    }
    return largest;
  }

  template <typename Body> absl::Status ForEachNode(const Body& body) {
    return ForEachRows(snapshot_.node_count(), kWeakGrain, context_,
                       [&](std::size_t begin, std::size_t end, Poller& poller) {
                         for (std::size_t n = begin; n != end; ++n) {
                           if (!body(static_cast<NodeIndex>(n), poller)) return;
                         }
                         context_.AddCompleted(end - begin);
                       });
  }

  const Snapshot& snapshot_;
  const InsideMarks& marks_;
  RunContext& context_;
  UnionFind sets_;
};

absl::StatusOr<AnalysisResult> ComputeWeak(const AnalysisInput& input, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const Snapshot& snapshot = input.snapshot();
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, EstimateWeakComponentsBytes(input, {})));
  context.SetTotal((kRounds + 3) * std::uint64_t{snapshot.node_count()});
  LIANJIE_ASSIGN_OR_RETURN(const InsideMarks marks, MarkInside(input.view, context));
  LIANJIE_ASSIGN_OR_RETURN(std::vector<std::uint32_t> root,
                           Joining(snapshot, marks, context).Run());
  LIANJIE_ASSIGN_OR_RETURN(std::vector<NodeIndex> nodes,
                           marks.Nodes(snapshot.node_count(), context));
  const std::size_t groups = root.size();
  if (nodes.size() != root.size()) {
    for (std::size_t row = 0; row < nodes.size(); ++row) root[row] = root[nodes[row]];
  }
  return ComponentAnswer(input.snapshot(), std::move(nodes), root, groups, context);
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
  return nodes * sizeof(std::uint32_t) + EstimateInsideMarksBytes(input.view) +
         EstimateComponentAnswerBytes(nodes);
}

}  // namespace lianjie
