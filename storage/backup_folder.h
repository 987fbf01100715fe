// The folder of backups and the manifests in it. For backup*.cc alone.
#ifndef LIANJIE_STORAGE_BACKUP_FOLDER_H_
#define LIANJIE_STORAGE_BACKUP_FOLDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/backup.h"
#include "storage/file_copy.h"
#include "storage/store_folder.h"

namespace lianjie::storage {

struct NamedFile {
  std::string name;
  FileHash hash;
};

struct Manifest {
  BackupInfo info;
  std::vector<NamedFile> files;
};

std::string EncodeManifest(const Manifest& manifest);
// STORE_CORRUPT.
absl::StatusOr<Manifest> DecodeManifest(std::string_view text);

class BackupFolder {
 public:
  explicit BackupFolder(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string Of(std::string_view id) const { return path_ + "/" + std::string(id); }
  // Whether it can be the name of a backup: letters, digits and "-" alone.
  static bool IsId(std::string_view id);

  absl::StatusOr<File> Lock() const;
  // The folders of what was not finished.
  absl::Status RemoveParts() const;
  // NOT_FOUND, STORE_CORRUPT.
  absl::StatusOr<Manifest> Read(const std::string& id) const;

 private:
  std::string path_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_BACKUP_FOLDER_H_
