// Rows, as records came to the parts of a SnapshotBuilder, to the order of a Snapshot. What a store
// delivers is nearly in order: nodes come by id within each load, links by payer, and with few
// pairs of nodes that several links join. So rows are dealt out to their region or payer by
// counting, which keeps the order in which they came, and ids, which cost most to compare, are
// looked at once to see that they ascend and sorted only where they do not. Inside engine/graph.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_SORT_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_SORT_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/enums.h"
#include "engine/core/ids.h"
#include "engine/graph/shared_array.h"
#include "engine/graph/string_pool.h"

namespace lianjie {

// Strings of all parts by row.
class RowNames {
 public:
  RowNames(std::vector<StringPoolBuilder*> pools, std::vector<std::size_t> begin)
      : pools_(std::move(pools)), begin_(std::move(begin)) {}
  std::string_view operator[](std::size_t row) const {
    const std::size_t part = PartOf(row);
    return (*pools_[part])[row - begin_[part]];
  }

  // The same for one thread that mostly asks for rows of the same part.
  class Near {
   public:
    explicit Near(const RowNames& names) : names_(names) {}
    std::string_view operator[](std::size_t row) {
      const auto& begin = names_.begin_;
      if (row < begin[part_] || row >= begin[part_ + 1]) part_ = names_.PartOf(row);
      return (*names_.pools_[part_])[row - begin[part_]];
    }

   private:
    const RowNames& names_;
    std::size_t part_ = 0;
  };

 private:
  std::size_t PartOf(std::size_t row) const {
    return static_cast<std::size_t>(std::upper_bound(begin_.begin() + 1, begin_.end() - 1, row) -
                                    begin_.begin() - 1);
  }

  std::vector<StringPoolBuilder*> pools_;
  std::vector<std::size_t> begin_;
};

struct NodeOrder {
  SharedArray<std::uint32_t> place;  // of each row
  SharedArray<NodeIndex> begins;     // of each region, then of the unplaced, then the end
};
// `region` of each row: its rank, or their number where it is unplaced. Parallel.
NodeOrder OrderNodes(std::span<const RegionIndex> region, std::size_t regions,
                     std::span<const NodeKind> kind, const RowNames& ids);

struct LinkOrder {
  SharedArray<std::uint32_t> place;       // of each row
  SharedArray<NodeIndex> source, target;  // by place
  SharedArray<LinkIndex> offsets;         // of each source, then the end
  std::optional<std::uint32_t> twice;     // first place of an id that the one before has too
};
// The ends of each row are nodes. Parallel.
LinkOrder OrderLinks(Buffer<NodeIndex> source, Buffer<NodeIndex> target, std::size_t nodes,
                     const RowNames& ids);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_SORT_H_
