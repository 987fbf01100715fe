#include "server/old_readers.h"

#include <algorithm>
#include <utility>

#include "engine/core/status.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kMostKept = 2;
constexpr std::chrono::seconds kKeptUnused{60};

}  // namespace

absl::StatusOr<std::shared_ptr<const storage::Reader>> OldReaders::Open(
    std::string_view graph, std::int64_t revision, const std::function<absl::Status()>& check) {
  std::uint64_t deletions = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
      return kept.revision == revision && kept.graph == graph;
    });
    if (found != kept_.end()) {
      found->used = Clock::now();
      kept_.splice(kept_.begin(), kept_, found);
      return kept_.front().reader;
    }
    deletions = deletions_;
  }
  LIANJIE_ASSIGN_OR_RETURN(std::shared_ptr<const storage::Reader> reader,
                           store_.OpenReader(graph, revision, check));
  std::list<Kept> dropped;  // destroyed without the mutex
  const std::lock_guard lock(mutex_);
  // The name may have come to mean another graph meanwhile.
  if (deletions == deletions_) {
    kept_.push_front({std::string(graph), revision, Clock::now(), reader});
    if (kept_.size() > kMostKept) {
      dropped.splice(dropped.end(), kept_, std::next(kept_.begin(), kMostKept), kept_.end());
    }
  }
  return reader;
}

void OldReaders::OnCommit(std::string_view graph, std::int64_t revision) {
  const Clock::time_point now = Clock::now();
  std::list<Kept> dropped;
  const std::lock_guard lock(mutex_);
  if (revision == 0) ++deletions_;
  for (auto it = kept_.begin(); it != kept_.end();) {
    const auto here = it++;
    if ((revision == 0 && here->graph == graph) || now - here->used > kKeptUnused) {
      dropped.splice(dropped.end(), kept_, here);
    }
  }
}

}  // namespace lianjie::server
