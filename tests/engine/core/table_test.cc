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

TEST(TableTest, ColumnsInLayersReadAsIfLaidOut) {
  const std::vector<double> base = {1, 2, 3, 4};
  const std::vector<std::uint8_t> codes = {0, 2, 1, 2};
  static constexpr std::string_view kWords[] = {"", "one", "two"};
  const auto make = [&] {
    Table table;
    table.column(table.AddColumn("node", ColumnType::kNode)).identity_rows = 4;
    table.column(table.AddColumn("word", ColumnType::kString)).word_layer =
        WordLayer{.codes = codes, .memory = nullptr, .words = kWords};
    table.column(table.AddColumn("few", ColumnType::kNumber)).number_layer =
        NumberLayer{.rows = 4, .base = {}, .memory = nullptr, .at = {1, 3}, .values = {7, 8}};
    table.column(table.AddColumn("most", ColumnType::kNumber)).number_layer =
        NumberLayer{.rows = 4, .base = base, .memory = nullptr, .at = {2}, .values = {9}};
    return table;
  };
  Table table = make();
  EXPECT_EQ(table.row_count(), 4U);
  EXPECT_EQ(table.column(0).Index(3), 3U);
  EXPECT_EQ(table.column(1).String(1), "two");
  EXPECT_EQ(table.column(2).Number(0), 0);
  EXPECT_EQ(table.column(3).Number(2), 9);
  EXPECT_FALSE(table.column(3).IsNull(2));
  std::vector<double> some(2);
  table.column(2).CopyNumbers(2, some);
  EXPECT_THAT(some, ElementsAre(0, 8));
  table.LayOut();
  EXPECT_THAT(table.column(0).indices, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(table.column(1).strings, ElementsAre("", "two", "one", "two"));
  EXPECT_THAT(table.column(2).numbers, ElementsAre(0, 7, 0, 8));
  EXPECT_THAT(table.column(3).numbers, ElementsAre(1, 2, 9, 4));
  Table shorter = make();
  shorter.Truncate(2);
  for (const Column& column : shorter.columns()) EXPECT_EQ(column.size(), 2U) << column.name;
  shorter.LayOut();
  EXPECT_THAT(shorter.column(2).numbers, ElementsAre(0, 7));
  Table turned = make();
  turned.Permute({3, 2});
  EXPECT_THAT(turned.column(0).indices, ElementsAre(3, 2));
  EXPECT_THAT(turned.column(3).numbers, ElementsAre(4, 9));
}

}  // namespace
}  // namespace lianjie
