#include "engine/graph/string_pool.h"

#include <cstring>
#include <utility>

#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {

void StringPool::Permute(std::span<const std::uint32_t> order) {
  std::vector<std::uint64_t> offsets(order.size() + 1);
  offsets[0] = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    offsets[i + 1] = offsets[i] + (*this)[order[i]].size();
  }
  std::string bytes(offsets.back(), '\0');
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, order.size(), std::size_t{1} << 14),
                    [&](const tbb::blocked_range<std::size_t>& range) {
                      for (std::size_t i = range.begin(); i != range.end(); ++i) {
                        const std::string_view from = (*this)[order[i]];
                        if (!from.empty()) {
                          std::memcpy(bytes.data() + offsets[i], from.data(), from.size());
                        }
                      }
                    });
  bytes_ = std::move(bytes);
  offsets_ = std::move(offsets);
}

}  // namespace lianjie
