// Which nodes and links are active in a view, a bit each. On a day this is one pass over the dates
// and states as arrays, 64 links at a time and without a branch (9 bytes a link, a quarter of a
// plain sweep), where View::LinkActive is asked for three intervals a link. Links of nodes
// that are not active are dropped from there. In a period dates of links and ends must meet, and
// each link is asked by itself.
#ifndef LIANJIE_ENGINE_FLOW_ACTIVE_BITS_H_
#define LIANJIE_ENGINE_FLOW_ACTIVE_BITS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/flow_blocks.h"
#include "engine/graph/view.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct ActiveBits {
  std::vector<std::uint64_t> nodes;  // empty: all nodes are active
  std::vector<std::uint64_t> links;

  bool Node(NodeIndex n) const { return nodes.empty() || FlowBit(nodes.data(), n); }
  bool Link(LinkIndex l) const { return FlowBit(links.data(), l); }

  // O(nodes + links), parallel. Errors: CANCELLED.
  static absl::StatusOr<ActiveBits> Find(const View& view, RunContext& context);
  static std::uint64_t EstimateBytes(const Snapshot& snapshot) {
    return (std::uint64_t{snapshot.node_count()} + snapshot.link_count()) / 8 + 16;
  }
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_ACTIVE_BITS_H_
