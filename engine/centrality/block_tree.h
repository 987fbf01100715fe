// The blocks (maximal parts that no single vertex cuts) of an undirected graph, and how many
// vertices hang outside of a block at each of its vertices. What lies in different branches of a
// cut vertex is joined through it alone, so those pairs are counted in whole numbers; every other
// pair that a vertex lies between is seen inside one block, where a vertex stands for all that hang
// at it.
//
// Sources: J. Hopcroft and R. Tarjan, "Algorithm 447: efficient algorithms for graph manipulation",
// CACM 16, 1973; R. Puzis et al., "Heuristics for speeding up betweenness centrality computation",
// SocialCom 2012.
#ifndef LIANJIE_ENGINE_CENTRALITY_BLOCK_TREE_H_
#define LIANJIE_ENGINE_CENTRALITY_BLOCK_TREE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct BlockTree {
  // Blocks of three vertices and more; a block of two is one arc, with nothing between its ends.
  std::uint32_t size() const { return static_cast<std::uint32_t>(tops.size()); }
  std::uint32_t TopOf(std::uint32_t block) const { return tops[block]; }
  // Of the vertices of a block without its top.
  std::uint64_t ReachOf(std::uint32_t vertex) const { return hanging[vertex]; }

  std::vector<std::uint64_t> begin{0};   // by block and one more, into `vertices`
  std::vector<std::uint32_t> vertices;   // of each block but its top, ascending
  std::vector<std::uint32_t> tops;       // the vertex of each block at which it hangs
  std::vector<std::uint64_t> top_reach;  // by block: vertices outside of it that hang at its top
  std::vector<std::uint32_t> hanging;    // by vertex: itself and what hangs below it
  std::vector<double> scores;  // by vertex: ordered pairs in different branches of the vertex

  static std::uint64_t EstimateBytes(std::uint64_t vertices);
};

// `graph` is UNDIRECTED, without parallel arcs or self-loops. Serial, O(n + m). Errors: CANCELLED,
// DEADLINE_EXCEEDED.
absl::StatusOr<BlockTree> FindBlocks(const Projection& graph, RunContext& context);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_BLOCK_TREE_H_
