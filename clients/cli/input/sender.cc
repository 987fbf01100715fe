#include "clients/cli/input/sender.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/rpc_method.h>

#include <chrono>
#include <future>
#include <utility>
#include <variant>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/errors.h"

namespace lianjie::cli {
namespace {

constexpr char kImportMethod[] = "/lianjie.v1.GraphService/Import";
constexpr std::size_t kChunksAhead = 4;
constexpr std::chrono::milliseconds kWaitingEvery{250};

absl::Status TooLarge(std::size_t bytes, std::int64_t line) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat("the row takes ", bytes, " bytes, the most is ", kMaxRecordBytes),
                   {.reason = Reason::kLimitExceeded,
                    .field = {},
                    .row = {},
                    .metadata = {{"bytes", Cat(bytes)}, {"line", Cat(line)}, {"column", "1"}}});
}

}  // namespace

ImportSender::ImportSender(grpc::ChannelInterface& channel, grpc::ClientContext& context,
                           const v1::ImportOptions& options)
    : writer_(grpc::internal::ClientWriterFactory<grpc::ByteBuffer>::Create(
          &channel,
          grpc::internal::RpcMethod(kImportMethod, grpc::internal::RpcMethod::CLIENT_STREAMING),
          &context, &response_)) {
  messages_.set_capacity(kChunksAhead);
  v1::ImportRequest request;
  *request.mutable_options() = options;
  open_ = Write(request);
  thread_ = std::thread([this] { SendAll(); });
}

ImportSender::~ImportSender() { Stop(); }

void ImportSender::BeginFile(const std::string& origin) {
  for (Chunk& chunk : chunks_) {
    HandOver(chunk);
    chunk.Begin(origin);
  }
}

absl::Status ImportSender::Add(const MappedRecord& mapped) {
  Chunk& chunk = chunks_[mapped.record.index()];
  const std::size_t bytes = std::visit(
      [&](const auto& record) {
        const std::size_t most = MostBytes(record);
        if (!chunk.Takes(most)) HandOver(chunk);
        return chunk.Add(record, mapped.line, most, kMaxRecordBytes);
      },
      mapped.record);
  if (bytes > kMaxRecordBytes) return TooLarge(bytes, mapped.line);
  ++row_count_;
  return absl::OkStatus();
}

absl::StatusOr<v1::ImportResponse> ImportSender::Finish(bool complete,
                                                        const std::function<void()>& waiting) {
  for (Chunk& chunk : chunks_) HandOver(chunk);
  Stop();
  if (complete && open_) {
    v1::ImportRequest request;
    request.mutable_end()->set_row_count(row_count_);
    Write(request);
  }
  writer_->WritesDone();
  std::future<grpc::Status> answer =
      std::async(std::launch::async, [this] { return writer_->Finish(); });
  while (answer.wait_for(kWaitingEvery) != std::future_status::ready) {
    if (waiting) waiting();
  }
  const absl::Status status = server::FromGrpcStatus(answer.get());
  if (!status.ok()) return status;
  return response_;
}

void ImportSender::HandOver(Chunk& chunk) {
  if (!chunk.empty()) messages_.push(chunk.Take());
}

void ImportSender::Stop() {
  if (!thread_.joinable()) return;
  messages_.push(grpc::ByteBuffer());
  thread_.join();
}

// Goes on taking messages when the server has ended the call, so that nobody waits to hand one
// over.
void ImportSender::SendAll() {
  while (true) {
    grpc::ByteBuffer message;
    messages_.pop(message);
    if (!message.Valid()) return;
    if (open_ && !writer_->Write(message)) open_ = false;
  }
}

bool ImportSender::Write(const v1::ImportRequest& request) {
  grpc::ByteBuffer bytes;
  bool own = false;
  return grpc::SerializationTraits<v1::ImportRequest>::Serialize(request, &bytes, &own).ok() &&
         writer_->Write(bytes);
}

}  // namespace lianjie::cli
