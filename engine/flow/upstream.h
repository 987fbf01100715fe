// What lies upstream of one household: the payers whose money can reach it, as a small graph of its
// own with what a yuan at each of them is worth to the household.
#ifndef LIANJIE_ENGINE_FLOW_UPSTREAM_H_
#define LIANJIE_ENGINE_FLOW_UPSTREAM_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/flow_model.h"
#include "engine/flow/flow_solver.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct Upstream {
  // How money ends at the household: `share` of what is at payer `from` (a position in `payers`).
  struct Ending {
    std::uint32_t from = 0;
    LinkIndex link = kNoLink;  // kNoLink: passed on by the household's own account
    double share = 0;
  };
  // Money that a link from beyond the filter brings straight to the household.
  struct Straight {
    LinkIndex link = kNoLink;
    double yuan = 0;
  };

  std::vector<PayerIndex> payers;  // ascending
  // Arcs among `payers`, in the order of the links.
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> targets;
  std::vector<double> shares;
  std::vector<LinkIndex> links;
  std::vector<Ending> endings;  // by `from`, then link
  std::vector<double> source;   // f + u + from outside
  std::vector<double> worth;    // a: yuan to the household a yuan at the payer
  std::vector<Straight> straight;
  std::unique_ptr<FlowSolver> solver;  // over the arcs

  // Everything inside the view. `model` needs its arcs. What it takes is booked as it is found, and
  // not given back. Errors: CANCELLED, MEMORY_EXHAUSTED, those of SolveBlock.
  static absl::StatusOr<std::unique_ptr<Upstream>> Make(const FlowModel& model, NodeIndex household,
                                                        RunContext& context);
  // Bytes that a household of usual surroundings takes.
  static std::uint64_t EstimateBytes();
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_UPSTREAM_H_
