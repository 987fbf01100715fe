// Compactions when there is little room on the disk.
#include <atomic>

#include "rocksdb/db.h"
#include "rocksdb/statistics.h"
#include "storage/rocks_space.h"
#include "tests/storage/rocks_fixture.h"

namespace lianjie::storage {
namespace {

class SpaceTest : public RocksTest {
 protected:
  SpaceTest() {
    options_.write_buffer_bytes = 1 << 20;
    options_.on_failure = [this](const absl::Status&) { ++failures_; };
  }

  std::shared_ptr<KeyValue> OpenMap() {
    auto kv = OpenRocksKeyValue(options_, statistics_);
    EXPECT_TRUE(kv.ok()) << kv.status();
    return kv.ok() ? *std::move(kv) : nullptr;
  }
  // More tables that overlap than start a compaction.
  void AddTables() {
    rocksdb::Options options;
    options.disable_auto_compactions = true;
    rocksdb::DB* made = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, Path("rocksdb"), &made).ok());
    const std::unique_ptr<rocksdb::DB> db(made);
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "key 7", i < 4 ? "older" : "last").ok());
      ASSERT_TRUE(db->Flush(rocksdb::FlushOptions()).ok());
    }
  }
  std::uint64_t Count(rocksdb::Tickers ticker) const { return statistics_->getTickerCount(ticker); }
  template <typename Condition> static bool Wait(const Condition& condition) {
    for (int i = 0; i < 3000 && !condition(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return condition();
  }

  const std::shared_ptr<rocksdb::Statistics> statistics_ = rocksdb::CreateDBStatistics();
  std::atomic<int> failures_ = 0;
};

// A disk on which no compaction leaves the reserve: they wait, also after a restart, and go on when
// there is room.
TEST_F(SpaceTest, ACompactionThatDoesNotFitWaits) {
  options_.min_free_disk_bytes = 0;
  {
    const auto kv = OpenMap();
    ASSERT_TRUE(kv->Write({{"key 7", "first"}}, true).ok());
  }
  AddTables();
  options_.min_free_disk_bytes = std::uint64_t{1} << 50U;
  for (int start = 0; start < 2; ++start) {
    const std::uint64_t before = Count(rocksdb::COMPACTION_CANCELLED);
    const auto kv = OpenMap();
    EXPECT_TRUE(Wait([&] { return Count(rocksdb::COMPACTION_CANCELLED) > before; }));
    EXPECT_EQ(**kv->Snapshot()->Get("key 7"), "last");
    EXPECT_THAT(kv->Write({{"a", "b"}}, true), Fails(Reason::kDiskFull));
  }
  EXPECT_EQ(Count(rocksdb::COMPACT_WRITE_BYTES), 0);
  options_.min_free_disk_bytes = 0;
  const auto kv = OpenMap();
  EXPECT_TRUE(Wait([&] { return Count(rocksdb::COMPACT_WRITE_BYTES) > 0; }));
  EXPECT_EQ(**kv->Snapshot()->Get("key 7"), "last");
  EXPECT_TRUE(kv->Write({{"a", "b"}}, true).ok());
  EXPECT_EQ(failures_, 0);
}

// RocksDB holds writes back when too many tables wait for a compaction: the writer is told.
TEST(SpaceGuardTest, AWriteThatWaitsForACompactionWithoutRoomIsRefused) {
  const TempFolder folder;
  constexpr std::uint64_t kMoreThanThereIs = std::uint64_t{1} << 50U;
  auto guard = std::make_unique<SpaceGuard>(StoreFolder(folder.path()), kMoreThanThereIs,
                                            rocksdb::Env::Default());
  rocksdb::Options options;
  options.create_if_missing = true;
  options.level0_file_num_compaction_trigger = 2;
  options.level0_slowdown_writes_trigger = 3;
  options.level0_stop_writes_trigger = 4;
  options.sst_file_manager = guard->files();
  options.listeners.push_back(guard->listener());
  rocksdb::DB* made = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, folder.path() + "/db", &made).ok());
  const std::unique_ptr<rocksdb::DB> db(made);
  rocksdb::FlushOptions flush;
  flush.allow_write_stall = true;
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(guard->AwaitWrites(*db).ok());
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "key", Cat(i)).ok());
    ASSERT_TRUE(db->Flush(flush).ok());
  }
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = guard->AwaitWrites(*db);
    EXPECT_THAT(status, Fails(Reason::kDiskFull));
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("Reads go on"));
  }
  std::string value;
  EXPECT_TRUE(db->Get(rocksdb::ReadOptions(), "key", &value).ok());
  guard->files()->SetCompactionBufferSize(0);  // there is room
  for (int i = 0; i < 1000 && !guard->AwaitWrites(*db).ok(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(guard->AwaitWrites(*db).ok());
  EXPECT_TRUE(db->Put(rocksdb::WriteOptions(), "key", "more").ok());
}

}  // namespace
}  // namespace lianjie::storage
