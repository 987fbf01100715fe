#include "server/page_token.h"

#include <cstdint>

#include "absl/strings/escaping.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kDigestBytes = 8;

// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv): stable across builds, which absl::Hash is
// not.
std::string Digest(std::string_view binding, std::string_view place) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::string_view part : {binding, std::string_view("\0", 1), place}) {
    for (const char c : part) {
      hash ^= static_cast<unsigned char>(c);
      hash *= 0x100000001b3U;
    }
  }
  std::string out(kDigestBytes, '\0');
  for (std::size_t i = 0; i < kDigestBytes; ++i)
    out[i] = static_cast<char>((hash >> (8 * i)) & 0xFFU);
  return out;
}

}  // namespace

std::string BindingOf(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += Cat(part.size(), ':', part);
  return out;
}

std::string MakePageToken(std::string_view binding, std::string_view place) {
  return absl::WebSafeBase64Escape(ToAbsl(Cat(Digest(binding, place), place)));
}

absl::Status InvalidPageToken(std::string_view field, std::string_view why) {
  return InvalidField(field, why, Reason::kInvalidPageToken);
}

absl::StatusOr<std::string> ReadPageToken(std::string_view binding, std::string_view token,
                                          std::string_view field) {
  if (token.empty()) return std::string();
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(ToAbsl(token), &bytes) || bytes.size() <= kDigestBytes) {
    return InvalidPageToken(field, "is not one that was given out");
  }
  const std::string_view place = std::string_view(bytes).substr(kDigestBytes);
  if (bytes.substr(0, kDigestBytes) != Digest(binding, place)) {
    return InvalidPageToken(field,
                            "belongs to another request: same method, graph and filter are needed");
  }
  return std::string(place);
}

}  // namespace lianjie::server
