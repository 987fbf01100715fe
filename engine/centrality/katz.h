// Katz centrality: the number of walks that end at a node, one of k links counting attenuation^k.
//
// Meaning. With A the matrix of weights (source, target), the solution of x = a A' x + b for
// FORWARD (a node gathers from those that lead to it), of x = a A x + b for REVERSE, and with
// A + A' for UNDIRECTED; b is the score that a node has by itself. Not scaled. Parallel links add
// up; a self-loop adds to its own node, UNDIRECTED twice.
//   The sum of walks has a limit only when the attenuation is below 1 / r, where r is the greatest
// eigenvalue (the spectral radius). A greater one is refused, naming the bound: its equation has a
// solution, but one that counts no walks. Bounds of r are computed before (spectral_bound.h), which
// hold for certain; an attenuation that they cannot tell from 1 / r is refused as well. Without one
// it is 0.85 / (the upper bound of r, which lies within a thousandth of r on most graphs); in a
// graph without a cycle of positive weight, where r is 0 and any attenuation has a limit, 0.85 /
// (the greatest sum of weights over which a node gathers), and 0.85 where there are no such links.
//
// Method. x' = a A' x + b from x = b: each step adds the walks of one link more, and lessens the
// error by a r in the end. Stops when no score changes by more than the tolerance times the
// greatest score. The same bits at any number of threads.
//
// Source: L. Katz, "A new status index derived from sociometric analysis", Psychometrika 18, 1953.
#ifndef LIANJIE_ENGINE_CENTRALITY_KATZ_H_
#define LIANJIE_ENGINE_CENTRALITY_KATZ_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct KatzOptions {
  Direction direction = Direction::kForward;
  std::string weight = "none";  // column by which links count; not negative
  std::optional<double> attenuation =
      std::nullopt;          // > 0; none: 0.85 of the greatest that has a limit
  double beta = 1.0;         // score of a node by itself; > 0
  int iterations = 1000;     // most iterations; at least 1
  double tolerance = 1e-10;  // change, in parts of the greatest score, at which it stops

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, score. Summary: node_count,
// attenuation, attenuation_limit (1 / the upper bound of the greatest eigenvalue, as near as was
// needed; null when there is no cycle), iterations, error (the last change, the greatest of a node,
// in parts of the greatest score), converged, sum_score, and with a weight links_without_weight. A
// warning when it has not converged. Errors: INVALID_FIELD (options; a negative weight, naming the
// link), FAILED_PRECONDITION with DIVERGES (attenuation, naming the limit; scores beyond the
// doubles), CANCELLED, DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. O(n + m) an iteration, of the bounds as
// well; progress in nodes times iterations. Parallel; the same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunKatz(const AnalysisInput& input, const KatzOptions& options,
                                       RunContext& context);

std::uint64_t EstimateKatzBytes(const AnalysisInput& input, const KatzOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_KATZ_H_
