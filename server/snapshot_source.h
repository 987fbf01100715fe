// The ways to a Snapshot of a graph's newest revision, from the cheapest: the saved file, the one
// before with what changed since, all records. The keeper (snapshot_keeper.h) decides which.
#ifndef LIANJIE_SERVER_SNAPSHOT_SOURCE_H_
#define LIANJIE_SERVER_SNAPSHOT_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/graph/snapshot.h"
#include "storage/store.h"

namespace lianjie::server {

using SnapshotOr = absl::StatusOr<std::shared_ptr<const Snapshot>>;

// Why a caller no longer waits: CANCELLED, DEADLINE_EXCEEDED. Called from any thread, often; empty:
// the caller waits for ever.
using WaiterCheck = std::function<absl::Status()>;

// Reads a whole graph into a Snapshot, on all cores. O(graph). `check`, where given, is called
// every few hundred records, by one thread at a time; its error ends the reading and is returned.
SnapshotOr LoadSnapshot(const storage::Reader& reader, const WaiterCheck& check = {});

// `base` with the changes up to the reader's revision. Nullptr where a merge would not do: the base
// is newer, or too much changed, or a load or a change of the region table came between, or the
// feed no longer reaches back. O(changes, and copies of the columns in which anything changed).
SnapshotOr MergeChanges(const storage::Reader& reader, const Snapshot& base,
                        const WaiterCheck& check = {});

// Saved Snapshots: a file a graph in a folder of their own, and never one elsewhere, whatever is
// given as a name. Thread safe for different graphs.
class SnapshotFolder {
 public:
  // Empty: nothing is saved and nothing found. The folder is made by the first Save.
  explicit SnapshotFolder(std::string path) : path_(std::move(path)) {}

  // Of the graph that `info` describes, at its revision or an older one. NOT_FOUND: there is no
  // file; other errors: there is one that cannot be used (OpenSnapshot's; FAILED_PRECONDITION also
  // where it is newer than the graph).
  SnapshotOr Open(const storage::GraphInfo& info) const;
  // The one that was saved last, whatever the graph is at now.
  SnapshotOr Open(std::string_view graph, std::uint64_t identity) const;
  // UNAVAILABLE when the disk failed, or has not twice the room that the file takes.
  absl::Status Save(const Snapshot& snapshot, const std::string& graph,
                    std::uint64_t identity) const;
  void Remove(std::string_view graph) const;
  bool enabled() const { return !path_.empty(); }

 private:
  absl::StatusOr<std::string> FileOf(std::string_view graph) const;

  const std::string path_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_SNAPSHOT_SOURCE_H_
