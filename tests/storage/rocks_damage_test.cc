// Damage to a store on disk, and a disk that fails: noticed, said, never answered from.
#include "tests/storage/rocks_fixture.h"

namespace lianjie::storage {
namespace {

TEST_F(RocksTest, AStoreBehindItsAcknowledgementsIsRefused) {
  CrashAfter(40);
  const auto logs = Files(".log");
  ASSERT_EQ(logs.size(), 1);
  const std::string whole = ReadFile(logs[0]);
  std::string flipped = whole;
  flipped[flipped.size() / 2] ^= 1;
  for (const std::string& damaged : {whole.substr(0, whole.size() / 2), flipped, std::string()}) {
    WriteFile(logs[0], damaged);
    EXPECT_THAT(TryOpen(), Fails(Reason::kStoreCorrupt));
    options_.read_only = true;
    EXPECT_THAT(TryOpen(), Fails(Reason::kStoreCorrupt));
    options_.read_only = false;
  }
  // Nothing was destroyed by looking: with the log back, all is there.
  WriteFile(logs[0], whole);
  const auto store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_GE((*store->OpenReader("g"))->info().revision, 40);
}

// A load comes after what is in the log and lies in files of its own: it may not stand for a log
// that is lost.
TEST_F(RocksTest, ALoadDoesNotHideALogThatIsLost) {
  for (const char* graph : {"g", "h"}) ASSERT_TRUE(Open()->CreateGraph(graph, {}).ok());
  const auto live = Open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Commit(*live, {Create(Node(Cat("A", i)))}).ok());
  auto load = *live->BeginLoad({.graph = "h", .request_id = {}});
  ASSERT_TRUE(load->AddNode(Node("B"), {}).ok());
  ASSERT_TRUE(load->Finish().ok());
  const std::int64_t revision = (*live->OpenReader("g"))->info().revision;

  const std::string source = options_.path;
  options_.path = folder_.path() + "/copy";
  for (const bool flip : {false, true}) {
    fs::remove_all(options_.path);
    fs::copy(source, options_.path, fs::copy_options::recursive);
    for (const fs::path& log : Files(".log")) {
      std::string bytes = ReadFile(log);
      flip ? void(bytes[bytes.size() / 2] ^= 1) : bytes.clear();
      WriteFile(log, bytes);
    }
    const auto store = OpenRocksStore(options_);
    if (store.ok()) {
      EXPECT_EQ((*(*store)->OpenReader("g"))->info().revision, revision);
    } else {
      EXPECT_THAT(store.status(), Fails(Reason::kStoreCorrupt));
    }
  }
  options_.path = source;
}

// Nor may a compaction that ends while there are writes in the log alone.
TEST_F(RocksTest, ACompactionDoesNotHideALogThatIsLost) {
  const auto kv = *OpenRocksKeyValue(options_);
  const std::string before(4000, 'x');
  for (int flush = 0; flush < 4; ++flush) {  // as many as start a compaction
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(kv->Write({{Cat("key ", i, " of many ", i * flush), before}}, false).ok());
    }
    ASSERT_TRUE(kv->Flush().ok());
  }
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(kv->Write({{"last", Cat(i)}}, true).ok());
  const auto running = [&] { return kv->Statistics().counters["compactions_running"]; };
  for (int i = 0; i < 500 && running() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const std::string source = options_.path;
  options_.path = folder_.path() + "/copy";
  fs::copy(source, options_.path, fs::copy_options::recursive);
  for (const fs::path& log : Files(".log")) WriteFile(log, "");
  EXPECT_THAT(OpenRocksKeyValue(options_).status(), Fails(Reason::kStoreCorrupt));
  options_.path = source;
}

// A manifest cut off between two records is a whole one of an older state: a load that it has
// forgotten leaves no trace in the log, whose writes go on.
TEST_F(RocksTest, AManifestThatLostItsEndIsRefused) {
  {
    const auto store = Open();
    ASSERT_TRUE(store->CreateGraph("g", {}).ok());
    ASSERT_TRUE(Commit(*store, {Create(Node("A"))}).ok());
    auto load = *store->BeginLoad({.graph = "g", .request_id = {}});
    ASSERT_TRUE(load->AddNode(Node("B"), {}).ok());
    ASSERT_TRUE(load->Finish().ok());
    ASSERT_TRUE(Commit(*store, {Create(Node("C"))}).ok());
  }
  options_.read_only = true;
  const auto manifest = CurrentManifest(Path("rocksdb"));
  ASSERT_TRUE(manifest.has_value());
  std::string current = ReadFile(Path("rocksdb/CURRENT"));
  current.pop_back();  // its end of line
  const fs::path path = Path("rocksdb/" + current);
  const std::string whole = ReadFile(path);
  ASSERT_EQ(whole.size(), manifest->bytes);
  EXPECT_TRUE(TryOpen().ok());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    WriteFile(path, whole.substr(0, size));
    EXPECT_THAT(TryOpen(), Fails(Reason::kStoreCorrupt)) << size;
  }
  WriteFile(path, whole);
  EXPECT_EQ((*Open()->OpenReader("g"))->info().node_count, 3);
}

TEST_F(RocksTest, ADatabaseThatIsGoneIsMissed) {
  CrashAfter(1);
  fs::remove_all(Path("rocksdb"));
  EXPECT_THAT(TryOpen(), Fails(Reason::kStoreCorrupt));
  WriteFile(Path("WITNESS"), "nonsense");
  EXPECT_THAT(TryOpen(), Fails(Reason::kStoreCorrupt));
}

// RocksDB would take a folder without CURRENT for a new database's, and remove the tables in it.
TEST_F(RocksTest, ADatabaseWithoutItsCurrentIsRefusedAndKept) {
  { ASSERT_TRUE(Open()->CreateGraph("g", {}).ok()); }
  const auto tables = Files(".sst");
  ASSERT_FALSE(tables.empty());
  const std::string current = ReadFile(Path("rocksdb/CURRENT"));
  const std::string witness = ReadFile(Path("WITNESS"));
  fs::remove(Path("rocksdb/CURRENT"));
  for (const bool with_witness : {true, false}) {
    if (!with_witness) fs::remove(Path("WITNESS"));
    for (const bool read_only : {true, false}) {
      options_.read_only = read_only;
      const absl::Status status = TryOpen();
      EXPECT_THAT(status, Fails(Reason::kStoreCorrupt));
      EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("CURRENT"));
    }
  }
  EXPECT_EQ(Files(".sst"), tables);
  WriteFile(Path("rocksdb/CURRENT"), current);
  WriteFile(Path("WITNESS"), witness);
  EXPECT_EQ(Open()->ListGraphs()->size(), 1);
}

TEST_F(RocksTest, AFirstStartThatWasCutShortIsNoDamage) {
  Open();
  for (const auto& file : fs::directory_iterator(Path("rocksdb"))) fs::remove_all(file.path());
  WriteFile(Path("rocksdb/MANIFEST-000001"), "begun");
  fs::remove(Path("WITNESS"));
  EXPECT_NE(Open(), nullptr);
}

TEST_F(RocksTest, AStoreWithoutItsWitnessIsRefused) {
  CrashAfter(3);
  const std::string witness = ReadFile(Path("WITNESS"));
  fs::remove(Path("WITNESS"));
  for (const bool read_only : {true, false}) {
    options_.read_only = read_only;
    const absl::Status status = TryOpen();
    EXPECT_THAT(status, Fails(Reason::kStoreCorrupt));
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("WITNESS"));
  }
  WriteFile(Path("WITNESS"), witness);
  EXPECT_GE((*Open()->OpenReader("g"))->info().revision, 3);
}

// RocksDB 7.8.3 may end a walk with status OK at a file whose beginning is damaged, when another
// comes before it in its level.
TEST_F(RocksTest, DamageWhereAWalkComesFromAnotherFileIsNoticed) {
  {
    const auto store = Open();
    for (const std::string_view name : {"a", "b", "c"}) {
      LoadOptions options;
      options.graph = "g";
      options.create_graph = true;
      auto load = *store->BeginLoad(options);
      for (int i = 0; i < 200; ++i) ASSERT_TRUE(load->AddNode(Node(Cat(name, i)), {}).ok());
      ASSERT_TRUE(load->Finish().ok());
    }
  }
  options_.read_only = true;
  const auto walk = [this]() -> absl::StatusOr<int> {
    LIANJIE_ASSIGN_OR_RETURN(const auto store, OpenRocksStore(options_));
    LIANJIE_ASSIGN_OR_RETURN(const auto reader, store->OpenReader("g"));
    LIANJIE_ASSIGN_OR_RETURN(const auto nodes, reader->ScanNodes());
    for (int count = 0;; ++count) {
      LIANJIE_ASSIGN_OR_RETURN(const auto node, nodes->Next());
      if (!node.has_value()) return count;
    }
  };
  const absl::StatusOr<int> undamaged = walk();
  ASSERT_TRUE(undamaged.ok()) << undamaged.status();
  ASSERT_EQ(*undamaged, 600);
  int noticed = 0;
  for (const fs::path& file : Files(".sst")) {
    const std::string whole = ReadFile(file);
    std::string bytes = whole;
    bytes.replace(0, 64, 64, '\0');
    WriteFile(file, bytes);
    const absl::StatusOr<int> count = walk();
    if (count.ok()) {
      EXPECT_EQ(*count, 600) << file;
    } else {
      ++noticed;
    }
    WriteFile(file, whole);
  }
  EXPECT_GE(noticed, 3);
}

TEST_F(RocksTest, DamageInAFileIsNoticedNotAnswered) {
  {
    const auto store = Open();
    ASSERT_TRUE(store->CreateGraph("g", {}).ok());
    LoadOptions options;
    options.graph = "g";
    auto load = *store->BeginLoad(options);
    for (int i = 0; i < 20000; ++i) ASSERT_TRUE(load->AddNode(Node(Cat("N", i)), {}).ok());
    ASSERT_TRUE(load->Finish().ok());
  }
  int failures = 0;
  options_.on_failure = [&](const absl::Status&) { ++failures; };
  for (const fs::path& file : Files(".sst")) {
    std::string bytes = ReadFile(file);
    for (std::size_t i = 1000; i + 4000 < bytes.size(); i += 5000) bytes[i] ^= 0x55;
    WriteFile(file, bytes);
  }
  const auto store = OpenRocksStore(options_);
  if (!store.ok()) {
    EXPECT_THAT(store.status(), Fails(Reason::kStoreCorrupt));
    return;
  }
  absl::Status status;
  int seen = 0;
  const auto reader = (*store)->OpenReader("g");
  if (reader.ok()) {
    status = (*reader)->StartBulkScan(1)->VisitNodes(0, [&](const NodeView&) {
      ++seen;
      return absl::OkStatus();
    });
  } else {
    status = reader.status();
  }
  EXPECT_THAT(status, Fails(Reason::kStoreCorrupt));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_LT(seen, 20000);
  EXPECT_EQ(failures, 1);
  EXPECT_THAT(Commit(**store, {Create(Node("X"))}), Fails(Reason::kStoreCorrupt));
}

TEST_F(RocksTest, AFailingDiskFailsTheStore) {
  {
    Child child("fail", options_.path);
    EXPECT_EQ(child.ReadLine(), "OK");
    EXPECT_EQ(child.ReadLine(), "REFUSED");
    EXPECT_EQ(child.ReadLine(), "STORE_CORRUPT");  // a later commit
    EXPECT_EQ(child.ReadLine(), "STORE_CORRUPT");  // a later load
    EXPECT_EQ(child.ReadLine(), "OK");             // reads go on
    EXPECT_EQ(child.ReadLine(), "NODE_NOT_FOUND");
    EXPECT_EQ(child.ReadLine(), "1");  // on_failure, once
    EXPECT_EQ(child.ReadLine(), "");
  }
  const auto store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE((*store->OpenReader("g"))->GetNode("small").ok());
  EXPECT_TRUE(Commit(*store, {Create(Node("later"))}).ok());
}

}  // namespace
}  // namespace lianjie::storage
