// Rows that were put aside, as CSV: where each stands, what is wrong with it, and its text as it
// stands in its file, so that it can be mended and loaded alone.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_BAD_ROWS_H_
#define LIANJIE_CLIENTS_CLI_INPUT_BAD_ROWS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/output/output_file.h"
#include "engine/core/csv_writer.h"

namespace lianjie::cli {

// One fault of a row.
struct RowFault {
  std::string file;
  std::int64_t line = 0;
  std::int64_t column = 1;
  std::string field;
  std::string reason;
  std::string message;

  // "file:line:column: field: message".
  std::string ToString() const;
};

// The fault that an error of CellError, or of the service about a row, tells of.
RowFault FaultOf(std::string_view file, const absl::Status& status);

// Used from one thread.
class BadRows {
 public:
  static absl::StatusOr<std::unique_ptr<BadRows>> Open(const std::string& path);

  absl::Status Add(const RowFault& fault, std::string_view row_text);
  absl::Status Close();
  std::int64_t count() const { return count_; }

 private:
  explicit BadRows(std::unique_ptr<OutputFile> file)
      : file_(std::move(file)), csv_(file_->Sink()) {}

  std::unique_ptr<OutputFile> file_;
  CsvWriter csv_;
  std::int64_t count_ = 0;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_BAD_ROWS_H_
