// The stream of a load to the server. Records gather in chunks, one of each kind, of about 1 MiB;
// no request is larger than what the server takes.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_
#define LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/input/row_mapper.h"
#include "lianjie/v1/graph_service.grpc.pb.h"

namespace lianjie::cli {

// Largest record in the API's encoding. The server takes requests of 4 MiB; the rest is for the
// file's name and what is around a record.
inline constexpr std::size_t kMaxRecordBytes = (std::size_t{4} << 20) - (std::size_t{64} << 10);

// Used from one thread.
class ImportSender {
 public:
  ImportSender(v1::GraphService::StubInterface& stub, grpc::ClientContext& context,
               const v1::ImportOptions& options);

  // The file that the records to come are from.
  void BeginFile(const std::string& origin);
  // LIMIT_EXCEEDED for a record above kMaxRecordBytes, which is not sent.
  absl::Status Add(const MappedRecord& mapped);
  // Sends all that has gathered.
  void Flush();
  // Whether the server has ended the call: Finish tells why.
  bool ended() const { return !open_; }
  // Ends the call; `complete`: with the word that this was all, without which nothing is applied.
  absl::StatusOr<v1::ImportResponse> Finish(bool complete);

  std::int64_t row_count() const { return row_count_; }

 private:
  struct Chunk {
    v1::ImportRequest request;
    std::size_t bytes = 0;
  };

  void Send(Chunk& chunk);

  v1::ImportResponse response_;
  std::unique_ptr<grpc::ClientWriterInterface<v1::ImportRequest>> writer_;
  std::array<Chunk, 4> chunks_;
  bool open_ = true;
  std::int64_t row_count_ = 0;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_
