// Hubs and authorities: a node is a good authority when good hubs lead to it, and a good hub when
// it leads to good authorities.
//
// Meaning. With A the matrix of weights (source, target), authority is the limit of A'A and hub of
// AA' applied again and again to scores that are all alike: eigenvectors of the greatest eigenvalue
// (singular vectors of A), and where it has several, the ones that the start leads to. Both are
// scaled to sum to 1 over all nodes (L1). Parallel links add up; a self-loop makes its node hub and
// authority for itself. A node that no link of positive weight leads to has authority 0, one that
// leads nowhere has hub 0; in a graph without any such link all scores are 0.
//
// Method. Each iteration gathers hubs into authorities and these into hubs, and scales both. A'A
// has no negative eigenvalues, so that it converges always; each step lessens the error by the
// ratio of the second greatest eigenvalue to the greatest. Stops when the change of the
// authorities, summed over nodes, is at most the tolerance. Sums in blocks of fixed size: the same
// bits at any number of threads.
//
// Source: J. M. Kleinberg, "Authoritative sources in a hyperlinked environment", Journal of the ACM
// 46, 1999.
#ifndef LIANJIE_ENGINE_CENTRALITY_HITS_H_
#define LIANJIE_ENGINE_CENTRALITY_HITS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct HitsOptions {
  std::string weight = "none";  // column by which links count; not negative
  int iterations = 1000;        // most iterations; at least 1
  double tolerance = 1e-10;     // change of the authorities, summed, at which it stops; > 0

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, score (authority), hub.
// Summary: node_count, iterations, error (the last change), converged, singular_value (of the
// matrix of weights, the greatest), and with a weight links_without_weight. A warning when it has
// not converged. Errors: INVALID_FIELD (options; a negative weight, naming the link), CANCELLED,
// DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. O(n + m) an iteration; progress in iterations. Parallel; the
// same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunHits(const AnalysisInput& input, const HitsOptions& options,
                                       RunContext& context);

std::uint64_t EstimateHitsBytes(const AnalysisInput& input, const HitsOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_HITS_H_
