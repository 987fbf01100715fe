#include "storage/file_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/store_folder.h"

#define XXH_INLINE_ALL  // nothing to link
#include "xxhash.h"

namespace lianjie::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyBytes = 1 << 20;

absl::Status FolderError(std::string_view what, const std::string& path, std::error_code error) {
  errno = error.value();
  return SystemError(what, path);
}

absl::Status WriteError(const std::string& path) {
  if (errno != ENOSPC && errno != EDQUOT) return SystemError("cannot write", path);
  return MakeError(absl::StatusCode::kResourceExhausted,
                   Cat("the disk of '", path, "' is full; free some of it and try again"),
                   {.reason = Reason::kDiskFull,
                    .field = {},
                    .row = {},
                    .metadata = {{"path", path}, {"free_bytes", Cat(FreeBytesAt(path))}}});
}

// Writes all of it.
bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

struct FreeHashState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

// Reads a file from its beginning to its end, piece by piece.
absl::StatusOr<FileHash> ReadPieces(
    const std::string& path, const BytesCheck& check,
    const std::function<absl::Status(std::string_view piece)>& take) {
  const File in(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) return SystemError("cannot open", path);
  const std::unique_ptr<XXH3_state_t, FreeHashState> state(XXH3_createState());
  XXH3_128bits_reset(state.get());
  std::string buffer(kCopyBytes, '\0');
  FileHash result;
  while (true) {
    const ssize_t got = read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("cannot read", path);
    if (got == 0) break;
    const auto size = static_cast<std::size_t>(got);
    XXH3_128bits_update(state.get(), buffer.data(), size);
    result.size += size;
    LIANJIE_RETURN_IF_ERROR(take(std::string_view(buffer).substr(0, size)));
    if (check) LIANJIE_RETURN_IF_ERROR(check(size));
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  result.hash = absl::MakeUint128(hash.high64, hash.low64);
  return result;
}

}  // namespace

absl::StatusOr<FileHash> HashFile(const std::string& path, const BytesCheck& check) {
  return ReadPieces(path, check, [](std::string_view) { return absl::OkStatus(); });
}

absl::StatusOr<FileHash> CopyFile(const std::string& from, const std::string& to,
                                  const BytesCheck& check) {
  const File out(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (out.get() < 0) return WriteError(to);
  LIANJIE_ASSIGN_OR_RETURN(const FileHash hash,
                           ReadPieces(from, check, [&](std::string_view piece) {
                             return WriteAll(out.get(), piece) ? absl::OkStatus() : WriteError(to);
                           }));
  if (fsync(out.get()) != 0) return WriteError(to);
  posix_fadvise(out.get(), 0, 0, POSIX_FADV_DONTNEED);
  return hash;
}

absl::Status WriteFileWhole(const std::string& path, std::string_view bytes) {
  const std::string part = path + ".new";
  {
    const File out(open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (out.get() < 0 || !WriteAll(out.get(), bytes) || fsync(out.get()) != 0) {
      return WriteError(part);
    }
  }
  std::error_code error;
  fs::rename(part, path, error);
  if (error) return FolderError("cannot write", path, error);
  return SyncFolder(fs::path(path).parent_path());
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? FolderError("cannot make the folder", path, error) : absl::OkStatus();
}

absl::Status RemoveTree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? FolderError("cannot remove", path, error) : absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator it(path, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    names.push_back(it->path().filename());
  }
  if (error) return FolderError("cannot list", path, error);
  std::sort(names.begin(), names.end());
  return names;
}

std::uint64_t FreeBytesAt(const std::string& path) {
  std::error_code error;
  fs::path there = fs::absolute(path, error);
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  return StoreFolder(there).FreeBytes();
}

absl::Status CheckFree(const std::string& path, std::uint64_t needed, std::string_view what) {
  const std::uint64_t free = FreeBytesAt(path);
  if (free >= needed) return absl::OkStatus();
  constexpr unsigned kMiB = 20;
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      Cat("only ", free >> kMiB, " MiB are free under '", path, "', and ", what, " needs ",
          (needed >> kMiB) + 1, "; free ", ((needed - free) >> kMiB) + 1,
          " MiB there, or give a folder on another disk"),
      {.reason = Reason::kDiskFull,
       .field = {},
       .row = {},
       .metadata = {{"path", path}, {"free_bytes", Cat(free)}, {"needed_bytes", Cat(needed)}}});
}

}  // namespace lianjie::storage
