// Where Snapshots come from: the saved file, the changes, the whole graph. All three must give the
// same.
#include "server/snapshot_source.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/snapshot_keeper.h"
#include "storage/check.h"
#include "storage/store.h"
#include "storage/upkeep.h"
#include "tests/engine/support/random_graph.h"
#include "tests/engine/support/snapshot_bytes.h"

namespace lianjie::server {
namespace {

namespace fs = std::filesystem;
using storage::LineWrite;
using storage::LinkWrite;
using storage::NodeWrite;
using storage::RegionWrite;
using storage::Write;
using storage::WriteKind;
using testing::BytesOf;
using testing::Random;

// A store with one graph, "g", and random batches into it.
class SnapshotSourceTest : public ::testing::Test {
 protected:
  SnapshotSourceTest() { EXPECT_TRUE(store_->CreateGraph("g", Date{18262}).ok()); }
  ~SnapshotSourceTest() override { fs::remove_all(folder_); }

  std::shared_ptr<const storage::Reader> Read() const { return *store_->OpenReader("g"); }
  std::string Whole() const { return BytesOf(**LoadSnapshot(*Read())); }

  void Commit(std::vector<Write> writes) {
    storage::Batch batch;
    batch.graph = "g";
    batch.writes = std::move(writes);
    const auto done = store_->Commit(std::move(batch));
    ASSERT_TRUE(done.ok()) << done.status();
  }
  void CommitSome() {
    std::vector<Write> writes;
    for (int i = 0; i < 8; ++i) {
      NodeWrite node;
      node.kind = WriteKind::kUpsert;
      node.node.id = Cat("n", random_.Below(40));
      node.node.region = std::vector<std::string>{"", "52", "5203"}[random_.Below(3)];
      node.node.persons = random_.Between(1, 9);
      writes.emplace_back(node);
    }
    for (int i = 0; i < 12; ++i) {
      LinkWrite link;
      link.kind = WriteKind::kUpsert;
      link.link.id = Cat("l", random_.Below(80));
      const auto& some = [&] { return std::get<NodeWrite>(writes[random_.Below(8)]).node.id; };
      link.link.source = some();
      link.link.target = some();
      link.link.mechanism = Mechanism::kSupply;
      link.link.paid_yuan = random_.Unit();
      writes.emplace_back(link);
    }
    if (random_.OneIn(2)) {
      NodeWrite gone;
      gone.kind = WriteKind::kDelete;
      gone.node.id = std::get<NodeWrite>(writes[0]).node.id;
      gone.cascade = true;
      writes.emplace_back(gone);
    }
    Commit(std::move(writes));
  }

  SnapshotKeeperOptions Saving() const {
    SnapshotKeeperOptions options;
    options.folder = folder_;
    options.min_saved_records = 1;
    return options;
  }
  fs::path File() const { return folder_ / "g.snapshot"; }
  static std::string Get(SnapshotKeeper& keeper) {
    const auto snapshot = keeper.Get("g", {.kind = Freshness::Kind::kLatest});
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? BytesOf(**snapshot) : std::string();
  }

  Random random_{7};
  const std::unique_ptr<storage::Store> store_ = storage::MakeMemoryStore();
  const fs::path folder_ = [] {
    std::string name = (fs::temp_directory_path() / "snapshots_XXXXXX").string();
    return fs::path(mkdtemp(name.data()));
  }();
};

TEST_F(SnapshotSourceTest, AMergeOfTheChangesEqualsAScan) {
  CommitSome();
  int merges = 0;
  for (int round = 0; round < 60; ++round) {
    const auto base = *LoadSnapshot(*Read());
    for (std::uint64_t i = random_.Below(4); i > 0; --i) CommitSome();
    const auto merged = MergeChanges(*Read(), *base);
    ASSERT_TRUE(merged.ok()) << merged.status();
    if (*merged == nullptr) continue;
    ++merges;
    ASSERT_EQ(BytesOf(**merged), Whole());
  }
  EXPECT_GT(merges, 40);
}

TEST_F(SnapshotSourceTest, WhatChangesMoreThanRecordsIsScanned) {
  CommitSome();
  const auto base = *LoadSnapshot(*Read());
  LineWrite line;
  line.line = {"52", 2020, 4000.0, {}};
  Commit({line});
  ASSERT_TRUE(store_->UpdateGraph("g", Date{18300}).ok());
  const auto merged = MergeChanges(*Read(), *base);
  ASSERT_TRUE(merged.ok() && *merged != nullptr) << "lines and settings";
  EXPECT_EQ(BytesOf(**merged), Whole());
  EXPECT_EQ((*merged)->lines().size(), 1U);
  EXPECT_EQ((*merged)->reference_date(), Date{18300});

  storage::LoadOptions options;
  options.graph = "g";
  auto load = *store_->BeginLoad(options);
  NodeRecord node;
  node.id = "loaded";
  ASSERT_TRUE(load->AddNode(node, {}).ok());
  ASSERT_TRUE(load->Finish().ok());
  EXPECT_EQ(*MergeChanges(*Read(), **merged), nullptr) << "a load";
  const auto loaded = *LoadSnapshot(*Read());
  EXPECT_EQ(BytesOf(**MergeChanges(*Read(), *loaded)), BytesOf(*loaded)) << "nothing changed";

  RegionWrite top, below;
  top.region = {.code = "52", .parent = "", .name = "", .level = 1};
  below.region = {.code = "5203", .parent = "52", .name = "", .level = 2};
  Commit({top, below});
  EXPECT_EQ(*MergeChanges(*Read(), *loaded), nullptr) << "regions";
}

TEST_F(SnapshotSourceTest, AKeeperMergesRatherThanScans) {
  CommitSome();
  SnapshotKeeper keeper(*store_, {});
  EXPECT_EQ(Get(keeper), Whole());
  for (int i = 0; i < 5; ++i) {
    NodeWrite node;
    node.kind = WriteKind::kUpsert;
    node.node.id = "n1";
    node.node.persons = i + 1;
    Commit({node});
    EXPECT_EQ(Get(keeper), Whole());
  }
  EXPECT_EQ(keeper.scans().begun, 1U);
  EXPECT_EQ(keeper.scans().merged, 5U);
}

TEST_F(SnapshotSourceTest, ARestartOpensWhatWasSaved) {
  CommitSome();
  {
    SnapshotKeeper keeper(*store_, Saving());
    EXPECT_EQ(Get(keeper), Whole());
  }
  SnapshotKeeper again(*store_, Saving());
  EXPECT_EQ(Get(again), Whole());
  EXPECT_EQ(again.scans().opened, 1U);
  EXPECT_EQ(again.scans().begun, 0U);
}

TEST_F(SnapshotSourceTest, WhatIsSavedIsServedFromTheFile) {
  CommitSome();
  SnapshotKeeper keeper(*store_, Saving());
  const Freshness latest{.kind = Freshness::Kind::kLatest};
  const auto scanned = keeper.Get("g", latest);
  ASSERT_TRUE(scanned.ok());
  auto now = scanned;
  for (int i = 0; i < 1000 && now.ok() && *now == *scanned; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    now = keeper.Get("g", latest);
  }
  ASSERT_TRUE(now.ok());
  EXPECT_NE(*now, *scanned) << "the one in memory is still served 10 s after it was made";
  EXPECT_EQ(BytesOf(**now), Whole());
  EXPECT_EQ(keeper.scans().begun, 1U);
  EXPECT_EQ(keeper.scans().saved, 1U);
}

TEST_F(SnapshotSourceTest, AnOlderFileIsBroughtUpToDate) {
  CommitSome();
  { Get(*std::make_unique<SnapshotKeeper>(*store_, Saving())); }
  NodeWrite node;
  node.kind = WriteKind::kUpsert;
  node.node.id = "n1";
  node.node.persons = 77;
  Commit({node});
  {
    SnapshotKeeper again(*store_, Saving());
    EXPECT_EQ(Get(again), Whole());
    EXPECT_EQ(again.scans().opened, 1U);
    EXPECT_EQ(again.scans().merged, 1U);
    EXPECT_EQ(again.scans().begun, 0U);
  }
  SnapshotKeeper third(*store_, Saving());
  EXPECT_EQ(Get(third), Whole());
  EXPECT_EQ(third.scans().merged, 0U) << "the merged one was saved at the end";
}

TEST_F(SnapshotSourceTest, ADamagedFileIsNoticedAndIgnored) {
  CommitSome();
  { Get(*std::make_unique<SnapshotKeeper>(*store_, Saving())); }
  fs::resize_file(File(), fs::file_size(File()) / 2);
  SnapshotKeeper again(*store_, Saving());
  EXPECT_EQ(Get(again), Whole());
  EXPECT_EQ(again.scans().rejected, 1U);
  EXPECT_EQ(again.scans().begun, 1U);
}

TEST_F(SnapshotSourceTest, AFileOfAnotherGraphIsNoticedAndIgnored) {
  CommitSome();
  { Get(*std::make_unique<SnapshotKeeper>(*store_, Saving())); }
  fs::copy_file(File(), folder_ / "kept");
  // Another graph of that name, at a later revision.
  ASSERT_TRUE(store_->DeleteGraph("g").ok());
  ASSERT_TRUE(store_->CreateGraph("g", {}).ok());
  for (int i = 0; i < 3; ++i) CommitSome();
  fs::copy_file(folder_ / "kept", File(), fs::copy_options::overwrite_existing);
  SnapshotKeeper again(*store_, Saving());
  EXPECT_EQ(Get(again), Whole());
  EXPECT_EQ(again.scans().rejected, 1U);
}

TEST_F(SnapshotSourceTest, ADeletedGraphLeavesNoFile) {
  CommitSome();
  SnapshotKeeper keeper(*store_, Saving());
  Get(keeper);
  for (int i = 0; i < 1000 && !fs::exists(File()); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_TRUE(fs::exists(File()));
  ASSERT_TRUE(store_->DeleteGraph("g").ok());
  keeper.OnCommit("g", 0);
  EXPECT_FALSE(fs::exists(File()));
  EXPECT_EQ(keeper.Get("g", {}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SnapshotSourceTest, ANameThatIsNoneReachesNoFile) {
  CommitSome();
  { Get(*std::make_unique<SnapshotKeeper>(*store_, Saving())); }
  const fs::path beside = folder_ / "kept.txt";
  const fs::path within = folder_ / "below";
  std::ofstream(beside) << "x";
  fs::create_directory(within);
  SnapshotKeeperOptions options = Saving();
  options.folder = within;
  SnapshotKeeper keeper(*store_, options);
  using std::literals::operator""sv;
  for (const std::string_view name : {"../g"sv, "../kept.txt\0"sv, "/etc\0"sv, ""sv, "."sv}) {
    EXPECT_EQ(keeper.Get(name, {}).status().code(), absl::StatusCode::kNotFound) << name;
    keeper.OnCommit(name, 0);
    EXPECT_TRUE(fs::exists(beside) && fs::exists(File())) << name;
  }
}

// A store whose disk does not answer.
class FailingStore final : public storage::Store {
 public:
  using Info = storage::GraphInfo;
  using Reader = std::shared_ptr<const storage::Reader>;
  absl::StatusOr<Info> CreateGraph(std::string_view, std::optional<Date>) override { return No(); }
  absl::StatusOr<Info> UpdateGraph(std::string_view, std::optional<Date>) override { return No(); }
  absl::Status DeleteGraph(std::string_view) override { return No(); }
  absl::StatusOr<std::vector<Info>> ListGraphs() const override { return No(); }
  absl::StatusOr<Reader> OpenReader(std::string_view) const override { return No(); }
  absl::StatusOr<Reader> OpenReader(std::string_view, std::int64_t,
                                    const std::function<absl::Status()>&) const override {
    return No();
  }
  absl::StatusOr<storage::CommitResult> Commit(storage::Batch) override { return No(); }
  absl::StatusOr<std::unique_ptr<storage::Load>> BeginLoad(storage::LoadOptions) override {
    return No();
  }
  void SetListener(std::function<void(std::string_view, std::int64_t)>) override {}
  absl::StatusOr<storage::CheckReport> Check(const storage::CheckOptions&) const override {
    return No();
  }
  absl::StatusOr<storage::StoreCheckpoint> Checkpoint(std::string_view) override { return No(); }
  absl::StatusOr<storage::StorageStatistics> Statistics() const override { return No(); }

 private:
  static absl::Status No() { return absl::UnavailableError("the disk does not answer"); }
};

TEST_F(SnapshotSourceTest, AStoreThatFailsCostsNoSavedFile) {
  CommitSome();
  { Get(*std::make_unique<SnapshotKeeper>(*store_, Saving())); }
  const FailingStore failing;
  SnapshotKeeper keeper(failing, Saving());
  EXPECT_EQ(keeper.Get("g", {}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(fs::exists(File()));
}

TEST_F(SnapshotSourceTest, WithoutAFolderToSaveInAnswersGoOn) {
  CommitSome();
  std::ofstream(folder_ / "file") << "x";
  {
    SnapshotKeeperOptions options = Saving();
    options.folder = folder_ / "file" / "below";
    SnapshotKeeper keeper(*store_, options);
    EXPECT_EQ(Get(keeper), Whole());
  }
  SnapshotKeeperOptions options = Saving();
  options.min_saved_records = 1000000;
  SnapshotKeeper small(*store_, options);
  EXPECT_EQ(Get(small), Whole());
  EXPECT_FALSE(fs::exists(File()));
}

}  // namespace
}  // namespace lianjie::server
