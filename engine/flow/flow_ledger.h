// The books of a whole flow: its ledger, its summary and what a reader must be told. Sums are
// compensated (Neumaier 1974), so that the ledger's residual is money and not rounding.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_LEDGER_H_
#define LIANJIE_ENGINE_FLOW_FLOW_LEDGER_H_

#include <cmath>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/flow_model.h"
#include "engine/graph/analysis.h"

namespace lianjie {

class MoneySum {
 public:
  void Add(double yuan) {
    const double sum = sum_ + yuan;
    lost_ += std::abs(sum_) >= std::abs(yuan) ? (sum_ - sum) + yuan : (yuan - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

struct FlowTotals {
  Ledger ledger;
  double withdrawn_yuan = 0;       // negative injections; the ledger's injected is net of it
  double to_outside_yuan = 0;      // of leaked: over links that are not inside
  double operating_loss_yuan = 0;  // of unexplained: households'
  double narrow_yuan = 0;          // of households
};

// Over what is inside the view. `households` is the model's own. Errors: CANCELLED. O(payers +
// nodes), with a filter O(links).
absl::StatusOr<FlowTotals> SumFlow(const FlowModel& model, const HouseholdBenefits& households,
                                   RunContext& context);

// injected_yuan, from_outside_yuan, unexplained_injection_yuan, households_yuan, retained_yuan,
// leaked_yuan, residual_yuan; then withdrawn_yuan, outside_yuan, operating_loss_yuan and
// narrow_yuan.
Summary SummaryOf(const FlowTotals& totals);

// What a reader must know: proportional attribution, derived and unexplained injections, unfunded
// circulation (with names), links without share.
std::vector<std::string> WarningsOf(const FlowModel& model, const FlowTotals& totals);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_LEDGER_H_
