#include "server/snapshot_source.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/snapshot_file.h"
#include "engine/graph/snapshot_merge.h"
#include "tbb/parallel_for.h"

namespace lianjie::server {
namespace {

namespace fs = std::filesystem;

// More than threads, so that none waits long for the last.
constexpr std::size_t kScanParts = 32;
// Beyond a quarter of the records a merge costs as much as a scan.
constexpr std::uint64_t kMostChangedPart = 4;
constexpr std::uint64_t kFewChanges = 1000;

// Calls a check every so many records of one thread; the check itself sees one thread at a time.
class Pacer {
 public:
  Pacer(const WaiterCheck& check, std::mutex& mutex) : check_(check), mutex_(mutex) {}
  absl::Status Tick() {
    if (!check_ || (++count_ & 255U) != 0) return absl::OkStatus();
    const std::unique_lock lock(mutex_, std::try_to_lock);
    return lock.owns_lock() ? check_() : absl::OkStatus();
  }

 private:
  const WaiterCheck& check_;
  std::mutex& mutex_;
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

// Runs body(part) for all parts, in parallel, until one fails; the error is that of one that did.
template <typename Body> absl::Status ForEachPart(std::size_t parts, const Body& body) {
  std::mutex mutex;
  absl::Status first;
  std::atomic<bool> failed{false};
  tbb::parallel_for(std::size_t{0}, parts, [&](std::size_t part) {
    if (failed.load(std::memory_order_relaxed)) return;
    absl::Status status = body(part);
    if (status.ok()) return;
    const std::lock_guard lock(mutex);
    if (first.ok()) first = std::move(status);
    failed = true;
  });
  return first;
}

template <typename Record> std::optional<Record> RecordOf(storage::Change::Image& image) {
  if (auto* record = std::get_if<Record>(&image)) return std::move(*record);
  return std::nullopt;
}

template <typename Record> bool Concerns(const storage::Change& change) {
  return std::holds_alternative<Record>(change.before) ||
         std::holds_alternative<Record>(change.after);
}

}  // namespace

SnapshotOr LoadSnapshot(const storage::Reader& reader, const WaiterCheck& check) {
  const std::unique_ptr<storage::BulkScan> scan = reader.StartBulkScan(kScanParts);
  const storage::GraphInfo& info = reader.info();
  SnapshotBuilder builder(scan->parts(), {.nodes = info.node_count, .links = info.link_count});
  std::mutex checking;
  Pacer pacer(check, checking);
  LIANJIE_RETURN_IF_ERROR(Drain<RegionRecord>(
      reader.ScanRegions(), pacer, [&](RegionRecord r) { builder.AddRegion(std::move(r)); }));
  LIANJIE_RETURN_IF_ERROR(Drain<LineRecord>(reader.ScanLines(), pacer,
                                            [&](LineRecord l) { builder.AddLine(std::move(l)); }));
  LIANJIE_RETURN_IF_ERROR(ForEachPart(scan->parts(), [&](std::size_t part) {
    Pacer own(check, checking);
    return scan->VisitNodes(part, [&](const NodeView& node) {
      builder.AddNode(node, part);
      return own.Tick();
    });
  }));
  LIANJIE_RETURN_IF_ERROR(builder.EndNodes());
  using Row = storage::BulkScan::Row;
  LIANJIE_RETURN_IF_ERROR(ForEachPart(scan->parts(), [&](std::size_t part) {
    Pacer own(check, checking);
    return scan->VisitLinks(part, [&](const LinkView& link, Row source, Row target) {
      builder.AddLink(link, source, target, part);
      return own.Tick();
    });
  }));
  return std::move(builder).Build(info.revision, info.ReferenceDate());
}

SnapshotOr MergeChanges(const storage::Reader& reader, const Snapshot& base,
                        const WaiterCheck& check) {
  const storage::GraphInfo& info = reader.info();
  if (base.revision() > info.revision) return nullptr;
  const std::uint64_t most = (info.node_count + info.link_count) / kMostChangedPart + kFewChanges;
  auto changes = reader.ScanChanges(base.revision());
  if (!changes.ok()) return nullptr;
  std::mutex checking;
  Pacer pacer(check, checking);
  SnapshotDelta delta;
  bool lines = false;
  while (true) {
    LIANJIE_RETURN_IF_ERROR(pacer.Tick());
    LIANJIE_ASSIGN_OR_RETURN(std::optional<storage::Change> change, (*changes)->Next());
    if (!change) break;
    if (change->reloaded || Concerns<RegionRecord>(*change) || delta.size() > most) return nullptr;
    if (Concerns<NodeRecord>(*change)) {
      delta.Add(RecordOf<NodeRecord>(change->before), RecordOf<NodeRecord>(change->after));
    } else if (Concerns<LinkRecord>(*change)) {
      delta.Add(RecordOf<LinkRecord>(change->before), RecordOf<LinkRecord>(change->after));
    }
    lines = lines || Concerns<LineRecord>(*change);
  }
  if (lines) {
    std::vector<LineRecord> all;
    LIANJIE_RETURN_IF_ERROR(Drain<LineRecord>(
        reader.ScanLines(), pacer, [&](LineRecord line) { all.push_back(std::move(line)); }));
    delta.SetLines(std::move(all));
  }
  return MergeSnapshot(base, delta, info.region_count > 0, info.revision, info.ReferenceDate());
}

// The one way from a name to a path: names come from requests, and what is no graph's name might
// lead anywhere.
absl::StatusOr<std::string> SnapshotFolder::FileOf(std::string_view graph) const {
  LIANJIE_RETURN_IF_ERROR(storage::CheckGraphName("graph", graph));
  return Cat(path_, "/", graph, ".snapshot");
}

SnapshotOr SnapshotFolder::Open(std::string_view graph, std::uint64_t identity) const {
  LIANJIE_ASSIGN_OR_RETURN(const std::string path, FileOf(graph));
  return OpenSnapshot(path, identity);
}

SnapshotOr SnapshotFolder::Open(const storage::GraphInfo& info) const {
  LIANJIE_ASSIGN_OR_RETURN(const std::string path, FileOf(info.name));
  LIANJIE_ASSIGN_OR_RETURN(auto snapshot, Open(info.name, info.identity));
  if (snapshot->revision() <= info.revision) return snapshot;
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("the saved snapshot '", path, "' is of revision ", snapshot->revision(),
          ", but the graph is at revision ", info.revision),
      {.reason = Reason::kUnavailable, .field = {}, .row = {}, .metadata = {{"path", path}}});
}

absl::Status SnapshotFolder::Save(const Snapshot& snapshot, const std::string& graph,
                                  std::uint64_t identity) const {
  LIANJIE_ASSIGN_OR_RETURN(const std::string path, FileOf(graph));
  std::error_code error;
  fs::create_directories(path_, error);
  const fs::space_info space = fs::space(path_, error);
  if (error || space.available < 2 * snapshot.memory_bytes()) {
    return MakeError(
        absl::StatusCode::kUnavailable,
        Cat("no snapshot is saved in '", path_, "': ", error ? error.message() : "too little room"),
        {.reason = Reason::kUnavailable, .field = {}, .row = {}, .metadata = {{"path", path_}}});
  }
  return SaveSnapshot(snapshot, identity, path);
}

void SnapshotFolder::Remove(std::string_view graph) const {
  const absl::StatusOr<std::string> path = FileOf(graph);
  std::error_code error;
  if (path.ok()) fs::remove(*path, error);
}

}  // namespace lianjie::server
