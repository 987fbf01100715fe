// The rows of answers that give every node, where no Projection numbers them.
#ifndef LIANJIE_ENGINE_PATHS_NODES_INSIDE_H_
#define LIANJIE_ENGINE_PATHS_NODES_INSIDE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/graph/view.h"
#include "engine/runtime/work.h"

namespace lianjie {

// The nodes inside the view, in the Snapshot's order. Errors: CANCELLED, DEADLINE_EXCEEDED. O(n).
inline absl::StatusOr<std::vector<NodeIndex>> NodesInside(const View& view, RunContext& context) {
  std::vector<NodeIndex> nodes;
  nodes.reserve(view.snapshot().node_count());
  Poller poller(context);
  for (NodeIndex n = 0; n < view.snapshot().node_count(); ++n) {
    if (poller.Tick()) return context.Check();
    if (view.NodeInside(n)) nodes.push_back(n);
  }
  return nodes;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_NODES_INSIDE_H_
