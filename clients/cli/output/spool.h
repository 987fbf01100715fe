// Bytes put by in a temporary file without a name, for what must be read again before it can be
// written: they take disk, not memory, and are gone with the process.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_SPOOL_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_SPOOL_H_

#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lianjie::cli {

// Used from one thread.
class Spool {
 public:
  // In `folder`; empty: where temporary files go ($TMPDIR, else /tmp).
  static absl::StatusOr<std::unique_ptr<Spool>> Open(const std::string& folder = {});
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  absl::Status Append(std::string_view bytes);
  // A message with its length in front, for Replay.
  absl::Status Append(const google::protobuf::MessageLite& message);
  std::uint64_t size() const { return size_; }
  // Fills `out` with the bytes from `offset` on.
  absl::Status Read(std::uint64_t offset, std::span<char> out);

  // Hands all messages, which must be of this type, to `visit` in their order; its error ends it.
  template <typename Message, typename Visit> absl::Status Replay(Visit visit) {
    std::uint64_t at = 0;
    std::string bytes;
    while (at < size_) {
      absl::Status status = ReadMessage(at, bytes);
      if (!status.ok()) return status;
      Message message;
      if (!message.ParseFromString(bytes)) return absl::DataLossError("temporary file: damaged");
      status = visit(message);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  explicit Spool(std::FILE* file) : file_(file) {}
  absl::Status ReadMessage(std::uint64_t& at, std::string& bytes);

  std::FILE* file_;
  std::uint64_t size_ = 0;
  std::uint64_t at_ = 0;  // of the next byte that is read or written
  bool reading_ = false;  // stdio wants an fseek between reading and writing
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_SPOOL_H_
