#include "engine/core/text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

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

// As the standard library reads doubles, whatever way the text takes.
TEST(NumberTest, ReadsWholeNumbersAsAllOthers) {
  const auto expected = [](std::string_view text) -> std::optional<double> {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
      return std::nullopt;
    return value;
  };
  const auto check = [&](const std::string& text) {
    const std::optional<double> got = ParseDouble(text);
    const std::optional<double> want = expected(text);
    ASSERT_EQ(got.has_value(), want.has_value()) << text;
    if (got) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(*got), std::bit_cast<std::uint64_t>(*want)) << text;
    }
  };
  for (const char* text :
       {"0", "-0", "+0", "00", "-00", "007", "-7", "+-7", "++7", "-", "+", "9007199254740992",
        "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
        "9223372036854775808", "123456789012345678901234567890"}) {
    check(text);
  }
  constexpr std::string_view kBytes = "0123456789012345678900.-+e ,x";
  std::mt19937_64 random(11);
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    for (auto left = random() % 22; left > 0; --left) text += kBytes[random() % kBytes.size()];
    check(text);
    check(std::to_string(static_cast<std::int64_t>(random()) >> random() % 64));
  }
}

// By the table of the Unicode standard (3-7), a byte at a time.
bool IsWellFormed(std::string_view s) {
  const auto in = [&](std::size_t i, unsigned from, unsigned to) {
    return i < s.size() && static_cast<unsigned char>(s[i]) >= from &&
           static_cast<unsigned char>(s[i]) <= to;
  };
  const auto tail = [&](std::size_t i) { return in(i, 0x80, 0xBF); };
  for (std::size_t i = 0; i < s.size();) {
    const bool e = in(i, 0xE1, 0xEC) || in(i, 0xEE, 0xEF);
    if (in(i, 0, 0x7F)) {
      i += 1;
    } else if (in(i, 0xC2, 0xDF) && tail(i + 1)) {
      i += 2;
    } else if (((in(i, 0xE0, 0xE0) && in(i + 1, 0xA0, 0xBF)) || (e && tail(i + 1)) ||
                (in(i, 0xED, 0xED) && in(i + 1, 0x80, 0x9F))) &&
               tail(i + 2)) {
      i += 3;
    } else if (((in(i, 0xF0, 0xF0) && in(i + 1, 0x90, 0xBF)) ||
                (in(i, 0xF1, 0xF3) && tail(i + 1)) ||
                (in(i, 0xF4, 0xF4) && in(i + 1, 0x80, 0x8F))) &&
               tail(i + 2) && tail(i + 3)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

TEST(Utf8Test, AgreesWithTheTableOfTheStandard) {
  const std::vector<std::string> pieces = {"a", "bcd", "efghijkl", "茶", "é", "\xF0\x9F\x8C\xBE"};
  std::mt19937 random(12);
  int valid = 0;
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    for (auto left = random() % 9; left > 0; --left) text += pieces[random() % pieces.size()];
    if (random() % 2 == 0 && !text.empty())
      text[random() % text.size()] = static_cast<char>(random() % 256);
    ASSERT_EQ(IsValidUtf8(text), IsWellFormed(text)) << testing::PrintToString(text);
    valid += IsValidUtf8(text) ? 1 : 0;
  }
  EXPECT_GT(valid, 12000);
  EXPECT_LT(valid, 45000);
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
