// The search labels nodes; the path is read from the labels afterwards (first_path.h). A link
// u -> v is tight when v's label is u's plus the link.
#include "engine/paths/shortest_path.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/paths/first_path.h"
#include "engine/paths/path_table.h"
#include "engine/paths/two_sided.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr WeightRule kRule = WeightRule::kNotNegative;
constexpr std::uint64_t kEstimatedLabels = std::uint64_t{1} << 20;

absl::StatusOr<std::vector<LinkStep>> FirstShortest(const PathQuestion& question,
                                                    const PathLabels& labels, RunContext& context) {
  const auto tight = [&](NodeIndex u, LinkIndex l, NodeIndex v) {
    const PathLabel* from = labels.Find(u);
    if (from == nullptr || !from->settled) return false;
    const PathLabel* to = labels.Find(v);
    return to != nullptr && to->settled && from->hops + 1 == to->hops &&
           from->distance + question.weigher(l) == to->distance;
  };
  return FirstPath(question.view, question.direction, tight, context)
      .Find(question.source, question.target);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const ShortestPathOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const PathQuestion question,
                           AskPath(input.view,
                                   {options.source, options.target, options.direction,
                                    options.weight, options.missing_weight},
                                   kRule, context));
  context.SetTotal(1);
  LIANJIE_ASSIGN_OR_RETURN(const TwoSidedResult search, question.weigher.unit()
                                                            ? SearchByHops(question, context)
                                                            : SearchByWeight(question, context));
  PathTable table(WeightUnit(options.weight));
  SummaryValue distance;
  SummaryValue hops;
  if (search.found) {
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<LinkStep> steps,
                             FirstShortest(question, search.labels, context));
    for (std::size_t i = 0; i < steps.size(); ++i) {
      table.Add(1, static_cast<std::int64_t>(i), steps[i].node, steps[i].link,
                search.labels.Find(steps[i].node)->distance);
    }
    const PathLabel& end = *search.labels.Find(question.target);
    distance = end.distance;
    hops = static_cast<std::int64_t>(end.hops);
  }
  context.AddCompleted(1);
  AnalysisResult result;
  result.table = std::move(table).Take();
  result.summary = {{"found", search.found},
                    {"distance", distance},
                    {"hops", hops},
                    {"visited_nodes", static_cast<std::int64_t>(search.visited)}};
  return result;
}

}  // namespace

absl::Status ShortestPathOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateEnds(source, target));
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, WeightRule::kNotNegative));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunShortestPath(const AnalysisInput& input,
                                               const ShortestPathOptions& options,
                                               RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateShortestPathBytes(const AnalysisInput& input, const ShortestPathOptions&) {
  const std::uint64_t labels =
      std::min<std::uint64_t>(input.snapshot().node_count(), kEstimatedLabels);
  return GrowingBooking::MostBytes(2 * labels, TwoSidedResult::kBytesEach);
}

}  // namespace lianjie
