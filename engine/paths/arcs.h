// The links at a node as arcs in a direction, straight from a View: for questions that visit a few
// nodes and build nothing.
#ifndef LIANJIE_ENGINE_PATHS_ARCS_H_
#define LIANJIE_ENGINE_PATHS_ARCS_H_

#include <cstdint>

#include "engine/core/ids.h"
#include "engine/graph/projection.h"
#include "engine/graph/view.h"
#include "engine/runtime/work.h"

namespace lianjie {

constexpr Direction Opposite(Direction direction) {
  if (direction == Direction::kForward) return Direction::kReverse;
  if (direction == Direction::kReverse) return Direction::kForward;
  return Direction::kUndirected;
}

// Calls visit(link, other end) for every link inside the view by which `n` is left in `direction`:
// the links it pays (FORWARD), by target, then id; those that pay it (REVERSE), by source, then id;
// both, paid ones first (UNDIRECTED, where a self-loop comes twice). Stops when visit answers false
// or the run must end, and answers whether it went through.
template <typename Visit>
bool ForEachArc(const View& view, Direction direction, NodeIndex n, Poller& poller, Visit&& visit) {
  const Snapshot& snapshot = view.snapshot();
  const LinkColumns& links = snapshot.links();
  if (direction != Direction::kReverse) {
    const LinkIndex end = snapshot.out_end(n);
    for (LinkIndex l = snapshot.out_begin(n); l != end; ++l) {
      if (poller.Tick() || (view.LinkInside(l) && !visit(l, links.target[l]))) return false;
    }
  }
  if (direction != Direction::kForward) {
    for (const LinkIndex l : snapshot.in_links(n)) {
      if (poller.Tick() || (view.LinkInside(l) && !visit(l, links.source[l]))) return false;
    }
  }
  return true;
}

// How many links ForEachArc looks at, whether they lie inside or not: the cost of visiting n. O(1).
inline std::uint64_t ArcCost(const View& view, Direction direction, NodeIndex n) {
  const Snapshot& snapshot = view.snapshot();
  std::uint64_t cost = 1;
  if (direction != Direction::kReverse) cost += snapshot.out_end(n) - snapshot.out_begin(n);
  if (direction != Direction::kForward) cost += snapshot.in_links(n).size();
  return cost;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_ARCS_H_
