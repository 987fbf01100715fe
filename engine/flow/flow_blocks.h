// Work over nodes, payers or links in fixed blocks, in parallel: what a block gives does not depend
// on who does it, and what blocks give is put together in their order, so that answers are the same
// bytes at any number of threads.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_BLOCKS_H_
#define LIANJIE_ENGINE_FLOW_FLOW_BLOCKS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "engine/core/ids.h"
#include "engine/runtime/run_context.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"
#include "tbb/partitioner.h"

namespace lianjie {

// Nodes or payers of a block: tens of microseconds of work where rows are short; a multiple of 64,
// so that no two blocks write into one word of bits.
inline constexpr std::size_t kFlowBlock = 4096;
// Links of one row between two looks at the context.
inline constexpr LinkIndex kRowPoll = 1 << 16;

constexpr std::size_t FlowBlockCount(std::size_t count, std::size_t block = kFlowBlock) {
  return (count + block - 1) / block;
}

// Calls body(index, begin, end) for every block of `count` things, in the context's arena. Errors:
// CANCELLED, DEADLINE_EXCEEDED; blocks are then left out.
template <typename Body>
absl::Status ForEachFlowBlock(RunContext& context, std::size_t count, const Body& body,
                              std::size_t block = kFlowBlock) {
  const auto one = [&](std::size_t index) {
    if (context.Stopped()) return;
    body(index, index * block, std::min(count, (index + 1) * block));
  };
  const std::size_t blocks = FlowBlockCount(count, block);
  if (blocks <= 1) {
    if (blocks == 1) one(0);
    return context.Check();
  }
  context.Parallel([&] {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, blocks, 1),
                      [&](const tbb::blocked_range<std::size_t>& range) {
                        for (std::size_t i = range.begin(); i != range.end(); ++i) one(i);
                      });
  });
  return context.Check();
}

// Asks for what links say some links ahead of whoever reads those that pay a stretch of nodes, in
// order: each of them stands by itself in its payer's row, so that reading waits for memory at
// nearly every one, and with this the waits overlap.
class LinkPrefetch {
 public:
  static constexpr std::ptrdiff_t kAhead = 24;

  // `links` are all in-links of the graph, node by node. Columns may be null.
  template <typename... T>
  explicit LinkPrefetch(std::span<const LinkIndex> links, const T*... columns)
      : end_(links.data() + links.size()) {
    (Add(columns, sizeof(T)), ...);
  }
  // `link` points into the in-links.
  void At(const LinkIndex* link) const {
    if (end_ - link <= kAhead) return;
    const std::size_t l = link[kAhead];
    for (std::size_t i = 0; i < count_; ++i) __builtin_prefetch(columns_[i] + l * widths_[i]);
  }

 private:
  static constexpr std::size_t kMost = 4;
  void Add(const void* column, std::size_t width) {
    if (column == nullptr || count_ == kMost) return;
    columns_[count_] = static_cast<const char*>(column);
    widths_[count_++] = width;
  }

  const LinkIndex* end_;
  const char* columns_[kMost] = {};
  std::size_t widths_[kMost] = {};
  std::size_t count_ = 0;
};

inline bool FlowBit(const std::uint64_t* bits, std::size_t i) {
  return (bits[i >> 6] >> (i & 63) & 1) != 0;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_BLOCKS_H_
