// Rows of a CSV or TSV file, one at a time. The tokens are libcsv's (RFC 4180, in its strict mode:
// a quote in an unquoted cell is an error, not a guess); what is added here is what import needs to
// speak about a row: its line, its cells' columns, its text as it stands in the file, and limits,
// so that a file that is no table is refused after a few megabytes whatever its size.
//
// Most lines of most files hold no quote and are valid; such a line is cut at its delimiters where
// it lies in the buffer (plain_line.h), without a state a byte and without a copy. All others are
// libcsv's, and tests/clients holds the two ways to the same rows and errors.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_CSV_READER_H_
#define LIANJIE_CLIENTS_CLI_INPUT_CSV_READER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/input/byte_source.h"

namespace lianjie::cli {

struct CsvLimits {
  std::size_t cell_bytes = std::size_t{1} << 20;
  std::size_t row_bytes = std::size_t{16} << 20;  // all lines of a row
};

// One row; valid until the next one is read.
struct CsvRow {
  std::int64_t line = 0;  // the line on which the row begins, from 1
  std::span<const std::string_view> cells;
  std::string_view text;  // as in the file, without the line's end
};

// An error about a place in the file: its metadata holds "line" and "column" (of the table, from 1)
// and the sentence begins with neither. `fatal` ones leave no row to go on with.
absl::Status CellError(std::string_view field, std::string_view message, std::int64_t line,
                       std::int64_t column);

// Used from one thread.
class CsvReader {
 public:
  CsvReader(std::unique_ptr<ByteSource> source, char delimiter, CsvLimits limits = {});
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // Reads the next row that is not blank into row(). False at the end. After INVALID_ARGUMENT (a
  // row that is no CSV, not UTF-8, a cell above the limit) row() holds the row's line and text, and
  // reading may go on behind it; after any other error (a damaged file, a row above the limit) it
  // may not.
  absl::StatusOr<bool> Next() {
    if (NextPlain()) return true;
    return NextAny();
  }
  const CsvRow& row() const { return row_; }
  const ByteSource& source() const { return *source_; }

 private:
  struct Parser;

  bool NextPlain();  // false: what comes is not plain, or not there
  absl::StatusOr<bool> NextAny();
  absl::StatusOr<bool> ReadLine();
  absl::Status Feed(std::string_view line);
  absl::Status FinishLast();
  void BeginRow();
  void EndRow();
  absl::Status Checked(absl::Status status);

  std::unique_ptr<ByteSource> source_;
  const char delimiter_;
  const CsvLimits limits_;
  std::unique_ptr<Parser> parser_;
  const bool cuts_plain_;     // the delimiter has no other meaning
  std::vector<char> buffer_;  // kPlainPadding behind what is read into it
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::int64_t lines_ = 0;               // lines read so far
  std::string line_;                     // a line that spans buffers
  std::string_view current_;             // the line just read, its end included
  std::string text_;                     // lines of a row that spans several
  std::vector<std::string_view> cells_;  // those of the row, and places of earlier ones
  CsvRow row_;
};

// ',' or, for names that end in .tsv or .tab (before .gz or .zst), a tab.
char DelimiterOf(std::string_view path);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_CSV_READER_H_
