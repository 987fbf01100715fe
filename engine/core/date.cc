#include "engine/core/date.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "absl/status/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

std::chrono::year_month_day Civil(Date date) {
  return std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{date.days}}};
}

// Leap days in (-inf, date): how many 29 Februaries lie before it, up to a constant.
std::int64_t LeapDaysBefore(Date date) {
  const auto civil = Civil(date);
  const std::int64_t year = static_cast<int>(civil.year());
  const std::int64_t past = year - 1;
  const std::int64_t whole_years = past / 4 - past / 100 + past / 400;
  const bool after_leap_day =
      civil.year().is_leap() && civil > civil.year() / std::chrono::February / 29;
  return whole_years + (after_leap_day ? 1 : 0);
}

bool ParseDigits(std::string_view text, int& value) {
  value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return true;
}

}  // namespace

absl::StatusOr<Date> Date::FromCivil(int year, int month, int day) {
  // std::chrono keeps day and month in a byte each and would read day 257 as 1: ranges come first.
  const bool in_range =
      year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  const auto civil = std::chrono::year{year} / month / day;
  if (!in_range || !civil.ok()) {
    return absl::InvalidArgumentError(
        Cat("no such day: year ", year, ", month ", month, ", day ", day));
  }
  const auto days = std::chrono::sys_days{civil}.time_since_epoch().count();
  return Date{static_cast<std::int32_t>(days)};
}

absl::StatusOr<Date> Date::Parse(std::string_view iso) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (iso.size() != 10 || iso[4] != '-' || iso[7] != '-' || !ParseDigits(iso.substr(0, 4), year) ||
      !ParseDigits(iso.substr(5, 2), month) || !ParseDigits(iso.substr(8, 2), day)) {
    return absl::InvalidArgumentError(
        Cat("not an ISO 8601 date (YYYY-MM-DD): '", iso.substr(0, 40), "'"));
  }
  return FromCivil(year, month, day);
}

std::string Date::ToString() const {
  std::string out;
  AppendTo(out);
  return out;
}

void Date::AppendTo(std::string& out) const {
  const auto civil = Civil(*this);
  const int year = static_cast<int>(civil.year());
  const auto month = static_cast<unsigned>(civil.month());
  const auto day = static_cast<unsigned>(civil.day());
  if (year < 0 || year > 9999) {  // beyond the calendar's range, as the sentinels are
    char buffer[32];
    std::snprintf(buffer, sizeof(buffer), "%04d-%02u-%02u", year, month, day);
    out += buffer;
    return;
  }
  const auto digit = [](auto number) { return static_cast<char>('0' + number % 10); };
  const char text[] = {digit(year / 1000),
                       digit(year / 100),
                       digit(year / 10),
                       digit(year),
                       '-',
                       digit(month / 10),
                       digit(month),
                       '-',
                       digit(day / 10),
                       digit(day)};
  out.append(text, sizeof(text));
}

int Date::year() const { return static_cast<int>(Civil(*this).year()); }
int Date::month() const { return static_cast<int>(static_cast<unsigned>(Civil(*this).month())); }
int Date::day() const { return static_cast<int>(static_cast<unsigned>(Civil(*this).day())); }

std::int64_t DaysWithoutLeapDays(Date from, Date to) {
  if (!(from < to)) return 0;
  const std::int64_t days = std::int64_t{to.days} - from.days;
  return days - (LeapDaysBefore(to) - LeapDaysBefore(from));
}

double YearFraction(const Interval& valid, const Interval& period) {
  const Interval overlap = Intersect(valid, period);
  if (overlap.Empty()) return 0.0;
  const std::int64_t overlap_days = DaysWithoutLeapDays(overlap.from, overlap.to);
  const bool bounded = valid.from != kDateMin && valid.to != kDateMax;
  const std::int64_t valid_days =
      bounded ? std::min<std::int64_t>(365, DaysWithoutLeapDays(valid.from, valid.to)) : 365;
  if (valid_days == 0) return 0.0;  // valid on a 29 February alone
  return static_cast<double>(overlap_days) / static_cast<double>(valid_days);
}

}  // namespace lianjie
