// The check: a store that is well has no fault; of each kind of fault one is planted below the
// store's own code, and named.
#include "storage/check.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/key_value_store.h"
#include "storage/keys.h"
#include "storage/overlay.h"
#include "storage/rocks_key_value.h"
#include "tests/storage/checker.h"
#include "tests/storage/conformance.h"
#include "tests/storage/planted_faults.h"

namespace lianjie::storage {
namespace {

TEST(CheckTest, WhatIsWellHasNoFault) {
  const Subject subject = Planted();
  const auto report = subject.store->Check({});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->faults, std::vector<std::string>());
  EXPECT_EQ(report->fault_count, 0);
  ASSERT_EQ(report->graphs.size(), 1);
  const CheckedGraph& graph = report->graphs[0];
  const GraphInfo stored = (*subject.store->OpenReader("g"))->info();
  EXPECT_EQ(graph.info.name, "g");
  EXPECT_EQ(graph.info.digest, stored.digest);
  EXPECT_EQ(graph.info.revision, 2);
  EXPECT_EQ(graph.change_count, 7);
  EXPECT_EQ(graph.request_count, 1);
  EXPECT_EQ(graph.record_count, report->record_count);
  EXPECT_EQ(report->digest, StoreDigest(*subject.store->ListGraphs()));
}

TEST(CheckTest, EachFaultIsNamed) {
  for (const PlantedFault& one : PlantedFaults()) {
    const Subject subject = Planted();
    ASSERT_TRUE(subject.kv->Write(one.fault, true).ok());
    const auto report = CheckStore(*subject.kv->Snapshot(), {});
    ASSERT_TRUE(report.ok()) << one.name << ": " << report.status();
    EXPECT_EQ(report->fault_count, report->faults.size()) << one.name;
    for (const std::string& said : one.said) {
      EXPECT_THAT(report->faults, ::testing::Contains(::testing::HasSubstr(said))) << one.name;
    }
    EXPECT_GT(report->fault_count, 0) << one.name;
  }
  std::printf("[ figures  ] %zu kinds of faults planted, all named\n", PlantedFaults().size());
}

// Older revisions are rebuilt from the feed alone: what it says was there must be what was.
TEST(CheckTest, TheFeedIsHeldAgainstTheRecords) {
  const Subject subject = Planted();
  const auto commit = [&](std::vector<Write> writes, std::string id = {}) {
    ASSERT_TRUE(subject.store
                    ->Commit({.graph = "g",
                              .preconditions = {},
                              .writes = std::move(writes),
                              .request_id = std::move(id)})
                    .ok());
  };
  NodeRecord node = Node("B");
  for (const char* name : {"first", "second"}) {  // revisions 3 and 4
    node.name = name;
    commit({Upsert(node), Upsert(Link("M", "A", name == std::string("first") ? "B" : "007")),
            Put(Region("S", "R", name == std::string("first") ? 3 : 4)),
            Put(Line("R", 2020, name == std::string("first") ? 1 : 2))},
           name);
  }
  commit({DeleteNode("007", true), Create(Node("C"))});  // 5
  commit({Create(Node("007")), DeleteNode("C")});        // 6
  for (const std::uint64_t memory : {std::uint64_t{256} << 20, std::uint64_t{100}}) {
    CheckOptions options;
    options.memory_bytes = memory;
    const auto faults_with = [&](const KeyValueChanges& fault) {
      const auto base = subject.kv->Snapshot();
      Overlay kv(*base);
      for (const auto& [key, value] : fault) {
        value.has_value() ? kv.Put(key, *value) : kv.Delete(key);
      }
      return CheckStore(kv, options)->faults;
    };
    EXPECT_EQ(faults_with({}), std::vector<std::string>());
    const auto base = subject.kv->Snapshot();
    const auto changed = [&](std::int64_t revision, std::uint32_t sequence, auto edit) {
      const std::string key = ChangeKey(1, revision, sequence);
      Change change;
      EXPECT_TRUE(DecodeChange(**base->Get(key), change).ok());
      Number number = DecodeChangeUndo(**base->Get(key))->number;
      edit(change, number);
      return KeyValueChanges{{key, EncodeChange(change, number)}};
    };
    const auto says = [](const char* text) {
      return ::testing::ElementsAre(::testing::HasSubstr(text));
    };
    EXPECT_THAT(faults_with(changed(4, 0,
                                    [](Change& change, Number&) {
                                      std::get<NodeRecord>(change.before).name = "other";
                                    })),
                says("change 0 of revision 4 says of node 'B' another state before"));
    EXPECT_THAT(faults_with(changed(4, 0, [](Change&, Number& number) { number = 9; })),
                ::testing::Contains(::testing::HasSubstr("change 0 of revision 4")));
    EXPECT_THAT(faults_with(changed(4, 0,
                                    [](Change& change, Number&) {
                                      std::get<NodeRecord>(change.after).name = "other";
                                    })),
                says("change 0 of revision 4, the last of node 'B', leaves another state"));
    EXPECT_THAT(faults_with(changed(4, 2,
                                    [](Change& change, Number&) {
                                      std::get<RegionRecord>(change.before).name = "other";
                                    })),
                says("of region 'S' another state before"));
    EXPECT_THAT(faults_with(changed(4, 3,
                                    [](Change& change, Number&) {
                                      std::get<LineRecord>(change.after).line_yuan = 9;
                                    })),
                says("the last of the line of year 2020 and region 'R'"));
    EXPECT_THAT(faults_with(changed(6, 0, [](Change&, Number& number) { number = 2; })),
                says("the last of node '007', leaves another state"));
    EXPECT_THAT(
        faults_with(
            {{RequestKey(1, "q"),
              EncodeRequest(
                  {.digest = std::string(16, 'x'), .revision = 3, .link_ids = {}, .load = {}})}}),
        says("request id 'q' names revision 3, which came with 'first'"));
  }
}

// In pieces of a few nodes and in one: the same report.
TEST(CheckTest, LittleMemoryIsEnough) {
  const Subject subject = Subjects()[0].make("");
  LoadOptions options;
  options.graph = "g";
  options.create_graph = true;
  auto load = *subject.store->BeginLoad(options);
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(load->AddNode(Node(Cat("N", i)), {}).ok());
    ASSERT_TRUE(load->AddLink(Link("", Cat("N", i), Cat("N", i * 7 % 3000)), {}).ok());
  }
  ASSERT_TRUE(load->Finish().ok());
  // Numbers with gaps.
  Batch batch;
  batch.graph = "g";
  for (int i = 0; i < 3000; i += 3) batch.writes.push_back(DeleteNode(Cat("N", i), true));
  ASSERT_TRUE(subject.store->Commit(batch).ok());
  CheckOptions small;
  small.memory_bytes = 1000;
  const auto pieces = subject.store->Check(small);
  const auto whole = subject.store->Check({});
  ASSERT_TRUE(pieces.ok());
  EXPECT_EQ(pieces->faults, std::vector<std::string>());
  EXPECT_EQ(pieces->digest, whole->digest);
  EXPECT_EQ(whole->faults, std::vector<std::string>());
  EXPECT_NE(whole->digest, 0);
  EXPECT_TRUE(CheckMap(*subject.kv->Snapshot()).empty());
}

TEST(CheckTest, ManyFaultsAreCountedAndTheFirstKept) {
  const Subject subject = Planted();
  KeyValueChanges faults;
  for (int i = 0; i < 50; ++i) faults[RegionUseKey(1, Cat("X", i))] = EncodeRegionUse({1, 0});
  ASSERT_TRUE(subject.kv->Write(faults, true).ok());
  CheckOptions options;
  options.max_faults = 10;
  const auto report = subject.store->Check(options);
  EXPECT_EQ(report->fault_count, 50);
  EXPECT_EQ(report->faults.size(), 10);
  EXPECT_EQ(report->graphs[0].fault_count, 50);
}

TEST(CheckTest, ItCanBeStopped) {
  const TempFolder folder;
  OpenOptions open;
  open.path = folder.path() + "/store";
  const auto store = *OpenRocksStore(open);
  LoadOptions options;
  options.graph = "g";
  options.create_graph = true;
  auto load = *store->BeginLoad(options);
  for (int i = 0; i < 20000; ++i) ASSERT_TRUE(load->AddNode(Node(Cat("N", i)), {}).ok());
  ASSERT_TRUE(load->Finish().ok());
  CheckOptions stopped;
  int calls = 0;
  stopped.check = [&calls](std::uint64_t done, std::uint64_t total) {
    EXPECT_LE(done, total);
    return ++calls < 3 ? absl::OkStatus() : absl::CancelledError("enough");
  };
  EXPECT_EQ(store->Check(stopped).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(calls, 3);
}

// Damage below the keys: files are named, the store is not failed by looking.
TEST(CheckTest, DamagedFilesAreNamed) {
  const TempFolder folder;
  OpenOptions open;
  open.path = folder.path() + "/store";
  int failures = 0;
  open.on_failure = [&failures](const absl::Status&) { ++failures; };
  {
    const auto store = *OpenRocksStore(open);
    LoadOptions options;
    options.graph = "g";
    options.create_graph = true;
    auto load = *store->BeginLoad(options);
    for (int i = 0; i < 50000; ++i) ASSERT_TRUE(load->AddNode(Node(Cat("N", i * 7919)), {}).ok());
    ASSERT_TRUE(load->Finish().ok());
    EXPECT_EQ(store->Check({})->fault_count, 0);
  }
  std::string largest;
  std::uintmax_t size = 0;
  for (const auto& file : std::filesystem::directory_iterator(open.path + "/rocksdb")) {
    if (file.path().extension() == ".sst" && file.file_size() > size) {
      size = file.file_size();
      largest = file.path();
    }
  }
  ASSERT_GT(size, 100000);
  std::fstream out(largest, std::ios::in | std::ios::out | std::ios::binary);
  out.seekg(static_cast<std::streamoff>(size / 2));
  const char byte = static_cast<char>(out.get() ^ 1);
  out.seekp(static_cast<std::streamoff>(size / 2));
  out.put(byte);
  out.close();
  const auto store = OpenRocksStore(open);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto report = (*store)->Check({});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->fault_count, 1);
  EXPECT_THAT(report->faults[0], ::testing::HasSubstr(largest));
  EXPECT_THAT(report->faults[0], ::testing::HasSubstr("damaged"));
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace lianjie::storage
