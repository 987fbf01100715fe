// dependence: what households lose when an organisation fails and everybody else goes on paying as
// they do (frozen splits).
//
// Money that would pass organisation k does not arrive, whether k injected it or only handed it on;
// payers do not redistribute what was due to k. So the loss of household h is the money on all
// walks that visit k at least once: (x_k / N_kk) a_kh, N = (I - P)^-1, a = N R. x_k / N_kk counts
// each yuan once however often it comes round, so that members of a cycle are not ranked by their
// turnover. Losses of different organisations overlap and are never to be summed.
//
// Without `organisation`: node, loss_yuan (of all households together) for every inside payer that
// is an organisation, an agency or an asset with an injection of its own; conduits and households'
// accounts are seen through. One forward and one backward solve and the diagonal of N inside
// cycles. With `organisation`: node, loss_yuan for every inside household that loses. Both largest
// first, ties by ids in order. Summary: benefit_yuan of all households; loss_yuan with
// `organisation`; exact and max_relative_error without. The diagonal is exact in cycles of the
// chain's core (flow_core.h: households' accounts condensed) of up to 5,000 payers, and in larger
// ones that elimination settles (selected_inverse.cc); else it is estimated.
//
// Method: hypothetical extraction (Paelinck et al. 1965) in an absorbing chain. Deterministic.
#ifndef LIANJIE_ENGINE_FLOW_DEPENDENCE_H_
#define LIANJIE_ENGINE_FLOW_DEPENDENCE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/flow/flow_model.h"
#include "engine/graph/analysis.h"

namespace lianjie {

struct DependenceOptions {
  std::string organisation = {};  // id; empty: all
  FlowMode mode = FlowMode::kLedger;
  bool signed_injections = false;
  double tolerance = 1e-12;

  absl::Status Validate() const;
};

// Errors: those of FlowModel::Build; NODE_NOT_FOUND; INVALID_FIELD when `organisation` is a
// household.
absl::StatusOr<AnalysisResult> RunDependence(const AnalysisInput& input,
                                             const DependenceOptions& options, RunContext& context);

std::uint64_t EstimateDependenceBytes(const AnalysisInput& input, const DependenceOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_DEPENDENCE_H_
