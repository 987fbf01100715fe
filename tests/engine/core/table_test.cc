#include "engine/core/table.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

using testing::ElementsAre;

// One column of each type, three rows, the second null.
Table SampleTable() {
  Table table;
  Column& name = table.column(table.AddColumn("name", ColumnType::kString, "", "A name."));
  name.strings = {"a", "", "c"};
  name.nulls = {0, 1, 0};
  Column& count = table.column(table.AddColumn("count", ColumnType::kInteger, "persons"));
  count.integers = {1, 0, 3};
  count.nulls = {0, 1, 0};
  table.column(table.AddColumn("score", ColumnType::kNumber)).numbers = {
      .5, std::numeric_limits<double>::quiet_NaN(), 2.5};
  Column& flag = table.column(table.AddColumn("flag", ColumnType::kBoolean));
  flag.booleans = {1, 0, 0};
  flag.nulls = {0, 1, 0};
  table.column(table.AddColumn("node", ColumnType::kNode)).indices = {7, kNoNode, 9};
  table.column(table.AddColumn("link", ColumnType::kLink)).indices = {1, kNoLink, 2};
  table.column(table.AddColumn("region", ColumnType::kRegion)).indices = {0, kNoRegion, 5};
  return table;
}

TEST(TableTest, KnowsItsColumnsAndNulls) {
  const Table table = SampleTable();
  EXPECT_EQ(table.column_count(), 7U);
  EXPECT_EQ(table.row_count(), 3U);
  for (const Column& column : table.columns()) {
    EXPECT_EQ(column.size(), 3U) << column.name;
    EXPECT_FALSE(column.IsNull(0)) << column.name;
    EXPECT_TRUE(column.IsNull(1)) << column.name;
    EXPECT_FALSE(column.IsNull(2)) << column.name;
  }
  ASSERT_NE(table.Find("count"), nullptr);
  EXPECT_EQ(table.Find("count")->unit, "persons");
  EXPECT_EQ(table.Find("name")->description, "A name.");
  EXPECT_EQ(table.Find("no"), nullptr);
}

TEST(TableTest, WithoutNullFlagsNothingIsNull) {
  Table table;
  table.column(table.AddColumn("s", ColumnType::kString)).strings = {""};
  table.column(table.AddColumn("i", ColumnType::kInteger)).integers = {0};
  table.column(table.AddColumn("b", ColumnType::kBoolean)).booleans = {0};
  for (const Column& column : table.columns()) EXPECT_FALSE(column.IsNull(0)) << column.name;
}

TEST(TableTest, PermutesAndDropsRows) {
  Table table = SampleTable();
  table.Permute({2, 1});
  EXPECT_EQ(table.row_count(), 2U);
  EXPECT_THAT(table.Find("name")->strings, ElementsAre("c", ""));
  EXPECT_THAT(table.Find("count")->integers, ElementsAre(3, 0));
  EXPECT_THAT(table.Find("count")->nulls, ElementsAre(0, 1));
  EXPECT_THAT(table.Find("node")->indices, ElementsAre(9, kNoNode));
  EXPECT_EQ(table.Find("score")->numbers.front(), 2.5);
  table.Permute({});
  EXPECT_EQ(table.row_count(), 0U);
  for (const Column& column : table.columns()) EXPECT_EQ(column.size(), 0U) << column.name;
}

TEST(TableTest, Truncates) {
  Table table = SampleTable();
  table.Truncate(5);
  EXPECT_EQ(table.row_count(), 3U);
  table.Truncate(1);
  for (const Column& column : table.columns()) {
    EXPECT_EQ(column.size(), 1U) << column.name;
    EXPECT_FALSE(column.IsNull(0)) << column.name;
  }
  EXPECT_THAT(table.Find("name")->nulls, ElementsAre(0));
  EXPECT_EQ(Table().row_count(), 0U);
}

}  // namespace
}  // namespace lianjie
