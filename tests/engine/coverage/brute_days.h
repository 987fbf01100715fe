// Parts of a year by counting days one after the other, for the second computation.
#ifndef LIANJIE_TESTS_ENGINE_COVERAGE_BRUTE_DAYS_H_
#define LIANJIE_TESTS_ENGINE_COVERAGE_BRUTE_DAYS_H_

#include "engine/core/date.h"

namespace lianjie::testing {

// Days of an interval without the 29th of February; no more than `most`.
inline int BruteDays(const Interval& v, int most) {
  int days = 0;
  for (Date d = v.from; d < v.to && days < most; ++d.days) {
    days += d.month() == 2 && d.day() == 29 ? 0 : 1;
  }
  return days;
}

// What of a yearly amount under a contract of `term` falls on the days of `paid`.
inline double BrutePart(const Interval& term, const Interval& paid) {
  const int days = BruteDays(paid, 1 << 30);
  const bool open = term.from == kDateMin || term.to == kDateMax;
  return days == 0 ? 0.0 : static_cast<double>(days) / (open ? 365 : BruteDays(term, 365));
}

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_COVERAGE_BRUTE_DAYS_H_
