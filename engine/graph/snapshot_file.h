// A Snapshot in a file: written whole, then put in its place; mapped when it is opened, so that a
// start costs one reading of the file (its checksums) and no building, and pages that nobody uses
// can be given back. The file is a cache: whoever opens it must be able to do without it.
//
// Layout (all numbers little-endian; the arrays as they lie in memory): a header of 64 bytes
// (magic, layout number, identity, revision, place and checksum of the table, its own checksum),
// the arrays, each at a multiple of 64 bytes, and the table: place, size and XXH3 checksum of each.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_FILE_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/snapshot.h"

namespace lianjie {

// Writes `snapshot` under `path`: first beside it (path + ".new"), on disk before it is renamed, so
// that there is always the whole old file or the whole new one. `identity` says which graph it is
// of. UNAVAILABLE when the disk fails. O(size).
absl::Status SaveSnapshot(const Snapshot& snapshot, std::uint64_t identity,
                          const std::string& path);

// The Snapshot in `path`, its columns mapped. Every byte is checked against its checksum.
// NOT_FOUND: no file; FAILED_PRECONDITION: of another graph or another layout; DATA_LOSS: damaged;
// all name the file. O(size), parallel in the arena of whoever calls.
absl::StatusOr<std::shared_ptr<const Snapshot>> OpenSnapshot(const std::string& path,
                                                             std::uint64_t identity);

// The same, whichever graph it is of: for programs that are given a file and no store.
absl::StatusOr<std::shared_ptr<const Snapshot>> OpenSavedSnapshot(const std::string& path);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_FILE_H_
