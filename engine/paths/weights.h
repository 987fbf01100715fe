// What a link weighs, for all analyses that measure or count by a column. A Projection answers the
// same for its arcs; this is for questions that read the View directly, and for refusing weights
// that an algorithm cannot work with: the error names the link, which a Projection no longer knows.
#ifndef LIANJIE_ENGINE_PATHS_WEIGHTS_H_
#define LIANJIE_ENGINE_PATHS_WEIGHTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/view.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// OK for "none" and the numeric link columns (weight, paid_yuan, promised_yuan, share, capacity);
// else INVALID_FIELD naming `field` and the nearest name.
absl::Status ValidateWeightColumn(std::string_view field, std::string_view column);

// What a link counts in sums (strengths, PageRank) when the column is not known for it: in the free
// column `weight` 1, as in unweighted graphs; in a column of money, shares or capacities 0, for
// nothing known adds nothing. Lengths have an option instead.
double MissingInSums(std::string_view column);

// The weight of single links: in a period the amounts of money that fall into it (View::PaidYuan,
// View::PromisedYuan). Keeps pointers to the view, which must outlive it. Thread safe.
class LinkWeigher {
 public:
  // `column` as for ValidateWeightColumn; "none" weighs every link 1. A link on which the column is
  // not known weighs `missing_weight`.
  static absl::StatusOr<LinkWeigher> Make(const View& view, std::string_view column,
                                          double missing_weight);

  // Every link weighs 1.
  bool unit() const { return column_.null(); }
  bool IsMissing(LinkIndex l) const { return !column_.null() && !IsKnown(column_, l); }
  double operator()(LinkIndex l) const {
    if (column_.null()) return 1.0;
    if (!IsKnown(column_, l)) return missing_weight_;
    return by_days_ == nullptr ? column_[l] : (view_->*by_days_)(l);
  }

 private:
  LinkWeigher() = default;
  const View* view_ = nullptr;
  LinkNumbers column_;
  double (View::*by_days_)(LinkIndex) const = nullptr;
  double missing_weight_ = 1.0;
};

// Both also refuse what is beyond 1e-290 and 1e290 (but zero, where it may be), so that no sum or
// quotient of weights leaves the doubles.
enum class WeightRule : std::uint8_t { kNotNegative, kPositive };
bool IsRefused(double weight, WeightRule rule);

// What one pass over the links inside the view finds. Parallel, deterministic, cancellable;
// O(links).
struct WeightScan {
  std::uint64_t missing = 0;          // links inside on which the column is not known, if counted
  LinkIndex first_refused = kNoLink;  // the first link inside that breaks the rule
};
// Without counting, only links that break the rule are looked at more closely: the price of a sweep
// over one column.
absl::StatusOr<WeightScan> ScanWeights(const View& view, const LinkWeigher& weigher,
                                       WeightRule rule, bool count_missing, RunContext& context);

// INVALID_FIELD on `weight`, naming link, weight and rule.
absl::Status RefuseWeight(const View& view, std::string_view column, LinkIndex link, double weight,
                          WeightRule rule);

// The scan and the refusal in one, for whole-graph kernels; gives the number of links without the
// column.
absl::StatusOr<std::uint64_t> CheckWeights(const View& view, std::string_view column,
                                           double missing_weight, WeightRule rule,
                                           RunContext& context);

// INVALID_FIELD on `missing_weight` when it breaks the rule itself.
absl::Status ValidateMissingWeight(double missing_weight, WeightRule rule);

// A sentence for AnalysisResult::warnings.
std::string MissingWeightWarning(std::string_view column, std::uint64_t links,
                                 double missing_weight);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_WEIGHTS_H_
