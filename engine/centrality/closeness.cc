#include "engine/centrality/closeness.h"

#include "engine/centrality/distance_sums.h"
#include "engine/core/status.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

ProjectionSpec SpecOf(const ClosenessOptions& options) {
  return DistanceSumsSpec(options.direction, options.weight, options.missing_weight);
}

double ClosenessScore(const ClosenessOptions& options, double nodes, double reached, double sum) {
  if (reached == 0) return 0.0;
  const double closeness = (options.normalized ? reached : 1.0) / sum;
  return options.improved ? closeness * (reached / (nodes - 1)) : closeness;
}

}  // namespace

absl::Status ClosenessOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, WeightRule::kPositive));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunCloseness(const AnalysisInput& input,
                                            const ClosenessOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  const DistanceQuestion question{.direction = options.direction,
                                  .weight = options.weight,
                                  .missing_weight = options.missing_weight,
                                  .term = DistanceTerm::kDistance,
                                  .description = "How near the node is to those that it reaches.",
                                  .score = [&options](double nodes, double reached, double sum) {
                                    return ClosenessScore(options, nodes, reached, sum);
                                  }};
  return Guarded([&] { return ScoreByDistances(input, question, context); });
}

std::uint64_t EstimateClosenessBytes(const AnalysisInput& input, const ClosenessOptions& options) {
  return EstimateDistanceSumsBytes(input.snapshot(), SpecOf(options));
}

}  // namespace lianjie
