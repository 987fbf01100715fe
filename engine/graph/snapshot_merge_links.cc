#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/core/ids.h"
#include "engine/core/status.h"
#include "engine/graph/columns.h"
#include "engine/graph/snapshot_merger.h"
#include "engine/graph/snapshot_order.h"

namespace lianjie {

absl::StatusOr<LinkIndex> SnapshotMerger::OldLink(const LinkRecord& link) const {
  const NodeIndex source = base_.FindNode(link.source);
  const NodeIndex target = base_.FindNode(link.target);
  if (source != kNoNode && target != kNoNode) {
    const columns::IndexRange links(base_.out_begin(source), base_.out_end(source));
    const auto at = std::partition_point(links.begin(), links.end(), [&](LinkIndex l) {
      const NodeIndex other = base_.links().target[l];
      return other != target ? other < target : CompareIds(base_.LinkId(l), link.id) < 0;
    });
    if (at != links.end() && base_.links().target[*at] == target && base_.LinkId(*at) == link.id) {
      return *at;
    }
  }
  return BadRecord("link", link.id, "the change does not fit the snapshot");
}

absl::Status SnapshotMerger::PlanLink(const SnapshotDelta::Change<LinkRecord>& change) {
  LinkIndex old = kNoLink;
  if (change.before) {
    LIANJIE_ASSIGN_OR_RETURN(old, OldLink(*change.before));
  }
  if (!change.after) {
    if (old != kNoLink) removed_links_.push_back(old);
    return absl::OkStatus();
  }
  const auto row = static_cast<std::uint32_t>(part_.links.target.size());
  const NodeIndex source = made_->FindNode(change.after->source);
  const NodeIndex target = made_->FindNode(change.after->target);
  if (source == kNoNode || target == kNoNode) {
    return BadRecord("link", change.after->id, "an end of it is unknown");
  }
  part_.AddLink(ViewOf(*change.after), source, target);
  if (old != kNoLink) {
    const bool stays = OldNode(source).same && OldNode(target).same &&
                       NewNode(base_.links().source[old]) == source &&
                       NewNode(base_.links().target[old]) == target;
    if (stays) {
      updated_links_.push_back({.old_row = old, .delta_row = row});
      return absl::OkStatus();
    }
    removed_links_.push_back(old);
  }
  new_links_.push_back({.source = source,
                        .target = target,
                        .id = change.after->id,
                        .from = {.row = row, .old = false}});
  return absl::OkStatus();
}

// The links of nodes that moved, but for those that the delta names.
void SnapshotMerger::MoveLinks() {
  std::vector<LinkIndex> links;
  for (const auto& [node, insertion] : moved_) {
    for (LinkIndex l = base_.out_begin(node); l < base_.out_end(node); ++l) links.push_back(l);
    const std::span<const LinkIndex> in = base_.in_links(node);
    links.insert(links.end(), in.begin(), in.end());
  }
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  std::vector<LinkIndex> moving;
  std::set_difference(links.begin(), links.end(), removed_links_.begin(), removed_links_.end(),
                      std::back_inserter(moving));
  for (const LinkIndex l : moving) {
    new_links_.push_back({.source = NewNode(base_.links().source[l]),
                          .target = NewNode(base_.links().target[l]),
                          .id = base_.LinkId(l),
                          .from = {.row = l, .old = true}});
  }
  removed_links_.insert(removed_links_.end(), moving.begin(), moving.end());
  std::sort(removed_links_.begin(), removed_links_.end());
}

// The old link before which a new one stands, in the old order of those that stay.
std::uint32_t SnapshotMerger::PlaceOf(const NewLink& link) const {
  const Splice::Old source = OldNode(link.source);
  if (!source.same) {
    return source.row == base_.node_count() ? base_.link_count() : base_.out_begin(source.row);
  }
  const Splice::Old target = OldNode(link.target);
  const columns::IndexRange links(base_.out_begin(source.row), base_.out_end(source.row));
  return *std::partition_point(links.begin(), links.end(), [&](LinkIndex l) {
    const NodeIndex other = base_.links().target[l];
    if (other != target.row) return other < target.row;
    return target.same && CompareIds(base_.LinkId(l), link.id) < 0;
  });
}

// A node that goes must have lost its links.
absl::Status SnapshotMerger::CheckRemovedNodes() const {
  const auto gone = [this](LinkIndex l) {
    return std::binary_search(removed_links_.begin(), removed_links_.end(), l);
  };
  for (const auto& [id, change] : delta_.nodes()) {
    if (change.after || !change.before) continue;
    const NodeIndex node = base_.FindNode(id);
    const columns::IndexRange out(base_.out_begin(node), base_.out_end(node));
    const std::span<const LinkIndex> in = base_.in_links(node);
    if (!std::all_of(out.begin(), out.end(), gone) || !std::all_of(in.begin(), in.end(), gone)) {
      return BadRecord("node", id, "it goes and leaves links behind");
    }
  }
  return absl::OkStatus();
}

absl::Status SnapshotMerger::PlanLinks() {
  for (const auto& [id, change] : delta_.links()) LIANJIE_RETURN_IF_ERROR(PlanLink(change));
  LIANJIE_RETURN_IF_ERROR(part_.error);
  std::sort(removed_links_.begin(), removed_links_.end());
  LIANJIE_RETURN_IF_ERROR(CheckRemovedNodes());
  if (!moved_.empty()) MoveLinks();
  std::sort(updated_links_.begin(), updated_links_.end(),
            [](const auto& a, const auto& b) { return a.old_row < b.old_row; });
  std::sort(new_links_.begin(), new_links_.end(), [](const NewLink& a, const NewLink& b) {
    if (a.source != b.source) return a.source < b.source;
    return a.target != b.target ? a.target < b.target : CompareIds(a.id, b.id) < 0;
  });
  std::vector<Splice::Insertion> insertions;
  for (const NewLink& link : new_links_) {
    insertions.push_back({.before = PlaceOf(link), .from = link.from});
  }
  link_splice_.emplace(base_.link_count(), removed_links_, insertions, updated_links_);
  return absl::OkStatus();
}

void SnapshotMerger::MakeLinks() {
  const Splice& splice = *link_splice_;
  LinkColumns& to = made_->links_;
  const LinkColumns& from = base_.links();
  to.ids = splice.Apply(from.ids, part_.links.ids);
  columns::ForEachLinkValue([&](auto missing, auto& column, const auto& old,
                                const auto& delta) { column = splice.Apply(old, delta, missing); },
                            to, from, part_.links);
  columns::ForEachLinkStrings(
      [&](auto& column, const auto& old, const auto& delta) { column = splice.Apply(old, delta); },
      to, from, part_.links);
  if (splice.keeps_rows() && node_splice_->keeps_rows()) {
    to.source = from.source;
    to.target = from.target;
    made_->out_offsets_ = base_.out_offsets_;
    made_->in_offsets_ = base_.in_offsets_;
    made_->in_links_ = base_.in_links_;
    return;
  }
  const Buffer<NodeIndex> source(splice.size());
  const Buffer<NodeIndex> target(splice.size());
  tbb::parallel_for(std::size_t{0}, splice.runs().size(), [&](std::size_t i) {
    const Splice::Run& run = splice.runs()[i];
    for (std::uint32_t k = 0; k < run.size; ++k) {
      source[run.begin + k] = NewNode(from.source[run.old_begin + k]);
      target[run.begin + k] = NewNode(from.target[run.old_begin + k]);
    }
  });
  for (std::size_t i = 0; i < new_links_.size(); ++i) {
    source[splice.inserted(i)] = new_links_[i].source;
    target[splice.inserted(i)] = new_links_[i].target;
  }
  to.source = SharedArray<NodeIndex>(source);
  to.target = SharedArray<NodeIndex>(target);
  MakeOutOffsets();
  MakeInLinks();
}

void SnapshotMerger::MakeOutOffsets() {
  const SharedArray<NodeIndex>& source = made_->links_.source;
  const auto nodes = static_cast<NodeIndex>(node_splice_->size());
  const Buffer<LinkIndex> offsets(std::size_t{nodes} + 1);
  // Sources ascend: where they change, the offsets of all nodes in between are known.
  columns::ForEachRow(source.size() + 1, [&](std::size_t i) {
    const NodeIndex first = i == 0 ? 0 : source[i - 1] + 1;
    const NodeIndex last = i == source.size() ? nodes : source[i];
    for (NodeIndex node = first; node <= last; ++node) offsets[node] = static_cast<LinkIndex>(i);
  });
  made_->out_offsets_ = SharedArray<LinkIndex>(offsets);
}

void SnapshotMerger::MakeInLinks() {
  const Splice& splice = *link_splice_;
  const SharedArray<NodeIndex>& target = made_->links_.target;
  made_->in_offsets_ = CountOffsets(target, node_splice_->size());
  // What comes new to each node, ascending.
  std::vector<std::pair<NodeIndex, LinkIndex>> coming;
  for (std::size_t i = 0; i < new_links_.size(); ++i) {
    coming.emplace_back(new_links_[i].target, splice.inserted(i));
  }
  std::sort(coming.begin(), coming.end());
  const std::vector<std::uint32_t> link_map = splice.Map(kNoLink);
  const Buffer<LinkIndex> in_links(splice.size());
  const auto fill = [&](NodeIndex node, auto next) {
    LinkIndex* out = in_links.data() + made_->in_offsets_[node];
    if (const Splice::Old old = OldNode(node); old.same) {
      for (const LinkIndex l : base_.in_links(old.row)) {
        const LinkIndex now = link_map[l];
        if (now == kNoLink) continue;
        for (; next != coming.end() && next->first == node && next->second < now; ++next) {
          *out++ = next->second;
        }
        *out++ = now;
      }
    }
    for (; next != coming.end() && next->first == node; ++next) *out++ = next->second;
    return next;
  };
  tbb::parallel_for(tbb::blocked_range<NodeIndex>(0, static_cast<NodeIndex>(node_splice_->size()),
                                                  NodeIndex{1} << 14),
                    [&](const tbb::blocked_range<NodeIndex>& range) {
                      auto next = std::lower_bound(coming.begin(), coming.end(),
                                                   std::pair(range.begin(), LinkIndex{0}));
                      for (NodeIndex n = range.begin(); n != range.end(); ++n) next = fill(n, next);
                    });
  made_->in_links_ = SharedArray<LinkIndex>(in_links);
}

}  // namespace lianjie
