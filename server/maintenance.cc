#include "server/maintenance.h"

#include "engine/core/status.h"
#include "storage/keys.h"
#include "storage/migrate.h"

namespace lianjie::server {

absl::StatusOr<MigrationReport> MigrateStore(const std::string& data_dir, const WorkCheck& check) {
  storage::OpenOptions options;
  options.path = data_dir;
  options.create_if_missing = false;
  options.retention = storage::kKeepForever;
  LIANJIE_ASSIGN_OR_RETURN(const storage::Migration done,
                           storage::MigrateRocksStore(options, check));
  return MigrationReport{.from = done.from, .to = storage::kFormatNumber, .graphs = done.graphs};
}

}  // namespace lianjie::server
