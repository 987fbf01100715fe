// The rules that hold at every revision: the type table, shares over dates, the region tree.
#include "engine/core/text.h"
#include "storage/key_value_store.h"
#include "storage/memory_key_value.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

TEST_P(StoreTest, TheTypeTableHolds) {
  Must({Create(Node("F")), Create(Node("H", NodeKind::kHousehold)),
        Create(Node("G", NodeKind::kAgency)), Create(Node("D", NodeKind::kFund))});
  Must({Create(Link("1", "F", "H", Mechanism::kEmployment)),
        Create(Link("2", "G", "D", Mechanism::kGrant)),
        Create(Link("3", "D", "H", Mechanism::kTransfer))});
  EXPECT_THAT(Try({Create(Link("4", "H", "F", Mechanism::kEmployment))}),
              FailsAt(Reason::kMechanismNotAllowed, 0));
  EXPECT_THAT(Try({Create(Link("4", "F", "H")), Create(Link("5", "F", "H", Mechanism::kGrant))}),
              FailsAt(Reason::kMechanismNotAllowed, 1));
  const auto detail = GetErrorDetail(Try({Create(Link("4", "D", "F", Mechanism::kOrder))}));
  EXPECT_EQ(detail->metadata.at("link"), "4");
  EXPECT_EQ(detail->metadata.at("source_kind"), "FUND");
  LinkRecord to_grant = Link("1", "", "", Mechanism::kGrant);
  EXPECT_THAT(Try({Update(to_grant, {"mechanism"})}), FailsAt(Reason::kMechanismNotAllowed, 0));
}

TEST_P(StoreTest, AKindChangesOnlyWhereItsLinksAllow) {
  Must({Create(Node("F")), Create(Node("H", NodeKind::kHousehold)),
        Create(Link("1", "F", "H", Mechanism::kEmployment)), Create(Link("2", "F", "F"))});
  EXPECT_THAT(Try({Update(Node("H"), {"kind"})}), FailsAt(Reason::kMechanismNotAllowed, 0));
  EXPECT_THAT(Try({Upsert(Node("F", NodeKind::kLand))}), FailsAt(Reason::kMechanismNotAllowed, 0));
  Must({Upsert(Node("F", NodeKind::kAgency))});
  EXPECT_THAT(Try({Update(Node("H"), {"kind"}), DeleteLink("1")}),
              FailsAt(Reason::kMechanismNotAllowed, 0));
  Must({DeleteLink("1"), Update(Node("H"), {"kind"})});
  EXPECT_EQ(Read()->GetNode("H")->kind, NodeKind::kFirm);
}

TEST_P(StoreTest, SharesOfAPayerNeverExceedOne) {
  Must({Create(Node("P")), Create(Node("A")), Create(Node("B"))});
  Must({Create(ShareLink("1", "P", "A", 0.6)), Create(ShareLink("2", "P", "A", 0.4))});
  const auto exceeds = [](int row) { return FailsAt(Reason::kSharesExceedOne, row); };
  EXPECT_THAT(Try({Create(ShareLink("3", "P", "B", 1e-6))}), exceeds(0));
  Must({Create(ShareLink("3", "P", "B", 1e-10))});
  EXPECT_THAT(Try({Create(Node("C")), Create(ShareLink("4", "P", "C", 0.1))}), exceeds(1));
  // What counts is the state after the batch.
  Must({Create(ShareLink("4", "P", "B", 0.3)), Update(ShareLink("1", "", "", 0.3), {"share"})});
  Must({Update(ShareLink("1", "", "", 0.6), {"share"}), DeleteLink("4")});
  // Another payer's shares are its own.
  Must({Create(ShareLink("5", "A", "B", 1))});
  const auto detail = GetErrorDetail(Try({Create(ShareLink("6", "A", "P", 0.5))}));
  EXPECT_EQ(detail->metadata.at("node"), "A");
  EXPECT_EQ(detail->metadata.at("sum"), "1.5");
}

TEST_P(StoreTest, SharesOfSurplusAndOfInactiveLinksDoNotCount) {
  LinkRecord surplus = ShareLink("2", "P", "P", 0.9);
  surplus.share_of = ShareOf::kSurplus;
  LinkRecord ended = ShareLink("3", "P", "P", 0.9);
  ended.status = LinkStatus::kEnded;
  Must({Create(Node("P")), Create(ShareLink("1", "P", "P", 0.9)), Create(surplus), Create(ended)});
  LinkRecord change = Link("2", "", "");
  change.share_of = ShareOf::kReceipts;
  EXPECT_THAT(Try({Update(change, {"share_of"})}), FailsAt(Reason::kSharesExceedOne, 0));
  change = Link("3", "", "");
  change.status = LinkStatus::kActive;
  EXPECT_THAT(Try({Update(change, {"status"})}), FailsAt(Reason::kSharesExceedOne, 0));
  Must({DeleteLink("1"), Update(change, {"status"})});
}

TEST_P(StoreTest, SharesAreHeldAtEveryDate) {
  const auto during = [](std::string id, double share, std::string_view from, std::string_view to) {
    LinkRecord link = ShareLink(std::move(id), "P", "P", share);
    if (!from.empty()) link.valid.from = Day(from);
    if (!to.empty()) link.valid.to = Day(to);
    return link;
  };
  Must({Create(Node("P")), Create(during("1", 0.7, "", "2020-01-01")),
        Create(during("2", 0.7, "2020-01-01", "2021-01-01")),
        Create(during("3", 0.7, "2021-01-01", ""))});
  EXPECT_THAT(Try({Create(during("4", 0.4, "2020-12-31", "2021-01-01"))}),
              FailsAt(Reason::kSharesExceedOne, 0));
  const auto detail = GetErrorDetail(Try({Create(during("4", 0.4, "2020-12-31", "2021-01-02"))}));
  EXPECT_EQ(detail->metadata.at("date"), "2020-12-31");
  Must({Create(during("4", 0.3, "", ""))});
  LinkRecord longer = during("2", 0.7, "2020-01-01", "2021-01-02");
  EXPECT_THAT(Try({Update(longer, {"valid_to"})}), FailsAt(Reason::kSharesExceedOne, 0));
  Must({DeleteLink("3"), Update(longer, {"valid_to"})});
}

TEST_P(StoreTest, LeaksCountWithTheShares) {
  NodeRecord payer = Node("P");
  payer.leak_share = 0.3;
  Must({Create(payer), Create(ShareLink("1", "P", "P", 0.7))});
  EXPECT_THAT(Try({Create(ShareLink("2", "P", "P", 0.1))}), FailsAt(Reason::kSharesExceedOne, 0));
  payer.leak_share = 0.4;
  const absl::Status status = Try({Create(Node("Q")), Upsert(payer)});
  EXPECT_THAT(status, FailsAt(Reason::kSharesExceedOne, 1));
  EXPECT_EQ(GetErrorDetail(status)->field, "leak_share");
  Must({Upsert(payer), Update(ShareLink("1", "", "", 0.6), {"share"})});
  payer.leak_share = 1;
  Must({DeleteNode("P", true), Create(payer)});
  EXPECT_THAT(Try({Create(ShareLink("1", "P", "P", 0.01))}), FailsAt(Reason::kSharesExceedOne, 0));
}

TEST_P(StoreTest, AMovedLinkTakesItsShareAlong) {
  Must({Create(Node("P")), Create(Node("Q")), Create(ShareLink("1", "P", "Q", 0.8)),
        Create(ShareLink("2", "Q", "P", 0.8))});
  EXPECT_THAT(Try({Upsert(ShareLink("1", "Q", "P", 0.8))}), FailsAt(Reason::kSharesExceedOne, 0));
  Must({Upsert(ShareLink("1", "Q", "P", 0.2)), Create(ShareLink("3", "P", "Q", 1))});
}

TEST_P(StoreTest, RegionsFormATree) {
  Must({Put(Region("52", "", 1)), Put(Region("5201", "52", 2)), Put(Region("520101", "5201", 3))});
  EXPECT_THAT(Try({Put(Region("53", "5", 2))}), FailsAt(Reason::kRegionTreeInvalid, 0));
  EXPECT_THAT(Try({Put(Region("5202", "52", 1))}), FailsAt(Reason::kRegionTreeInvalid, 0));
  EXPECT_THAT(Try({Put(Region("52", "520101", 1))}),
              FailsAt(Reason::kRegionTreeInvalid, 0));  // a cycle
  EXPECT_THAT(Try({Put(Region("52", "52", 1))}), FailsAt(Reason::kRegionTreeInvalid, 0));
  EXPECT_THAT(Try({Put(Region("5201", "52", 3))}),
              FailsAt(Reason::kRegionTreeInvalid, 0));  // its child's level
  EXPECT_THAT(Try({Put(Region("52", "", 1), WriteKind::kCreate)}),
              FailsAt(Reason::kDuplicateId, 0));
  EXPECT_THAT(Try({Put(Region("53", "", 1), WriteKind::kUpdate)}),
              FailsAt(Reason::kRegionNotFound, 0));
  EXPECT_THAT(Try({Put(Region("53", "", 1), WriteKind::kDelete)}),
              FailsAt(Reason::kRegionNotFound, 0));
  EXPECT_THAT(Try({Put(Region("", "", 1), WriteKind::kDelete)}), FailsAt(Reason::kMissingField, 0));
  EXPECT_THAT(Try({Put(Region("5201", "", 1), WriteKind::kDelete)}),
              FailsAt(Reason::kRegionTreeInvalid, 0));
  Must({Put(Region("520101", "52", 3)), Put(Region("5201", "", 1), WriteKind::kDelete)});
  EXPECT_EQ(Read()->GetRegion("520101")->parent, "52");
  EXPECT_EQ(Read()->info().region_count, 2);
  EXPECT_THAT(Read()->GetRegion("5201").status(), Fails(Reason::kRegionNotFound));
}

TEST_P(StoreTest, RegionsMustBeKnownWhereThereIsATable) {
  NodeRecord node = Node("A");
  node.region = "52";
  Must({Create(node), Put(Line("53", 2020, 1))});
  // A first table must have all regions in use.
  EXPECT_THAT(Try({Create(Node("B")), Put(Region("52", "", 1))}),
              FailsAt(Reason::kRegionNotFound, 1));
  EXPECT_THAT(Try({Put(Region("53", "", 1))}), FailsAt(Reason::kRegionNotFound, 0));
  Must({Put(Region("53", "", 1)), Put(Region("52", "", 1))});
  node.region = "54";
  EXPECT_THAT(Try({Upsert(node)}), FailsAt(Reason::kRegionNotFound, 0));
  EXPECT_THAT(Try({Put(Line("54", 2020, 1))}), FailsAt(Reason::kRegionNotFound, 0));
  EXPECT_THAT(Try({Put(Region("52", "", 1), WriteKind::kDelete)}),
              FailsAt(Reason::kRegionTreeInvalid, 0));
  EXPECT_THAT(Try({Put(Region("53", "", 1), WriteKind::kDelete)}),
              FailsAt(Reason::kRegionTreeInvalid, 0));
  Must({Put(Region("54", "", 1)), Upsert(node), Put(Region("52", "", 1), WriteKind::kDelete)});
  Must(
      {Put(Line("53", 2020, 1), WriteKind::kDelete), Put(Region("53", "", 1), WriteKind::kDelete)});
  // The table goes away with its last region, and comes back in the same batch.
  EXPECT_THAT(Try({DeleteNode("A"), Put(Region("54", "", 1), WriteKind::kDelete), Create(node),
                   Put(Region("55", "", 1))}),
              FailsAt(Reason::kRegionNotFound, 1));
  Must({DeleteNode("A"), Put(Region("54", "", 1), WriteKind::kDelete)});
  node.region = "anything";
  Must({Create(node)});
}

// A node that is deleted with its links changes them all: that counts, before they are read.
TEST(BatchLimitsTest, ABatchChangesSoMuchAndNoMore) {
  StoreOptions options;
  options.batch_limits.changes = 10;
  const auto store = *OpenKeyValueStore(MakeMemoryKeyValue(), options);
  ASSERT_TRUE(store->CreateGraph("g", {}).ok());
  const auto commit = [&](std::vector<Write> writes) {
    return store
        ->Commit({.graph = "g", .preconditions = {}, .writes = std::move(writes), .request_id = {}})
        .status();
  };
  ASSERT_TRUE(commit({Create(Node("hub")), Create(Node("A"))}).ok());
  for (const char* first : {"L", "M"}) {
    std::vector<Write> links;
    for (int i = 0; i < 5; ++i) links.push_back(Create(Link(Cat(first, i), "hub", "A")));
    ASSERT_TRUE(commit(links).ok());
  }
  const absl::Status refused = commit({DeleteNode("A", true)});
  EXPECT_THAT(refused, FailsAt(Reason::kLimitExceeded, 0));
  EXPECT_EQ(GetErrorDetail(refused)->metadata.at("limit"), "changes");
  EXPECT_EQ((*store->OpenReader("g"))->info().link_count, 10);
  ASSERT_TRUE(commit({DeleteLink("L0")}).ok());
  EXPECT_TRUE(commit({DeleteNode("A", true)}).ok());  // 9 links and the node

  std::vector<Write> nodes;
  for (int i = 0; i < 11; ++i) nodes.push_back(Create(Node(Cat("N", i))));
  EXPECT_THAT(commit(nodes), FailsAt(Reason::kLimitExceeded, 10));
  nodes.pop_back();
  EXPECT_TRUE(commit(nodes).ok());
}

TEST(BatchLimitsTest, ItsBytesAreCountedToo) {
  StoreOptions options;
  options.batch_limits.bytes = 10000;
  const auto store = *OpenKeyValueStore(MakeMemoryKeyValue(), options);
  ASSERT_TRUE(store->CreateGraph("g", {}).ok());
  Batch batch{.graph = "g", .preconditions = {}, .writes = {}, .request_id = {}};
  NodeRecord node = Node("A");
  node.name = std::string(3000, 'x');  // once in the record, once in the feed
  batch.writes = {Create(node)};
  EXPECT_TRUE(store->Commit(batch).ok());
  node.id = "B";
  NodeRecord other = node;
  other.id = "C";
  batch.writes = {Create(node), Create(other)};
  EXPECT_THAT(store->Commit(batch).status(), FailsAt(Reason::kLimitExceeded, 1));
}

}  // namespace
}  // namespace lianjie::storage
