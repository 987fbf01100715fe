// Payers' money by the first tiers alone, which is what direct and indirect benefit need: tier 0,
// households' own money that no organisation has held, and tier 1, money that has passed one
// organisation (benefit_parts.h says what a tier is). An organisation's tier 1 is what starts with
// it; only conduits and accounts that pay them need a solve, which is over those few alone; tier 0
// starts at the few households that have money of their own and is pushed from there. Accounts
// outside the core are read where they are asked for.
#ifndef LIANJIE_ENGINE_FLOW_FIRST_TIERS_H_
#define LIANJIE_ENGINE_FLOW_FIRST_TIERS_H_

#include <cmath>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/flow_model.h"
#include "engine/flow/flow_solver.h"
#include "engine/graph/shared_array.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Immutable after Make; thread safe; refers to the model.
class FirstTiers {
 public:
  // O(payers + links of conduits and of households that have money of their own). Errors:
  // CANCELLED, those of SolveBlock.
  static absl::StatusOr<FirstTiers> Make(const FlowModel& model, RunContext& context);
  static std::uint64_t EstimateBytes(std::uint64_t payers) { return payers * 9; }

  // Whether there is any money of tier 0, and how much of it is at a payer.
  bool any_own() const { return !own_.empty(); }
  double Own(PayerIndex p) const { return own_.empty() ? 0.0 : own_[p]; }
  // Tier 1 at a payer, in the unit in which what its links state makes yuan of it (FlowModel::
  // ShareScale is in it). O(1), of an account outside the core O(in-degree).
  double First(PayerIndex p) const {
    const double first = first_[p];
    return first == first ? first : FirstOfLeaf(p);
  }
  // The money itself, of a payer of the core.
  double FirstMoney(PayerIndex p) const {
    const double scale = model_->ShareScale(p);
    return scale == 0 ? 0.0 : first_[p] / scale;
  }

 private:
  class Maker;
  FirstTiers(const FlowModel& model) : model_(&model), first_(model.payer_count()) {}
  double FirstOfLeaf(PayerIndex p) const;

  const FlowModel* model_;
  std::vector<double> own_;  // by payer; empty when there is none
  Buffer<double> first_;     // by payer; NaN for accounts outside the core
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FIRST_TIERS_H_
