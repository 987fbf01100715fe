#include "server/snapshot_keeper.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <limits>
#include <optional>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/runtime/free_memory.h"
#include "server/call.h"

namespace lianjie::server {
namespace {

constexpr int kScanners = 2;
constexpr std::chrono::milliseconds kCheckEvery{10};  // by who waits
constexpr std::chrono::milliseconds kSweepEvery{5};   // by who scans

// What the snapshot must at least show for a caller that comes when the graph is at `newest`.
std::int64_t LeastRevision(const Freshness& freshness, std::int64_t newest) {
  switch (freshness.kind) {
    case Freshness::Kind::kMinimizeLatency:
      return 0;
    case Freshness::Kind::kAtLeast:
      return freshness.revision;
    default:
      return newest;
  }
}

absl::Status GivenUp(std::string_view why) {
  return MakeError(absl::StatusCode::kCancelled, why,
                   {.reason = Reason::kCancelled, .field = {}, .row = {}, .metadata = {}});
}

absl::Status Stopping() {
  return MakeError(absl::StatusCode::kUnavailable, "the server is shutting down",
                   {.reason = Reason::kUnavailable, .field = {}, .row = {}, .metadata = {}});
}

}  // namespace

SnapshotKeeper::SnapshotKeeper(const storage::Store& store, SnapshotKeeperOptions options)
    : store_(store),
      options_(std::move(options)),
      folder_(options_.folder),
      projections_(options_.projection_budget_bytes),
      derived_(options_.derived_budget_bytes),
      scanners_("snapshot", kScanners, std::numeric_limits<std::size_t>::max()) {}

SnapshotKeeper::~SnapshotKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  scanners_.Stop();
  for (const auto& [graph, slot] : slots_) Save(graph, *slot, /*at_the_end=*/true);
}

void SnapshotKeeper::Count(std::uint64_t Scans::*what) {
  const std::lock_guard lock(mutex_);
  ++(scans_.*what);
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

SnapshotOr SnapshotKeeper::Get(std::string_view graph, const Freshness& freshness,
                               const WaiterCheck& check) {
  const Ticket ticket = NewTicket();
  // Outlives this call: `ready` may be running in another thread when the waiting is given up.
  const auto made = std::make_shared<std::promise<SnapshotOr>>();
  std::future<SnapshotOr> answer = made->get_future();
  if (auto now = GetOrWait(graph, freshness, ticket, {},
                           [made](SnapshotOr snapshot) { made->set_value(std::move(snapshot)); })) {
    return *std::move(now);
  }
  while (answer.wait_for(kCheckEvery) != std::future_status::ready) {
    if (!check) continue;
    if (const absl::Status status = check(); !status.ok()) {
      Leave(ticket);
      return status;
    }
  }
  return answer.get();
}

std::optional<SnapshotOr> SnapshotKeeper::Peek(std::string_view graph, const Freshness& freshness) {
  return GetOrAdd(graph, freshness, std::nullopt);
}

std::optional<SnapshotOr> SnapshotKeeper::GetOrWait(std::string_view graph,
                                                    const Freshness& freshness, Ticket ticket,
                                                    WaiterCheck check, Ready ready) {
  return GetOrAdd(graph, freshness,
                  Waiter{.ticket = ticket,
                         .freshness = freshness,
                         .check = std::move(check),
                         .ready = std::move(ready)});
}

std::optional<SnapshotOr> SnapshotKeeper::GetOrAdd(std::string_view graph,
                                                   const Freshness& freshness,
                                                   std::optional<Waiter> waiter) {
  const auto reader = store_.OpenReader(graph);
  if (!reader.ok()) {
    // A disk that fails now may not later: what was saved is good until the graph is gone.
    if (absl::IsNotFound(reader.status())) Forget(graph);
    return reader.status();
  }
  const storage::GraphInfo& info = (*reader)->info();
  if (const absl::Status status = CheckRevision(freshness, info); !status.ok()) return status;
  const bool older = IsOlder(freshness, info);
  const std::int64_t newest = older ? freshness.revision : info.revision;
  const std::int64_t least = LeastRevision(freshness, newest);
  if (waiter && !older) waiter = RetryIfPassed(graph, *std::move(waiter));
  const std::lock_guard lock(mutex_);
  if (stopped_) return Stopping();
  const std::string slot_name = older ? OldName(graph, newest) : std::string(graph);
  auto found = slots_.find(slot_name);
  if (found == slots_.end()) found = slots_.emplace(slot_name, std::make_shared<Slot>()).first;
  const auto& [name, slot] = *found;
  if (older) slot->used = ++uses_;
  if (const auto& now = slot->snapshot; now && now->revision() >= least) {
    if (now->revision() < newest && !slot->behind) {
      slot->behind = true;
      Begin(name, slot);
    }
    return now;
  }
  if (!waiter) return std::nullopt;
  // Under the mutex, so that a Leave that came before is not missed.
  if (waiter->check) {
    if (const absl::Status status = waiter->check(); !status.ok()) return status;
  }
  waiter->least_revision = least;
  slot->waiters.push_back(*std::move(waiter));
  Begin(name, slot);
  return std::nullopt;
}

void SnapshotKeeper::Leave(Ticket ticket) {
  Ready ready;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [graph, slot] : slots_) {
      const auto it = std::find_if(slot->waiters.begin(), slot->waiters.end(),
                                   [ticket](const Waiter& w) { return w.ticket == ticket; });
      if (it == slot->waiters.end()) continue;
      ready = std::move(it->ready);
      slot->waiters.erase(it);
      break;
    }
  }
  if (ready) ready(GivenUp("the caller cancelled"));
}

void SnapshotKeeper::Begin(const std::string& graph, const std::shared_ptr<Slot>& slot) {
  if (slot->scanning) return;
  slot->scanning = true;
  // The lane has no limit, and ends after stopped_ is set, under this mutex: it takes the task.
  scanners_
      .Submit({.run = [this, graph, slot] { Scan(graph, slot); },
               .drop = [this, slot](const absl::Status& why) { Fail(*slot, why); }})
      .IgnoreError();
}

void SnapshotKeeper::Fail(Slot& slot, const absl::Status& why) {
  Told told;
  {
    const std::lock_guard lock(mutex_);
    for (Waiter& waiter : slot.waiters) told.emplace_back(std::move(waiter.ready), why);
    slot.waiters.clear();
    slot.scanning = false;
  }
  for (auto& [ready, answer] : told) ready(std::move(answer));
}

// Scans until everybody has what they wait for.
void SnapshotKeeper::Scan(const std::string& graph, const std::shared_ptr<Slot>& slot) {
  while (true) {
    bool given_up = false;
    SnapshotOr made;
    const absl::Status status = Guarded([&]() -> absl::Status {
      made = ScanOnce(graph, *slot, given_up);
      return made.status();
    });
    if (!status.ok()) made = status;
    Told told;
    bool again = false;
    {
      const std::lock_guard lock(mutex_);
      if (made.ok() && slot->snapshot != *made) {
        slot->snapshot = *made;
        derived_.Forget(graph);
      }
      // Who came while the scan was being given up gets one of their own.
      if (stopped_) made = Stopping();
      if (stopped_ || !given_up) TakeServed(*slot, made, told);
      again = !stopped_ && (!slot->waiters.empty() || slot->behind);
      if (!again) slot->scanning = false;
      TrimOld();
      if (given_up) ++scans_.given_up;
    }
    for (auto& [ready, answer] : told) ready(std::move(answer));
    if (!again) break;
  }
  Save(graph, *slot, /*at_the_end=*/false);
}

SnapshotOr SnapshotKeeper::ScanOnce(const std::string& graph, Slot& slot, bool& given_up) {
  std::shared_ptr<const Snapshot> now;
  bool behind = false;
  {
    const std::lock_guard lock(mutex_);
    now = slot.snapshot;
    behind = std::exchange(slot.behind, false);
    for (Waiter& waiter : slot.waiters) waiter.met = true;
  }
  const WaiterCheck check = [&, next = std::chrono::steady_clock::now()]() mutable {
    const auto time = std::chrono::steady_clock::now();
    if (time < next) return absl::OkStatus();
    next = time + kSweepEvery;
    if (StillWanted(slot, behind)) return absl::OkStatus();
    given_up = true;
    return GivenUp("nobody waits for the snapshot any more");
  };
  LIANJIE_ASSIGN_OR_RETURN(const auto reader, OpenSlot(graph, check));
  const bool older = IsOldName(graph);
  {
    const std::lock_guard lock(mutex_);
    // A graph of this name may have been made anew.
    if (slot.identity != reader->info().identity) now = nullptr;
    slot.identity = reader->info().identity;
  }
  if (!now && !older) now = OpenSaved(reader->info(), slot);
  if (now && now->revision() == reader->info().revision) return now;
  if (now) {
    const SnapshotOr merged = MergeChanges(*reader, *now, check);
    if (given_up) return merged.status();
    if (merged.ok() && *merged) {
      Count(&Scans::merged);
      return merged;
    }
  }
  Count(&Scans::begun);
  SnapshotOr loaded = LoadSnapshot(*reader, check);
  ReturnFreeMemory();
  return loaded;
}

std::shared_ptr<const Snapshot> SnapshotKeeper::OpenSaved(const storage::GraphInfo& info,
                                                          Slot& slot) {
  if (!folder_.enabled()) return nullptr;
  const SnapshotOr saved = folder_.Open(info);
  if (!saved.ok()) {
    if (!absl::IsNotFound(saved.status())) Count(&Scans::rejected);
    return nullptr;
  }
  Count(&Scans::opened);
  const std::lock_guard lock(mutex_);
  slot.saved_revision = (*saved)->revision();
  slot.saved_at = std::chrono::steady_clock::now();
  return *saved;
}

// By the thread that reads the graph, or when none does any more.
void SnapshotKeeper::Save(const std::string& graph, Slot& slot, bool at_the_end) {
  std::shared_ptr<const Snapshot> snapshot;
  std::uint64_t identity = 0;
  {
    const std::lock_guard lock(mutex_);
    snapshot = slot.snapshot;
    const bool due =
        !slot.saving && (at_the_end || slot.saved_revision < 0 ||
                         std::chrono::steady_clock::now() - slot.saved_at >= options_.save_every);
    if (!folder_.enabled() || IsOldName(graph) || !snapshot || !due ||
        snapshot->revision() == slot.saved_revision) {
      return;
    }
    const std::uint64_t records = std::uint64_t{snapshot->node_count()} + snapshot->link_count();
    if (records < options_.min_saved_records) return;
    slot.saving = true;
    identity = slot.identity;
  }
  const bool saved = Guarded([&] { return folder_.Save(*snapshot, graph, identity); }).ok();
  // The file's columns in place of those in memory: what nobody reads takes no memory then, and the
  // system may drop what is read, since it can be had again.
  std::shared_ptr<const Snapshot> mapped;
  if (saved && !at_the_end) {
    Guarded([&]() -> absl::Status {
      LIANJIE_ASSIGN_OR_RETURN(mapped, folder_.Open(graph, identity));
      return absl::OkStatus();
    }).IgnoreError();
  }
  {
    const std::lock_guard lock(mutex_);
    ++(saved ? scans_.saved : scans_.save_failures);
    slot.saving = false;
    slot.saved_at = std::chrono::steady_clock::now();
    if (saved) slot.saved_revision = snapshot->revision();
    if (mapped != nullptr && slot.snapshot == snapshot) {
      slot.snapshot = std::move(mapped);
      derived_.Forget(graph);
    }
  }
  snapshot.reset();
  ReturnFreeMemory();
}

// Sends away those who no longer wait, for this graph and for those whose scans wait for their
// turn.
bool SnapshotKeeper::StillWanted(Slot& slot, bool behind) {
  Told told;
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    TakeDead(slot, told);
    for (const auto& [graph, other] : slots_) TakeDead(*other, told);
    wanted = !stopped_ && (behind || slot.behind || !slot.waiters.empty());
  }
  for (auto& [ready, answer] : told) ready(std::move(answer));
  return wanted;
}

void SnapshotKeeper::TakeDead(Slot& slot, Told& told) {
  std::erase_if(slot.waiters, [&told](Waiter& waiter) {
    if (!waiter.check) return false;
    absl::Status status = waiter.check();
    if (status.ok()) return false;
    told.emplace_back(std::move(waiter.ready), std::move(status));
    return true;
  });
}

void SnapshotKeeper::TakeServed(Slot& slot, const SnapshotOr& made, Told& told) {
  std::erase_if(slot.waiters, [&](Waiter& waiter) {
    SnapshotOr answer = made;
    if (made.ok()) {
      const std::int64_t revision = (*made)->revision();
      if (revision < waiter.least_revision && !waiter.met) return false;
      // The graph may have been made anew.
      storage::GraphInfo info;
      info.revision = revision;
      if (const absl::Status status = CheckRevision(waiter.freshness, info); !status.ok()) {
        answer = status;
      }
    }
    told.emplace_back(std::move(waiter.ready), std::move(answer));
    return true;
  });
}

SnapshotKeeper::Scans SnapshotKeeper::scans() const {
  const std::lock_guard lock(mutex_);
  return scans_;
}

absl::StatusOr<std::shared_ptr<const Projection>> SnapshotKeeper::GetProjection(
    std::string_view graph, const View& view, const ProjectionSpec& spec, RunContext& context) {
  return projections_.Get(graph, view, spec, context);
}

absl::StatusOr<DerivedPointer> SnapshotKeeper::GetDerived(std::string_view graph, const View& view,
                                                          const std::string& key,
                                                          const DerivedMaker& make,
                                                          RunContext& context) {
  const auto keep = [&](const std::function<void()>& insert) {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(graph);
    if (found != slots_.end() && found->second->snapshot.get() == &view.snapshot()) insert();
  };
  return derived_.Get(graph, view, key, make, keep, context);
}

void SnapshotKeeper::OnCommit(std::string_view graph, std::int64_t revision) {
  if (revision == 0) {
    Forget(graph);
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(graph);
  if (stopped_ || found == slots_.end() || !found->second->snapshot) return;  // nobody asked for it
  found->second->behind = true;
  Begin(found->first, found->second);
}

}  // namespace lianjie::server
