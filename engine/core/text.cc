#include "engine/core/text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>

namespace lianjie {
namespace {

// Every whole number up to here is a double.
constexpr std::int64_t kMostWhole = std::int64_t{1} << 53;

constexpr std::uint64_t kHigh = 0x8080808080808080ULL;  // the bits that no ASCII byte has

template <typename Word> Word WordAt(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// Whether all bytes are ASCII. Words that overlap spare a loop over the last bytes: most texts are
// ids and numbers of a few bytes.
bool IsAscii(std::string_view bytes) {
  const std::size_t size = bytes.size();
  const char* const begin = bytes.data();
  if (size >= 8) {
    std::uint64_t all = WordAt<std::uint64_t>(begin + size - 8);
    for (std::size_t i = 0; i + 8 < size; i += 8) all |= WordAt<std::uint64_t>(begin + i);
    return (all & kHigh) == 0;
  }
  if (size >= 4) {
    return ((WordAt<std::uint32_t>(begin) | WordAt<std::uint32_t>(begin + size - 4)) &
            static_cast<std::uint32_t>(kHigh)) == 0;
  }
  for (const char c : bytes) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace

std::string FormatDouble(double value) {
  std::string out;
  AppendDouble(out, value);
  return out;
}

void AppendDouble(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "inf" : "-inf";
    return;
  }
  // Most amounts are whole: up to so many, their shortest form is that of the integer, which is
  // sooner found. Beyond, "1e+06" is shorter than its digits.
  constexpr double kPlainWhole = 100000;
  if (value >= 1 && value < kPlainWhole) {
    if (const auto whole = static_cast<std::int64_t>(value); static_cast<double>(whole) == value)
      return AppendInteger(out, whole);
  }
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  out.append(buffer, result.ptr);
}

void AppendInteger(std::string& out, std::int64_t value) {
  char buffer[24];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  out.append(buffer, result.ptr);
}

std::optional<double> ParseDouble(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* const last = text.data() + text.size();
  // Most amounts are whole, and sooner read as such; -0 is not among the integers.
  std::int64_t whole = 0;
  const auto [whole_end, whole_error] = std::from_chars(text.data(), last, whole);
  if (whole_error == std::errc() && whole_end == last && whole != 0 && whole >= -kMostWhole &&
      whole <= kMostWhole) {
    return static_cast<double>(whole);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> ParseInt64(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

namespace {

// How many bytes at the front are ASCII for certain: eight at a time, and at least the first, which
// is known to be.
std::size_t AsciiRun(std::string_view bytes) {
  std::size_t size = 0;
  for (; size + 8 <= bytes.size(); size += 8) {
    const std::uint64_t high = WordAt<std::uint64_t>(bytes.data() + size) & kHigh;
    // Little-endian: the first byte is the lowest.
    if (high != 0) return std::max<std::size_t>(size + std::countr_zero(high) / 8, 1);
  }
  return std::max<std::size_t>(size, 1);
}

}  // namespace

bool IsValidUtf8(std::string_view bytes) {
  if (IsAscii(bytes)) return true;
  std::size_t i = 0;
  while (i < bytes.size()) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    if (lead < 0x80) {
      i += AsciiRun(bytes.substr(i));
      continue;
    }
    std::size_t length = 0;
    std::uint32_t point = 0;
    std::uint32_t least = 0;
    if ((lead & 0xE0U) == 0xC0U) {
      length = 2, point = lead & 0x1FU, least = 0x80;
    } else if ((lead & 0xF0U) == 0xE0U) {
      length = 3, point = lead & 0x0FU, least = 0x800;
    } else if ((lead & 0xF8U) == 0xF0U) {
      length = 4, point = lead & 0x07U, least = 0x10000;
    } else {
      return false;
    }
    if (bytes.size() - i < length) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(bytes[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      point = (point << 6U) | (next & 0x3FU);
    }
    if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

std::string_view Nearest(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t substituted = diagonal + (name[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = text.find(separator, start);
    parts.push_back(text.substr(start, end == std::string_view::npos ? end : end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string_view Trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string ToLower(std::string_view ascii) {
  std::string out(ascii);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string ToUpper(std::string_view ascii) {
  std::string out(ascii);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

}  // namespace lianjie
