// Breadth-first search from up to 64 sources at once, a bit each. See distance_sums.h for the
// method and its sources.
#ifndef LIANJIE_ENGINE_CENTRALITY_BIT_SEARCH_H_
#define LIANJIE_ENGINE_CENTRALITY_BIT_SEARCH_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"

namespace lianjie {

// How often each of 64 bits was set in the words added: number i has its binary digits at bit i of
// the planes.
class BitCounters {
 public:
  void Add(std::uint64_t word) {
    for (std::size_t plane = 0; word != 0; ++plane) {
      if (plane == used_) planes_[used_++] = 0;
      const std::uint64_t carry = planes_[plane] & word;
      planes_[plane] ^= word;
      word = carry;
    }
  }
  // At most 2^32 - 1 words may have been added.
  std::uint32_t Count(std::size_t bit) const {
    std::uint32_t count = 0;
    for (std::size_t plane = 0; plane < used_; ++plane) {
      count |= static_cast<std::uint32_t>((planes_[plane] >> bit) & 1) << plane;
    }
    return count;
  }
  void Clear() { used_ = 0; }

 private:
  std::array<std::uint64_t, 32> planes_ = {};
  std::size_t used_ = 0;
};

// Arrays of one thread; clean between searches, so that one costs what it reaches. After a search
// that was stopped it must not be used again. Not thread safe.
class BitSearch {
 public:
  // `back` has the arcs of `graph` turned round; the same where arcs lead both ways.
  BitSearch(const Projection& graph, const Projection& back);

  // Calls level(hops, counters) for each level from 1 on, with how many vertices each source meets
  // in it. False when the run must end. Up to 64 distinct sources.
  template <typename Level>
  bool Run(std::span<const std::uint32_t> sources, RunContext& context, const Level& level) {
    Poller poller(context);
    Begin(sources);
    BitCounters counters;
    for (std::uint32_t hops = 1; !frontier_.empty(); ++hops) {
      if (!(PaysToPull() ? Pull(poller) : Push(poller)) || !Settle(counters, poller)) return false;
      if (!frontier_.empty()) level(hops, counters);
      counters.Clear();
    }
    return Clean(poller);
  }

  static std::uint64_t EstimateBytes(std::uint64_t vertices);

 private:
  void Begin(std::span<const std::uint32_t> sources);
  bool PaysToPull() const;
  bool Push(Poller& poller);
  bool Pull(Poller& poller);
  bool Settle(BitCounters& counters, Poller& poller);
  bool Clean(Poller& poller);

  const Projection& graph_;
  const Projection& back_;
  std::uint64_t all_ = 0;  // the bits of this search
  std::uint64_t frontier_arcs_ = 0;
  std::vector<std::uint64_t> met_;       // by vertex: sources that have met it
  std::vector<std::uint64_t> here_;      // sources whose frontier it is in
  std::vector<std::uint64_t> next_;      // sources that meet it in the next level
  std::vector<std::uint32_t> frontier_;  // vertices with a bit in here_
  std::vector<std::uint32_t> found_;     // vertices with a bit in next_
  std::vector<std::uint32_t> touched_;   // vertices with a bit in met_
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_BIT_SEARCH_H_
