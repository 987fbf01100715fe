#include "engine/centrality/harmonic.h"

#include "engine/centrality/distance_sums.h"
#include "engine/core/status.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

ProjectionSpec SpecOf(const HarmonicOptions& options) {
  return DistanceSumsSpec(options.direction, options.weight, options.missing_weight);
}

}  // namespace

absl::Status HarmonicOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, WeightRule::kPositive));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunHarmonic(const AnalysisInput& input,
                                           const HarmonicOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  const DistanceQuestion question{
      .direction = options.direction,
      .weight = options.weight,
      .missing_weight = options.missing_weight,
      .term = DistanceTerm::kReciprocal,
      .description = options.normalized
                         ? "Mean over the other nodes of 1 / distance, 0 where unreached."
                         : "Sum over the other nodes of 1 / distance, 0 where unreached.",
      .score = [&options](double nodes, double, double sum) {
        return options.normalized && nodes > 1 ? sum / (nodes - 1) : sum;
      }};
  return Guarded([&] { return ScoreByDistances(input, question, context); });
}

std::uint64_t EstimateHarmonicBytes(const AnalysisInput& input, const HarmonicOptions& options) {
  return EstimateDistanceSumsBytes(input.snapshot(), SpecOf(options));
}

}  // namespace lianjie
