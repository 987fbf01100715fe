// Betweenness, exact or sampled: for every node v the sum, over all ordered pairs (s, t) of other
// nodes, of the part of the shortest paths from s to t that pass v.
//
// Meaning. Paths are paths of nodes: parallel links are merged into one (with weights, the
// shortest), self-loops are ignored. UNDIRECTED counts each pair of nodes once. Ends of a path do
// not count. Weights are lengths and must be positive; two ways are equally long when their sums,
// added from the source on, are the same double. Unnormalised unless asked; normalised by the
// number of pairs of other nodes, (n - 1)(n - 2), or half of it when UNDIRECTED.
//
// Method. From each source a search counts the shortest paths to every node; then, from the
// farthest node back, the part of each that passes a node is summed from its successors: with c(w)
// = (1 + delta(w)) / sigma(w), delta(v) = sigma(v) * (sum of c over v's successors). Looking at
// successors instead of storing predecessors needs no memory by link. Sources are dealt out to a
// fixed number of lanes, a function of the number of nodes alone; a lane works through its sources
// in order, adding into scores of its own, and lanes are added in order at the end: the bits do not
// depend on how many threads share the lanes.
//
// Folding. UNDIRECTED without weights folds what the graph repeats before it searches, exactly, to
// about a twentieth of the work on a county (folded_betweenness.h). In a direction, sources that no
// link enters are searched from once for all that are alike (source_list.h). With weights and
// UNDIRECTED nothing is folded: lengths are added from the source on, and would round otherwise.
//
// Sampling. With `samples` or `epsilon`, scores are means over random shortest paths
// (sampled_betweenness.h), off by more than epsilon, as parts of all pairs, with a chance of delta
// at most for all nodes together (sampling_bound.h).
//
// Sources: U. Brandes, "A faster algorithm for betweenness centrality", Journal of Mathematical
// Sociology 25, 2001; L. C. Freeman, "A set of measures of centrality based on betweenness",
// Sociometry 40, 1977; successors: K. Madduri et al., "A faster parallel algorithm and efficient
// multithreaded implementations for evaluating betweenness centrality on massive datasets", IPDPS
// 2009.
#ifndef LIANJIE_ENGINE_CENTRALITY_BETWEENNESS_H_
#define LIANJIE_ENGINE_CENTRALITY_BETWEENNESS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct BetweennessOptions {
  Direction direction = Direction::kForward;
  std::string weight = "none";  // "none": every link is 1 long; else a link column, positive
  double missing_weight = 1.0;  // length of a link on which the column is not known; positive
  bool normalized = false;
  // Approximate when either is given: random shortest paths, this many or as many as bring the
  // error of every normalised score to epsilon at most with a chance of 1 - delta.
  std::uint64_t samples = 0;  // up to 2^40
  double epsilon = 0;         // 1e-6 up to, but not, 1
  double delta = 0.1;         // between 0 and 1
  std::uint64_t seed = 0;     // of the random numbers

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, score. Summary: node_count,
// largest_score, sum_score, exact; when sampled, samples, epsilon (of normalised scores),
// confidence and error_bound (epsilon in the units of the scores); with a weight
// links_without_weight. Errors: INVALID_FIELD (options;
// a weight that is not positive, naming the link), FAILED_PRECONDITION with LIMIT_EXCEEDED when two
// nodes have more than 1e300 shortest paths between them, CANCELLED, DEADLINE_EXCEEDED,
// MEMORY_EXHAUSTED. O(n m), weighted O(n m + n m log n); progress in sources, or samples. Parallel
// over sources; the same bytes at any number of threads. Cancel is looked for every few thousand
// arcs inside a source's search.
absl::StatusOr<AnalysisResult> RunBetweenness(const AnalysisInput& input,
                                              const BetweennessOptions& options,
                                              RunContext& context);

std::uint64_t EstimateBetweennessBytes(const AnalysisInput& input,
                                       const BetweennessOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_BETWEENNESS_H_
