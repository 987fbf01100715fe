#include "tests/storage/conformance.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>
#include <utility>

#include "engine/core/rules.h"
#include "storage/key_value_store.h"
#include "storage/memory_key_value.h"
#include "storage/rocks_key_value.h"
#include "storage/upkeep.h"
#include "tests/storage/checker.h"

namespace lianjie::storage {
namespace {

Subject MakeMemory(const std::string&) {
  Subject subject;
  subject.kv = MakeMemoryKeyValue();
  subject.store = OpenKeyValueStore(subject.kv).value();
  return subject;
}

Subject MakeRocks(const std::string& folder) {
  OpenOptions options;
  options.path = folder + "/store";
  Subject subject;
  subject.kv = OpenRocksKeyValue(options).value();
  subject.store = OpenKeyValueStore(subject.kv).value();
  return subject;
}

INSTANTIATE_TEST_SUITE_P(Conformance, StoreTest, ::testing::ValuesIn(Subjects()),
                         [](const auto& info) { return info.param.name; });

}  // namespace

std::vector<NamedMaker> Subjects() { return {{"Memory", &MakeMemory}, {"Rocks", &MakeRocks}}; }

TempFolder::TempFolder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "lianjie-storage-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

TempFolder::~TempFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

Contents ReadAll(const Reader& reader) {
  return {.nodes = Drain(reader.ScanNodes()),
          .links = Drain(reader.ScanLinks()),
          .regions = Drain(reader.ScanRegions()),
          .lines = Drain(reader.ScanLines())};
}

NodeRecord Node(std::string id, NodeKind kind) {
  NodeRecord node;
  node.id = std::move(id);
  node.kind = kind;
  return node;
}

LinkRecord Link(std::string id, std::string source, std::string target, Mechanism mechanism) {
  LinkRecord link;
  link.id = std::move(id);
  link.source = std::move(source);
  link.target = std::move(target);
  link.mechanism = mechanism;
  return link;
}

LinkRecord ShareLink(std::string id, std::string source, std::string target, double share) {
  LinkRecord link = Link(std::move(id), std::move(source), std::move(target));
  link.share = share;
  return link;
}

RegionRecord Region(std::string code, std::string parent, std::int64_t level) {
  RegionRecord region;
  region.name = "region " + code;
  region.code = std::move(code);
  region.parent = std::move(parent);
  region.level = level;
  return region;
}

LineRecord Line(std::string region, std::int64_t year, double yuan) {
  LineRecord line;
  line.region = std::move(region);
  line.year = year;
  line.line_yuan = yuan;
  return line;
}

Date Day(std::string_view iso) { return Date::Parse(iso).value(); }

NodeRecord Normal(NodeRecord node) {
  Normalize(node);
  return node;
}

LinkRecord Normal(LinkRecord link) {
  Normalize(link);
  return link;
}

void StoreTest::SetUp() {
  subject_ = GetParam().make(folder_.path());
  ASSERT_TRUE(store().CreateGraph("g", Day("2020-12-31")).ok());
}

void StoreTest::TearDown() {
  if (subject_.kv == nullptr) return;
  for (const std::string& problem : CheckMap(*kv().Snapshot())) ADD_FAILURE() << problem;
  const auto report = store().Check({});
  ASSERT_TRUE(report.ok()) << report.status();
  for (const std::string& fault : report->faults) ADD_FAILURE() << fault;
}

std::shared_ptr<const Reader> StoreTest::Read(std::string_view graph) {
  auto reader = store().OpenReader(graph);
  EXPECT_TRUE(reader.ok()) << reader.status();
  return *std::move(reader);
}

absl::StatusOr<CommitResult> StoreTest::Commit(std::vector<Write> writes, std::string request_id) {
  Batch batch;
  batch.graph = "g";
  batch.writes = std::move(writes);
  batch.request_id = std::move(request_id);
  return store().Commit(std::move(batch));
}

void StoreTest::Must(std::vector<Write> writes) {
  const absl::Status status = Try(std::move(writes));
  ASSERT_TRUE(status.ok()) << status;
}

std::vector<absl::Status> CommitAsOneGroup(Store& store, const std::vector<Batch>& batches,
                                           const std::function<void()>& before) {
  std::promise<void> held;
  std::promise<void> waiting;
  std::atomic<bool> first = true;
  store.SetListener([&](std::string_view, std::int64_t) {
    if (!first.exchange(false)) return;
    held.set_value();
    waiting.get_future().wait();
  });
  std::thread holder([&] {
    Batch batch;
    batch.graph = "g";
    EXPECT_TRUE(store.Commit(std::move(batch)).ok());
  });
  held.get_future().wait();
  std::vector<absl::Status> results(batches.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    threads.emplace_back([&, i] { results[i] = store.Commit(batches[i]).status(); });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until they wait
  before();
  waiting.set_value();
  for (std::thread& thread : threads) thread.join();
  holder.join();
  store.SetListener({});
  return results;
}

}  // namespace lianjie::storage
