// Who is bound and how well, by region: households by class (engine/coverage/classification.h),
// with rates, at every level at once.
//
// A Snapshot sorts nodes by the region's preorder rank, so the roll-up is one pass over the
// households, each counted in its own region, and one pass over the regions from below, each added
// to its parent: O(nodes + regions) after the classification.
//
// Rows: the whole first; then every region in which the question sees a household, in the order of
// the tree, each with all that lies below it; last the unplaced households, whose region and level
// are null. The whole is the root of level 0 when it is the tree's only root and holds all
// households, else a row of level 0 with an empty region. So a region is the sum of its children
// and of the households placed in itself, and the whole the sum of the roots and the unplaced.
// Under a region filter, regions above it are not shown.
//
// Columns: region (code), name, level; households, persons, l0 ... l5 count targets; all_households
// those that are no targets too; participation_rate = with an active narrow or SERVICE link paying
// it, of the ever registered (REGISTERED_POOR + LIFTED_OUT); income_through_industry_rate = with
// narrow benefit, of LIFTED_OUT; new_type_binding_rate = bound to a cooperative, leading enterprise
// or family farm, of the ever registered; benefit_per_head_yuan = benefit_yuan / persons; gap_yuan
// the sum of the targets' gaps (null when no line holds for any of them); gap_closed_share = sum
// min(b, gap0) / sum gap0, gap0 = max(0, n line - base); operators, workers, shareholders: targets
// by role, which overlap. The summary has the eight exclusive combinations. A rate whose
// denominator is empty is null. The three rates of the registered are over all such households
// inside the question, whatever the targets.
#ifndef LIANJIE_ENGINE_COVERAGE_COVERAGE_H_
#define LIANJIE_ENGINE_COVERAGE_COVERAGE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/coverage/classification.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct CoverageOptions {
  ClassificationOptions households;
  // Rows of this level only, 0 the whole to 5 villages; neither the whole (unless 0) nor the
  // unplaced then. Default: all.
  std::optional<int> level;

  // Errors: INVALID_FIELD naming the field.
  absl::Status Validate() const;
};

// Errors: those of Classification::Make. Parallel links add up; a self-loop counts as any other
// link. Deterministic: the same bytes at any number of threads. Cancellable within 10 ms.
absl::StatusOr<AnalysisResult> RunCoverage(const AnalysisInput& input,
                                           const CoverageOptions& options, RunContext& context);
std::uint64_t EstimateCoverageBytes(const AnalysisInput& input, const CoverageOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_COVERAGE_H_
