#include "engine/centrality/betweenness.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/centrality/brandes.h"
#include "engine/centrality/score_table.h"
#include "engine/core/status.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

// Lanes hold a score a vertex each: as many as 256 MiB hold, within these bounds. Part of the
// answer's last bits: never to depend on the machine.
constexpr std::uint64_t kLaneBytes = std::uint64_t{1} << 28;
constexpr std::uint64_t kMostLanes = 64;
constexpr std::uint64_t kFewestLanes = 8;

std::uint64_t LaneCount(std::uint64_t vertices) {
  const std::uint64_t held = kLaneBytes / (std::max<std::uint64_t>(vertices, 1) * sizeof(double));
  return std::min(std::clamp(held, kFewestLanes, kMostLanes), std::max<std::uint64_t>(vertices, 1));
}

ProjectionSpec SpecOf(const BetweennessOptions& options) {
  ProjectionSpec spec;
  spec.direction = options.direction;
  spec.weight = options.weight;
  if (options.weight != "none") spec.missing_weight = options.missing_weight;
  spec.parallel = ProjectionSpec::Parallel::kMin;
  spec.self_loops = false;
  return spec;
}

std::uint64_t OwnBytes(std::uint64_t vertices, bool weighted, std::uint64_t threads) {
  const std::uint64_t lanes = LaneCount(vertices);
  return (lanes + 1) * vertices * sizeof(double) +
         std::min(lanes, threads) * BrandesWorkspace::EstimateBytes(vertices, weighted) +
         EstimateScoreTableBytes(vertices);
}

class Lanes {
 public:
  Lanes(const Projection& graph, RunContext& context)
      : graph_(graph),
        context_(context),
        scores_(LaneCount(graph.size())),
        workspaces_([&graph] { return BrandesWorkspace(graph); }) {}

  absl::Status Run() {
    context_.SetTotal(graph_.size());
    context_.Parallel([this] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, scores_.size(), 1),
          [this](const auto& range) {
            for (std::size_t lane = range.begin(); lane != range.end(); ++lane) RunLane(lane);
          },
          tbb::simple_partitioner());
    });
    LIANJIE_RETURN_IF_ERROR(context_.Check());
    if (!too_many_paths_.load()) return absl::OkStatus();
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        "two nodes have more than 1e300 shortest paths between them, more than can be counted",
        {.reason = Reason::kLimitExceeded,
         .field = {},
         .row = {},
         .metadata = {{"limit", "1e300"}}});
  }

  // Lanes added in order, times `factor`.
  std::vector<double> Sum(double factor) {
    std::vector<double> sum(graph_.size(), 0.0);
    context_.Parallel([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, sum.size(), 4096),
                        [&](const auto& range) {
                          if (context_.Stopped()) return;
                          for (const std::vector<double>& lane : scores_) {
                            for (std::size_t v = range.begin(); v != range.end(); ++v)
                              sum[v] += lane[v];
                          }
                          for (std::size_t v = range.begin(); v != range.end(); ++v)
                            sum[v] *= factor;
                        });
    });
    return sum;
  }

 private:
  void RunLane(std::size_t lane) {
    if (context_.Stopped() || too_many_paths_.load(std::memory_order_relaxed)) return;
    std::vector<double>& scores = scores_[lane];
    scores.assign(graph_.size(), 0.0);
    BrandesWorkspace& workspace = workspaces_.local();
    for (std::uint64_t source = lane; source < graph_.size(); source += scores_.size()) {
      if (context_.Stopped() || too_many_paths_.load(std::memory_order_relaxed)) return;
      const SourceOutcome outcome =
          workspace.AddSource(static_cast<std::uint32_t>(source), context_, scores);
      if (outcome == SourceOutcome::kTooManyPaths)
        too_many_paths_.store(true, std::memory_order_relaxed);
      if (outcome != SourceOutcome::kDone) return;
      context_.AddCompleted(1);
    }
  }

  const Projection& graph_;
  RunContext& context_;
  std::vector<std::vector<double>> scores_;  // by lane, then vertex
  tbb::enumerable_thread_specific<BrandesWorkspace> workspaces_;
  std::atomic<bool> too_many_paths_{false};
};

double Factor(const BetweennessOptions& options, double n) {
  double factor =
      options.direction == Direction::kUndirected ? 0.5 : 1.0;  // each pair was met from both ends
  if (!options.normalized || n < 3) return factor;
  const double pairs =
      (n - 1) * (n - 2) * (options.direction == Direction::kUndirected ? 0.5 : 1.0);
  return factor / pairs;
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const BetweennessOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t missing,
                           CheckWeights(input.view, options.weight, options.missing_weight,
                                        WeightRule::kPositive, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, SpecOf(options), context));
  const std::uint32_t n = graph->size();
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking booking,
      Booking::Take(context,
                    OwnBytes(n, graph->weighted(), static_cast<std::uint64_t>(context.threads()))));
  Lanes lanes(*graph, context);
  LIANJIE_RETURN_IF_ERROR(lanes.Run());
  const std::vector<double> scores = lanes.Sum(Factor(options, n));
  LIANJIE_RETURN_IF_ERROR(context.Check());
  AnalysisResult result;
  LIANJIE_ASSIGN_OR_RETURN(
      result.table,
      ScoreTable(
          *graph, scores,
          options.normalized
              ? "Part of the pairs of other nodes whose shortest paths pass the node."
              : "Shortest paths between other nodes that pass the node, each pair counting 1.",
          context));
  const ScoreFigures figures = FiguresOf(scores);
  result.summary = {{"node_count", static_cast<std::int64_t>(n)},
                    {"largest_score", figures.greatest},
                    {"sum_score", figures.sum}};
  if (options.weight != "none") {
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  }
  if (missing > 0)
    result.warnings.push_back(
        MissingWeightWarning(options.weight, missing, options.missing_weight));
  return result;
}

}  // namespace

absl::Status BetweennessOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, WeightRule::kPositive));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunBetweenness(const AnalysisInput& input,
                                              const BetweennessOptions& options,
                                              RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateBetweennessBytes(const AnalysisInput& input,
                                       const BetweennessOptions& options) {
  return Projection::EstimateBytes(input.snapshot(), SpecOf(options)) +
         OwnBytes(input.snapshot().node_count(), options.weight != "none",
                  std::max(1u, std::thread::hardware_concurrency()));
}

}  // namespace lianjie
