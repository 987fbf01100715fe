// The ordered map on disk: RocksDB 7.8.3 as Debian ships it, in a folder of the store's own.
#ifndef LIANJIE_STORAGE_ROCKS_KEY_VALUE_H_
#define LIANJIE_STORAGE_ROCKS_KEY_VALUE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/key_value.h"
#include "storage/keys.h"
#include "storage/store.h"

namespace rocksdb {
class Statistics;
}

namespace lianjie::storage {

// Errors as OpenRocksStore's. `statistics`, where given, counts what RocksDB does. `format` is what
// FORMAT must say.
absl::StatusOr<std::shared_ptr<KeyValue>> OpenRocksKeyValue(
    const OpenOptions& options, std::shared_ptr<rocksdb::Statistics> statistics = nullptr,
    std::uint64_t format = kFormatNumber);

// A database that is not a store's own, as a checkpoint or a backup's, for reading alone. Nothing
// is written to its folder.
absl::StatusOr<std::shared_ptr<const KeyValueReader>> ReadRocksDatabase(
    const std::string& database);

// Writes the witness of a store whose database was laid into its folder whole, as a restore does:
// from then on a database that has lost anything is noticed.
absl::Status AttestDatabase(const std::string& path);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_ROCKS_KEY_VALUE_H_
