#include "engine/graph/snapshot_order.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace lianjie {

bool LineLess(const LineRecord& a, const LineRecord& b) {
  if (a.region != b.region) return CompareIds(a.region, b.region) < 0;
  return std::tie(a.year, a.line_yuan, a.minimum_benefit_yuan) <
         std::tie(b.year, b.line_yuan, b.minimum_benefit_yuan);
}

SharedArray<LinkIndex> CountOffsets(const SharedArray<NodeIndex>& ends, std::size_t nodes) {
  const Buffer<LinkIndex> offsets(nodes + 1);
  std::fill(offsets.data(), offsets.data() + nodes + 1, 0);
  for (const NodeIndex end : ends) ++offsets[end + 1];
  std::partial_sum(offsets.data(), offsets.data() + nodes + 1, offsets.data());
  return SharedArray<LinkIndex>(offsets);
}

SharedArray<std::uint32_t> RowsByEnd(const SharedArray<NodeIndex>& ends,
                                     const SharedArray<LinkIndex>& offsets) {
  std::vector<LinkIndex> next(offsets.begin(), offsets.end() - 1);
  const Buffer<std::uint32_t> rows(ends.size());
  for (std::uint32_t row = 0; row < ends.size(); ++row) rows[next[ends[row]]++] = row;
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
