// The stream of a load to the server. Records become bytes of the API in the caller's thread and
// gather in chunks, one of each kind, of about 1 MiB; a thread of the sender's own sends them while
// the next rows are read. No request is larger than what the server takes. The call is the one that
// the generated stub makes, but for the type of what is written: bytes instead of messages.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_
#define LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/sync_stream.h>
#include <tbb/concurrent_queue.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/input/chunk.h"
#include "clients/cli/input/row_mapper.h"
#include "lianjie/v1/transfer.pb.h"

namespace lianjie::cli {

// Largest record in the API's encoding. The server takes requests of 4 MiB; the rest is for the
// file's name and what is around a record.
inline constexpr std::size_t kMaxRecordBytes = (std::size_t{4} << 20) - (std::size_t{64} << 10);

// Used from one thread.
class ImportSender {
 public:
  ImportSender(grpc::ChannelInterface& channel, grpc::ClientContext& context,
               const v1::ImportOptions& options);
  ~ImportSender();
  ImportSender(const ImportSender&) = delete;
  ImportSender& operator=(const ImportSender&) = delete;

  // The file that the records to come are from.
  void BeginFile(const std::string& origin);
  // LIMIT_EXCEEDED for a record above kMaxRecordBytes, which is not sent.
  absl::Status Add(const MappedRecord& mapped);
  // Whether the server has ended the call: Finish tells why.
  bool ended() const { return !open_; }
  // Sends what is left and ends the call; `complete`: with the word that this was all, without
  // which nothing is applied. `waiting` is called a few times a second until the answer is there.
  absl::StatusOr<v1::ImportResponse> Finish(bool complete, const std::function<void()>& waiting);

  std::int64_t row_count() const { return row_count_; }

 private:
  using Writer = grpc::ClientWriter<grpc::ByteBuffer>;

  void HandOver(Chunk& chunk);
  void Stop();
  void SendAll();  // on the sending thread
  bool Write(const v1::ImportRequest& request);

  v1::ImportResponse response_;
  std::unique_ptr<Writer> writer_;
  std::atomic<bool> open_ = true;
  std::int64_t row_count_ = 0;
  std::array<Chunk, 4> chunks_ = {Chunk(RecordKind::kNode), Chunk(RecordKind::kLink),
                                  Chunk(RecordKind::kRegion), Chunk(RecordKind::kLine)};
  // On their way to the sending thread; one that is not valid: there are no more.
  tbb::concurrent_bounded_queue<grpc::ByteBuffer> messages_;
  std::thread thread_;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_
