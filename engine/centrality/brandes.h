// One source of Brandes' betweenness: the search that counts shortest paths, and the sweep back
// that shares them out. See betweenness.h for the method and its sources.
#ifndef LIANJIE_ENGINE_CENTRALITY_BRANDES_H_
#define LIANJIE_ENGINE_CENTRALITY_BRANDES_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/centrality/source_list.h"
#include "engine/graph/projection.h"
#include "engine/paths/quad_heap.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"

namespace lianjie {

enum class SourceOutcome : std::uint8_t { kDone, kStopped, kTooManyPaths };

// Arrays of one thread; clean between sources, so that a source costs what it reaches. After an
// outcome other than kDone it must not be used again. Not thread safe.
class BrandesWorkspace {
 public:
  explicit BrandesWorkspace(const Projection& graph);

  // Adds to `scores` what the shortest paths from all that `source` stands for give.
  SourceOutcome AddSource(const Source& source, RunContext& context, std::vector<double>& scores);

  static std::uint64_t EstimateBytes(std::uint64_t vertices, bool weighted);

 private:
  static constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();

  bool SearchByHops(std::uint32_t source, Poller& poller);
  bool SearchByWeight(std::uint32_t source, Poller& poller);
  template <typename IsSuccessor>
  SourceOutcome ShareOut(const Source& source, const IsSuccessor& is_successor, Poller& poller,
                         std::vector<double>& scores);
  void Clean();

  const Projection& graph_;
  std::vector<std::uint32_t> order_;  // reached vertices, nearest first
  std::vector<std::uint32_t> hops_;   // unweighted
  std::vector<double> distance_;      // weighted
  std::vector<double> paths_;         // sigma: number of shortest paths
  std::vector<double> share_;         // c: (1 + delta) / sigma
  QuadHeap<double> heap_;             // weighted
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_BRANDES_H_
