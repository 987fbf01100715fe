// Records as CSV. The columns are those of fields.h, under the same names that import reads, so
// that what is exported or generated can be imported again as it is. RFC 4180 quoting (a cell with
// a comma, a quote or a line break is quoted, quotes doubled), UTF-8 without BOM, lines end in LF.
// Text goes to a sink in pieces; nothing here knows of files.
#ifndef LIANJIE_ENGINE_CORE_CSV_WRITER_H_
#define LIANJIE_ENGINE_CORE_CSV_WRITER_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/core/records.h"

namespace lianjie {

template <typename Record> struct FieldSpec;

// Takes the next bytes of the text; its error ends the writing.
using TextSink = std::function<absl::Status(std::string_view bytes)>;

// Appends one cell, quoted where it must be.
void AppendCsvCell(std::string& out, std::string_view cell);

// Cells one after another, buffered up to 64 KiB. Not thread safe.
class CsvWriter {
 public:
  explicit CsvWriter(TextSink sink) : sink_(std::move(sink)) {}

  void Cell(std::string_view cell) { AppendCsvCell(NextCell(), cell); }
  // Where the next cell's text goes, quoted already where it must be.
  std::string& NextCell() {
    if (row_begun_) buffer_ += ',';
    row_begun_ = true;
    return buffer_;
  }
  absl::Status EndRow();
  // Hands the rest to the sink; call it once at the end.
  absl::Status Finish();

 private:
  TextSink sink_;
  std::string buffer_;
  bool row_begun_ = false;
};

// What of a table is written.
struct CsvShape {
  bool header = true;                          // false: rows alone, to follow others
  std::vector<std::string_view> without = {};  // names of fields that are left out
};

// A table of records: the header at the first row (or at Finish), then one row a record. Free
// properties are written as columns "prop:NAME" for the names given, and only those. For
// NodeRecord, LinkRecord, RegionRecord and LineRecord. O(fields) a record.
template <typename Record> class RecordCsvWriter {
 public:
  explicit RecordCsvWriter(TextSink sink, std::vector<std::string> property_names = {},
                           CsvShape shape = {});

  absl::Status Write(const Record& record);
  absl::Status Finish();

 private:
  absl::Status Header();

  CsvWriter csv_;
  std::vector<std::string> property_names_;
  std::vector<const FieldSpec<Record>*> fields_;
  bool begun_;
};

extern template class RecordCsvWriter<NodeRecord>;
extern template class RecordCsvWriter<LinkRecord>;
extern template class RecordCsvWriter<RegionRecord>;
extern template class RecordCsvWriter<LineRecord>;

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_CSV_WRITER_H_
