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

namespace lianjie::storage {

// Remembers the first error of the disk, refuses what comes after and tells the owner once. Thread
// safe.
class FailureLatch {
 public:
  explicit FailureLatch(std::function<void(const absl::Status&)> on_failure)
      : on_failure_(std::move(on_failure)) {}

  // The status as the Store says it; an error of the disk is latched.
  absl::Status Check(const rocksdb::Status& status);
  // Latches an error that did not come from RocksDB.
  absl::Status Fail(const absl::Status& error);
  // OK, or that the store has failed and why.
  absl::Status Refusal() const;

 private:
  std::function<void(const absl::Status&)> on_failure_;
  mutable std::mutex mutex_;
  absl::Status first_;
};

// What an error of RocksDB means to users of the Store.
absl::Status FromRocks(const rocksdb::Status& status);

rocksdb::Options MakeRocksOptions(const OpenOptions& options, std::shared_ptr<FailureLatch> latch);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_ROCKS_OPTIONS_H_
