#include "storage/rocks_upkeep.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "rocksdb/file_checksum.h"
#include "storage/rocks_options.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

// Files stay while it lives.
class KeepFiles {
 public:
  explicit KeepFiles(rocksdb::DB& db) : db_(db), kept_(db.DisableFileDeletions().ok()) {}
  ~KeepFiles() {
    // A read-only database, which removes nothing, refuses both.
    if (kept_) db_.EnableFileDeletions(/*force=*/false).PermitUncheckedError();
  }
  KeepFiles(const KeepFiles&) = delete;
  KeepFiles& operator=(const KeepFiles&) = delete;

 private:
  rocksdb::DB& db_;
  const bool kept_;
};

class DamageFinder {
 public:
  DamageFinder(rocksdb::DB& db, const StepCheck& check) : db_(db), check_(check) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    const KeepFiles keep(db_);
    std::vector<rocksdb::LiveFileMetaData> files;
    db_.GetLiveFilesMetaData(&files);
    for (const auto& file : files) total_ += file.size;
    bool blocks = false;
    for (const auto& file : files) {
      if (file.file_checksum.empty() || file.file_checksum_func_name == "Unknown") {
        blocks = true;
      } else {
        LIANJIE_RETURN_IF_ERROR(CheckFile(file));
      }
    }
    if (blocks) {
      const absl::Status status = FromRocks(db_.VerifyChecksum());
      if (!status.ok()) damage_.emplace_back(FromAbsl(status.message()));
    }
    return std::move(damage_);
  }

 private:
  absl::Status CheckFile(const rocksdb::LiveFileMetaData& file) {
    const std::string path = Cat(file.directory, "/", file.relative_filename);
    rocksdb::FileChecksumGenContext context;
    context.file_name = path;
    context.requested_checksum_func_name = file.file_checksum_func_name;
    const auto generator =
        rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator(context);
    if (generator == nullptr) {
      damage_.push_back(Cat("file '", path, "' has a checksum of an unknown kind, ",
                            file.file_checksum_func_name));
      return absl::OkStatus();
    }
    const File in(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (in.get() < 0) {
      damage_.push_back(Cat("file '", path, "' cannot be opened"));
      return absl::OkStatus();
    }
    std::uint64_t size = 0;
    ssize_t got = 0;
    while ((got = read(in.get(), buffer_.data(), buffer_.size())) > 0) {
      generator->Update(buffer_.data(), static_cast<std::size_t>(got));
      size += static_cast<std::uint64_t>(got);
      done_ += static_cast<std::uint64_t>(got);
      if (check_) LIANJIE_RETURN_IF_ERROR(check_(std::min(done_, total_), total_));
    }
    generator->Finalize();
    if (got < 0) {
      damage_.push_back(Cat("file '", path, "' cannot be read"));
    } else if (size != file.size) {
      damage_.push_back(Cat("file '", path, "' has ", size, " bytes, not ", file.size));
    } else if (generator->GetChecksum() != file.file_checksum) {
      damage_.push_back(Cat("file '", path,
                            "' is damaged: its checksum is not the one it was "
                            "written with"));
    }
    return absl::OkStatus();
  }

  rocksdb::DB& db_;
  const StepCheck& check_;
  std::string buffer_ = std::string(kReadBytes, '\0');
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  std::vector<std::string> damage_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> FindDamagedFiles(rocksdb::DB& db, const StepCheck& check) {
  return DamageFinder(db, check).Run();
}

StorageStatistics RocksStatistics(rocksdb::DB& db, const StoreFolder& folder) {
  StorageStatistics out;
  out.folder = folder.path();
  out.disk_bytes = folder.UsedBytes();
  out.free_bytes = folder.FreeBytes();
  using P = rocksdb::DB::Properties;
  const auto value = [&db](const std::string& property) {
    std::uint64_t number = 0;
    db.GetIntProperty(property, &number);
    return number;
  };
  const std::uint64_t cache = value(P::kBlockCacheUsage);
  const std::uint64_t buffers = value(P::kCurSizeAllMemTables);
  const std::uint64_t tables = value(P::kEstimateTableReadersMem);
  out.memory_bytes = cache + buffers + tables;
  out.counters = {
      {"block_cache_bytes", cache},
      {"write_buffer_bytes", buffers},
      {"open_file_bytes", tables},
      {"table_file_bytes", value(P::kTotalSstFilesSize)},
      {"live_table_file_bytes", value(P::kLiveSstFilesSize)},
      {"compaction_pending_bytes", value(P::kEstimatePendingCompactionBytes)},
      {"compactions_running", value(P::kNumRunningCompactions)},
      {"flushes_running", value(P::kNumRunningFlushes)},
      {"snapshots_held", value(P::kNumSnapshots)},
  };
  return out;
}

}  // namespace lianjie::storage
