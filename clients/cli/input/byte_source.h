// Bytes of an input file as UTF-8 text, whatever it is packed in. gzip and zstd are told by their
// first bytes, not by the file's name; another encoding than UTF-8 is converted on the way.
// Everything streams: the memory taken does not depend on the file's size.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_BYTE_SOURCE_H_
#define LIANJIE_CLIENTS_CLI_INPUT_BYTE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lianjie::cli {

// Used from one thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // The next bytes; 0 at the end. DATA_LOSS for a stream that is damaged or ends early, CANCELLED
  // when an interrupt comes while a pipe is waited for.
  virtual absl::StatusOr<std::size_t> Read(std::span<char> out) = 0;
  // Bytes taken from the file itself so far, packed as they are: for progress.
  virtual std::uint64_t raw_bytes() const = 0;

 protected:
  ByteSource() = default;
};

// Opens `path` ("-" is standard input) and unpacks gzip and zstd. `encoding` is empty or "utf-8",
// or any name that iconv knows, as "gb18030"; a byte order mark of UTF-8 is dropped. Errors:
// NOT_FOUND, PERMISSION_DENIED (a folder too), INVALID_ARGUMENT (an unknown encoding).
absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path,
                                                           std::string_view encoding);

// The file's size as it lies on disk; 0 where that is not known, as for a pipe.
std::uint64_t RawFileSize(const std::string& path);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_BYTE_SOURCE_H_
