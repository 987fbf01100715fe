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

absl::Status NearestOrganisations::SortOrganisations(const std::vector<std::uint8_t>& reached,
                                                     RunContext& context) {
  Poller poller(context);
  for (NodeIndex n = 0; n < snapshot_->node_count(); ++n) {
    if (poller.Tick()) return context.Check();
    const OperatingStatus status = ValueOr(snapshot_->nodes().operating_status, n);
    if (IsOrganisation(snapshot_->nodes().kind[n]) && reached[n] != 0 && model_->NodeActive(n) &&
        status != OperatingStatus::kDormant && status != OperatingStatus::kRevoked) {
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

absl::Status NearestOrganisations::Search(RunContext& context) {
  const SharedArray<NodeIndex>& source = snapshot_->links().source;
  const SharedArray<NodeIndex>& target = snapshot_->links().target;
  std::vector<Reach> all(snapshot_->node_count(), Reach{kNoRank, -1});
  std::vector<NodeIndex> frontier, next;
  for (std::uint32_t rank = 0; rank < organisations_.size(); ++rank) {
    all[organisations_[rank]] = {rank, 0};
    frontier.push_back(organisations_[rank]);
  }
  Poller poller(context);
  for (std::int32_t level = 1; !frontier.empty(); ++level, frontier.swap(next)) {
    next.clear();
    for (const NodeIndex from : frontier) {
      const auto visit = [&](LinkIndex l, NodeIndex to) {
        if (poller.Tick()) return false;
        if (!model_->LinkActive(l)) return true;
        if (all[to].hops < 0) {
          all[to] = {all[from].rank, level};
          next.push_back(to);
        } else if (all[to].hops == level) {
          all[to].rank = std::min(all[to].rank, all[from].rank);
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
  reached_.reserve(model_->payer_count());
  for (PayerIndex p = 0; p < model_->payer_count(); ++p) {
    reached_.push_back(all[model_->PayerNode(p)]);
  }
  return context.Check();
}

absl::StatusOr<NearestOrganisations> NearestOrganisations::Make(const FlowModel& model,
                                                                RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Reserve(EstimateBytes(model.snapshot())));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::uint8_t> reached,
                           model.ReachedByInjections(context));
  NearestOrganisations out(model);
  context.SetTotal(context.completed() + model.snapshot().node_count());
  LIANJIE_RETURN_IF_ERROR(out.SortOrganisations(reached, context));
  out.FillRegions();
  LIANJIE_RETURN_IF_ERROR(out.Search(context));
  return out;
}

std::uint64_t NearestOrganisations::EstimateBytes(const Snapshot& snapshot) {
  const Snapshot::PayerCounts& counts = snapshot.payer_counts();
  const std::uint64_t payers = snapshot.node_count() - counts.households + counts.paying_households;
  // All nodes and the frontiers while they are searched, the mark of reach; what is kept.
  return std::uint64_t{snapshot.node_count()} * (8 + 8 + 1) + payers * 9 +
         snapshot.regions().size() * 4;
}

NearestOrganisation NearestOrganisations::Of(NodeIndex n) const {
  Reach reach{kNoRank, -1};
  if (const PayerIndex p = model_->PayerOf(n); p != kNoPayer) {
    reach = reached_[p];
  } else {
    for (const LinkIndex l : snapshot_->in_links(n)) {
      if (!model_->LinkActive(l)) continue;
      const Reach& from = reached_[model_->PayerOf(snapshot_->links().source[l])];
      if (from.hops < 0) continue;
      if (reach.hops < 0 || from.hops + 1 < reach.hops) {
        reach = {from.rank, from.hops + 1};
      } else if (from.hops + 1 == reach.hops) {
        reach.rank = std::min(reach.rank, from.rank);
      }
    }
  }
  if (reach.hops >= 0) return {organisations_[reach.rank], reach.hops};
  RegionIndex region = snapshot_->nodes().region[n];
  while (region != kNoRegion) {
    if (region_rank_[region] != kNoRank) return {organisations_[region_rank_[region]], {}};
    region = snapshot_->regions().parent(region);
  }
  return {};
}

}  // namespace lianjie
