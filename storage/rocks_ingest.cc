#include "storage/rocks_ingest.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <limits>
#include <string_view>
#include <thread>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "rocksdb/sst_file_reader.h"
#include "rocksdb/sst_file_writer.h"

namespace lianjie::storage {
namespace {

constexpr std::uint64_t kIngestFileBytes = 128 << 20;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr std::size_t kMostWaiting = 8;  // pieces of one sink

// In front of the bytes of a key and its value.
struct PairSizes {
  static constexpr std::uint32_t kDelete = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t key = 0;
  std::uint32_t value = 0;
};

}  // namespace

absl::Status DiskFull(const StoreFolder& folder, std::uint64_t floor_bytes) {
  const std::uint64_t free = folder.FreeBytes();
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      Cat("only ", free >> 20U, " MiB are free under '", folder.path(),
          "'; the store takes no writes until there are ", floor_bytes >> 20U, ": free ",
          ((floor_bytes - std::min(free, floor_bytes)) >> 20U) + 1,
          " MiB of that disk. Reads go on"),
      {.reason = Reason::kDiskFull,
       .field = {},
       .row = {},
       .metadata = {
           {"path", folder.path()}, {"free_bytes", Cat(free)}, {"floor_bytes", Cat(floor_bytes)}}});
}

class IngestFiles::Sink : public KeyValueSink {
 public:
  Sink(IngestFiles& files, const rocksdb::Options& options, std::size_t number)
      : files_(files), options_(options), number_(number), thread_([this] { Run(); }) {}
  ~Sink() override { (void)Finish(); }

  absl::Status Put(std::string_view key, std::string_view value) override {
    return Add(key, static_cast<std::uint32_t>(value.size()), value);
  }
  absl::Status Delete(std::string_view key) override { return Add(key, PairSizes::kDelete, {}); }

  void End() override {
    if (!last_) (void)Give(/*last=*/true);  // the status follows
  }
  absl::Status Finish() {
    End();
    if (thread_.joinable()) thread_.join();
    return status_;
  }
  // After Finish.
  const std::vector<IngestFile>& done() const { return done_; }

 private:
  absl::Status Add(std::string_view key, std::uint32_t value_size, std::string_view value) {
    const PairSizes sizes{.key = static_cast<std::uint32_t>(key.size()), .value = value_size};
    const std::size_t begin = piece_.size();
    piece_.resize(begin + sizeof sizes + key.size() + value.size());
    char* const to = piece_.data() + begin;
    std::memcpy(to, &sizes, sizeof sizes);
    std::memcpy(to + sizeof sizes, key.data(), key.size());
    if (!value.empty()) std::memcpy(to + sizeof sizes + key.size(), value.data(), value.size());
    return piece_.size() < kPieceBytes ? absl::OkStatus() : Give(/*last=*/false);
  }

  // The error that the thread has met, if any.
  absl::Status Give(bool last) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < kMostWaiting || !status_.ok(); });
    waiting_.push_back(std::exchange(piece_, {}));
    piece_.reserve(kPieceBytes + kPieceBytes / 8);
    last_ = last;
    changed_.notify_all();
    return status_;
  }

  void Run() {
    for (bool done = false; !done;) {
      std::string piece;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !waiting_.empty(); });
        piece = std::move(waiting_.front());
        waiting_.pop_front();
        done = last_ && waiting_.empty();
        changed_.notify_all();
        if (!status_.ok()) continue;
      }
      absl::Status status = Write(piece);
      if (status.ok() && done) status = FinishFile();
      if (status.ok()) continue;
      const std::scoped_lock lock(mutex_);
      status_ = std::move(status);
      changed_.notify_all();
    }
    writer_.reset();
  }

  absl::Status Write(std::string_view piece) {
    while (!piece.empty()) {
      PairSizes sizes;
      std::memcpy(&sizes, piece.data(), sizeof sizes);
      piece.remove_prefix(sizeof sizes);
      const rocksdb::Slice key(piece.data(), sizes.key);
      piece.remove_prefix(sizes.key);
      LIANJIE_RETURN_IF_ERROR(EnsureFile());
      if (sizes.value == PairSizes::kDelete) {
        LIANJIE_RETURN_IF_ERROR(files_.latch_.Check(writer_->Delete(key)));
        continue;
      }
      const rocksdb::Slice value(piece.data(), sizes.value);
      piece.remove_prefix(sizes.value);
      LIANJIE_RETURN_IF_ERROR(files_.latch_.Check(writer_->Put(key, value)));
    }
    return absl::OkStatus();
  }

  absl::Status EnsureFile() {
    if (writer_ != nullptr && writer_->FileSize() < kIngestFileBytes) return absl::OkStatus();
    LIANJIE_RETURN_IF_ERROR(FinishFile());
    const std::uint64_t floor = files_.min_free_bytes_ + ++files_.open_files_ * kIngestFileBytes;
    if (files_.folder_.FreeBytes() < floor) return DiskFull(files_.folder_, floor);
    IngestFile& file = done_.emplace_back();
    file.path = Cat(files_.folder_.ingest(), "/", number_, "-", done_.size() - 1, ".sst");
    writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options_, nullptr,
                                                       /*invalidate_page_cache=*/false);
    return files_.latch_.Check(writer_->Open(file.path));
  }

  absl::Status FinishFile() {
    if (writer_ == nullptr) return absl::OkStatus();
    rocksdb::ExternalSstFileInfo info;
    absl::Status status = files_.latch_.Check(writer_->Finish(&info));
    writer_.reset();
    --files_.open_files_;
    if (status.ok()) status = ReadAgain(done_.back().path);
    done_.back().checksum = std::move(info.file_checksum);
    done_.back().checksum_name = std::move(info.file_checksum_func_name);
    return status;
  }

  // Every block against its checksum.
  absl::Status ReadAgain(const std::string& path) {
    rocksdb::SstFileReader reader(options_);
    LIANJIE_RETURN_IF_ERROR(files_.latch_.Check(reader.Open(path)));
    return files_.latch_.Check(reader.VerifyChecksum());
  }

  IngestFiles& files_;
  const rocksdb::Options& options_;
  const std::size_t number_;
  std::string piece_;  // of the thread that fills
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  bool last_ = false;
  absl::Status status_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;  // of the thread
  std::vector<IngestFile> done_;                    // of the thread
  std::thread thread_;                              // the last: it uses all others
};

IngestFiles::IngestFiles(const rocksdb::Options& options, const StoreFolder& folder,
                         std::uint64_t min_free_bytes, FailureLatch& latch)
    : looked_up_(LoadedFileOptions(options, /*looked_up=*/true)),
      walked_(LoadedFileOptions(options, /*looked_up=*/false)),
      folder_(folder),
      min_free_bytes_(min_free_bytes),
      latch_(latch) {}

IngestFiles::~IngestFiles() = default;

KeyValueSink& IngestFiles::NewSink(Reads reads) {
  const std::scoped_lock lock(mutex_);
  const rocksdb::Options& options = reads == Reads::kLookUps ? looked_up_ : walked_;
  return *sinks_.emplace_back(std::make_unique<Sink>(*this, options, sinks_.size()));
}

absl::Status IngestFiles::Finish() {
  absl::Status status;
  for (const std::unique_ptr<Sink>& sink : sinks_) sink->End();  // so that they sync together
  for (const std::unique_ptr<Sink>& sink : sinks_) {
    status.Update(sink->Finish());
    done_.insert(done_.end(), sink->done().begin(), sink->done().end());
  }
  return status;
}

}  // namespace lianjie::storage
