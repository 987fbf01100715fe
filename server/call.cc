#include "server/call.h"

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/errors.h"

namespace lianjie::server {
namespace {

absl::Status CancelledError() {
  return MakeError(absl::StatusCode::kCancelled, "the caller cancelled",
                   {.reason = Reason::kCancelled, .field = {}, .row = {}, .metadata = {}});
}

Call::Clock::time_point DeadlineOf(const grpc::CallbackServerContext& context,
                                   const CallLimits& limits) {
  if (!limits.max_deadline) return context.deadline();
  return std::min(context.deadline(), Call::Clock::now() + *limits.max_deadline);
}

}  // namespace

void Call::OnCancel(std::function<void()> f) {
  const std::lock_guard lock(mutex_);
  if (cancelled()) {
    f();
  } else {
    on_cancel_ = std::move(f);
  }
}

void Call::ClearOnCancel() {
  const std::lock_guard lock(mutex_);
  on_cancel_ = nullptr;
}

void Call::MarkCancelled() {
  const std::lock_guard lock(mutex_);
  cancelled_.store(true, std::memory_order_relaxed);
  if (on_cancel_) std::exchange(on_cancel_, nullptr)();
}

absl::Status Call::Check() const {
  if (cancelled()) return CancelledError();
  if (Clock::now() < deadline_) return absl::OkStatus();
  return MakeError(absl::StatusCode::kDeadlineExceeded, "the call passed its deadline",
                   {.reason = Reason::kDeadlineExceeded, .field = {}, .row = {}, .metadata = {}});
}

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, std::size_t max_bytes,
                          google::protobuf::MessageLite& message) {
  if (bytes.Length() > max_bytes) {
    return MakeError(
        absl::StatusCode::kResourceExhausted,
        Cat("the message has ", bytes.Length(), " bytes; at most ", max_bytes, " are accepted"),
        {.reason = Reason::kMessageTooLarge,
         .field = {},
         .row = {},
         .metadata = {{"bytes", Cat(bytes.Length())}, {"limit_bytes", Cat(max_bytes)}}});
  }
  grpc::ByteBuffer copy(bytes);  // shares the slices
  if (copy.Length() == 0) {
    message.Clear();
    return absl::OkStatus();
  }
  grpc::ProtoBufferReader reader(&copy);
  if (reader.status().ok() && message.ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat("the bytes are not a well-formed ", message.GetTypeName(),
                       " (or hold text that is not UTF-8)"),
                   {.reason = Reason::kMalformedMessage,
                    .field = {},
                    .row = {},
                    .metadata = {{"message", message.GetTypeName()}}});
}

absl::StatusOr<grpc::ByteBuffer> SerializeMessage(const google::protobuf::MessageLite& message) {
  grpc::ByteBuffer bytes;
  const std::size_t size = message.ByteSizeLong();
  if (size > 0) {  // a writer that is given no room would leave an invalid buffer
    grpc::ProtoBufferWriter writer(&bytes, grpc::kProtoBufferWriterMaxBufferLength,
                                   static_cast<int>(size));
    if (!message.SerializeToZeroCopyStream(&writer)) {
      return absl::InternalError(ToAbsl(Cat("cannot serialise a ", message.GetTypeName())));
    }
    return bytes;
  }
  const grpc::Slice empty;
  bytes = grpc::ByteBuffer(&empty, 1);
  return bytes;
}

absl::Status Guarded(const std::function<absl::Status()>& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     "the server has no memory left for this request",
                     {.reason = Reason::kMemoryExhausted, .field = {}, .row = {}, .metadata = {}});
  } catch (const std::exception& error) {
    return absl::InternalError(ToAbsl(Cat("unexpected: ", error.what())));
  } catch (...) {
    return absl::InternalError("unexpected exception");
  }
}

namespace {

class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(Call::Clock::time_point deadline, const grpc::ByteBuffer& request,
            grpc::ByteBuffer* response, UnaryBody body, UnaryMove move)
      : call_(deadline),
        request_(request),
        response_(response),
        body_(std::move(body)),
        move_(std::move(move)) {}

  void Start(Lane& lane) {
    const bool last = move_.to == nullptr || move_.to == &lane;
    const absl::Status status =
        lane.Submit({.run = [this, last] { last ? Run() : Choose(); },
                     .drop = [this](const absl::Status& why) { Finish(ToGrpcStatus(why)); },
                     .deadline = call_.deadline(),
                     .cancelled = [this] { return call_.cancelled(); }});
    if (!status.ok()) Finish(ToGrpcStatus(status));
  }

  void OnCancel() override { call_.MarkCancelled(); }
  void OnDone() override { delete this; }

 private:
  void Choose() {
    bool moves = false;
    const absl::Status status = Guarded([&] {
      moves = move_.when(request_);
      return absl::OkStatus();
    });
    if (!status.ok()) {
      Finish(ToGrpcStatus(status));
    } else if (moves) {
      Start(*move_.to);
    } else {
      Run();
    }
  }

  void Run() {
    const absl::Status status = Guarded([this]() -> absl::Status {
      absl::StatusOr<grpc::ByteBuffer> answer = body_(request_, call_);
      if (!answer.ok()) return answer.status();
      *response_ = *std::move(answer);
      return absl::OkStatus();
    });
    call_.ClearOnCancel();
    Finish(ToGrpcStatus(status));
  }

  Call call_;
  const grpc::ByteBuffer request_;
  grpc::ByteBuffer* const response_;
  const UnaryBody body_;
  const UnaryMove move_;
};

class StreamCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public StreamWriter {
 public:
  StreamCall(Call::Clock::time_point deadline, const CallLimits& limits, Lane& lane,
             StreamBody body, StreamGate gate)
      : call_(deadline),
        stall_(limits.stall),
        lane_(lane),
        body_(std::move(body)),
        gate_(std::move(gate)) {}

  void Start(const google::protobuf::MessageLite* queued) {
    if (queued != nullptr && lane_.busy()) TryWrite(*queued);
    Submit([this] { gate_ ? RunGate() : Run(); });
  }

  absl::Status Write(const google::protobuf::MessageLite& message) override {
    absl::StatusOr<grpc::ByteBuffer> bytes = SerializeMessage(message);
    if (!bytes.ok()) return bytes.status();
    std::unique_lock lock(mutex_);
    if (absl::Status status = WaitForTurn(lock); !status.ok()) return status;
    outstanding_ = true;
    buffer_ = *std::move(bytes);
    StartWrite(&buffer_);
    return absl::OkStatus();
  }

  void TryWrite(const google::protobuf::MessageLite& message) override {
    absl::StatusOr<grpc::ByteBuffer> bytes = SerializeMessage(message);
    const std::lock_guard lock(mutex_);
    if (!bytes.ok() || outstanding_ || broken_ || call_.cancelled()) return;
    outstanding_ = true;
    buffer_ = *std::move(bytes);
    StartWrite(&buffer_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    outstanding_ = false;
    broken_ = broken_ || !ok;
    written_.notify_all();
  }

  void OnCancel() override {
    call_.MarkCancelled();
    const std::lock_guard lock(mutex_);
    written_.notify_all();
  }

  void OnDone() override { delete this; }

 private:
  void Submit(std::function<void()> step) {
    const absl::Status status =
        lane_.Submit({.run = std::move(step),
                      .drop = [this](const absl::Status& why) { Finish(ToGrpcStatus(why)); },
                      .deadline = call_.deadline(),
                      .cancelled = [this] { return call_.cancelled(); }});
    if (!status.ok()) Finish(ToGrpcStatus(status));
  }

  // Once the gate has handed its `resume` on, this call may end, and be destroyed, at any time: the
  // gate runs from a copy, and nothing of the call is touched after it said false.
  void RunGate() {
    const StreamGate gate = gate_;
    bool open = false;
    const absl::Status status = Guarded([this, &gate, &open]() -> absl::Status {
      LIANJIE_ASSIGN_OR_RETURN(open, gate(*this, call_, [this] { Submit([this] { Run(); }); }));
      return absl::OkStatus();
    });
    if (!status.ok()) {
      call_.ClearOnCancel();
      Finish(ToGrpcStatus(status));
    } else if (open) {
      Run();
    }
  }

  absl::Status WaitForTurn(std::unique_lock<std::mutex>& lock) {
    const bool free = written_.wait_for(
        lock, stall_, [this] { return !outstanding_ || broken_ || call_.cancelled(); });
    if (!free) {
      return MakeError(
          absl::StatusCode::kDeadlineExceeded,
          Cat("the reader took no message for ", stall_.count(), " ms"),
          {.reason = Reason::kDeadlineExceeded, .field = {}, .row = {}, .metadata = {}});
    }
    return broken_ || call_.cancelled() ? CancelledError() : absl::OkStatus();
  }

  void Run() {
    absl::Status status = Guarded([this] { return body_(*this, call_); });
    call_.ClearOnCancel();
    std::unique_lock lock(mutex_);
    if (status.ok()) {
      status = WaitForTurn(lock);  // the last message must have left before the status
    }
    lock.unlock();
    Finish(ToGrpcStatus(status));
  }

  Call call_;
  const std::chrono::milliseconds stall_;
  Lane& lane_;
  const StreamBody body_;
  const StreamGate gate_;
  std::mutex mutex_;
  std::condition_variable written_;
  bool outstanding_ = false;
  bool broken_ = false;
  grpc::ByteBuffer buffer_;
};

class UploadCall final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  UploadCall(Call::Clock::time_point deadline, grpc::ByteBuffer* response, Lane& lane,
             UploadBody body)
      : call_(deadline), response_(response), lane_(lane), body_(std::move(body)) {}

  void Start() { StartRead(&message_); }

  void OnReadDone(bool ok) override {
    Submit([this, ok] { ok ? TakeMessage() : End(); });
  }

  void OnCancel() override { call_.MarkCancelled(); }
  void OnDone() override { delete this; }

 private:
  void Submit(std::function<void()> step) {
    const absl::Status status =
        lane_.Submit({.run = std::move(step),
                      .drop = [this](const absl::Status& why) { Finish(ToGrpcStatus(why)); },
                      .deadline = call_.deadline(),
                      .cancelled = [this] { return call_.cancelled(); }});
    if (!status.ok()) Finish(ToGrpcStatus(status));
  }

  void TakeMessage() {
    const absl::Status status = Guarded([this] { return body_.on_message(message_, call_); });
    if (!status.ok()) {
      Finish(ToGrpcStatus(status));
    } else {
      message_.Clear();
      StartRead(&message_);
    }
  }

  void End() {
    const absl::Status status = Guarded([this]() -> absl::Status {
      if (call_.cancelled()) return CancelledError();
      absl::StatusOr<grpc::ByteBuffer> answer = body_.on_end(call_);
      if (!answer.ok()) return answer.status();
      *response_ = *std::move(answer);
      return absl::OkStatus();
    });
    call_.ClearOnCancel();
    Finish(ToGrpcStatus(status));
  }

  Call call_;
  grpc::ByteBuffer* const response_;
  Lane& lane_;
  const UploadBody body_;
  grpc::ByteBuffer message_;
};

}  // namespace

grpc::ServerUnaryReactor* StartUnary(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                     Lane& lane, const CallLimits& limits, UnaryBody body,
                                     UnaryMove move) {
  auto call = std::make_unique<UnaryCall>(DeadlineOf(*context, limits), *request, response,
                                          std::move(body), std::move(move));
  call->Start(lane);
  return call.release();  // owned by gRPC until OnDone
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartStream(grpc::CallbackServerContext* context,
                                                        Lane& lane, const CallLimits& limits,
                                                        StreamBody body, StreamStart start) {
  auto call = std::make_unique<StreamCall>(DeadlineOf(*context, limits), limits, lane,
                                           std::move(body), std::move(start.gate));
  call->Start(start.queued);
  return call.release();
}

grpc::ServerReadReactor<grpc::ByteBuffer>* StartUpload(grpc::CallbackServerContext* context,
                                                       grpc::ByteBuffer* response, Lane& lane,
                                                       const CallLimits& limits, UploadBody body) {
  auto call =
      std::make_unique<UploadCall>(DeadlineOf(*context, limits), response, lane, std::move(body));
  call->Start();
  return call.release();
}

}  // namespace lianjie::server
