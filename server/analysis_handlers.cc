#include "server/analysis_handlers.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/core/filter.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"
#include "server/describe.h"
#include "server/errors.h"
#include "server/graph_handlers.h"

namespace lianjie::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressEvery{250};
constexpr std::size_t kBatchBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxBatchRows = 65536;

google::protobuf::Duration DurationOf(SteadyClock::duration elapsed) {
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count();
  google::protobuf::Duration out;
  out.set_seconds(nanos / 1000000000);
  out.set_nanos(static_cast<std::int32_t>(nanos % 1000000000));
  return out;
}

absl::StatusOr<ViewSpec> ViewSpecOf(const v1::Frame& frame, Date reference_date) {
  ViewSpec spec;
  if (frame.has_period()) {
    LIANJIE_ASSIGN_OR_RETURN(const Date start,
                             FromProto(frame.period().start(), "frame.period.start"));
    LIANJIE_ASSIGN_OR_RETURN(const Date end, FromProto(frame.period().end(), "frame.period.end"));
    spec.period = Interval{start, end};
  } else if (frame.has_as_of()) {
    LIANJIE_ASSIGN_OR_RETURN(spec.as_of, FromProto(frame.as_of(), "frame.as_of"));
  } else {
    spec.as_of = reference_date;
  }
  absl::StatusOr<Filter> nodes = Filter::Parse(frame.filter().nodes(), SnapshotNodeFields());
  if (!nodes.ok()) return WithFieldPrefix(nodes.status(), "frame.filter.nodes");
  absl::StatusOr<Filter> links = Filter::Parse(frame.filter().links(), SnapshotLinkFields());
  if (!links.ok()) return WithFieldPrefix(links.status(), "frame.filter.links");
  spec.nodes = *std::move(nodes);
  spec.links = *std::move(links);
  spec.region = frame.filter().region();
  return spec;
}

absl::StatusOr<RunLimits> LimitsOf(const v1::Limits& limits, int server_threads,
                                   std::uint64_t available_bytes) {
  if (limits.max_rows() < 0) return InvalidField("frame.limits.max_rows", "is negative");
  if (limits.max_memory_bytes() < 0)
    return InvalidField("frame.limits.max_memory_bytes", "is negative");
  if (limits.threads() < 0) return InvalidField("frame.limits.threads", "is negative");
  RunLimits out;
  out.threads = server_threads;
  if (limits.threads() > 0 && (server_threads == 0 || limits.threads() < server_threads))
    out.threads = limits.threads();
  out.memory_bytes = available_bytes;
  if (limits.max_memory_bytes() > 0) {
    out.memory_bytes =
        std::min(out.memory_bytes, static_cast<std::uint64_t>(limits.max_memory_bytes()));
  }
  if (limits.has_deadline()) {
    const auto& d = limits.deadline();
    if (d.seconds() < 0 || d.nanos() < 0)
      return InvalidField("frame.limits.deadline", "is negative");
    constexpr std::int64_t kLongest = 100 * 365 * 86400LL;
    out.deadline = SteadyClock::now() +
                   std::chrono::seconds(std::min<std::int64_t>(d.seconds(), kLongest)) +
                   std::chrono::nanoseconds(d.nanos());
  }
  return out;
}

// Sends progress while the analysis runs in the caller's thread.
class ProgressTicker {
 public:
  ProgressTicker(StreamWriter& writer, const RunContext& context, SteadyClock::time_point start)
      : thread_([this, &writer, &context, start] {
          std::unique_lock lock(mutex_);
          while (!wake_.wait_for(lock, kProgressEvery, [this] { return stopped_; })) {
            v1::RunResponse message;
            v1::Progress& progress = *message.mutable_progress();
            progress.set_phase("running");
            progress.set_completed_work(static_cast<std::int64_t>(context.completed()));
            progress.set_total_work(static_cast<std::int64_t>(context.total()));
            *progress.mutable_elapsed() = DurationOf(SteadyClock::now() - start);
            writer.TryWrite(message);
          }
        }) {}
  ~ProgressTicker() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  ProgressTicker(const ProgressTicker&) = delete;
  ProgressTicker& operator=(const ProgressTicker&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;
};

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
    for (const double value : column.numbers) {
      if (value - value != 0 && value == value) {
        return absl::InternalError(ToAbsl(Cat("column ", column.name, " holds an infinite value")));
      }
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

struct AnalysisHandlers::Question {
  std::string graph;
  const AnalysisEntry* entry = nullptr;
  v1::Analysis effective;
  AnalysisInput input;
  RunLimits limits;
  std::size_t max_rows = 0;  // 0: all
};

absl::StatusOr<AnalysisHandlers::Question> AnalysisHandlers::Understand(
    const v1::Frame& frame, const v1::Analysis& analysis) {
  if (frame.has_scenario()) return Planned("a scenario");
  LIANJIE_ASSIGN_OR_RETURN(const AnalysisEntry* const entry, FindAnalysis(analysis));
  absl::StatusOr<v1::Analysis> effective = entry->effective(analysis);
  if (!effective.ok()) return effective.status();
  LIANJIE_ASSIGN_OR_RETURN(const Freshness freshness, FreshnessOf(frame.consistency()));
  LIANJIE_ASSIGN_OR_RETURN(const RunLimits limits,
                           LimitsOf(frame.limits(), threads_, budget_.free_bytes()));
  const std::string graph(GraphName(frame.graph()));
  LIANJIE_ASSIGN_OR_RETURN(const auto snapshot, keeper_.Get(graph, freshness));
  LIANJIE_ASSIGN_OR_RETURN(const auto reader, store_.OpenReader(graph));
  LIANJIE_ASSIGN_OR_RETURN(ViewSpec spec, ViewSpecOf(frame, reader->info().ReferenceDate()));
  LIANJIE_ASSIGN_OR_RETURN(View view, View::Make(snapshot, std::move(spec)));
  ProjectionSource projections = [this, graph](const View& v, const ProjectionSpec& p,
                                               RunContext& context) {
    return keeper_.GetProjection(graph, v, p, context);
  };
  return Question{.graph = graph,
                  .entry = entry,
                  .effective = *std::move(effective),
                  .input = {.view = std::move(view), .projections = std::move(projections)},
                  .limits = limits,
                  .max_rows = static_cast<std::size_t>(frame.limits().max_rows())};
}

absl::StatusOr<AnalysisResult> AnalysisHandlers::RunWithProgress(const Question& question,
                                                                 StreamWriter& writer,
                                                                 RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  if (question.entry->lane == LaneKind::kInteractive) {
    return question.entry->run(question.input, question.effective, context);
  }
  const ProgressTicker ticker(writer, context, SteadyClock::now());
  return question.entry->run(question.input, question.effective, context);
}

absl::Status AnalysisHandlers::Run(const v1::RunRequest& request, StreamWriter& writer,
                                   Call& call) {
  const SteadyClock::time_point start = SteadyClock::now();
  LIANJIE_ASSIGN_OR_RETURN(Question question, Understand(request.frame(), request.analysis()));
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t bytes,
                           question.entry->estimate_bytes(question.input, question.effective));
  if (bytes > question.limits.memory_bytes && request.frame().limits().max_memory_bytes() > 0) {
    return InvalidField("frame.limits.max_memory_bytes",
                        Cat(question.entry->name, " needs about ", bytes, " bytes, more than ",
                            question.limits.memory_bytes),
                        Reason::kLimitExceeded);
  }
  LIANJIE_RETURN_IF_ERROR(budget_.Take(bytes));
  const MemoryLease lease(budget_, bytes);

  const auto left = call.deadline() - Call::Clock::now();
  const auto deadline =
      SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(left);
  question.limits.deadline =
      question.limits.deadline ? std::min(*question.limits.deadline, deadline) : deadline;
  RunContext context(question.limits);
  call.OnCancel([&context] { context.Cancel(); });
  absl::StatusOr<AnalysisResult> result = RunWithProgress(question, writer, context);
  if (!result.ok()) {
    call.ClearOnCancel();
    return result.status();
  }
  const absl::Status finite = CheckFinite(result->table);
  const std::size_t whole_rows = result->table.row_count();
  const bool cut = question.max_rows > 0 && whole_rows > question.max_rows;
  if (cut) result->table.Truncate(question.max_rows);

  v1::RunResponse message;
  v1::RunHeader& header = *message.mutable_header();
  header.set_graph(question.graph);
  header.set_revision(question.input.snapshot().revision());
  *header.mutable_analysis() = question.effective;
  if (const auto& period = question.input.view.period()) {
    *header.mutable_period()->mutable_start() = ToProto(period->from);
    *header.mutable_period()->mutable_end() = ToProto(period->to);
  } else {
    *header.mutable_as_of() = ToProto(question.input.view.as_of());
  }
  for (const auto& [name, value] : result->summary) *header.add_summary() = ToProto(name, value);
  if (result->ledger) *header.mutable_ledger() = ToProto(*result->ledger);
  for (const Column& column : result->table.columns()) *header.add_columns() = ColumnInfoOf(column);
  header.set_row_count(static_cast<std::int64_t>(result->table.row_count()));
  FillTruncation(cut, question.max_rows, whole_rows, *result, header);
  for (const std::string& warning : result->warnings) header.add_warnings(Presentable(warning));
  *header.mutable_run_time() = DurationOf(SteadyClock::now() - start);
  absl::Status status = finite;
  if (status.ok()) status = writer.Write(message);
  if (status.ok()) status = SendRows(result->table, question.input.snapshot(), writer, context);
  call.ClearOnCancel();
  return status;
}

absl::StatusOr<v1::EstimateResponse> AnalysisHandlers::Estimate(
    const v1::EstimateRequest& request) {
  LIANJIE_ASSIGN_OR_RETURN(const Question question,
                           Understand(request.frame(), request.analysis()));
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t bytes,
                           question.entry->estimate_bytes(question.input, question.effective));
  v1::EstimateResponse response;
  response.set_revision(question.input.snapshot().revision());
  response.set_memory_bytes(static_cast<std::int64_t>(bytes));
  response.set_available_bytes(static_cast<std::int64_t>(budget_.free_bytes()));
  response.set_node_count(question.input.snapshot().node_count());
  response.set_link_count(question.input.snapshot().link_count());
  return response;
}

absl::StatusOr<v1::ListAnalysesResponse> AnalysisHandlers::ListAnalyses(
    const v1::ListAnalysesRequest& request) {
  v1::ListAnalysesResponse response;
  std::vector<std::string_view> names;
  for (const AnalysisEntry& entry : Analyses()) {
    names.push_back(entry.name);
    if (!request.name().empty() && request.name() != entry.name) continue;
    LIANJIE_ASSIGN_OR_RETURN(*response.add_analyses(), Describe(entry.name, entry.family));
  }
  if (response.analyses_size() == 0 && !request.name().empty()) {
    const std::string_view near = Nearest(request.name(), names);
    return InvalidField("name", Cat("there is no analysis '", request.name(), "'",
                                    near.empty() ? "" : Cat("; did you mean ", near, "?")));
  }
  return response;
}

}  // namespace lianjie::server
