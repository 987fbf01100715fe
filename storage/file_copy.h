// Files and folders as backups need them: copied so that they are on disk, and read against what
// they should be.
#ifndef LIANJIE_STORAGE_FILE_COPY_H_
#define LIANJIE_STORAGE_FILE_COPY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lianjie::storage {

struct FileHash {
  std::uint64_t size = 0;
  absl::uint128 hash = 0;  // BytesHash of all its bytes
};

// Called with the bytes read since the last call; its error ends the work.
using BytesCheck = std::function<absl::Status(std::uint64_t bytes)>;

// UNAVAILABLE names the file that the system refused; DISK_FULL when the disk is.
absl::StatusOr<FileHash> HashFile(const std::string& path, const BytesCheck& check);
// `to` may not be there, is on disk when it returns, and will be read from there: it is dropped
// from the system's cache.
absl::StatusOr<FileHash> CopyFile(const std::string& from, const std::string& to,
                                  const BytesCheck& check);
// Replaces `path` whole or not at all; on disk when it returns.
absl::Status WriteFileWhole(const std::string& path, std::string_view bytes);

// With those above it; nothing when it is there.
absl::Status MakeFolder(const std::string& path);
// Nothing when it is not there.
absl::Status RemoveTree(const std::string& path);
// Names of the files in a folder, sorted.
absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& path);
// On the disk of `path`, or of the nearest folder above it that is there.
std::uint64_t FreeBytesAt(const std::string& path);
// DISK_FULL when fewer than `needed` bytes are free there; `what` is what they are needed for.
absl::Status CheckFree(const std::string& path, std::uint64_t needed, std::string_view what);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_FILE_COPY_H_
