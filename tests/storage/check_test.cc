// The check: a store that is well has no fault; of each kind of fault one is planted below the
// store's own code, and named.
#include "storage/check.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/key_value_store.h"
#include "storage/keys.h"
#include "storage/rocks_key_value.h"
#include "tests/storage/checker.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

const std::optional<std::string> kGone;
const LinkPlace kPlace{.source = 0, .mechanism = Mechanism::kSupply, .target = 1, .link = 0};

// A graph with one of everything: nodes 0 (A) and 1 (B), link 0 (L) from A to B, and a load.
Subject Planted() {
  Subject subject = Subjects()[0].make("");
  EXPECT_TRUE(subject.store->CreateGraph("g", {}).ok());
  NodeRecord a = Node("A");
  a.region = "R";
  EXPECT_TRUE(subject.store
                  ->Commit({.graph = "g",
                            .preconditions = {},
                            .writes = {Put(Region("R", "", 1)), Put(Region("S", "R", 2)), Create(a),
                                       Create(Node("B")), Create(ShareLink("L", "A", "B", 1)),
                                       Put(Line("R", 2020, 4000))},
                            .request_id = "r"})
                  .ok());
  auto load = *subject.store->BeginLoad({.graph = "g", .request_id = {}});
  EXPECT_TRUE(load->AddNode(Node("007"), {}).ok());
  EXPECT_TRUE(load->Finish().ok());
  return subject;
}

std::string LinkValueOf(const LinkRecord& link) {
  return LinkIdPart(link.id) + EncodeLinkBody(Normal(link));
}

GraphMeta MetaWith(const std::function<void(GraphMeta&)>& change) {
  const Subject subject = Planted();
  GraphMeta meta = *GraphData(*subject.kv->Snapshot(), 1).Meta();
  change(meta);
  return meta;
}

std::string ChangeOf(std::int64_t time, bool reloaded) {
  Change change;
  change.commit_time_micros = time;
  change.reloaded = reloaded;
  return EncodeChange(change);
}

struct Case {
  std::string name;
  KeyValueChanges fault;
  std::vector<std::string> said;  // parts of sentences, each in some fault
};

std::vector<Case> Cases() {
  const LinkPlace to_nobody{.source = 0, .mechanism = Mechanism::kSupply, .target = 9, .link = 1};
  const LinkPlace twin{.source = 0, .mechanism = Mechanism::kSupply, .target = 1, .link = 7};
  const LinkPlace same_number{.source = 1, .mechanism = Mechanism::kSupply, .target = 0, .link = 0};
  NodeRecord household = Node("B", NodeKind::kHousehold);
  NodeRecord leaking = Node("A");
  leaking.region = "R";
  leaking.leak_share = 0.5;
  const std::int64_t late = std::int64_t{1} << 60;
  return {
      {"MirrorMissing", {{InLinkKey(1, kPlace), kGone}}, {"link number 0 has no in-link"}},
      {"MirrorWithoutLink",
       {{InLinkKey(1, to_nobody), ""}},
       {"an in-link mirrors link number 1, which is not there"}},
      {"MirrorElsewhere",
       {{InLinkKey(1, kPlace), kGone}, {InLinkKey(1, same_number), ""}},
       {"link number 0 has no in-link", "mirrors link number 0, which is not there"}},
      {"LinkGone",
       {{OutLinkKey(1, kPlace), kGone}},
       {"the link id 'L' leads to no link", "mirrors link number 0", "1 links, and has 0"}},
      {"LinkIdGone", {{LinkIdKey(1, "L"), kGone}}, {"link 'L' has number 0, but its id is not in"}},
      {"LinkIdElsewhere",
       {{LinkIdKey(1, "L"), EncodePlace(twin)}},
       {"link 'L' has number 0, but its id leads elsewhere", "the link id 'L' leads to no link"}},
      {"LinkUnreadable", {{OutLinkKey(1, kPlace), "rubbish"}}, {"link number 0 cannot be read"}},
      {"LinkOfOtherContent",
       {{OutLinkKey(1, kPlace), LinkValueOf(ShareLink("L", "A", "B", 0.5))}},
       {"its digest is said to be"}},
      {"LinkBreaksARule",
       {{OutLinkKey(1, kPlace), LinkValueOf(ShareLink("L", "A", "B", 7))}},
       {"link 'L': "}},
      {"EndMissing",
       {{OutLinkKey(1, to_nobody), LinkValueOf(Link("M", "A", "x"))},
        {InLinkKey(1, to_nobody), ""},
        {LinkIdKey(1, "M"), EncodePlace(to_nobody)}},
       {"link number 1 has a payee, number 9, that is not there", "the next new one gets 1"}},
      {"TypeTable",
       {{OutLinkKey(1, kPlace), kGone},
        {OutLinkKey(1, {.source = 0, .mechanism = Mechanism::kGrant, .target = 1, .link = 0}),
         LinkValueOf(Link("L", "A", "B"))}},
       {"breaks the type table: GRANT may not go from FIRM to FIRM"}},
      {"Shares",
       {{NodeKey(1, 0), EncodeNode(leaking)}},
       {"the shares of payer number 0 and its leak are more than 1"}},
      {"TwoLinksOfOneNumber",
       {{OutLinkKey(1, same_number), LinkValueOf(Link("M", "B", "A"))}},
       {"two links have the number 0", "link 'M' has number 0, but its id is not in"}},
      {"NodeGone",
       {{NodeKey(1, 1), kGone}},
       {"the node id 'B' leads to no node", "payee, number 1, that is not there",
        "3 nodes, and has 2"}},
      {"NodeUnreadable", {{NodeKey(1, 1), "\xff"}}, {"node number 1 cannot be read"}},
      {"NodeIdGone",
       {{NodeIdKey(1, "007"), kGone}},
       {"node '007' has number 2, but its id is not in the index"}},
      {"NodeIdOfAnother",
       {{NodeIdKey(1, "A"), EncodeNodePlace({1, NodeKind::kFirm})}},
       {"node 'A' has number 0, but its id leads to number 1", "the node id 'A' leads to no node"}},
      {"NodeIdOfAnotherKind",
       {{NodeIdKey(1, "B"), EncodeNodePlace({1, NodeKind::kLand})}},
       {"node 'B' has number 1, but its id says another kind"}},
      {"NodeIdTooMany",
       {{NodeIdKey(1, "C"), EncodeNodePlace({5, NodeKind::kFirm})}},
       {"the node id 'C' leads to no node"}},
      {"NodeOfAnotherKind", {{NodeKey(1, 1), EncodeNode(household)}}, {"says another kind"}},
      {"RegionGone",
       {{RegionKey(1, "R"), kGone}},
       {"region 'S' lies in region 'R', which is not there",
        "region 'R' is named by 1 nodes and 1 lines"}},
      {"RegionLevels",
       {{RegionKey(1, "S"), EncodeRegion(Region("S", "R", 1))}},
       {"region 'S' of level 1 lies in region 'R' of level 1"}},
      {"RegionUnreadable", {{RegionKey(1, "S"), "\xff"}}, {"region 'S' cannot be read"}},
      {"ChildMissing",
       {{RegionChildKey(1, "R", "S"), kGone}},
       {"region 'S' is not listed under region 'R'"}},
      {"ChildTooMany",
       {{RegionChildKey(1, "S", "R"), ""}},
       {"region 'R' is listed under region 'S', where it is not"}},
      {"UseGone",
       {{RegionUseKey(1, "R"), kGone}},
       {"region 'R' has 1 nodes and 1 lines, which are not counted"}},
      {"UseMiscounted",
       {{RegionUseKey(1, "R"), EncodeRegionUse({2, 1})}},
       {"region 'R' is said to have 2 nodes and 1 lines, and has 1 and 1"}},
      {"UseOfNothing",
       {{RegionUseKey(1, "S"), EncodeRegionUse({1, 0})}},
       {"region 'S' is said to have 1 nodes"}},
      {"LineUnreadable",
       {{LineKey(1, "R", 2020), "\xff"}},
       {"the line of region 'R' and year 2020 cannot be read"}},
      {"LineOfNoRegion",
       {{LineKey(1, "X", 2020), EncodeLine(Line("X", 2020, 1))}},
       {"region 'X' is named by 0 nodes and 1 lines", "1 lines, and has 2"}},
      {"ChangeGap",
       {{ChangeKey(1, 1, 2), kGone}},
       {"the change feed has a gap: revision 1 goes from change 1 to change 3"}},
      {"ChangeOfTheFuture",
       {{ChangeKey(1, 9, 0), ChangeOf(late, true)}},
       {"a change of revision 9, but the newest revision is 2"}},
      {"ChangeUnreadable",
       {{ChangeKey(1, 1, 0), "\xff"}},
       {"change 0 of revision 1 cannot be read"}},
      {"ChangeOfNothing",
       {{ChangeKey(1, 2, 0), ChangeOf(late, false)}},
       {"revision 2 says nothing"}},
      {"ChangeBackInTime",
       {{ChangeKey(1, 2, 0), ChangeOf(1, true)}},
       {"revision 2 was committed before the one before it"}},
      {"RevisionMissing",
       {{RevisionKey(1, 1), kGone}},
       {"the change feed has a gap: revision 1 to 1 are missing"}},
      {"RevisionsMissing",
       {{RevisionKey(1, 1), kGone}, {RevisionKey(1, 2), kGone}},
       {"the change feed has a gap: revision 1 to 2 are missing"}},
      {"OldestRevisionMissing",
       {{MetaKey(1), EncodeMeta(MetaWith(
                         [](GraphMeta& m) { m.info.oldest_revision = m.info.changes_after = 0; }))},
        {RevisionKey(1, 0), kGone}},
       {"revision 0, the oldest, is missing"}},
      {"RevisionOfTheFuture",
       {{RevisionKey(1, 9), EncodeRevision({})}},
       {"revision 9 is there, but the newest is 2"}},
      {"RevisionUnreadable", {{RevisionKey(1, 2), "\xff"}}, {"revision 2 cannot be read"}},
      {"ChangesGone",
       {{ChangeKey(1, 2, 0), kGone}},
       {"revision 2 is said to have 1 changes, and has 0"}},
      {"RequestGone",
       {{RequestKey(1, "r"), kGone}},
       {"revision 1 came with request id 'r', which is not kept with it"}},
      {"RevisionsOutOfOrder",
       {{MetaKey(1), EncodeMeta(MetaWith([](GraphMeta& m) { m.info.oldest_revision = 9; }))}},
       {"which is out of order"}},
      {"RequestOfTheFuture",
       {{RequestKey(1, "q"),
         EncodeRequest(
             {.digest = std::string(16, 'x'), .revision = 9, .link_ids = {}, .load = {}})}},
       {"request id 'q' names revision 9"}},
      {"RequestUnreadable", {{RequestKey(1, "r"), "\xff"}}, {"request id 'r' cannot be read"}},
      {"NodesMiscounted",
       {{MetaKey(1), EncodeMeta(MetaWith([](GraphMeta& m) { m.info.node_count = 9; }))}},
       {"9 nodes, and has 3"}},
      {"NumbersRunBack",
       {{MetaKey(1), EncodeMeta(MetaWith([](GraphMeta& m) { m.next_node = 2; }))}},
       {"node '007' has number 2, but the next new one gets 2"}},
      {"DigestWrong",
       {{MetaKey(1), EncodeMeta(MetaWith([](GraphMeta& m) { m.info.digest += 1; }))}},
       {"its digest is said to be"}},
      {"MetaGone", {{MetaKey(1), kGone}}, {"graph 'g': it has no meta"}},
      {"MetaUnreadable", {{MetaKey(1), "\xff"}}, {"graph 'g': its meta cannot be read"}},
      {"UnknownTag",
       {{TagPrefix(1, static_cast<Tag>(99)) + "x", ""}},
       {"keys of an unknown kind, 99"}},
      {"NameGone", {{GraphNameKey("g"), kGone}}, {"graph number 1 has keys and no name"}},
      {"TwoNames",
       {{GraphNameKey("h"), EncodeGraphName(1)}},
       {"graphs 'g' and 'h' have the same number 1"}},
      {"NamedAndDeleted", {{DroppedKey(1), ""}}, {"has a name and is deleted"}},
      {"NumberOfTheFuture",
       {{GraphNameKey("h"), EncodeGraphName(5)}, {MetaKey(5), EncodeMeta({})}},
       {"graph number 5 is there, but the next new one is 2"}},
      {"HeaderGone", {{HeaderKey(), kGone}}, {"it has no header"}},
  };
}

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
  for (const Case& one : Cases()) {
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
  std::printf("[ figures  ] %zu kinds of faults planted, all named\n", Cases().size());
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
