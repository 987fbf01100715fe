// Commits: every kind of write, masks, cascades, preconditions, request ids, atomicity.
#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

using ::testing::ElementsAre;

NodeRecord FullNode() {
  NodeRecord node = Node("H1", NodeKind::kHousehold);
  node.subtype = "sub";
  node.name = "张三";
  node.region = "520101";
  node.sector = Sector::kPrimary;
  node.industry = "A01";
  node.stage = Stage::kProduction;
  node.registration = Registration::kLiftedOut;
  node.monitoring = Monitoring::kMarginal;
  node.lifted_out_year = 2019;
  node.persons = 4;
  node.labour_skilled = 0;
  node.labour_ordinary = 2;
  node.labour_weak = 1;
  node.causes = {Cause::kIllness, Cause::kLand};
  node.income_year = 2020;
  node.income_wage_yuan = 1234.5;
  node.income_operating_yuan = -17.25;
  node.income_property_yuan = 0;
  node.income_transfer_yuan = 1e-3;
  node.land_mu = 3.3;
  node.capacity_jobs = 1;
  node.capacity_tonnes = 2;
  node.capacity_mu = 3;
  node.revenue_yuan = 1e12;
  node.equity_yuan = -5;
  node.operating_status = OperatingStatus::kDormant;
  node.outside_revenue_yuan = 0.1;
  node.leak_share = 0.25;
  node.valid = {Day("2015-01-01"), Day("2025-06-30")};
  node.labels = {"z", "a", "base"};
  node.properties = {{"k", "v"}, {"empty", ""}, {"中", "文"}};
  return node;
}

LinkRecord FullLink() {
  LinkRecord link = Link("L1", "F", "H1", Mechanism::kOrder);
  link.agreement = "agreement 7";
  link.promised_yuan = 1000;
  link.paid_yuan = 999.99;
  link.share = 0.125;
  link.share_of = ShareOf::kSurplus;
  link.capacity = 12;
  link.priority = Priority::kResidual;
  link.tightness = Tightness::kEquity;
  link.driver = Driver::kSocial;
  link.policy = "a policy";
  link.weight = -3.5;
  link.valid = {Day("1965-02-03"), Day("2030-01-01")};
  link.status = LinkStatus::kSuspended;
  link.product = "tea";
  link.sector = Sector::kTertiary;
  link.properties = {{"x", "1"}};
  return link;
}

TEST_P(StoreTest, EveryFieldComesBack) {
  const NodeRecord node = FullNode();
  const LinkRecord link = FullLink();
  Must({Create(node), Create(Node("F")), Create(link), Put(Line("", 2020, 4000)),
        Put(LineRecord{"520101", 2021, std::nullopt, 12.5})});
  EXPECT_EQ(*Read()->GetNode("H1"), node);
  EXPECT_EQ(*Read()->GetLink("L1"), Normal(link));
  EXPECT_EQ(All().lines[0], Line("", 2020, 4000));
  EXPECT_EQ(All().lines[1], (LineRecord{"520101", 2021, std::nullopt, 12.5}));
  const GraphInfo& info = Read()->info();
  EXPECT_EQ(info.node_count, 2);
  EXPECT_EQ(info.link_count, 1);
  EXPECT_EQ(info.line_count, 2);
  EXPECT_EQ(info.revision, 1);
  EXPECT_GE(info.update_time_micros, info.create_time_micros);
}

TEST_P(StoreTest, DefaultsAreFilled) {
  NodeRecord node;
  node.id = "A";
  LinkRecord link;
  link.id = "L";
  link.source = link.target = "A";
  link.share = 0.5;
  Must({Create(node), Create(link)});
  EXPECT_EQ(Read()->GetNode("A")->kind, NodeKind::kFirm);
  const LinkRecord stored = *Read()->GetLink("L");
  EXPECT_EQ(stored.mechanism, Mechanism::kSupply);
  EXPECT_EQ(stored.kind, LinkKind::kSupply);
  EXPECT_EQ(stored.status, LinkStatus::kActive);
  EXPECT_EQ(stored.share_of, ShareOf::kReceipts);
}

TEST_P(StoreTest, NodesByEveryKindOfWrite) {
  NodeRecord a = Node("A");
  Must({Create(a)});
  EXPECT_THAT(Try({Create(a)}), FailsAt(Reason::kNodeExists, 0));
  a.name = "new";
  EXPECT_THAT(Try({Update(Node("B"))}), FailsAt(Reason::kNodeNotFound, 0));
  Must({Update(a)});
  EXPECT_EQ(Read()->GetNode("A")->name, "new");
  Must({Upsert(Node("A")), Upsert(Node("B"))});
  EXPECT_EQ(Read()->GetNode("A")->name, "");
  EXPECT_THAT(Try({DeleteNode("C")}), FailsAt(Reason::kNodeNotFound, 0));
  Must({DeleteNode("A")});
  EXPECT_EQ(All().nodes, std::vector<NodeRecord>{Node("B")});
  Must({Create(Node("A"))});
  EXPECT_EQ(All().nodes.size(), 2);
  EXPECT_THAT(Try({DeleteNode("")}), FailsAt(Reason::kMissingField, 0));
  EXPECT_THAT(Try({Create(Node(""))}), FailsAt(Reason::kMissingField, 0));
}

TEST_P(StoreTest, LinksByEveryKindOfWrite) {
  Must({Create(Node("A")), Create(Node("B")), Create(Node("C"))});
  LinkRecord link = Link("L", "A", "B");
  Must({Create(link)});
  EXPECT_THAT(Try({Create(link)}), FailsAt(Reason::kLinkExists, 0));
  EXPECT_THAT(Try({Update(Link("M", "A", "B"))}), FailsAt(Reason::kLinkNotFound, 0));
  EXPECT_THAT(Try({DeleteLink("M")}), FailsAt(Reason::kLinkNotFound, 0));
  EXPECT_THAT(Try({DeleteLink("")}), FailsAt(Reason::kMissingField, 0));
  EXPECT_THAT(Try({Update(Link("", "A", "B"))}), FailsAt(Reason::kMissingField, 0));
  link.paid_yuan = 5;
  link.mechanism = Mechanism::kOrder;
  Must({Update(link)});
  EXPECT_EQ(*Read()->GetLink("L"), Normal(link));
  // Whole, with other ends.
  LinkRecord moved = Link("L", "C", "A");
  Must({Upsert(moved)});
  EXPECT_EQ(*Read()->GetLink("L"), Normal(moved));
  EXPECT_TRUE(Drain(Read()->ScanOutLinks("A")).empty());
  EXPECT_EQ(Drain(Read()->ScanInLinks("A")).size(), 1);
  EXPECT_EQ(Drain(Read()->ScanOutLinks("C")).size(), 1);
  Must({DeleteLink("L")});
  EXPECT_TRUE(All().links.empty());
  EXPECT_EQ(Read()->info().link_count, 0);
}

TEST_P(StoreTest, UnknownEndsAreRefused) {
  Must({Create(Node("A"))});
  EXPECT_THAT(Try({Create(Node("B")), Create(Link("L", "A", "X"))}),
              FailsAt(Reason::kNodeNotFound, 1));
  const auto detail = GetErrorDetail(Try({Create(Link("L", "A", "X"))}));
  EXPECT_EQ(detail->field, "target");
  EXPECT_EQ(detail->metadata.at("node"), "X");
  EXPECT_THAT(Try({Create(Link("L", "X", "A"))}), FailsAt(Reason::kNodeNotFound, 0));
  // Writes go in order: the node comes too late.
  EXPECT_THAT(Try({Create(Link("L", "A", "B")), Create(Node("B"))}),
              FailsAt(Reason::kNodeNotFound, 0));
  Must({Create(Node("B")), Create(Link("L", "A", "B"))});
}

TEST_P(StoreTest, MasksChangeTheirFieldsAlone) {
  Must({Create(FullNode()), Create(Node("F")), Create(FullLink())});
  NodeRecord change = Node("H1");
  change.name = "李四";
  change.persons = 7;
  change.properties = {{"k", "w"}, {"other", "1"}};
  Must({Update(change, {"name", "income_wage_yuan", "labels", "prop.k", "properties.中"})});
  NodeRecord expected = FullNode();
  expected.name = "李四";
  expected.income_wage_yuan.reset();
  expected.labels.clear();
  expected.properties = {{"k", "w"}, {"empty", ""}};
  EXPECT_EQ(*Read()->GetNode("H1"), expected);
  Must({Update(change, {"properties", "valid_to"})});
  expected.properties = change.properties;
  expected.valid.to = kDateMax;
  EXPECT_EQ(*Read()->GetNode("H1"), expected);
  EXPECT_THAT(Try({Update(change, {"nmae"})}), FailsAt(Reason::kUnknownField, 0));
  EXPECT_THAT(Try({NodeWrite{WriteKind::kUpsert, change, {"name"}, false}}),
              FailsAt(Reason::kInvalidField, 0));

  LinkRecord link = Link("L1", "", "");
  link.paid_yuan = 3;
  link.mechanism = Mechanism::kSupply;
  Must({Update(link, {"paid_yuan", "mechanism"})});
  LinkRecord expected_link = Normal(FullLink());
  expected_link.paid_yuan = 3;
  expected_link.mechanism = Mechanism::kSupply;
  expected_link.kind = LinkKind::kSupply;  // follows
  EXPECT_EQ(*Read()->GetLink("L1"), expected_link);
  EXPECT_EQ(Drain(Read()->ScanOutLinks("F")), std::vector<LinkRecord>{expected_link});
}

TEST_P(StoreTest, EndsOfALinkAreNotUpdated) {
  Must({Create(Node("A")), Create(Node("B")), Create(Link("L", "A", "B"))});
  EXPECT_THAT(Try({Update(Link("L", "B", "B"))}), FailsAt(Reason::kInvalidField, 0));
  EXPECT_THAT(Try({Update(Link("L", "A", "A"), {"target"})}), FailsAt(Reason::kInvalidField, 0));
  EXPECT_THAT(Try({Update(Link("L", "", "B"), {"source"})}), FailsAt(Reason::kInvalidField, 0));
  Must({Update(Link("L", "A", "B"), {"source", "target", "status"}), Update(Link("L", "", ""))});
  EXPECT_EQ(*Read()->GetLink("L"), Normal(Link("L", "A", "B")));
}

TEST_P(StoreTest, NodesWithLinksGoByCascadeAlone) {
  Must({Create(Node("A")), Create(Node("B")), Create(Link("1", "A", "B")),
        Create(Link("2", "A", "B")), Create(Link("3", "B", "A")), Create(Link("4", "A", "A")),
        Create(Link("5", "B", "B"))});
  EXPECT_THAT(Try({DeleteNode("A")}), FailsAt(Reason::kNodeHasLinks, 0));
  EXPECT_THAT(Try({DeleteLink("4"), DeleteNode("A")}), FailsAt(Reason::kNodeHasLinks, 1));
  EXPECT_EQ(All().links.size(), 5);
  Must({DeleteNode("A", true)});
  EXPECT_EQ(All().links.size(), 1);
  EXPECT_EQ(Read()->info().link_count, 1);
  Must({DeleteLink("5"), DeleteNode("B")});
  EXPECT_EQ(Read()->info().node_count, 0);
}

TEST_P(StoreTest, ABadRowAppliesNothingAndIsNamed) {
  Must({Create(Node("A")), Create(Node("B"))});
  const Contents before = All();
  NodeRecord bad = Node("C");
  bad.leak_share = 1.5;
  LinkRecord negative = Link("L", "A", "B");
  negative.paid_yuan = -1;
  LinkRecord contradiction = Link("L", "A", "B");
  contradiction.kind = LinkKind::kBinding;
  LinkRecord dates = Link("L", "A", "B");
  dates.valid = {Day("2020-01-02"), Day("2020-01-01")};
  EXPECT_THAT(Try({Create(Node("X")), Create(bad)}), FailsAt(Reason::kInvalidField, 1));
  EXPECT_THAT(Try({DeleteNode("A"), Create(Node("X")), Create(Node("X"))}),
              FailsAt(Reason::kNodeExists, 2));
  EXPECT_THAT(Try({Create(Node("X")), Create(negative)}), FailsAt(Reason::kInvalidField, 1));
  EXPECT_THAT(Try({Create(contradiction)}), FailsAt(Reason::kKindContradictsMechanism, 0));
  EXPECT_THAT(Try({Create(dates)}), FailsAt(Reason::kDatesOutOfOrder, 0));
  EXPECT_EQ(All(), before);
  EXPECT_EQ(Read()->info().revision, 1);
  EXPECT_EQ(Drain(Read()->ScanChanges(1)).size(), 0);
}

TEST_P(StoreTest, EveryCommitIsARevision) {
  std::int64_t time = 0;
  for (int i = 1; i <= 5; ++i) {
    const auto result = Commit({Upsert(Node("A"))});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->revision, i);
    EXPECT_GE(result->commit_time_micros, time);
    time = result->commit_time_micros;
  }
  EXPECT_EQ(Commit({})->revision, 6);
  EXPECT_EQ(Read()->info().update_time_micros, time = Commit({})->commit_time_micros);
}

TEST_P(StoreTest, PreconditionsMustHoldBeforeTheBatch) {
  NodeRecord a = Node("A");
  a.persons = 3;
  a.properties = {{"colour", "red"}};
  Must({Create(a), Create(Node("B")), Create(Link("L", "A", "B"))});
  using Kind = Precondition::Kind;
  const std::vector<std::pair<Precondition, bool>> cases = {
      {{Kind::kNodeExists, "A", 0, "", ""}, true},
      {{Kind::kNodeExists, "X", 0, "", ""}, false},
      {{Kind::kNodeAbsent, "X", 0, "", ""}, true},
      {{Kind::kNodeAbsent, "A", 0, "", ""}, false},
      {{Kind::kLinkExists, "L", 0, "", ""}, true},
      {{Kind::kLinkExists, "X", 0, "", ""}, false},
      {{Kind::kLinkAbsent, "X", 0, "", ""}, true},
      {{Kind::kLinkAbsent, "L", 0, "", ""}, false},
      {{Kind::kRevisionEquals, "", 1, "", ""}, true},
      {{Kind::kRevisionEquals, "", 2, "", ""}, false},
      {{Kind::kNodeFieldEquals, "A", 0, "persons", "3"}, true},
      {{Kind::kNodeFieldEquals, "A", 0, "persons", "4"}, false},
      {{Kind::kNodeFieldEquals, "A", 0, "land_mu", ""}, true},
      {{Kind::kNodeFieldEquals, "X", 0, "land_mu", ""}, false},
      {{Kind::kNodeFieldEquals, "A", 0, "prop:colour", "red"}, true},
      {{Kind::kLinkFieldEquals, "L", 0, "mechanism", "SUPPLY"}, true},
      {{Kind::kLinkFieldEquals, "L", 0, "target", "A"}, false},
  };
  for (const auto& [precondition, holds] : cases) {
    Batch batch;
    batch.graph = "g";
    batch.preconditions = {{Kind::kNodeExists, "B", 0, "", ""}, precondition};
    batch.writes = {Upsert(Node("B"))};
    if (precondition.kind == Kind::kRevisionEquals) {
      batch.preconditions.back().revision += Read()->info().revision - 1;
    }
    const auto result = store().Commit(batch);
    if (holds) {
      EXPECT_TRUE(result.ok()) << result.status();
    } else {
      EXPECT_THAT(result.status(), Fails(Reason::kPreconditionFailed));
      EXPECT_EQ(GetErrorDetail(result.status())->row, 1);
    }
  }
  Batch batch;
  batch.graph = "g";
  batch.preconditions = {{Kind::kNodeFieldEquals, "A", 0, "person", "3"}};
  EXPECT_THAT(store().Commit(batch).status(), Fails(Reason::kUnknownField));
}

TEST_P(StoreTest, RequestIdsMakeRetriesSafe) {
  const auto first =
      Commit({Create(Node("A")), Create(Link("", "A", "A")), Create(Link("", "A", "A"))}, "r1");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->replayed);
  ASSERT_EQ(first->link_ids.size(), 2);
  const auto again =
      Commit({Create(Node("A")), Create(Link("", "A", "A")), Create(Link("", "A", "A"))}, "r1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->revision, first->revision);
  EXPECT_EQ(again->commit_time_micros, first->commit_time_micros);
  EXPECT_EQ(again->link_ids, first->link_ids);
  EXPECT_EQ(Read()->info().revision, 1);
  EXPECT_THAT(Commit({Create(Node("B"))}, "r1").status(), Fails(Reason::kRequestIdReused));
  EXPECT_THAT(Commit({Create(Node("A")), Create(Link("", "A", "A"))}, "r1").status(),
              Fails(Reason::kRequestIdReused));
  // A refused batch leaves its id free.
  EXPECT_THAT(Commit({Create(Node("A"))}, "r2").status(), Fails(Reason::kNodeExists));
  EXPECT_TRUE(Commit({Create(Node("B"))}, "r2").ok());
  EXPECT_THAT(Commit({Create(Node("C"))}, std::string(513, 'r')).status(),
              Fails(Reason::kInvalidField));
}

TEST_P(StoreTest, LinksWithoutIdsGetThemFromTheirContent) {
  Must({Create(Node("A")), Create(Node("B"))});
  LinkRecord link = Link("", "A", "B");
  const std::string base = MakeLinkId(Normal(link));
  EXPECT_THAT(Commit({Create(link), Create(link)})->link_ids, ElementsAre(base, base + "-2"));
  EXPECT_THAT(Commit({Create(link)})->link_ids, ElementsAre(base + "-3"));
  // An upsert of what is there changes nothing.
  EXPECT_THAT(Commit({Upsert(link), Upsert(link)})->link_ids, ElementsAre(base, base + "-2"));
  EXPECT_EQ(All().links.size(), 3);
  Must({DeleteLink(base)});
  EXPECT_THAT(Commit({Create(link)})->link_ids, ElementsAre(base));
  link.paid_yuan = 1;
  EXPECT_NE(Commit({Create(link)})->link_ids[0], base);
}

TEST_P(StoreTest, LinesByEveryKindOfWrite) {
  EXPECT_THAT(Try({Put(Line("R", 2020, 1), WriteKind::kUpdate)}),
              FailsAt(Reason::kInvalidField, 0));
  EXPECT_THAT(Try({Put(Line("R", 2020, 1), WriteKind::kDelete)}),
              FailsAt(Reason::kInvalidField, 0));
  EXPECT_THAT(Try({Put(Line("R", 70000, 1), WriteKind::kDelete)}),
              FailsAt(Reason::kInvalidField, 0));
  EXPECT_THAT(Try({Put(Line("R", 12020, 1))}), FailsAt(Reason::kInvalidField, 0));
  Must({Put(Line("R", 2020, 1), WriteKind::kCreate), Put(Line("R", 2021, 2))});
  EXPECT_THAT(Try({Put(Line("R", 2020, 1), WriteKind::kCreate)}), FailsAt(Reason::kDuplicateId, 0));
  Must({Put(Line("R", 2020, 3), WriteKind::kUpdate), Put(Line("R", 2021, 2), WriteKind::kDelete)});
  EXPECT_EQ(All().lines, std::vector<LineRecord>{Line("R", 2020, 3)});
  EXPECT_EQ(Read()->info().line_count, 1);
}

}  // namespace
}  // namespace lianjie::storage
