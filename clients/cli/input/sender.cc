#include "clients/cli/input/sender.h"

#include <grpcpp/client_context.h>

#include <utility>
#include <variant>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"
#include "server/errors.h"

namespace lianjie::cli {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::size_t kAroundRecord = 16;  // its key and length, and its line's number

void Place(v1::ImportChunk& rows, v1::Node message) { *rows.add_nodes() = std::move(message); }
void Place(v1::ImportChunk& rows, v1::Link message) { *rows.add_links() = std::move(message); }
void Place(v1::ImportChunk& rows, v1::Region message) { *rows.add_regions() = std::move(message); }
void Place(v1::ImportChunk& rows, v1::Line message) { *rows.add_lines() = std::move(message); }

}  // namespace

ImportSender::ImportSender(v1::GraphService::StubInterface& stub, grpc::ClientContext& context,
                           const v1::ImportOptions& options)
    : writer_(stub.Import(&context, &response_)) {
  v1::ImportRequest request;
  *request.mutable_options() = options;
  open_ = writer_->Write(request);
}

void ImportSender::BeginFile(const std::string& origin) {
  for (Chunk& chunk : chunks_) chunk.request.mutable_chunk()->set_origin(origin);
}

absl::Status ImportSender::Add(const MappedRecord& mapped) {
  Chunk& chunk = chunks_[mapped.record.index()];
  return std::visit(
      [&](const auto& record) -> absl::Status {
        auto message = server::ToProto(record);
        const std::size_t bytes = message.ByteSizeLong();
        if (bytes > kMaxRecordBytes) {
          return MakeError(
              absl::StatusCode::kInvalidArgument,
              Cat("the row takes ", bytes, " bytes, the most is ", kMaxRecordBytes),
              {.reason = Reason::kLimitExceeded,
               .field = {},
               .row = {},
               .metadata = {{"bytes", Cat(bytes)}, {"line", Cat(mapped.line)}, {"column", "1"}}});
        }
        if (chunk.bytes > 0 && chunk.bytes + bytes > kChunkBytes) Send(chunk);
        v1::ImportChunk& rows = *chunk.request.mutable_chunk();
        Place(rows, std::move(message));
        rows.add_line_numbers(mapped.line);
        chunk.bytes += bytes + kAroundRecord;
        ++row_count_;
        if (chunk.bytes >= kChunkBytes) Send(chunk);
        return absl::OkStatus();
      },
      mapped.record);
}

void ImportSender::Flush() {
  for (Chunk& chunk : chunks_) {
    if (chunk.bytes > 0) Send(chunk);
  }
}

absl::StatusOr<v1::ImportResponse> ImportSender::Finish(bool complete) {
  if (complete && open_) {
    v1::ImportRequest request;
    request.mutable_end()->set_row_count(row_count_);
    writer_->Write(request);
  }
  writer_->WritesDone();
  const absl::Status status = server::FromGrpcStatus(writer_->Finish());
  if (!status.ok()) return status;
  return response_;
}

void ImportSender::Send(Chunk& chunk) {
  open_ = open_ && writer_->Write(chunk.request);
  v1::ImportChunk& rows = *chunk.request.mutable_chunk();
  rows.clear_nodes();
  rows.clear_links();
  rows.clear_regions();
  rows.clear_lines();
  rows.clear_line_numbers();
  chunk.bytes = 0;
}

}  // namespace lianjie::cli
