// The stream of a load to the server. Records are turned into messages and sent by a thread of the
// sender's own, while the next are read and mapped; they gather in chunks, one of each kind, of
// about 1 MiB. No request is larger than what the server takes.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_
#define LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_

#include <tbb/concurrent_queue.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

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
  ~ImportSender();
  ImportSender(const ImportSender&) = delete;
  ImportSender& operator=(const ImportSender&) = delete;

  // The file that the records to come are from.
  void BeginFile(const std::string& origin);
  // LIMIT_EXCEEDED for a record above kMaxRecordBytes, which is not sent.
  absl::Status Add(MappedRecord mapped);
  // Whether the server has ended the call: Finish tells why.
  bool ended() const { return !open_; }
  // Sends what is left and ends the call; `complete`: with the word that this was all, without
  // which nothing is applied. `waiting` is called a few times a second until the answer is there.
  absl::StatusOr<v1::ImportResponse> Finish(bool complete, const std::function<void()>& waiting);

  std::int64_t row_count() const { return row_count_; }

 private:
  // Records of one file on their way to the sending thread; none: there are no more.
  struct Batch {
    std::string origin;
    std::vector<MappedRecord> records;
    std::size_t bytes = 0;
  };
  struct Chunk {
    v1::ImportRequest request;
    std::size_t bytes = 0;
    int sent = 0;
  };

  void HandOver();
  void Stop();
  // On the sending thread.
  void SendAll();
  void Place(const MappedRecord& mapped);
  void Send(Chunk& chunk);

  v1::ImportResponse response_;
  std::unique_ptr<grpc::ClientWriterInterface<v1::ImportRequest>> writer_;
  std::atomic<bool> open_ = true;
  std::int64_t row_count_ = 0;
  Batch gathering_;
  tbb::concurrent_bounded_queue<std::unique_ptr<Batch>> batches_;

  // Of the sending thread.
  std::array<Chunk, 4> chunks_;
  std::thread thread_;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_SENDER_H_
