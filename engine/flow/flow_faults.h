// What is wrong with a node whose books cannot be made.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_FAULTS_H_
#define LIANJIE_ENGINE_FLOW_FLOW_FAULTS_H_

#include "absl/status/status.h"
#include "engine/graph/snapshot.h"

namespace lianjie {

// INVALID_FIELD: an injection below 0 without signed_injections.
absl::Status NegativeInjectionError(const Snapshot& graph, NodeIndex n);
// SHARES_EXCEED_ONE: RECEIPTS shares and leak_share that add up to `sum`.
absl::Status SharesExceedOneError(const Snapshot& graph, NodeIndex n, double sum);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_FAULTS_H_
