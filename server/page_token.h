// Page tokens: opaque to clients, bound to the request that they answered. A token holds where the
// store's scan stands, and a digest over that place, the kind of list, the graph and the filter, so
// that one sent with another request, or made up, is refused. It is no secret: whoever can forge
// the digest gains only a place that every list gives anyway.
#ifndef LIANJIE_SERVER_PAGE_TOKEN_H_
#define LIANJIE_SERVER_PAGE_TOKEN_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lianjie::server {

// What a token belongs to: the method and all fields that choose the list.
std::string BindingOf(std::initializer_list<std::string_view> parts);

// URL-safe text.
std::string MakePageToken(std::string_view binding, std::string_view place);

// The place; empty for the empty token. INVALID_PAGE_TOKEN otherwise, which names `field`: what the
// request calls its token.
absl::StatusOr<std::string> ReadPageToken(std::string_view binding, std::string_view token,
                                          std::string_view field = "page_token");

absl::Status InvalidPageToken(std::string_view field, std::string_view why);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_PAGE_TOKEN_H_
