// The golden of the domain with both lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/text.h"
#include "tests/engine/coverage/fixtures.h"

namespace lianjie::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Golden(double line) {
  const GraphRecords records = LedgerGolden(line);
  const auto snapshot = ToSnapshot(records);
  const AnalysisResult result = ListLeftOut(records, Everyone());
  std::vector<std::string> out;
  for (int i = 1; i <= 8; ++i) {
    const LeftOutRow row = RowOf(result, *snapshot, Cat("H", i));
    out.push_back(Cat(row.household_class, " ", row.reason, " ", row.gap));
  }
  return out;
}

TEST(CoverageGolden, LineOf11570) {
  EXPECT_THAT(Golden(11570),
              ElementsAre("L4 DEPENDENT 0", "L4 DEPENDENT 0", "L3 BELOW_LINE 370",
                          "L0 NO_LINK 11570", "L1 DEAD_END 11570", "L2 ARREARS 11570",
                          "L0 LAPSED 11570", "L0 SUPPORT_ONLY 11570"));
  const GraphRecords records = LedgerGolden(11570);
  const auto snapshot = ToSnapshot(records);
  const AnalysisResult result = ListLeftOut(records);
  const LeftOutRow h1 = RowOf(result, *snapshot, "H1");
  EXPECT_EQ(h1.payer, "C");
  EXPECT_THAT(h1.evidence, AllOf(HasSubstr("Without C it keeps 9820 yuan of 23620 yuan"),
                                 HasSubstr("1750 yuan short")));
  EXPECT_EQ(RowOf(result, *snapshot, "H2").payer, "C");
  EXPECT_THAT(RowOf(result, *snapshot, "H2").evidence, HasSubstr("it keeps 4910 yuan"));
  EXPECT_THAT(RowOf(result, *snapshot, "H3").evidence, HasSubstr("370 yuan short"));
  EXPECT_THAT(RowOf(result, *snapshot, "H5").evidence,
              AllOf(HasSubstr("D should pay it by ORDER link DH5"), HasSubstr("500 yuan")));
  EXPECT_THAT(RowOf(result, *snapshot, "H6").evidence,
              HasSubstr("C owes 500 yuan by ORDER link CH6"));
  EXPECT_THAT(RowOf(result, *snapshot, "H7").evidence, HasSubstr("ORDER link FH7 from F is ENDED"));
  EXPECT_THAT(RowOf(result, *snapshot, "H8").evidence, HasSubstr("SERVICE link AH8 from A"));
}

TEST(CoverageGolden, LineOf1335) {
  EXPECT_THAT(Golden(1335), ElementsAre("L5 null 0", "L5 null 0", "L4 SINGLE_PAYER 0",
                                        "L0 NO_LINK 1335", "L1 DEAD_END 1335", "L2 ARREARS 1335",
                                        "L0 LAPSED 1335", "L0 SUPPORT_ONLY 1335"));
  const GraphRecords records = LedgerGolden(1335);
  EXPECT_EQ(RowOf(ListLeftOut(records), *ToSnapshot(records), "H3").payer, "V");
}

TEST(CoverageGolden, OptionsOverrideStoredLines) {
  LeftOutOptions options = Everyone();
  options.households.lines = std::vector<LineRecord>{MakeLine("", 2020, 1335)};
  EXPECT_EQ(Judge(LedgerGolden(11570), "H1", options), "L5");
  options.households.lines = std::vector<LineRecord>{};
  EXPECT_EQ(Judge(LedgerGolden(11570), "H3", options), "L5");
}

TEST(CoverageGolden, WithoutLinesSaysSo) {
  const GraphRecords records = LedgerGolden({});
  const AnalysisResult result = Cover(records);
  ASSERT_EQ(result.warnings.size(), 2u);
  EXPECT_THAT(result.warnings[0], HasSubstr("L3 (BELOW_LINE) and L4 (FRAGILE) are not evaluated"));
  EXPECT_THAT(result.warnings[1], HasSubstr("The income of 8 of 8"));
  EXPECT_EQ(Cell(result, "", "l5"), "3");
  EXPECT_EQ(Cell(result, "", "gap_yuan"), "null");
  EXPECT_EQ(SummaryText(result, "lines_evaluated"), "false");
  EXPECT_EQ(Judge(records, "H3"), "L5");
}

TEST(CoverageGolden, ShareModeGivesTheSameClasses) {
  GraphRecords records = LedgerGolden(11570);
  const auto share = [&records](std::string_view link, double value) {
    LinkOf(records, link).share = value;
    LinkOf(records, link).share_of = ShareOf::kReceipts;
  };
  share("FC", .4), share("FH1", .1), share("FH2", .05), share("CF", .2), share("CV", .1);
  share("CH1", .3), share("CH2", .2), share("VC", .3), share("VH3", .5), share("CH6", 0);
  for (LinkRecord& link : records.links) link.paid_yuan.reset();
  LeftOutOptions options = Everyone();
  options.households.mode = FlowMode::kShare;
  const auto snapshot = ToSnapshot(records);
  const AnalysisResult result = ListLeftOut(records, options);
  EXPECT_NEAR(RowOf(result, *snapshot, "H1").benefit, 23620, 1e-6);
  EXPECT_NEAR(RowOf(result, *snapshot, "H3").gap, 370, 1e-6);
  const std::vector<std::string> want = {"L4", "L4", "L3", "L0", "L1", "L2", "L0", "L0"};
  for (int i = 1; i <= 8; ++i) {
    EXPECT_EQ(RowOf(result, *snapshot, Cat("H", i)).household_class,
              want[static_cast<std::size_t>(i) - 1])
        << "H" << i;
  }
}

TEST(CoverageGolden, OrderIsWorstFirst) {
  const GraphRecords records = LedgerGolden(11570);
  const auto snapshot = ToSnapshot(records);
  const AnalysisResult result = ListLeftOut(records);
  std::vector<std::string> ids;
  for (const NodeIndex n : result.table.Find("node")->indices)
    ids.emplace_back(snapshot->NodeId(n));
  EXPECT_THAT(ids, ElementsAre("H4", "H7", "H8", "H5", "H6", "H3", "H1", "H2"));
  EXPECT_EQ(SummaryText(result, "l0"), "3");
  EXPECT_EQ(SummaryText(result, "lapsed"), "1");
}

TEST(CoverageGolden, FewRowsAreTheFirstRows) {
  const GraphRecords records = LedgerGolden(11570);
  LeftOutOptions options;
  options.max_rows = 4;
  const AnalysisResult few = ListLeftOut(records, options);
  AnalysisResult all = ListLeftOut(records);
  EXPECT_TRUE(few.truncated);
  EXPECT_EQ(few.truncation_reason, "max_rows is 4 of 8 rows");
  EXPECT_FALSE(all.truncated);
  all.table.Truncate(4);
  EXPECT_EQ(TableText(few), TableText(all));
  EXPECT_EQ(SummaryText(few, "l4"), "2");
}

}  // namespace
}  // namespace lianjie::testing
