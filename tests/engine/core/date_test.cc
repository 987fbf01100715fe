#include "engine/core/date.h"

#include <chrono>
#include <string>

#include "gtest/gtest.h"

namespace lianjie {
namespace {

Date Day(std::string_view iso) { return *Date::Parse(iso); }

Interval Between(std::string_view from, std::string_view to) { return {Day(from), Day(to)}; }

TEST(DateTest, ReadsAndWritesIso) {
  EXPECT_EQ(Day("1970-01-01").days, 0);
  EXPECT_EQ(Day("1969-12-31").days, -1);
  EXPECT_EQ(Day("2000-03-01").days, 11017);
  for (const char* iso :
       {"0001-01-01", "1900-02-28", "2000-02-29", "2020-02-29", "2024-12-31", "9999-12-31"}) {
    EXPECT_EQ(Day(iso).ToString(), iso);
  }
  EXPECT_EQ(Day("2020-02-29").year(), 2020);
  EXPECT_EQ(Day("2020-02-29").month(), 2);
  EXPECT_EQ(Day("2020-02-29").day(), 29);
}

TEST(DateTest, RefusesWhatIsNoDay) {
  for (const char* text :
       {"", "2020", "2020-1-1", "2020-02-30", "2019-02-29", "1900-02-29", "2020-13-01",
        "2020-00-10", "2020-01-00", "0000-01-01", "20200101", "2020/01/01", "2020-01-01 ",
        "2020-01-01T00:00:00", "２０２０-01-01", "-020-01-01", "+020-01-01"}) {
    EXPECT_FALSE(Date::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(Date::FromCivil(10000, 1, 1).ok());
  EXPECT_FALSE(Date::FromCivil(2020, -1, 1).ok());
  EXPECT_FALSE(Date::FromCivil(2020, 1, 257).ok());
}

TEST(IntervalTest, IsHalfOpen) {
  const Interval march = Between("2020-03-01", "2020-04-01");
  EXPECT_FALSE(march.Contains(Day("2020-02-29")));
  EXPECT_TRUE(march.Contains(Day("2020-03-01")));
  EXPECT_TRUE(march.Contains(Day("2020-03-31")));
  EXPECT_FALSE(march.Contains(Day("2020-04-01")));
  EXPECT_TRUE(Interval().Contains(Day("0001-01-01")));
  EXPECT_TRUE(Interval().Contains(Day("9999-12-31")));
  EXPECT_TRUE(Between("2020-01-01", "2020-01-01").Empty());
  EXPECT_TRUE(Between("2020-01-02", "2020-01-01").Empty());
  EXPECT_EQ(Intersect(march, Between("2020-03-15", "2021-01-01")),
            Between("2020-03-15", "2020-04-01"));
  EXPECT_TRUE(Intersect(march, Between("2020-04-01", "2021-01-01")).Empty());
}

// Against counting day by day.
TEST(DaysTest, LeaveOut29February) {
  for (const char* first :
       {"1896-02-27", "1999-12-31", "2019-03-01", "2020-02-28", "2020-02-29", "2020-03-01"}) {
    std::int64_t counted = 0;
    for (int days = 0; days < 3000; ++days) {
      const Date from = Day(first);
      const Date to{from.days + days};
      ASSERT_EQ(DaysWithoutLeapDays(from, to), counted) << first << " to " << to.ToString();
      if (to.month() != 2 || to.day() != 29) ++counted;
    }
  }
  EXPECT_EQ(DaysWithoutLeapDays(Day("2020-01-01"), Day("2021-01-01")), 365);
  EXPECT_EQ(DaysWithoutLeapDays(Day("2021-01-01"), Day("2020-01-01")), 0);
}

// The check of DOMAIN section 2, for the year 2020.
TEST(YearFractionTest, ChecksOf2020) {
  const Interval year = Between("2020-01-01", "2021-01-01");
  EXPECT_NEAR(1200 * YearFraction({Day("2020-07-01"), kDateMax}, year), 604.9315, 5e-5);
  EXPECT_DOUBLE_EQ(1200 * YearFraction({Day("2020-07-01"), kDateMax}, year), 1200.0 * 184 / 365);
  EXPECT_DOUBLE_EQ(3000 * YearFraction(Between("2020-03-01", "2020-06-01"), year), 3000.0);
}

TEST(YearFractionTest, OtherCases) {
  const Interval year = Between("2020-01-01", "2021-01-01");
  EXPECT_DOUBLE_EQ(YearFraction({}, year), 1.0);
  EXPECT_DOUBLE_EQ(YearFraction({}, Between("2019-01-01", "2021-01-01")), 2.0);
  EXPECT_DOUBLE_EQ(YearFraction(Between("2018-01-01", "2023-01-01"), year), 1.0);
  EXPECT_DOUBLE_EQ(YearFraction(Between("2021-01-01", "2022-01-01"), year), 0.0);
  EXPECT_DOUBLE_EQ(YearFraction(Between("2020-02-29", "2020-03-01"), year), 0.0);
  // A contract of 92 days, half of it within the period.
  EXPECT_DOUBLE_EQ(
      YearFraction(Between("2020-03-01", "2020-06-01"), Between("2020-03-01", "2020-04-16")),
      46.0 / 92.0);
  EXPECT_DOUBLE_EQ(YearFraction({kDateMin, Day("2020-01-11")}, year), 10.0 / 365.0);
}

}  // namespace
}  // namespace lianjie
