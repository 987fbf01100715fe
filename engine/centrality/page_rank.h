// PageRank: the part of the time that a walker spends at each node who follows links and at times
// starts anew.
//
// Meaning. At a node the walker follows, with the chance `damping`, one of the links in the
// direction asked for, chosen in proportion to its weight; otherwise it restarts, at any of the
// `sources` (all nodes when none are given), each alike. Parallel links add up; a self-loop is
// followed to where one is; UNDIRECTED takes every link both ways, a self-loop twice. A node
// without a link of positive weight to follow is dangling: with REDISTRIBUTE its rank restarts,
// that is, it is spread as the restart is (over the sources, when they are given), and scores sum
// to 1; with DROP it is lost, scores sum to less than 1 and are not scaled up. (Libraries differ in
// this, and in whether they scale; hence the words.)
//
// Method. x' = (1 - d) t + d (A x + dangling(x) t), from x = t, until the change summed over nodes
// is at most the tolerance: the power iteration contracts by d a step, so the answer lies within
// error * d / (1 - d) of the fixed point. Every node gathers from those that lead to it, in the
// order of the Snapshot, and sums over nodes are taken in blocks of fixed size added in order: no
// bit depends on the number of threads. Where a node has its new rank it says at once what it
// will hand on in the next step, so that a step is one sweep and has one place for threads to wait
// at: 0.8 of the time of two on a Kronecker graph, 0.6 on the county, no gain on a power-law graph.
//
// Sources: L. Page, S. Brin, R. Motwani and T. Winograd, "The PageRank citation ranking", Stanford
// 1999; personalised: T. H. Haveliwala, "Topic-sensitive PageRank", WWW 2002; dangling nodes: A. N.
// Langville and C. D. Meyer, "Deeper inside PageRank", Internet Mathematics 1, 2004.
#ifndef LIANJIE_ENGINE_CENTRALITY_PAGE_RANK_H_
#define LIANJIE_ENGINE_CENTRALITY_PAGE_RANK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct PageRankOptions {
  enum class Dangling : std::uint8_t { kRedistribute, kDrop };

  Direction direction = Direction::kForward;
  std::string weight = "none";  // column in proportion to which links are chosen; not negative
  double damping = 0.85;        // chance to follow a link; 0 <= damping < 1
  int iterations = 1000;        // most iterations; at least 1
  double tolerance = 1e-10;     // change, summed over nodes, at which it stops; > 0
  Dangling dangling = Dangling::kRedistribute;
  std::vector<std::string> sources =
      {};  // ids to restart at; none: all nodes. Said twice counts once

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, score. Summary: node_count,
// iterations, error (the last change), error_bound, converged, sum_score, dangling_count, and with
// a weight links_without_weight. A warning when it has not converged. Errors: INVALID_FIELD
// (options; a negative weight, naming the link), NODE_NOT_FOUND, CANCELLED, DEADLINE_EXCEEDED,
// MEMORY_EXHAUSTED. O(n + m) an iteration; progress in iterations, of as many as the tolerance can
// ask for. Parallel; the same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunPageRank(const AnalysisInput& input,
                                           const PageRankOptions& options, RunContext& context);

std::uint64_t EstimatePageRankBytes(const AnalysisInput& input, const PageRankOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_PAGE_RANK_H_
