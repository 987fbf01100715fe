// Sorting by CompareIds, made cheap. IdPrefix maps an id to a number that never contradicts
// CompareIds, so that a sort looks at the strings themselves only where the numbers tie.
#ifndef LIANJIE_ENGINE_GRAPH_ID_ORDER_H_
#define LIANJIE_ENGINE_GRAPH_ID_ORDER_H_

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "engine/core/ids.h"

namespace lianjie {

// CompareIds(a, b) < 0 implies IdPrefix(a) <= IdPrefix(b).
inline std::uint64_t IdPrefix(std::string_view id) {
  const bool digits =
      !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) {
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      prefix = prefix << 8 | (i < id.size() ? static_cast<unsigned char>(id[i]) : 0u);
    }
    return std::uint64_t{1} << 63 | prefix >> 1;
  }
  const std::size_t zeros = std::min(id.find_first_not_of('0'), id.size() - 1);
  id.remove_prefix(zeros);
  if (id.size() > 18) return std::uint64_t{1} << 61 | id.size();  // above every 18-digit number
  std::uint64_t number = 0;
  for (const char c : id) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  return number;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_ID_ORDER_H_
