#include "server/registry.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/centrality/betweenness.h"
#include "engine/centrality/degree.h"
#include "engine/centrality/page_rank.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/coverage/coverage.h"
#include "engine/coverage/left_out.h"
#include "engine/flow/benefit_flow.h"
#include "engine/flow/dependence.h"
#include "engine/flow/explain_benefit.h"
#include "engine/paths/chain_trace.h"
#include "engine/paths/distances.h"
#include "engine/paths/shortest_path.h"
#include "engine/structure/strong_components.h"
#include "engine/structure/weak_components.h"
#include "server/adapters.h"

namespace lianjie::server {
namespace {

using A = v1::Analysis;

// One row: how to get at the message, and the engine's two functions. The adapters are the
// overloads of Read and Write in adapters.h.
template <typename Message, typename Options>
AnalysisEntry Row(A::AnalysisCase which, std::string_view name, std::string_view family,
                  LaneKind lane, const Message& (A::*get)() const, Message* (A::*mutable_get)(),
                  absl::StatusOr<AnalysisResult> (*run)(const AnalysisInput&, const Options&,
                                                        RunContext&),
                  std::uint64_t (*estimate)(const AnalysisInput&, const Options&)) {
  const auto read = [get](const A& analysis) -> absl::StatusOr<Options> {
    Options options;
    LIANJIE_RETURN_IF_ERROR(Read((analysis.*get)(), options));
    LIANJIE_RETURN_IF_ERROR(options.Validate());
    return options;
  };
  AnalysisEntry entry;
  entry.which = which;
  entry.name = name;
  entry.family = family;
  entry.lane = lane;
  entry.effective = [read, mutable_get](const A& asked) -> absl::StatusOr<A> {
    absl::StatusOr<Options> options = read(asked);
    if (!options.ok()) return options.status();
    A out = asked;
    Write(*options, *(out.*mutable_get)());
    return out;
  };
  entry.run = [read, run](const AnalysisInput& input, const A& analysis,
                          RunContext& context) -> absl::StatusOr<AnalysisResult> {
    absl::StatusOr<Options> options = read(analysis);
    if (!options.ok()) return options.status();
    return run(input, *options, context);
  };
  entry.estimate_bytes = [read, estimate](const AnalysisInput& input,
                                          const A& analysis) -> absl::StatusOr<std::uint64_t> {
    absl::StatusOr<Options> options = read(analysis);
    if (!options.ok()) return options.status();
    return estimate(input, *options);
  };
  return entry;
}

std::vector<AnalysisEntry> MakeAnalyses() {
  constexpr LaneKind kQuick = LaneKind::kInteractive;
  constexpr LaneKind kHeavy = LaneKind::kHeavy;
  return {
      Row(A::kShortestPath, "shortest_path", "paths", kQuick, &A::shortest_path,
          &A::mutable_shortest_path, &RunShortestPath, &EstimateShortestPathBytes),
      Row(A::kDistances, "distances", "paths", kHeavy, &A::distances, &A::mutable_distances,
          &RunDistances, &EstimateDistancesBytes),
      Row(A::kChainTrace, "chain_trace", "paths", kQuick, &A::chain_trace, &A::mutable_chain_trace,
          &RunChainTrace, &EstimateChainTraceBytes),
      Row(A::kDegree, "degree", "centrality", kHeavy, &A::degree, &A::mutable_degree, &RunDegree,
          &EstimateDegreeBytes),
      Row(A::kPageRank, "page_rank", "centrality", kHeavy, &A::page_rank, &A::mutable_page_rank,
          &RunPageRank, &EstimatePageRankBytes),
      Row(A::kBetweenness, "betweenness", "centrality", kHeavy, &A::betweenness,
          &A::mutable_betweenness, &RunBetweenness, &EstimateBetweennessBytes),
      Row(A::kWeakComponents, "weak_components", "structure", kHeavy, &A::weak_components,
          &A::mutable_weak_components, &RunWeakComponents, &EstimateWeakComponentsBytes),
      Row(A::kStrongComponents, "strong_components", "structure", kHeavy, &A::strong_components,
          &A::mutable_strong_components, &RunStrongComponents, &EstimateStrongComponentsBytes),
      Row(A::kBenefitFlow, "benefit_flow", "flow", kHeavy, &A::benefit_flow,
          &A::mutable_benefit_flow, &RunBenefitFlow, &EstimateBenefitFlowBytes),
      Row(A::kExplainBenefit, "explain_benefit", "flow", kHeavy, &A::explain_benefit,
          &A::mutable_explain_benefit, &RunExplainBenefit, &EstimateExplainBenefitBytes),
      Row(A::kDependence, "dependence", "flow", kHeavy, &A::dependence, &A::mutable_dependence,
          &RunDependence, &EstimateDependenceBytes),
      Row(A::kCoverage, "coverage", "coverage", kHeavy, &A::coverage, &A::mutable_coverage,
          &RunCoverage, &EstimateCoverageBytes),
      Row(A::kLeftOut, "left_out", "coverage", kHeavy, &A::left_out, &A::mutable_left_out,
          &RunLeftOut, &EstimateLeftOutBytes),
  };
}

}  // namespace

std::span<const AnalysisEntry> Analyses() {
  static const std::vector<AnalysisEntry> entries = MakeAnalyses();
  return entries;
}

absl::StatusOr<const AnalysisEntry*> FindAnalysis(const v1::Analysis& analysis) {
  for (const AnalysisEntry& entry : Analyses()) {
    if (entry.which == analysis.analysis_case()) return &entry;
  }
  return InvalidField("analysis", "one of its kinds must be set", Reason::kMissingField);
}

}  // namespace lianjie::server
