#include "server/snapshot_keeper.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <limits>
#include <optional>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/call.h"

namespace lianjie::server {
namespace {

constexpr int kScanners = 2;
constexpr std::chrono::milliseconds kCheckEvery{10};  // by who waits
constexpr std::chrono::milliseconds kSweepEvery{5};   // by who scans

std::string ProjectionKey(std::string_view graph, const View& view, const ProjectionSpec& spec) {
  const Interval period = view.period().value_or(Interval{});
  return Cat(graph, '\n', view.snapshot().revision(), '\n', view.as_of().days, ' ',
             view.period().has_value() ? 1 : 0, ' ', period.from.days, ' ', period.to.days, '\n',
             view.spec().region, '\n', view.spec().nodes.text(), '\n', view.spec().links.text(),
             '\n', static_cast<int>(spec.direction), ' ', spec.weight, ' ', spec.missing_weight,
             ' ', static_cast<int>(spec.parallel), ' ', spec.self_loops ? 1 : 0, ' ',
             spec.want_links ? 1 : 0);
}

// Calls a check every so many records.
class Pacer {
 public:
  explicit Pacer(const WaiterCheck& check) : check_(check) {}
  absl::Status Tick() { return check_ && (++count_ & 255U) == 0 ? check_() : absl::OkStatus(); }

 private:
  const WaiterCheck& check_;
  unsigned count_ = 0;
};

template <typename Record, typename Add>
absl::Status Drain(absl::StatusOr<std::unique_ptr<storage::Cursor<Record>>> cursor, Pacer& pacer,
                   Add add) {
  if (!cursor.ok()) return cursor.status();
  while (true) {
    LIANJIE_RETURN_IF_ERROR(pacer.Tick());
    absl::StatusOr<std::optional<Record>> next = (*cursor)->Next();
    if (!next.ok()) return next.status();
    if (!next->has_value()) return absl::OkStatus();
    add(**std::move(next));
  }
}

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

absl::Status CheckRevision(const Freshness& freshness, std::int64_t newest) {
  const bool wanted =
      freshness.kind == Freshness::Kind::kAtLeast || freshness.kind == Freshness::Kind::kExact;
  if (!wanted || freshness.revision == newest) return absl::OkStatus();
  if (freshness.kind == Freshness::Kind::kAtLeast && freshness.revision < newest)
    return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("revision ", freshness.revision, " is not available: the graph is at revision ", newest,
          ", the only one that can be read"),
      {.reason = Reason::kRevisionUnavailable,
       .field = "consistency",
       .row = {},
       .metadata = {{"requested", Cat(freshness.revision)}, {"newest", Cat(newest)}}});
}

SnapshotOr LoadSnapshot(const storage::Reader& reader, const WaiterCheck& check) {
  SnapshotBuilder builder;
  Pacer pacer(check);
  LIANJIE_RETURN_IF_ERROR(Drain<RegionRecord>(
      reader.ScanRegions(), pacer, [&](RegionRecord r) { builder.AddRegion(std::move(r)); }));
  LIANJIE_RETURN_IF_ERROR(Drain<LineRecord>(reader.ScanLines(), pacer,
                                            [&](LineRecord l) { builder.AddLine(std::move(l)); }));
  LIANJIE_RETURN_IF_ERROR(reader.VisitNodes([&](const NodeRecord& node) {
    builder.AddNode(node);
    return pacer.Tick();
  }));
  LIANJIE_RETURN_IF_ERROR(reader.VisitLinks(
      [&](const LinkRecord& link) {
        builder.AddLink(link);
        return pacer.Tick();
      },
      check));
  return std::move(builder).Build(reader.info().revision, reader.info().ReferenceDate());
}

SnapshotKeeper::SnapshotKeeper(const storage::Store& store, std::uint64_t projection_budget_bytes)
    : store_(store),
      projection_budget_bytes_(projection_budget_bytes),
      scanners_("snapshot", kScanners, std::numeric_limits<std::size_t>::max()) {}

SnapshotKeeper::~SnapshotKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  scanners_.Stop();
}

void SnapshotKeeper::Forget(std::string_view graph) {
  const std::lock_guard lock(mutex_);
  if (const auto found = slots_.find(graph); found != slots_.end()) slots_.erase(found);
  const std::string prefix = Cat(graph, '\n');
  for (auto it = projections_.begin(); it != projections_.end();) {
    if (it->key.starts_with(prefix)) {
      projection_bytes_ -= it->projection->memory_bytes();
      it = projections_.erase(it);
    } else {
      ++it;
    }
  }
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
    Forget(graph);
    return reader.status();
  }
  const std::int64_t newest = (*reader)->info().revision;
  if (const absl::Status status = CheckRevision(freshness, newest); !status.ok()) return status;
  const std::int64_t least = LeastRevision(freshness, newest);
  const std::lock_guard lock(mutex_);
  if (stopped_) return Stopping();
  auto found = slots_.find(graph);
  if (found == slots_.end()) {
    found = slots_.emplace(std::string(graph), std::make_shared<Slot>()).first;
  }
  const auto& [name, slot] = *found;
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
      if (made.ok()) slot->snapshot = *made;
      // Who came while the scan was being given up gets one of their own.
      if (stopped_) made = Stopping();
      if (stopped_ || !given_up) TakeServed(*slot, made, told);
      again = !stopped_ && (!slot->waiters.empty() || slot->behind);
      if (!again) slot->scanning = false;
      if (given_up) ++scans_.given_up;
    }
    for (auto& [ready, answer] : told) ready(std::move(answer));
    if (!again) return;
  }
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
  LIANJIE_ASSIGN_OR_RETURN(const auto reader, store_.OpenReader(graph));
  if (now && now->revision() == reader->info().revision) return now;
  {
    const std::lock_guard lock(mutex_);
    ++scans_.begun;
  }
  return LoadSnapshot(*reader, [&, next = std::chrono::steady_clock::now()]() mutable {
    const auto time = std::chrono::steady_clock::now();
    if (time < next) return absl::OkStatus();
    next = time + kSweepEvery;
    if (StillWanted(slot, behind)) return absl::OkStatus();
    given_up = true;
    return GivenUp("nobody waits for the snapshot any more");
  });
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
      // A commit may have come between, or the graph have been made anew.
      if (const absl::Status status = CheckRevision(waiter.freshness, revision); !status.ok()) {
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
  const std::string key = ProjectionKey(graph, view, spec);
  {
    const std::lock_guard lock(mutex_);
    for (auto it = projections_.begin(); it != projections_.end(); ++it) {
      if (it->key != key) continue;
      projections_.splice(projections_.begin(), projections_, it);
      return projections_.front().projection;
    }
  }
  absl::StatusOr<std::shared_ptr<const Projection>> made = Projection::Build(view, spec, context);
  if (!made.ok()) return made.status();
  const std::uint64_t bytes = (*made)->memory_bytes();
  const std::lock_guard lock(mutex_);
  if (bytes > projection_budget_bytes_) return made;
  projections_.push_front({key, *made});
  projection_bytes_ += bytes;
  while (projection_bytes_ > projection_budget_bytes_) {
    projection_bytes_ -= projections_.back().projection->memory_bytes();
    projections_.pop_back();
  }
  return made;
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
