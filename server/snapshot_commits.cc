// What commits and deletions of graphs mean for the Snapshots that are kept.
#include <chrono>

#include "engine/core/text.h"
#include "server/snapshot_keeper.h"

namespace lianjie::server {

void SnapshotKeeper::OnCommit(std::string_view graph, std::int64_t revision) {
  if (revision == 0) {
    Forget(graph);
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(graph);
  if (stopped_ || found == slots_.end() || !found->second->snapshot) return;  // nobody asked for it
  Slot& slot = *found->second;
  if (slot.scanning || std::chrono::steady_clock::now() < slot.rest_until) return;
  slot.behind = true;
  Begin(found->first, found->second);
}

void SnapshotKeeper::Forget(std::string_view graph) {
  if (!storage::CheckGraphName("graph", graph).ok()) return;  // there is nothing of it
  if (folder_.enabled()) folder_.Remove(graph);
  const std::lock_guard lock(mutex_);
  const std::string prefix = Cat(graph, '\n');
  std::erase_if(slots_, [&](const auto& slot) {
    return slot.first == graph || slot.first.starts_with(prefix);
  });
  projections_.Forget(graph);
  derived_.Forget(graph);
}

}  // namespace lianjie::server
