// Every link with the ids and kinds of both its ends, in bounded memory: links stand by their
// payers, so the ids of payees would be looked up one by one. Instead the ids of as many nodes as
// the bound allows are read in a row, and the links that they are paid by are gone through; then
// the next nodes. A graph whose ids fit, as nearly all do, is gone through once.
#ifndef LIANJIE_STORAGE_LINK_ENDS_H_
#define LIANJIE_STORAGE_LINK_ENDS_H_

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "storage/codec.h"
#include "storage/key_value.h"
#include "storage/keys.h"

namespace lianjie::storage {

struct LinkWithEnds {
  LinkPlace place;
  std::string_view value;  // LinkValue
  const NodeHead* source;  // nullptr: there is no such node
  const NodeHead* target;  // the same
};

// A node that cannot be read counts as one that is not there; so does the key of a link, which is
// left out: whoever wants to know of them walks those. `step` is called at every key.
absl::Status VisitLinksWithEnds(const KeyValueReader& kv, GraphNumber graph,
                                std::uint64_t memory_bytes, absl::FunctionRef<absl::Status()> step,
                                absl::FunctionRef<absl::Status(const LinkWithEnds&)> visit);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LINK_ENDS_H_
