// Whether money from a market could reach a household at all: some node with an injection f > 0
// reaches it over active links, amounts ignored. Few households are asked about, those that are
// bound and get nothing, so each is searched backwards, as a rule for a link or two; what was found
// of the payers on the way is kept. If that comes to more than the graph has nodes, one search
// forwards from all injections settles the rest.
#ifndef LIANJIE_ENGINE_COVERAGE_REACH_SEARCH_H_
#define LIANJIE_ENGINE_COVERAGE_REACH_SEARCH_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/flow/flow_model.h"
#include "engine/runtime/work.h"

namespace lianjie {

class ReachSearch {
 public:
  ReachSearch(const FlowModel& model, RunContext& context)
      : model_(model), context_(context), poller_(context) {}

  // Errors: CANCELLED.
  absl::StatusOr<bool> Reaches(NodeIndex household);

 private:
  struct Visit {
    NodeIndex node;
    std::uint32_t from;  // its place among the visits
  };
  bool IsFunded(NodeIndex n) const {
    const PayerIndex p = model_.PayerOf(n);
    return p != kNoPayer && model_.injection(p) > 0;
  }

  const FlowModel& model_;
  RunContext& context_;
  Poller poller_;
  std::uint64_t visited_ = 0;
  std::vector<Visit> visits_;
  absl::flat_hash_map<NodeIndex, bool> known_;
  std::vector<std::uint8_t> all_;  // by node, once a search forwards was made
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_REACH_SEARCH_H_
