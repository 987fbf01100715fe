#include "clients/cli/input/plain_line.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstdint>

namespace lianjie::cli {
namespace {

constexpr std::ptrdiff_t kBlock = 16;
static_assert(kPlainPadding >= kBlock);

// One bit for each of sixteen bytes.
struct Marks {
  std::uint32_t delimiters;
  std::uint32_t quotes;
  std::uint32_t ends;  // LF and CR
  std::uint32_t high;  // not ASCII

  void Keep(std::uint32_t mask) {
    delimiters &= mask;
    quotes &= mask;
    ends &= mask;
    high &= mask;
  }
};

#ifdef __SSE2__
std::uint32_t Bits(__m128i bytes) { return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes)); }

Marks MarksOf(const char* at, char delimiter) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto equal = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  return {.delimiters = Bits(equal(delimiter)),
          .quotes = Bits(equal('"')),
          .ends = Bits(_mm_or_si128(equal('\n'), equal('\r'))),
          .high = Bits(bytes)};
}
#else
Marks MarksOf(const char* at, char delimiter) {
  Marks marks{};
  for (std::uint32_t i = 0; i < kBlock; ++i) {
    const char c = at[i];
    marks.delimiters |= static_cast<std::uint32_t>(c == delimiter) << i;
    marks.quotes |= static_cast<std::uint32_t>(c == '"') << i;
    marks.ends |= static_cast<std::uint32_t>(c == '\n' || c == '\r') << i;
    marks.high |= static_cast<std::uint32_t>(static_cast<unsigned char>(c) > 0x7F) << i;
  }
  return marks;
}
#endif

// Each bit the parity of those up to it.
std::uint32_t RunningParity(std::uint32_t bits) {
  bits ^= bits << 1U;
  bits ^= bits << 2U;
  bits ^= bits << 4U;
  return (bits ^ bits << 8U) & 0xFFFFU;
}

// Takes the quotes off the cells that stand in quotes; whether those are all quotes that there are.
bool Unquote(std::span<std::string_view> cells, int quotes) {
  for (std::string_view& cell : cells) {
    if (cell.size() < 2 || cell.front() != '"' || cell.back() != '"') continue;
    cell = cell.substr(1, cell.size() - 2);
    quotes -= 2;
  }
  return quotes == 0;
}

}  // namespace

PlainLine CutPlainLine(std::string_view bytes, char delimiter,
                       std::vector<std::string_view>& places) {
  std::size_t count = 0;  // of the cells
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const char* cell = begin;
  const char* high_begin = end;
  const char* high_end = end;
  std::uint32_t inside = 0;  // the bytes between quotes, an opening one included
  int quotes = 0;
  for (const char* at = begin; at < end; at += kBlock) {
    // Not emplace_back, whose look at the room for each cell takes a quarter of the time.
    if (places.size() < count + kBlock + 1) places.resize(2 * (count + kBlock + 1));
    Marks marks = MarksOf(at, delimiter);
    if (end - at < kBlock) marks.Keep((1U << (end - at)) - 1);
    const char* last = nullptr;  // where the line's end is, when it is here
    std::size_t end_bytes = 1;
    if (marks.ends != 0) {
      const int first = std::countr_zero(marks.ends);
      last = at + first;
      if (*last == '\r') {
        if (last + 1 == end || last[1] != '\n') return {};
        end_bytes = 2;
      }
      marks.Keep((1U << first) - 1);
    }
    if ((marks.quotes | inside) != 0) {
      inside = RunningParity(marks.quotes) ^ (inside >> 15U != 0 ? 0xFFFFU : 0U);
      marks.delimiters &= ~inside;
      quotes += std::popcount(marks.quotes);
    }
    if (marks.high != 0) {
      if (high_begin == end) high_begin = at + std::countr_zero(marks.high);
      high_end = at + std::bit_width(marks.high);
    }
    for (; marks.delimiters != 0; marks.delimiters &= marks.delimiters - 1) {
      const char* const to = at + std::countr_zero(marks.delimiters);
      places[count++] = {cell, static_cast<std::size_t>(to - cell)};
      cell = to + 1;
    }
    if (last == nullptr) continue;
    places[count++] = {cell, static_cast<std::size_t>(last - cell)};
    const auto cells = std::span(places).first(count);
    // A line's end between quotes leaves a quote too few, or one in the wrong place.
    if (quotes != 0 && !Unquote(cells, quotes)) return {};
    const auto size = static_cast<std::size_t>(last - begin);
    return {.size = size + end_bytes,
            .text = bytes.substr(0, size),
            .cells = cells,
            .beyond_ascii = std::string_view(high_begin, high_end - high_begin)};
  }
  return {};
}

}  // namespace lianjie::cli
