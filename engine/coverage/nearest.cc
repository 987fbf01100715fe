#include "engine/coverage/nearest.h"

#include <algorithm>
#include <limits>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kNoRank = std::numeric_limits<std::uint32_t>::max();

}  // namespace

absl::Status NearestOrganisations::SortOrganisations(const FlowModel& model,
                                                     const std::vector<std::uint8_t>& reached,
                                                     RunContext& context) {
  Poller poller(context);
  for (NodeIndex n = 0; n < snapshot_->node_count(); ++n) {
    if (poller.Tick()) return context.Check();
    const OperatingStatus status = ValueOr(snapshot_->nodes().operating_status, n);
    if (IsOrganisation(snapshot_->nodes().kind[n]) && reached[n] != 0 &&
        model.view().NodeActive(n) && status != OperatingStatus::kDormant &&
        status != OperatingStatus::kRevoked) {
      organisations_.push_back(n);
    }
  }
  const auto by_id = [this](NodeIndex a, NodeIndex b) {
    return CompareIds(snapshot_->NodeId(a), snapshot_->NodeId(b)) < 0;
  };
  try {
    std::sort(organisations_.begin(), organisations_.end(), StoppableLess(context, by_id));
  } catch (const RunStopped&) {
    return context.Check();
  }
  return absl::OkStatus();
}

void NearestOrganisations::FillRegions() {
  const RegionTree& regions = snapshot_->regions();
  region_rank_.assign(regions.size(), kNoRank);
  for (std::uint32_t rank = 0; rank < organisations_.size(); ++rank) {
    const RegionIndex region = snapshot_->nodes().region[organisations_[rank]];
    if (region != kNoRegion) region_rank_[region] = std::min(region_rank_[region], rank);
  }
  for (std::size_t region = regions.size(); region-- > 0;) {  // below before above
    const RegionIndex parent = regions.parent(static_cast<RegionIndex>(region));
    if (parent != kNoRegion) {
      region_rank_[parent] = std::min(region_rank_[parent], region_rank_[region]);
    }
  }
}

absl::Status NearestOrganisations::Search(const FlowModel& model, RunContext& context) {
  const SharedArray<NodeIndex>& source = snapshot_->links().source;
  const SharedArray<NodeIndex>& target = snapshot_->links().target;
  rank_.assign(snapshot_->node_count(), kNoRank);
  hops_.assign(snapshot_->node_count(), -1);
  std::vector<NodeIndex> frontier, next;
  for (std::uint32_t rank = 0; rank < organisations_.size(); ++rank) {
    rank_[organisations_[rank]] = rank;
    hops_[organisations_[rank]] = 0;
    frontier.push_back(organisations_[rank]);
  }
  Poller poller(context);
  for (std::int32_t level = 1; !frontier.empty(); ++level, frontier.swap(next)) {
    next.clear();
    for (const NodeIndex from : frontier) {
      const auto visit = [&](LinkIndex l, NodeIndex to) {
        if (poller.Tick()) return false;
        if (!model.LinkActive(l)) return true;
        if (hops_[to] < 0) {
          hops_[to] = level;
          rank_[to] = rank_[from];
          next.push_back(to);
        } else if (hops_[to] == level) {
          rank_[to] = std::min(rank_[to], rank_[from]);
        }
        return true;
      };
      for (LinkIndex l = snapshot_->out_begin(from); l < snapshot_->out_end(from); ++l) {
        if (!visit(l, target[l])) return context.Check();
      }
      for (const LinkIndex l : snapshot_->in_links(from)) {
        if (!visit(l, source[l])) return context.Check();
      }
    }
    context.AddCompleted(frontier.size());
  }
  return context.Check();
}

absl::StatusOr<NearestOrganisations> NearestOrganisations::Make(const FlowModel& model,
                                                                RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Reserve(EstimateBytes(model.snapshot())));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::uint8_t> reached,
                           model.ReachedByInjections(context));
  NearestOrganisations out(model.snapshot());
  context.SetTotal(context.completed() + model.snapshot().node_count());
  LIANJIE_RETURN_IF_ERROR(out.SortOrganisations(model, reached, context));
  out.FillRegions();
  LIANJIE_RETURN_IF_ERROR(out.Search(model, context));
  return out;
}

std::uint64_t NearestOrganisations::EstimateBytes(const Snapshot& snapshot) {
  // Ranks and hops, two frontiers and the organisations, the mark of reach; a rank a region.
  return std::uint64_t{snapshot.node_count()} * 21 + snapshot.regions().size() * 4;
}

NearestOrganisation NearestOrganisations::Of(NodeIndex n) const {
  if (hops_[n] >= 0) return {organisations_[rank_[n]], hops_[n]};
  RegionIndex region = snapshot_->nodes().region[n];
  while (region != kNoRegion) {
    if (region_rank_[region] != kNoRank) return {organisations_[region_rank_[region]], {}};
    region = snapshot_->regions().parent(region);
  }
  return {};
}

}  // namespace lianjie
