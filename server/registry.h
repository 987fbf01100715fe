// The analyses that the server offers, one row each: the name that is used everywhere, the lane it
// runs in, and small adapters from the API's options to the engine's. Everything that users read
// about an analysis (its text, its options, their defaults) is not here: it derives from the proto
// descriptor (describe.h).
#ifndef LIANJIE_SERVER_REGISTRY_H_
#define LIANJIE_SERVER_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "lianjie/v1/analysis.pb.h"

namespace lianjie::server {

enum class LaneKind : std::uint8_t { kInteractive, kHeavy };

struct AnalysisEntry {
  v1::Analysis::AnalysisCase which;
  std::string_view name;    // of the field in v1::Analysis
  std::string_view family;  // paths, centrality, structure, flow, coverage
  LaneKind lane;
  // The options with every default filled in: what the answer echoes. INVALID_FIELD for options
  // that cannot be.
  std::function<absl::StatusOr<v1::Analysis>(const v1::Analysis& asked)> effective;
  std::function<absl::StatusOr<AnalysisResult>(const AnalysisInput& input,
                                               const v1::Analysis& effective, RunContext& context)>
      run;
  std::function<absl::StatusOr<std::uint64_t>(const AnalysisInput& input,
                                              const v1::Analysis& effective)>
      estimate_bytes;
};

// All rows, by family and name.
std::span<const AnalysisEntry> Analyses();

// The row of the analysis that is set; INVALID_FIELD when none is.
absl::StatusOr<const AnalysisEntry*> FindAnalysis(const v1::Analysis& analysis);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_REGISTRY_H_
