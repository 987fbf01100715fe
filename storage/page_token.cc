#include "storage/page_token.h"

#include "absl/strings/escaping.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/digest.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kSealBytes = 8;

std::string Seal(std::uint64_t secret, std::string_view key) {
  Digest digest;
  digest.AddNumber(secret);
  digest.Add(key);
  digest.AddNumber(secret);
  return digest.bytes().substr(0, kSealBytes);
}

}  // namespace

std::string MakePageToken(std::uint64_t secret, std::string_view key) {
  std::string bytes = Seal(secret, key);
  bytes.append(key);
  std::string token;
  absl::WebSafeBase64Escape(bytes, &token);
  return token;
}

absl::StatusOr<std::string> ReadPageToken(std::uint64_t secret, std::string_view prefix,
                                          std::string_view token) {
  std::string bytes;
  if (absl::WebSafeBase64Unescape(ToAbsl(token), &bytes) && bytes.size() > kSealBytes) {
    std::string key = bytes.substr(kSealBytes);
    if (bytes.compare(0, kSealBytes, Seal(secret, key)) == 0 &&
        std::string_view(key).substr(0, prefix.size()) == prefix) {
      return key;
    }
  }
  return InvalidField("page_token", "is no token that this list gave", Reason::kInvalidPageToken);
}

}  // namespace lianjie::storage
