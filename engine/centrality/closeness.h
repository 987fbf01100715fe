// Closeness, exact: how near a node is to those that it reaches, as 1 over its mean distance to
// them.
//
// Meaning. FORWARD takes the distances from the node along links, REVERSE those from others to it,
// UNDIRECTED links both ways. With r other nodes reached, their distances summing to s, and n nodes
// in all:
//   normalized (the default)  r / s, the inverse of the mean distance;
//   otherwise                 1 / s, as Sabidussi had it;
//   improved (the default)    that, times the part of the other nodes that is reached, r / (n - 1).
// The last is the rule for graphs in which not all nodes reach all others, after Wasserman and
// Faust: without it a node that reaches one neighbour alone is as close as can be. A node that
// reaches no other scores 0. In a connected graph `improved` changes nothing.
// Parallel links are merged into one (with weights, the shortest), self-loops are ignored. Weights
// are lengths and must be positive.
//
// Method: distance_sums.h.
//
// Sources: G. Sabidussi, "The centrality index of a graph", Psychometrika 31, 1966; L. C. Freeman,
// "Centrality in social networks: conceptual clarification", Social Networks 1, 1979; S. Wasserman
// and K. Faust, "Social network analysis", Cambridge 1994, section 5.3.
#ifndef LIANJIE_ENGINE_CENTRALITY_CLOSENESS_H_
#define LIANJIE_ENGINE_CENTRALITY_CLOSENESS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct ClosenessOptions {
  Direction direction = Direction::kForward;
  std::string weight = "none";  // "none": every link is 1 long; else a link column, positive
  double missing_weight = 1.0;  // length of a link on which the column is not known; positive
  bool normalized = true;
  bool improved = true;

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, score. Summary: node_count,
// searched_count (nodes that were searched from; the others see the graph as one of them does or
// reach nothing), largest_score, sum_score, and with a weight links_without_weight. Errors:
// INVALID_FIELD (options; a weight that is not positive, naming the link), CANCELLED,
// DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. O(n m) at most, weighted O(n m + n m log n); progress in
// nodes. Parallel; the same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunCloseness(const AnalysisInput& input,
                                            const ClosenessOptions& options, RunContext& context);

std::uint64_t EstimateClosenessBytes(const AnalysisInput& input, const ClosenessOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_CLOSENESS_H_
