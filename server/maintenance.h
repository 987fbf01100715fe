// Work on a store that no server has open. For the command line, which reaches stores through the
// server's library alone.
#ifndef LIANJIE_SERVER_MAINTENANCE_H_
#define LIANJIE_SERVER_MAINTENANCE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lianjie::server {

// Called now and then with how many of how many are done; its error ends the work.
using WorkCheck = std::function<absl::Status(std::uint64_t done, std::uint64_t total)>;

struct MigrationReport {
  std::uint64_t from = 0;  // format numbers; equal when nothing was to do
  std::uint64_t to = 0;
  std::uint64_t graphs = 0;
};

// Brings the store in `data_dir` to this release's format (storage/migrate.h).
absl::StatusOr<MigrationReport> MigrateStore(const std::string& data_dir, const WorkCheck& check);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_MAINTENANCE_H_
