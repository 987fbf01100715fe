// Older formats to this one. A migration reads all and writes what the older format lacks, the
// format number last, in one synced write: whenever it is cut short the store is still one of the
// older format, to be migrated again, or a finished one.
#ifndef LIANJIE_STORAGE_MIGRATE_H_
#define LIANJIE_STORAGE_MIGRATE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "storage/key_value.h"
#include "storage/step_check.h"
#include "storage/store.h"

namespace lianjie::storage {

struct Migration {
  std::uint64_t from = 0;  // the format number that was found; the newest: nothing was to do
  std::uint64_t graphs = 0;
};

// Migrates a store's folder. Nobody may have it: STORE_LOCKED. STORE_FORMAT for a number that this
// release does not know; NOT_FOUND where there is no store; else the errors of OpenRocksStore. An
// error leaves the store as it was. O(records); the memory is bounded.
absl::StatusOr<Migration> MigrateRocksStore(const OpenOptions& options, const StepCheck& check);

// The same for a map: what MigrateRocksStore does between opening the store and writing FORMAT.
absl::StatusOr<Migration> MigrateMap(KeyValue& kv, const StepCheck& check);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_MIGRATE_H_
