// The work of AdminService on the store: backups, verification, sizes.
#ifndef LIANJIE_SERVER_ADMIN_HANDLERS_H_
#define LIANJIE_SERVER_ADMIN_HANDLERS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lianjie/v1/admin_service.pb.h"
#include "server/call.h"
#include "server/loads.h"
#include "storage/store.h"

namespace lianjie::server {

// Thread safe. Errors as the API says.
class AdminHandlers {
 public:
  // `backup_folder` is that of requests that name none; it may be empty.
  AdminHandlers(storage::Store& store, const Loads& loads, std::string backup_folder)
      : store_(store), loads_(loads), backup_folder_(std::move(backup_folder)) {}

  absl::Status CreateBackup(const v1::CreateBackupRequest& request, StreamWriter& writer,
                            const Call& call);
  absl::StatusOr<v1::ListBackupsResponse> ListBackups(const v1::ListBackupsRequest& request);
  absl::Status RestoreBackup(const v1::RestoreBackupRequest& request, StreamWriter& writer,
                             const Call& call);
  absl::Status DeleteBackup(const v1::DeleteBackupRequest& request);
  absl::Status Verify(const v1::VerifyRequest& request, StreamWriter& writer, const Call& call);
  absl::StatusOr<v1::GetStorageStatisticsResponse> GetStorageStatistics();

 private:
  absl::StatusOr<std::string> FolderOf(const std::string& asked) const;

  storage::Store& store_;
  const Loads& loads_;
  const std::string backup_folder_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_ADMIN_HANDLERS_H_
