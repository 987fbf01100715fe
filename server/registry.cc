#include "server/registry.h"

#include <iterator>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "server/analysis_row.h"

namespace lianjie::server {

std::span<const AnalysisEntry> Analyses() {
  static const std::vector<AnalysisEntry> entries = [] {
    std::vector<AnalysisEntry> all;
    for (auto* const family : {&PathAnalyses, &CentralityAnalyses, &StructureAnalyses,
                               &FlowAnalyses, &CoverageAnalyses}) {
      std::vector<AnalysisEntry> rows = family();
      std::move(rows.begin(), rows.end(), std::back_inserter(all));
    }
    return all;
  }();
  return entries;
}

absl::StatusOr<const AnalysisEntry*> FindAnalysis(const v1::Analysis& analysis) {
  for (const AnalysisEntry& entry : Analyses()) {
    if (entry.which == analysis.analysis_case()) return &entry;
  }
  return InvalidField("analysis", "one of its kinds must be set", Reason::kMissingField);
}

}  // namespace lianjie::server
