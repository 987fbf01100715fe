#include "clients/cli/input/bad_rows.h"

#include <optional>

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

absl::StatusOr<std::unique_ptr<BadRows>> BadRows::Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Open(path);
  if (!file.ok()) return file.status();
  std::unique_ptr<BadRows> out(new BadRows(*std::move(file)));
  for (const std::string_view name :
       {"file", "line", "column", "field", "reason", "message", "row"})
    out->csv_.Cell(name);
  LIANJIE_RETURN_IF_ERROR(out->csv_.EndRow());
  return out;
}

absl::Status BadRows::Add(const RowFault& fault, std::string_view row_text) {
  ++count_;
  csv_.Cell(fault.file);
  csv_.Cell(Cat(fault.line));
  csv_.Cell(Cat(fault.column));
  csv_.Cell(fault.field);
  csv_.Cell(fault.reason);
  csv_.Cell(fault.message);
  csv_.Cell(row_text);
  return csv_.EndRow();
}

absl::Status BadRows::Close() {
  LIANJIE_RETURN_IF_ERROR(csv_.Finish());
  return file_->Close();
}

}  // namespace lianjie::cli
