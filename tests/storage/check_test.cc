// The check: a store that is well has no fault; of each kind of fault one is planted below the
// store's own code, and named.
#include "storage/check.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/core/text.h"
#include "storage/key_value_store.h"
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
