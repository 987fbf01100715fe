#include "clients/cli/output/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

constexpr mode_t kAnybody = 0666;  // less what the umask takes away
constexpr mode_t kPermissions = 0777;

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(const std::string& path) {
  if (path.empty() || path == "-")
    return std::unique_ptr<OutputFile>(new OutputFile("standard output", stdout, false));
  std::unique_ptr<OutputFile> out(new OutputFile(path, nullptr, true));
  struct stat about {};
  absl::Status status;
  if (::stat(path.c_str(), &about) == 0) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                               &std::free);
    status = S_ISREG(about.st_mode) && resolved != nullptr ? out->OpenBeside(resolved.get(), &about)
                                                           : out->OpenDirectly();
  } else {
    // A link to a file that is not there yet is written through, too.
    status =
        ::lstat(path.c_str(), &about) == 0 ? out->OpenDirectly() : out->OpenBeside(path, nullptr);
  }
  if (!status.ok()) return status;
  return out;
}

absl::Status OutputFile::OpenDirectly() {
  file_ = std::fopen(path_.c_str(), "wb");
  return file_ != nullptr ? absl::OkStatus() : Failed();
}

// A new file in the same folder, so that it can take the target's place at once.
absl::Status OutputFile::OpenBeside(const std::string& target, const struct stat* replaced) {
  int fd = -1;
  for (int i = 0; fd < 0; ++i) {
    partial_ = Cat(target, ".", ::getpid(), "-", i, ".partial");
    fd = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kAnybody);
    if (fd < 0 && errno != EEXIST) {
      partial_.clear();
      return Failed();
    }
  }
  target_ = target;
  if (replaced != nullptr) {  // it keeps its owner, as far as we may say so, and its permissions
    if (::fchown(fd, replaced->st_uid, replaced->st_gid) == 0)
      ::fchmod(fd, replaced->st_mode & kPermissions);
  }
  file_ = ::fdopen(fd, "wb");
  return file_ != nullptr ? absl::OkStatus() : Failed();
}

OutputFile::~OutputFile() {
  if (!owned_) return;
  if (file_ != nullptr) std::fclose(file_);
  if (!partial_.empty()) std::remove(partial_.c_str());
}

absl::Status OutputFile::Failed() const {
  return absl::UnknownError(Cat(path_, ": cannot be written: ", std::strerror(errno)));
}

absl::Status OutputFile::Write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return absl::OkStatus();
  return Failed();
}

absl::Status OutputFile::Close() {
  if (!owned_) return std::fflush(file_) == 0 ? absl::OkStatus() : Failed();
  std::FILE* file = std::exchange(file_, nullptr);
  if (std::fclose(file) != 0) return Failed();
  if (partial_.empty()) return absl::OkStatus();
  if (std::rename(partial_.c_str(), target_.c_str()) != 0) return Failed();
  partial_.clear();
  return absl::OkStatus();
}

}  // namespace lianjie::cli
