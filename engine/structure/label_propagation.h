// Communities by label propagation: every node takes the label that weighs most among its
// neighbours, until none changes.
//
// Meaning. On the undirected multigraph (directions ignored) every node begins with a label of its
// own. A node's label becomes the one with the largest sum of weights over its links: parallel
// links add up, each says what its other end has, and a self-loop says twice what the node has
// itself. A node without links of positive weight keeps its own.
//
// By default nodes are updated semi-synchronously: they are coloured so that no two neighbours have
// one colour, and the colours take turns. Of labels that weigh the same the node keeps its own if
// that is one of them, and takes the one that comes first in the graph's order otherwise. Each
// change then adds to the weight of the links whose ends agree, so the process ends; nodes of one
// colour do not see each other, so they are updated in parallel, and nothing depends on threads.
//
// SYNCHRONOUS is for comparison with published results: all nodes look at the labels of the
// iteration before, and of labels that weigh the same the least id wins, as LDBC Graphalytics
// (CDLP) has it; the column `label` is what it compares. It need not settle (two nodes that are
// joined swap labels for ever), hence the limit of iterations; labels may outlive their node's
// stay, and communities need not hang together.
//
// Method. Colours are given greedily in the graph's order. After the first iteration only nodes
// with a neighbour that changed are looked at.
//
// Sources: U. N. Raghavan, R. Albert and S. Kumara, "Near linear time algorithm to detect community
// structures in large-scale networks", Physical Review E 76, 2007; semi-synchronous: G. Cordasco
// and L. Gargano, "Community detection via semi-synchronous label propagation algorithms", BASNA
// 2010; synchronous: A. Iosup et al., "LDBC Graphalytics", VLDB 9, 2016.
#ifndef LIANJIE_ENGINE_STRUCTURE_LABEL_PROPAGATION_H_
#define LIANJIE_ENGINE_STRUCTURE_LABEL_PROPAGATION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct LabelPropagationOptions {
  std::string weight = "none";  // column that neighbours count by; not negative
  int iterations = 100;         // most iterations; at least 1
  bool synchronous = false;     // all nodes at once; ties to the least id

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, component (the least id in
// the node's community: of all nodes with its label), label (the node that the label was of).
// Summary: node_count, component_count, largest_size, single_count, iterations, converged,
// modularity (null without weight), and with a weight links_without_weight. A warning when it has
// not converged. Errors: INVALID_FIELD (options; a negative weight, naming the link), CANCELLED,
// DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. O(n + m) an iteration; progress in nodes, of the iterations
// up to the present one. Parallel; the same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunLabelPropagation(const AnalysisInput& input,
                                                   const LabelPropagationOptions& options,
                                                   RunContext& context);

std::uint64_t EstimateLabelPropagationBytes(const AnalysisInput& input,
                                            const LabelPropagationOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_STRUCTURE_LABEL_PROPAGATION_H_
