// RocksDB's file system, watched, for two things that RocksDB does not tell. The first write or
// sync that fails is told before RocksDB hears of it. RocksDB 7.8.3 goes on using a file after a
// write to it failed, which its own assertions (live in Debian's build) end with an abort, and
// tells its listeners of an error in the background only after it has tried to go on. And how long
// the manifest is: one that lost its end in damage is a whole manifest of an older state to
// RocksDB.
#ifndef LIANJIE_STORAGE_WATCHED_FILE_SYSTEM_H_
#define LIANJIE_STORAGE_WATCHED_FILE_SYSTEM_H_

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "rocksdb/status.h"

namespace lianjie::storage {

// Called from any thread with what failed.
using WriteFailure = std::function<void(const rocksdb::Status&)>;

// The manifest that the database has: its number, and how many of its bytes are on disk. Both grow.
struct Manifest {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;

  friend auto operator<=>(const Manifest&, const Manifest&) = default;
};
// Called from any thread, one at a time, when the manifest has grown on disk, before RocksDB goes
// on and removes what the manifest no longer needs.
using ManifestSynced = std::function<void(const Manifest&)>;

std::shared_ptr<rocksdb::FileSystem> WatchWrites(const std::shared_ptr<rocksdb::FileSystem>& files,
                                                 WriteFailure on_failure,
                                                 ManifestSynced on_manifest);

// The manifest that is current in a database's folder, as it lies on disk; nothing when CURRENT
// does not name one that is there.
std::optional<Manifest> CurrentManifest(const std::string& database);

// The machine's own files, watched. Must outlive what is opened with it.
std::unique_ptr<rocksdb::Env> MakeWatchedEnv(WriteFailure on_failure, ManifestSynced on_manifest);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_WATCHED_FILE_SYSTEM_H_
