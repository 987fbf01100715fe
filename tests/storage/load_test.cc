// Bulk loads in all their modes.
#include <algorithm>
#include <random>

#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

using ::testing::ElementsAre;
using OnExisting = LoadOptions::OnExisting;

class LoadTest : public StoreTest {
 protected:
  std::unique_ptr<Load> Begin(OnExisting on_existing = OnExisting::kError, bool skip = false,
                              std::string request_id = {}) {
    LoadOptions options;
    options.graph = "g";
    options.on_existing = on_existing;
    options.skip_bad_rows = skip;
    options.request_id = std::move(request_id);
    return std::move(store().BeginLoad(options)).value();
  }
  static RowOrigin At(std::int64_t line) { return {.file = 1, .line = line}; }
};

std::vector<std::int64_t> LinesOf(const LoadResult& result) {
  std::vector<std::int64_t> lines;
  for (const RowError& row : result.bad_rows) lines.push_back(row.origin.line);
  return lines;
}

TEST_P(LoadTest, RowsOfAnyKindInAnyOrder) {
  auto load = Begin();
  NodeRecord a = Node("A");
  a.region = "5201";
  a.leak_share = 0.5;
  ASSERT_TRUE(load->AddLink(ShareLink("L1", "A", "B", 0.5), At(1)).ok());
  ASSERT_TRUE(load->AddLine(Line("52", 2020, 4000), At(2)).ok());
  ASSERT_TRUE(load->AddNode(a, At(3)).ok());
  ASSERT_TRUE(load->AddRegion(Region("5201", "52", 2), At(4)).ok());
  ASSERT_TRUE(load->AddLink(Link("", "B", "B"), At(5)).ok());
  ASSERT_TRUE(load->AddRegion(Region("52", "", 1), At(6)).ok());
  ASSERT_TRUE(load->AddNode(Node("B"), At(7)).ok());
  EXPECT_EQ(All(), Contents());  // nothing is visible before
  const auto result = load->Finish();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision, 1);
  EXPECT_EQ(result->nodes_created, 2);
  EXPECT_EQ(result->links_created, 2);
  EXPECT_EQ(result->regions_created, 2);
  EXPECT_EQ(result->lines_created, 1);
  EXPECT_EQ(result->nodes_updated + result->links_updated, 0);
  EXPECT_TRUE(result->bad_rows.empty());
  EXPECT_EQ(Read()->info().node_count, 2);
  EXPECT_EQ(*Read()->GetNode("A"), a);
  EXPECT_EQ(*Read()->GetLink("L1"), Normal(ShareLink("L1", "A", "B", 0.5)));
  EXPECT_EQ(All().links.size(), 2);
  EXPECT_FALSE(load->AddNode(Node("C"), At(8)).ok());
  EXPECT_FALSE(load->Finish().ok());
  // Commits go on where the load ended.
  Must({Create(Node("C")), Create(Link("L9", "C", "A")), Upsert(Node("B", NodeKind::kHousehold))});
  EXPECT_EQ(Read()->info().revision, 2);
}

TEST_P(LoadTest, ALoadThatIsDroppedNeverHappened) {
  Must({Create(Node("A"))});
  const Contents before = All();
  {
    auto load = Begin();
    ASSERT_TRUE(load->AddNode(Node("B"), At(1)).ok());
  }
  EXPECT_EQ(All(), before);
  EXPECT_EQ(Read()->info().revision, 1);
}

TEST_P(LoadTest, TheFirstBadRowEndsTheLoad) {
  Must({Create(Node("A"))});
  const Contents before = All();
  {
    auto load = Begin();
    ASSERT_TRUE(load->AddNode(Node("B"), At(2)).ok());
    LinkRecord bad = Link("L", "A", "B");
    bad.paid_yuan = -1;
    EXPECT_THAT(load->AddLink(bad, At(3)), FailsAt(Reason::kInvalidField, 1));
    EXPECT_FALSE(load->AddNode(Node("C"), At(4)).ok());
    EXPECT_THAT(load->Finish().status(), FailsAt(Reason::kInvalidField, 1));
    ASSERT_TRUE(load->bad_row().has_value());
    EXPECT_EQ(load->bad_row()->origin.line, 3);
    EXPECT_EQ(load->bad_row()->id, "L");
  }
  {
    // By kind, then by order of adding: the node before the links.
    auto load = Begin();
    ASSERT_TRUE(load->AddLink(Link("L", "A", "X"), At(2)).ok());
    ASSERT_TRUE(load->AddNode(Node("B"), At(3)).ok());
    ASSERT_TRUE(load->AddNode(Node("A"), At(4)).ok());
    ASSERT_TRUE(load->AddNode(Node("B"), At(5)).ok());
    EXPECT_FALSE(load->bad_row().has_value());
    EXPECT_THAT(load->Finish().status(), FailsAt(Reason::kNodeExists, 2));
    EXPECT_EQ(load->bad_row()->origin.line, 4);
  }
  EXPECT_EQ(All(), before);
  EXPECT_EQ(Read()->info().revision, 1);
}

TEST_P(LoadTest, EveryRuleNamesItsRow) {
  Must({Create(Node("A")), Create(Node("H", NodeKind::kHousehold)), Create(Link("L0", "A", "H"))});
  const auto expect = [&](Reason reason, std::int64_t line, auto fill) {
    auto load = Begin();
    fill(*load);
    EXPECT_THAT(load->Finish().status(), Fails(reason));
    EXPECT_EQ(load->bad_row()->origin.line, line) << ReasonName(reason);
  };
  expect(Reason::kNodeNotFound, 2, [&](Load& load) {
    ASSERT_TRUE(load.AddLink(Link("L1", "A", "H"), At(1)).ok());
    ASSERT_TRUE(load.AddLink(Link("L2", "A", "X"), At(2)).ok());
  });
  expect(Reason::kMechanismNotAllowed, 2, [&](Load& load) {
    ASSERT_TRUE(load.AddLink(Link("L1", "A", "H", Mechanism::kEmployment), At(1)).ok());
    ASSERT_TRUE(load.AddLink(Link("L2", "H", "A", Mechanism::kEmployment), At(2)).ok());
  });
  expect(Reason::kLinkExists, 1,
         [&](Load& load) { ASSERT_TRUE(load.AddLink(Link("L0", "H", "A"), At(1)).ok()); });
  expect(Reason::kDuplicateId, 3, [&](Load& load) {
    ASSERT_TRUE(load.AddLink(Link("L1", "H", "A"), At(1)).ok());
    ASSERT_TRUE(load.AddLink(Link("L2", "H", "A"), At(2)).ok());
    ASSERT_TRUE(load.AddLink(Link("L1", "A", "A"), At(3)).ok());
  });
  expect(Reason::kSharesExceedOne, 2, [&](Load& load) {
    ASSERT_TRUE(load.AddLink(ShareLink("L1", "A", "A", 0.6), At(1)).ok());
    ASSERT_TRUE(load.AddLink(ShareLink("L2", "A", "A", 0.6), At(2)).ok());
    ASSERT_TRUE(load.AddLink(ShareLink("L3", "A", "A", 0.3), At(3)).ok());
  });
  expect(Reason::kRegionTreeInvalid, 2, [&](Load& load) {
    ASSERT_TRUE(load.AddRegion(Region("R1", "", 1), At(1)).ok());
    ASSERT_TRUE(load.AddRegion(Region("R2", "R3", 2), At(2)).ok());
  });
  expect(Reason::kRegionTreeInvalid, 2, [&](Load& load) {
    ASSERT_TRUE(load.AddRegion(Region("R1", "", 2), At(1)).ok());
    ASSERT_TRUE(load.AddRegion(Region("R2", "R1", 2), At(2)).ok());
  });
  expect(Reason::kRegionNotFound, 2, [&](Load& load) {
    NodeRecord node = Node("N");
    node.region = "R2";
    ASSERT_TRUE(load.AddRegion(Region("R1", "", 1), At(1)).ok());
    ASSERT_TRUE(load.AddNode(node, At(2)).ok());
  });
  expect(Reason::kRegionNotFound, 2, [&](Load& load) {
    ASSERT_TRUE(load.AddRegion(Region("R1", "", 1), At(1)).ok());
    ASSERT_TRUE(load.AddLine(Line("R2", 2020, 1), At(2)).ok());
  });
  expect(Reason::kDuplicateId, 2, [&](Load& load) {
    ASSERT_TRUE(load.AddLine(Line("", 2020, 1), At(1)).ok());
    ASSERT_TRUE(load.AddLine(Line("", 2020, 2), At(2)).ok());
  });
  EXPECT_EQ(Read()->info().revision, 1);
}

TEST_P(LoadTest, BadRowsArePutAsideWithAllThatHangsOnThem) {
  Must({Create(Node("A"))});
  auto load = Begin(OnExisting::kError, true);
  NodeRecord lost = Node("lost");
  lost.region = "R9";
  NodeRecord invalid = Node("invalid");
  invalid.leak_share = 2;
  EXPECT_TRUE(load->AddLink(Link("L1", "lost", "B"), At(1)).ok());  // its end is rejected
  EXPECT_TRUE(load->AddNode(lost, At(2)).ok());                     // its region is
  EXPECT_TRUE(load->AddRegion(Region("R9", "R8", 3), At(3)).ok());  // its parent is
  EXPECT_TRUE(load->AddRegion(Region("R8", "R7", 2), At(4)).ok());  // its parent is unknown
  EXPECT_TRUE(load->AddRegion(Region("R1", "", 1), At(5)).ok());
  EXPECT_TRUE(load->AddNode(invalid, At(6)).ok());
  EXPECT_TRUE(load->AddLink(Link("L2", "invalid", "B"), At(7)).ok());
  EXPECT_TRUE(load->AddNode(Node("B"), At(8)).ok());
  EXPECT_TRUE(load->AddNode(Node("B", NodeKind::kHousehold), At(9)).ok());  // the first stays
  EXPECT_TRUE(load->AddNode(Node("A"), At(10)).ok());                       // exists
  EXPECT_TRUE(load->AddLink(Link("L3", "A", "B"), At(11)).ok());            // so its end is there
  EXPECT_TRUE(load->AddLink(Link("L3", "B", "B"), At(12)).ok());
  EXPECT_TRUE(load->AddLink(ShareLink("L4", "B", "B", 0.7), At(13)).ok());
  EXPECT_TRUE(load->AddLink(ShareLink("L5", "B", "B", 0.7), At(14)).ok());
  EXPECT_TRUE(load->AddLink(ShareLink("L6", "B", "B", 0.3), At(15)).ok());
  const auto result = load->Finish();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(LinesOf(*result), ElementsAre(3, 4, 2, 6, 9, 10, 1, 7, 12, 14));
  EXPECT_EQ(result->bad_rows[1].id, "R8");
  EXPECT_EQ(result->nodes_created, 1);
  EXPECT_EQ(result->links_created, 3);
  EXPECT_EQ(result->regions_created, 1);
  EXPECT_EQ(Read()->GetNode("B")->kind, NodeKind::kFirm);
  EXPECT_EQ(Read()->GetLink("L3")->source, "A");
}

TEST_P(LoadTest, TooManyBadRowsEndTheLoad) {
  LoadOptions options;
  options.graph = "g";
  options.skip_bad_rows = true;
  options.max_bad_rows = 2;
  auto load = *store().BeginLoad(options);
  EXPECT_TRUE(load->AddNode(Node(""), At(1)).ok());
  EXPECT_TRUE(load->AddNode(Node(""), At(2)).ok());
  EXPECT_THAT(load->AddNode(Node(""), At(3)), Fails(Reason::kLimitExceeded));
  load = *store().BeginLoad(options);
  EXPECT_TRUE(load->AddNode(Node(""), At(1)).ok());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(load->AddNode(Node("A"), At(i)).ok());
  EXPECT_THAT(load->Finish().status(), Fails(Reason::kLimitExceeded));
  EXPECT_EQ(Read()->info().revision, 0);
}

TEST_P(LoadTest, ExistingRecordsAreReplaced) {
  NodeRecord a = Node("A");
  a.name = "old";
  a.region = "R1";
  Must({Put(Region("R1", "", 1)), Put(Region("R2", "", 1)), Create(a), Create(Node("B")),
        Create(Link("L1", "A", "B")), Create(Link("L2", "A", "B", Mechanism::kOrder)),
        Put(Line("R1", 2020, 1))});
  auto load = Begin(OnExisting::kUpdate);
  a.name = "new";
  a.region = "R2";
  LinkRecord moved = Link("L1", "B", "A", Mechanism::kOrder);
  LinkRecord paid = Link("L2", "A", "B", Mechanism::kOrder);
  paid.paid_yuan = 7;
  ASSERT_TRUE(load->AddNode(a, At(1)).ok());
  ASSERT_TRUE(load->AddNode(Node("C"), At(2)).ok());
  ASSERT_TRUE(load->AddLink(moved, At(3)).ok());
  ASSERT_TRUE(load->AddLink(paid, At(4)).ok());
  ASSERT_TRUE(load->AddLink(Link("L3", "C", "B"), At(5)).ok());
  ASSERT_TRUE(load->AddRegion(Region("R2", "R1", 2), At(6)).ok());
  ASSERT_TRUE(load->AddLine(Line("R1", 2020, 2), At(7)).ok());
  ASSERT_TRUE(load->AddLine(Line("R1", 2021, 2), At(8)).ok());
  const auto result = load->Finish();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->nodes_created, 1);
  EXPECT_EQ(result->nodes_updated, 1);
  EXPECT_EQ(result->links_created, 1);
  EXPECT_EQ(result->links_updated, 2);
  EXPECT_EQ(result->regions_updated, 1);
  EXPECT_EQ(result->lines_created, 1);
  EXPECT_EQ(result->lines_updated, 1);
  EXPECT_EQ(*Read()->GetNode("A"), a);
  EXPECT_EQ(*Read()->GetLink("L1"), Normal(moved));
  EXPECT_EQ(*Read()->GetLink("L2"), Normal(paid));
  EXPECT_EQ(Drain(Read()->ScanOutLinks("A")).size(), 1);
  EXPECT_EQ(Read()->GetRegion("R2")->parent, "R1");
  EXPECT_EQ(All().lines.size(), 2);
}

TEST_P(LoadTest, UpdatesAreCheckedAgainstWhatStays) {
  NodeRecord p = Node("P");
  p.leak_share = 0.2;
  Must({Create(p), Create(Node("H", NodeKind::kHousehold)), Create(ShareLink("L1", "P", "P", 0.8)),
        Create(Link("L2", "P", "H", Mechanism::kEmployment))});
  p.leak_share = 0.3;
  const auto skip = [&](auto fill) {
    auto load = Begin(OnExisting::kUpdate, true);
    fill(*load);
    const auto result = load->Finish();
    EXPECT_TRUE(result.ok()) << result.status();
    return LinesOf(*result);
  };
  EXPECT_THAT(skip([&](Load& load) { ASSERT_TRUE(load.AddNode(p, At(1)).ok()); }), ElementsAre(1));
  EXPECT_EQ(Read()->GetNode("P")->leak_share, 0.2);
  // A row that lowers the share makes room; a rejected one does not.
  EXPECT_THAT(skip([&](Load& load) {
                ASSERT_TRUE(load.AddNode(p, At(1)).ok());
                ASSERT_TRUE(load.AddLink(ShareLink("L1", "P", "X", 0.7), At(2)).ok());
              }),
              ElementsAre(1, 2));
  EXPECT_THAT(skip([&](Load& load) {
                ASSERT_TRUE(load.AddNode(p, At(1)).ok());
                ASSERT_TRUE(load.AddLink(ShareLink("L1", "P", "P", 0.7), At(2)).ok());
              }),
              ElementsAre());
  EXPECT_THAT(skip([&](Load& load) {
                ASSERT_TRUE(load.AddLink(ShareLink("L3", "P", "H", 0.1), At(1)).ok());
              }),
              ElementsAre(1));
  // A kind that a link forbids, unless the load ends that link's mechanism too.
  EXPECT_THAT(skip([&](Load& load) { ASSERT_TRUE(load.AddNode(Node("H"), At(1)).ok()); }),
              ElementsAre(1));
  EXPECT_THAT(skip([&](Load& load) {
                ASSERT_TRUE(load.AddNode(Node("H"), At(1)).ok());
                ASSERT_TRUE(load.AddLink(Link("L2", "P", "H", Mechanism::kOrder), At(2)).ok());
              }),
              ElementsAre());
  EXPECT_EQ(Read()->GetNode("H")->kind, NodeKind::kFirm);
  // A link that is to move to another payer, but may not, stays where it was and keeps its claim
  // there.
  Must({Upsert(ShareLink("L4", "H", "H", 0.9))});
  EXPECT_THAT(skip([&](Load& load) {
                ASSERT_TRUE(load.AddLink(ShareLink("L1", "H", "P", 0.7), At(1)).ok());
                ASSERT_TRUE(load.AddLink(ShareLink("L5", "P", "P", 0.7), At(2)).ok());
              }),
              ElementsAre(1, 2));
}

TEST_P(LoadTest, MadeIdsDoNotDependOnTheOrder) {
  Must({Create(Node("A")), Create(Node("B"))});
  std::vector<LinkRecord> links;
  for (int i = 0; i < 20; ++i) {
    LinkRecord link = Link("", "A", "B");
    link.paid_yuan = i % 5;
    links.push_back(link);
  }
  ASSERT_TRUE(store().CreateGraph("h", {}).ok());
  Batch nodes;
  nodes.graph = "h";
  nodes.writes = {Create(Node("B")), Create(Node("A"))};
  ASSERT_TRUE(store().Commit(nodes).ok());
  auto load = Begin();
  for (const LinkRecord& link : links) ASSERT_TRUE(load->AddLink(link, At(1)).ok());
  ASSERT_TRUE(load->Finish().ok());
  std::mt19937 random(7);
  std::shuffle(links.begin(), links.end(), random);
  LoadOptions options;
  options.graph = "h";
  auto other = *store().BeginLoad(options);
  for (const LinkRecord& link : links) ASSERT_TRUE(other->AddLink(link, At(1)).ok());
  ASSERT_TRUE(other->Finish().ok());
  EXPECT_EQ(All("g"), All("h"));
  EXPECT_EQ(All().links.size(), 20);
  const std::string base = MakeLinkId(Normal(links[0]));
  for (const std::string& id : {base, base + "-2", base + "-3", base + "-4"}) {
    EXPECT_TRUE(Read()->GetLink(id).ok()) << id;
  }
  // The same file again: refused, or nothing new.
  load = Begin();
  ASSERT_TRUE(load->AddLink(links[0], At(1)).ok());
  EXPECT_THAT(load->Finish().status(), Fails(Reason::kLinkExists));
  load = Begin(OnExisting::kUpdate);
  for (const LinkRecord& link : links) ASSERT_TRUE(load->AddLink(link, At(1)).ok());
  EXPECT_EQ(load->Finish()->links_updated, 20);
  EXPECT_EQ(All("g"), All("h"));
}

TEST_P(LoadTest, RequestIdsMakeRetriesSafe) {
  const auto run = [&](const std::string& node) {
    auto load = Begin(OnExisting::kError, false, "load-1");
    EXPECT_TRUE(load->AddNode(Node(node), At(1)).ok());
    return load->Finish();
  };
  const auto first = run("A");
  ASSERT_TRUE(first.ok());
  const auto again = run("A");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->revision, first->revision);
  EXPECT_EQ(again->nodes_created, 1);
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(again->replayed);
  EXPECT_THAT(run("B").status(), Fails(Reason::kRequestIdReused));
  EXPECT_THAT(Commit({}, "load-1").status(), Fails(Reason::kRequestIdReused));
  EXPECT_EQ(Read()->info().revision, 1);
}

TEST_P(LoadTest, AFirstRegionTableMustHaveAllThatIsInUse) {
  NodeRecord a = Node("A");
  a.region = "R1";
  Must({Create(a)});
  auto load = Begin(OnExisting::kError, true);
  ASSERT_TRUE(load->AddRegion(Region("R2", "", 1), At(1)).ok());
  EXPECT_THAT(load->Finish().status(), Fails(Reason::kRegionNotFound));
  load = Begin(OnExisting::kUpdate);
  a.region = "R2";
  ASSERT_TRUE(load->AddNode(a, At(1)).ok());
  ASSERT_TRUE(load->AddRegion(Region("R2", "", 1), At(2)).ok());
  EXPECT_TRUE(load->Finish().ok());
}

TEST_P(LoadTest, ReadersAndOtherGraphsSeeNothingOfIt) {
  Must({Create(Node("A"))});
  const auto reader = Read();
  auto load = Begin(OnExisting::kUpdate);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(load->AddNode(Node(Cat("N", i)), At(i)).ok());
  NodeRecord a = Node("A");
  a.name = "loaded";
  ASSERT_TRUE(load->AddNode(a, At(1000)).ok());
  ASSERT_TRUE(load->Finish().ok());
  EXPECT_EQ(ReadAll(*reader).nodes, std::vector<NodeRecord>{Node("A")});
  EXPECT_EQ(All().nodes.size(), 1001);
  EXPECT_EQ(Read()->GetNode("A")->name, "loaded");
}

INSTANTIATE_TEST_SUITE_P(Conformance, LoadTest, ::testing::ValuesIn(Subjects()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lianjie::storage
