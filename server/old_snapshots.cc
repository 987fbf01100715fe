// What the keeper does for revisions that are not the newest any more: each has a slot of its own,
// filled from a reader that the store rebuilds; the few that were used last stay.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/core/text.h"
#include "server/snapshot_keeper.h"
#include "storage/refusals.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kMaxOldSnapshots = 2;
constexpr char kNameEnd = '\n';  // in no graph's name

}  // namespace

absl::Status CheckRevision(const Freshness& freshness, const storage::GraphInfo& newest) {
  using Kind = Freshness::Kind;
  const bool wanted = freshness.kind == Kind::kAtLeast || freshness.kind == Kind::kExact;
  if (!wanted) return absl::OkStatus();
  const bool too_old =
      freshness.kind == Kind::kExact && freshness.revision < newest.oldest_revision;
  if (freshness.revision <= newest.revision && !too_old) return absl::OkStatus();
  return storage::RevisionUnavailable("consistency", freshness.revision, newest.oldest_revision,
                                      newest.revision);
}

bool IsOlder(const Freshness& freshness, const storage::GraphInfo& newest) {
  return freshness.kind == Freshness::Kind::kExact && freshness.revision < newest.revision;
}

std::string SnapshotKeeper::OldName(std::string_view graph, std::int64_t revision) {
  return Cat(graph, kNameEnd, revision);
}

bool SnapshotKeeper::IsOldName(std::string_view name) {
  return name.find(kNameEnd) != std::string_view::npos;
}

absl::StatusOr<std::shared_ptr<const storage::Reader>> SnapshotKeeper::OpenSlot(
    std::string_view name, const WaiterCheck& check) const {
  const std::size_t end = name.find(kNameEnd);
  if (end == std::string_view::npos) return store_.OpenReader(name);
  const std::optional<std::int64_t> revision = ParseInt64(name.substr(end + 1));
  return store_.OpenReader(name.substr(0, end), revision.value_or(-1), check);
}

// A waiter for the very revision that is now the newest shares the scan that all wait for. When a
// commit comes before the scan, it is older then, and asked for once more.
SnapshotKeeper::Waiter SnapshotKeeper::RetryIfPassed(std::string_view graph, Waiter waiter) {
  if (waiter.freshness.kind != Freshness::Kind::kExact) return waiter;
  const Freshness exact = waiter.freshness;
  waiter.freshness = {.kind = Freshness::Kind::kLatest};
  waiter.ready = [this, name = std::string(graph), exact, ticket = waiter.ticket,
                  check = waiter.check, ready = std::move(waiter.ready)](SnapshotOr made) {
    if (!made.ok() || (*made)->revision() == exact.revision) return ready(std::move(made));
    auto now = GetOrAdd(
        name, exact, Waiter{.ticket = ticket, .freshness = exact, .check = check, .ready = ready});
    if (now) ready(*std::move(now));
  };
  return waiter;
}

void SnapshotKeeper::TrimOld() {
  // One that could not be read holds nothing and goes first.
  const auto rank = [](const Slot& slot) { return slot.snapshot ? slot.used : 0; };
  while (true) {
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    auto first = slots_.end();
    for (auto it = slots_.begin(); it != slots_.end(); ++it) {
      const Slot& slot = *it->second;
      if (!IsOldName(it->first) || slot.scanning) continue;
      ++count;
      if (slot.snapshot) bytes += slot.snapshot->memory_bytes();
      if (first == slots_.end() || rank(slot) < rank(*first->second)) first = it;
    }
    const bool empty = first != slots_.end() && rank(*first->second) == 0;
    if (!empty && count <= kMaxOldSnapshots && bytes <= options_.projection_budget_bytes) return;
    slots_.erase(first);
  }
}

}  // namespace lianjie::server
