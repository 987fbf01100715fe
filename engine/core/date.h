// Calendar dates as days in 32 bits, and half-open intervals of them. Only whole days exist here:
// contracts run from a day to a day, and an analysis looks at one day ("as of") or at a period.
// Proleptic Gregorian calendar, by std::chrono.
#ifndef LIANJIE_ENGINE_CORE_DATE_H_
#define LIANJIE_ENGINE_CORE_DATE_H_

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lianjie {

// A day, counted from 1970-01-01. Years 0001 to 9999.
struct Date {
  std::int32_t days = 0;

  friend constexpr auto operator<=>(Date, Date) = default;

  // ISO 8601 calendar date "YYYY-MM-DD"; anything else, or a day that does not exist, is
  // INVALID_ARGUMENT.
  static absl::StatusOr<Date> Parse(std::string_view iso);
  static absl::StatusOr<Date> FromCivil(int year, int month, int day);

  std::string ToString() const;
  void AppendTo(std::string& out) const;
  int year() const;
  int month() const;
  int day() const;
};

// Sentinels of an open end: before every day, and after every day.
inline constexpr Date kDateMin{std::numeric_limits<std::int32_t>::min()};
inline constexpr Date kDateMax{std::numeric_limits<std::int32_t>::max()};

// Half-open [from, to): active on D means from <= D < to. Default: unbounded on both sides.
struct Interval {
  Date from = kDateMin;
  Date to = kDateMax;

  friend constexpr bool operator==(const Interval&, const Interval&) = default;
  constexpr bool Contains(Date d) const { return from <= d && d < to; }
  constexpr bool Empty() const { return !(from < to); }
};

constexpr Interval Intersect(const Interval& a, const Interval& b) {
  return {a.from < b.from ? b.from : a.from, a.to < b.to ? a.to : b.to};
}

// Days in [from, to), 29 February uncounted; both ends must be bounded. Negative intervals count 0.
std::int64_t DaysWithoutLeapDays(Date from, Date to);

// The part of a yearly amount that falls into `period`: overlap days / min(365, days valid), 29
// February uncounted (DOMAIN section 2). 0 when they do not overlap.
double YearFraction(const Interval& valid, const Interval& period);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_DATE_H_
