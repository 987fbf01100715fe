// Harmonic centrality, exact: the sum, over all other nodes, of 1 / distance, where a node that is
// not reached counts 0.
//
// Meaning. FORWARD takes the distances from the node along links, REVERSE those from others to it,
// UNDIRECTED links both ways. Unlike closeness it needs no rule for nodes that are not reached.
// Unnormalised unless asked; normalised by the number of other nodes, n - 1. A node that reaches no
// other scores 0. Parallel links are merged into one (with weights, the shortest), self-loops are
// ignored. Weights are lengths and must be positive.
//
// Method: distance_sums.h. Terms of nodes equally near are added at once, count / distance, the
// nearest first.
//
// Sources: M. Marchiori and V. Latora, "Harmony in the small-world", Physica A 285, 2000; P. Boldi
// and S. Vigna, "Axioms for centrality", Internet Mathematics 10, 2014.
#ifndef LIANJIE_ENGINE_CENTRALITY_HARMONIC_H_
#define LIANJIE_ENGINE_CENTRALITY_HARMONIC_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct HarmonicOptions {
  Direction direction = Direction::kForward;
  std::string weight = "none";  // "none": every link is 1 long; else a link column, positive
  double missing_weight = 1.0;  // length of a link on which the column is not known; positive
  bool normalized = false;

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, score. Summary: node_count,
// searched_count (nodes that were searched from; the others see the graph as one of them does or
// reach nothing), largest_score, sum_score, and with a weight links_without_weight. Errors:
// INVALID_FIELD (options; a weight that is not positive, naming the link), CANCELLED,
// DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. O(n m) at most, weighted O(n m + n m log n); progress in
// nodes. Parallel; the same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunHarmonic(const AnalysisInput& input,
                                           const HarmonicOptions& options, RunContext& context);

std::uint64_t EstimateHarmonicBytes(const AnalysisInput& input, const HarmonicOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_HARMONIC_H_
