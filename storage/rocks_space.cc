#include "storage/rocks_space.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::storage {
namespace {

constexpr std::uint64_t kFarAbove = std::uint64_t{1} << 50U;
// What is free changes by others too; a compaction takes longer than this to fill a disk.
constexpr std::chrono::milliseconds kPause{200};
// RocksDB tries a compaction that found no room again after a second.
constexpr std::chrono::milliseconds kIdle{3000};
constexpr std::chrono::milliseconds kStep{10};

absl::Status NoRoom(const StoreFolder& folder, std::uint64_t pending) {
  const std::uint64_t free = folder.FreeBytes();
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      Cat("only ", free >> 20U, " MiB are free under '", folder.path(),
          "', and the store has to merge files, up to ", (pending >> 20U) + 1,
          " MiB, before it takes more writes: free as much of that disk. Reads go on"),
      {.reason = Reason::kDiskFull,
       .field = {},
       .row = {},
       .metadata = {
           {"path", folder.path()}, {"free_bytes", Cat(free)}, {"needed_bytes", Cat(pending)}}});
}

}  // namespace

class SpaceGuard::Stalls : public rocksdb::EventListener {
 public:
  // RocksDB counts a compaction that waits for room among the running ones; these are told of when
  // they truly begin.
  void OnCompactionBegin(rocksdb::DB* /*db*/, const rocksdb::CompactionJobInfo& /*job*/) override {
    ++running_;
    starved_ = false;
  }
  void OnCompactionCompleted(rocksdb::DB* /*db*/,
                             const rocksdb::CompactionJobInfo& /*job*/) override {
    --running_;
  }
  void OnFlushBegin(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*job*/) override {
    ++running_;
  }
  void OnFlushCompleted(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*job*/) override {
    --running_;
  }
  bool works() const { return running_ > 0; }
  bool starved() const { return starved_; }
  void SetStarved(bool starved) { starved_ = starved; }

 private:
  std::atomic<int> running_ = 0;
  std::atomic<bool> starved_ = false;  // writes are held back, and nothing is done about it
};

SpaceGuard::SpaceGuard(StoreFolder folder, std::uint64_t reserve_bytes, rocksdb::Env* env)
    : folder_(std::move(folder)),
      files_(rocksdb::NewSstFileManager(env)),
      stalls_(std::make_shared<Stalls>()) {
  files_->SetCompactionBufferSize(kFarAbove + std::min(reserve_bytes, kFarAbove));
  Update();
  thread_ = std::thread([this] { Run(); });
}

SpaceGuard::~SpaceGuard() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

std::shared_ptr<rocksdb::EventListener> SpaceGuard::listener() const { return stalls_; }

void SpaceGuard::Update() {
  // In this order: a file that is finished or removed meanwhile makes the sum too small, not too
  // large.
  const std::uint64_t free = folder_.FreeBytes();
  files_->SetMaxAllowedSpaceUsage(files_->GetTotalSize() + kFarAbove + std::min(free, kFarAbove));
}

void SpaceGuard::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kPause, [this] { return stopping_; })) Update();
}

absl::Status SpaceGuard::AwaitWrites(rocksdb::DB& db) {
  using P = rocksdb::DB::Properties;
  const auto value = [&db](const std::string& property) {
    std::uint64_t number = 0;
    db.GetIntProperty(property, &number);
    return number;
  };
  auto idle = kStep;
  while (value(P::kIsWriteStopped) > 0) {
    if (stalls_->starved()) return NoRoom(folder_, value(P::kEstimatePendingCompactionBytes));
    idle = stalls_->works() ? kStep : idle + kStep;
    stalls_->SetStarved(idle >= kIdle);
    std::this_thread::sleep_for(kStep);
  }
  stalls_->SetStarved(false);
  return absl::OkStatus();
}

}  // namespace lianjie::storage
