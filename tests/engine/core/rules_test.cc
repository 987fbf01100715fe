#include "engine/core/rules.h"

#include <functional>
#include <limits>
#include <set>
#include <string>

#include "engine/core/fields.h"
#include "engine/core/ids.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

NodeRecord Node() {
  NodeRecord node;
  node.id = "N";
  return node;
}

LinkRecord Link() {
  LinkRecord link;
  link.source = "A";
  link.target = "B";
  return link;
}

template <typename Record> Record Normalized(Record record) {
  Normalize(record);
  return record;
}

// Sets a field by its name, as import does.
template <typename Record>
Record With(Record record, std::string_view field, std::string_view text) {
  const absl::Status status = FindField<Record>(field)->set(record, text);
  EXPECT_TRUE(status.ok()) << status;
  return record;
}

template <typename Record>
void ExpectRefused(const Record& record, std::string_view field,
                   Reason reason = Reason::kInvalidField) {
  const absl::Status status = Validate(record);
  ASSERT_FALSE(status.ok()) << "accepted a bad " << field;
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(status)->field, field);
  EXPECT_EQ(GetErrorDetail(status)->reason, reason) << status;
  EXPECT_THAT(std::string(status.message()), testing::StartsWith(Cat(field, ": ")));
}

TEST(NormalizeTest, AGeneralGraphLoads) {
  const NodeRecord node = Normalized(Node());
  EXPECT_EQ(node.kind, NodeKind::kFirm);
  EXPECT_TRUE(Validate(node).ok());
  const LinkRecord link = Normalized(Link());
  EXPECT_EQ(link.mechanism, Mechanism::kSupply);
  EXPECT_EQ(link.kind, LinkKind::kSupply);
  EXPECT_EQ(link.status, LinkStatus::kActive);
  EXPECT_EQ(link.share_of, ShareOf::kUnspecified);
  EXPECT_EQ(link.priority, Priority::kSenior);
  EXPECT_TRUE(Validate(link).ok());
  EXPECT_TRUE(ValidateEnds(link, NodeKind::kFirm, NodeKind::kFirm).ok());
  LinkRecord loop = Link();
  loop.target = loop.source;
  loop.weight = -2.5;
  EXPECT_TRUE(Validate(Normalized(loop)).ok());
}

TEST(NormalizeTest, FillsOnlyWhatIsNotGiven) {
  LinkRecord link = Link();
  link.mechanism = Mechanism::kShareCooperation;
  EXPECT_EQ(Normalized(link).priority, Priority::kUnspecified);
  link.share = .5;
  EXPECT_EQ(Normalized(link).share_of, ShareOf::kReceipts);
  EXPECT_EQ(Normalized(link).priority, Priority::kResidual);
  link.share_of = ShareOf::kSurplus;
  link.priority = Priority::kSenior;
  link.status = LinkStatus::kEnded;
  const LinkRecord full = Normalized(link);
  EXPECT_EQ(full.share_of, ShareOf::kSurplus);
  EXPECT_EQ(full.priority, Priority::kSenior);
  EXPECT_EQ(full.status, LinkStatus::kEnded);
  EXPECT_EQ(Normalized(full), full);
  for (const Mechanism mechanism : {Mechanism::kSupply, Mechanism::kEmployment,
                                    Mechanism::kLandTransfer, Mechanism::kReverseLease}) {
    LinkRecord senior = Link();
    senior.mechanism = mechanism;
    EXPECT_EQ(Normalized(senior).priority, Priority::kSenior);
  }
}

TEST(ValidateNodeTest, NumbersKeepTheirRanges) {
  const std::set<std::string_view> signed_numbers = {"income_operating_yuan", "equity_yuan",
                                                     "outside_revenue_yuan"};
  int numbers = 0;
  for (const FieldSpec<NodeRecord>& field : NodeFields()) {
    if (field.type == FieldType::kNumber) {
      ++numbers;
      EXPECT_TRUE(Validate(With(Node(), field.name, "0")).ok()) << field.name;
      if (signed_numbers.contains(field.name)) {
        EXPECT_TRUE(Validate(With(Node(), field.name, "-1")).ok()) << field.name;
      } else {
        ExpectRefused(With(Node(), field.name, "-0.01"), field.name);
      }
    } else if (field.type == FieldType::kInteger) {
      ++numbers;
      ExpectRefused(With(Node(), field.name, "-1"), field.name);
      ExpectRefused(With(Node(), field.name, "2147483648"), field.name);
    }
  }
  EXPECT_EQ(numbers, 18);
  ExpectRefused(With(Node(), "leak_share", "1.0001"), "leak_share");
  EXPECT_TRUE(Validate(With(Node(), "leak_share", "1")).ok());
  ExpectRefused(With(Node(), "income_year", "0"), "income_year");
  ExpectRefused(With(Node(), "lifted_out_year", "10000"), "lifted_out_year");
}

TEST(ValidateNodeTest, NothingIsNanOrInfinite) {
  const std::function<void(NodeRecord&, double)> setters[] = {
      [](NodeRecord& n, double v) { n.income_wage_yuan = v; },
      [](NodeRecord& n, double v) { n.income_operating_yuan = v; },
      [](NodeRecord& n, double v) { n.income_property_yuan = v; },
      [](NodeRecord& n, double v) { n.income_transfer_yuan = v; },
      [](NodeRecord& n, double v) { n.land_mu = v; },
      [](NodeRecord& n, double v) { n.capacity_jobs = v; },
      [](NodeRecord& n, double v) { n.capacity_tonnes = v; },
      [](NodeRecord& n, double v) { n.capacity_mu = v; },
      [](NodeRecord& n, double v) { n.revenue_yuan = v; },
      [](NodeRecord& n, double v) { n.equity_yuan = v; },
      [](NodeRecord& n, double v) { n.outside_revenue_yuan = v; },
      [](NodeRecord& n, double v) { n.leak_share = v; }};
  for (const auto& set : setters) {
    for (const double bad : {kNan, kInfinity, -kInfinity}) {
      NodeRecord node = Node();
      set(node, bad);
      EXPECT_FALSE(Validate(node).ok());
    }
  }
}

TEST(ValidateNodeTest, TextsAndIds) {
  ExpectRefused(NodeRecord(), "id", Reason::kMissingField);
  NodeRecord node = Node();
  node.id = std::string(kMaxIdBytes, 'x');
  EXPECT_TRUE(Validate(node).ok());
  node.id += 'x';
  ExpectRefused(node, "id");
  for (const std::string& bad :
       {std::string("a\nb"), std::string("tab\t"), std::string("nul\0", 4), std::string("\x7F")}) {
    node.id = bad;
    ExpectRefused(node, "id");
  }
  node.id = "\xBA\xCF";
  ExpectRefused(node, "id");
  node = Node();
  node.name = "bad \xFF";
  ExpectRefused(node, "name");
  node.name = std::string(kMaxTextBytes + 1, 'x');
  ExpectRefused(node, "name");
  node = Node();
  node.id = "合作社 甲:1";
  node.name = "two\nlines are a name";
  EXPECT_TRUE(Validate(node).ok());
  node.labels = {"a;b"};
  ExpectRefused(node, "labels");
  node.labels = {""};
  ExpectRefused(node, "labels", Reason::kMissingField);
  node.labels = {};
  node.properties = {{"", "x"}};
  ExpectRefused(node, "properties", Reason::kMissingField);
  node.properties = {{"note", "\xC0"}};
  ExpectRefused(node, "properties");
}

TEST(ValidateNodeTest, DatesInOrder) {
  NodeRecord node = With(With(Node(), "valid_from", "2020-01-02"), "valid_to", "2020-01-01");
  ExpectRefused(node, "valid_to", Reason::kDatesOutOfOrder);
  node = With(node, "valid_to", "2020-01-02");
  ExpectRefused(node, "valid_to", Reason::kDatesOutOfOrder);
  EXPECT_TRUE(Validate(With(node, "valid_to", "2020-01-03")).ok());
  EXPECT_TRUE(Validate(With(node, "valid_to", "")).ok());
}

TEST(ValidateNodeTest, UnknownValuesOfEnums) {
  NodeRecord node = Node();
  node.kind = static_cast<NodeKind>(99);
  ExpectRefused(node, "kind");
  node = Node();
  node.causes = {static_cast<Cause>(44)};
  ExpectRefused(node, "causes");
}

TEST(ValidateLinkTest, RequiredAndRanges) {
  LinkRecord link = Normalized(Link());
  link.source.clear();
  ExpectRefused(link, "source", Reason::kMissingField);
  link = Normalized(Link());
  link.target.clear();
  ExpectRefused(link, "target", Reason::kMissingField);
  for (const char* field : {"promised_yuan", "paid_yuan", "capacity", "share"}) {
    ExpectRefused(With(Normalized(Link()), field, "-1"), field);
    EXPECT_TRUE(Validate(With(Normalized(Link()), field, "0")).ok()) << field;
  }
  ExpectRefused(With(Normalized(Link()), "share", "1.000001"), "share");
  EXPECT_TRUE(Validate(With(Normalized(Link()), "share", "1")).ok());
  link = Normalized(Link());
  link.weight = kNan;
  ExpectRefused(link, "weight");
  link = Normalized(Link());
  link.paid_yuan = kInfinity;
  ExpectRefused(link, "paid_yuan");
  ExpectRefused(
      With(With(Normalized(Link()), "valid_from", "2021-01-01"), "valid_to", "2020-01-01"),
      "valid_to", Reason::kDatesOutOfOrder);
}

TEST(ValidateLinkTest, KindMayNotContradictTheMechanism) {
  LinkRecord link = With(Link(), "mechanism", "EMPLOYMENT");
  link = With(link, "kind", "SUPPLY");
  Normalize(link);
  ExpectRefused(link, "kind", Reason::kKindContradictsMechanism);
  EXPECT_EQ(GetErrorDetail(Validate(link))->metadata.at("mechanism"), "EMPLOYMENT");
  link = With(With(Link(), "mechanism", "CONSUMPTION"), "kind", "BINDING");
  ExpectRefused(link, "kind", Reason::kKindContradictsMechanism);
  EXPECT_TRUE(Validate(With(With(Link(), "mechanism", "CONSUMPTION"), "kind", "SUPPLY")).ok());
}

TEST(ValidateRegionTest, CodesParentsLevels) {
  EXPECT_TRUE(Validate(RegionRecord{"52", "", "省", 1}).ok());
  ExpectRefused(RegionRecord{"", "", "", 1}, "code", Reason::kMissingField);
  ExpectRefused(RegionRecord{"52", "52", "", 1}, "parent", Reason::kRegionTreeInvalid);
  ExpectRefused(RegionRecord{"52", "", "", -1}, "level");
  ExpectRefused(RegionRecord{"52", "", "", 100}, "level");
}

TEST(ValidateLineTest, YearsAndAmounts) {
  EXPECT_TRUE(Validate(LineRecord{"", 2020, 4000, std::nullopt}).ok());
  EXPECT_TRUE(Validate(LineRecord{"52", 2020, std::nullopt, 500}).ok());
  ExpectRefused(LineRecord{"52", 0, 4000, 0}, "year");
  ExpectRefused(LineRecord{"52", 2020, -1, 0}, "line_yuan");
  ExpectRefused(LineRecord{"52", 2020, 1, kNan}, "minimum_benefit_yuan");
  ExpectRefused(LineRecord{"52", 2020, std::nullopt, std::nullopt}, "line_yuan",
                Reason::kMissingField);
}

TEST(LinkIdTest, IsMadeFromAllTheContent) {
  const LinkRecord plain = Normalized(Link());
  const std::string id = MakeLinkId(plain);
  EXPECT_THAT(id, testing::MatchesRegex("L[0-9a-z]{13}"));
  EXPECT_EQ(id, MakeLinkId(Normalized(Link())));
  std::set<std::string> ids = {id};
  const std::pair<const char*, const char*> changes[] = {{"agreement", "A1"},
                                                         {"source", "X"},
                                                         {"target", "X"},
                                                         {"mechanism", "ORDER"},
                                                         {"promised_yuan", "1"},
                                                         {"paid_yuan", "1"},
                                                         {"share", "0.5"},
                                                         {"capacity", "1"},
                                                         {"priority", "RESIDUAL"},
                                                         {"tightness", "EQUITY"},
                                                         {"driver", "MARKET"},
                                                         {"policy", "p"},
                                                         {"weight", "1"},
                                                         {"valid_from", "2020-01-01"},
                                                         {"valid_to", "2020-01-01"},
                                                         {"status", "ENDED"},
                                                         {"product", "p"},
                                                         {"sector", "PRIMARY"},
                                                         {"share_of", "SURPLUS"},
                                                         {"kind", "BINDING"}};
  for (const auto& [field, value] : changes) {
    EXPECT_TRUE(ids.insert(MakeLinkId(With(plain, field, value))).second) << field;
  }
  LinkRecord noted = plain;
  noted.properties = {{"ab", "c"}};
  EXPECT_TRUE(ids.insert(MakeLinkId(noted)).second);
  noted.properties = {{"a", "bc"}};
  EXPECT_TRUE(ids.insert(MakeLinkId(noted)).second);
  LinkRecord turned = plain;
  std::swap(turned.source, turned.target);
  EXPECT_TRUE(ids.insert(MakeLinkId(turned)).second);
  EXPECT_EQ(MakeLinkId(With(plain, "id", "mine")), id) << "its own id is no content";
}

TEST(LinkIdTest, MinusZeroIsZeroAndManyDiffer) {
  LinkRecord link = Normalized(Link());
  link.weight = 0.0;
  const std::string zero = MakeLinkId(link);
  link.weight = -0.0;
  EXPECT_EQ(MakeLinkId(link), zero);
  std::set<std::string> ids;
  for (int source = 0; source < 300; ++source) {
    for (int target = 0; target < 300; ++target) {
      link.source = Cat(source);
      link.target = Cat(target);
      ids.insert(MakeLinkId(link));
    }
  }
  EXPECT_EQ(ids.size(), 90000U);
}

// An id that was made once is made again by every later release.
TEST(LinkIdTest, IsStable) { EXPECT_EQ(MakeLinkId(Normalized(Link())), "L2hg3p6mgg48tv"); }

}  // namespace
}  // namespace lianjie
