// Ids. Users name nodes, links and regions by strings of their own; kernels see dense 32-bit
// indices, so that a column is an array and a neighbour list is a slice. The order of ids is part
// of the contract: ties and labels are resolved by it, and it must not depend on how a graph was
// filled. Ids made of digits compare as numbers ("9" < "10"), so that people who number their nodes
// get the order they expect; every other pair compares bytewise.
#ifndef LIANJIE_ENGINE_CORE_IDS_H_
#define LIANJIE_ENGINE_CORE_IDS_H_

#include <compare>
#include <cstdint>
#include <limits>
#include <string_view>

namespace lianjie {

// Dense positions in one Snapshot; meaningless in another.
using NodeIndex = std::uint32_t;
using LinkIndex = std::uint32_t;
using RegionIndex = std::uint32_t;

inline constexpr NodeIndex kNoNode = std::numeric_limits<NodeIndex>::max();
inline constexpr LinkIndex kNoLink = std::numeric_limits<LinkIndex>::max();
inline constexpr RegionIndex kNoRegion = std::numeric_limits<RegionIndex>::max();

// Longest id in bytes that any layer accepts.
inline constexpr std::size_t kMaxIdBytes = 512;

// Total order of ids: two non-empty strings of ASCII digits compare as numbers of any length, equal
// numbers by length and then bytewise ("7" < "07"); digits come before all else; the rest bytewise.
// O(length).
std::strong_ordering CompareIds(std::string_view a, std::string_view b);

struct IdLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return CompareIds(a, b) < 0; }
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_IDS_H_
