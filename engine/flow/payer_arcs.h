// P as it is: an arc for every inside link between payers that carries money, accounts and all.
// What needs the accounts one by one asks for it (tiers beyond the first, sectors, the names of
// payers without an exit); what can do with the core does (flow_core.h).
#ifndef LIANJIE_ENGINE_FLOW_PAYER_ARCS_H_
#define LIANJIE_ENGINE_FLOW_PAYER_ARCS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/flow_block.h"
#include "engine/flow/flow_model.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct PayerArcs {
  std::vector<std::uint64_t> offsets{0};
  std::vector<PayerIndex> targets;
  std::vector<double> shares;

  FlowCsr csr() const { return {offsets, targets, shares}; }

  // In the order of the links. O(links of payers). Errors: CANCELLED.
  static absl::StatusOr<PayerArcs> Make(const FlowModel& model, RunContext& context);
  static std::uint64_t EstimateBytes(const Snapshot& snapshot);
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_PAYER_ARCS_H_
