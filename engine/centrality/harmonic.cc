#include "engine/centrality/harmonic.h"

#include <memory>
#include <vector>

#include "engine/centrality/distance_sums.h"
#include "engine/centrality/score_table.h"
#include "engine/core/status.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

ProjectionSpec SpecOf(const HarmonicOptions& options) {
  return DistanceSumsSpec(options.direction, options.weight, options.missing_weight);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const HarmonicOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t missing,
                           CheckWeights(input.view, options.weight, options.missing_weight,
                                        WeightRule::kPositive, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, SpecOf(options), context));
  const std::uint32_t n = graph->size();
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, EstimateScoreTableBytes(n)));
  LIANJIE_ASSIGN_OR_RETURN(DistanceSums sums,
                           SumDistances(input, *graph, DistanceTerm::kReciprocal, context));
  if (options.normalized && n > 1) {
    for (double& sum : sums.sum) sum /= n - 1;
  }
  AnalysisResult result;
  LIANJIE_ASSIGN_OR_RETURN(
      result.table, ScoreTable(*graph, sums.sum,
                               options.normalized
                                   ? "Mean over the other nodes of 1 / distance, 0 where unreached."
                                   : "Sum over the other nodes of 1 / distance, 0 where unreached.",
                               context));
  const ScoreFigures figures = FiguresOf(sums.sum);
  result.summary = {{"node_count", static_cast<std::int64_t>(n)},
                    {"searched_count", sums.searched},
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

absl::Status HarmonicOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, WeightRule::kPositive));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunHarmonic(const AnalysisInput& input,
                                           const HarmonicOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateHarmonicBytes(const AnalysisInput& input, const HarmonicOptions& options) {
  return EstimateDistanceSumsBytes(input.snapshot(), SpecOf(options)) +
         EstimateScoreTableBytes(input.snapshot().node_count());
}

}  // namespace lianjie
