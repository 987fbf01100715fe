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
    // Knuth's way to what is lost, without the comparison, which nothing can predict.
    const double sum = sum_ + yuan;
    const double added = sum - sum_;
    lost_ += (sum_ - (sum - added)) + (yuan - added);
    sum_ = sum;
  }
  void Add(const MoneySum& other) {
    Add(other.sum_);
    lost_ += other.lost_;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

// Over the households inside.
struct HouseholdSums {
  MoneySum benefit, narrow;
  MoneySum straight_from_outside;  // what comes to them over links that are not inside

  void Add(const HouseholdSums& other) {
    benefit.Add(other.benefit);
    narrow.Add(other.narrow);
    straight_from_outside.Add(other.straight_from_outside);
  }
};

// Read off the links, in parallel. O(links). Errors: CANCELLED.
absl::StatusOr<HouseholdSums> SumHouseholds(const FlowModel& model, RunContext& context);

struct FlowTotals {
  Ledger ledger;
  double withdrawn_yuan = 0;       // negative injections; the ledger's injected is net of it
  double to_outside_yuan = 0;      // of leaked: over links that are not inside
  double operating_loss_yuan = 0;  // of unexplained: households'
  double narrow_yuan = 0;          // of households
};

// Over what is inside the view. O(payers that have injections and the like).
FlowTotals SumFlow(const FlowModel& model, const HouseholdSums& households);

// injected_yuan, from_outside_yuan, unexplained_injection_yuan, households_yuan, retained_yuan,
// leaked_yuan, residual_yuan; then withdrawn_yuan, outside_yuan, operating_loss_yuan and
// narrow_yuan.
Summary SummaryOf(const FlowTotals& totals);

// What a reader must know: proportional attribution, derived and unexplained injections, unfunded
// circulation (with names), links without share.
std::vector<std::string> WarningsOf(const FlowModel& model, const FlowTotals& totals);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_LEDGER_H_
