// Text helpers. Debian builds abseil with a string_view of its own, so absl::StrCat does not take
// std::string_view; Cat does, and formats numbers the one way that the project writes them: the
// shortest decimal form that reads back to the same double.
#ifndef LIANJIE_ENGINE_CORE_TEXT_H_
#define LIANJIE_ENGINE_CORE_TEXT_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/string_view.h"

namespace lianjie {

inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view FromAbsl(absl::string_view s) { return {s.data(), s.size()}; }

// Shortest form that reads back equal: "0.1", "1200", "1e+22"; "nan", "inf" and "-inf" otherwise.
std::string FormatDouble(double value);
// The same text at the end of `out`; and a whole number's.
void AppendDouble(std::string& out, double value);
void AppendInteger(std::string& out, std::int64_t value);

// A decimal number, whole text, no spaces, no thousands marks, no NaN or infinity; nothing
// otherwise.
std::optional<double> ParseDouble(std::string_view text);
std::optional<std::int64_t> ParseInt64(std::string_view text);

// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view bytes);

// The name of `candidates` nearest to `name` by edit distance, for "did you mean"; empty when none
// is near.
std::string_view Nearest(std::string_view name, std::span<const std::string_view> candidates);

std::vector<std::string_view> Split(std::string_view text, char separator);
std::string_view Trim(std::string_view text);
std::string ToLower(std::string_view ascii);
std::string ToUpper(std::string_view ascii);

namespace text_internal {
inline void Append(std::string& out, std::string_view part) { out.append(part); }
inline void Append(std::string& out, const char* part) { out.append(part); }
inline void Append(std::string& out, const std::string& part) { out.append(part); }
inline void Append(std::string& out, absl::string_view part) {
  out.append(part.data(), part.size());
}
inline void Append(std::string& out, char part) { out.push_back(part); }
inline void Append(std::string& out, double part) { out.append(FormatDouble(part)); }
template <std::integral T> void Append(std::string& out, T part) {
  out.append(std::to_string(part));
}
}  // namespace text_internal

template <typename... Parts> std::string Cat(const Parts&... parts) {
  std::string out;
  (text_internal::Append(out, parts), ...);
  return out;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_TEXT_H_
