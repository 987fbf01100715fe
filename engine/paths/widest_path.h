// The widest path between two nodes: the one whose least weight is greatest, so that it can carry
// most.
//
// Meaning. A path follows links in the direction asked for. It is as wide as its narrowest link, a
// link as wide as its weight; links of weight 0 make paths of width 0, which are paths still.
// Parallel links are alternatives, self-loops are never of use. Among the widest paths the one of
// fewest links is answered, among those the one whose node ids come first, compared from the source
// on by CompareIds, and of parallel links that are wide enough the first id. A path from a node to
// itself has no link, and no width. With the weight "none" every link is 1 wide, and the path is
// the shortest one.
//
// Method. Nodes are settled from the source on in the order of their widths, the widest first,
// until the target is: that gives the width alone. Then breadth first over the links that are at
// least as wide gives fewest links, and a walk back and forth the first ids. So no path has to be
// compared with another.
//
// Sources: M. Pollack, "The maximum capacity through a network", Operations Research 8 (1960), for
// the question; E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische
// Mathematik 1 (1959), whose order of settling holds for the least weight as it does for sums.
#ifndef LIANJIE_ENGINE_PATHS_WIDEST_PATH_H_
#define LIANJIE_ENGINE_PATHS_WIDEST_PATH_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct WidestPathOptions {
  std::string source = {};  // required
  std::string target = {};  // required
  Direction direction = Direction::kForward;
  std::string weight = "capacity";  // "none": every link is 1 wide; else a link column
  double missing_weight = 0.0;  // width of a link on which the column is not known; not negative

  absl::Status Validate() const;
};

// Table: path (always 1), step, node, link, distance (links so far), width (the least weight so
// far; null for the first node); empty when there is no path. Summary: found, width (null when not
// found or without links), hops (null when not found), visited_nodes. A warning when links of the
// path have no weight. Errors: INVALID_FIELD (options; a negative weight anywhere inside the view
// in the column `weight`, naming the link), NODE_NOT_FOUND, CANCELLED, DEADLINE_EXCEEDED,
// MEMORY_EXHAUSTED. Reads the View alone: O(m log n) of the links that are wider than the path, and
// one sweep over the column `weight`. Sequential, deterministic.
absl::StatusOr<AnalysisResult> RunWidestPath(const AnalysisInput& input,
                                             const WidestPathOptions& options, RunContext& context);

// What a search of a million nodes takes; one that goes further books more as it grows.
std::uint64_t EstimateWidestPathBytes(const AnalysisInput& input, const WidestPathOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_WIDEST_PATH_H_
