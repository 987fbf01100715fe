#include "engine/centrality/betweenness.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/centrality/brandes.h"
#include "engine/centrality/folded_betweenness.h"
#include "engine/centrality/sampled_betweenness.h"
#include "engine/centrality/score_table.h"
#include "engine/centrality/source_list.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/arcs.h"
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

constexpr std::uint64_t kMostSamples = std::uint64_t{1} << 40;

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

// Every link undirected and 1 long: what the graph repeats can be folded.
bool Folds(const BetweennessOptions& options) {
  return options.direction == Direction::kUndirected && options.weight == "none";
}

bool IsSampled(const BetweennessOptions& options) {
  return options.samples > 0 || options.epsilon > 0;
}

std::uint64_t LanesBytes(std::uint64_t vertices, bool weighted, std::uint64_t threads) {
  const std::uint64_t lanes = LaneCount(vertices);
  return (lanes + 1) * vertices * sizeof(double) +
         std::min(lanes, threads) * BrandesWorkspace::EstimateBytes(vertices, weighted) +
         EstimateSourceListBytes(vertices);
}

class Lanes {
 public:
  Lanes(const Projection& graph, RunContext& context)
      : graph_(graph),
        context_(context),
        scores_(LaneCount(graph.size())),
        workspaces_([&graph] { return BrandesWorkspace(graph); }) {}

  absl::Status Run() {
    LIANJIE_ASSIGN_OR_RETURN(sources_, ListSources(graph_, context_));
    context_.AddCompleted(graph_.size() - sources_.size());
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
    return TooManyPathsError();
  }

  // Lanes added in order.
  std::vector<double> Sum() {
    std::vector<double> sum(graph_.size(), 0.0);
    context_.Parallel([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, sum.size(), 4096),
                        [&](const auto& range) {
                          if (context_.Stopped()) return;
                          for (const std::vector<double>& lane : scores_) {
                            for (std::size_t v = range.begin(); v != range.end(); ++v)
                              sum[v] += lane[v];
                          }
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
    for (std::size_t i = lane; i < sources_.size(); i += scores_.size()) {
      if (context_.Stopped() || too_many_paths_.load(std::memory_order_relaxed)) return;
      const SourceOutcome outcome = workspace.AddSource(sources_[i], context_, scores);
      if (outcome == SourceOutcome::kTooManyPaths)
        too_many_paths_.store(true, std::memory_order_relaxed);
      if (outcome != SourceOutcome::kDone) return;
      context_.AddCompleted(1);
    }
  }

  const Projection& graph_;
  RunContext& context_;
  std::vector<Source> sources_;
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

// Over ordered pairs, exact.
absl::StatusOr<std::vector<double>> ExactScores(const Projection& graph,
                                                const BetweennessOptions& options,
                                                RunContext& context) {
  context.SetTotal(graph.size());
  if (Folds(options)) return FoldedBetweenness(graph, context);
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking booking,
      Booking::Take(context, LanesBytes(graph.size(), graph.weighted(),
                                        static_cast<std::uint64_t>(context.threads()))));
  Lanes lanes(graph, context);
  LIANJIE_RETURN_IF_ERROR(lanes.Run());
  return lanes.Sum();
}

absl::StatusOr<SampledScores> SampleScores(const AnalysisInput& input, const Projection& graph,
                                           const BetweennessOptions& options, RunContext& context) {
  const SamplingPlan plan{.samples = options.samples,
                          .epsilon = options.epsilon,
                          .delta = options.delta,
                          .seed = options.seed};
  if (options.direction == Direction::kUndirected)
    return SampledBetweenness(graph, graph, plan, context);
  ProjectionSpec spec = SpecOf(options);
  spec.direction = Opposite(options.direction);
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> back,
                           input.projections(input.view, spec, context));
  return SampledBetweenness(graph, *back, plan, context);
}

void Scale(std::vector<double>& scores, double factor) {
  for (double& score : scores) score *= factor;
}

// The scores, and the part of the summary that says how they came about.
absl::StatusOr<std::vector<double>> Scores(const AnalysisInput& input, const Projection& graph,
                                           const BetweennessOptions& options, Summary& summary,
                                           RunContext& context) {
  const auto n = static_cast<double>(graph.size());
  const double factor = Factor(options, n);
  if (!IsSampled(options)) {
    LIANJIE_ASSIGN_OR_RETURN(std::vector<double> scores, ExactScores(graph, options, context));
    Scale(scores, factor);
    summary.emplace_back("exact", true);
    return scores;
  }
  LIANJIE_ASSIGN_OR_RETURN(SampledScores sampled, SampleScores(input, graph, options, context));
  Scale(sampled.scores, factor);
  summary.emplace_back("exact", false);
  summary.emplace_back("samples", static_cast<std::int64_t>(sampled.samples));
  summary.emplace_back("epsilon", sampled.epsilon);
  summary.emplace_back("confidence", 1 - options.delta);
  summary.emplace_back("error_bound", n < 3 ? 0.0 : sampled.epsilon * factor * (n - 1) * (n - 2));
  return std::move(sampled.scores);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const BetweennessOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t missing,
                           CheckWeights(input.view, options.weight, options.missing_weight,
                                        WeightRule::kPositive, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, SpecOf(options), context));
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, EstimateScoreTableBytes(graph->size())));
  Summary method;
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<double> scores,
                           Scores(input, *graph, options, method, context));
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
  result.summary = {{"node_count", static_cast<std::int64_t>(graph->size())},
                    {"largest_score", figures.greatest},
                    {"sum_score", figures.sum}};
  result.summary.insert(result.summary.end(), method.begin(), method.end());
  if (options.weight != "none") {
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  }
  if (missing > 0)
    result.warnings.push_back(
        MissingWeightWarning(options.weight, missing, options.missing_weight));
  return result;
}

// What is taken besides the projections and the table.
std::uint64_t MethodBytes(const AnalysisInput& input, const BetweennessOptions& options) {
  const std::uint64_t n = input.snapshot().node_count();
  const std::uint64_t threads = std::max(1u, std::thread::hardware_concurrency());
  const bool weighted = options.weight != "none";
  if (IsSampled(options)) return EstimateSampledBytes(n, weighted, threads);
  if (Folds(options))
    return EstimateFoldedBytes(n, 2 * std::uint64_t{input.snapshot().link_count()}, threads);
  return LanesBytes(n, weighted, threads);
}

}  // namespace

absl::Status BetweennessOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, WeightRule::kPositive));
  if (epsilon != 0 && !(epsilon >= 1e-6 && epsilon < 1))
    return InvalidField("epsilon", Cat(epsilon, " is not 0 nor from 1e-6 up to, but not, 1"));
  if (!(delta > 0 && delta < 1))
    return InvalidField("delta", Cat(delta, " is not between 0 and 1"));
  if (samples > kMostSamples)
    return InvalidField("samples", Cat(samples, " is not from 0 to ", kMostSamples));
  if (samples > 0 && epsilon > 0)
    return InvalidField("samples", "give samples or epsilon, not both");
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
  // Sampling in a direction needs the arcs turned round as well.
  const std::uint64_t projections =
      IsSampled(options) && options.direction != Direction::kUndirected ? 2 : 1;
  return projections * Projection::EstimateBytes(input.snapshot(), SpecOf(options)) +
         MethodBytes(input, options) + EstimateScoreTableBytes(input.snapshot().node_count());
}

}  // namespace lianjie
