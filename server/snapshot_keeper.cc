#include "server/snapshot_keeper.h"

#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::server {
namespace {

std::string ProjectionKey(std::string_view graph, const View& view, const ProjectionSpec& spec) {
  const Interval period = view.period().value_or(Interval{});
  return Cat(graph, '\n', view.snapshot().revision(), '\n', view.as_of().days, ' ',
             view.period().has_value() ? 1 : 0, ' ', period.from.days, ' ', period.to.days, '\n',
             view.spec().region, '\n', view.spec().nodes.text(), '\n', view.spec().links.text(),
             '\n', static_cast<int>(spec.direction), ' ', spec.weight, ' ', spec.missing_weight,
             ' ', static_cast<int>(spec.parallel), ' ', spec.self_loops ? 1 : 0, ' ',
             spec.want_links ? 1 : 0);
}

template <typename Record, typename Add>
absl::Status Drain(absl::StatusOr<std::unique_ptr<storage::Cursor<Record>>> cursor, Add add) {
  if (!cursor.ok()) return cursor.status();
  while (true) {
    absl::StatusOr<std::optional<Record>> next = (*cursor)->Next();
    if (!next.ok()) return next.status();
    if (!next->has_value()) return absl::OkStatus();
    add(**std::move(next));
  }
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
       .metadata = {
           {"wanted", Cat(freshness.revision)}, {"oldest", Cat(newest)}, {"newest", Cat(newest)}}});
}

absl::StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(const storage::Reader& reader) {
  SnapshotBuilder builder;
  LIANJIE_RETURN_IF_ERROR(Drain<RegionRecord>(
      reader.ScanRegions(), [&](RegionRecord r) { builder.AddRegion(std::move(r)); }));
  LIANJIE_RETURN_IF_ERROR(
      Drain<LineRecord>(reader.ScanLines(), [&](LineRecord l) { builder.AddLine(std::move(l)); }));
  LIANJIE_RETURN_IF_ERROR(reader.VisitNodes([&](const NodeRecord& node) {
    builder.AddNode(node);
    return absl::OkStatus();
  }));
  LIANJIE_RETURN_IF_ERROR(reader.VisitLinks([&](const LinkRecord& link) {
    builder.AddLink(link);
    return absl::OkStatus();
  }));
  return std::move(builder).Build(reader.info().revision, reader.info().ReferenceDate());
}

SnapshotKeeper::SnapshotKeeper(const storage::Store& store, std::uint64_t projection_budget_bytes)
    : store_(store),
      projection_budget_bytes_(projection_budget_bytes),
      refresher_([this] { RefreshBehind(); }) {}

SnapshotKeeper::~SnapshotKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  refresher_.join();
}

std::shared_ptr<SnapshotKeeper::Slot> SnapshotKeeper::SlotOf(std::string_view graph) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(graph);
  if (found != slots_.end()) return found->second;
  return slots_.emplace(std::string(graph), std::make_shared<Slot>()).first->second;
}

std::shared_ptr<const Snapshot> SnapshotKeeper::Peek(const Slot& slot) {
  const std::lock_guard lock(mutex_);
  return slot.snapshot;
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

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotKeeper::Refresh(std::string_view graph,
                                                                        Slot& slot) {
  const std::lock_guard build(slot.build);
  absl::StatusOr<std::shared_ptr<const storage::Reader>> reader = store_.OpenReader(graph);
  if (!reader.ok()) return reader.status();
  if (std::shared_ptr<const Snapshot> now = Peek(slot);
      now && now->revision() == (*reader)->info().revision)
    return now;
  absl::StatusOr<std::shared_ptr<const Snapshot>> fresh = LoadSnapshot(**reader);
  if (!fresh.ok()) return fresh.status();
  const std::lock_guard lock(mutex_);
  slot.snapshot = *fresh;
  return fresh;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotKeeper::Get(std::string_view graph,
                                                                    const Freshness& freshness) {
  absl::StatusOr<std::shared_ptr<const storage::Reader>> reader = store_.OpenReader(graph);
  if (!reader.ok()) {
    Forget(graph);
    return reader.status();
  }
  const std::int64_t newest = (*reader)->info().revision;
  LIANJIE_RETURN_IF_ERROR(CheckRevision(freshness, newest));
  const std::shared_ptr<Slot> slot = SlotOf(graph);
  if (std::shared_ptr<const Snapshot> now = Peek(*slot)) {
    if (now->revision() == newest) return now;
    const bool fresh_enough =
        freshness.kind == Freshness::Kind::kMinimizeLatency ||
        (freshness.kind == Freshness::Kind::kAtLeast && now->revision() >= freshness.revision);
    if (fresh_enough) {
      const std::lock_guard lock(mutex_);
      stale_.emplace(graph);
      wake_.notify_one();
      return now;
    }
  }
  reader->reset();  // Refresh reads the newest
  absl::StatusOr<std::shared_ptr<const Snapshot>> made = Refresh(graph, *slot);
  if (!made.ok()) return made.status();
  if (freshness.kind == Freshness::Kind::kExact) {
    LIANJIE_RETURN_IF_ERROR(
        CheckRevision(freshness, (*made)->revision()));  // a commit may have come between
  }
  return made;
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
  if (!slots_.contains(graph)) return;  // nobody has asked for it yet
  stale_.emplace(graph);
  wake_.notify_one();
}

void SnapshotKeeper::RefreshBehind() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopped_ || !stale_.empty(); });
    if (stopped_) return;
    const std::string graph = *stale_.begin();
    stale_.erase(stale_.begin());
    lock.unlock();
    // A failure is not lost: the next reader that needs this revision meets it and reports it.
    (void)Refresh(graph, *SlotOf(graph));
    lock.lock();
  }
}

}  // namespace lianjie::server
