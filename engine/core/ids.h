// Ids. Users name nodes, links and regions by strings of their own; kernels see dense 32-bit
// indices, so that a column is an array and a neighbour list is a slice. The order of ids is part
// of the contract: ties and labels are resolved by it, and it must not depend on how a graph was
// filled. Ids made of digits compare as numbers ("9" < "10"), so that people who number their nodes
// get the order they expect; every other pair compares bytewise.
#ifndef LIANJIE_ENGINE_CORE_IDS_H_
#define LIANJIE_ENGINE_CORE_IDS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

namespace ids_internal {
inline constexpr std::uint64_t kEach = 0x0101010101010101ULL;
inline constexpr std::uint64_t kHigh = 0x80 * kEach;

// Of eight bytes at once: where none has its high bit, no sum carries into the next.
inline bool Printable(std::uint64_t word) {
  const std::uint64_t from_space = word + 0x60 * kEach;  // high bit: 0x20 or more
  const std::uint64_t is_delete = word + kEach;          // high bit: 0x7F
  return ((word | is_delete | ~from_space) & kHigh) == 0;
}
}  // namespace ids_internal

// Whether all bytes are ASCII and none is a control character, which most texts are: such a text
// needs no further look. O(length), eight bytes a step.
inline bool IsPrintableAscii(std::string_view text) {
  using ids_internal::Printable;
  constexpr std::size_t kStep = sizeof(std::uint64_t);
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t word = 0;
  for (; left >= kStep; at += kStep, left -= kStep) {
    std::memcpy(&word, at, kStep);
    if (!Printable(word)) return false;
  }
  if (left == 0) return true;
  if (text.size() >= kStep) {  // some of these bytes were seen
    std::memcpy(&word, at + left - kStep, kStep);
    return Printable(word);
  }
  for (; left > 0; --left, ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x20 || byte >= 0x7F) return false;
  }
  return true;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_IDS_H_
