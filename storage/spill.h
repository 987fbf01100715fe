// Where a load puts what its memory does not hold: files of a folder of the store that have no
// name, so that whatever ends the process, nothing is left to be removed.
#ifndef LIANJIE_STORAGE_SPILL_H_
#define LIANJIE_STORAGE_SPILL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/status.h"
#include "storage/spill_space.h"
#include "storage/store_folder.h"

namespace lianjie::storage {

// One file: bytes are appended, then read. One thread appends; any number read what was appended.
// Errors: DISK_FULL (RESOURCE_EXHAUSTED) when less than min_free_bytes would be left, UNAVAILABLE
// for any other failure; the store itself is not touched by either.
class SpillFile {
 public:
  explicit SpillFile(const SpillSpace& space) : space_(&space) {}

  absl::Status Append(std::string_view bytes);
  absl::Status Read(std::uint64_t offset, char* to, std::size_t size) const;
  std::uint64_t size() const { return size_; }
  // Gives back the disk; nothing can be read afterwards.
  void Close() { file_ = File(); }

 private:
  absl::Status Open();

  const SpillSpace* space_;
  File file_;
  std::uint64_t size_ = 0;
};

// Bytes in the order of appending: in memory up to a bound, beyond it in a file. As SpillFile.
class ByteLog {
 public:
  ByteLog(const SpillSpace& space, std::size_t memory_bytes);

  absl::Status Append(std::string_view bytes);
  absl::Status Read(std::uint64_t offset, char* to, std::size_t size) const;
  std::uint64_t size() const { return size_; }
  // Gives back memory and disk; nothing can be read afterwards.
  void Clear();

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

  absl::Status SpillFull();

  SpillFile file_;
  const bool may_spill_;
  const std::size_t most_blocks_;
  std::size_t spilled_ = 0;  // blocks in the file
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::uint64_t size_ = 0;
};

// Reads a range of a log, or of a file, from its beginning, a piece at a time.
template <typename Source> class SpillReader {
 public:
  SpillReader(const Source& source, std::uint64_t begin, std::uint64_t end,
              std::size_t buffer_bytes = std::size_t{256} << 10)
      : source_(&source), next_(begin), end_(end), buffer_bytes_(buffer_bytes) {}

  bool AtEnd() const { return at_ == have_ && next_ == end_; }
  // Live until the next call. There must be so many.
  absl::StatusOr<std::string_view> Take(std::size_t size) {
    if (have_ - at_ < size) LIANJIE_RETURN_IF_ERROR(Fill(size));
    at_ += size;
    return std::string_view(buffer_.data() + at_ - size, size);
  }
  // The same without moving on.
  absl::StatusOr<std::string_view> Peek(std::size_t size) {
    if (have_ - at_ < size) LIANJIE_RETURN_IF_ERROR(Fill(size));
    return std::string_view(buffer_.data() + at_, size);
  }

 private:
  absl::Status Fill(std::size_t size) {
    std::memmove(buffer_.data(), buffer_.data() + at_, have_ - at_);
    have_ -= at_;
    at_ = 0;
    const std::size_t want = std::max(size, buffer_bytes_) - have_;
    const std::size_t more = std::min<std::uint64_t>(want, end_ - next_);
    if (have_ + more < size) return absl::InternalError("a spilled record is cut off");
    if (buffer_.size() < have_ + more) buffer_.resize(have_ + more);
    LIANJIE_RETURN_IF_ERROR(source_->Read(next_, buffer_.data() + have_, more));
    next_ += more;
    have_ += more;
    return absl::OkStatus();
  }

  const Source* source_;
  std::uint64_t next_;
  std::uint64_t end_;
  std::size_t buffer_bytes_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t have_ = 0;
};

// Values of one size, by position.
template <typename T> class FixedLog {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  FixedLog(const SpillSpace& space, std::size_t memory_bytes) : log_(space, memory_bytes) {}

  absl::Status Append(const T& value) {
    return log_.Append({reinterpret_cast<const char*>(&value), sizeof(T)});
  }
  std::size_t size() const { return log_.size() / sizeof(T); }
  absl::StatusOr<T> At(std::size_t i) const {
    T value;
    LIANJIE_RETURN_IF_ERROR(log_.Read(i * sizeof(T), reinterpret_cast<char*>(&value), sizeof(T)));
    return value;
  }

  class Stream {
   public:
    explicit Stream(const FixedLog& log) : reader_(log.log_, 0, log.log_.size()) {}
    bool AtEnd() const { return reader_.AtEnd(); }
    absl::StatusOr<T> Next() {
      LIANJIE_ASSIGN_OR_RETURN(const std::string_view bytes, reader_.Take(sizeof(T)));
      T value;
      std::memcpy(&value, bytes.data(), sizeof(T));
      return value;
    }

   private:
    SpillReader<ByteLog> reader_;
  };

 private:
  ByteLog log_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_SPILL_H_
