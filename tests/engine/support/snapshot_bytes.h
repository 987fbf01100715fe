#ifndef LIANJIE_TESTS_ENGINE_SUPPORT_SNAPSHOT_BYTES_H_
#define LIANJIE_TESTS_ENGINE_SUPPORT_SNAPSHOT_BYTES_H_

#include <string>

#include "engine/graph/snapshot.h"

namespace lianjie::testing {

// The bytes of every column, so that two snapshots can be compared whole.
std::string BytesOf(const Snapshot& snapshot);

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_SUPPORT_SNAPSHOT_BYTES_H_
