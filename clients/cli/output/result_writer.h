// Answers of analyses, as a table for people, as CSV, or as one JSON document. All three stream:
// what is held is a batch, or for a table the rows that it shows.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_RESULT_WRITER_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_RESULT_WRITER_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/csv_writer.h"
#include "lianjie/v1/analysis_service.pb.h"

namespace lianjie::cli {

enum class Format : std::uint8_t { kTable, kCsv, kJson };

// Rows that a table shows where no limit is given.
inline constexpr std::int64_t kTableRows = 20;

// Begin once, batches in order, End once.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  ResultWriter(const ResultWriter&) = delete;
  ResultWriter& operator=(const ResultWriter&) = delete;

  virtual absl::Status Begin(const v1::RunHeader& header) = 0;
  virtual absl::Status Batch(const v1::TableBatch& batch) = 0;
  virtual absl::Status End() = 0;

 protected:
  ResultWriter() = default;
};

// The document of DESIGN: {"analysis", "revision", "options", "summary", "columns", "rows",
// "truncated"}, and behind them as_of or period, ledger, warnings.
std::unique_ptr<ResultWriter> MakeJsonResultWriter(TextSink sink);
// A header row and the rows; nothing else. What a table says besides, that rows are missing and
// what the analysis warns of, goes to `notes` at the end, each line beginning with "warning: ".
std::unique_ptr<ResultWriter> MakeCsvResultWriter(TextSink sink, TextSink notes);
// Summary, ledger, warnings, rows.
std::unique_ptr<ResultWriter> MakeTableResultWriter(TextSink sink);

// `notes` as for CSV; the others say all in the answer.
std::unique_ptr<ResultWriter> MakeResultWriter(Format format, TextSink sink, TextSink notes);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_RESULT_WRITER_H_
