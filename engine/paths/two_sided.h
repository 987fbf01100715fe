// Searches from both ends at once: an interactive question about one pair must not read a nation.
// Two balls of half the radius hold far fewer nodes than one of the whole. What comes out is as if
// one forward search had been run alone: once the two balls have settled how long the way is, the
// forward search goes on through the backward ball only, so that every node on a shortest path ends
// with its forward label, distances added from the source on, in the same floating-point order as
// `distances` adds them. That makes ties exact and answers equal between analyses.
//
// Sources: I. Pohl, "Bi-directional search", Machine Intelligence 6 (1971), for the two balls and
// when to stop; T. A. J. Nicholson, "Finding the shortest route between two points in a network",
// The Computer Journal 9 (1966), for weights.
#ifndef LIANJIE_ENGINE_PATHS_TWO_SIDED_H_
#define LIANJIE_ENGINE_PATHS_TWO_SIDED_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/graph/projection.h"
#include "engine/graph/view.h"
#include "engine/paths/weights.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct PathQuestion {
  const View& view;
  Direction direction;
  NodeIndex source;
  NodeIndex target;
  std::string column;  // for messages
  LinkWeigher weigher;
};

// The question that options ask about one pair of nodes: finds the ends, and for the free column
// `weight`, which may hold anything, looks at all links before the search sees a few. Errors:
// NODE_NOT_FOUND, INVALID_FIELD (naming the link that breaks the rule), CANCELLED,
// DEADLINE_EXCEEDED.
struct PathAsked {
  const std::string& source;
  const std::string& target;
  Direction direction;
  const std::string& weight;
  double missing_weight;
};
absl::StatusOr<PathQuestion> AskPath(const View& view, const PathAsked& asked, WeightRule rule,
                                     RunContext& context);

// INVALID_FIELD on `source` or `target` when it is not said.
absl::Status ValidateEnds(const std::string& source, const std::string& target);

struct PathLabel {
  NodeIndex node;
  std::uint32_t hops;  // fewest links among the ways of this distance
  double distance;
  bool settled;
};

// Labels of the nodes that one side of a search has seen, numbered in the order in which it saw
// them.
class PathLabels {
 public:
  static constexpr std::uint64_t kBytesEach =
      sizeof(PathLabel) * 2 + 20;  // with room to grow, and the index

  // The position of the node's label, and whether it is new (then of infinite distance, not
  // settled).
  std::pair<std::uint32_t, bool> Add(NodeIndex node);
  // nullptr when not seen.
  const PathLabel* Find(NodeIndex node) const;
  PathLabel& at(std::uint32_t i) { return labels_[i]; }
  std::size_t size() const { return labels_.size(); }

 private:
  absl::flat_hash_map<NodeIndex, std::uint32_t> index_;
  std::vector<PathLabel> labels_;
};

struct TwoSidedResult {
  // What a search books for each label of either side, its place in a heap included.
  static constexpr std::uint64_t kBytesEach = PathLabels::kBytesEach + 48 + 8;

  bool found = false;
  PathLabels
      labels;  // the forward side's: settled ones hold the least (distance, hops) from the source
  std::uint64_t visited = 0;  // labels of both sides
};

// Breadth first, level by level from the cheaper side; the weigher is not asked. O(links looked
// at).
absl::StatusOr<TwoSidedResult> SearchByHops(const PathQuestion& question, RunContext& context);

// Dijkstra from both ends. Errors: INVALID_FIELD naming the first link that it meets with a
// negative weight. O(links looked at x log).
absl::StatusOr<TwoSidedResult> SearchByWeight(const PathQuestion& question, RunContext& context);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_TWO_SIDED_H_
