#include "engine/core/text.h"

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

TEST(NumberTest, WritesTheShortestFormThatReadsBack) {
  EXPECT_EQ(FormatDouble(0.1), "0.1");
  EXPECT_EQ(FormatDouble(1200), "1200");
  EXPECT_EQ(FormatDouble(1e22), "1e+22");
  EXPECT_EQ(FormatDouble(-0.5), "-0.5");
  EXPECT_EQ(FormatDouble(std::nan("")), "nan");
  EXPECT_EQ(FormatDouble(-std::numeric_limits<double>::infinity()), "-inf");
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    const double value =
        std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 150);
    EXPECT_EQ(ParseDouble(FormatDouble(value)), value);
  }
}

TEST(NumberTest, ReadsDecimalNumbersAlone) {
  EXPECT_EQ(ParseDouble("+12.5"), 12.5);
  EXPECT_EQ(ParseDouble("-1e3"), -1000);
  EXPECT_EQ(ParseDouble(".5"), .5);
  for (const char* text : {"", " 1", "1 ", "1,000", "1，000", "nan", "NaN", "inf", "-Infinity",
                           "1e999", "0x10", "1.2.3", "十", "--1", "12abc"}) {
    EXPECT_FALSE(ParseDouble(text).has_value()) << text;
  }
  EXPECT_EQ(ParseInt64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseInt64("+7"), 7);
  for (const char* text : {"", "1.0", "9223372036854775808", "1e3", " 1", "1,000"}) {
    EXPECT_FALSE(ParseInt64(text).has_value()) << text;
  }
}

TEST(Utf8Test, AcceptsWellFormedBytesAlone) {
  for (const char* text :
       {"", "ascii", "联结", "é", "\xF0\x9F\x8C\xBE", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
  EXPECT_TRUE(IsValidUtf8(std::string_view("a\0b", 3)));
  for (const char* text :
       {"\x80", "\xC3", "\xE5\x8C", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF8\x88\x80\x80\x80", "\xFF", "\xBA\xCF\xB3\xC9"}) {  // the last: GB18030
    EXPECT_FALSE(IsValidUtf8(text)) << text;
  }
}

TEST(NearestTest, FindsTypingErrors) {
  constexpr std::array<std::string_view, 4> kNames = {"benefit_flow", "betweenness", "degree",
                                                      "distances"};
  EXPECT_EQ(Nearest("benefitflow", kNames), "benefit_flow");
  EXPECT_EQ(Nearest("betweeness", kNames), "betweenness");
  EXPECT_EQ(Nearest("degre", kNames), "degree");
  EXPECT_EQ(Nearest("zzz", kNames), "");
  EXPECT_EQ(Nearest("x", {}), "");
}

TEST(TextTest, SplitTrimCaseAndCat) {
  EXPECT_THAT(Split("a;;b;", ';'), testing::ElementsAre("a", "", "b", ""));
  EXPECT_THAT(Split("", ';'), testing::ElementsAre(""));
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_EQ(ToUpper("aZé9"), "AZé9");
  EXPECT_EQ(ToLower("aZÉ9"), "azÉ9");
  EXPECT_EQ(Cat("a", std::string("b"), std::string_view("c"), 'd', 1, 2.5, std::int64_t{-3}, true),
            "abcd12.5-31");
  EXPECT_EQ(Cat(), "");
  EXPECT_EQ(FromAbsl(ToAbsl("x")), "x");
}

}  // namespace
}  // namespace lianjie
