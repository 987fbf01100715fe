#include "engine/core/filter.h"

#include <array>
#include <random>
#include <string>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

NodeRecord Sample() {
  NodeRecord node;
  node.id = "H1";
  node.kind = NodeKind::kHousehold;
  node.name = "王某 (户)";
  node.region = "520103001002";
  node.persons = 4;
  node.land_mu = 3.5;
  node.causes = {Cause::kIllness, Cause::kCapital};
  node.labels = {"base", "brand x"};
  node.valid.from = *Date::Parse("2020-03-01");
  node.properties = {{"note", "7"}, {"两 个", "x"}};
  return node;
}

bool Passes(std::string_view text) {
  const auto filter = ParseNodeFilter(text);
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
  return filter.ok() && Matches(*filter, Sample());
}

TEST(FilterTest, Comparisons) {
  for (const char* text : {"kind = HOUSEHOLD",
                           "kind != FIRM",
                           "id = H1",
                           "id = 'H1'",
                           "id = \"H1\"",
                           "id<H2",
                           "id >= H1",
                           "persons = 4",
                           "persons = 4.0",
                           "persons < 10",
                           "persons>3.5",
                           "persons <= 4",
                           "persons != 5",
                           "persons = +4",
                           "land_mu = 3.5",
                           "land_mu > 3",
                           "land_mu < 20",
                           "name = \"王某 (户)\"",
                           "name : 王",
                           "region : 5201",
                           "valid_from = 2020-03-01",
                           "valid_from < 2020-10-01",
                           "valid_from >= 2020-03-01",
                           "valid_from : 2020",
                           "labels : base",
                           "labels : 'brand x'",
                           "labels = 'base;brand x'",
                           "causes : ILLNESS",
                           "causes != ILLNESS",
                           "prop.note = 7",
                           "properties.note = '7'",
                           "prop.'两 个' = x",
                           "prop.note < 8",
                           "prop.other != 1"}) {
    EXPECT_TRUE(Passes(text)) << text;
  }
  for (const char* text :
       {"kind = FIRM", "kind != HOUSEHOLD", "id = h1", "persons > 4", "persons < 4", "persons != 4",
        "land_mu >= 3.51", "region : 5202", "region = 5201", "labels : bas", "labels : brand",
        "causes : LAND", "valid_from > 2020-03-01", "prop.note = 7.0", "name : 某"}) {
    EXPECT_FALSE(Passes(text)) << text;
  }
}

TEST(FilterTest, WhatIsNotGivenSatisfiesOnlyNotEqual) {
  for (const char* op : {"=", "<", "<=", ">", ">=", ":"}) {
    EXPECT_FALSE(Passes(Cat("income_year ", op, " 2020"))) << op;
    EXPECT_FALSE(Passes(Cat("subtype ", op, " a"))) << op;
    EXPECT_FALSE(Passes(Cat("prop.no ", op, " a"))) << op;
  }
  EXPECT_TRUE(Passes("income_year != 2020"));
  EXPECT_TRUE(Passes("valid_to != 2020-01-01"));
  EXPECT_TRUE(Passes("NOT income_year = 2020"));
  EXPECT_TRUE(Passes("persons : *"));
  EXPECT_TRUE(Passes("kind : *"));
  EXPECT_FALSE(Passes("income_year : *"));
  EXPECT_FALSE(Passes("prop.no : *"));
  EXPECT_FALSE(Passes("id = *"));
  EXPECT_FALSE(Passes("id : '*'"));
}

TEST(FilterTest, AndBindsCloserThanOr) {
  EXPECT_TRUE(Passes("id = H1 OR id = H2 AND persons = 9"));
  EXPECT_FALSE(Passes("(id = H1 OR id = H2) AND persons = 9"));
  EXPECT_TRUE(Passes("persons = 9 AND id = H2 OR id = H1"));
  EXPECT_FALSE(Passes("NOT id = H1 AND persons = 4"));
  EXPECT_TRUE(Passes("NOT (id = H1 AND persons = 5)"));
  EXPECT_TRUE(Passes("NOT NOT id = H1"));
  EXPECT_TRUE(
      Passes("kind = HOUSEHOLD AND (region : \"52\" OR labels : \"base\") AND NOT persons < 3"));
  EXPECT_TRUE(Passes("\t id=H1\nAND(persons=4)"));
}

TEST(FilterTest, QuotesKeepEverything) {
  NodeRecord node = Sample();
  node.name = R"x(a "b" \ 'c' AND (d))x";
  EXPECT_TRUE(Matches(*ParseNodeFilter(R"x(name = "a \"b\" \\ 'c' AND (d)")x"), node));
  EXPECT_TRUE(Matches(*ParseNodeFilter(R"x(name = 'a "b" \\ \'c\' AND (d)')x"), node));
  node.name = "AND";
  EXPECT_TRUE(Matches(*ParseNodeFilter("name = AND"), node));
  node.name.clear();
  EXPECT_FALSE(Matches(*ParseNodeFilter("name = ''"), node));
}

TEST(FilterTest, TheEmptyFilterPassesAll) {
  for (const char* text : {"", "  \n"}) {
    const auto filter = ParseNodeFilter(text);
    ASSERT_TRUE(filter.ok());
    EXPECT_TRUE(filter->empty());
    EXPECT_TRUE(Matches(*filter, Sample()));
    EXPECT_TRUE(filter->fields().empty());
  }
  EXPECT_TRUE(Filter().Matches([](std::string_view) { return FieldValue(); }));
}

TEST(FilterTest, TellsTheFieldsItReads) {
  const auto filter = ParseNodeFilter(
      "persons > 1 AND (id = a OR persons < 9) AND properties.x = 1 AND prop.x = 2");
  ASSERT_TRUE(filter.ok());
  EXPECT_THAT(filter->fields(), testing::ElementsAre("persons", "id", "prop.x"));
  EXPECT_EQ(filter->text(),
            "persons > 1 AND (id = a OR persons < 9) AND properties.x = 1 AND prop.x = 2");
  EXPECT_FALSE(filter->empty());
}

struct Bad {
  const char* text;
  const char* position;
  const char* said;
};

class BadFilter : public testing::TestWithParam<Bad> {};

TEST_P(BadFilter, NamesPositionAndWhatWasExpected) {
  const auto filter = ParseNodeFilter(GetParam().text);
  ASSERT_FALSE(filter.ok()) << GetParam().text;
  EXPECT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument);
  const auto detail = GetErrorDetail(filter.status());
  EXPECT_EQ(detail->reason, Reason::kInvalidFilter);
  EXPECT_EQ(detail->field, "filter");
  EXPECT_EQ(detail->metadata.at("position"), GetParam().position) << filter.status();
  EXPECT_FALSE(detail->metadata.at("expected").empty());
  EXPECT_THAT(std::string(filter.status().message()), testing::HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BadFilter,
    testing::Values(Bad{"knd = FIRM", "1", "did you mean 'kind'?"},
                    Bad{"id = a AND persns > 1", "12", "did you mean 'persons'?"},
                    Bad{"kind = HOUSHOLD", "8", "did you mean HOUSEHOLD?"},
                    Bad{"kind = household", "8", "HOUSEHOLD"},
                    Bad{"persons > many", "11", "'many'"}, Bad{"land_mu = 1,5", "11", "comma"},
                    Bad{"valid_to = 2020", "12", "ISO 8601"}, Bad{"causes : FIRE", "10", "FIRE"},
                    Bad{"id", "3", "comparison"}, Bad{"id =", "5", "a value is missing"},
                    Bad{"id = )", "6", "is not a value"}, Bad{"id == a", "5", "is not a value"},
                    Bad{"(id = a", "8", "not closed"}, Bad{"id = a)", "7", "unexpected ')'"},
                    Bad{"id = 'a", "6", "quote"}, Bad{"id ! a", "4", "'!'"},
                    Bad{"id = a id = b", "8", "unexpected 'id'"},
                    Bad{"AND id = a", "1", "unexpected 'AND'"},
                    Bad{"id = a AND", "11", "too early"}, Bad{"NOT", "4", "too early"},
                    Bad{"()", "2", "unexpected ')'"},
                    Bad{"name = 王某 AND 名 = 1", "15", "unknown field"},
                    Bad{"prop. = 1", "1", "unknown field"}, Bad{"id = \xFF", "1", "UTF-8"},
                    Bad{"id ~ a", "4", "comparison"}));

TEST(FilterLimitTest, DepthAndLength) {
  const auto nested = [](int depth, const char* open, const char* close) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    text += "id = a";
    for (int i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_TRUE(ParseNodeFilter(nested(64, "(", ")")).ok());
  EXPECT_FALSE(ParseNodeFilter(nested(65, "(", ")")).ok());
  EXPECT_TRUE(ParseNodeFilter(nested(64, "NOT ", "")).ok());
  EXPECT_FALSE(ParseNodeFilter(nested(65, "NOT ", "")).ok());
  EXPECT_FALSE(ParseNodeFilter(nested(30000, "(", ")")).ok());
  std::string wide = "id = a";
  while (wide.size() < 65000) wide += " OR id = a";
  EXPECT_TRUE(ParseNodeFilter(wide).ok());
  EXPECT_FALSE(ParseNodeFilter(wide + std::string(1000, ' ')).ok());
}

TEST(FilterTest, OnlyTheGivenFieldsWhereTheyAreGiven) {
  constexpr std::array<std::string_view, 2> kFields = {"kind", "persons"};
  EXPECT_TRUE(ParseNodeFilter("kind = FIRM AND persons > 1", kFields).ok());
  EXPECT_FALSE(ParseNodeFilter("id = a", kFields).ok());
  EXPECT_FALSE(ParseNodeFilter("prop.x = a", kFields).ok());
  EXPECT_FALSE(ParseNodeFilter("kind = FIRN", kFields).ok());
}

TEST(FilterTest, Links) {
  LinkRecord link;
  link.mechanism = Mechanism::kOrder;
  link.paid_yuan = 12.5;
  EXPECT_TRUE(Matches(*ParseLinkFilter("mechanism = ORDER AND paid_yuan > 12"), link));
  EXPECT_FALSE(ParseLinkFilter("persons = 1").ok());
}

// No text, however broken, does more than be refused.
TEST(FilterTest, RandomTextsNeverCrash) {
  constexpr std::array<const char*, 22> kPieces = {
      "id", "kind", "persons", "AND", "OR", "NOT", "(",         ")", "=",     "!=", "<",
      ":",  "*",    "'a'",     "\"",  "\\", "4",   "HOUSEHOLD", " ", "prop.", "王", "2020-01-01"};
  std::mt19937 random(11);
  int parsed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::uint32_t i = random() % 12; i-- > 0;)
      text += Cat(kPieces[random() % kPieces.size()], random() % 2 ? " " : "");
    const auto filter = ParseNodeFilter(text);
    if (!filter.ok()) continue;
    ++parsed;
    (void)Matches(*filter, Sample());
  }
  EXPECT_GT(parsed, 100);
}

}  // namespace
}  // namespace lianjie
