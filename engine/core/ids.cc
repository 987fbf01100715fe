#include "engine/core/ids.h"

#include <algorithm>

namespace lianjie {
namespace {

bool AllDigits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view WithoutLeadingZeros(std::string_view s) {
  const std::size_t first = std::min(s.find_first_not_of('0'), s.size() - 1);
  return s.substr(first);
}

}  // namespace

std::strong_ordering CompareIds(std::string_view a, std::string_view b) {
  const bool a_digits = AllDigits(a);
  const bool b_digits = AllDigits(b);
  if (a_digits != b_digits) {
    return a_digits ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a_digits) {
    const std::string_view x = WithoutLeadingZeros(a);
    const std::string_view y = WithoutLeadingZeros(b);
    if (x.size() != y.size()) return x.size() <=> y.size();
    if (const int order = x.compare(y); order != 0) return order <=> 0;
    return a.size() <=> b.size();
  }
  return a.compare(b) <=> 0;
}

}  // namespace lianjie
