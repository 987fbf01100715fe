#include "clients/cli/input/bad_rows.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {

std::string RowFault::ToString() const {
  std::string text = Cat(file, ":", line, ":", column, ": ");
  if (!field.empty() && !message.starts_with(field)) text += Cat(field, ": ");
  return text + message;
}

RowFault FaultOf(std::string_view file, const absl::Status& status) {
  RowFault fault{.file = std::string(file),
                 .line = 1,
                 .column = 1,
                 .field = {},
                 .reason = {},
                 .message = std::string(FromAbsl(status.message()))};
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  if (!detail) return fault;
  const auto number = [&](const char* key) -> std::int64_t {
    const auto at = detail->metadata.find(key);
    return at == detail->metadata.end() ? 1 : ParseInt64(at->second).value_or(1);
  };
  fault.line = number("line");
  fault.column = number("column");
  fault.field = detail->field;
  fault.reason = ReasonName(detail->reason);
  return fault;
}

namespace {

// One row of the file.
absl::StatusOr<std::string> RowText(std::initializer_list<std::string_view> cells) {
  std::string text;
  CsvWriter csv([&](std::string_view bytes) {
    text += bytes;
    return absl::OkStatus();
  });
  for (const std::string_view cell : cells) csv.Cell(cell);
  LIANJIE_RETURN_IF_ERROR(csv.EndRow());
  LIANJIE_RETURN_IF_ERROR(csv.Finish());
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BadRows>> BadRows::Open(const std::string& path,
                                                       const std::vector<std::string>& files) {
  LIANJIE_ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file, OutputFile::Open(path));
  LIANJIE_ASSIGN_OR_RETURN(std::unique_ptr<Spool> spool, Spool::Open());
  std::unique_ptr<BadRows> out(new BadRows(std::move(file), std::move(spool)));
  for (const std::string& name : files) out->order_.emplace(name, out->order_.size());
  LIANJIE_ASSIGN_OR_RETURN(const std::string header, RowText({"file", "line", "column", "field",
                                                              "reason", "message", "row"}));
  LIANJIE_RETURN_IF_ERROR(out->file_->Write(header));
  return out;
}

absl::Status BadRows::Add(const RowFault& fault, std::string_view row_text) {
  ++count_;
  LIANJIE_ASSIGN_OR_RETURN(const std::string row,
                           RowText({fault.file, Cat(fault.line), Cat(fault.column), fault.field,
                                    fault.reason, fault.message, row_text}));
  const auto at = order_.find(fault.file);
  waiting_.push_back(
      {at != order_.end() ? at->second : order_.size(), fault.line, spool_->size(), row.size()});
  return spool_->Append(row);
}

absl::Status BadRows::Close() {
  std::ranges::stable_sort(waiting_, {},
                           [](const Waiting& row) { return std::pair(row.file, row.line); });
  std::string row;
  for (const Waiting& one : waiting_) {
    row.resize(one.size);
    LIANJIE_RETURN_IF_ERROR(spool_->Read(one.offset, row));
    LIANJIE_RETURN_IF_ERROR(file_->Write(row));
  }
  return file_->Close();
}

}  // namespace lianjie::cli
