#include <limits>
#include <string>

#include "clients/cli/output/cells.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/result_writer.h"
#include "clients/cli/output/text_table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"

namespace lianjie::cli {
namespace {

using testing::HasSubstr;

TEST(TextTable, CountsWideCharactersAsTwo) {
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("茶叶"), 4U);
  EXPECT_EQ(DisplayWidth("Côte"), 4U);
  EXPECT_EQ(FitTo("合作社联合社", 7), "合作社…");
  EXPECT_EQ(FitTo("a\tb\nc", 10), "a b c");
}

TEST(TextTable, AlignsColumns) {
  TextTable table;
  table.AddColumn("名称");
  table.AddColumn("yuan", Align::kRight);
  table.AddColumn("note");
  table.AddRow({"茶叶合作社", "1.50", "x"});
  table.AddRow({"F1", "12000.00", ""});
  EXPECT_EQ(table.ToString(),
            "名称            yuan  note\n"
            "----------  --------  ----\n"
            "茶叶合作社      1.50  x\n"
            "F1          12000.00\n");
}

TEST(Cells, WriteNumbersForPeople) {
  EXPECT_EQ(MoneyForPeople(1234.5), "1234.50");
  EXPECT_EQ(MoneyForPeople(-0.0), "0.00");
  EXPECT_EQ(MoneyForPeople(1.5e-10), "1.5e-10");
  EXPECT_EQ(NumberForPeople(3), "3");
  EXPECT_EQ(NumberForPeople(0.123456789), "0.123457");
}

// An answer with a column of each type and nulls.
v1::RunHeader Header() {
  v1::RunHeader header;
  header.set_graph("tea");
  header.set_revision(7);
  v1::BenefitFlow& options = *header.mutable_analysis()->mutable_benefit_flow();
  options.set_mode(v1::FLOW_MODE_SHARE);
  options.add_decompose(v1::DECOMPOSITION_TIER);
  options.set_tolerance(1e-12);
  header.mutable_as_of()->set_year(2020);
  header.mutable_as_of()->set_month(12);
  header.mutable_as_of()->set_day(31);
  v1::NamedValue& injected = *header.add_summary();
  injected.set_name("injected_yuan");
  injected.set_double_value(1200);
  header.add_summary()->set_name("rate");
  header.mutable_ledger()->set_injected_yuan(1200);
  const auto column = [&](const char* name, v1::ColumnType type) {
    v1::ColumnInfo& info = *header.add_columns();
    info.set_name(name);
    info.set_type(type);
  };
  column("node", v1::COLUMN_TYPE_STRING);
  column("benefit_yuan", v1::COLUMN_TYPE_DOUBLE);
  column("hops", v1::COLUMN_TYPE_INT64);
  column("found", v1::COLUMN_TYPE_BOOL);
  header.add_warnings("Attributions are proportional.");
  return header;
}

v1::TableBatch Batch() {
  v1::TableBatch batch;
  batch.set_row_count(2);
  v1::Column& nodes = *batch.add_columns();
  nodes.add_strings("H,\"1\"");
  nodes.add_strings("茶");
  v1::Column& benefits = *batch.add_columns();
  benefits.add_doubles(23620.0 / 89);
  benefits.add_doubles(0);
  benefits.set_nulls(std::string(1, '\x02'));
  v1::Column& hops = *batch.add_columns();
  hops.add_int64s(3);
  hops.add_int64s(0);
  hops.set_nulls(std::string(1, '\x02'));
  v1::Column& found = *batch.add_columns();
  found.add_bools(true);
  found.add_bools(false);
  return batch;
}

// With `notes` the answer is truncated.
std::string Written(Format format, std::string* notes = nullptr) {
  std::string text;
  const auto append = [](std::string& to) {
    return [&to](std::string_view bytes) {
      to += bytes;
      return absl::OkStatus();
    };
  };
  std::string unread;
  const auto writer = MakeResultWriter(format, append(text), append(notes ? *notes : unread));
  v1::RunHeader header = Header();
  if (notes != nullptr) {
    header.set_truncated(true);
    header.set_truncation_message("there are more chains than the limit of 2");
  }
  EXPECT_TRUE(writer->Begin(header).ok());
  EXPECT_TRUE(writer->Batch(Batch()).ok());
  EXPECT_TRUE(writer->End().ok());
  return text;
}

TEST(ResultWriter, WritesOneJsonDocument) {
  const std::string text = Written(Format::kJson);
  rapidjson::Document json;
  json.Parse(text.c_str());
  ASSERT_FALSE(json.HasParseError()) << text;
  EXPECT_THAT(text, testing::StartsWith("{\"analysis\":\"benefit_flow\",\"revision\":7,\"options\":"
                                        "{\"mode\":\"SHARE\",\"decompose\":[\"TIER\"]"));
  EXPECT_STREQ(json["as_of"].GetString(), "2020-12-31");
  EXPECT_EQ(json["summary"]["injected_yuan"].GetDouble(), 1200);
  EXPECT_TRUE(json["summary"]["rate"].IsNull());
  EXPECT_EQ(json["columns"].Size(), 4U);
  EXPECT_STREQ(json["rows"][0][0].GetString(), "H,\"1\"");
  EXPECT_EQ(json["rows"][0][1].GetDouble(), 23620.0 / 89);
  EXPECT_TRUE(json["rows"][1][1].IsNull());
  EXPECT_TRUE(json["rows"][1][2].IsNull());
  EXPECT_FALSE(json["rows"][1][3].GetBool());
  EXPECT_FALSE(json["truncated"].GetBool());
  EXPECT_EQ(json["ledger"]["injected_yuan"].GetDouble(), 1200);
  EXPECT_EQ(json["warnings"].Size(), 1U);
}

TEST(ResultWriter, WritesCsv) {
  EXPECT_EQ(
      Written(Format::kCsv),
      "node,benefit_yuan,hops,found\n\"H,\"\"1\"\"\",265.39325842696627,3,true\n茶,,,false\n");
}

TEST(ResultWriter, SaysBesideCsvWhatIsMissing) {
  std::string notes;
  EXPECT_EQ(Written(Format::kCsv, &notes), Written(Format::kCsv));
  EXPECT_EQ(notes,
            "warning: Attributions are proportional.\n"
            "warning: there are more chains than the limit of 2\n");
  std::string none;
  const std::string json = Written(Format::kJson, &none);
  EXPECT_THAT(json, HasSubstr("\"truncated\":true,\"truncation_message\":\"there are more chains"));
  EXPECT_EQ(none, "");
}

TEST(ResultWriter, WritesATable) {
  const std::string text = Written(Format::kTable);
  EXPECT_THAT(text, HasSubstr("benefit_flow as of 2020-12-31, revision 7\n"));
  EXPECT_THAT(text, HasSubstr("injected_yuan  1200.00"));
  EXPECT_THAT(text, HasSubstr("ledger: injected 1200.00 = households 0.00"));
  EXPECT_THAT(text, HasSubstr("note: Attributions are proportional."));
  EXPECT_THAT(text, HasSubstr("265.39"));
  EXPECT_THAT(text, HasSubstr("茶                -     -  false"));
}

TEST(JsonText, HasNoNaN) {
  std::string text;
  JsonText json([&](std::string_view bytes) {
    text += bytes;
    return absl::OkStatus();
  });
  json.StartArray();
  json.Double(std::numeric_limits<double>::quiet_NaN());
  json.Double(std::numeric_limits<double>::infinity());
  json.Double(0.1);
  json.EndArray();
  ASSERT_TRUE(json.Finish().ok());
  EXPECT_EQ(text, "[null,null,0.1]\n");
}

}  // namespace
}  // namespace lianjie::cli
