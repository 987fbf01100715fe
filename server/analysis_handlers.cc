#include "server/analysis_handlers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/core/filter.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/answer.h"
#include "server/convert.h"
#include "server/describe.h"
#include "server/errors.h"
#include "server/graph_handlers.h"

namespace lianjie::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressEvery{250};
constexpr std::chrono::hours kFarAway{24 * 365 * 100};
constexpr char kSnapshotPhase[] = "snapshot";

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

// The limits that hold: the request's, where they are within the server's. What was cut is said in
// `warnings`.
absl::StatusOr<RunLimits> LimitsOf(const v1::Limits& limits, int server_threads,
                                   std::uint64_t available_bytes, SteadyClock::time_point arrival,
                                   std::vector<std::string>& warnings) {
  if (limits.max_rows() < 0) return InvalidField("frame.limits.max_rows", "is negative");
  if (limits.max_memory_bytes() < 0)
    return InvalidField("frame.limits.max_memory_bytes", "is negative");
  if (limits.threads() < 0) return InvalidField("frame.limits.threads", "is negative");
  RunLimits out;
  out.threads = server_threads;
  if (limits.threads() > 0) out.threads = std::min<int>(limits.threads(), server_threads);
  if (limits.threads() > server_threads) {
    warnings.push_back(Cat("limits.threads of ", limits.threads(), " was cut to ", server_threads,
                           ", the most that the server uses for one analysis."));
  }
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
    out.deadline = arrival + std::chrono::seconds(std::min<std::int64_t>(d.seconds(), kLongest)) +
                   std::chrono::nanoseconds(d.nanos());
  }
  return out;
}

v1::RunResponse ProgressOf(std::string_view phase, SteadyClock::time_point start) {
  v1::RunResponse message;
  message.mutable_progress()->set_phase(std::string(phase));
  *message.mutable_progress()->mutable_elapsed() = DurationOf(SteadyClock::now() - start);
  return message;
}

// The links that an analysis walks, where the number of its passes is known; else 0.
std::int64_t WorkLinks(const v1::Analysis& analysis, const Snapshot& snapshot) {
  using A = v1::Analysis;
  const auto links = static_cast<std::int64_t>(snapshot.link_count());
  const auto nodes = static_cast<std::int64_t>(snapshot.node_count());
  switch (analysis.analysis_case()) {
    case A::kDegree:
    case A::kDistances:
    case A::kWeakComponents:
    case A::kStrongComponents:
    case A::kCoverage:
    case A::kLeftOut:
      return links;
    case A::kBetweenness:  // a pass from every node
      return nodes == 0 || links <= std::numeric_limits<std::int64_t>::max() / nodes
                 ? nodes * links
                 : std::numeric_limits<std::int64_t>::max();
    default:
      return 0;
  }
}

// Sends progress while the analysis runs in the caller's thread.
class ProgressTicker {
 public:
  ProgressTicker(StreamWriter& writer, const RunContext& context,
                 const std::atomic<const char*>& phase, SteadyClock::time_point start)
      : thread_([this, &writer, &context, &phase, start] {
          std::unique_lock lock(mutex_);
          while (!wake_.wait_for(lock, kProgressEvery, [this] { return stopped_; })) {
            v1::RunResponse message = ProgressOf(phase.load(std::memory_order_relaxed), start);
            v1::Progress& progress = *message.mutable_progress();
            progress.set_completed_work(static_cast<std::int64_t>(context.completed()));
            progress.set_total_work(static_cast<std::int64_t>(context.total()));
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

absl::Status DeadlinePassed() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "the run passed its deadline",
                   {.reason = Reason::kDeadlineExceeded, .field = {}, .row = {}, .metadata = {}});
}

}  // namespace

struct AnalysisHandlers::Asked {
  std::string graph;
  const AnalysisEntry* entry = nullptr;
  v1::Analysis effective;
  Freshness freshness;
  RunLimits limits;          // with the deadline that holds
  std::size_t max_rows = 0;  // 0: all
  std::vector<std::string> warnings;
};

// What a running analysis is doing, for its progress.
struct AnalysisHandlers::Phase {
  std::atomic<const char*> name = "running";
};

absl::StatusOr<AnalysisHandlers::Asked> AnalysisHandlers::Understand(
    const v1::Frame& frame, const v1::Analysis& analysis, SteadyClock::time_point arrival,
    const Call& call) const {
  if (frame.has_scenario()) return Planned("a scenario");
  Asked asked;
  asked.graph = GraphName(frame.graph());
  LIANJIE_ASSIGN_OR_RETURN(asked.entry, FindAnalysis(analysis));
  LIANJIE_ASSIGN_OR_RETURN(asked.effective, asked.entry->effective(analysis));
  LIANJIE_ASSIGN_OR_RETURN(asked.freshness, FreshnessOf(frame.consistency()));
  LIANJIE_ASSIGN_OR_RETURN(asked.limits, LimitsOf(frame.limits(), threads_, budget_.free_bytes(),
                                                  arrival, asked.warnings));
  asked.max_rows = static_cast<std::size_t>(frame.limits().max_rows());
  // Where there is none, as if it were far away.
  const auto left = std::min<Call::Clock::duration>(call.deadline() - Call::Clock::now(), kFarAway);
  const auto deadline =
      SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(left);
  asked.limits.deadline =
      asked.limits.deadline ? std::min(*asked.limits.deadline, deadline) : deadline;
  return asked;
}

absl::StatusOr<AnalysisInput> AnalysisHandlers::See(const v1::Frame& frame, const Asked& asked,
                                                    std::shared_ptr<const Snapshot> snapshot,
                                                    Phase& phase) {
  LIANJIE_ASSIGN_OR_RETURN(ViewSpec spec, ViewSpecOf(frame, snapshot->reference_date()));
  LIANJIE_ASSIGN_OR_RETURN(View view, View::Make(std::move(snapshot), std::move(spec)));
  ProjectionSource projections = [this, graph = asked.graph, &phase](
                                     const View& v, const ProjectionSpec& p, RunContext& context) {
    phase.name = "projection";
    auto made = keeper_.GetProjection(graph, v, p, context);
    phase.name = "running";
    return made;
  };
  DerivedSource derived = [this, graph = asked.graph](const View& v, const std::string& key,
                                                      const DerivedMaker& make,
                                                      RunContext& context) {
    return keeper_.GetDerived(graph, v, key, make, context);
  };
  return AnalysisInput{.view = std::move(view),
                       .projections = std::move(projections),
                       .derived = std::move(derived),
                       .most_rows = asked.max_rows};
}

absl::StatusOr<bool> AnalysisHandlers::Prepare(Arrival& arrival, StreamWriter& writer, Call& call,
                                               std::function<void()> resume) {
  LIANJIE_ASSIGN_OR_RETURN(
      const Asked asked,
      Understand(arrival.request.frame(), arrival.request.analysis(), arrival.time, call));
  const SnapshotKeeper::Ticket ticket = keeper_.NewTicket();
  // Before the waiting begins, since the call may be over as soon as it has.
  call.OnCancel([this, ticket] { keeper_.Leave(ticket); });
  const auto check = [&call, deadline = *asked.limits.deadline]() -> absl::Status {
    LIANJIE_RETURN_IF_ERROR(call.Check());
    return SteadyClock::now() < deadline ? absl::OkStatus() : DeadlinePassed();
  };
  if (std::optional<SnapshotOr> now = keeper_.Peek(asked.graph, asked.freshness)) {
    arrival.snapshot = *std::move(now);
    return true;
  }
  writer.TryWrite(ProgressOf(kSnapshotPhase, arrival.time));
  std::optional<SnapshotOr> now =
      keeper_.GetOrWait(asked.graph, asked.freshness, ticket, check,
                        [&arrival, resume = std::move(resume)](SnapshotOr made) {
                          arrival.snapshot = std::move(made);
                          resume();
                        });
  if (!now) return false;  // from here on the call may be over
  arrival.snapshot = *std::move(now);
  return true;
}

SnapshotOr AnalysisHandlers::WaitForSnapshot(const Asked& asked, const Arrival& arrival,
                                             StreamWriter& writer, const Call& call) {
  SteadyClock::time_point next = arrival.time;
  return keeper_.Get(asked.graph, asked.freshness, [&]() -> absl::Status {
    LIANJIE_RETURN_IF_ERROR(call.Check());
    const SteadyClock::time_point now = SteadyClock::now();
    if (now >= *asked.limits.deadline) return DeadlinePassed();
    if (now >= next) {
      next = now + kProgressEvery;
      writer.TryWrite(ProgressOf(kSnapshotPhase, arrival.time));
    }
    return absl::OkStatus();
  });
}

absl::Status AnalysisHandlers::Run(Arrival& arrival, StreamWriter& writer, Call& call) {
  const v1::Frame& frame = arrival.request.frame();
  LIANJIE_ASSIGN_OR_RETURN(Asked asked,
                           Understand(frame, arrival.request.analysis(), arrival.time, call));
  if (!arrival.snapshot) arrival.snapshot = WaitForSnapshot(asked, arrival, writer, call);
  if (!arrival.snapshot->ok()) return arrival.snapshot->status();
  const SteadyClock::time_point start = SteadyClock::now();
  Phase phase;
  LIANJIE_ASSIGN_OR_RETURN(const AnalysisInput input, See(frame, asked, **arrival.snapshot, phase));
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t bytes,
                           asked.entry->estimate_bytes(input, asked.effective));
  if (bytes > asked.limits.memory_bytes && frame.limits().max_memory_bytes() > 0) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     Cat("frame.limits.max_memory_bytes: ", asked.entry->name, " needs about ",
                         bytes, " bytes, more than ", asked.limits.memory_bytes),
                     {.reason = Reason::kLimitExceeded,
                      .field = "frame.limits.max_memory_bytes",
                      .row = {},
                      .metadata = {{"limit", "max_memory_bytes"},
                                   {"value", Cat(asked.limits.memory_bytes)},
                                   {"needed", Cat(bytes)}}});
  }
  LIANJIE_RETURN_IF_ERROR(budget_.Take(bytes));
  const MemoryLease lease(budget_, bytes);
  RunContext context(asked.limits);
  call.OnCancel([&context] { context.Cancel(); });
  const auto run = [&]() -> absl::StatusOr<AnalysisResult> {
    LIANJIE_RETURN_IF_ERROR(context.Check());
    if (asked.entry->lane == LaneKind::kInteractive) {
      return asked.entry->run(input, asked.effective, context);
    }
    const ProgressTicker ticker(writer, context, phase.name, arrival.time);
    return asked.entry->run(input, asked.effective, context);
  };
  absl::StatusOr<AnalysisResult> result = run();
  absl::Status status = result.status();
  if (status.ok()) {
    result->warnings.insert(result->warnings.begin(), asked.warnings.begin(), asked.warnings.end());
    status =
        SendAnswer({.graph = asked.graph, .effective = asked.effective, .max_rows = asked.max_rows},
                   input, *result, start, writer, context);
  }
  call.ClearOnCancel();
  return status;
}

absl::StatusOr<v1::EstimateResponse> AnalysisHandlers::Estimate(const v1::EstimateRequest& request,
                                                                const Call& call) {
  LIANJIE_ASSIGN_OR_RETURN(
      const Asked asked, Understand(request.frame(), request.analysis(), SteadyClock::now(), call));
  LIANJIE_ASSIGN_OR_RETURN(
      auto snapshot, keeper_.Get(asked.graph, asked.freshness, [&call] { return call.Check(); }));
  Phase phase;
  LIANJIE_ASSIGN_OR_RETURN(const AnalysisInput input,
                           See(request.frame(), asked, std::move(snapshot), phase));
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t bytes,
                           asked.entry->estimate_bytes(input, asked.effective));
  v1::EstimateResponse response;
  response.set_revision(input.snapshot().revision());
  response.set_memory_bytes(static_cast<std::int64_t>(bytes));
  response.set_available_bytes(static_cast<std::int64_t>(budget_.free_bytes()));
  response.set_node_count(input.snapshot().node_count());
  response.set_link_count(input.snapshot().link_count());
  response.set_work_links(WorkLinks(asked.effective, input.snapshot()));
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
