// The order that a Snapshot keeps, for those who make one: from records (SnapshotBuilder) or from
// another Snapshot and a delta. Inside engine/graph.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_ORDER_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_ORDER_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/ids.h"
#include "engine/core/records.h"
#include "engine/graph/id_order.h"
#include "engine/graph/regions.h"
#include "engine/graph/shared_array.h"

namespace lianjie {

// Nodes go by region rank, then kind, then id; most pairs are told apart without the ids.
struct NodeKey {
  std::uint64_t place = 0;
  std::uint64_t prefix = 0;
  std::uint32_t row = 0;

  static NodeKey Of(RegionIndex region, NodeKind kind, std::string_view id, std::uint32_t row) {
    return {.place = std::uint64_t{region} << 8U | static_cast<std::uint8_t>(kind),
            .prefix = IdPrefix(id),
            .row = row};
  }
  // `id` and `other_id` are called only where they are needed.
  template <typename Id, typename OtherId>
  bool Before(const NodeKey& other, Id id, OtherId other_id) const {
    if (place != other.place) return place < other.place;
    if (prefix != other.prefix) return prefix < other.prefix;
    return CompareIds(id(), other_id()) < 0;
  }
};

bool LineLess(const LineRecord& a, const LineRecord& b);

// offsets[v + 1] - offsets[v] = how often v is in `ends`.
SharedArray<LinkIndex> CountOffsets(const SharedArray<NodeIndex>& ends, std::size_t nodes);
// Rows by end, in ascending order for each.
SharedArray<std::uint32_t> RowsByEnd(const SharedArray<NodeIndex>& ends,
                                     const SharedArray<LinkIndex>& offsets);

// Where the nodes of each region begin: by rank, then the unplaced, then the end. `region` is
// ascending, the unplaced last.
SharedArray<NodeIndex> RegionBegins(const SharedArray<RegionIndex>& region, std::size_t regions);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_ORDER_H_
