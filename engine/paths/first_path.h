// Of all best paths the first by ids, without listing them. A search has labelled the nodes; an arc
// is tight when it lies between labels as an arc of a best path would. Walking tight arcs back from
// the target marks the nodes that lie on a best path; walking forward from the source, each time to
// the marked node of the first id by the link of the first id, gives the first path.
#ifndef LIANJIE_ENGINE_PATHS_FIRST_PATH_H_
#define LIANJIE_ENGINE_PATHS_FIRST_PATH_H_

#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "engine/paths/arcs.h"

namespace lianjie {

struct LinkStep {
  NodeIndex node;
  LinkIndex link;  // by which the path comes to the node; kNoLink for the first
};

// Tight is bool(NodeIndex u, LinkIndex l, NodeIndex v): the arc u -> v by l is tight. It must lead
// to fewer labels left with each step, so that no walk ends in a circle.
template <typename Tight> class FirstPath {
 public:
  FirstPath(const View& view, Direction direction, Tight tight, RunContext& context)
      : view_(view),
        direction_(direction),
        tight_(std::move(tight)),
        context_(context),
        poller_(context) {}

  // The target must have been reached. O(arcs at the nodes that lie on best paths).
  absl::StatusOr<std::vector<LinkStep>> Find(NodeIndex source, NodeIndex target) {
    LIANJIE_RETURN_IF_ERROR(Mark(target));
    std::vector<LinkStep> steps = {{source, kNoLink}};
    while (steps.back().node != target) {
      LIANJIE_ASSIGN_OR_RETURN(const LinkStep next, Next(steps.back().node));
      steps.push_back(next);
    }
    return steps;
  }

 private:
  absl::Status Mark(NodeIndex target) {
    std::vector<NodeIndex> open = {target};
    marked_.insert(target);
    while (!open.empty()) {
      const NodeIndex v = open.back();
      open.pop_back();
      const bool whole =
          ForEachArc(view_, Opposite(direction_), v, poller_, [&](LinkIndex l, NodeIndex u) {
            if (tight_(u, l, v) && marked_.insert(u).second) open.push_back(u);
            return true;
          });
      if (!whole) return context_.Check();
    }
    return absl::OkStatus();
  }

  absl::StatusOr<LinkStep> Next(NodeIndex u) {
    const Snapshot& snapshot = view_.snapshot();
    LinkStep best{kNoNode, kNoLink};
    const auto before = [&](NodeIndex v, LinkIndex l) {
      if (best.node == kNoNode) return true;
      if (v == best.node) return CompareIds(snapshot.LinkId(l), snapshot.LinkId(best.link)) < 0;
      return CompareIds(snapshot.NodeId(v), snapshot.NodeId(best.node)) < 0;
    };
    const bool whole = ForEachArc(view_, direction_, u, poller_, [&](LinkIndex l, NodeIndex v) {
      if (marked_.contains(v) && tight_(u, l, v) && before(v, l)) best = {v, l};
      return true;
    });
    if (!whole) return context_.Check();
    if (best.node == kNoNode) {
      return absl::InternalError(
          "the labels of the search do not lead from the source to the target");
    }
    return best;
  }

  const View& view_;
  const Direction direction_;
  const Tight tight_;
  RunContext& context_;
  Poller poller_;
  absl::flat_hash_set<NodeIndex> marked_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_FIRST_PATH_H_
