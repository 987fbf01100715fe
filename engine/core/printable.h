// The quick look at a text. Ids and names are looked at often, by readers and by checks, and nearly
// all are printable ASCII: such a text is UTF-8 and has no control character, so that nothing
// slower need look at it.
#ifndef LIANJIE_ENGINE_CORE_PRINTABLE_H_
#define LIANJIE_ENGINE_CORE_PRINTABLE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lianjie {

namespace printable_internal {
inline constexpr std::uint64_t kEach = 0x0101010101010101ULL;
inline constexpr std::uint64_t kHigh = 0x80 * kEach;

// Of eight bytes at once: where none has its high bit, no sum carries into the next.
inline bool Printable(std::uint64_t word) {
  const std::uint64_t from_space = word + 0x60 * kEach;  // high bit: 0x20 or more
  const std::uint64_t is_delete = word + kEach;          // high bit: 0x7F
  return ((word | is_delete | ~from_space) & kHigh) == 0;
}
}  // namespace printable_internal

// Whether all bytes are ASCII and none is a control character. O(length), eight bytes a step.
inline bool IsPrintableAscii(std::string_view text) {
  using printable_internal::Printable;
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

#endif  // LIANJIE_ENGINE_CORE_PRINTABLE_H_
