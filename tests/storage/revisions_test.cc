// Older revisions: read back as they were, forgotten when they are older than the retention.
#include <chrono>
#include <map>
#include <thread>
#include <tuple>

#include "storage/key_value_store.h"
#include "storage/memory_key_value.h"
#include "storage/rocks_key_value.h"
#include "tests/storage/checker.h"
#include "tests/storage/model.h"
#include "tests/storage/random_records.h"

namespace lianjie::storage {
namespace {

using std::chrono::seconds;

Batch BatchOf(std::vector<Write> writes, std::string request_id = {}) {
  Batch batch;
  batch.graph = "g";
  batch.writes = std::move(writes);
  batch.request_id = std::move(request_id);
  return batch;
}

// All that a reader shows of a graph, tokens of its scans among it.
struct Shown {
  Contents contents;
  std::vector<LinkRecord> out, in;  // by node, in the store's own order
  std::vector<std::string> tokens;
  std::tuple<std::int64_t, std::int64_t, std::optional<Date>> info;
  std::vector<std::uint64_t> counts;
  std::size_t visited = 0;
  friend bool operator==(const Shown&, const Shown&) = default;
};

Shown Show(const Reader& reader) {
  Shown shown;
  shown.contents = ReadAll(reader);
  const auto nodes = *reader.ScanNodes();
  for (const NodeRecord& node : shown.contents.nodes) {
    EXPECT_TRUE(reader.GetNode(node.id).ok());
    EXPECT_TRUE(nodes->Next().ok());
    shown.tokens.push_back(nodes->token());
    for (const LinkRecord& link : Drain(reader.ScanOutLinks(node.id))) shown.out.push_back(link);
    const auto in = *reader.ScanInLinks(node.id);
    while (const auto link = *in->Next()) {
      shown.in.push_back(*link);
      shown.tokens.push_back(in->token());
    }
  }
  for (const LinkRecord& link : shown.contents.links) {
    EXPECT_TRUE(*reader.GetLink(link.id) == link);
  }
  const GraphInfo& info = reader.info();
  shown.info = {info.revision, info.update_time_micros, info.reference_date};
  shown.counts = {info.node_count, info.link_count, info.region_count, info.line_count};
  const auto scan = reader.StartBulkScan(2);
  const auto count = [&shown](const auto&...) {
    ++shown.visited;
    return absl::OkStatus();
  };
  for (std::size_t part = 0; part < scan->parts(); ++part) {
    EXPECT_TRUE(scan->VisitNodes(part, count).ok());
  }
  for (std::size_t part = 0; part < scan->parts(); ++part) {
    EXPECT_TRUE(scan->VisitLinks(part, count).ok());
  }
  return shown;
}

// Random commits and changes of settings; what each revision showed when it was the newest.
std::map<std::int64_t, Shown> WriteHistory(Store& store, unsigned seed, int rounds) {
  std::map<std::int64_t, Shown> history;
  const auto keep = [&] {
    const auto reader = *store.OpenReader("g");
    history.emplace(reader->info().revision, Show(*reader));
  };
  keep();
  RandomRecords random(seed);
  for (int round = 0; round < rounds; ++round) {
    if (random.Chance(5)) {
      EXPECT_TRUE(store.UpdateGraph("g", Date{random.Below(1000)}).ok());
    } else {
      Batch batch;
      batch.graph = "g";
      if (random.Chance(30)) batch.request_id = Cat(seed, ' ', round);
      for (int n = 1 + random.Below(random.Chance(20) ? 12 : 3); n > 0; --n) {
        batch.writes.push_back(random.RandomWrite());
      }
      if (!store.Commit(std::move(batch)).ok()) continue;
    }
    keep();
  }
  return history;
}

void ExpectHistory(const Store& store, const std::map<std::int64_t, Shown>& history) {
  for (const auto& [revision, shown] : history) {
    const auto reader = store.OpenReader("g", revision);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_TRUE(Show(**reader) == shown) << revision;
    EXPECT_THAT((*reader)->ScanChanges(revision + 1).status(), Fails(Reason::kRevisionUnavailable));
    const auto changes = Drain((*reader)->ScanChanges(revision == 0 ? 0 : revision - 1));
    for (const Change& change : changes) EXPECT_EQ(change.revision, revision);
  }
}

class RevisionsTest : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Conformance, RevisionsTest, ::testing::ValuesIn(Subjects()),
                         [](const auto& info) { return info.param.name; });

TEST_P(RevisionsTest, EveryRevisionIsReadBackAsItWas) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    ASSERT_TRUE(store().DeleteGraph("g").ok());
    ASSERT_TRUE(store().CreateGraph("g", {}).ok());
    const auto history = WriteHistory(store(), seed, 600);
    EXPECT_GT(history.size(), 50);
    ExpectHistory(store(), history);
    EXPECT_THAT(store().OpenReader("g", -1).status(), Fails(Reason::kRevisionUnavailable));
    const auto absent = store().OpenReader("g", history.rbegin()->first + 1).status();
    EXPECT_THAT(absent, Fails(Reason::kRevisionUnavailable));
    EXPECT_EQ(absent.code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST_P(RevisionsTest, WhatALoadReplacedIsNotKept) {
  Must({Create(Node("A"))});
  LoadOptions options;
  options.graph = "g";
  auto load = *store().BeginLoad(options);
  ASSERT_TRUE(load->AddNode(Node("B"), {}).ok());
  ASSERT_TRUE(load->Finish().ok());
  const Contents loaded = All();
  Must({DeleteNode("B"), Create(Node("C"))});
  EXPECT_EQ(Read()->info().oldest_revision, 2);
  EXPECT_EQ(Read()->info().changes_after, 0);  // the load is an event
  EXPECT_EQ(Drain(Read()->ScanChanges(0)).size(), 4);
  const auto refused = store().OpenReader("g", 1).status();
  EXPECT_THAT(refused, Fails(Reason::kRevisionUnavailable));
  const auto detail = GetErrorDetail(refused);
  EXPECT_EQ(detail->metadata.at("requested"), "1");
  EXPECT_EQ(detail->metadata.at("oldest"), "2");
  EXPECT_EQ(detail->metadata.at("newest"), "3");
  EXPECT_TRUE(ReadAll(**store().OpenReader("g", 2)) == loaded);
  EXPECT_TRUE(ReadAll(**store().OpenReader("g", 3)) == All());
}

TEST_P(RevisionsTest, AGraphMadeByALoadBeginsThere) {
  LoadOptions options;
  options.graph = "made";
  options.create_graph = true;
  auto load = *store().BeginLoad(options);
  ASSERT_TRUE(load->AddNode(Node("B"), {}).ok());
  ASSERT_TRUE(load->Finish().ok());
  EXPECT_EQ(Read("made")->info().oldest_revision, 1);
  EXPECT_TRUE(store().OpenReader("made", 1).ok());
  EXPECT_THAT(store().OpenReader("made", 0).status(), Fails(Reason::kRevisionUnavailable));
  EXPECT_EQ(Drain(Read("made")->ScanChanges(0)).size(), 1);
}

TEST(Revisions, AreRebuiltWithinTheirLimitAndAsLongAsSomebodyWaits) {
  const auto store = *OpenKeyValueStore(MakeMemoryKeyValue(), {.max_rebuild_bytes = 100 << 10});
  ASSERT_TRUE(store->CreateGraph("g", {}).ok());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(store->Commit(BatchOf({Upsert(Node(Cat(i % 500)))})).ok());
    if (i % 2 == 0) continue;
    NodeRecord changed = Node(Cat(i % 500));
    changed.name = Cat(i);
    ASSERT_TRUE(store->Commit(BatchOf({Upsert(changed)})).ok());
  }
  const std::int64_t newest = (*store->OpenReader("g"))->info().revision;
  EXPECT_TRUE(store->OpenReader("g", newest - 100).ok());
  EXPECT_THAT(store->OpenReader("g", 0).status(), Fails(Reason::kLimitExceeded));
  const auto gone = [] { return absl::CancelledError("gone"); };
  EXPECT_EQ(store->OpenReader("g", 0, gone).status().code(), absl::StatusCode::kCancelled);
}

// Until nothing is left of what may go.
std::int64_t WaitForCut(const Store& store, std::int64_t revision) {
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if ((*store.OpenReader("g"))->info().changes_after >= revision) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return (*store.OpenReader("g"))->info().changes_after;
}

std::map<int, std::size_t> CountTags(const KeyValueReader& kv, GraphNumber graph) {
  std::map<int, std::size_t> counts;
  EXPECT_TRUE(VisitPrefix(kv, GraphPrefix(graph), false, [&](std::string_view key, auto) {
                ++counts[static_cast<unsigned char>(key[4])];
                return absl::OkStatus();
              }).ok());
  return counts;
}

TEST(Retention, OfNothingKeepsTheNewestAlone) {
  const auto kv = MakeMemoryKeyValue();
  const auto store = *OpenKeyValueStore(kv, {.retention = seconds(0)});
  ASSERT_TRUE(store->CreateGraph("g", {}).ok());
  std::vector<Write> many;
  for (int i = 0; i < 5000; ++i) many.push_back(Create(Node(Cat(i))));
  ASSERT_TRUE(store->Commit(BatchOf(many, "r1")).ok());
  ASSERT_TRUE(store->Commit(BatchOf({Upsert(Node("A"))}, "r2")).ok());
  ASSERT_EQ(WaitForCut(*store, 2), 2);
  const auto reader = *store->OpenReader("g");
  EXPECT_EQ(reader->info().oldest_revision, 2);
  EXPECT_EQ(Drain(reader->ScanChanges(2)).size(), 0);
  EXPECT_THAT(reader->ScanChanges(1).status(), Fails(Reason::kRevisionUnavailable));
  EXPECT_THAT(store->OpenReader("g", 1).status(), Fails(Reason::kRevisionUnavailable));
  EXPECT_TRUE(store->OpenReader("g", 2).ok());
  for (int i = 0; i < 2000; ++i) {
    if (CountTags(*kv->Snapshot(), 1)[static_cast<int>(Tag::kChange)] == 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  auto counts = CountTags(*kv->Snapshot(), 1);
  EXPECT_EQ(counts[static_cast<int>(Tag::kChange)], 0);
  EXPECT_EQ(counts[static_cast<int>(Tag::kRevision)], 1);
  EXPECT_EQ(counts[static_cast<int>(Tag::kRequest)], 1);
  // The first request id is forgotten: it makes a new commit. The second is not.
  const auto again = store->Commit(BatchOf({Upsert(Node("A"))}, "r1"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->replayed);
  EXPECT_EQ(again->revision, 3);
  for (const std::string& problem : CheckMap(*kv->Snapshot())) ADD_FAILURE() << problem;
}

TEST(Retention, RemovesAtOpeningWhatWasLeft) {
  const TempFolder folder;
  OpenOptions options;
  options.path = folder.path() + "/store";
  std::map<std::int64_t, Shown> history;
  {
    const auto store = *OpenRocksStore(options);
    ASSERT_TRUE(store->CreateGraph("g", {}).ok());
    history = WriteHistory(*store, 7, 60);
  }
  const std::int64_t newest = history.rbegin()->first;
  {
    const auto store = *OpenRocksStore(options);  // a week has not passed
    ExpectHistory(*store, history);
    EXPECT_EQ((*store->OpenReader("g"))->info().changes_after, 0);
  }
  options.retention = seconds(0);
  const auto store = *OpenRocksStore(options);
  EXPECT_EQ(WaitForCut(*store, newest), newest);
  EXPECT_THAT(store->OpenReader("g", newest - 1).status(), Fails(Reason::kRevisionUnavailable));
  EXPECT_TRUE(Show(**store->OpenReader("g", newest)) == history.at(newest));
}

// The time of day is the test's.
TEST(Retention, CutsWhereTheStateBeforeItWasTheNewest) {
  const auto kv = MakeMemoryKeyValue();
  const auto store = *OpenKeyValueStore(kv, {.retention = kKeepForever});
  ASSERT_TRUE(store->CreateGraph("g", {}).ok());
  std::vector<std::int64_t> times{(*store->OpenReader("g"))->info().update_time_micros};
  for (int i = 1; i <= 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const auto done = *store->Commit(BatchOf({Upsert(Node(Cat(i)))}, Cat("r", i)));
    times.push_back(done.commit_time_micros);
  }
  const auto oldest = [&] { return (*store->OpenReader("g"))->info().oldest_revision; };
  const auto pass = [&](std::int64_t now) {
    Pruner pruner(*kv, seconds(100));
    for (int i = 0; i < 20; ++i) pruner.Piece(now);
  };
  constexpr std::int64_t kRetention = 100'000'000;
  pass(times[0]);
  EXPECT_EQ(oldest(), 0);
  pass(times[2] + kRetention - 1);  // revision 1 was the newest until just after
  EXPECT_EQ(oldest(), 1);
  EXPECT_TRUE(store->OpenReader("g", 1).ok());
  pass(times[2] + kRetention);
  EXPECT_EQ(oldest(), 2);
  EXPECT_THAT(store->OpenReader("g", 1).status(), Fails(Reason::kRevisionUnavailable));
  const auto replayed = store->Commit(BatchOf({Upsert(Node("2"))}, "r2"));
  EXPECT_TRUE(replayed.ok() && replayed->replayed);
  pass(times[4] + 10 * kRetention);
  EXPECT_EQ(oldest(), 4);
  EXPECT_TRUE(store->OpenReader("g", 4).ok());
  for (const std::string& problem : CheckMap(*kv->Snapshot())) ADD_FAILURE() << problem;
}

// A piece must not hold a writer up for long, however much there is to remove.
TEST(Retention, GoesByPieces) {
  const auto kv = MakeMemoryKeyValue();
  const auto store = *OpenKeyValueStore(kv, {.retention = kKeepForever});
  ASSERT_TRUE(store->CreateGraph("g", {}).ok());
  std::vector<Write> many;
  for (int i = 0; i < 5500; ++i) many.push_back(Create(Node(Cat(i))));
  ASSERT_TRUE(store->Commit(BatchOf(many)).ok());
  ASSERT_TRUE(store->Commit(BatchOf({Upsert(Node("A"))})).ok());
  Pruner pruner(*kv, seconds(0));
  const auto changes = [&] {
    return CountTags(*kv->Snapshot(), 1)[static_cast<int>(Tag::kChange)];
  };
  std::size_t before = changes();
  EXPECT_EQ(before, 5501);
  int pieces = 0;
  for (; before > 0 && pieces < 100; ++pieces) {
    pruner.Piece((*store->OpenReader("g"))->info().update_time_micros);
    const std::size_t after = changes();
    EXPECT_LE(before - after, 1000);
    before = after;
  }
  EXPECT_EQ(before, 0);
  EXPECT_GE(pieces, 6);
}

}  // namespace
}  // namespace lianjie::storage
