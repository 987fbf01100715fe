// The ordered map in memory, with the promises of the one on disk but durability.
#ifndef LIANJIE_STORAGE_MEMORY_KEY_VALUE_H_
#define LIANJIE_STORAGE_MEMORY_KEY_VALUE_H_

#include <memory>

#include "storage/key_value.h"

namespace lianjie::storage {

std::shared_ptr<KeyValue> MakeMemoryKeyValue();

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_MEMORY_KEY_VALUE_H_
