// XXH3 (Collet 2019, as frozen in xxHash 0.8): the same in every process and on every machine, so
// that what is hashed can be saved.
#ifndef LIANJIE_ENGINE_GRAPH_HASH_H_
#define LIANJIE_ENGINE_GRAPH_HASH_H_

#include <cstdint>
#include <string_view>

namespace lianjie {

std::uint64_t Hash64(std::string_view bytes);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_HASH_H_
