// Eigenvector centrality: a node's score is in proportion to the sum of the scores of those that
// lead to it.
//
// Meaning. With A the matrix of weights (source, target), FORWARD is the left eigenvector of its
// greatest eigenvalue (a node is as good as those that lead to it, as in PageRank), REVERSE the
// right one, UNDIRECTED that of A + A'. Scaled so that the greatest score is 1. Parallel links add
// up; a self-loop adds to its own node, UNDIRECTED twice. In a graph that is not connected a part
// whose own greatest eigenvalue is less than that of another has scores of 0, and of several parts
// that share it each gets what the start, all scores alike, leads to. A graph without a cycle of
// positive weight has no eigenvalue but 0: all scores are 0, and a warning says so.
//
// Method. x' = (A + s I) x, scaled, from scores that are all alike. The shift s keeps the
// eigenvectors and makes the iteration converge on bipartite graphs too, whose least eigenvalue is
// as far from 0 as the greatest: a quarter of the eigenvalue as it is known, which costs other
// graphs little. It is estimated by the geometric mean of the growth of the last two steps, which
// on a bipartite graph swings about the truth. Stops when no score changes by more than the
// tolerance. Where several cycles in a row share the greatest eigenvalue it converges slowly, and
// says so. Sums in blocks of fixed size: the same bits at any number of threads.
//
// Sources: P. Bonacich, "Factoring and weighting approaches to status scores and clique
// identification", Journal of Mathematical Sociology 2, 1972; shifts: G. H. Golub and C. F. Van
// Loan, "Matrix computations", Baltimore 1983, chapter 7.
#ifndef LIANJIE_ENGINE_CENTRALITY_EIGENVECTOR_H_
#define LIANJIE_ENGINE_CENTRALITY_EIGENVECTOR_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct EigenvectorOptions {
  Direction direction = Direction::kForward;
  std::string weight = "none";  // column by which links count; not negative
  int iterations = 1000;        // most iterations; at least 1
  double tolerance = 1e-10;     // greatest change of a score at which it stops; > 0

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, score. Summary: node_count,
// iterations, error (the last change, the greatest of a node), converged, eigenvalue, sum_score,
// and with a weight links_without_weight. A warning when it has not converged or there is no cycle.
// Errors: INVALID_FIELD (options; a negative weight, naming the link), CANCELLED,
// DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. O(n + m) an iteration; progress in iterations. Parallel; the
// same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunEigenvector(const AnalysisInput& input,
                                              const EigenvectorOptions& options,
                                              RunContext& context);

std::uint64_t EstimateEigenvectorBytes(const AnalysisInput& input,
                                       const EigenvectorOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_EIGENVECTOR_H_
