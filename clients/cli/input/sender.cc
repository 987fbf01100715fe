#include "clients/cli/input/sender.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <future>
#include <utility>
#include <variant>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"
#include "server/errors.h"

namespace lianjie::cli {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::size_t kBatchRecords = 1024;
constexpr std::size_t kBatchBytes = std::size_t{1} << 20;
constexpr std::size_t kBatchesAhead = 4;
// What one large record leaves behind in each place of a chunk must not add up.
constexpr int kChunksToAnObject = 16;
constexpr std::chrono::milliseconds kWaitingEvery{250};

// The most that a record's fields can take beside its texts, and what stands around a text.
constexpr std::size_t kFieldsBytes = 512;
constexpr std::size_t kAroundText = 16;

template <typename... Texts> std::size_t TextsBytes(const Texts&... texts) {
  return ((texts.size() + kAroundText) + ...);
}
template <typename Properties> std::size_t PropertiesBytes(const Properties& properties) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : properties) bytes += TextsBytes(name, value);
  return bytes;
}

// At least what the record takes in the API's encoding.
std::size_t MostBytes(const NodeRecord& r) {
  std::size_t bytes = TextsBytes(r.id, r.subtype, r.name, r.region, r.industry);
  for (const std::string& label : r.labels) bytes += TextsBytes(label);
  return kFieldsBytes + bytes + r.causes.size() + PropertiesBytes(r.properties);
}
std::size_t MostBytes(const LinkRecord& r) {
  return kFieldsBytes + TextsBytes(r.id, r.agreement, r.source, r.target, r.policy, r.product) +
         PropertiesBytes(r.properties);
}
std::size_t MostBytes(const RegionRecord& r) {
  return kFieldsBytes + TextsBytes(r.code, r.parent, r.name);
}
std::size_t MostBytes(const LineRecord& r) { return kFieldsBytes + TextsBytes(r.region); }

std::size_t MostBytes(const MappedRecord& mapped) {
  return std::visit([](const auto& record) { return MostBytes(record); }, mapped.record);
}

absl::Status CheckSize(const MappedRecord& mapped, std::size_t most) {
  if (most <= kMaxRecordBytes) return absl::OkStatus();
  const std::size_t bytes = std::visit(
      [](const auto& record) { return server::ToProto(record).ByteSizeLong(); }, mapped.record);
  if (bytes <= kMaxRecordBytes) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      Cat("the row takes ", bytes, " bytes, the most is ", kMaxRecordBytes),
      {.reason = Reason::kLimitExceeded,
       .field = {},
       .row = {},
       .metadata = {{"bytes", Cat(bytes)}, {"line", Cat(mapped.line)}, {"column", "1"}}});
}

v1::Node& NewRow(const NodeRecord&, v1::ImportChunk& rows) { return *rows.add_nodes(); }
v1::Link& NewRow(const LinkRecord&, v1::ImportChunk& rows) { return *rows.add_links(); }
v1::Region& NewRow(const RegionRecord&, v1::ImportChunk& rows) { return *rows.add_regions(); }
v1::Line& NewRow(const LineRecord&, v1::ImportChunk& rows) { return *rows.add_lines(); }

}  // namespace

ImportSender::ImportSender(v1::GraphService::StubInterface& stub, grpc::ClientContext& context,
                           const v1::ImportOptions& options)
    : writer_(stub.Import(&context, &response_)) {
  batches_.set_capacity(kBatchesAhead);
  v1::ImportRequest request;
  *request.mutable_options() = options;
  open_ = writer_->Write(request);
  thread_ = std::thread([this] { SendAll(); });
}

ImportSender::~ImportSender() { Stop(); }

void ImportSender::BeginFile(const std::string& origin) {
  HandOver();
  gathering_.origin = origin;
}

absl::Status ImportSender::Add(MappedRecord mapped) {
  const std::size_t bytes = MostBytes(mapped);
  LIANJIE_RETURN_IF_ERROR(CheckSize(mapped, bytes));
  gathering_.records.push_back(std::move(mapped));
  gathering_.bytes += bytes;
  ++row_count_;
  if (gathering_.records.size() >= kBatchRecords || gathering_.bytes >= kBatchBytes) HandOver();
  return absl::OkStatus();
}

absl::StatusOr<v1::ImportResponse> ImportSender::Finish(bool complete,
                                                        const std::function<void()>& waiting) {
  HandOver();
  Stop();
  if (complete && open_) {
    v1::ImportRequest request;
    request.mutable_end()->set_row_count(row_count_);
    writer_->Write(request);
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

void ImportSender::HandOver() {
  if (gathering_.records.empty()) return;
  auto batch = std::make_unique<Batch>();
  batch->origin = gathering_.origin;
  std::swap(batch->records, gathering_.records);
  gathering_.bytes = 0;
  gathering_.records.reserve(kBatchRecords);
  batches_.push(std::move(batch));
}

void ImportSender::Stop() {
  if (!thread_.joinable()) return;
  batches_.push(nullptr);
  thread_.join();
}

// Goes on taking batches when the server has ended the call, so that nobody waits to hand one over.
void ImportSender::SendAll() {
  std::string origin;
  std::unique_ptr<Batch> batch;
  while (true) {
    batches_.pop(batch);
    if (batch == nullptr || batch->origin != origin) {
      for (Chunk& chunk : chunks_) Send(chunk);
    }
    if (batch == nullptr) return;
    origin = batch->origin;
    if (!open_) continue;
    for (Chunk& chunk : chunks_) chunk.request.mutable_chunk()->set_origin(origin);
    for (const MappedRecord& mapped : batch->records) Place(mapped);
  }
}

void ImportSender::Place(const MappedRecord& mapped) {
  Chunk& chunk = chunks_[mapped.record.index()];
  const std::size_t bytes = MostBytes(mapped);
  if (chunk.bytes + bytes > kChunkBytes) Send(chunk);
  v1::ImportChunk& rows = *chunk.request.mutable_chunk();
  std::visit([&](const auto& record) { server::ToProto(record, NewRow(record, rows)); },
             mapped.record);
  rows.add_line_numbers(mapped.line);
  chunk.bytes += bytes;
}

// The rows stay behind, cleared: the next find the memory of their texts.
void ImportSender::Send(Chunk& chunk) {
  if (chunk.bytes == 0) return;
  if (open_ && !writer_->Write(chunk.request)) open_ = false;
  v1::ImportChunk& rows = *chunk.request.mutable_chunk();
  if (++chunk.sent % kChunksToAnObject == 0) {
    v1::ImportChunk fresh;
    fresh.set_origin(rows.origin());
    rows.Swap(&fresh);
  }
  rows.clear_nodes();
  rows.clear_links();
  rows.clear_regions();
  rows.clear_lines();
  rows.clear_line_numbers();
  chunk.bytes = 0;
}

}  // namespace lianjie::cli
