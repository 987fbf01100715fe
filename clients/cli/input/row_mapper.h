// From rows of a table to records. A file has one mapper: by its own header (header_mapper.h), by a
// mapping file (mapped_rows.h), or as a matrix (matrix_mapper.h). A row gives any number of
// records, or none.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_ROW_MAPPER_H_
#define LIANJIE_CLIENTS_CLI_INPUT_ROW_MAPPER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/input/csv_reader.h"
#include "engine/core/records.h"

namespace lianjie::cli {

// What the rows of a file are; the order is that of std::variant below.
enum class RecordKind : std::uint8_t { kNode, kLink, kRegion, kLine };

// "node", "link", "region", "line".
std::string_view RecordKindName(RecordKind kind);

using AnyRecord = std::variant<NodeRecord, LinkRecord, RegionRecord, LineRecord>;

struct MappedRecord {
  AnyRecord record;
  std::int64_t line = 0;  // in its file, from 1
};

// Records in places that are used again, so that their texts keep their memory from row to row.
class MappedRecords {
 public:
  using value_type = MappedRecord;

  // One with nothing set; valid until the next.
  template <typename Record> Record& Add(std::int64_t line) {
    static const Record kEmpty;
    MappedRecord& place = NextPlace();
    place.line = line;
    if (auto* record = std::get_if<Record>(&place.record)) return *record = kEmpty;
    return place.record.emplace<Record>();
  }
  void push_back(MappedRecord mapped) { NextPlace() = std::move(mapped); }
  void pop_back() { --size_; }
  void clear() { size_ = 0; }

  std::size_t size() const { return size_; }
  const MappedRecord& operator[](std::size_t i) const { return places_[i]; }
  auto begin() const { return places_.begin(); }
  auto end() const { return places_.begin() + static_cast<std::ptrdiff_t>(size_); }

 private:
  MappedRecord& NextPlace() {
    if (size_ == places_.size()) places_.emplace_back();
    return places_[size_++];
  }

  std::vector<MappedRecord> places_;
  std::size_t size_ = 0;
};

// Used from one thread, on the rows of one file in their order.
class RowMapper {
 public:
  virtual ~RowMapper() = default;
  RowMapper(const RowMapper&) = delete;
  RowMapper& operator=(const RowMapper&) = delete;

  // Appends the row's records. An error is CellError's and leaves `out` as it was.
  virtual absl::Status Map(const CsvRow& row, MappedRecords& out) = 0;
  // Appends what is known only at the end of the file.
  virtual absl::Status Finish(MappedRecords& out) {
    (void)out;
    return absl::OkStatus();
  }
  // The column (from 1) that a record's field was read from, to place errors found later; 1 where
  // none is.
  virtual std::int64_t ColumnOf(RecordKind kind, std::string_view field) const = 0;

 protected:
  RowMapper() = default;
};

// What is wrong with a record by itself, by the rules that the store keeps, with its place in the
// file: the API's fields are narrower than what a table may hold, so that it must be said before
// the record is sent.
absl::Status CheckRecord(const RowMapper& mapper, const MappedRecord& mapped);

// Refuses a row that has more or fewer cells than the header.
absl::Status CheckCellCount(const CsvRow& row, std::size_t header_cells);

// The names of the columns, trimmed, or the error: none, an empty file's; or one that comes twice.
absl::Status CheckHeader(const CsvRow& header);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_ROW_MAPPER_H_
