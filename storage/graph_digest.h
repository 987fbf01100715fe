// The digest of a graph's records: the sum, modulo 2^128, of a hash of each record (Bellare and
// Micciancio's AdHash). It does not depend on the order in which records came, nor on the numbers
// that the store gave them, so that equal graphs have equal digests wherever they are and however
// they got there; and a write changes it by what it changes: the hash of the record before is
// subtracted, that of the record after is added. The hash is XXH3 of 128 bits (Collet 2019, frozen
// in xxHash 0.8) over the bytes as they are stored. It notices damage and mistakes; it is no
// protection against somebody who wants to make two graphs collide.
#ifndef LIANJIE_STORAGE_GRAPH_DIGEST_H_
#define LIANJIE_STORAGE_GRAPH_DIGEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "engine/core/enums.h"

namespace lianjie::storage {

// What one record adds to its graph's digest. `value` is the record's value as stored; what its key
// says goes in as what it means: ids, not numbers. docs/storage-format.md says the bytes.
absl::uint128 NodeHash(std::string_view value);
absl::uint128 LinkHash(std::string_view source, std::string_view target, Mechanism mechanism,
                       std::string_view value);
absl::uint128 RegionHash(std::string_view code, std::string_view value);
absl::uint128 LineHash(std::string_view region, std::int64_t year, std::string_view value);

// Of any bytes: for sums that compare two sets of keys without holding either.
absl::uint128 BytesHash(std::string_view bytes);

// 16 bytes, the most significant first; nothing when they are not 16.
std::string DigestBytes(absl::uint128 digest);
std::optional<absl::uint128> ParseDigestBytes(std::string_view bytes);
// 32 hexadecimal digits.
std::string DigestText(absl::uint128 digest);
std::optional<absl::uint128> ParseDigestText(std::string_view text);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_GRAPH_DIGEST_H_
