// Distances from one source, or from the nearest of many, to every node inside the view: in links,
// or in sums of a link column.
//
// Meaning. Ways follow links in the direction asked for; REVERSE measures the ways to the sources
// against the money. Parallel links are alternatives (the least weight counts), self-loops are
// never of use. `hops` is the number of links of the way, among ways of the least distance the
// fewest. With several sources the column `source` names the nearest; among equally near ones the
// one of fewer hops, then the first id. Distances add up from the source on, in floating point, as
// shortest_path adds them.
#ifndef LIANJIE_ENGINE_PATHS_DISTANCES_H_
#define LIANJIE_ENGINE_PATHS_DISTANCES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct DistancesOptions {
  std::vector<std::string> sources = {};  // ids; at least one; said twice counts once
  Direction direction = Direction::kForward;
  std::string weight = "none";  // "none": every link is 1 long; else a link column, in its unit
  double missing_weight = 1.0;  // length of a link on which the column is not known; not negative

  absl::Status Validate() const;
};

// Table, one row a node inside the view, in the Snapshot's order: node, distance, hops (both null
// when unreached), with several sources also source. Summary: node_count, source_count,
// reached_count, unreached_count, farthest_distance, farthest_hops, mean_distance (over the
// reached, sources included), links_without_weight when weighted. Errors: INVALID_FIELD (options; a
// negative weight, naming the link), NODE_NOT_FOUND, CANCELLED, DEADLINE_EXCEEDED,
// MEMORY_EXHAUSTED. Unweighted: breadth first, parallel, O(n + m). Weighted: Dijkstra, sequential,
// O((n + m) log n). The same bytes at any number of threads.
absl::StatusOr<AnalysisResult> RunDistances(const AnalysisInput& input,
                                            const DistancesOptions& options, RunContext& context);

std::uint64_t EstimateDistancesBytes(const AnalysisInput& input, const DistancesOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_DISTANCES_H_
