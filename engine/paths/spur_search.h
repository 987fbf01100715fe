// What k_shortest_paths is made of: the best way on from a node of a path to the target that keeps
// clear of the path so far and of some links.
//
// Bounds. Searches go towards the target by what is at least left to it: distances from the target
// back over the whole view, which no ban makes shorter (P. E. Hart, N. J. Nilsson and B. Raphael,
// "A formal basis for the heuristic determination of minimum cost paths", IEEE Transactions on
// Systems Science and Cybernetics 4, 1968). The search backwards is lazy: it first goes as far as
// the source, and after that one node for each node that a search from a spur comes to beyond it.
// So a question about near nodes of a nation stays near, and where bans cut the target off, no more
// is searched than twice the smaller of the two sides.
#ifndef LIANJIE_ENGINE_PATHS_SPUR_SEARCH_H_
#define LIANJIE_ENGINE_PATHS_SPUR_SEARCH_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/paths/quad_heap.h"
#include "engine/paths/two_sided.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"

namespace lianjie {

struct PathStep {
  NodeIndex node;
  LinkIndex link;
  double distance;  // from the path's first node
};

// Distances to the target from the nodes that are nearest to it, more of them when asked.
class LeftToTarget {
 public:
  // A label with its place in the index and in the heap.
  static constexpr std::uint64_t kBytesEach = sizeof(PathLabel) + 14 + 20;

  LeftToTarget(const PathQuestion& question, RunContext& context);

  // Goes on until `node` has its distance or there is none. Errors: CANCELLED, DEADLINE_EXCEEDED,
  // MEMORY_EXHAUSTED, INVALID_FIELD (a negative weight).
  absl::Status GoTo(NodeIndex node);
  // One node more.
  absl::Status GoOn();

  bool Knows(NodeIndex node) const {
    const PathLabel* label = labels_.Find(node);
    return heap_.empty() || (label != nullptr && label->settled);
  }
  // No way from the node to the target is shorter; infinite when there is none. Never falls.
  double AtLeast(NodeIndex node) const;

 private:
  const PathQuestion& question_;
  RunContext& context_;
  Poller poller_;
  GrowingBooking booking_;
  PathLabels labels_;
  QuadHeap<double> heap_;
  double radius_ = 0;  // of what is settled
};

class SpurSearch {
 public:
  static constexpr std::uint64_t kBytesEach = sizeof(PathLabel) + 14 + 28;

  SpurSearch(const PathQuestion& question, LeftToTarget& left, RunContext& context)
      : question_(question),
        left_(left),
        context_(context),
        poller_(context),
        booking_(context, kBytesEach) {}

  // The steps after `spur` to the target: least distance, then fewest links, then first node ids,
  // then first link ids, by no node of `banned_nodes` and, from the spur, by no link of
  // `banned_links`. Empty when there is none, or none of a distance of at most `most`.
  absl::StatusOr<std::vector<PathStep>> Find(const PathStep& spur,
                                             const absl::flat_hash_set<NodeIndex>& banned_nodes,
                                             const absl::flat_hash_set<LinkIndex>& banned_links,
                                             double most);

 private:
  struct Key {
    double bound;  // of the whole path
    std::uint32_t hops;
    bool operator<(const Key& other) const {
      return bound != other.bound ? bound < other.bound : hops < other.hops;
    }
  };

  absl::Status Expand(const PathStep& spur, const PathLabel& from,
                      const absl::flat_hash_set<NodeIndex>& banned_nodes,
                      const absl::flat_hash_set<LinkIndex>& banned_links);
  void Lower(NodeIndex node, double distance, std::uint32_t hops);

  const PathQuestion& question_;
  LeftToTarget& left_;
  RunContext& context_;
  Poller poller_;
  GrowingBooking booking_;
  PathLabels labels_;
  QuadHeap<Key> heap_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_SPUR_SEARCH_H_
