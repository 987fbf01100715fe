// The table by region: sums, rates and which rows there are.
#include "engine/coverage/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/text.h"
#include "tests/engine/coverage/fixtures.h"

namespace lianjie::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Regions(const AnalysisResult& result) {
  std::vector<std::string> out;
  const Column& column = *result.table.Find("region");
  for (std::size_t row = 0; row < column.size(); ++row) out.push_back(CellText(column, row));
  return out;
}

// Two villages of one township, another township, and later somebody unplaced.
GraphRecords Villages() {
  GraphRecords g = LedgerGolden(11570);
  g.regions = {MakeRegion("0", "", 0),
               MakeRegion("52", "0", 1),
               MakeRegion("520303", "52", 3),
               MakeRegion("520303101", "520303", 4),
               MakeRegion("520303101201", "520303101", 5),
               MakeRegion("520303101202", "520303101", 5),
               MakeRegion("520303102", "520303", 4),
               MakeRegion("64", "0", 1)};
  const std::vector<std::string> where = {"520303101201", "520303101201", "520303101202",
                                          "520303101202", "520303101",    "520303102",
                                          "520303102",    "520303"};
  for (int i = 1; i <= 8; ++i) {
    NodeOf(g, Cat("H", i)).region = where[static_cast<std::size_t>(i) - 1];
  }
  NodeOf(g, "H1").registration = Registration::kLiftedOut;
  NodeOf(g, "H4").registration = Registration::kLiftedOut;
  NodeOf(g, "H1").persons = 2;
  NodeRecord general = MakeHousehold("X");
  general.registration = Registration::kGeneral;
  general.region = "520303102";
  g.nodes.push_back(general);
  return g;
}

TEST(Coverage, GoldenByClass) {
  const AnalysisResult result = Cover(LedgerGolden(11570));
  EXPECT_THAT(Regions(result), ElementsAre("", "null"));
  for (const std::string region : {"", "null"}) {
    EXPECT_EQ(Cell(result, region, "households"), "8");
    EXPECT_EQ(Cell(result, region, "persons"), "8");
    EXPECT_EQ(Cell(result, region, "l0"), "3");
    EXPECT_EQ(Cell(result, region, "l1"), "1");
    EXPECT_EQ(Cell(result, region, "l2"), "1");
    EXPECT_EQ(Cell(result, region, "l3"), "1");
    EXPECT_EQ(Cell(result, region, "l4"), "2");
    EXPECT_EQ(Cell(result, region, "l5"), "0");
    // H1, H2, H3, H5, H6 have an active binding and H8 a service, of eight.
    EXPECT_EQ(Cell(result, region, "participation_rate"), "0.75");
    EXPECT_EQ(Cell(result, region, "income_through_industry_rate"), "null");
    EXPECT_EQ(Cell(result, region, "benefit_yuan"), "48930");
    EXPECT_EQ(Cell(result, region, "benefit_per_head_yuan"), "6116.25");
    EXPECT_EQ(Cell(result, region, "gap_yuan"), "58220");
  }
  EXPECT_EQ(Cell(result, "", "level"), "0");
  EXPECT_EQ(Cell(result, "null", "level"), "null");
  const AnalysisResult lower = Cover(LedgerGolden(1335));
  EXPECT_EQ(Cell(lower, "", "l4"), "1");
  EXPECT_EQ(Cell(lower, "", "l5"), "2");
}

TEST(Coverage, FirstColumnsAreTheContract) {
  const AnalysisResult result = Cover(LedgerGolden(11570));
  for (const std::string_view name :
       {"region", "level", "households", "persons", "l0", "l1", "l2", "l3", "l4", "l5",
        "participation_rate", "income_through_industry_rate", "benefit_per_head_yuan"}) {
    EXPECT_NE(result.table.Find(name), nullptr) << name;
  }
  const AnalysisResult left_out = ListLeftOut(LedgerGolden(11570));
  for (const std::string_view name :
       {"node", "region", "class", "reason", "evidence", "benefit_yuan", "line_yuan", "gap_yuan",
        "nearest_organisation", "nearest_hops"}) {
    EXPECT_NE(left_out.table.Find(name), nullptr) << name;
  }
}

TEST(Coverage, RegionsRollUp) {
  GraphRecords g = Villages();
  const AnalysisResult result = Cover(g);
  // The root of level 0 is the whole; 64 has no household.
  EXPECT_THAT(Regions(result), ElementsAre("0", "52", "520303", "520303101", "520303101201",
                                           "520303101202", "520303102"));
  EXPECT_EQ(Cell(result, "520303101201", "households"), "2");
  EXPECT_EQ(Cell(result, "520303101201", "persons"), "3");
  EXPECT_EQ(Cell(result, "520303101201", "benefit_yuan"), "37730");
  EXPECT_EQ(Cell(result, "520303101202", "households"), "2");
  EXPECT_EQ(Cell(result, "520303101", "households"), "5");  // H5 lives in the township itself
  EXPECT_EQ(Cell(result, "520303102", "households"), "2");
  EXPECT_EQ(Cell(result, "520303102", "all_households"), "3");
  EXPECT_EQ(Cell(result, "520303", "households"), "8");
  EXPECT_EQ(Cell(result, "52", "households"), "8");
  EXPECT_EQ(Cell(result, "0", "households"), "8");
  EXPECT_EQ(Cell(result, "0", "name"), "Region 0");
  EXPECT_EQ(Cell(result, "0", "income_through_industry_rate"), "0.5");
  EXPECT_EQ(Cell(result, "520303102", "income_through_industry_rate"), "null");
  EXPECT_EQ(SummaryText(result, "households"), "8");

  NodeOf(g, "H6").region.clear();
  const AnalysisResult with_unplaced = Cover(g);
  EXPECT_THAT(Regions(with_unplaced),
              ElementsAre("", "0", "52", "520303", "520303101", "520303101201", "520303101202",
                          "520303102", "null"));
  EXPECT_EQ(Cell(with_unplaced, "", "households"), "8");
  EXPECT_EQ(Cell(with_unplaced, "0", "households"), "7");
  EXPECT_EQ(Cell(with_unplaced, "null", "households"), "1");
}

TEST(Coverage, LevelAndRegionChooseRows) {
  const GraphRecords g = Villages();
  CoverageOptions options;
  options.level = 4;
  EXPECT_THAT(Regions(Cover(g, options)), ElementsAre("520303101", "520303102"));
  options.level = 0;
  EXPECT_THAT(Regions(Cover(g, options)), ElementsAre("0"));
  const AnalysisResult township = Cover(g, {}, {.region = "520303101"});
  EXPECT_THAT(Regions(township), ElementsAre("", "520303101", "520303101201", "520303101202"));
  EXPECT_EQ(Cell(township, "", "households"), "5");
  // Payers elsewhere still count: the same classes as in the whole.
  EXPECT_EQ(Cell(township, "520303101201", "l4"), Cell(Cover(g), "520303101201", "l4"));
  const AnalysisResult some = Cover(g, {}, {.nodes = "id = \"H3\" OR id = \"H6\""});
  EXPECT_EQ(Cell(some, "0", "households"), "2");
  EXPECT_EQ(Cell(some, "0", "benefit_yuan"), "11200");
}

TEST(Coverage, EmptyQuestions) {
  GraphRecords none;
  none.nodes = {MakeNode("F", NodeKind::kFirm)};
  const AnalysisResult result = Cover(none);
  EXPECT_THAT(Regions(result), ElementsAre(""));
  EXPECT_EQ(Cell(result, "", "households"), "0");
  EXPECT_EQ(Cell(result, "", "participation_rate"), "null");
  EXPECT_EQ(Cell(result, "", "benefit_per_head_yuan"), "null");
  EXPECT_EQ(ListLeftOut(none).table.row_count(), 0u);
  EXPECT_EQ(Cell(Cover({}), "", "households"), "0");
}

TEST(Coverage, RolesAndNewTypes) {
  GraphRecords g;
  g.nodes = {MakeNode("C", NodeKind::kCooperative, 1000),
             MakeNode("W", NodeKind::kFirm, 1000),
             MakeNode("E", NodeKind::kFirm, 1000),
             MakeNode("L", NodeKind::kLand),
             MakeHousehold("H1"),
             MakeHousehold("H2"),
             MakeHousehold("H3"),
             MakeHousehold("H4")};
  NodeOf(g, "W").subtype = "WORKSHOP";
  NodeOf(g, "E").subtype = "LEADING_ENTERPRISE:PROVINCE";
  for (const Pay& pay : std::vector<Pay>{{"a", "C", "H1", Mechanism::kOrder, 10, {}},
                                         {"b", "W", "H1", Mechanism::kEmployment, 10, {}},
                                         {"c", "W", "H2", Mechanism::kEmployment, 10, {}},
                                         {"d", "E", "L", Mechanism::kLandTransfer, 10, {}},
                                         {"e", "L", "H3", Mechanism::kLandTransfer, 10, {}},
                                         {"f", "H4", "C", Mechanism::kTrusteeship, 1, {}}}) {
    g.links.push_back(MakeLink(pay));
  }
  const AnalysisResult result = Cover(g);
  EXPECT_EQ(Cell(result, "", "operators"), "1");
  EXPECT_EQ(Cell(result, "", "workers"), "2");
  EXPECT_EQ(Cell(result, "", "shareholders"), "1");
  EXPECT_EQ(SummaryText(result, "operator_worker"), "1");
  EXPECT_EQ(SummaryText(result, "worker_only"), "1");
  EXPECT_EQ(SummaryText(result, "shareholder_only"), "1");
  EXPECT_EQ(SummaryText(result, "no_role"), "1");
  EXPECT_EQ(Cell(result, "", "new_type_binding_rate"), "0.75");  // all but H2
  EXPECT_EQ(Cell(result, "", "participation_rate"), "0.75");     // all but H4, which pays
}

TEST(Coverage, GapClosed) {
  GraphRecords g = LedgerGolden(11570);
  // gap0 is 8 x 11570; H1 and H2 close theirs, H3 11200 of its.
  EXPECT_EQ(Cell(Cover(g), "", "gap_closed_share"), FormatDouble((2 * 11570 + 11200) / 92560.0));
}

TEST(Nearest, HopsEitherWayThenRegion) {
  GraphRecords g;
  g.regions = {MakeRegion("0", "", 0), MakeRegion("1", "0", 1), MakeRegion("2", "0", 1),
               MakeRegion("11", "1", 2)};
  g.nodes = {MakeNode("K9", NodeKind::kFirm, 50),
             MakeNode("K10", NodeKind::kCooperative),
             MakeNode("K2", NodeKind::kFirm, 50),
             MakeNode("Z", NodeKind::kFirm, 50),
             MakeNode("A", NodeKind::kAgency),
             MakeHousehold("near"),
             MakeHousehold("served"),
             MakeHousehold("alone"),
             MakeHousehold("far"),
             MakeHousehold("lost")};
  NodeOf(g, "K9").region = "1";
  NodeOf(g, "K2").region = "2";
  NodeOf(g, "Z").region = "11";
  NodeOf(g, "Z").operating_status = OperatingStatus::kDormant;
  NodeOf(g, "alone").region = "11";
  NodeOf(g, "far").region = "2";
  for (const Pay& pay : std::vector<Pay>{{"a", "K9", "K10", Mechanism::kSupply, {}, {}},
                                         {"b", "near", "K10", Mechanism::kTrusteeship, {}, {}},
                                         {"c", "A", "served", Mechanism::kService, {}, {}},
                                         {"d", "A", "K10", Mechanism::kGrant, {}, {}},
                                         {"e", "A", "K9", Mechanism::kGrant, {}, {}}}) {
    g.links.push_back(MakeLink(pay));
  }
  const auto snapshot = ToSnapshot(g);
  const AnalysisResult result = ListLeftOut(g);
  const auto near = [&](std::string_view id) {
    const LeftOutRow row = RowOf(result, *snapshot, id);
    return Cat(row.nearest, " ", row.hops.has_value() ? Cat(*row.hops) : "by region");
  };
  EXPECT_EQ(near("near"), "K10 1");          // K9's money reaches K10
  EXPECT_EQ(near("served"), "K10 2");        // ties go to the smallest id: bytewise K10 < K9
  EXPECT_EQ(near("alone"), "K9 by region");  // Z, in its village, is dormant
  EXPECT_EQ(near("far"), "K2 by region");
  EXPECT_EQ(near("lost"), " by region");  // unplaced and without a path: none
}

}  // namespace
}  // namespace lianjie::testing
