#include "server/admin_handlers.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/answer.h"
#include "server/convert.h"
#include "server/page_token.h"
#include "storage/backup.h"
#include "storage/graph_digest.h"
#include "storage/keys.h"
#include "storage/upkeep.h"

namespace lianjie::server {
namespace {

constexpr std::chrono::milliseconds kWorkProgressEvery{200};
constexpr std::int32_t kBackupsAPage = 100;
constexpr std::int32_t kMostBackupsAPage = 1000;

v1::Backup BackupMessage(const storage::BackupInfo& info) {
  constexpr std::int64_t kMicros = 1000000;
  v1::Backup out;
  out.set_id(info.id);
  out.mutable_create_time()->set_seconds(info.create_time_micros / kMicros);
  out.mutable_create_time()->set_nanos(
      static_cast<std::int32_t>(info.create_time_micros % kMicros * 1000));
  out.set_size_bytes(static_cast<std::int64_t>(info.size_bytes));
  out.set_digest(storage::DigestText(info.digest));
  for (const storage::BackupGraphInfo& graph : info.graphs) {
    (*out.mutable_revisions())[graph.name] = graph.revision;
    (*out.mutable_digests())[graph.name] = storage::DigestText(graph.digest);
  }
  out.set_format(static_cast<std::int32_t>(info.format_number));
  return out;
}

v1::Verification VerificationMessage(const storage::CheckReport& report) {
  v1::Verification out;
  out.set_record_count(static_cast<std::int64_t>(report.record_count));
  out.set_digest(storage::DigestText(report.digest));
  for (const std::string& fault : report.faults) out.add_faults(fault);
  out.set_fault_count(static_cast<std::int64_t>(report.fault_count));
  for (const storage::CheckedGraph& graph : report.graphs) {
    auto& to = *out.add_graphs();
    *to.mutable_graph() = ToProto(graph.info);
    to.set_record_count(static_cast<std::int64_t>(graph.record_count));
    to.set_change_count(static_cast<std::int64_t>(graph.change_count));
    to.set_request_count(static_cast<std::int64_t>(graph.request_count));
    to.set_fault_count(static_cast<std::int64_t>(graph.fault_count));
  }
  return out;
}

// Sends progress a few times a second, and ends work whose caller has gone.
template <typename Response> class WorkTicker {
 public:
  WorkTicker(StreamWriter& writer, const Call& call) : writer_(writer), call_(call) {}

  storage::PhaseCheck Check() {
    return [this](std::string_view phase, std::uint64_t done, std::uint64_t total) {
      const Clock::time_point now = Clock::now();
      if (now - last_ >= kWorkProgressEvery) {
        last_ = now;
        Response message;
        v1::Progress& progress = *message.mutable_progress();
        progress.set_phase(std::string(phase));
        progress.set_completed_work(static_cast<std::int64_t>(done));
        progress.set_total_work(static_cast<std::int64_t>(total));
        *progress.mutable_elapsed() = DurationOf(now - start_);
        writer_.TryWrite(message);
      }
      return call_.Check();
    };
  }

 private:
  using Clock = std::chrono::steady_clock;

  StreamWriter& writer_;
  const Call& call_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace

absl::StatusOr<std::string> AdminHandlers::FolderOf(const std::string& asked) const {
  if (!asked.empty()) return asked;
  if (!backup_folder_.empty()) return backup_folder_;
  return InvalidField("folder",
                      "folder: is required, because the server was given none for backups",
                      Reason::kMissingField);
}

absl::Status AdminHandlers::CreateBackup(const v1::CreateBackupRequest& request,
                                         StreamWriter& writer, const Call& call) {
  LIANJIE_ASSIGN_OR_RETURN(const std::string folder, FolderOf(request.folder()));
  WorkTicker<v1::CreateBackupResponse> ticker(writer, call);
  LIANJIE_ASSIGN_OR_RETURN(const storage::BackupInfo backup,
                           storage::CreateBackup(store_, folder, ticker.Check()));
  v1::CreateBackupResponse response;
  *response.mutable_backup() = BackupMessage(backup);
  return writer.Write(response);
}

absl::StatusOr<v1::ListBackupsResponse> AdminHandlers::ListBackups(
    const v1::ListBackupsRequest& request) {
  LIANJIE_ASSIGN_OR_RETURN(const std::string folder, FolderOf(request.folder()));
  if (request.page_size() < 0) {
    return InvalidField("page_size", Cat(request.page_size(), " is negative"));
  }
  const std::int32_t size =
      request.page_size() == 0 ? kBackupsAPage : std::min(request.page_size(), kMostBackupsAPage);
  const std::string binding = BindingOf({"ListBackups", folder});
  LIANJIE_ASSIGN_OR_RETURN(const std::string after, ReadPageToken(binding, request.page_token()));
  std::vector<std::string> damaged;
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<storage::BackupInfo> backups,
                           storage::ListBackups(folder, &damaged));
  v1::ListBackupsResponse response;
  if (after.empty()) response.mutable_damaged()->Add(damaged.begin(), damaged.end());
  // The token names the last one shown; one that was deleted meanwhile is an end.
  bool passed = after.empty();
  for (const storage::BackupInfo& backup : backups) {
    if (!passed) {
      passed = backup.id == after;
      continue;
    }
    if (response.backups_size() == size) {
      response.set_next_page_token(MakePageToken(binding, response.backups(size - 1).id()));
      break;
    }
    *response.add_backups() = BackupMessage(backup);
  }
  return response;
}

absl::Status AdminHandlers::RestoreBackup(const v1::RestoreBackupRequest& request,
                                          StreamWriter& writer, const Call& call) {
  LIANJIE_ASSIGN_OR_RETURN(const std::string folder, FolderOf(request.folder()));
  if (request.id().empty()) return InvalidField("id", "is required", Reason::kMissingField);
  WorkTicker<v1::RestoreBackupResponse> ticker(writer, call);
  LIANJIE_ASSIGN_OR_RETURN(
      const storage::BackupInfo backup,
      storage::RestoreBackup(folder, request.id(), request.target_folder(), ticker.Check()));
  v1::RestoreBackupResponse response;
  *response.mutable_backup() = BackupMessage(backup);
  return writer.Write(response);
}

absl::Status AdminHandlers::DeleteBackup(const v1::DeleteBackupRequest& request) {
  LIANJIE_ASSIGN_OR_RETURN(const std::string folder, FolderOf(request.folder()));
  if (request.id().empty()) return InvalidField("id", "is required", Reason::kMissingField);
  return storage::DeleteBackup(folder, request.id());
}

absl::Status AdminHandlers::Verify(const v1::VerifyRequest& request, StreamWriter& writer,
                                   const Call& call) {
  WorkTicker<v1::VerifyResponse> ticker(writer, call);
  const storage::PhaseCheck check = ticker.Check();
  storage::CheckReport report;
  if (request.backup().empty()) {
    storage::CheckOptions options;
    options.check = [&check](std::uint64_t done, std::uint64_t total) {
      return check("records", done, total);
    };
    LIANJIE_ASSIGN_OR_RETURN(report, store_.Check(options));
  } else {
    LIANJIE_ASSIGN_OR_RETURN(const std::string folder, FolderOf(request.folder()));
    LIANJIE_ASSIGN_OR_RETURN(report, storage::VerifyBackup(folder, request.backup(), check));
  }
  v1::VerifyResponse response;
  *response.mutable_verification() = VerificationMessage(report);
  return writer.Write(response);
}

absl::StatusOr<v1::GetStorageStatisticsResponse> AdminHandlers::GetStorageStatistics() {
  LIANJIE_ASSIGN_OR_RETURN(const storage::StorageStatistics statistics, store_.Statistics());
  v1::GetStorageStatisticsResponse response;
  response.set_format(static_cast<std::int32_t>(storage::kFormatNumber));
  response.set_disk_bytes(static_cast<std::int64_t>(statistics.disk_bytes));
  response.set_free_bytes(static_cast<std::int64_t>(statistics.free_bytes));
  response.set_memory_bytes(static_cast<std::int64_t>(statistics.memory_bytes));
  for (const auto& [name, value] : statistics.counters) {
    auto& counter = *response.add_counters();
    counter.set_name(name);
    counter.set_int64_value(static_cast<std::int64_t>(value));
  }
  for (const auto& load : loads_.List()) {
    auto& status = *response.add_loads();
    status.set_graph(load->graph);
    status.set_row_count(load->row_count);
    const std::uint64_t done = load->done;  // before the total, which only grows
    if (load->total == 0) continue;
    status.mutable_progress()->set_phase("writing");
    status.mutable_progress()->set_completed_work(static_cast<std::int64_t>(done));
    status.mutable_progress()->set_total_work(static_cast<std::int64_t>(load->total.load()));
  }
  return response;
}

}  // namespace lianjie::server
