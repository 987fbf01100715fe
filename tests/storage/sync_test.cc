// What an acknowledgement rests on: every one comes after a sync of the log and of the witness.
#include <fcntl.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "engine/core/text.h"
#include "rocksdb/statistics.h"
#include "storage/key_value_store.h"
#include "storage/rocks_key_value.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

namespace fs = std::filesystem;

TEST(SyncTest, EveryAcknowledgedCommitIsSynced) {
  const TempFolder folder;
  OpenOptions options;
  options.path = folder.path() + "/store";
  const auto statistics = rocksdb::CreateDBStatistics();
  const auto store = *OpenKeyValueStore(*OpenRocksKeyValue(options, statistics));
  const auto syncs = [&] { return statistics->getTickerCount(rocksdb::WAL_FILE_SYNCED); };
  std::uint64_t before = syncs();
  const auto synced = [&] {
    const std::uint64_t now = syncs();
    const bool grew = now > before;
    before = now;
    return grew;
  };
  std::uint64_t at_listener = 0;  // called before the writer gets its answer
  store->SetListener([&](std::string_view, std::int64_t) { at_listener = syncs(); });
  const std::uint64_t first = before;
  ASSERT_TRUE(store->CreateGraph("g", {}).ok());
  EXPECT_TRUE(synced());
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t then = before;
    ASSERT_TRUE(store
                    ->Commit({.graph = "g",
                              .preconditions = {},
                              .writes = {Create(Node(Cat("N", i)))},
                              .request_id = {}})
                    .ok());
    EXPECT_TRUE(synced()) << i;
    EXPECT_GT(at_listener, then) << i;
  }
  ASSERT_TRUE(store->UpdateGraph("g", Date{18000}).ok());
  EXPECT_TRUE(synced());
  std::printf("[ figures  ] 22 writes, %llu syncs of the log\n",
              static_cast<unsigned long long>(before - first));
  // What says how far the acknowledged writes have come is synced by each of its writes.
  int witnesses = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (fs::read_symlink(entry.path(), error) != fs::canonical(options.path + "/WITNESS")) continue;
    ++witnesses;
    const int flags = fcntl(std::stoi(entry.path().filename()), F_GETFL);
    EXPECT_EQ(flags & O_DSYNC, O_DSYNC);
  }
  EXPECT_EQ(witnesses, 1);
}

}  // namespace
}  // namespace lianjie::storage
