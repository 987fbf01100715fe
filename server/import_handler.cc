#include "server/import_handler.h"

#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/call.h"
#include "server/convert.h"
#include "server/errors.h"
#include "server/graph_handlers.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kMaxRowErrorBytes = std::size_t{3} << 20;
constexpr std::int64_t kDefaultMaxBadRows = 100000;
// What one large row leaves behind in each place of a message must not add up.
constexpr int kMessagesToAnObject = 16;

std::string IdOf(const v1::Node& node) { return node.id(); }
std::string IdOf(const v1::Link& link) { return link.id(); }
std::string IdOf(const v1::Region& region) { return region.code(); }
std::string IdOf(const v1::Line& line) { return line.region(); }

void SetCounts(std::uint64_t created, std::uint64_t updated, v1::ImportCounts& out) {
  out.set_created_count(static_cast<std::int64_t>(created));
  out.set_updated_count(static_cast<std::int64_t>(updated));
}

}  // namespace

v1::ImportRequest& ImportHandler::NextMessage() {
  if (messages_++ % kMessagesToAnObject == 0) message_ = std::make_unique<v1::ImportRequest>();
  return *message_;
}

absl::Status ImportHandler::Take(const grpc::ByteBuffer& bytes, std::size_t most_bytes) {
  grpc::Slice whole;
  if (load_ && !ended_ && bytes.Length() <= most_bytes &&
      (bytes.TrySingleSlice(&whole).ok() || bytes.DumpToSingleSlice(&whole).ok())) {
    const std::string_view message(reinterpret_cast<const char*>(whole.begin()), whole.size());
    if (const std::optional<absl::Status> taken = TakeRows(message)) return *taken;
  }
  v1::ImportRequest& message = NextMessage();
  LIANJIE_RETURN_IF_ERROR(ParseMessage(bytes, most_bytes, message));
  return TakeMessage(message);
}

std::optional<absl::Status> ImportHandler::TakeRows(std::string_view message) {
  if (!rows_.Open(message)) return std::nullopt;
  const std::uint32_t origin = OriginOf(rows_.origin());
  const std::vector<std::int64_t>& lines = rows_.line_numbers();
  std::unique_ptr<storage::RowBlock> block = load_->NewBlock();
  block->Reserve(rows_.are_links() ? 0 : rows_.size(), rows_.are_links() ? rows_.size() : 0,
                 message.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const storage::RowOrigin where{
        .file = origin,
        .line = lines.empty() ? origin_rows_[origin] + static_cast<std::int64_t>(i) + 1 : lines[i]};
    if (rows_.are_links()) {
      if (!ReadLink(rows_[i], link_)) return std::nullopt;
      block->AddLink(link_, where);
    } else {
      if (!ReadNode(rows_[i], node_)) return std::nullopt;
      block->AddNode(node_, where);
    }
  }
  const auto count = static_cast<std::int64_t>(rows_.size());
  row_count_ += count;
  origin_rows_[origin] += count;
  state_->row_count = row_count_;
  return AddBlock(std::move(block));
}

absl::Status ImportHandler::TakeMessage(const v1::ImportRequest& message) {
  if (ended_) return InvalidField("end", "must be the last message");
  switch (message.message_case()) {
    case v1::ImportRequest::kOptions:
      if (load_) return InvalidField("options", "must be the first message and no other");
      return Begin(message.options());
    case v1::ImportRequest::kChunk:
      if (!load_)
        return InvalidField("options", "must come before the first chunk", Reason::kMissingField);
      return AddChunk(message.chunk());
    case v1::ImportRequest::kEnd:
      if (!load_) return InvalidField("options", "must come before the end", Reason::kMissingField);
      if (message.end().row_count() != row_count_) {
        return InvalidField("end.row_count", Cat(message.end().row_count(), " rows were sent, but ",
                                                 row_count_, " arrived"));
      }
      ended_ = true;
      return absl::OkStatus();
    default:
      return InvalidField("message", "one of options, chunk and end must be set",
                          Reason::kMissingField);
  }
}

absl::Status ImportHandler::Begin(const v1::ImportOptions& options) {
  storage::LoadOptions load;
  load.graph = GraphName(options.graph());
  load.create_graph = true;
  LIANJIE_RETURN_IF_ERROR(CheckRequestId("options.request_id", options.request_id()));
  load.request_id = options.request_id();
  load.skip_bad_rows = options.collect_bad_rows();
  if (options.max_bad_rows() < 0) return InvalidField("options.max_bad_rows", "is negative");
  load.max_bad_rows = static_cast<std::uint64_t>(
      options.max_bad_rows() == 0 ? kDefaultMaxBadRows : options.max_bad_rows());
  if (!v1::OnExisting_IsValid(options.on_existing())) {
    return InvalidField("options.on_existing", Cat(static_cast<int>(options.on_existing()),
                                                   " is not a value of this enum"));
  }
  load.on_existing = options.on_existing() == v1::ON_EXISTING_UPDATE
                         ? storage::LoadOptions::OnExisting::kUpdate
                         : storage::LoadOptions::OnExisting::kError;
  skip_bad_rows_ = load.skip_bad_rows;
  max_bad_rows_ = load.max_bad_rows;
  load.memory_bytes = loads_.memory_bytes();
  const std::shared_ptr<LoadState> state = loads_.Begin(load.graph);
  load.progress = [state](storage::LoadStep step) {
    state->total = step.total;
    state->done = step.done;
  };
  absl::StatusOr<std::unique_ptr<storage::Load>> begun = store_.BeginLoad(load);
  if (!begun.ok()) return begun.status();
  load_ = *std::move(begun);
  state_ = state;
  return absl::OkStatus();
}

std::uint32_t ImportHandler::OriginOf(std::string_view name) {
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    if (origins_[i] == name) return static_cast<std::uint32_t>(i);
  }
  origins_.emplace_back(name);
  origin_rows_.push_back(0);
  return static_cast<std::uint32_t>(origins_.size() - 1);
}

absl::Status ImportHandler::Locate(const absl::Status& status,
                                   const storage::RowOrigin& origin) const {
  ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail{});
  detail.row.reset();
  if (origin.file < origins_.size()) detail.metadata["origin"] = origins_[origin.file];
  detail.metadata["line"] = Cat(origin.line);
  return MakeError(status.code(), FromAbsl(status.message()), std::move(detail));
}

template <typename Messages, typename Add>
absl::Status ImportHandler::AddRows(const Messages& rows, const v1::ImportChunk& chunk,
                                    std::uint32_t origin, Add add) {
  if (rows.empty()) return absl::OkStatus();
  if (chunk.line_numbers_size() != 0 && chunk.line_numbers_size() != rows.size()) {
    return InvalidField("chunk.line_numbers", Cat("there are ", chunk.line_numbers_size(), " for ",
                                                  rows.size(), " rows"));
  }
  std::unique_ptr<storage::RowBlock> block = load_->NewBlock();
  for (int i = 0; i < rows.size(); ++i) {
    ++row_count_;
    const std::int64_t ordinal = ++origin_rows_[origin];
    const storage::RowOrigin where{
        .file = origin, .line = chunk.line_numbers_size() != 0 ? chunk.line_numbers(i) : ordinal};
    auto record = FromProto(rows[i]);
    if (record.ok()) {
      add(*block, *std::move(record), where);
    } else if (!skip_bad_rows_) {
      // A bad row among those before it comes first.
      LIANJIE_RETURN_IF_ERROR(AddBlock(std::move(block)));
      return Locate(record.status(), where);
    } else if (unreadable_.size() >= max_bad_rows_) {
      return MakeError(absl::StatusCode::kResourceExhausted,
                       Cat("more than ", max_bad_rows_, " bad rows"),
                       {.reason = Reason::kLimitExceeded,
                        .field = {},
                        .row = {},
                        .metadata = {{"limit", "max_bad_rows"},
                                     {"value", Cat(max_bad_rows_)},
                                     {"needed", Cat(max_bad_rows_ + 1)}}});
    } else {
      load_->AddToDigest(Cat(row_count_, " ", IdOf(rows[i]), " ", record.status().message()));
      unreadable_.push_back({.origin = where, .id = IdOf(rows[i]), .status = record.status()});
    }
  }
  state_->row_count = row_count_;
  return AddBlock(std::move(block));
}

absl::Status ImportHandler::AddBlock(std::unique_ptr<storage::RowBlock> block) {
  absl::Status status = load_->Add(std::move(block));
  const auto& bad = load_->bad_row();
  return !status.ok() && bad ? Locate(status, bad->origin) : status;
}

absl::Status ImportHandler::AddChunk(const v1::ImportChunk& chunk) {
  const int kinds = (chunk.nodes().empty() ? 0 : 1) + (chunk.links().empty() ? 0 : 1) +
                    (chunk.regions().empty() ? 0 : 1) + (chunk.lines().empty() ? 0 : 1);
  if (kinds > 1) return InvalidField("chunk", "holds rows of more than one kind");
  const std::uint32_t origin = OriginOf(chunk.origin());
  using storage::RowBlock;
  using storage::RowOrigin;
  LIANJIE_RETURN_IF_ERROR(AddRows(chunk.regions(), chunk, origin,
                                  [](RowBlock& block, RegionRecord row, RowOrigin where) {
                                    block.AddRegion(std::move(row), where);
                                  }));
  LIANJIE_RETURN_IF_ERROR(
      AddRows(chunk.nodes(), chunk, origin,
              [](RowBlock& block, NodeRecord row, RowOrigin where) { block.AddNode(row, where); }));
  LIANJIE_RETURN_IF_ERROR(
      AddRows(chunk.links(), chunk, origin,
              [](RowBlock& block, LinkRecord row, RowOrigin where) { block.AddLink(row, where); }));
  return AddRows(chunk.lines(), chunk, origin,
                 [](RowBlock& block, LineRecord row, RowOrigin where) {
                   block.AddLine(std::move(row), where);
                 });
}

absl::StatusOr<v1::ImportResponse> ImportHandler::Finish() {
  if (!ended_)
    return InvalidField("end", "was not sent: nothing is applied", Reason::kMissingField);
  absl::StatusOr<storage::LoadResult> done = load_->Finish();
  if (!done.ok()) {
    const auto& bad = load_->bad_row();
    return bad ? Locate(done.status(), bad->origin) : done.status();
  }
  v1::ImportResponse response;
  response.set_revision(done->revision);
  SetCounts(done->nodes_created, done->nodes_updated, *response.mutable_nodes());
  SetCounts(done->links_created, done->links_updated, *response.mutable_links());
  SetCounts(done->regions_created, done->regions_updated, *response.mutable_regions());
  SetCounts(done->lines_created, done->lines_updated, *response.mutable_lines());
  response.set_replayed(done->replayed);
  response.set_rejected_count(static_cast<std::int64_t>(unreadable_.size() + done->rejected));
  if (done->replayed) return response;
  std::vector<storage::RowError> errors = std::move(unreadable_);
  errors.insert(errors.end(), done->bad_rows.begin(), done->bad_rows.end());
  std::size_t bytes = 0;
  for (const storage::RowError& error : errors) {
    v1::RowError row;
    const ErrorDetail detail = GetErrorDetail(error.status).value_or(ErrorDetail{});
    if (error.origin.file < origins_.size()) row.set_origin(origins_[error.origin.file]);
    row.set_line(error.origin.line);
    row.set_field(detail.field);
    row.set_reason(std::string(ReasonName(detail.reason)));
    row.set_message(Presentable(FromAbsl(error.status.message())));
    row.set_id(Presentable(error.id));
    bytes += row.ByteSizeLong();
    if (bytes > kMaxRowErrorBytes) {
      response.set_row_errors_truncated(true);
      break;
    }
    *response.add_row_errors() = std::move(row);
  }
  return response;
}

}  // namespace lianjie::server
