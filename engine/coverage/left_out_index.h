// What every page of left_out is read from: how many households fall into each class and for each
// reason, the worst of each class in their order, and the nearest organisations of payers, through
// which those of all others are found. Made once for a view and its options and kept where the
// input has a cache: the first question about a Snapshot pays for it, a page then costs its rows.
#ifndef LIANJIE_ENGINE_COVERAGE_LEFT_OUT_INDEX_H_
#define LIANJIE_ENGINE_COVERAGE_LEFT_OUT_INDEX_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/coverage/classification.h"
#include "engine/coverage/nearest.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(ClassReason::kDependent) + 1;
using WantedClasses = std::array<bool, kClassCount>;

// Immutable after Make; thread safe.
class LeftOutIndex final : public Derived {
 public:
  // Rows that are kept of each class.
  static constexpr std::size_t kKeptRows = 4096;
  // What each household takes while the rows asked for are put in order.
  static constexpr std::uint64_t kCandidateBytes = 16;

  static absl::StatusOr<std::shared_ptr<const LeftOutIndex>> Get(
      const AnalysisInput& input, const ClassificationOptions& options, RunContext& context);
  static std::uint64_t EstimateBytes(const Snapshot& snapshot,
                                     const ClassificationOptions& options);

  const Classification& classification() const { return *classification_; }
  const NearestOrganisations& nearest() const { return nearest_; }
  std::int64_t count_of(HouseholdClass c) const { return classes_[static_cast<std::size_t>(c)]; }
  std::int64_t count_of(ClassReason r) const { return reasons_[static_cast<std::size_t>(r)]; }

  // The households of the classes wanted, worst first: at most `most` (0: all). Errors: CANCELLED,
  // MEMORY_EXHAUSTED. O(rows), more than kKeptRows of a class O(nodes).
  absl::StatusOr<std::vector<NodeIndex>> List(const WantedClasses& wanted, std::uint64_t most,
                                              RunContext& context) const;
  std::uint64_t memory_bytes() const override;

 private:
  LeftOutIndex(std::shared_ptr<const Classification> classification, NearestOrganisations nearest)
      : classification_(std::move(classification)), nearest_(std::move(nearest)) {}
  static absl::StatusOr<std::shared_ptr<const LeftOutIndex>> Make(
      const AnalysisInput& input, const ClassificationOptions& options, RunContext& context);
  absl::StatusOr<std::vector<NodeIndex>> ListAnew(const WantedClasses& wanted, std::uint64_t most,
                                                  RunContext& context) const;

  std::shared_ptr<const Classification> classification_;
  NearestOrganisations nearest_;
  std::array<std::int64_t, kClassCount> classes_{};
  std::array<std::int64_t, kReasonCount> reasons_{};
  std::array<std::vector<NodeIndex>, kClassCount> worst_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_LEFT_OUT_INDEX_H_
