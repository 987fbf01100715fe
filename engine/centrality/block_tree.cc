// One depth-first search with a stack of its own. Whole numbers wrap at 2^64, and a component has
// less than 2^32 vertices, so sums and differences of squares come out exact.
#include "engine/centrality/block_tree.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kNoBlock = std::numeric_limits<std::uint32_t>::max();

class BlockFinder {
 public:
  BlockFinder(const Projection& graph, RunContext& context)
      : graph_(graph),
        poller_(context),
        found_(graph.size(), 0),
        low_(graph.size(), 0),
        next_(graph.size(), 0),
        block_of_(graph.size(), kNoBlock),
        squares_(graph.size(), 0) {
    tree_.hanging.assign(graph.size(), 1);
    tree_.scores.assign(graph.size(), 0.0);
    order_.reserve(graph.size());
  }

  // False when the run must end.
  bool Run() {
    for (std::uint32_t root = 0; root < graph_.size(); ++root) {
      if (poller_.Tick()) return false;
      if (found_[root] != 0 || graph_.arcs_begin(root) == graph_.arcs_end(root)) continue;
      const std::size_t first = order_.size();
      const std::uint32_t first_block = tree_.size();
      if (!Search(root) || !FinishComponent(first, first_block)) return false;
    }
    return Gather();
  }

  BlockTree Take() { return std::move(tree_); }

 private:
  void Enter(std::uint32_t v) {
    order_.push_back(v);
    found_[v] = low_[v] = static_cast<std::uint32_t>(order_.size());
    path_.push_back(v);
    open_.push_back(v);
  }

  bool Search(std::uint32_t root) {
    Enter(root);
    while (!path_.empty()) {
      if (poller_.Tick()) return false;
      const std::uint32_t v = path_.back();
      const std::uint64_t arc = graph_.arcs_begin(v) + next_[v];
      if (arc != graph_.arcs_end(v)) {
        ++next_[v];
        const std::uint32_t w = graph_.target(arc);
        if (found_[w] == 0) {
          Enter(w);
        } else if (path_.size() < 2 || w != path_[path_.size() - 2]) {
          low_[v] = std::min(low_[v], found_[w]);
        }
        continue;
      }
      path_.pop_back();
      if (path_.empty()) break;
      const std::uint32_t above = path_.back();
      low_[above] = std::min(low_[above], low_[v]);
      if (low_[v] >= found_[above]) Close(above, v);
    }
    open_.clear();
    return true;
  }

  // The block of `top` and of what is open down to its child.
  void Close(std::uint32_t top, std::uint32_t child) {
    const bool is_block = open_.back() != child;
    std::uint64_t branch = 0;
    while (true) {
      const std::uint32_t v = open_.back();
      open_.pop_back();
      branch += tree_.hanging[v];
      if (is_block) block_of_[v] = tree_.size();
      if (v == child) break;
    }
    tree_.hanging[top] += static_cast<std::uint32_t>(branch);
    squares_[top] += branch * branch;
    if (!is_block) return;
    tree_.tops.push_back(top);
    tree_.top_reach.push_back(branch);
  }

  // Now that its size is known.
  bool FinishComponent(std::size_t first, std::uint32_t first_block) {
    const std::uint64_t size = order_.size() - first;
    for (std::uint32_t b = first_block; b < tree_.size(); ++b)
      tree_.top_reach[b] = size - tree_.top_reach[b];
    for (std::size_t i = first; i < order_.size(); ++i) {
      if (poller_.Tick()) return false;
      const std::uint32_t v = order_[i];
      const std::uint64_t above = size - tree_.hanging[v];
      tree_.scores[v] = static_cast<double>((size - 1) * (size - 1) - squares_[v] - above * above);
    }
    return true;
  }

  // Vertices by block, ascending.
  bool Gather() {
    tree_.begin.assign(std::size_t{tree_.size()} + 1, 0);
    for (const std::uint32_t b : block_of_) {
      if (poller_.Tick()) return false;
      if (b != kNoBlock) ++tree_.begin[b + 1];
    }
    for (std::size_t b = 0; b < tree_.size(); ++b) tree_.begin[b + 1] += tree_.begin[b];
    tree_.vertices.resize(tree_.begin.back());
    std::vector<std::uint64_t> at(tree_.begin.begin(), tree_.begin.end() - 1);
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      if (poller_.Tick()) return false;
      if (block_of_[v] != kNoBlock) tree_.vertices[at[block_of_[v]]++] = v;
    }
    return true;
  }

  const Projection& graph_;
  Poller poller_;
  BlockTree tree_;
  std::vector<std::uint32_t> found_;     // 1 and up in the order of finding; 0: not found
  std::vector<std::uint32_t> low_;       // the earliest that is reached from below, by one arc
  std::vector<std::uint32_t> next_;      // arc to look at next
  std::vector<std::uint32_t> block_of_;  // the block in which the vertex is not the top
  std::vector<std::uint64_t> squares_;   // of the branches below, summed
  std::vector<std::uint32_t> order_, path_, open_;
};

}  // namespace

absl::StatusOr<BlockTree> FindBlocks(const Projection& graph, RunContext& context) {
  BlockFinder finder(graph, context);
  if (!finder.Run()) return context.Check();
  return finder.Take();
}

std::uint64_t BlockTree::EstimateBytes(std::uint64_t vertices) {
  // What stays (scores, hanging, vertices), what the search has (four numbers and a square, order
  // and two stacks), and blocks of three vertices at least.
  return vertices * (sizeof(double) + 2 * sizeof(std::uint32_t)) +
         vertices * (7 * sizeof(std::uint32_t) + sizeof(std::uint64_t)) + vertices * 14;
}

}  // namespace lianjie
