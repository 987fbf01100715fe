#include "engine/graph/hash.h"

#define XXH_INLINE_ALL  // ids are short: a call would cost as much as the hash
#include "xxhash.h"

namespace lianjie {

std::uint64_t Hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace lianjie
