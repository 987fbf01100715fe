// Calls on gRPC's callback API, taken raw. In gRPC 1.51 a malformed message or a throwing handler
// answers UNIMPLEMENTED, and a blocking callback starves its few threads; so every method receives
// bytes, and these reactors do the rest the same way for all: check the size, parse, wait for a
// turn in a lane, run the handler in that lane's thread, catch whatever it throws, map the error,
// serialise. Handlers are plain functions of messages and know nothing of gRPC.
//
// A reactor deletes itself when gRPC says that it is done; until then the handler may use its Call.
#ifndef LIANJIE_SERVER_CALL_H_
#define LIANJIE_SERVER_CALL_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/lane.h"

namespace lianjie::server {

struct CallLimits {
  std::size_t max_message_bytes = std::size_t{4} << 20;
  std::optional<std::chrono::milliseconds> max_deadline;  // a call's own deadline is cut to this
  std::chrono::milliseconds stall{
      std::chrono::seconds(30)};  // a reader that takes no message for so long is ended

  // For calls whose length follows from how much there is.
  CallLimits Uncut() const {
    CallLimits uncut = *this;
    uncut.max_deadline.reset();
    return uncut;
  }
};

// What a handler sees of its call. Thread safe.
class Call {
 public:
  using Clock = std::chrono::system_clock;

  explicit Call(Clock::time_point deadline) : deadline_(deadline) {}

  Clock::time_point deadline() const { return deadline_; }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  // OK, CANCELLED or DEADLINE_EXCEEDED.
  absl::Status Check() const;
  // `f` runs once when the call is cancelled or its deadline passes, at once if that was before;
  // not after ClearOnCancel returns.
  void OnCancel(std::function<void()> f);
  void ClearOnCancel();

  void MarkCancelled();  // by the reactor

 private:
  const Clock::time_point deadline_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::function<void()> on_cancel_;
};

// Bytes to message and back. Errors: MESSAGE_TOO_LARGE (RESOURCE_EXHAUSTED), MALFORMED_MESSAGE
// (INVALID_ARGUMENT; also for text that is not UTF-8).
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, std::size_t max_bytes,
                          google::protobuf::MessageLite& message);
absl::StatusOr<grpc::ByteBuffer> SerializeMessage(const google::protobuf::MessageLite& message);

// Runs `body`, turning whatever it throws into a status (bad_alloc: MEMORY_EXHAUSTED; anything
// else: INTERNAL).
absl::Status Guarded(const std::function<absl::Status()>& body);

// One request, one answer.
using UnaryBody =
    std::function<absl::StatusOr<grpc::ByteBuffer>(const grpc::ByteBuffer& request, Call& call)>;

// Where the body is to run when a look at the request, in the first lane, says so.
struct UnaryMove {
  Lane* to = nullptr;  // none: it stays
  std::function<bool(const grpc::ByteBuffer& request)> when = {};
};

grpc::ServerUnaryReactor* StartUnary(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                     Lane& lane, const CallLimits& limits, UnaryBody body,
                                     UnaryMove move = {});

template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context,
                                const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                Lane& lane, const CallLimits& limits, Handler handler,
                                UnaryMove move = {}) {
  return StartUnary(
      context, request, response, lane, limits,
      [handler = std::move(handler), max = limits.max_message_bytes](
          const grpc::ByteBuffer& bytes, Call& call) -> absl::StatusOr<grpc::ByteBuffer> {
        Request message;
        if (absl::Status status = ParseMessage(bytes, max, message); !status.ok()) return status;
        absl::StatusOr<Response> answer = handler(message, call);
        if (!answer.ok()) return answer.status();
        return SerializeMessage(*answer);
      },
      std::move(move));
}

// Where a server stream's handler puts its answers. One write is outstanding at a time.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  // Waits until the message before has left, then sends this one; CANCELLED when the reader has
  // gone, DEADLINE_EXCEEDED when it stalls. From one thread.
  virtual absl::Status Write(const google::protobuf::MessageLite& message) = 0;
  // Sends only when nothing is outstanding; from any thread, for progress.
  virtual void TryWrite(const google::protobuf::MessageLite& message) = 0;
};

// One request, a stream of answers.
using StreamBody = std::function<absl::Status(StreamWriter& writer, Call& call)>;

// Runs in the lane before the body. True: the body may run at once. False: the body must wait for
// something; the lane's thread is given free, and `resume`, to be called once and from any thread,
// puts the body in the lane's queue. After it has handed `resume` on, the gate may use neither
// writer nor call: the call may be over.
using StreamGate = std::function<absl::StatusOr<bool>(StreamWriter& writer, Call& call,
                                                      std::function<void()> resume)>;

struct StreamStart {
  StreamGate gate = {};  // empty: none
  // Sent at once when the call must wait for its turn; nullptr: nothing is.
  const google::protobuf::MessageLite* queued = nullptr;
};

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartStream(grpc::CallbackServerContext* context,
                                                        Lane& lane, const CallLimits& limits,
                                                        StreamBody body, StreamStart start = {});

// A stream of requests, one answer: `on_message` gets each in order, `on_end` makes the answer. All
// run in the lane, one at a time. The state they share is destroyed with the call, however it ends.
struct UploadBody {
  std::function<absl::Status(const grpc::ByteBuffer& message, Call& call)> on_message;
  std::function<absl::StatusOr<grpc::ByteBuffer>(Call& call)> on_end;
};
grpc::ServerReadReactor<grpc::ByteBuffer>* StartUpload(grpc::CallbackServerContext* context,
                                                       grpc::ByteBuffer* response, Lane& lane,
                                                       const CallLimits& limits, UploadBody body);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_CALL_H_
