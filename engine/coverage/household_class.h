// The words in which a household's standing is told: its class, the reason, and its numbers. What
// they mean is said in classification.h.
#ifndef LIANJIE_ENGINE_COVERAGE_HOUSEHOLD_CLASS_H_
#define LIANJIE_ENGINE_COVERAGE_HOUSEHOLD_CLASS_H_

#include <cstdint>
#include <string_view>

#include "engine/coverage/lines.h"

namespace lianjie {

enum class HouseholdClass : std::uint8_t {
  kUnbound,
  kUnreached,
  kUnpaid,
  kBelowLine,
  kFragile,
  kBound,
  kNoTarget
};
inline constexpr int kClassCount = 6;

enum class ClassReason : std::uint8_t {
  kNone,
  kNoLink,
  kLapsed,
  kSupportOnly,
  kPaysOnly,
  kMarketOnly,
  kReliefOnly,
  kDeadEnd,
  kDormantPayer,
  kArrears,
  kBelowMinimum,
  kBelowLine,
  kSinglePayer,
  kDependent
};

std::string_view ClassName(HouseholdClass c);          // "L0" ... "L5"
std::string_view ClassReasonName(ClassReason reason);  // "NO_LINK"; empty for kNone

// Yuan, or part of a line, that count as rounding.
inline constexpr double kYuanRounding = 1e-9;

// The numbers of one target household; yuan, of the day's year or of the period.
struct HouseholdMeasure {
  std::int64_t persons = 0;
  double benefit_yuan = 0;  // narrow
  double base_yuan = 0;
  bool income_known = false;
  Line line;            // per head
  double gap_yuan = 0;  // max(0, n line - base - b); NaN without a line

  // Whether a benefit of `benefit` would be enough.
  bool Adequate(double benefit) const { return !BelowMinimum(benefit) && !BelowLine(benefit); }
  bool BelowMinimum(double benefit) const;
  bool BelowLine(double benefit) const;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_HOUSEHOLD_CLASS_H_
