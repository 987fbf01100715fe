// Who is bound, how well, and who is left out. Each target household falls into the first of six
// classes that fits it:
//
//   L0 UNBOUND     no active incoming binding that carries money
//                  reasons, the first that fits:
//                  LAPSED        an incoming binding that carries money was in force and is no
//                  longer (expired, suspended,
//                                ended, or its payer is gone)
//                  SUPPORT_ONLY  an active SERVICE link (guidance, training) without any amount
//                  PAYS_ONLY     active links that it pays, none that pays it
//                  MARKET_ONLY   it sells (SUPPLY, or CONSUMPTION of the market), and no more
//                  RELIEF_ONLY   it gets TRANSFER or an INSURANCE indemnity, and no more
//                  LAPSED        nothing is active, but some other link was in force
//                  NO_LINK       nothing is or was
//   L1 UNREACHED   b = 0 and no node with an injection f > 0 reaches it over active links, amounts
//   ignored: DEAD_END L2 UNPAID      b = 0 otherwise: DORMANT_PAYER when every payer of its
//   bindings is DORMANT or REVOKED, else ARREARS
//                  (also when its own payments took all that it was paid; the evidence tells them
//                  apart)
//   L3 BELOW_LINE  (base + b) / n < line or b / n < minimum: BELOW_MINIMUM when the minimum is
//   missed, else BELOW_LINE L4 FRAGILE     not adequate once its largest payer stops paying it:
//   SINGLE_PAYER when nothing is left, else DEPENDENT L5 BOUND       the rest
//
// b is the narrow benefit of engine/flow/flow_model.h; n the persons; base = max(0, y - b), where y
// is the recorded income (its four parts, unknown parts 0) unless its year is after the question's;
// y unknown: base 0, flagged. In a period, y, line and minimum, which are yearly, count by its part
// of a year. Source: DOMAIN terms of coverage, after the three questions that Ye and Pan (2021) put
// to industrial poverty alleviation: breadth, depth, accuracy.
//
// A filter on nodes or a region says which households are looked at; what they are paid, and by
// whom, is always the whole graph's: nobody is unbound because the employer lives across a border.
// A filter on links is refused: it has no such meaning.
//
// A payer is an organisation or agency; LAND, FUND and other households' accounts are looked
// through, but a household pays by itself what nobody is behind (its own sales or savings). A
// SERVICE link counts as carrying money only if it has an amount or a share. A household's link to
// itself counts as any other. Differences below 1e-9 of the line (or 1e-9 yuan) are rounding. Cost:
// the flow model plus one parallel pass over the links of the households that are looked at:
// targets and those ever registered as poor, whom the rates are about.
#ifndef LIANJIE_ENGINE_COVERAGE_CLASSIFICATION_H_
#define LIANJIE_ENGINE_COVERAGE_CLASSIFICATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/records.h"
#include "engine/coverage/household_class.h"
#include "engine/coverage/lines.h"
#include "engine/coverage/tally.h"
#include "engine/flow/flow_model.h"
#include "engine/flow/sparse_column.h"
#include "engine/graph/analysis.h"

namespace lianjie {

// What coverage and left_out share.
struct ClassificationOptions {
  FlowMode mode = FlowMode::kLedger;  // kTerms is refused as planned
  // Which households are targets, as a filter over SnapshotNodeFields(). Empty: registration
  // REGISTERED_POOR or LIFTED_OUT, or monitoring other than NONE; a field that is not given counts
  // as GENERAL, NONE.
  std::string target;
  // Lines to use instead of the graph's own.
  std::optional<std::vector<LineRecord>> lines;

  // Errors: INVALID_FILTER ("target"), INVALID_FIELD ("lines.…", with the row).
  absl::Status Validate() const;
};

// All households of a view, classified: two bytes a node and eight a household that is looked at.
// Immutable after Make; thread safe.
class Classification final : public Derived {
 public:
  // Errors: those of the options and of FlowModel::Build; INVALID_FILTER for a filter on links;
  // MISSING_FIELD (FAILED_PRECONDITION, names the first node in the snapshot's order) for a target
  // with unknown or no persons; CANCELLED, MEMORY_EXHAUSTED.
  static absl::StatusOr<Classification> Make(const AnalysisInput& input,
                                             const ClassificationOptions& options,
                                             RunContext& context);
  // From the input's cache where there is one, as the books that it is made of.
  static absl::StatusOr<std::shared_ptr<const Classification>> Get(
      const AnalysisInput& input, const ClassificationOptions& options, RunContext& context);
  static std::uint64_t EstimateBytes(const Snapshot& snapshot,
                                     const ClassificationOptions& options);
  // What tells a classification from others of the same view.
  static std::string KeyOf(const ClassificationOptions& options);

  const Snapshot& snapshot() const { return model_->snapshot(); }
  // The whole graph's books on the day or in the period, unfiltered.
  const FlowModel& model() const { return *model_; }

  // kNoTarget for all others.
  HouseholdClass ClassOf(NodeIndex n) const {
    return static_cast<HouseholdClass>(standings_[n] & kClassBits);
  }
  ClassReason ReasonOf(NodeIndex n) const {
    return static_cast<ClassReason>(standings_[n] >> kReasonShift);
  }

  // Of every household inside the view, target or not.
  bool IsHousehold(NodeIndex n) const { return (traits_[n] & kHousehold) != 0; }

  // ---- what only targets and those ever registered as poor are asked for; nothing of others
  // Has an active incoming narrow or SERVICE link.
  bool Participates(NodeIndex n) const { return (traits_[n] & kParticipates) != 0; }
  // Bound to a cooperative, a leading enterprise or a family farm: an active binding either way (no
  // CREDIT or INSURANCE), LAND and FUND looked through.
  bool IsNewTypeBound(NodeIndex n) const { return (traits_[n] & kNewType) != 0; }
  // Bits 1 operator, 2 worker, 4 shareholder: its roles by active incoming narrow or SERVICE links.
  unsigned RolesOf(NodeIndex n) const { return traits_[n] >> kRoleShift & 7U; }
  // Narrow benefit above 0.
  bool HasBenefit(NodeIndex n) const;
  double BenefitYuan(NodeIndex n) const { return narrow_[n]; }

  // `n` must be a target.
  HouseholdMeasure Measure(NodeIndex n) const { return MeasureWith(n, narrow_[n]); }

  // What a reader must know: missing lines, unknown incomes, links without shares.
  const std::vector<std::string>& warnings() const { return warnings_; }
  // By region what is in it and not below it; then the unplaced.
  const std::vector<Tally>& tallies() const { return tallies_; }
  std::uint64_t target_count() const { return targets_; }
  std::uint64_t income_unknown_count() const { return income_unknown_; }
  std::uint64_t lineless_count() const { return lineless_; }
  std::uint64_t memory_bytes() const override;

 private:
  friend class Classifier;
  static constexpr std::uint8_t kHousehold = 1, kParticipates = 2, kNewType = 4;
  static constexpr unsigned kRoleShift = 3;
  static constexpr std::uint8_t kClassBits = 7;
  static constexpr unsigned kReasonShift = 3;

  Classification(std::shared_ptr<const FlowModel> model, LineTable lines)
      : model_(std::move(model)),
        lines_(std::move(lines)),
        tallies_(model_->snapshot().regions().size() + 1),
        standings_(model_->snapshot().node_count()),
        traits_(model_->snapshot().node_count()) {}

  HouseholdMeasure MeasureWith(NodeIndex n, double narrow) const;

  std::shared_ptr<const FlowModel> model_;
  LineTable lines_;
  double year_fraction_ = 1;
  std::vector<Tally> tallies_;
  SparseColumn narrow_;             // by node
  Buffer<std::uint8_t> standings_;  // by node: class and reason
  Buffer<std::uint8_t> traits_;     // by node
  std::uint64_t targets_ = 0, income_unknown_ = 0, lineless_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_CLASSIFICATION_H_
