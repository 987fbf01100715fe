// What only a store on disk must do: survive reopening, crashes and damage, and keep others out.
#include <sys/mount.h>

#include "tests/storage/rocks_fixture.h"

namespace lianjie::storage {
namespace {

TEST_F(RocksTest, EverythingIsThereAfterReopening) {
  Contents before;
  std::vector<Change> changes;
  std::string token;
  {
    const auto store = Open();
    ASSERT_TRUE(store->CreateGraph("g", Date{18000}).ok());
    ASSERT_TRUE(store->CreateGraph("other", {}).ok());
    ASSERT_TRUE(Commit(*store,
                       {Put(Region("52", "", 1)), Create(Node("A")), Create(Node("B")),
                        Create(ShareLink("L", "A", "B", 0.75)), Put(Line("52", 2020, 4000))},
                       "r1")
                    .ok());
    LoadOptions load;
    load.graph = "g";
    auto loading = *store->BeginLoad(load);
    ASSERT_TRUE(loading->AddNode(Node("C"), {}).ok());
    ASSERT_TRUE(loading->Finish().ok());
    ASSERT_TRUE(Commit(*store, {Create(Link("", "C", "A"))}).ok());
    const auto reader = *store->OpenReader("g");
    before = ReadAll(*reader);
    changes = Drain(reader->ScanChanges(0));
    auto cursor = *reader->ScanNodes();
    ASSERT_TRUE(cursor->Next().ok());
    token = cursor->token();
  }
  const auto store = Open();
  ASSERT_EQ(store->ListGraphs()->size(), 2);
  const auto reader = *store->OpenReader("g");
  EXPECT_TRUE(ReadAll(*reader) == before);
  EXPECT_EQ(reader->info().revision, 3);
  EXPECT_EQ(reader->info().ReferenceDate(), Date{18000});
  EXPECT_EQ(Drain(reader->ScanChanges(0)).size(), changes.size());
  EXPECT_EQ(Drain(reader->ScanNodes(token)).size(), 2);
  // Request ids, ids and shares hold over the restart.
  Batch again;
  again.graph = "g";
  again.request_id = "r1";
  again.writes = {Put(Region("52", "", 1)), Create(Node("A")), Create(Node("B")),
                  Create(ShareLink("L", "A", "B", 0.75)), Put(Line("52", 2020, 4000))};
  EXPECT_TRUE(store->Commit(again)->replayed);
  EXPECT_THAT(Commit(*store, {Create(Node("A"))}), Fails(Reason::kNodeExists));
  EXPECT_THAT(Commit(*store, {Create(ShareLink("M", "A", "B", 0.5))}),
              Fails(Reason::kSharesExceedOne));
  EXPECT_TRUE(Commit(*store, {Create(Node("D"))}).ok());
  EXPECT_EQ((*store->OpenReader("g"))->info().revision, 4);
}

TEST_F(RocksTest, AMissingStoreIsNotMadeUnlessAsked) {
  options_.create_if_missing = false;
  EXPECT_EQ(TryOpen().code(), absl::StatusCode::kNotFound);
  options_.create_if_missing = true;
  options_.read_only = true;
  EXPECT_EQ(TryOpen().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(options_.path));
}

TEST_F(RocksTest, OtherFormatsAreRefusedWithAdvice) {
  Open();
  WriteFile(Path("FORMAT"), "3\n");
  absl::Status status = TryOpen();
  EXPECT_THAT(status, Fails(Reason::kStoreFormat));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("format number 3"));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("newer"));
  WriteFile(Path("FORMAT"), "0\n");
  status = TryOpen();
  EXPECT_THAT(status, Fails(Reason::kStoreFormat));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("Export"));
  WriteFile(Path("FORMAT"), "one\n");
  EXPECT_THAT(TryOpen(), Fails(Reason::kStoreCorrupt));
  fs::remove(Path("FORMAT"));
  EXPECT_THAT(TryOpen(), Fails(Reason::kStoreCorrupt));
  WriteFile(Path("FORMAT"), "2\n");
  {
    const auto kv = *OpenRocksKeyValue(options_);
    StoreHeader header;
    header.format_number = 7;
    ASSERT_TRUE(kv->Write({{HeaderKey(), EncodeHeader(header)}}, true).ok());
  }
  EXPECT_THAT(TryOpen(), Fails(Reason::kStoreFormat));
}

TEST_F(RocksTest, AFolderOfOtherFilesIsLeftAlone) {
  fs::create_directories(options_.path);
  WriteFile(Path("thesis.txt"), "words");
  EXPECT_THAT(TryOpen(), Fails(Reason::kStoreFormat));
  EXPECT_EQ(std::distance(fs::directory_iterator(options_.path), fs::directory_iterator()), 1);
  fs::remove(Path("thesis.txt"));
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(RocksTest, TheStoreIsLockedByOneProcess) {
  {
    Child child("hold", options_.path);
    ASSERT_EQ(child.ReadLine(), "open");
    const absl::Status status = TryOpen();
    EXPECT_THAT(status, Fails(Reason::kStoreLocked));
    EXPECT_EQ(GetErrorDetail(status)->metadata.at("pid"), Cat(child.pid()));
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(Cat("process ", child.pid())));
    // Reading alone takes no lock.
    options_.read_only = true;
    EXPECT_TRUE(TryOpen().ok());
    options_.read_only = false;
  }
  const auto store = Open();
  const absl::Status status = TryOpen();
  EXPECT_THAT(status, Fails(Reason::kStoreLocked));
  EXPECT_EQ(GetErrorDetail(status)->metadata.at("pid"), Cat(getpid()));
}

TEST_F(RocksTest, AReaderKeepsTheStoreOpen) {
  auto store = Open();
  ASSERT_TRUE(store->CreateGraph("g", {}).ok());
  ASSERT_TRUE(Commit(*store, {Create(Node("A"))}).ok());
  auto reader = *store->OpenReader("g");
  store.reset();
  EXPECT_TRUE(reader->GetNode("A").ok());
  EXPECT_THAT(TryOpen(), Fails(Reason::kStoreLocked));
  reader.reset();
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(RocksTest, AReadOnlyStoreReadsAlone) {
  {
    const auto store = Open();
    ASSERT_TRUE(store->CreateGraph("g", {}).ok());
    ASSERT_TRUE(Commit(*store, {Create(Node("A"))}).ok());
  }
  options_.read_only = true;
  const auto store = Open();
  const auto second = Open();
  EXPECT_TRUE((*store->OpenReader("g"))->GetNode("A").ok());
  EXPECT_EQ(second->ListGraphs()->size(), 1);
  for (const absl::Status& status :
       {Commit(*store, {Create(Node("B"))}), store->DeleteGraph("g"),
        store->CreateGraph("h", {}).status(), store->UpdateGraph("g", {}).status(),
        store->BeginLoad({.graph = "g", .request_id = {}}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  }
}

TEST_F(RocksTest, AcknowledgedCommitsSurviveAKill) {
  for (int round = 0; round < 3; ++round) {
    fs::remove_all(options_.path);
    std::string last = "0";
    {
      Child child("commit", options_.path);
      ASSERT_EQ(child.ReadLine(), "1");
      const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(60 * round);
      while (std::chrono::steady_clock::now() < until) last = child.ReadLine();
      child.Kill();
      for (std::string line = child.ReadLine(); !line.empty(); line = child.ReadLine()) last = line;
    }
    const auto store = Open();
    ASSERT_NE(store, nullptr);
    const auto reader = *store->OpenReader("g");
    EXPECT_GE(reader->info().revision, *ParseInt64(last));
    EXPECT_EQ(reader->info().node_count, reader->info().revision);
    EXPECT_EQ(reader->info().link_count, reader->info().revision);
  }
  CheckMapOnDisk();
}

TEST_F(RocksTest, AKilledLoadLeavesNothing) {
  {
    Child child("load", options_.path);
    ASSERT_EQ(child.ReadLine(), "finishing");
    const auto started = [&] {
      std::error_code error;
      const fs::directory_iterator files(Path("ingest"), error);
      return std::any_of(begin(files), end(files), [](const fs::directory_entry& file) {
        std::error_code gone;
        return file.file_size(gone) > 0 && !gone;
      });
    };
    for (int i = 0; i < 20000 && !started(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(started());
    child.Kill();
  }
  const auto store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(fs::is_empty(Path("ingest")));
  // Whole or not at all; nearly always the kill comes first.
  const GraphInfo info = (*store->OpenReader("g"))->info();
  EXPECT_EQ(info.node_count, info.revision == 0 ? 0 : 400000);
}

// What was taken in is there; that something beside it cannot be tidied up is no error of the load.
TEST_F(RocksTest, ALoadThatLeavesSomethingBehindIsDone) {
  const auto kv = *OpenRocksKeyValue(options_);
  const std::string busy = Path("ingest/busy");
  bool mounted = false;
  const absl::Status status = kv->Ingest([&](KeyValueIngest& ingest) {
    fs::create_directories(busy);
    mounted = mount("tmpfs", busy.c_str(), "tmpfs", 0, nullptr) == 0;
    return ingest.NewSink().Put("key", "value");
  });
  if (mounted) umount(busy.c_str());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(**kv->Snapshot()->Get("key"), "value");
  if (!mounted) GTEST_SKIP() << "mounting is not permitted";
}

TEST_F(RocksTest, LeftoversOfALoadAreRemoved) {
  Open();
  WriteFile(Path("ingest/0.sst"), "half a file");
  Open();
  EXPECT_TRUE(fs::is_empty(Path("ingest")));
}

TEST_F(RocksTest, TooLittleFreeDiskRefusesWritesAlone) {
  {
    const auto store = Open();
    ASSERT_TRUE(store->CreateGraph("g", {}).ok());
    ASSERT_TRUE(Commit(*store, {Create(Node("A"))}).ok());
  }
  options_.min_free_disk_bytes = std::uint64_t{1} << 60U;
  {
    const auto store = Open();
    const absl::Status status = Commit(*store, {Create(Node("B"))});
    EXPECT_THAT(status, Fails(Reason::kDiskFull));
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT((*store->BeginLoad({.graph = "g", .request_id = {}}))->Finish().status(),
                Fails(Reason::kDiskFull));
    EXPECT_TRUE((*store->OpenReader("g"))->GetNode("A").ok());
  }
  options_.min_free_disk_bytes = 0;
  EXPECT_TRUE(Commit(*Open(), {Create(Node("B"))}).ok());
}

TEST_F(RocksTest, SweepsGoOnAfterReopening) {
  {
    const auto store = Open();
    ASSERT_TRUE(store->CreateGraph("g", {}).ok());
    LoadOptions options;
    options.graph = "g";
    auto load = *store->BeginLoad(options);
    for (int i = 0; i < 30000; ++i) ASSERT_TRUE(load->AddNode(Node(Cat("N", i)), {}).ok());
    ASSERT_TRUE(load->Finish().ok());
    ASSERT_TRUE(store->DeleteGraph("g").ok());
  }
  const auto kv = *OpenRocksKeyValue(options_);
  const auto store = *OpenKeyValueStore(kv);
  const std::string prefix = GraphPrefix(1);
  for (int i = 0; i < 2000; ++i) {
    if (!kv->Snapshot()->NewIterator(prefix, AfterPrefix(prefix))->Valid()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_FALSE(kv->Snapshot()->NewIterator(prefix, AfterPrefix(prefix))->Valid());
}

// Files of a load that nobody had to number are those that stay: they are not compacted to lose the
// number.
TEST_F(RocksTest, ALoadIsWrittenOnce) {
  {
    const auto store = Open();
    auto load = *store->BeginLoad({.graph = "g", .create_graph = true, .request_id = {}});
    for (int i = 0; i < 20000; ++i) ASSERT_TRUE(load->AddNode(Node(Cat("N", i)), {}).ok());
    ASSERT_TRUE(load->Finish().ok());
  }
  std::vector<fs::path> before = Files(".sst");
  std::erase_if(before, [](const fs::path& file) { return fs::file_size(file) < 10000; });
  ASSERT_FALSE(before.empty());
  const auto store = Open();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  for (const fs::path& file : before) EXPECT_TRUE(fs::exists(file)) << file;
}

}  // namespace
}  // namespace lianjie::storage
