#include "engine/core/csv_writer.h"

#include <charconv>
#include <string>

#include "engine/core/fields.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

std::string Quoted(std::string_view cell) {
  std::string out;
  AppendCsvCell(out, cell);
  return out;
}

TEST(CsvCellTest, QuotesOnlyWhatMustBe) {
  EXPECT_EQ(Quoted("plain 文 ;'"), "plain 文 ;'");
  EXPECT_EQ(Quoted(""), "");
  EXPECT_EQ(Quoted("a,b"), "\"a,b\"");
  EXPECT_EQ(Quoted("say \"so\""), "\"say \"\"so\"\"\"");
  EXPECT_EQ(Quoted("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(Quoted("cr\r"), "\"cr\r\"");
}

TEST(RecordCsvWriterTest, WritesHeaderFieldsAndProperties) {
  std::string text;
  RecordCsvWriter<LinkRecord> csv(
      [&text](std::string_view bytes) {
        text += bytes;
        return absl::OkStatus();
      },
      {"note", "absent"});
  LinkRecord link;
  link.id = "L1";
  link.source = "F";
  link.target = "H,1";
  link.mechanism = Mechanism::kOrder;
  link.paid_yuan = 1200.5;
  link.valid.from = *Date::Parse("2020-01-01");
  link.properties = {{"note", "a \"b\""}, {"not written", "x"}};
  ASSERT_TRUE(csv.Write(link).ok());
  ASSERT_TRUE(csv.Finish().ok());
  EXPECT_EQ(text,
            "id,agreement,source,target,mechanism,kind,promised_yuan,paid_yuan,share,share_of,"
            "capacity,priority,tightness,"
            "driver,policy,weight,valid_from,valid_to,status,product,sector,prop:note,prop:absent\n"
            "L1,,F,\"H,1\",ORDER,,,1200.5,,,,,,,,,2020-01-01,,,,,\"a \"\"b\"\"\",\n");
}

TEST(RecordCsvWriterTest, AnEmptyTableHasItsHeader) {
  std::string text;
  RecordCsvWriter<RegionRecord> csv([&text](std::string_view bytes) {
    text += bytes;
    return absl::OkStatus();
  });
  ASSERT_TRUE(csv.Finish().ok());
  EXPECT_EQ(text, "code,parent,name,level\n");
}

TEST(RecordCsvWriterTest, HandsOutPiecesAndPassesOnErrors) {
  std::size_t pieces = 0;
  RecordCsvWriter<RegionRecord> csv([&pieces](std::string_view) {
    return ++pieces < 3 ? absl::OkStatus() : absl::ResourceExhaustedError("disk full");
  });
  absl::Status status;
  std::int64_t rows = 0;
  for (; status.ok() && rows < 100000; ++rows)
    status = csv.Write({Cat(rows), "", "一个村的名字", 5});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(pieces, 3U);
  EXPECT_GT(rows, 3000);
}

TEST(CsvCellTest, FindsWhatMustBeQuotedAtAnyPlace) {
  for (const char special : {',', '"', '\r', '\n'}) {
    for (std::size_t size = 1; size < 40; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string cell(size, '\x7f');
        cell[at] = special;
        ASSERT_TRUE(Quoted(cell).starts_with('"')) << size << " " << at;
      }
    }
  }
  for (int c = 0; c < 256; ++c) {
    const std::string cell(19, static_cast<char>(c));
    const bool quoted = c == ',' || c == '"' || c == '\r' || c == '\n';
    EXPECT_EQ(Quoted(cell) != cell, quoted) << c;
  }
}

// Every field's own way to its cell gives what its value as text does.
template <typename Record> void ExpectCellsOf(const Record& record) {
  for (const FieldSpec<Record>& field : Fields<Record>()) {
    std::string cell;
    field.append(record, cell);
    EXPECT_EQ(cell, Quoted(FormatFieldValue(field.get(record)))) << field.name;
  }
}

TEST(RecordCsvWriterTest, CellsAreTheFieldsAsText) {
  NodeRecord node;
  ExpectCellsOf(node);
  node.id = "a,b";
  node.kind = NodeKind::kHousehold;
  node.name = "say \"so\"";
  node.persons = -3;
  node.causes = {Cause::kIllness, Cause::kLabour};
  node.land_mu = 1.25;
  node.revenue_yuan = 1e5;
  node.equity_yuan = -99999;
  node.income_wage_yuan = 99999;
  node.income_property_yuan = 1234567;
  node.income_transfer_yuan = 0.1;
  node.valid = {*Date::Parse("0001-01-01"), *Date::Parse("9999-12-31")};
  node.labels = {"one"};
  ExpectCellsOf(node);
  node.labels = {"one", "two, three"};
  ExpectCellsOf(node);
  LinkRecord link;
  link.id = "L";
  link.mechanism = Mechanism::kOrder;
  link.share = 1e-12;
  link.valid.from = *Date::Parse("2024-02-29");
  ExpectCellsOf(link);
  ExpectCellsOf(RegionRecord{"59", "", "x", 1});
  ExpectCellsOf(
      LineRecord{.region = "59", .year = 2023, .line_yuan = 0, .minimum_benefit_yuan = {}});
}

TEST(RecordCsvWriterTest, LeavesOutColumnsAndHeader) {
  std::string text;
  const TextSink sink = [&text](std::string_view bytes) {
    text += bytes;
    return absl::OkStatus();
  };
  RecordCsvWriter<RegionRecord> table(sink, {}, {.header = true, .without = {"name", "parent"}});
  ASSERT_TRUE(table.Write({"59", "", "x", 1}).ok());
  ASSERT_TRUE(table.Finish().ok());
  RecordCsvWriter<RegionRecord> more(sink, {}, {.header = false, .without = {"name", "parent"}});
  ASSERT_TRUE(more.Write({"5901", "59", "y", 2}).ok());
  ASSERT_TRUE(more.Finish().ok());
  EXPECT_EQ(text, "code,level\n59,1\n5901,2\n");
}

TEST(FormatDoubleTest, WholeNumbersHaveTheirShortestForm) {
  EXPECT_EQ(FormatDouble(1), "1");
  EXPECT_EQ(FormatDouble(-7), "-7");
  EXPECT_EQ(FormatDouble(0), "0");
  EXPECT_EQ(FormatDouble(-0.0), "-0");
  EXPECT_EQ(FormatDouble(99999), "99999");
  EXPECT_EQ(FormatDouble(1e5), "1e+05");
  EXPECT_EQ(FormatDouble(123456), "123456");
  for (int whole = 1; whole < 100000; whole += 7) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), static_cast<double>(whole)).ptr;
    ASSERT_EQ(FormatDouble(whole), std::string(buffer, end));
  }
}

}  // namespace
}  // namespace lianjie
