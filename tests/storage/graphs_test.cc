// Graphs, readers, scans and their tokens.
#include <algorithm>
#include <thread>

#include "engine/core/ids.h"
#include "engine/core/text.h"
#include "storage/keys.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Record> std::vector<std::string> Ids(const std::vector<Record>& records) {
  std::vector<std::string> ids;
  for (const Record& record : records) ids.push_back(record.id);
  return ids;
}

TEST_P(StoreTest, GraphsAreMadeListedChangedAndDeleted) {
  const auto made = store().CreateGraph("another-1", std::nullopt);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->revision, 0);
  EXPECT_EQ(made->ReferenceDate().days, made->create_time_micros / 86'400'000'000);
  EXPECT_THAT(store().CreateGraph("another-1", std::nullopt).status(), Fails(Reason::kGraphExists));
  const auto graphs = store().ListGraphs();
  ASSERT_TRUE(graphs.ok());
  ASSERT_EQ(graphs->size(), 2);
  EXPECT_EQ((*graphs)[0].name, "another-1");
  EXPECT_EQ((*graphs)[1].name, "g");
  EXPECT_EQ((*graphs)[1].ReferenceDate(), Day("2020-12-31"));

  const auto changed = store().UpdateGraph("another-1", Day("2019-12-31"));
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->revision, 1);
  EXPECT_EQ(Read("another-1")->info().revision, 1);
  EXPECT_EQ(Read("another-1")->info().ReferenceDate(), Day("2019-12-31"));
  EXPECT_THAT(store().UpdateGraph("none", {}).status(), Fails(Reason::kGraphNotFound));

  EXPECT_TRUE(store().DeleteGraph("another-1").ok());
  EXPECT_THAT(store().DeleteGraph("another-1"), Fails(Reason::kGraphNotFound));
  EXPECT_THAT(store().OpenReader("another-1").status(), Fails(Reason::kGraphNotFound));
  Batch batch;
  batch.graph = "another-1";
  EXPECT_THAT(store().Commit(batch).status(), Fails(Reason::kGraphNotFound));
  LoadOptions load;
  load.graph = "another-1";
  EXPECT_THAT(store().BeginLoad(load).status(), Fails(Reason::kGraphNotFound));
}

TEST_P(StoreTest, GraphNamesAreChecked) {
  for (const std::string& name :
       std::vector<std::string>{"", "1a", "_a", "A", "a b", "graph/1", "图", "a.b"}) {
    EXPECT_THAT(store().CreateGraph(name, {}).status(), Fails(Reason::kInvalidField)) << name;
  }
  EXPECT_FALSE(store().CreateGraph(std::string(64, 'a'), {}).ok());
  EXPECT_TRUE(store().CreateGraph(std::string(63, 'a'), {}).ok());
}

TEST_P(StoreTest, GraphsDoNotMix) {
  ASSERT_TRUE(store().CreateGraph("h", {}).ok());
  Must({Create(Node("A")), Create(Node("B")), Create(Link("L", "A", "B"))});
  Batch batch;
  batch.graph = "h";
  batch.writes = {Create(Node("A", NodeKind::kHousehold))};
  ASSERT_TRUE(store().Commit(batch).ok());
  EXPECT_EQ(All("h").nodes.size(), 1);
  EXPECT_EQ(All("h").links.size(), 0);
  EXPECT_EQ(Read("h")->GetNode("A")->kind, NodeKind::kHousehold);
  EXPECT_EQ(Read("g")->GetNode("A")->kind, NodeKind::kFirm);
  EXPECT_THAT(Read("h")->GetNode("B").status(), Fails(Reason::kNodeNotFound));
}

TEST_P(StoreTest, DeletedGraphsAreSweptAndLeaveReadersAlone) {
  Must({Create(Node("A")), Create(Node("B")), Create(Link("L", "A", "B"))});
  auto reader = Read();
  ASSERT_TRUE(store().DeleteGraph("g").ok());
  ASSERT_TRUE(store().CreateGraph("g", {}).ok());
  EXPECT_EQ(Read()->info().revision, 0);
  EXPECT_THAT(All().nodes, IsEmpty());
  // The keys of the old graph, which is number 1, go in the background.
  const std::string prefix = GraphPrefix(1);
  for (int i = 0; i < 1000; ++i) {
    if (!kv().Snapshot()->NewIterator(prefix, AfterPrefix(prefix))->Valid()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_FALSE(kv().Snapshot()->NewIterator(prefix, AfterPrefix(prefix))->Valid());
  EXPECT_THAT(Ids(ReadAll(*reader).nodes), ElementsAre("A", "B"));
  EXPECT_EQ(ReadAll(*reader).links.size(), 1);
}

TEST_P(StoreTest, ReadersSeeOneRevision) {
  Must({Create(Node("A")), Create(Node("B"))});
  const auto before = Read();
  const Contents then = ReadAll(*before);
  auto cursor = before->ScanNodes();
  ASSERT_TRUE(cursor.ok());
  EXPECT_EQ((*cursor)->Next()->value().id, "A");
  Must({Create(Node("AA")), DeleteNode("B"), Create(Link("L", "A", "AA"))});
  EXPECT_EQ((*cursor)->Next()->value().id, "B");
  EXPECT_FALSE((*cursor)->Next()->has_value());
  EXPECT_EQ(before->info().revision, 1);
  EXPECT_EQ(ReadAll(*before), then);
  EXPECT_THAT(before->GetLink("L").status(), Fails(Reason::kLinkNotFound));
  EXPECT_TRUE(before->GetNode("B").ok());
  EXPECT_EQ(Read()->info().revision, 2);
  EXPECT_THAT(Ids(All().nodes), ElementsAre("A", "AA"));
}

TEST_P(StoreTest, ScansGoInTheOrderOfIds) {
  const std::vector<std::string> ids = {"10", "9",  "007", "07", "7", "70", "B",
                                        "a",  "A1", "1a",  "村", "0", "00", "99999999999999999999",
                                        "-1", "A"};
  std::vector<Write> writes;
  for (const std::string& id : ids) writes.push_back(Create(Node(id)));
  for (const std::string& id : ids) writes.push_back(Create(Link(id, "10", id)));
  Must(std::move(writes));
  std::vector<std::string> expected = ids;
  std::sort(expected.begin(), expected.end(), IdLess());
  EXPECT_EQ(Ids(All().nodes), expected);
  EXPECT_EQ(Ids(All().links), expected);

  Must({Put(Region("52", "", 1)), Put(Region("5201", "52", 2)), Put(Region("520", "", 1)),
        Put(Region("6", "", 1)), Put(Line("6", 2020, 1)), Put(Line("", 2021, 1)),
        Put(Line("52", 2021, 1)), Put(Line("52", 2019, 1)), Put(Line("5201", 2020, 1))});
  std::vector<std::string> codes;
  for (const RegionRecord& region : All().regions) codes.push_back(region.code);
  EXPECT_THAT(codes, ElementsAre("52", "520", "5201", "6"));
  std::vector<std::string> lines;
  for (const LineRecord& line : All().lines) lines.push_back(Cat(line.region, "/", line.year));
  EXPECT_THAT(lines, ElementsAre("/2021", "52/2019", "52/2021", "5201/2020", "6/2020"));
}

TEST_P(StoreTest, BulkScansShowWhatScansShow) {
  Must({Create(Node("A")), Create(Node("B")), Create(Node("C")), Create(Link("1", "A", "B")),
        Create(Link("2", "A", "B")), Create(Link("3", "C", "C")), Create(Link("4", "B", "A"))});
  Must({DeleteNode("B", true), Create(Node("D")), Create(Link("5", "D", "A"))});
  for (int more = 0; more < 6; ++more) {  // enough for several parts
    std::vector<Write> writes;
    for (int i = 0; i < 1000; ++i) writes.push_back(Create(Node(Cat("N", more * 1000 + i))));
    for (int i = 0; i < 300; ++i) {
      writes.push_back(Create(Link(Cat("L", more * 1000 + i), Cat("N", i * 3), Cat("N", i))));
    }
    if (more > 0) writes.push_back(DeleteNode(Cat("N", more * 1000 - 1), true));
    Must(std::move(writes));
  }
  const auto reader = Read();
  for (const std::size_t parts : {1, 3, 100}) {
    const auto scan = reader->StartBulkScan(parts);
    EXPECT_EQ(scan->parts() > 2, parts > 1);
    std::vector<std::string> ids;  // of the nodes, by row
    std::vector<std::string> nodes;
    std::vector<std::string> links;
    for (std::size_t part = 0; part < scan->parts(); ++part) {
      ASSERT_TRUE(scan->VisitNodes(part,
                                   [&](const NodeView& node) {
                                     ids.emplace_back(node.id);
                                     nodes.push_back(Cat(node.id, " ", node.region));
                                     return absl::OkStatus();
                                   })
                      .ok());
    }
    for (std::size_t part = scan->parts(); part-- > 0;) {
      ASSERT_TRUE(
          scan->VisitLinks(part,
                           [&](const LinkView& link, BulkScan::Row source, BulkScan::Row target) {
                             links.push_back(Cat(link.id, " ", ids[source], " ", ids[target], " ",
                                                 EnumName(link.mechanism)));
                             return absl::OkStatus();
                           })
              .ok());
    }
    std::vector<std::string> all_nodes;
    std::vector<std::string> all_links;
    for (const NodeRecord& node : All().nodes) all_nodes.push_back(Cat(node.id, " ", node.region));
    for (const LinkRecord& link : All().links) {
      all_links.push_back(
          Cat(link.id, " ", link.source, " ", link.target, " ", EnumName(link.mechanism)));
    }
    for (auto* list : {&nodes, &links, &all_nodes, &all_links})
      std::sort(list->begin(), list->end());
    EXPECT_EQ(nodes, all_nodes);
    EXPECT_EQ(links, all_links);
    const absl::Status stop = absl::CancelledError("stop");
    EXPECT_EQ(scan->VisitNodes(0, [&](const NodeView&) { return stop; }), stop);
  }
}

TEST_P(StoreTest, LinksOfOneNode) {
  Must({Create(Node("A")), Create(Node("B")), Create(Node("C")), Create(Link("1", "A", "B")),
        Create(Link("2", "A", "B")), Create(Link("3", "A", "A")), Create(Link("4", "C", "A")),
        Create(Link("5", "B", "C"))});
  const auto reader = Read();
  auto sorted = [](std::vector<LinkRecord> links) {
    auto ids = Ids(links);
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  EXPECT_THAT(sorted(Drain(reader->ScanOutLinks("A"))), ElementsAre("1", "2", "3"));
  EXPECT_THAT(sorted(Drain(reader->ScanInLinks("A"))), ElementsAre("3", "4"));
  EXPECT_THAT(sorted(Drain(reader->ScanOutLinks("C"))), ElementsAre("4"));
  EXPECT_EQ(Drain(reader->ScanInLinks("C")), std::vector<LinkRecord>{*reader->GetLink("5")});
  EXPECT_THAT(reader->ScanOutLinks("none").status(), Fails(Reason::kNodeNotFound));
  EXPECT_THAT(reader->ScanInLinks("none").status(), Fails(Reason::kNodeNotFound));
}

// Pages of `size` at every split, each from a fresh reader.
template <typename Record, typename Scan> std::vector<Record> ByPages(std::size_t size, Scan scan) {
  std::vector<Record> records;
  std::string token;
  while (true) {
    auto cursor = scan(token);
    EXPECT_TRUE(cursor.ok()) << cursor.status();
    std::size_t n = 0;
    for (; n < size; ++n) {
      auto record = (*cursor)->Next();
      if (!record.ok() || !record->has_value()) break;
      records.push_back(**record);
    }
    token = (*cursor)->token();
    if (n < size) return records;
  }
}

TEST_P(StoreTest, PagesGoOnWhereTheLastEnded) {
  std::vector<Write> writes;
  for (int i = 0; i < 25; ++i) writes.push_back(Create(Node(Cat("N", i))));
  for (int i = 0; i < 60; ++i) {
    writes.push_back(Create(Link(Cat("L", i), Cat("N", i % 7), Cat("N", i % 11))));
  }
  for (int i = 0; i < 9; ++i) writes.push_back(Put(Region(Cat("R", i), "", 1)));
  for (int i = 0; i < 9; ++i) writes.push_back(Put(Line("R1", 2000 + i, i)));
  Must(std::move(writes));
  for (const std::size_t size : {1, 2, 3, 7, 25, 100}) {
    EXPECT_EQ(ByPages<NodeRecord>(size, [&](auto t) { return Read()->ScanNodes(t); }), All().nodes);
    EXPECT_EQ(ByPages<LinkRecord>(size, [&](auto t) { return Read()->ScanLinks(t); }), All().links);
    EXPECT_EQ(ByPages<LinkRecord>(size, [&](auto t) { return Read()->ScanOutLinks("N3", t); }),
              Drain(Read()->ScanOutLinks("N3")));
    EXPECT_EQ(ByPages<LinkRecord>(size, [&](auto t) { return Read()->ScanInLinks("N3", t); }),
              Drain(Read()->ScanInLinks("N3")));
    EXPECT_EQ(ByPages<RegionRecord>(size, [&](auto t) { return Read()->ScanRegions(t); }),
              All().regions);
    EXPECT_EQ(ByPages<LineRecord>(size, [&](auto t) { return Read()->ScanLines(t); }), All().lines);
  }
}

TEST_P(StoreTest, TokensLastOverRevisions) {
  Must({Create(Node("A")), Create(Node("C")), Create(Node("E"))});
  auto cursor = Read()->ScanNodes();
  EXPECT_EQ((*cursor)->token(), "");
  EXPECT_EQ((*cursor)->Next()->value().id, "A");
  EXPECT_EQ((*cursor)->Next()->value().id, "C");
  const std::string token = (*cursor)->token();
  Must({DeleteNode("C"), Create(Node("B")), Create(Node("D")), Create(Node("F"))});
  EXPECT_THAT(Ids(Drain(Read()->ScanNodes(token))), ElementsAre("D", "E", "F"));
  auto end = Read()->ScanNodes(token);
  while ((*end)->Next()->has_value()) {
  }
  Must({Create(Node("G"))});
  EXPECT_THAT(Ids(Drain(Read()->ScanNodes((*end)->token()))), ElementsAre("G"));
}

TEST_P(StoreTest, ForeignAndForgedTokensAreRefused) {
  ASSERT_TRUE(store().CreateGraph("h", {}).ok());
  Must(
      {Create(Node("A")), Create(Node("B")), Create(Link("L", "A", "B")), Put(Region("R", "", 1))});
  const auto reader = Read();
  auto nodes = reader->ScanNodes();
  ASSERT_TRUE((*nodes)->Next().ok());
  auto out = reader->ScanOutLinks("A");
  ASSERT_TRUE((*out)->Next().ok());
  const std::string token = (*nodes)->token();
  const auto bad = Fails(Reason::kInvalidPageToken);
  EXPECT_TRUE(reader->ScanNodes(token).ok());
  EXPECT_THAT(reader->ScanLinks(token).status(), bad);
  EXPECT_THAT(reader->ScanRegions(token).status(), bad);
  EXPECT_THAT(reader->ScanLines(token).status(), bad);
  EXPECT_THAT(reader->ScanOutLinks("A", token).status(), bad);
  EXPECT_THAT(reader->ScanInLinks("A", token).status(), bad);
  EXPECT_THAT(Read("h")->ScanNodes(token).status(), bad);
  EXPECT_TRUE(reader->ScanOutLinks("A", (*out)->token()).ok());
  EXPECT_THAT(reader->ScanOutLinks("B", (*out)->token()).status(), bad);
  for (std::string forged :
       {std::string("x"), std::string("AAAA"), std::string(100, 'A'), token + "A", token.substr(1),
        std::string("%%%"), std::string("\0\1", 2)}) {
    EXPECT_THAT(reader->ScanNodes(forged).status(), bad) << forged;
  }
  for (std::size_t i = 0; i + 1 < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_THAT(reader->ScanNodes(forged).status(), bad) << i;
  }
}

}  // namespace
}  // namespace lianjie::storage
