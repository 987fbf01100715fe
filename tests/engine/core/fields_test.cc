#include "engine/core/fields.h"

#include <map>
#include <set>
#include <string>

#include "engine/core/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

// A value that each field takes, as CSV has it; every field of each record is here.
const std::map<std::string, std::string> kSamples = {
    {"id", "H1"},
    {"kind", ""},  // set apart: it means another thing in nodes and links
    {"subtype", "leading_county"},
    {"name", "王某, \"户\""},
    {"region", "520103001002"},
    {"sector", "TERTIARY"},
    {"industry", "A0164"},
    {"stage", "PROCESSING"},
    {"registration", "LIFTED_OUT"},
    {"monitoring", "MARGINAL"},
    {"lifted_out_year", "2018"},
    {"persons", "4"},
    {"labour_skilled", "0"},
    {"labour_ordinary", "2"},
    {"labour_weak", "1"},
    {"causes", "ILLNESS;CAPITAL"},
    {"income_year", "2020"},
    {"income_wage_yuan", "12000.5"},
    {"income_operating_yuan", "-300"},
    {"income_property_yuan", "0"},
    {"income_transfer_yuan", "1e+22"},
    {"land_mu", "3.7"},
    {"capacity_jobs", "12"},
    {"capacity_tonnes", "0.1"},
    {"capacity_mu", "571"},
    {"revenue_yuan", "98200"},
    {"equity_yuan", "-5"},
    {"operating_status", "DORMANT"},
    {"outside_revenue_yuan", "-12.25"},
    {"leak_share", "0.3"},
    {"valid_from", "2018-01-01"},
    {"valid_to", "2020-02-29"},
    {"labels", "synthetic;base"},
    {"agreement", "A1"},
    {"source", "F"},
    {"target", "H1"},
    {"mechanism", "LAND_TRANSFER"},
    {"promised_yuan", "500"},
    {"paid_yuan", "0"},
    {"share", "0.4"},
    {"share_of", "SURPLUS"},
    {"capacity", "18"},
    {"priority", "SENIOR"},
    {"tightness", "DIVIDEND"},
    {"driver", "SOCIAL"},
    {"policy", "消费帮扶"},
    {"weight", "-1.5"},
    {"status", "SUSPENDED"},
    {"product", "茶叶"},
    {"code", "520103"},
    {"parent", "5201"},
    {"level", "3"},
    {"year", "2023"},
    {"line_yuan", "6800"},
    {"minimum_benefit_yuan", "700"},
};

template <typename Record> class FieldsTest : public testing::Test {
 protected:
  static std::string SampleOf(const FieldSpec<Record>& field) {
    if (field.name == "kind") return std::is_same_v<Record, NodeRecord> ? "COOPERATIVE" : "BINDING";
    return kSamples.at(std::string(field.name));
  }
  static bool IsRequiredNumber(const FieldSpec<Record>& field) {
    return field.name == "level" || field.name == "year";
  }
};
using Records = testing::Types<NodeRecord, LinkRecord, RegionRecord, LineRecord>;
TYPED_TEST_SUITE(FieldsTest, Records);

TYPED_TEST(FieldsTest, EveryFieldReadsBackWhatItWrites) {
  std::set<std::string_view> names;
  TypeParam all;
  for (const FieldSpec<TypeParam>& field : Fields<TypeParam>()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_EQ(FindField<TypeParam>(field.name), &field);
    const std::string sample = this->SampleOf(field);
    ASSERT_FALSE(sample.empty()) << field.name;
    TypeParam record;
    ASSERT_TRUE(field.set(record, sample).ok()) << field.set(record, sample);
    EXPECT_EQ(FormatFieldValue(field.get(record)), sample) << field.name;
    EXPECT_NE(record, TypeParam()) << field.name;

    TypeParam copy;
    field.copy(copy, record);
    EXPECT_EQ(copy, record) << field.name;
    ASSERT_TRUE(field.set(all, sample).ok());

    if (this->IsRequiredNumber(field)) continue;
    ASSERT_TRUE(field.set(record, "").ok()) << field.name;
    EXPECT_EQ(record, TypeParam()) << field.name << " is not cleared";
    EXPECT_EQ(field.get(record).index(), 0U) << field.name;
  }
  // No field writes into another's place.
  for (const FieldSpec<TypeParam>& field : Fields<TypeParam>()) {
    EXPECT_EQ(FormatFieldValue(field.get(all)), this->SampleOf(field)) << field.name;
  }
  EXPECT_EQ(FindField<TypeParam>("no_such_field"), nullptr);
}

TYPED_TEST(FieldsTest, TypesSayWhatValuesAre) {
  for (const FieldSpec<TypeParam>& field : Fields<TypeParam>()) {
    TypeParam record;
    ASSERT_TRUE(field.set(record, this->SampleOf(field)).ok());
    const std::map<FieldType, std::size_t> index = {
        {FieldType::kString, 1},  {FieldType::kEnum, 1}, {FieldType::kInteger, 2},
        {FieldType::kNumber, 3},  {FieldType::kDate, 4}, {FieldType::kStringList, 5},
        {FieldType::kEnumList, 5}};
    EXPECT_EQ(field.get(record).index(), index.at(field.type)) << field.name;
  }
}

TYPED_TEST(FieldsTest, ErrorsNameTheFieldAndTheRule) {
  for (const FieldSpec<TypeParam>& field : Fields<TypeParam>()) {
    if (field.type == FieldType::kString || field.type == FieldType::kStringList) continue;
    for (const char* text : {"1,000", "NaN", "x y", "2020-02-30", "household"}) {
      TypeParam record;
      const absl::Status status = field.set(record, text);
      ASSERT_FALSE(status.ok()) << field.name << " took " << text;
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(GetErrorDetail(status)->field, field.name);
    }
  }
}

TEST(NodeFieldsTest, AreTheColumnsOfTheContract) {
  std::vector<std::string_view> names;
  for (const auto& field : NodeFields()) names.push_back(field.name);
  EXPECT_THAT(names, testing::IsSupersetOf({"id",
                                            "kind",
                                            "subtype",
                                            "name",
                                            "region",
                                            "sector",
                                            "industry",
                                            "stage",
                                            "registration",
                                            "monitoring",
                                            "lifted_out_year",
                                            "persons",
                                            "labour_skilled",
                                            "labour_ordinary",
                                            "labour_weak",
                                            "causes",
                                            "income_year",
                                            "income_wage_yuan",
                                            "income_operating_yuan",
                                            "income_property_yuan",
                                            "income_transfer_yuan",
                                            "land_mu",
                                            "capacity_jobs",
                                            "capacity_tonnes",
                                            "capacity_mu",
                                            "revenue_yuan",
                                            "equity_yuan",
                                            "operating_status",
                                            "outside_revenue_yuan",
                                            "leak_share",
                                            "valid_from",
                                            "valid_to",
                                            "labels"}));
}

TEST(LinkFieldsTest, AreTheColumnsOfTheContract) {
  std::vector<std::string_view> names;
  for (const auto& field : LinkFields()) names.push_back(field.name);
  EXPECT_THAT(
      names, testing::IsSupersetOf({"id",       "agreement",     "source",    "target", "mechanism",
                                    "kind",     "promised_yuan", "paid_yuan", "share",  "share_of",
                                    "capacity", "priority",      "tightness", "driver", "policy",
                                    "weight",   "valid_from",    "valid_to",  "status", "product",
                                    "sector"}));
}

TEST(FieldErrorsTest, SayWhatWouldBeRight) {
  NodeRecord node;
  const absl::Status kind = FindField<NodeRecord>("kind")->set(node, "HOUSHOLD");
  EXPECT_THAT(std::string(kind.message()), testing::HasSubstr("did you mean HOUSEHOLD?"));
  const absl::Status lower = FindField<NodeRecord>("kind")->set(node, "household");
  EXPECT_THAT(std::string(lower.message()), testing::HasSubstr("did you mean HOUSEHOLD?"));
  const absl::Status comma = FindField<NodeRecord>("land_mu")->set(node, "1,000");
  EXPECT_THAT(std::string(comma.message()), testing::HasSubstr("thousands"));
  RegionRecord region;
  const absl::Status level = FindField<RegionRecord>("level")->set(region, "");
  EXPECT_EQ(GetErrorDetail(level)->reason, Reason::kMissingField);
}

TEST(FieldListsTest, PartsAreTrimmedAndEmptyOnesLeftOut) {
  NodeRecord node;
  ASSERT_TRUE(FindField<NodeRecord>("labels")->set(node, " a ;; b;").ok());
  EXPECT_THAT(node.labels, testing::ElementsAre("a", "b"));
  ASSERT_TRUE(FindField<NodeRecord>("causes")->set(node, "ILLNESS; LAND ;").ok());
  EXPECT_THAT(node.causes, testing::ElementsAre(Cause::kIllness, Cause::kLand));
}

}  // namespace
}  // namespace lianjie
