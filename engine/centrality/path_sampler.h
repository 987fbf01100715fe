// One shortest path between two vertices, each of them as likely as any other. Without weights two
// searches meet: each goes on by whole levels, the one with fewer arcs ahead of it first, and all
// shortest paths pass a vertex of the level where they meet; one is drawn by the number of paths
// through it, and from there the way back to either end. With weights a search from the source
// ends at the target. (M. Borassi and E. Natale, "KADABRA is an adaptive algorithm for betweenness
// via random approximation", ESA 2016.)
#ifndef LIANJIE_ENGINE_CENTRALITY_PATH_SAMPLER_H_
#define LIANJIE_ENGINE_CENTRALITY_PATH_SAMPLER_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/centrality/brandes.h"
#include "engine/generate/random.h"
#include "engine/graph/projection.h"
#include "engine/paths/quad_heap.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"

namespace lianjie {

// Arrays of one thread; clean between paths. After an outcome other than kDone it must not be used
// again. Not thread safe.
class PathSampler {
 public:
  // `back` has the arcs of `graph` turned round; the same where it is undirected.
  PathSampler(const Projection& graph, const Projection& back);

  // Sets inner() to the vertices between source and target on a random shortest path; none when
  // there is no path. source != target.
  SourceOutcome Draw(std::uint32_t source, std::uint32_t target, Random& random,
                     RunContext& context);
  const std::vector<std::uint32_t>& inner() const { return inner_; }

  static std::uint64_t EstimateBytes(std::uint64_t vertices, bool weighted);

 private:
  static constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();

  // A search from one end; hops are levels, or with weights places in the order of settling.
  struct Side {
    const Projection* graph;
    const Projection* back;
    std::vector<std::uint32_t> hops;
    std::vector<double> paths;
    std::vector<std::uint32_t> order;
    std::size_t level = 0;         // where the last level begins in `order`
    std::uint64_t arcs_ahead = 0;  // of the last level
  };

  void Begin(Side& side, std::uint32_t v);
  bool GoOn(Side& side, Poller& poller);
  void Clean(Side& side);
  SourceOutcome DrawByHops(std::uint32_t source, std::uint32_t target, Random& random,
                           Poller& poller);
  SourceOutcome DrawMeeting(const Side& last, Random& random, std::uint32_t& meeting) const;
  // Adds the vertices from v, not included, towards where the side began, not included.
  bool WalkBack(const Side& side, std::uint32_t v, Random& random, Poller& poller);
  bool SearchByWeight(std::uint32_t source, std::uint32_t target, Poller& poller);
  SourceOutcome DrawByWeight(std::uint32_t source, std::uint32_t target, Random& random,
                             Poller& poller);

  const bool weighted_;
  Side from_, to_;
  std::vector<double> distance_;        // weighted, from the source
  std::vector<std::uint32_t> touched_;  // weighted: those with a distance
  QuadHeap<double> heap_;
  std::vector<std::uint32_t> inner_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_PATH_SAMPLER_H_
