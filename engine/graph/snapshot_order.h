// The order that a Snapshot keeps, for those who make one: from records (SnapshotBuilder) or from
// another Snapshot and a delta. Inside engine/graph.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_ORDER_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_ORDER_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/ids.h"
#include "engine/core/records.h"
#include "engine/graph/id_order.h"
#include "engine/graph/regions.h"
#include "engine/graph/shared_array.h"
#include "tbb/parallel_for.h"

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

// offsets[v + 1] - offsets[v] = how often v is in `ends`. Parallel.
SharedArray<LinkIndex> CountOffsets(std::span<const NodeIndex> ends, std::size_t nodes);

// Nodes shared out among lanes, each with about as many of the ends that `offsets` counts: first
// and last of each lane.
std::vector<std::pair<NodeIndex, NodeIndex>> ShareOut(std::span<const LinkIndex> offsets);

// Calls put(at, row) for each row of `ends`, `at` being the row's place when rows stand by end,
// those of one end in ascending order. Parallel: a lane looks at all ends, in order, for those of
// its nodes, which costs less than it would to keep lanes that share nodes apart.
template <typename Put>
void PlaceByEnd(std::span<const NodeIndex> ends, std::span<const LinkIndex> offsets,
                const Put& put) {
  const auto lanes = ShareOut(offsets);
  tbb::parallel_for(std::size_t{0}, lanes.size(), [&](std::size_t lane) {
    const auto [first, last] = lanes[lane];
    std::vector<LinkIndex> next(offsets.begin() + first, offsets.begin() + last);
    for (std::size_t row = 0; row < ends.size(); ++row) {
      const NodeIndex node = ends[row] - first;  // wraps round below the first
      if (node < next.size()) put(next[node]++, static_cast<std::uint32_t>(row));
    }
  });
}
// Rows by end, in ascending order for each. Parallel.
SharedArray<std::uint32_t> RowsByEnd(std::span<const NodeIndex> ends,
                                     std::span<const LinkIndex> offsets);

// Where the nodes of each region begin: by rank, then the unplaced, then the end. `region` is
// ascending, the unplaced last.
SharedArray<NodeIndex> RegionBegins(const SharedArray<RegionIndex>& region, std::size_t regions);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_ORDER_H_
