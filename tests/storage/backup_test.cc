// Backups below the API: manifests, cancels, little disk. (tests/e2e makes them under load.)
#include "storage/backup.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "engine/core/text.h"
#include "storage/backup_folder.h"
#include "storage/key_value_store.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

namespace fs = std::filesystem;

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OpenOptions options;
    options.path = Path("store");
    store_ = *OpenRocksStore(options);
    LoadOptions load_options;
    load_options.graph = "g";
    load_options.create_graph = true;
    const auto load = *store_->BeginLoad(load_options);
    for (int i = 0; i < 20000; ++i) ASSERT_TRUE(load->AddNode(Node(Cat("N", i)), {}).ok());
    ASSERT_TRUE(load->Finish().ok());
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  // Every name in the folder but that of the lock.
  static std::vector<std::string> Names(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().filename() != "LOCK") names.push_back(entry.path().filename());
    }
    return names;
  }

  TempFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(BackupTest, ItSaysWhatIsInIt) {
  std::map<std::string, int> phases;
  const PhaseCheck check = [&](std::string_view phase, std::uint64_t done, std::uint64_t total) {
    ++phases[std::string(phase)];
    EXPECT_LE(done, total);
    return absl::OkStatus();
  };
  const auto backup = CreateBackup(*store_, Path("backups"), check);
  ASSERT_TRUE(backup.ok()) << backup.status();
  const GraphInfo info = (*store_->OpenReader("g"))->info();
  ASSERT_EQ(backup->graphs.size(), 1);
  EXPECT_EQ(backup->graphs[0].name, "g");
  EXPECT_EQ(backup->graphs[0].revision, info.revision);
  EXPECT_EQ(backup->graphs[0].digest, info.digest);
  for (const char* phase : {"flush", "copy", "files", "records"}) EXPECT_GT(phases[phase], 0);
  const auto listed = ListBackups(Path("backups"));
  ASSERT_EQ(listed->size(), 1);
  EXPECT_EQ(listed->front().id, backup->id);
  EXPECT_EQ(listed->front().digest, backup->digest);
  EXPECT_EQ(listed->front().size_bytes, backup->size_bytes);
  const auto report = VerifyBackup(Path("backups"), backup->id, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->faults, std::vector<std::string>());
  EXPECT_EQ(report->digest, backup->digest);
  EXPECT_TRUE(Names(Path("store/checkpoints")).empty());
  // Verifying writes nothing into a backup.
  EXPECT_EQ(Names(Path("backups/" + backup->id)).size(), 2);
}

// Stopped at whatever moment: no backup, no store, no leftovers.
TEST_F(BackupTest, OneThatIsStoppedLeavesNothing) {
  int calls = 0;
  int stop_at = 0;
  const PhaseCheck stop = [&](std::string_view, std::uint64_t, std::uint64_t) {
    return ++calls == stop_at ? absl::CancelledError("enough") : absl::OkStatus();
  };
  for (stop_at = 1;; ++stop_at) {
    calls = 0;
    const auto backup = CreateBackup(*store_, Path("backups"), stop);
    if (backup.ok()) break;
    EXPECT_EQ(backup.status().code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(Names(Path("backups")), std::vector<std::string>()) << stop_at;
    EXPECT_TRUE(Names(Path("store/checkpoints")).empty());
  }
  EXPECT_GT(stop_at, 4);
  const std::string id = ListBackups(Path("backups"))->front().id;
  for (stop_at = 1;; ++stop_at) {
    calls = 0;
    const auto restored = RestoreBackup(Path("backups"), id, Path("target"), stop);
    if (restored.ok()) break;
    EXPECT_FALSE(fs::exists(Path("target"))) << stop_at;
  }
  EXPECT_GT(stop_at, 4);
  EXPECT_THAT(RestoreBackup(Path("backups"), id, Path("target"), {}).status(),
              Fails(Reason::kInvalidField));
}

TEST_F(BackupTest, EveryByteOfAManifestCounts) {
  ASSERT_TRUE(CreateBackup(*store_, Path("backups"), {}).ok());
  const std::string id = ListBackups(Path("backups"))->front().id;
  const Manifest manifest = *BackupFolder(Path("backups")).Read(id);
  const std::string text = EncodeManifest(manifest);
  EXPECT_EQ(EncodeManifest(*DecodeManifest(text)), text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] ^= 1;
    EXPECT_THAT(DecodeManifest(flipped).status(), Fails(Reason::kStoreCorrupt)) << i;
    EXPECT_FALSE(DecodeManifest(text.substr(0, i)).ok()) << i;
  }
  // One whose manifest is damaged hides no other.
  ASSERT_TRUE(CreateBackup(*store_, Path("backups"), {}).ok());
  ASSERT_TRUE(WriteFileWhole(Path("backups/" + id + "/BACKUP"), "rubbish").ok());
  std::vector<std::string> damaged;
  EXPECT_EQ(ListBackups(Path("backups"), &damaged)->size(), 1);
  EXPECT_EQ(damaged, std::vector<std::string>{id});
  EXPECT_THAT(VerifyBackup(Path("backups"), id, {}).status(), Fails(Reason::kStoreCorrupt));
  EXPECT_TRUE(DeleteBackup(Path("backups"), id).ok());
}

TEST_F(BackupTest, ARestoredStoreIsAttestedBeforeItIsOpened) {
  const std::string id = CreateBackup(*store_, Path("backups"), {})->id;
  ASSERT_TRUE(RestoreBackup(Path("backups"), id, Path("restored"), {}).ok());
  OpenOptions options;
  options.path = Path("restored");
  options.read_only = true;
  EXPECT_TRUE(OpenRocksStore(options).ok());
  options.read_only = false;
  for (const char* file : {"WITNESS", "rocksdb/CURRENT"}) {
    const std::string path = Cat(options.path, "/", file);
    ASSERT_TRUE(fs::exists(path)) << path;
    fs::rename(path, path + ".away");
    EXPECT_THAT(OpenRocksStore(options).status(), Fails(Reason::kStoreCorrupt)) << file;
    fs::rename(path + ".away", path);
  }
  const auto restored = OpenRocksStore(options);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ((*(*restored)->OpenReader("g"))->info().node_count, 20000);
}

TEST_F(BackupTest, AFileThatIsNotOfTheBackupIsNoticed) {
  const std::string id = CreateBackup(*store_, Path("backups"), {})->id;
  const std::string more = Path("backups/" + id + "/rocksdb/999999.sst");
  std::ofstream(more) << "more";
  const auto report = VerifyBackup(Path("backups"), id, {});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->fault_count, 1);
  EXPECT_THAT(report->faults[0], ::testing::HasSubstr("999999.sst' is not of the backup"));
  EXPECT_THAT(RestoreBackup(Path("backups"), id, Path("restored"), {}).status(),
              Fails(Reason::kStoreCorrupt));
  EXPECT_FALSE(fs::exists(Path("restored")));
}

TEST_F(BackupTest, AnIdIsNoPath) {
  for (const char* id : {"", ".", "..", "../store", "a/b", "x.part", "a b"}) {
    EXPECT_FALSE(BackupFolder::IsId(id)) << id;
    EXPECT_EQ(DeleteBackup(Path("."), id).code(), absl::StatusCode::kNotFound) << id;
  }
  EXPECT_TRUE(fs::exists(Path("store/FORMAT")));
}

// A map that says that it is larger than any disk.
class HugeMap : public KeyValue {
 public:
  explicit HugeMap(std::shared_ptr<KeyValue> map) : map_(std::move(map)) {}
  std::shared_ptr<const KeyValueReader> Snapshot() const override { return map_->Snapshot(); }
  absl::Status Write(const KeyValueChanges& changes, bool sync, bool frees) override {
    return map_->Write(changes, sync, frees);
  }
  absl::Status Ingest(absl::FunctionRef<absl::Status(KeyValueIngest&)> fill) override {
    return map_->Ingest(fill);
  }
  SpillSpace Space() const override { return map_->Space(); }
  absl::StatusOr<std::vector<std::string>> FindDamage(const StepCheck& check) const override {
    return map_->FindDamage(check);
  }
  absl::StatusOr<std::string> Checkpoint(std::string_view name) override {
    return map_->Checkpoint(name);
  }
  absl::Status Flush() override { return map_->Flush(); }
  StorageStatistics Statistics() const override {
    StorageStatistics statistics = map_->Statistics();
    statistics.counters["live_table_file_bytes"] = std::uint64_t{1} << 60U;
    return statistics;
  }

 private:
  std::shared_ptr<KeyValue> map_;
};

TEST_F(BackupTest, TooLittleDiskIsRefusedBeforeItStarts) {
  const auto store = *OpenKeyValueStore(std::make_shared<HugeMap>(Subjects()[0].make("").kv));
  const absl::Status status = CreateBackup(*store, Path("backups"), {}).status();
  EXPECT_THAT(status, Fails(Reason::kDiskFull));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("free "));
  EXPECT_FALSE(fs::exists(Path("backups")));
}

}  // namespace
}  // namespace lianjie::storage
