#include "engine/graph/snapshot.h"

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/columns.h"

namespace lianjie {
namespace {

std::size_t Bytes(const InternedColumn& column) {
  std::size_t bytes = column.codes.memory_bytes();
  for (const std::string& value : column.values) bytes += sizeof(std::string) + value.capacity();
  return bytes;
}

Interval ValidAt(const SharedArray<Date>& from, const SharedArray<Date>& to, std::size_t row) {
  return {from.empty() ? kDateMin : from[row], to.empty() ? kDateMax : to[row]};
}

}  // namespace

NodeIndex Snapshot::FindNode(std::string_view id) const {
  return by_id_.Find(nodes_.ids, id).value_or(kNoNode);
}

LinkIndex Snapshot::FindLink(std::string_view id) const {
  for (LinkIndex link = 0; link < link_count(); ++link) {
    if (links_.ids[link] == id) return link;
  }
  return kNoLink;
}

std::pair<NodeIndex, NodeIndex> Snapshot::NodesOf(RegionIndex region) const {
  const std::size_t unplaced = regions_.size();
  if (region == kNoRegion) return {region_begin_[unplaced], region_begin_[unplaced + 1]};
  return {region_begin_[region], region_begin_[regions_.end(region)]};
}

Interval Snapshot::NodeValid(NodeIndex n) const {
  return ValidAt(nodes_.valid_from, nodes_.valid_to, n);
}

Interval Snapshot::LinkValid(LinkIndex l) const {
  return ValidAt(links_.valid_from, links_.valid_to, l);
}

absl::StatusOr<LinkNumbers> Snapshot::LinkWeights(std::string_view column) const {
  if (column == "weight") return LinkNumbers(links_.weight);
  if (column == "paid_yuan") return LinkNumbers(links_.paid_yuan);
  if (column == "promised_yuan") return LinkNumbers(links_.promised_yuan);
  if (column == "share") return LinkNumbers(links_.share);
  if (column == "capacity") return LinkNumbers(links_.capacity);
  return InvalidField(
      "weight",
      Cat("'", column, "' is not one of weight, paid_yuan, promised_yuan, share, capacity"));
}

const Snapshot::PayerCounts& Snapshot::payer_counts() const {
  std::call_once(counted_, [this] {
    for (NodeIndex n = 0; n < node_count(); ++n) {
      if (nodes_.kind[n] != NodeKind::kHousehold) continue;
      ++payer_counts_.households;
      const bool pays = out_offsets_[n] != out_offsets_[n + 1] ||
                        IsKnown(nodes_.outside_revenue_yuan, n) || IsKnown(nodes_.revenue_yuan, n);
      payer_counts_.paying_households += pays ? 1 : 0;
    }
  });
  return payer_counts_;
}

std::size_t Snapshot::memory_bytes() const {
  std::size_t bytes = nodes_.ids.memory_bytes() + links_.ids.memory_bytes() +
                      by_id_.memory_bytes() + regions_.memory_bytes();
  const auto add = [&bytes](auto, const auto& column) { bytes += column.memory_bytes(); };
  columns::ForEachNodeColumn(add, nodes_);
  columns::ForEachLinkColumn(add, links_);
  for (const InternedColumn* column :
       {&nodes_.subtype, &nodes_.industry, &nodes_.labels, &links_.product, &links_.policy}) {
    bytes += Bytes(*column);
  }
  for (const SharedArray<LinkIndex>* column : {&out_offsets_, &in_offsets_, &in_links_}) {
    bytes += column->memory_bytes();
  }
  return bytes + region_begin_.memory_bytes() + lines_.capacity() * sizeof(LineRecord);
}

}  // namespace lianjie
