// The files of an ingest in the making: each sink writes a series of them, a new one whenever the
// last is large enough, on a thread of its own, so that sorting and compressing take turns on all
// cores; the same thread syncs each file and reads it again, block by block, before RocksDB gets
// it.
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

// A file that was written, synced, and read again block by block.
struct IngestFile {
  std::string path;
  std::string checksum;       // of all its bytes, taken as they were written
  std::string checksum_name;  // of the function
};

class IngestFiles : public KeyValueIngest {
 public:
  // All must outlive it. Files are made in folder.ingest().
  IngestFiles(const rocksdb::Options& options, const StoreFolder& folder,
              std::uint64_t min_free_bytes, FailureLatch& latch);
  ~IngestFiles() override;

  KeyValueSink& NewSink(Reads reads) override;
  // Waits until all is written; the first error of a sink.
  absl::Status Finish();
  // After Finish.
  const std::vector<IngestFile>& files() const { return done_; }

 private:
  class Sink;

  const rocksdb::Options looked_up_;
  const rocksdb::Options walked_;
  const StoreFolder& folder_;
  const std::uint64_t min_free_bytes_;
  FailureLatch& latch_;
  std::atomic<std::uint64_t> open_files_ = 0;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::vector<IngestFile> done_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_ROCKS_INGEST_H_
