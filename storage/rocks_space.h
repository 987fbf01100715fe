// Room on the disk for what RocksDB does by itself. A compaction writes its files anew before it
// removes the old ones; RocksDB begins one whatever is free, and a disk that gets full in it fails
// the store, at every start again. Here a compaction is let begin only when what it reads would fit
// into what is free and leave something; else RocksDB asks again every second, and reads go on.
// Flushes are small, and are what the floor of writes is for.
//
// RocksDB 7.8.3 looks at free space only after it has failed. What it does ask before each
// compaction is a bound on the size of all files, so that bound follows what is free. It also fails
// the database when the files exceed the bound, which must not be: the bound lies far above them,
// and the buffer that a compaction has to leave is larger by as much.
#ifndef LIANJIE_STORAGE_ROCKS_SPACE_H_
#define LIANJIE_STORAGE_ROCKS_SPACE_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/listener.h"
#include "rocksdb/sst_file_manager.h"
#include "storage/store_folder.h"

namespace lianjie::storage {

// Thread safe.
class SpaceGuard {
 public:
  // Compactions leave `reserve_bytes` free. `env` must outlive it.
  SpaceGuard(StoreFolder folder, std::uint64_t reserve_bytes, rocksdb::Env* env);
  ~SpaceGuard();
  SpaceGuard(const SpaceGuard&) = delete;
  SpaceGuard& operator=(const SpaceGuard&) = delete;

  // For Options::sst_file_manager.
  const std::shared_ptr<rocksdb::SstFileManager>& files() const { return files_; }
  // For Options::listeners.
  std::shared_ptr<rocksdb::EventListener> listener() const;

  // Returns when `db` takes writes. DISK_FULL: it holds them back until a compaction is done, and
  // none begins, as there is no room for one. Without this a writer would wait within RocksDB for
  // as long as there is none.
  absl::Status AwaitWrites(rocksdb::DB& db);

 private:
  class Stalls;

  void Run();
  void Update();

  const StoreFolder folder_;
  const std::shared_ptr<rocksdb::SstFileManager> files_;
  const std::shared_ptr<Stalls> stalls_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;  // the last: it uses all others
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_ROCKS_SPACE_H_
