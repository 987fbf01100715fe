// Sweeps over all vertices that add something up, in blocks of fixed size: each block in order, by
// any thread, then the blocks in order, so that no bit depends on the number of threads.
#ifndef LIANJIE_ENGINE_CENTRALITY_BLOCK_SWEEP_H_
#define LIANJIE_ENGINE_CENTRALITY_BLOCK_SWEEP_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {

// What a sweep finds; sums and greatest values, of which each sweep uses what it needs.
struct SweepFigures {
  double sum = 0;
  double other_sum = 0;
  double greatest = 0;

  void Add(const SweepFigures& next) {
    sum += next.sum;
    other_sum += next.other_sum;
    greatest = std::max(greatest, next.greatest);
  }
};

class BlockSweep {
 public:
  BlockSweep(std::uint32_t size, RunContext& context)
      : size_(size), context_(context), parts_((size + kBlock - 1) / kBlock) {}

  // Calls at(v, figures) for every vertex. Stops early, with figures that mean nothing, when the
  // run must end: the caller asks the context.
  template <typename At> SweepFigures Run(const At& at) {
    const auto run = [&](std::size_t block) {
      if (context_.Stopped()) return;
      const auto begin = static_cast<std::uint32_t>(block * kBlock);
      const std::uint32_t end = std::min(size_, begin + kBlock);
      SweepFigures part;
      for (std::uint32_t v = begin; v < end; ++v) at(v, part);
      parts_[block] = part;
    };
    if (parts_.size() <= kFewBlocks) {
      for (std::size_t block = 0; block < parts_.size(); ++block) run(block);
    } else {
      context_.Parallel([&] {
        tbb::parallel_for(tbb::blocked_range<std::size_t>(0, parts_.size()),
                          [&](const auto& range) {
                            for (std::size_t block = range.begin(); block != range.end(); ++block)
                              run(block);
                          });
      });
    }
    SweepFigures figures;
    for (const SweepFigures& part : parts_) figures.Add(part);
    return figures;
  }

 private:
  // Part of the answer's last bits: never to depend on the machine.
  static constexpr std::uint32_t kBlock = 2048;
  // A sweep over no more is done before other threads have woken up.
  static constexpr std::size_t kFewBlocks = 4;

  const std::uint32_t size_;
  RunContext& context_;
  std::vector<SweepFigures> parts_;
};

// The sum of weight * values[target] over the arcs of v, in their order.
inline double GatherSum(const Projection& graph, const std::vector<double>& values,
                        std::uint32_t v) {
  double sum = 0;
  const std::uint64_t end = graph.arcs_end(v);
  if (graph.weighted()) {
    for (std::uint64_t arc = graph.arcs_begin(v); arc != end; ++arc)
      sum += values[graph.target(arc)] * graph.weight(arc);
  } else {
    for (std::uint64_t arc = graph.arcs_begin(v); arc != end; ++arc)
      sum += values[graph.target(arc)];
  }
  return sum;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_BLOCK_SWEEP_H_
