// From an older format to this one, whenever it is cut short. (tests/e2e migrates a store that a
// release of format 1 wrote.)
#include "storage/migrate.h"

#include <chrono>
#include <fstream>
#include <thread>

#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/key_value_store.h"
#include "storage/keys.h"
#include "storage/rocks_key_value.h"
#include "storage/store_folder.h"
#include "tests/storage/checker.h"
#include "tests/storage/child.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

constexpr int kNodes = 20000;

class MigrateTest : public ::testing::Test {
 protected:
  MigrateTest() { options_.path = folder_.path() + "/store"; }

  void SetUp() override {
    auto store = *OpenRocksStore(options_);
    LoadOptions load_options;
    load_options.graph = "g";
    load_options.create_graph = true;
    auto load = *store->BeginLoad(load_options);
    for (int i = 0; i < kNodes; ++i) {
      ASSERT_TRUE(load->AddNode(Node(Cat("N", i)), {}).ok());
      ASSERT_TRUE(load->AddLink(Link("", Cat("N", i), Cat("N", i * 7 % kNodes)), {}).ok());
    }
    ASSERT_TRUE(load->Finish().ok());
    load.reset();
    ASSERT_TRUE(store->CreateGraph("empty", {}).ok());
    digest_ = (*store->OpenReader("g"))->info().digest;
    store.reset();
    MakeOld();
  }

  // What format 1 had.
  void MakeOld() {
    const auto kv = *OpenRocksKeyValue(options_);
    const auto snapshot = kv->Snapshot();
    KeyValueChanges changes;
    for (const GraphNumber graph : {1U, 2U}) {
      GraphMeta meta = *GraphData(*snapshot, graph).Meta();
      meta.info.digest = 0;
      meta.info.oldest_revision = 0;
      meta.info.changes_after = 0;
      for (std::int64_t revision = 0; revision <= meta.info.revision; ++revision) {
        changes[RevisionKey(graph, revision)] = std::nullopt;
      }
      changes[MetaKey(graph)] = EncodeMeta(meta);
    }
    StoreHeader header = *DecodeHeader(**snapshot->Get(HeaderKey()));
    header.format_number = 1;
    changes[HeaderKey()] = EncodeHeader(header);
    ASSERT_TRUE(kv->Write(changes, true).ok());
    WriteFormat("1\n");
  }
  void WriteFormat(const std::string& text) { std::ofstream(options_.path + "/FORMAT") << text; }
  std::string ReadFormat() const {
    std::string text;
    std::getline(std::ifstream(options_.path + "/FORMAT"), text);
    return text;
  }

  void ExpectOld() {
    EXPECT_EQ(ReadFormat(), "1");
    EXPECT_THAT(OpenRocksStore(options_).status(), Fails(Reason::kStoreFormat));
  }
  void ExpectMigrated() {
    EXPECT_EQ(ReadFormat(), Cat(kFormatNumber));
    const auto kv = OpenRocksKeyValue(options_);
    ASSERT_TRUE(kv.ok()) << kv.status();
    for (const std::string& problem : CheckMap(*(*kv)->Snapshot())) ADD_FAILURE() << problem;
    const auto store = *OpenKeyValueStore(*kv);
    EXPECT_EQ((*store->OpenReader("g"))->info().digest, digest_);
    EXPECT_EQ((*store->OpenReader("empty"))->info().digest, 0);
  }

  TempFolder folder_;
  OpenOptions options_;
  absl::uint128 digest_ = 0;
};

TEST_F(MigrateTest, OldStoresAreRefusedUntilMigrated) {
  const absl::Status refused = OpenRocksStore(options_).status();
  EXPECT_THAT(refused, Fails(Reason::kStoreFormat));
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("lianjie migrate --data"));
  std::uint64_t last = 0;
  auto migration = MigrateRocksStore(options_, [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_LE(done, total);
    last = done;
    return absl::OkStatus();
  });
  ASSERT_TRUE(migration.ok()) << migration.status();
  EXPECT_EQ(migration->from, 1);
  EXPECT_EQ(migration->graphs, 2);
  EXPECT_GT(last, 0);
  ExpectMigrated();
  // Once more changes nothing.
  migration = MigrateRocksStore(options_, {});
  ASSERT_TRUE(migration.ok());
  EXPECT_EQ(migration->from, kFormatNumber);
  ExpectMigrated();
}

TEST_F(MigrateTest, OneThatIsStoppedLeavesTheStoreAsItWas) {
  EXPECT_EQ(
      MigrateRocksStore(options_,
                        [](std::uint64_t, std::uint64_t) { return absl::CancelledError("enough"); })
          .status()
          .code(),
      absl::StatusCode::kCancelled);
  ExpectOld();
  options_.min_free_disk_bytes = std::uint64_t{1} << 60U;
  EXPECT_THAT(MigrateRocksStore(options_, {}).status(), Fails(Reason::kDiskFull));
  options_.min_free_disk_bytes = 0;
  ExpectOld();
  ASSERT_TRUE(MigrateRocksStore(options_, {}).ok());
  ExpectMigrated();
}

// Killed between the database's write and the file's.
TEST_F(MigrateTest, AFormatFileThatIsBehindIsBroughtUp) {
  ASSERT_TRUE(MigrateRocksStore(options_, {}).ok());
  WriteFormat("1\n");
  ExpectOld();
  ASSERT_TRUE(MigrateRocksStore(options_, {}).ok());
  ExpectMigrated();
}

TEST_F(MigrateTest, OneThatIsKilledIsBegunAnew) {
  int old = 0;
  for (int round = 0; round < 12; ++round) {
    {
      Child child("migrate", options_.path);
      ASSERT_EQ(child.ReadLine(), "migrating");
      std::this_thread::sleep_for(std::chrono::milliseconds(4 * round));
      child.Kill();
    }
    if (ReadFormat() == "1") {
      ++old;
      ExpectOld();
    } else {
      ExpectMigrated();
      MakeOld();
    }
  }
  EXPECT_GT(old, 0);
  ASSERT_TRUE(MigrateRocksStore(options_, {}).ok());
  ExpectMigrated();
}

TEST_F(MigrateTest, OtherFormatsAndOtherFoldersAreRefused) {
  WriteFormat("0\n");
  EXPECT_THAT(MigrateRocksStore(options_, {}).status(), Fails(Reason::kStoreFormat));
  WriteFormat("99\n");
  EXPECT_THAT(MigrateRocksStore(options_, {}).status(), Fails(Reason::kStoreFormat));
  OpenOptions nowhere;
  nowhere.path = folder_.path() + "/nowhere";
  EXPECT_EQ(MigrateRocksStore(nowhere, {}).status().code(), absl::StatusCode::kNotFound);
  WriteFormat("1\n");
  const auto lock = StoreFolder(options_.path).Lock();
  ASSERT_TRUE(lock.ok());
  EXPECT_THAT(MigrateRocksStore(options_, {}).status(), Fails(Reason::kStoreLocked));
}

}  // namespace
}  // namespace lianjie::storage
