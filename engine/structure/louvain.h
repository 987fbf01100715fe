// Communities by the method of Louvain: nodes move to the neighbouring community where modularity
// gains most, then communities become the nodes of a smaller graph, and so on.
//
// Meaning. On the undirected multigraph (directions ignored), the communities are sought for which
// the modularity of modularity.h is large: parallel links add up, a self-loop counts twice in its
// node's strength and 2m is the sum of all strengths. A node without weight is a community of its
// own. Modularity has many good partitions that differ; this is one of them, always the same for a
// graph, its options and its seed, and never worse than every node by itself, from which it starts.
//
// Method. Local moving with a queue: the nodes wait in the graph's order (or shuffled by `seed`); a
// node that moves calls back those of its neighbours that are not with it now. Moves must gain more
// than rounding could pretend, so that each raises modularity and the process ends; of communities
// that gain the same the one that began at the earlier node wins. Then each community becomes a
// vertex: links between two add up, those inside become a self-loop, and the next level begins,
// until none moves. Moving is sequential (a move changes what the next one sees); strengths,
// merging and modularity are parallel, and no sum depends on the number of threads.
//
// A known flaw of the method is that a node may leave and part those it joined: communities then do
// not hang together. They are not repaired but counted, in disconnected_count.
//
// Sources: V. D. Blondel, J.-L. Guillaume, R. Lambiotte and E. Lefebvre, "Fast unfolding of
// communities in large networks", Journal of Statistical Mechanics P10008, 2008; the queue and the
// flaw: V. A. Traag, L. Waltman and N. J. van Eck, "From Louvain to Leiden: guaranteeing
// well-connected communities", Scientific Reports 9, 2019.
#ifndef LIANJIE_ENGINE_STRUCTURE_LOUVAIN_H_
#define LIANJIE_ENGINE_STRUCTURE_LOUVAIN_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct LouvainOptions {
  std::string weight = "none";  // column of weights; not negative
  double resolution = 1.0;      // gamma, from 0 to 1e6: the larger, the smaller the communities
  std::int64_t seed = 0;        // of the order in which nodes move; 0: the graph's own
  bool levels = false;          // a column for the communities of each level

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, component (the least id in
// the node's community), and if asked level_1, level_2 ... (the same of each level; the last is
// component). Summary: node_count, component_count, largest_size, single_count, modularity (null
// without weight), level_count, disconnected_count (communities that do not hang together), and
// with a weight links_without_weight. Errors: INVALID_FIELD (options; a negative weight, naming the
// link), CANCELLED, DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. O(n + m) a pass in practice, a few passes
// a level; progress in visits of nodes, as they are found. The same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunLouvain(const AnalysisInput& input, const LouvainOptions& options,
                                          RunContext& context);

std::uint64_t EstimateLouvainBytes(const AnalysisInput& input, const LouvainOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_STRUCTURE_LOUVAIN_H_
