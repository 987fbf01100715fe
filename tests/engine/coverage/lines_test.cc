#include "engine/coverage/lines.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/core/status.h"
#include "tests/engine/coverage/fixtures.h"

namespace lianjie::testing {
namespace {

RegionTree Tree() {
  const std::vector<RegionRecord> regions = {MakeRegion("0", "", 0), MakeRegion("52", "0", 1),
                                             MakeRegion("5203", "52", 2), MakeRegion("64", "0", 1)};
  return *RegionTree::Build(regions);
}

TEST(Lines, NearestRegionThenLatestYear) {
  const RegionTree tree = Tree();
  const std::vector<LineRecord> lines = {
      MakeLine("", 2010, 2300),    MakeLine("", 2019, 3218),     MakeLine("52", 2018, 3500),
      MakeLine("52", 2020, 4000),  MakeLine("5203", 2021, 9999), MakeLine("64", 2019, {}, 500),
      MakeLine("nowhere", 2019, 1)};
  const LineTable table = *LineTable::Make(lines, tree, 2019);
  EXPECT_EQ(table.Of(kNoRegion).line_yuan, 3218);
  EXPECT_EQ(table.Of(tree.Find("0")).line_yuan, 3218);
  EXPECT_EQ(table.Of(tree.Find("52")).line_yuan, 3500);
  EXPECT_EQ(table.Of(tree.Find("5203")).line_yuan, 3500);  // its own comes too late
  EXPECT_EQ(table.Of(tree.Find("64")).line_yuan, 3218);    // says nothing about the line
  EXPECT_EQ(table.Of(tree.Find("64")).minimum_benefit_yuan, 500);
  EXPECT_FALSE(table.Of(tree.Find("52")).has_minimum());
  EXPECT_EQ(table.unknown_regions(), 1u);
  EXPECT_EQ(LineTable::Make(lines, tree, 2021)->Of(tree.Find("5203")).line_yuan, 9999);
  EXPECT_TRUE(LineTable::Make(lines, tree, 2009)->Of(tree.Find("5203")).empty());
}

TEST(Lines, TwoAnswersToOneQuestionAreRefused) {
  const RegionTree tree = Tree();
  std::vector<LineRecord> lines = {MakeLine("52", 2019, 100), MakeLine("52", 2019, 200)};
  const auto detail = GetErrorDetail(LineTable::Make(lines, tree, 2019).status());
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->field, "lines");
  EXPECT_EQ(detail->metadata.at("region"), "52");
  lines[1].line_yuan = 100;
  EXPECT_TRUE(LineTable::Make(lines, tree, 2019).ok());
  lines[1] = MakeLine("52", 2019, {}, 50);
  EXPECT_EQ(LineTable::Make(lines, tree, 2019)->Of(tree.Find("52")).minimum_benefit_yuan, 50);
}

TEST(Lines, DependOnNoOrder) {
  const RegionTree tree = Tree();
  std::vector<LineRecord> lines = {MakeLine("52", 2018, 100), MakeLine("52", 2019, 200),
                                   MakeLine("", 2019, 300)};
  std::reverse(lines.begin(), lines.end());
  EXPECT_EQ(LineTable::Make(lines, tree, 2019)->Of(tree.Find("5203")).line_yuan, 200);
}

}  // namespace
}  // namespace lianjie::testing
