// How RocksDB is opened, and what its errors become. For rocks_*.cc alone.
#ifndef LIANJIE_STORAGE_ROCKS_OPTIONS_H_
#define LIANJIE_STORAGE_ROCKS_OPTIONS_H_

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "rocksdb/listener.h"
#include "rocksdb/options.h"
#include "storage/store.h"
#include "storage/watched_file_system.h"

namespace lianjie::storage {

// Remembers the first error of the disk, refuses what comes after and tells the owner once. Thread
// safe.
class FailureLatch {
 public:
  explicit FailureLatch(std::function<void(const absl::Status&)> on_failure)
      : on_failure_(std::move(on_failure)),
        env_(MakeWatchedEnv([this](const rocksdb::Status& error) { Check(error).IgnoreError(); },
                            [this](const Manifest& manifest) { ManifestGrew(manifest); })) {}

  // The status as the Store says it; an error of the disk is latched.
  absl::Status Check(const rocksdb::Status& status);
  // Latches an error that did not come from RocksDB.
  absl::Status Fail(const absl::Status& error);
  // OK, or that the store has failed and why.
  absl::Status Refusal() const;
  // The files of a database that this latch belongs to: what they fail at is latched at once. Lives
  // as long as the latch.
  rocksdb::Env* env() const { return env_.get(); }
  // From now on `attest` gets the manifest whenever it has grown on disk, at once the one there is.
  // An error of its is latched.
  void AttestManifest(std::function<absl::Status(const Manifest&)> attest);

 private:
  void ManifestGrew(const Manifest& manifest);

  std::function<void(const absl::Status&)> on_failure_;
  std::mutex telling_mutex_;
  mutable std::mutex mutex_;
  std::mutex manifest_mutex_;
  Manifest manifest_;
  std::function<absl::Status(const Manifest&)> attest_;
  absl::Status first_;
  const std::unique_ptr<rocksdb::Env> env_;
};

// What an error of RocksDB means to users of the Store.
absl::Status FromRocks(const rocksdb::Status& status);

rocksdb::Options MakeRocksOptions(const OpenOptions& options, std::shared_ptr<FailureLatch> latch);
// For the files of a load into a database that was opened with `options`. Where nobody looks for
// keys that are not there, no filter is made.
rocksdb::Options LoadedFileOptions(const rocksdb::Options& options, bool looked_up);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_ROCKS_OPTIONS_H_
