// Ledger mode: circulation that no injection reaches. Payers that no injection reaches can only
// hand round what they have: inflow and outflow are equal, and nothing leaves.
//
// Looking for them by a search from all injections reads every arc. Here each payer of the core
// without an injection looks at who pays it, until it finds one that has an injection, itself or
// through an account: nearly all do at the first links. Only those left over, as a rule none, are
// searched through, along their own links. An account outside the core has its money from the core,
// so it is looked at only when some of its payers turn out to be unfunded.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_FUNDING_H_
#define LIANJIE_ENGINE_FLOW_FLOW_FUNDING_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/flow/flow_model.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Makes the books of unfunded payers 0 and marks them. Needs the books of the whole graph.
class FundingSearch {
 public:
  FundingSearch(FlowModel& model, RunContext& context)
      : m_(model), graph_(model.snapshot()), context_(context) {}
  // Errors: CANCELLED.
  absl::Status Run();

 private:
  bool Funds(PayerIndex p) const { return funded_[p] != 0; }
  // Calls f(payer of the core or account) for who pays `p`, until it gives true.
  template <typename F> bool AnyPayer(PayerIndex p, const F& f) const;
  // Calls f(receiver) for whom `p` pays.
  template <typename F> void ForEachReceiver(PayerIndex p, const F& f) const;
  bool FindsFunds(PayerIndex p) const;
  absl::Status LookUp();
  void PushOn(PayerIndex p);
  void Clear();

  FlowModel& m_;
  const Snapshot& graph_;
  RunContext& context_;
  std::vector<std::uint8_t> funded_;  // by payer
  std::vector<PayerIndex> left_;      // of the core, not found to be funded; ascending
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_FUNDING_H_
