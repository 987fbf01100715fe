#include "engine/core/csv_writer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
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

// Whether a comma, a quote or a line break is among the bytes: eight at a time (Mycroft's test for
// a zero byte), for most of what is written is ids of some twenty.
bool NeedsQuotes(std::string_view cell) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  const auto has = [](std::uint64_t word, char c) {
    const std::uint64_t zero = word ^ (kOnes * static_cast<unsigned char>(c));
    return (zero - kOnes) & ~zero & (kOnes << 7U);
  };
  std::size_t i = 0;
  for (; i + 8 <= cell.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, cell.data() + i, sizeof(word));
    if ((has(word, ',') | has(word, '"') | has(word, '\r') | has(word, '\n')) != 0) return true;
  }
  for (; i < cell.size(); ++i) {
    const char c = cell[i];
    if (c == ',' || c == '"' || c == '\r' || c == '\n') return true;
  }
  return false;
}

}  // namespace

void AppendCsvCell(std::string& out, std::string_view cell) {
  if (!NeedsQuotes(cell)) {
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
RecordCsvWriter<Record>::RecordCsvWriter(TextSink sink, std::vector<std::string> property_names,
                                         CsvShape shape)
    : csv_(std::move(sink)), property_names_(std::move(property_names)), begun_(!shape.header) {
  for (const FieldSpec<Record>& field : Fields<Record>()) {
    if (std::ranges::find(shape.without, field.name) == shape.without.end())
      fields_.push_back(&field);
  }
}

template <typename Record> absl::Status RecordCsvWriter<Record>::Header() {
  begun_ = true;
  for (const FieldSpec<Record>* field : fields_) csv_.Cell(field->name);
  for (const std::string& name : property_names_) csv_.Cell(Cat("prop:", name));
  return csv_.EndRow();
}

template <typename Record> absl::Status RecordCsvWriter<Record>::Write(const Record& record) {
  if (!begun_) LIANJIE_RETURN_IF_ERROR(Header());
  for (const FieldSpec<Record>* field : fields_) field->append(record, csv_.NextCell());
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
