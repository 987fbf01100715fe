// Where a household that is left out could be bound: the nearest organisation that has money to
// share. It is a COOPERATIVE, COLLECTIVE or FIRM that is active and neither DORMANT nor REVOKED,
// and that a market reaches: some node with an injection f > 0, itself perhaps, reaches it over
// active links.
//
// Near means fewest hops over active links of any mechanism, either way round, parallel links
// counting as one; ties go to the smallest id. Where no path leads to any, it is the one of the
// smallest id in the smallest region that has both the household and such an organisation, and
// there are no hops. An unplaced household without a path has none.
//
// Method: one breadth-first search from all such organisations at once, level by level, each node
// keeping the smallest organisation among those that reach it first. O(nodes + links). What is kept
// is that of payers: whoever pays nobody is reached from its payers alone.
#ifndef LIANJIE_ENGINE_COVERAGE_NEAREST_H_
#define LIANJIE_ENGINE_COVERAGE_NEAREST_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/flow/flow_model.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct NearestOrganisation {
  NodeIndex organisation = kNoNode;
  std::optional<std::int64_t> hops;
};

// Immutable after Make; thread safe. Refers to the model, which must outlive it.
class NearestOrganisations {
 public:
  // Errors: CANCELLED, MEMORY_EXHAUSTED.
  static absl::StatusOr<NearestOrganisations> Make(const FlowModel& model, RunContext& context);
  static std::uint64_t EstimateBytes(const Snapshot& snapshot);

  // O(in-degree), or O(levels of regions) without a path.
  NearestOrganisation Of(NodeIndex n) const;
  std::uint64_t memory_bytes() const {
    return organisations_.capacity() * 4 + reached_.capacity() * sizeof(Reach) +
           region_rank_.capacity() * 4;
  }

 private:
  // The rank of the nearest organisation, and how far it is; -1: no path.
  struct Reach {
    std::uint32_t rank;
    std::int32_t hops;
  };

  explicit NearestOrganisations(const FlowModel& model)
      : model_(&model), snapshot_(&model.snapshot()) {}
  absl::Status SortOrganisations(const std::vector<std::uint8_t>& reached, RunContext& context);
  void FillRegions();
  absl::Status Search(RunContext& context);

  const FlowModel* model_;
  const Snapshot* snapshot_;
  std::vector<NodeIndex> organisations_;    // by id; a position is an organisation's rank
  std::vector<Reach> reached_;              // by payer
  std::vector<std::uint32_t> region_rank_;  // by region: the smallest in it or below it
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_NEAREST_H_
