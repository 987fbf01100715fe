// Page tokens: the key after which a scan goes on, sealed with the store's secret, so that a token
// of another scan, graph, node or store, or one that somebody made up, is refused rather than
// answered with nonsense.
#ifndef LIANJIE_STORAGE_PAGE_TOKEN_H_
#define LIANJIE_STORAGE_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lianjie::storage {

// URL-safe text for `key`.
std::string MakePageToken(std::uint64_t secret, std::string_view key);

// The key of a token whose scan walks the keys that begin with `prefix`. INVALID_PAGE_TOKEN.
absl::StatusOr<std::string> ReadPageToken(std::uint64_t secret, std::string_view prefix,
                                          std::string_view token);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_PAGE_TOKEN_H_
