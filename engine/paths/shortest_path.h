// The shortest path between two nodes: by number of links, or by the sum of a link column.
//
// Meaning. A path follows links in the direction asked for (FORWARD: from payer to payee, as money
// goes). Parallel links are alternatives, self-loops are never of use, a path from a node to itself
// has no link and length 0. Among paths of the least distance the one of fewest links is answered,
// among those the one whose node ids come first, compared from the source on by CompareIds, and of
// parallel links of equal weight the first id. So the answer is a function of the graph alone.
//
// Source: E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik
// 1 (1959), from both ends (two_sided.h).
#ifndef LIANJIE_ENGINE_PATHS_SHORTEST_PATH_H_
#define LIANJIE_ENGINE_PATHS_SHORTEST_PATH_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct ShortestPathOptions {
  std::string source = {};  // required
  std::string target = {};  // required
  Direction direction = Direction::kForward;
  std::string weight = "none";  // "none": every link is 1 long; else a link column, in its unit
  double missing_weight = 1.0;  // length of a link on which the column is not known; not negative

  absl::Status Validate() const;
};

// Table: path (always 1), step, node, link, distance; empty when there is no path. Summary: found,
// distance and hops (null when not found), visited_nodes. Errors: INVALID_FIELD (options; a
// negative weight anywhere inside the view in the column `weight`, naming the link),
// NODE_NOT_FOUND, CANCELLED, DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. Reads the View alone: time and
// memory grow with the links near the two nodes, O(m log n) at worst, and one sweep over the column
// `weight`, the only one that may hold negative numbers. Sequential, deterministic.
absl::StatusOr<AnalysisResult> RunShortestPath(const AnalysisInput& input,
                                               const ShortestPathOptions& options,
                                               RunContext& context);

// What a search of a million nodes a side takes; one that goes further books more as it grows.
std::uint64_t EstimateShortestPathBytes(const AnalysisInput& input,
                                        const ShortestPathOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_SHORTEST_PATH_H_
