#include "engine/core/csv_writer.h"

#include <utility>

#include "engine/core/fields.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

template <typename Record> constexpr bool kHasProperties = requires(const Record& record) {
  record.properties;
};

}  // namespace

void AppendCsvCell(std::string& out, std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void CsvWriter::Cell(std::string_view cell) {
  if (row_begun_) buffer_ += ',';
  row_begun_ = true;
  AppendCsvCell(buffer_, cell);
}

absl::Status CsvWriter::EndRow() {
  buffer_ += '\n';
  row_begun_ = false;
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Finish();
}

absl::Status CsvWriter::Finish() {
  if (buffer_.empty()) return absl::OkStatus();
  absl::Status status = sink_(buffer_);
  buffer_.clear();
  return status;
}

template <typename Record>
RecordCsvWriter<Record>::RecordCsvWriter(TextSink sink, std::vector<std::string> property_names)
    : csv_(std::move(sink)), property_names_(std::move(property_names)) {}

template <typename Record> absl::Status RecordCsvWriter<Record>::Header() {
  begun_ = true;
  for (const FieldSpec<Record>& field : Fields<Record>()) csv_.Cell(field.name);
  for (const std::string& name : property_names_) csv_.Cell(Cat("prop:", name));
  return csv_.EndRow();
}

template <typename Record> absl::Status RecordCsvWriter<Record>::Write(const Record& record) {
  if (!begun_) LIANJIE_RETURN_IF_ERROR(Header());
  for (const FieldSpec<Record>& field : Fields<Record>()) {
    csv_.Cell(FormatFieldValue(field.get(record)));
  }
  for (const std::string& name : property_names_) {
    if constexpr (kHasProperties<Record>) {
      const auto found = record.properties.find(name);
      csv_.Cell(found == record.properties.end() ? std::string_view() : found->second);
    } else {
      csv_.Cell("");
    }
  }
  return csv_.EndRow();
}

template <typename Record> absl::Status RecordCsvWriter<Record>::Finish() {
  if (!begun_) LIANJIE_RETURN_IF_ERROR(Header());
  return csv_.Finish();
}

template class RecordCsvWriter<NodeRecord>;
template class RecordCsvWriter<LinkRecord>;
template class RecordCsvWriter<RegionRecord>;
template class RecordCsvWriter<LineRecord>;

}  // namespace lianjie
