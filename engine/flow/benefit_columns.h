// The columns of benefit_flow that every answer has, and the sums of its ledger, made in one pass
// over the nodes: households are read in parallel, each value is written once, in order, and what
// only organisations have is kept for them alone (NumberLayer), for a nation's answer would
// otherwise be 30 columns of zeros: writing them took longer than all the rest. 40 bytes a row.
#ifndef LIANJIE_ENGINE_FLOW_BENEFIT_COLUMNS_H_
#define LIANJIE_ENGINE_FLOW_BENEFIT_COLUMNS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/core/table.h"
#include "engine/flow/benefit_parts.h"
#include "engine/flow/first_tiers.h"
#include "engine/flow/flow_ledger.h"
#include "engine/flow/flow_model.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct BenefitSums {
  HouseholdSums households;
  double direct_yuan = 0;
  double indirect_yuan = 0;
};

// Adds node, kind and the eleven columns of yuan to `table`. Completes as many units as the graph
// has links. Sums are those of fixed blocks, put together in order. Errors: CANCELLED.
absl::StatusOr<BenefitSums> AddBenefitColumns(const FlowModel& model, const FirstTiers& tiers,
                                              const NodeRows& rows, Table& table,
                                              RunContext& context);
std::uint64_t EstimateBenefitColumnsBytes(const Snapshot& snapshot);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_BENEFIT_COLUMNS_H_
