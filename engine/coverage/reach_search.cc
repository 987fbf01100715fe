#include "engine/coverage/reach_search.h"

#include "absl/container/flat_hash_set.h"
#include "engine/core/status.h"

namespace lianjie {

absl::StatusOr<bool> ReachSearch::Reaches(NodeIndex household) {
  if (!all_.empty()) return all_[household] != 0;
  if (const auto known = known_.find(household); known != known_.end()) return known->second;
  const Snapshot& graph = model_.snapshot();
  absl::flat_hash_set<NodeIndex> seen{household};
  visits_.assign(1, {household, 0});
  for (std::uint32_t i = 0; i < visits_.size(); ++i) {  // grows
    const NodeIndex n = visits_[i].node;
    const auto known = known_.find(n);
    if (IsFunded(n) || (known != known_.end() && known->second)) {
      for (std::uint32_t at = i; at != 0; at = visits_[at].from) known_[visits_[at].node] = true;
      known_[household] = true;
      return true;
    }
    if (known != known_.end()) continue;  // nothing reaches it
    if (++visited_ > graph.node_count()) {
      LIANJIE_ASSIGN_OR_RETURN(all_, model_.ReachedByInjections(context_));
      return all_[household] != 0;
    }
    for (const LinkIndex l : graph.in_links(n)) {
      if (poller_.Tick()) return context_.Check();
      if (!model_.LinkActive(l)) continue;
      const NodeIndex source = graph.links().source[l];
      if (seen.insert(source).second) visits_.push_back({source, i});
    }
  }
  for (const Visit& visit : visits_) known_[visit.node] = false;
  return false;
}

}  // namespace lianjie
