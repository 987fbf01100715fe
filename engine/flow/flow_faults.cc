#include "engine/flow/flow_faults.h"

#include <string>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {

absl::Status NegativeInjectionError(const Snapshot& graph, NodeIndex n) {
  const std::string id(graph.NodeId(n));
  const std::string amount = FormatDouble(graph.nodes().outside_revenue_yuan[n]);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat("node '", id, "' has an injection below 0 (outside_revenue_yuan ", amount,
                       "); ask with signed_injections to solve injections and withdrawals apart"),
                   {.reason = Reason::kInvalidField,
                    .field = "signed_injections",
                    .row = {},
                    .metadata = {{"node", id}, {"outside_revenue_yuan", amount}}});
}

absl::Status SharesExceedOneError(const Snapshot& graph, NodeIndex n, double sum) {
  const std::string id(graph.NodeId(n));
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("the RECEIPTS shares and leak_share of '", id, "' add up to ", sum, ", more than 1"),
      {.reason = Reason::kSharesExceedOne,
       .field = "share",
       .row = {},
       .metadata = {{"node", id}, {"sum", FormatDouble(sum)}}});
}

}  // namespace lianjie
