// Walks a whole store below its own code paths and says where its parts disagree: ids and records,
// out-links and in-links, ends, regions and their use, counters, and the rules that hold at every
// revision.
#ifndef LIANJIE_TESTS_STORAGE_CHECKER_H_
#define LIANJIE_TESTS_STORAGE_CHECKER_H_

#include <string>
#include <vector>

#include "storage/key_value.h"

namespace lianjie::storage {

// Empty when all is well.
std::vector<std::string> CheckMap(const KeyValueReader& kv);

}  // namespace lianjie::storage

#endif  // LIANJIE_TESTS_STORAGE_CHECKER_H_
