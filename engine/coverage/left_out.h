// Who is left out, and why: the target households one by one, with class and reason
// (engine/coverage/classification.h), a sentence of evidence (evidence.h), what is missing, and the
// nearest organisation that could bind them (nearest.h).
//
// Rows come worst first: by class, then by gap from the largest (no line: last), then by id, so
// that the first page is where to begin. Only rows that are answered get evidence; max_rows makes a
// first page cheap.
//
// Columns: node, region (null: unplaced), class, reason (null for L5), evidence; benefit_yuan
// (narrow), line_yuan (a head's, for the year or the period asked), gap_yuan (the household's; null
// without a line), nearest_organisation, nearest_hops (null when no path leads there); then
// persons, base_yuan, income_known, and payer, whom the evidence is about (null when nobody).
#ifndef LIANJIE_ENGINE_COVERAGE_LEFT_OUT_H_
#define LIANJIE_ENGINE_COVERAGE_LEFT_OUT_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/coverage/classification.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct LeftOutOptions {
  ClassificationOptions households;
  // Classes to list. Empty: L0 to L4.
  std::vector<HouseholdClass> classes;
  // Most rows to answer with, from the worst; 0: all. An answer cut short says so.
  std::uint64_t max_rows = 0;

  // Errors: INVALID_FIELD naming the field.
  absl::Status Validate() const;
};

// Errors: those of Classification::Make. Deterministic: the same bytes at any number of threads.
// Cancellable within 10 ms. O(nodes + links) and the sort of the rows.
absl::StatusOr<AnalysisResult> RunLeftOut(const AnalysisInput& input, const LeftOutOptions& options,
                                          RunContext& context);
std::uint64_t EstimateLeftOutBytes(const AnalysisInput& input, const LeftOutOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_LEFT_OUT_H_
