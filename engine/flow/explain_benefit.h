// explain_benefit: the paths by which benefit reaches one household.
//
// Table path, step, node, link, benefit_yuan: path numbers the paths from 1, largest first; step 0
// is the node where money enters (link null), each further step the node that `link` pays, the last
// the household. Every row of a path repeats its benefit_yuan. A path from beyond the filter
// straight to the household is one row with that link; the household's own sales are one row
// without a link. Summary: benefit_yuan, covered_share (of it, by the paths shown; null when there
// is no benefit), path_count, covered_yuan, and of the benefit unexplained_yuan and
// from_outside_yuan, by the source it starts from.
//
// Method: a(h) solves (I - P) a = r(h) over what lies upstream of h alone, so that a yuan at node v
// is worth a_v to h. A walk that goes round cycles belongs to the path that is left when its loops
// are cut out in the order in which they close; the walks of one path s = v0, v1, .. together carry
// f_s p(v0 v1) p(v1 v2) .. r times det N[path, path], N = (I - P)^-1 (loop erasure: Lawler and
// Limic 2010, ch. 9; Jacobi's identity), so all paths sum to b(h). Best first: a prefix is ranked
// by what all paths that begin with it carry together (path_search.h). The search ends when the
// paths found carry all of the benefit but rounding (1e-12 of it). Direction: as money runs.
// Parallel links make parallel paths; self-loops and cycles are in the amounts. Ties: fewest links,
// then ids in order. Deterministic. O(arcs upstream + states log states).
#ifndef LIANJIE_ENGINE_FLOW_EXPLAIN_BENEFIT_H_
#define LIANJIE_ENGINE_FLOW_EXPLAIN_BENEFIT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/flow/flow_model.h"
#include "engine/graph/analysis.h"

namespace lianjie {

inline constexpr std::int64_t kMaxExplainedPaths = 10000;

struct ExplainBenefitOptions {
  std::string node = {};  // id of the household; required
  std::int64_t k = 10;    // most paths, 1 to kMaxExplainedPaths
  FlowMode mode = FlowMode::kLedger;
  bool signed_injections = false;
  double tolerance = 1e-12;

  // Errors: TERMS (FEATURE_PLANNED), `node` empty, `k` or `tolerance` out of range.
  absl::Status Validate() const;
};

// Errors: those of Validate and of FlowModel::Build; NODE_NOT_FOUND; INVALID_FIELD for a node that
// is no household; CANCELLED, MEMORY_EXHAUSTED (memory is booked as the search grows). The search
// ends early, and says so and why by `truncated`, when it has looked at a million prefixes, or when
// what it keeps of cycles or of prefixes has grown to 512 MiB.
absl::StatusOr<AnalysisResult> RunExplainBenefit(const AnalysisInput& input,
                                                 const ExplainBenefitOptions& options,
                                                 RunContext& context);

std::uint64_t EstimateExplainBenefitBytes(const AnalysisInput& input,
                                          const ExplainBenefitOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_EXPLAIN_BENEFIT_H_
