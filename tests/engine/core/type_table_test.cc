// The type table of DOMAIN section 2, written out a second time as words: every mechanism with
// every pair of kinds is allowed or refused as the words say.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

struct Row {
  std::string mechanism;
  std::vector<std::pair<std::string, std::string>> pairs;  // "ORG AGENCY", "HOUSEHOLD"
  std::string role;
};

const std::vector<Row> kTable = {
    {"ORDER", {{"ORG", "HOUSEHOLD ORG"}}, "OPERATOR"},
    {"SUPPLY", {{"ANY", "ANY"}}, "OPERATOR"},
    {"CONSUMPTION", {{"ANY", "HOUSEHOLD ORG"}}, "OPERATOR"},
    {"PATRONAGE_REFUND", {{"COOPERATIVE COLLECTIVE", "HOUSEHOLD ORG"}}, "OPERATOR"},
    {"TRUSTEESHIP", {{"ORG", "HOUSEHOLD"}, {"HOUSEHOLD", "ORG"}}, "OPERATOR"},
    {"SERVICE", {{"ORG AGENCY", "HOUSEHOLD ORG"}}, "OPERATOR"},
    {"EMPLOYMENT", {{"ORG AGENCY HOUSEHOLD", "HOUSEHOLD"}}, "WORKER"},
    {"LAND_TRANSFER", {{"ORG HOUSEHOLD LAND", "LAND HOUSEHOLD COLLECTIVE"}}, "SHAREHOLDER"},
    {"REVERSE_LEASE", {{"ORG", "LAND HOUSEHOLD COLLECTIVE"}, {"HOUSEHOLD", "ORG"}}, "SHAREHOLDER"},
    {"SHARE_COOPERATION", {{"ORG", "HOUSEHOLD ORG FUND LAND"}}, "SHAREHOLDER"},
    {"ASSET_RETURN", {{"ORG FUND", "FUND COLLECTIVE HOUSEHOLD"}}, "SHAREHOLDER"},
    {"COLLECTIVE_DISTRIBUTION", {{"COLLECTIVE", "HOUSEHOLD"}}, "SHAREHOLDER"},
    {"EQUITY", {{"ORG", "ORG FUND HOUSEHOLD AGENCY"}}, "SHAREHOLDER"},
    {"CREDIT", {{"HOUSEHOLD ORG", "ORG FUND"}}, ""},
    {"INSURANCE", {{"HOUSEHOLD ORG", "FIRM"}, {"FIRM", "HOUSEHOLD ORG"}}, ""},
    {"GRANT", {{"AGENCY", "FUND ORG"}}, ""},
    {"TRANSFER", {{"AGENCY FUND", "HOUSEHOLD"}}, ""},
};

bool Covers(const std::string& words, std::string_view kind) {
  const bool organisation = kind == "COOPERATIVE" || kind == "COLLECTIVE" || kind == "FIRM";
  for (const std::string_view word : Split(words, ' ')) {
    if (word == kind || word == "ANY" || (word == "ORG" && organisation)) return true;
  }
  return false;
}

class TypeTable : public testing::TestWithParam<Row> {};

TEST_P(TypeTable, AllowsItsPairsAndRefusesAllOthers) {
  const Row& row = GetParam();
  const Mechanism mechanism = *ParseEnum<Mechanism>(row.mechanism);
  LinkRecord link;
  link.id = "L7";
  link.source = "payer";
  link.target = "payee";
  link.mechanism = mechanism;
  int allowed = 0;
  for (const std::string_view source : EnumNames<NodeKind>().subspan(1)) {
    for (const std::string_view target : EnumNames<NodeKind>().subspan(1)) {
      const bool expected = std::any_of(row.pairs.begin(), row.pairs.end(), [&](const auto& pair) {
        return Covers(pair.first, source) && Covers(pair.second, target);
      });
      const NodeKind from = *ParseEnum<NodeKind>(source);
      const NodeKind to = *ParseEnum<NodeKind>(target);
      allowed += expected;
      EXPECT_EQ(IsAllowed(mechanism, from, to), expected)
          << row.mechanism << ": " << source << " to " << target;
      const absl::Status status = ValidateEnds(link, from, to);
      ASSERT_EQ(status.ok(), expected);
      if (expected) continue;
      const std::string message(status.message());
      for (const std::string& said :
           {row.mechanism, std::string(source), std::string(target), std::string("'L7'"),
            std::string("'payer'"), std::string("'payee'"), AllowedPairs(mechanism)}) {
        EXPECT_THAT(message, testing::HasSubstr(said));
      }
      EXPECT_EQ(GetErrorDetail(status)->reason, Reason::kMechanismNotAllowed);
      EXPECT_EQ(GetErrorDetail(status)->field, "mechanism");
      EXPECT_EQ(GetErrorDetail(status)->metadata.at("source_kind"), source);
    }
  }
  EXPECT_GT(allowed, 0);
  EXPECT_FALSE(IsAllowed(mechanism, NodeKind::kUnspecified, NodeKind::kHousehold));
}

TEST_P(TypeTable, GivesTheRole) {
  EXPECT_EQ(EnumName(RoleOf(*ParseEnum<Mechanism>(GetParam().mechanism))), GetParam().role);
}

TEST_P(TypeTable, SaysItsRowInWords) {
  std::string words;
  for (const auto& [source, target] : GetParam().pairs) {
    const auto names = [](const std::string& covered) -> std::string {
      std::vector<std::string_view> found;
      for (const std::string_view kind : EnumNames<NodeKind>().subspan(1)) {
        if (Covers(covered, kind)) found.push_back(kind);
      }
      if (found.size() == EnumNames<NodeKind>().size() - 1) return "any kind";
      std::string out;
      for (std::size_t i = 0; i < found.size(); ++i) {
        out += Cat(i == 0 ? "" : i + 1 == found.size() ? " or " : ", ", found[i]);
      }
      return out;
    };
    words += Cat(words.empty() ? "" : "; ", names(source), " to ", names(target));
  }
  EXPECT_EQ(AllowedPairs(*ParseEnum<Mechanism>(GetParam().mechanism)), words);
}

INSTANTIATE_TEST_SUITE_P(Rows, TypeTable, testing::ValuesIn(kTable),
                         [](const auto& row) { return row.param.mechanism; });

TEST(TypeTableTest, HasARowForEveryMechanism) {
  std::set<std::string> rows;
  for (const Row& row : kTable) rows.insert(row.mechanism);
  EXPECT_EQ(rows.size(), EnumNames<Mechanism>().size() - 1);
  EXPECT_EQ(AllowedPairs(Mechanism::kUnspecified), "");
  EXPECT_FALSE(IsAllowed(Mechanism::kUnspecified, NodeKind::kFirm, NodeKind::kFirm));
}

TEST(LinkKindTest, IsSupplyForGoodsAlone) {
  for (const Row& row : kTable) {
    const bool supply = row.mechanism == "SUPPLY" || row.mechanism == "CONSUMPTION";
    EXPECT_EQ(KindOf(*ParseEnum<Mechanism>(row.mechanism)),
              supply ? LinkKind::kSupply : LinkKind::kBinding)
        << row.mechanism;
  }
}

TEST(NarrowTest, IsABindingOrHelpedConsumption) {
  const std::set<std::string> never = {"SUPPLY", "TRANSFER", "GRANT", "CREDIT", "INSURANCE"};
  for (const Row& row : kTable) {
    const Mechanism mechanism = *ParseEnum<Mechanism>(row.mechanism);
    for (const Driver driver :
         {Driver::kUnspecified, Driver::kMarket, Driver::kAdministrative, Driver::kSocial}) {
      const bool helped = driver == Driver::kAdministrative || driver == Driver::kSocial;
      const bool narrow = row.mechanism == "CONSUMPTION" ? helped : !never.contains(row.mechanism);
      EXPECT_EQ(IsNarrow(mechanism, driver), narrow) << row.mechanism << " " << EnumName(driver);
    }
  }
}

TEST(KindTest, OrganisationsAndAssets) {
  std::string organisations, assets;
  for (std::size_t i = 1; i < EnumNames<NodeKind>().size(); ++i) {
    const auto kind = static_cast<NodeKind>(i);
    if (IsOrganisation(kind)) organisations += Cat(EnumName(kind), " ");
    if (IsAsset(kind)) assets += Cat(EnumName(kind), " ");
  }
  EXPECT_EQ(organisations, "COOPERATIVE COLLECTIVE FIRM ");
  EXPECT_EQ(assets, "LAND FUND ");
}

}  // namespace
}  // namespace lianjie
