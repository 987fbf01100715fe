// Backups: whole copies of a store at one moment, each in a folder of its own that stands alone.
//
//   FOLDER/LOCK            locked while a backup is made or deleted; who does it, as text
//   FOLDER/ID/BACKUP       what the backup says of itself, with a checksum (BackupManifest)
//   FOLDER/ID/rocksdb/     the database
//   FOLDER/ID.part/        one that is being made, or that a killed process left
//
// A backup is made from a checkpoint, so that it is of one moment and its revisions are known,
// while writes go on. Its files are copied, not linked: a link would share the source's damage.
// They are not shared among backups either, so that damage of one reaches no other and deleting one
// is removing a folder. It is verified before it gets its name.
#ifndef LIANJIE_STORAGE_BACKUP_H_
#define LIANJIE_STORAGE_BACKUP_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/store.h"
#include "storage/upkeep.h"

namespace lianjie::storage {

struct BackupGraphInfo {
  std::string name;
  std::int64_t revision = 0;
  absl::uint128 digest = 0;
};

struct BackupInfo {
  std::string id;
  std::uint32_t format_number = 0;
  std::int64_t create_time_micros = 0;
  std::uint64_t size_bytes = 0;
  std::vector<BackupGraphInfo> graphs;  // by name
  absl::uint128 digest = 0;             // StoreDigest of the graphs
};

// Called now and then with what is being done ("flush", "copy", "files", "records") and how many of
// how many units; its error ends the work.
using PhaseCheck =
    std::function<absl::Status(std::string_view phase, std::uint64_t done, std::uint64_t total)>;

// All errors: UNAVAILABLE for what the system refuses, DISK_FULL, INVALID_FIELD for a folder that
// cannot be one of backups, NOT_FOUND (no such backup in the folder), STORE_LOCKED (a backup is
// being made or deleted there), STORE_CORRUPT, and that of `check`.

// A backup of `store`, on disk and verified when it returns; an error leaves none. The id is the
// time, UTC.
absl::StatusOr<BackupInfo> CreateBackup(Store& store, const std::string& folder,
                                        const PhaseCheck& check);
// The newest first. Folders that are no backups are passed over; one whose manifest is damaged is
// an error of its own, and does not hide the others: it is in `damaged`.
absl::StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& folder,
                                                    std::vector<std::string>* damaged = nullptr);
// Files against the manifest, then all of check.h, then digests and revisions against the manifest,
// from the backup's own files. Faults are in the report.
absl::StatusOr<CheckReport> VerifyBackup(const std::string& folder, const std::string& id,
                                         const PhaseCheck& check);
// Makes `target`, which must be empty or not there, a store like the one that was backed up,
// verified. An error leaves `target` as it was.
absl::StatusOr<BackupInfo> RestoreBackup(const std::string& folder, const std::string& id,
                                         const std::string& target, const PhaseCheck& check);
absl::Status DeleteBackup(const std::string& folder, const std::string& id);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_BACKUP_H_
