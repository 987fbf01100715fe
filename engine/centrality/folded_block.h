// A block of an undirected graph with its twins folded into one: vertices with the same neighbours
// (open twins) or with the same neighbours and each other (closed twins) have the same distances to
// all others and as many shortest paths, and no shortest path between others passes two of them. A
// class keeps how many they are and how many vertices hang at them. (A. E. Sariyüce et al.,
// "Shattering and compressing networks for betweenness centrality", SDM 2013.)
#ifndef LIANJIE_ENGINE_CENTRALITY_FOLDED_BLOCK_H_
#define LIANJIE_ENGINE_CENTRALITY_FOLDED_BLOCK_H_

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/centrality/block_tree.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"

namespace lianjie {

// Classes are numbered by their first members, members as in the block, its top last.
struct FoldedBlock {
  std::uint32_t size() const { return static_cast<std::uint32_t>(count.size()); }
  std::span<const std::uint32_t> neighbours(std::uint32_t c) const {
    return {targets.data() + offsets[c], targets.data() + offsets[c + 1]};
  }

  std::vector<std::uint32_t> class_of;  // by place in the block
  std::vector<std::uint32_t> offsets;   // by class and one more
  std::vector<std::uint32_t> targets;   // ascending, without the class itself
  std::vector<double> count;            // members
  std::vector<double> reach;            // vertices that hang at the members, they included
  // Ordered pairs of vertices that hang at two members which have no arc between them.
  std::vector<double> pairs;
};

// Folds one block after another of one graph. Not thread safe.
class BlockFolder {
 public:
  BlockFolder(const Projection& graph, const BlockTree& tree, RunContext& context)
      : graph_(graph),
        tree_(tree),
        context_(context),
        poller_(context),
        place_of_(graph.size(), kNone) {}

  // False when the run must end. O(m log m) in the block's size.
  bool Fold(std::uint32_t block, FoldedBlock& out);

  static std::uint64_t EstimateBytes(std::uint64_t vertices, std::uint64_t arcs);

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  bool ReadBlock(std::uint32_t block);
  template <typename F> bool ForEachInside(std::uint32_t block, const F& f);
  std::span<const std::uint32_t> Neighbours(std::uint32_t place) const {
    return {targets_.data() + offsets_[place], targets_.data() + offsets_[place + 1]};
  }
  bool AreTwins(std::uint32_t a, std::uint32_t b, bool closed) const;
  bool Group(bool closed);
  bool Merge(std::uint32_t block, FoldedBlock& out);

  const Projection& graph_;
  const BlockTree& tree_;
  RunContext& context_;
  Poller poller_;
  std::vector<std::uint32_t> place_of_;  // by vertex; kNone outside of the block
  std::vector<std::uint32_t> offsets_;   // arcs of the block, by place
  std::vector<std::uint32_t> targets_;
  std::vector<std::uint64_t> hash_;
  std::vector<std::uint32_t> by_hash_;
  std::vector<std::uint32_t> first_;  // by place: the first of its twins
  std::vector<std::uint8_t> closed_;  // by place: one of several closed twins
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_FOLDED_BLOCK_H_
