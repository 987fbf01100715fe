// Points and bridges: the single nodes and the single links that hold the graph together.
//
// Meaning. On the undirected multigraph (directions ignored): a node is a point of articulation
// when its component falls apart without it, a link is a bridge when its component falls apart
// without it. Parallel links, also one each way, stand in for each other and are no bridges;
// self-loops are ignored. What a point cuts off is the nodes that are then no longer with the
// largest of the parts that are left (itself not counted); what a bridge cuts off is the smaller of
// its two sides. The blocks (biconnected components) are the largest sets of links any two of which
// lie on a common cycle; a bridge is a block of its own. A point lies in two blocks or more, any
// other node in one, or in none if it has no link but self-loops.
//
// Method. One depth-first search after Hopcroft and Tarjan, with a stack of its own in place of
// recursion: a chain of a million firms must not need a stack of a million calls. A vertex passes
// over the one link that it was reached by, not over the vertex, so that a parallel link counts as
// a way back. Below each vertex the search sums the subtrees that nothing but the vertex ties to
// the rest; with the size of the component, known when its root is done, that gives what is cut
// off.
//
// Source: J. Hopcroft and R. Tarjan, "Algorithm 447: Efficient algorithms for graph manipulation",
// Communications of the ACM 16, 1973.
#ifndef LIANJIE_ENGINE_STRUCTURE_ARTICULATION_H_
#define LIANJIE_ENGINE_STRUCTURE_ARTICULATION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct ArticulationOptions {
  absl::Status Validate() const { return absl::OkStatus(); }
};

// Table, the points in the Snapshot's order of nodes, then the bridges in its order of links: node
// (null for a bridge), link (null for a point), kind (POINT, BRIDGE), block_count (blocks that the
// point lies in; null for a bridge), cut_off_count (nodes). Summary: node_count, point_count,
// bridge_count, block_count, largest_cut_off_count. Errors: CANCELLED, DEADLINE_EXCEEDED,
// MEMORY_EXHAUSTED. O(n + m), and sorting what is found; progress in nodes. Sequential.
absl::StatusOr<AnalysisResult> RunArticulation(const AnalysisInput& input,
                                               const ArticulationOptions& options,
                                               RunContext& context);

std::uint64_t EstimateArticulationBytes(const AnalysisInput& input,
                                        const ArticulationOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_STRUCTURE_ARTICULATION_H_
