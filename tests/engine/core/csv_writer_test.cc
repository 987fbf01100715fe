#include "engine/core/csv_writer.h"

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

}  // namespace
}  // namespace lianjie
