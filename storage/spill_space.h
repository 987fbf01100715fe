#ifndef LIANJIE_STORAGE_SPILL_SPACE_H_
#define LIANJIE_STORAGE_SPILL_SPACE_H_

#include <cstdint>
#include <string>

namespace lianjie::storage {

// Where temporary files may lie.
struct SpillSpace {
  std::string folder;  // empty: nowhere, everything stays in memory
  std::uint64_t min_free_bytes = 0;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_SPILL_SPACE_H_
