// What RocksDB knows of its own files. For rocks_*.cc alone.
#ifndef LIANJIE_STORAGE_ROCKS_UPKEEP_H_
#define LIANJIE_STORAGE_ROCKS_UPKEEP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "storage/step_check.h"
#include "storage/store_folder.h"
#include "storage/upkeep.h"

namespace lianjie::storage {

// Reads every table file whole against the checksum that the manifest has of it (what RocksDB's
// VerifyFileChecksums does, but that each file is named and that it can be stopped), and the blocks
// of files that have none. No file is removed meanwhile. `check` gets bytes.
absl::StatusOr<std::vector<std::string>> FindDamagedFiles(rocksdb::DB& db, const StepCheck& check);

StorageStatistics RocksStatistics(rocksdb::DB& db, const StoreFolder& folder);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_ROCKS_UPKEEP_H_
