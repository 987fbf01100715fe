// The files of an ingest in the making: each sink writes a series of them, a new one whenever the
// last is large enough, on a thread of its own, so that sorting and compressing take turns on all
// cores.
#ifndef LIANJIE_STORAGE_ROCKS_INGEST_H_
#define LIANJIE_STORAGE_ROCKS_INGEST_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rocksdb/options.h"
#include "storage/key_value.h"
#include "storage/rocks_options.h"
#include "storage/store_folder.h"

namespace lianjie::storage {

// DISK_FULL: what to free where.
absl::Status DiskFull(const StoreFolder& folder, std::uint64_t floor_bytes);

class IngestFiles : public KeyValueIngest {
 public:
  // All must outlive it. Files are made in folder.ingest().
  IngestFiles(const rocksdb::Options& options, const StoreFolder& folder,
              std::uint64_t min_free_bytes, FailureLatch& latch);
  ~IngestFiles() override;

  KeyValueSink& NewSink() override;
  // Waits until all is written; the first error of a sink.
  absl::Status Finish();
  // After Finish.
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  class Sink;

  const rocksdb::Options& options_;
  const StoreFolder& folder_;
  const std::uint64_t min_free_bytes_;
  FailureLatch& latch_;
  std::atomic<std::uint64_t> open_files_ = 0;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::vector<std::string> paths_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_ROCKS_INGEST_H_
