// The k shortest paths between two nodes, in order.
//
// Meaning. A path comes by no node twice, so cycles and self-loops are in none. Two paths are two
// when they differ in a link: parallel links make paths of their own, also where they are equally
// long. Paths are ordered by length, then number of links, then node ids in order from the source
// on, compared by CompareIds, then link ids in order. Lengths add up from the source on, in
// floating point, and are compared as they come out. A path from a node to itself has no link and
// is the only one.
//
// Method. J. Y. Yen, "Finding the k shortest loopless paths in a network", Management Science 17
// (1971): each path that is answered splits the paths that are left by where they leave it first
// and by what they must not take there, and the best of each part is found by one search
// (spur_search.h). E. L. Lawler, "A procedure for computing the k best solutions to discrete
// optimization problems and its application to the shortest path problem", Management Science 18
// (1972): a path only splits the part that it came from, so no part is searched twice and no path
// is found twice. No more candidates are kept than paths are wanted, and no search goes beyond the
// worst of as many as are.
#ifndef LIANJIE_ENGINE_PATHS_K_SHORTEST_PATHS_H_
#define LIANJIE_ENGINE_PATHS_K_SHORTEST_PATHS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct KShortestPathsOptions {
  std::string source = {};  // required
  std::string target = {};  // required
  int k = 10;               // how many; 1 to 10000
  Direction direction = Direction::kForward;
  std::string weight = "none";  // "none": every link is 1 long; else a link column, in its unit
  double missing_weight = 1.0;  // length of a link on which the column is not known; not negative

  absl::Status Validate() const;
};

// Table: path (from 1, in order), step, node, link, distance. Summary: path_count, exhausted (there
// are fewer than k), first_distance and last_distance (null without paths). Errors: INVALID_FIELD
// (options; a negative weight anywhere inside the view in the column `weight`, naming the link),
// NODE_NOT_FOUND, CANCELLED, DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. Reads the View alone. One search
// a node of each path: O(k n m log n) at worst, mostly far from it as searches go straight to the
// target. Sequential, deterministic.
absl::StatusOr<AnalysisResult> RunKShortestPaths(const AnalysisInput& input,
                                                 const KShortestPathsOptions& options,
                                                 RunContext& context);

// What searches of a million nodes and paths of a dozen nodes take; those that go further book more
// as they grow.
std::uint64_t EstimateKShortestPathsBytes(const AnalysisInput& input,
                                          const KShortestPathsOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_K_SHORTEST_PATHS_H_
