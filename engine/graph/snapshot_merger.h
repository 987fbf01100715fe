// How MergeSnapshot works: shared by snapshot_merge.cc (nodes) and snapshot_merge_links.cc.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_MERGER_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_MERGER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/snapshot_merge.h"
#include "engine/graph/snapshot_part.h"
#include "engine/graph/splice.h"

namespace lianjie {

class SnapshotMerger {
 public:
  SnapshotMerger(const Snapshot& base, const SnapshotDelta& delta, bool region_table)
      : base_(base), delta_(delta), region_table_(region_table), made_(new Snapshot()) {}

  absl::StatusOr<std::shared_ptr<const Snapshot>> Run(std::int64_t revision, Date reference_date);

 private:
  // A link that is new or stands elsewhere than before.
  struct NewLink {
    NodeIndex source = 0;  // new numbers
    NodeIndex target = 0;
    std::string_view id;
    Splice::From from;
    std::uint32_t before = 0;  // old link
  };

  absl::Status PlanNodes();
  absl::Status MakeNodes();
  void MakeRegions();
  bool TreeHolds() const;
  absl::StatusOr<LinkIndex> OldLink(const LinkRecord& link) const;
  absl::Status CheckRemovedNodes() const;
  absl::Status PlanLinks();
  absl::Status PlanLink(const SnapshotDelta::Change<LinkRecord>& change);
  void MoveLinks();
  std::uint32_t PlaceOf(const NewLink& link) const;
  void MakeLinks();
  void MakeOutOffsets();
  void MakeInLinks();
  Splice::Old OldNode(NodeIndex node) const {
    return node_splice_->keeps_rows() ? Splice::Old{.row = node, .same = true}
                                      : node_splice_->OldOf(node);
  }
  NodeIndex NewNode(NodeIndex old) const { return node_map_.empty() ? old : node_map_[old]; }

  const Snapshot& base_;
  const SnapshotDelta& delta_;
  const bool region_table_;
  const std::shared_ptr<Snapshot> made_;
  SnapshotPart part_;  // the delta's records

  std::vector<RegionIndex> delta_regions_;                  // by row of part_
  std::vector<std::pair<NodeIndex, std::uint32_t>> moved_;  // old node, which insertion
  std::vector<RegionIndex> left_;                           // regions that a node left
  std::optional<Splice> node_splice_;
  std::vector<std::uint32_t> node_map_;  // old to new; empty: all stay; kNoNode: gone

  std::vector<LinkIndex> removed_links_;
  std::vector<Splice::Update> updated_links_;
  std::vector<NewLink> new_links_;
  std::optional<Splice> link_splice_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_MERGER_H_
