// Nodes first: which rows go, which come and where, which stay with other values. From that follow
// the new numbers of nodes, and with them the same three questions for links; a node that moves
// takes its links along. What remains keeps its order, so all columns are made of runs of old rows
// (splice.h), and the in-links of a node are its old ones renumbered, with the new ones merged in.
#include "engine/graph/snapshot_merge.h"

#include <algorithm>
#include <utility>

#include "engine/core/ids.h"
#include "engine/core/status.h"
#include "engine/graph/columns.h"
#include "engine/graph/snapshot_merger.h"
#include "engine/graph/snapshot_order.h"

namespace lianjie {

absl::Status SnapshotMerger::PlanNodes() {
  struct Coming {
    NodeKey key;  // its row: of the delta
    std::string_view id;
    NodeIndex old = kNoNode;  // of a node that moves
  };
  std::vector<Coming> coming;
  std::vector<std::uint32_t> removed;
  std::vector<Splice::Update> updates;
  const NodeColumns& nodes = base_.nodes();
  for (const auto& [id, change] : delta_.nodes()) {
    const NodeIndex old = base_.FindNode(id);
    if ((old != kNoNode) != change.before.has_value()) {
      return BadRecord("node", id, "the change does not fit the snapshot");
    }
    if (!change.after.has_value()) {
      if (old == kNoNode) continue;
      removed.push_back(old);
      left_.push_back(nodes.region[old]);
      continue;
    }
    const auto row = static_cast<std::uint32_t>(delta_regions_.size());
    part_.AddNode(ViewOf(*change.after));
    const std::string& code = change.after->region;
    const RegionIndex region = code.empty() ? kNoRegion : base_.regions().Find(code);
    delta_regions_.push_back(region);
    if (old != kNoNode && nodes.region[old] == region && nodes.kind[old] == change.after->kind) {
      updates.push_back({.old_row = old, .delta_row = row});
      continue;
    }
    coming.push_back(
        {.key = NodeKey::Of(region, change.after->kind, id, row), .id = id, .old = old});
    if (old == kNoNode) continue;
    removed.push_back(old);
    left_.push_back(nodes.region[old]);
  }
  LIANJIE_RETURN_IF_ERROR(part_.error);
  std::sort(removed.begin(), removed.end());
  std::sort(updates.begin(), updates.end(),
            [](const auto& a, const auto& b) { return a.old_row < b.old_row; });
  std::sort(coming.begin(), coming.end(), [](const Coming& a, const Coming& b) {
    return a.key.Before(
        b.key, [&a] { return a.id; }, [&b] { return b.id; });
  });
  std::vector<Splice::Insertion> insertions;
  for (const Coming& one : coming) {
    const columns::IndexRange all(0, base_.node_count());
    const auto place = std::partition_point(all.begin(), all.end(), [&](std::uint32_t n) {
      const NodeKey key = NodeKey::Of(nodes.region[n], nodes.kind[n], base_.NodeId(n), n);
      return key.Before(
          one.key, [&] { return base_.NodeId(n); }, [&] { return one.id; });
    });
    if (one.old != kNoNode) moved_.emplace_back(one.old, insertions.size());
    insertions.push_back({.before = *place, .from = {.row = one.key.row, .old = false}});
  }
  node_splice_.emplace(base_.node_count(), removed, insertions, updates);
  if (!node_splice_->keeps_rows()) node_map_ = node_splice_->Map(kNoNode);
  for (const auto& [old, insertion] : moved_) node_map_[old] = node_splice_->inserted(insertion);
  return absl::OkStatus();
}

absl::Status SnapshotMerger::MakeNodes() {
  const Splice& splice = *node_splice_;
  NodeColumns& to = made_->nodes_;
  const NodeColumns& from = base_.nodes();
  to.ids = splice.Apply(from.ids, part_.nodes.ids);
  columns::ForEachNodeColumn([&](auto missing, auto& column, const auto& old,
                                 const auto& delta) { column = splice.Apply(old, delta, missing); },
                             to, from, part_.nodes);
  MakeRegions();
  columns::ForEachNodeStrings(
      [&](auto& column, const auto& old, const auto& delta) { column = splice.Apply(old, delta); },
      to, from, part_.nodes);
  made_->regions_ = base_.regions_;
  if (splice.keeps_rows()) {
    made_->by_id_ = base_.by_id_;
    made_->region_begin_ = base_.region_begin_;
    return absl::OkStatus();
  }
  std::optional<std::uint32_t> twice;
  made_->by_id_ = IdTable::Build(to.ids, twice);
  if (twice) return BadRecord("node", to.ids[*twice], "the id is given twice");
  made_->region_begin_ = RegionBegins(to.region, base_.regions().size());
  return absl::OkStatus();
}

// In a column of regions that all are unplaced "not known" is a value.
void SnapshotMerger::MakeRegions() {
  const Splice& splice = *node_splice_;
  const SharedArray<RegionIndex>& from = base_.nodes().region;
  if (splice.keeps_rows()) {
    made_->nodes_.region = from;
    return;
  }
  const Buffer<RegionIndex> region(splice.size());
  for (const Splice::Run& run : splice.runs()) {
    std::copy_n(from.data() + run.old_begin, run.size, region.data() + run.begin);
  }
  for (const Splice::Single& single : splice.singles()) {
    region[single.at] = delta_regions_[single.from.row];
  }
  made_->nodes_.region = SharedArray<RegionIndex>(region);
}

// Whether the tree of the base is the tree of the new nodes too.
bool SnapshotMerger::TreeHolds() const {
  if (region_table_) return true;
  for (const auto& [id, change] : delta_.nodes()) {
    if (change.after && !change.after->region.empty() &&
        base_.regions().Find(change.after->region) == kNoRegion) {
      return false;
    }
  }
  return std::all_of(left_.begin(), left_.end(), [this](RegionIndex region) {
    for (; region != kNoRegion; region = base_.regions().parent(region)) {
      const auto [first, last] = made_->NodesOf(region);
      if (first == last) return false;
    }
    return true;
  });
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotMerger::Run(std::int64_t revision,
                                                                    Date reference_date) {
  made_->revision_ = revision;
  made_->reference_date_ = reference_date;
  made_->lines_ = delta_.lines().value_or(base_.lines());
  std::sort(made_->lines_.begin(), made_->lines_.end(), LineLess);
  LIANJIE_RETURN_IF_ERROR(PlanNodes());
  LIANJIE_RETURN_IF_ERROR(MakeNodes());
  if (!TreeHolds()) return nullptr;
  LIANJIE_RETURN_IF_ERROR(PlanLinks());
  MakeLinks();
  return made_;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> MergeSnapshot(const Snapshot& base,
                                                              const SnapshotDelta& delta,
                                                              bool region_table,
                                                              std::int64_t revision,
                                                              Date reference_date) {
  return SnapshotMerger(base, delta, region_table).Run(revision, reference_date);
}

}  // namespace lianjie
