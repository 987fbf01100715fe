// Rows that were put aside, as CSV: where each stands, what is wrong with it, and its text as it
// stands in its file, so that it can be mended and loaded alone.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_BAD_ROWS_H_
#define LIANJIE_CLIENTS_CLI_INPUT_BAD_ROWS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/spool.h"
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

// The rows come in any order and are written by file, in the order of `files`, and line. Used from
// one thread.
class BadRows {
 public:
  // Errors: the file, or a temporary one in which rows wait, cannot be written.
  static absl::StatusOr<std::unique_ptr<BadRows>> Open(const std::string& path,
                                                       const std::vector<std::string>& files);

  absl::Status Add(const RowFault& fault, std::string_view row_text);
  absl::Status Close();
  std::int64_t count() const { return count_; }

 private:
  // A row that waits.
  struct Waiting {
    std::size_t file;  // its place in the order
    std::int64_t line;
    std::uint64_t offset;
    std::size_t size;
  };

  BadRows(std::unique_ptr<OutputFile> file, std::unique_ptr<Spool> spool)
      : file_(std::move(file)), spool_(std::move(spool)) {}

  std::unique_ptr<OutputFile> file_;
  std::unique_ptr<Spool> spool_;
  std::map<std::string, std::size_t> order_;
  std::vector<Waiting> waiting_;
  std::int64_t count_ = 0;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_BAD_ROWS_H_
