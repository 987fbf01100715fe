#include "engine/graph/snapshot_order.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "tbb/task_arena.h"

namespace lianjie {
namespace {

std::size_t Lanes() {
  return static_cast<std::size_t>(std::max(1, tbb::this_task_arena::max_concurrency()));
}

}  // namespace

bool LineLess(const LineRecord& a, const LineRecord& b) {
  if (a.region != b.region) return CompareIds(a.region, b.region) < 0;
  return std::tie(a.year, a.line_yuan, a.minimum_benefit_yuan) <
         std::tie(b.year, b.line_yuan, b.minimum_benefit_yuan);
}

SharedArray<LinkIndex> CountOffsets(std::span<const NodeIndex> ends, std::size_t nodes) {
  const Buffer<LinkIndex> offsets(nodes + 1);
  offsets[0] = 0;
  const std::size_t lanes = Lanes();
  tbb::parallel_for(std::size_t{0}, lanes, [&](std::size_t lane) {
    const auto first = static_cast<NodeIndex>(nodes * lane / lanes);
    const auto count = static_cast<NodeIndex>(nodes * (lane + 1) / lanes - first);
    LinkIndex* const counts = offsets.data() + first + 1;
    std::fill_n(counts, count, 0);
    for (const NodeIndex end : ends) {
      const NodeIndex node = end - first;  // wraps round below the first
      if (node < count) ++counts[node];
    }
  });
  std::partial_sum(offsets.data(), offsets.data() + nodes + 1, offsets.data());
  return SharedArray<LinkIndex>(offsets);
}

std::vector<std::pair<NodeIndex, NodeIndex>> ShareOut(std::span<const LinkIndex> offsets) {
  const std::size_t lanes = Lanes();
  std::vector<std::pair<NodeIndex, NodeIndex>> shares;
  NodeIndex first = 0;
  for (std::size_t lane = 1; lane <= lanes; ++lane) {
    const std::uint64_t goal = std::uint64_t{offsets.back()} * lane / lanes;
    const auto at = std::lower_bound(offsets.begin() + first, offsets.end() - 1, goal);
    const auto last = static_cast<NodeIndex>(at - offsets.begin());
    if (first < last) shares.emplace_back(first, last);
    first = last;
  }
  return shares;
}

SharedArray<std::uint32_t> RowsByEnd(std::span<const NodeIndex> ends,
                                     std::span<const LinkIndex> offsets) {
  const Buffer<std::uint32_t> rows(ends.size());
  PlaceByEnd(ends, offsets, [&](LinkIndex at, std::uint32_t row) { rows[at] = row; });
  return SharedArray<std::uint32_t>(rows);
}

SharedArray<NodeIndex> RegionBegins(const SharedArray<RegionIndex>& region, std::size_t regions) {
  const Buffer<NodeIndex> begins(regions + 2);
  NodeIndex node = 0;
  for (RegionIndex r = 0; r < regions; ++r) {
    while (node < region.size() && region[node] < r) ++node;
    begins[r] = node;
  }
  while (node < region.size() && region[node] != kNoRegion) ++node;
  begins[regions] = node;
  begins[regions + 1] = static_cast<NodeIndex>(region.size());
  return SharedArray<NodeIndex>(begins);
}

}  // namespace lianjie
