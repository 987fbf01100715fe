#include "server/answer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/text.h"
#include "server/convert.h"
#include "server/errors.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxBatchRows = 65536;

// Rows of about 1 MiB a message.
absl::Status SendRows(const Table& table, const Snapshot& snapshot, StreamWriter& writer,
                      RunContext& context) {
  std::size_t first = 0;
  while (first < table.row_count()) {
    LIANJIE_RETURN_IF_ERROR(context.Check());
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (first + count < table.row_count() && count < kMaxBatchRows && bytes < kBatchBytes) {
      bytes += RowBytes(table, snapshot, first + count);
      ++count;
    }
    v1::RunResponse message;
    *message.mutable_batch() = MakeBatch(table, snapshot, first, count);
    LIANJIE_RETURN_IF_ERROR(writer.Write(message));
    first += count;
  }
  return absl::OkStatus();
}

// Not-a-number stands for "no value" in the table; a result that is infinite has no meaning to
// send.
absl::Status CheckFinite(const Table& table) {
  for (const Column& column : table.columns()) {
    if (column.size() != table.row_count()) {
      return absl::InternalError(ToAbsl(
          Cat("column ", column.name, " has ", column.size(), " rows of ", table.row_count())));
    }
    const auto infinite = [](double value) { return value - value != 0 && value == value; };
    const bool any =
        std::any_of(column.numbers.begin(), column.numbers.end(), infinite) ||
        (column.number_layer && (std::any_of(column.number_layer->base.begin(),
                                             column.number_layer->base.end(), infinite) ||
                                 std::any_of(column.number_layer->values.begin(),
                                             column.number_layer->values.end(), infinite)));
    if (any) {
      return absl::InternalError(ToAbsl(Cat("column ", column.name, " holds an infinite value")));
    }
  }
  return absl::OkStatus();
}

void FillTruncation(bool cut, std::uint64_t max_rows, std::size_t whole_rows,
                    const AnalysisResult& result, v1::RunHeader& header) {
  header.set_truncated(cut || result.truncated);
  if (result.truncated) {
    header.set_truncation_reason(v1::TRUNCATION_REASON_OPTION);
    header.set_truncation_message(result.truncation_reason);
  } else if (cut) {
    header.set_truncation_reason(v1::TRUNCATION_REASON_MAX_ROWS);
    header.set_truncation_message(
        Cat("max_rows is ", max_rows, "; the whole answer has ", whole_rows, " rows"));
  }
}

}  // namespace

google::protobuf::Duration DurationOf(std::chrono::steady_clock::duration elapsed) {
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count();
  google::protobuf::Duration out;
  out.set_seconds(nanos / 1000000000);
  out.set_nanos(static_cast<std::int32_t>(nanos % 1000000000));
  return out;
}

absl::Status SendAnswer(const AnswerFrame& frame, const AnalysisInput& input,
                        AnalysisResult& result, std::chrono::steady_clock::time_point start,
                        StreamWriter& writer, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(CheckFinite(result.table));
  const std::size_t whole_rows = result.whole_rows.value_or(result.table.row_count());
  const bool cut = frame.max_rows > 0 && whole_rows > frame.max_rows;
  if (cut) result.table.Truncate(frame.max_rows);
  v1::RunResponse message;
  v1::RunHeader& header = *message.mutable_header();
  header.set_graph(frame.graph);
  header.set_revision(input.snapshot().revision());
  *header.mutable_analysis() = frame.effective;
  if (const auto& period = input.view.period()) {
    *header.mutable_period()->mutable_start() = ToProto(period->from);
    *header.mutable_period()->mutable_end() = ToProto(period->to);
  } else {
    *header.mutable_as_of() = ToProto(input.view.as_of());
  }
  for (const auto& [name, value] : result.summary) *header.add_summary() = ToProto(name, value);
  if (result.ledger) *header.mutable_ledger() = ToProto(*result.ledger);
  for (const Column& column : result.table.columns()) *header.add_columns() = ColumnInfoOf(column);
  header.set_row_count(static_cast<std::int64_t>(result.table.row_count()));
  FillTruncation(cut, frame.max_rows, whole_rows, result, header);
  for (const std::string& warning : result.warnings) header.add_warnings(Presentable(warning));
  *header.mutable_run_time() = DurationOf(std::chrono::steady_clock::now() - start);
  LIANJIE_RETURN_IF_ERROR(writer.Write(message));
  return SendRows(result.table, input.snapshot(), writer, context);
}

}  // namespace lianjie::server
