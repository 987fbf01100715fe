#include "storage/spill.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "engine/core/text.h"

namespace lianjie::storage {
namespace {

absl::Status NoRoom(const SpillSpace& space, std::uint64_t free) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   Cat("only ", free >> 20U, " MiB are free under '", space.folder,
                       "', too little for what the load must put aside; nothing is loaded"),
                   {.reason = Reason::kDiskFull,
                    .field = {},
                    .row = {},
                    .metadata = {{"path", space.folder},
                                 {"free_bytes", Cat(free)},
                                 {"floor_bytes", Cat(space.min_free_bytes)}}});
}

std::uint64_t FreeUnder(const std::string& folder) {
  struct statvfs stats {};
  if (statvfs(folder.c_str(), &stats) != 0) return ~std::uint64_t{0};
  return std::uint64_t{stats.f_bavail} * stats.f_frsize;
}

}  // namespace

absl::Status SpillFile::Open() {
  file_ = File(open(space_->folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file_.get() >= 0) return absl::OkStatus();
  // A file system without files that have no name: one is made and its name removed at once.
  std::string path = Cat(space_->folder, "/spill.XXXXXX");
  file_ = File(mkostemp(path.data(), O_CLOEXEC));
  if (file_.get() < 0 || unlink(path.c_str()) != 0) {
    return SystemError("cannot make a temporary file in", space_->folder);
  }
  return absl::OkStatus();
}

absl::Status SpillFile::Append(std::string_view bytes) {
  if (file_.get() < 0) LIANJIE_RETURN_IF_ERROR(Open());
  const std::uint64_t free = FreeUnder(space_->folder);
  if (free < space_->min_free_bytes + bytes.size()) return NoRoom(*space_, free);
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == ENOSPC || errno == EDQUOT)) return NoRoom(*space_, 0);
    if (written <= 0) return SystemError("cannot write a temporary file in", space_->folder);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
  return absl::OkStatus();
}

absl::Status SpillFile::Read(std::uint64_t offset, char* to, std::size_t size) const {
  while (size > 0) {
    const ssize_t got = pread(file_.get(), to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return SystemError("cannot read a temporary file in", space_->folder);
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return absl::OkStatus();
}

ByteLog::ByteLog(const SpillSpace& space, std::size_t memory_bytes)
    : file_(space),
      may_spill_(!space.folder.empty()),
      most_blocks_(std::max<std::size_t>(1, memory_bytes / kBlockBytes)) {}

absl::Status ByteLog::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t at = size_ % kBlockBytes;
    if (at == 0 && blocks_.size() == size_ / kBlockBytes) {
      if (may_spill_ && blocks_.size() - spilled_ >= most_blocks_) {
        LIANJIE_RETURN_IF_ERROR(SpillFull());
      }
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
    }
    const std::size_t part = std::min(bytes.size(), kBlockBytes - at);
    std::memcpy(blocks_.back().get() + at, bytes.data(), part);
    size_ += part;
    bytes.remove_prefix(part);
  }
  return absl::OkStatus();
}

absl::Status ByteLog::SpillFull() {
  for (; spilled_ < blocks_.size(); ++spilled_) {
    LIANJIE_RETURN_IF_ERROR(file_.Append({blocks_[spilled_].get(), kBlockBytes}));
    blocks_[spilled_].reset();
  }
  return absl::OkStatus();
}

void ByteLog::Clear() {
  blocks_.clear();
  blocks_.shrink_to_fit();
  file_.Close();
}

absl::Status ByteLog::Read(std::uint64_t offset, char* to, std::size_t size) const {
  while (size > 0) {
    const std::size_t block = offset / kBlockBytes;
    const std::size_t at = offset % kBlockBytes;
    std::size_t part = std::min(size, kBlockBytes - at);
    if (block < spilled_) {
      part = std::min<std::uint64_t>(size, spilled_ * kBlockBytes - offset);
      LIANJIE_RETURN_IF_ERROR(file_.Read(offset, to, part));
    } else {
      std::memcpy(to, blocks_[block].get() + at, part);
    }
    offset += part;
    to += part;
    size -= part;
  }
  return absl::OkStatus();
}

}  // namespace lianjie::storage
