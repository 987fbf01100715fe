// Brandes' search and sweep back over a folded block. One member of the source's class stands for
// all: sigma(c) counts its shortest paths to one member of class c, so whatever leads on from c
// counts its members. The sweep takes what ends at each class, and sums with G(c) = what ends at c
// / sigma(c) + members(c) * (sum of G over c's successors) what passes one member of c: sigma(c) *
// (the same sum).
#ifndef LIANJIE_ENGINE_CENTRALITY_FOLDED_SEARCH_H_
#define LIANJIE_ENGINE_CENTRALITY_FOLDED_SEARCH_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/centrality/folded_block.h"
#include "engine/runtime/work.h"

namespace lianjie {

inline constexpr double kMostPaths = 1e300;

// Arrays of one thread. Not thread safe.
class FoldedSearch {
 public:
  explicit FoldedSearch(const FoldedBlock& block)
      : block_(block),
        hops_(block.size(), kUnseen),
        paths_(block.size(), 0.0),
        share_(block.size(), 0.0) {
    order_.reserve(block.size());
  }

  // False when the run must end.
  bool Search(std::uint32_t source, Poller& poller);

  // Adds to scores[c], per member, what passes c of the paths from the last source. `ends(c)` is
  // G's first term. False when the run must end.
  template <typename Ends> bool ShareOut(const Ends& ends, Poller& poller, double* scores);

  // Of the last search; every class is reached, for a block is connected.
  std::uint32_t hops(std::uint32_t c) const { return hops_[c]; }
  double paths(std::uint32_t c) const { return paths_[c]; }
  bool TooManyPaths() const;

  static std::uint64_t EstimateBytes(std::uint64_t classes) {
    return classes * (2 * sizeof(std::uint32_t) + 2 * sizeof(double));
  }

 private:
  static constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();

  // Calls f(d) for the neighbours d of c, asking the poller once for each few thousand of them.
  template <typename F> bool ForEachNeighbour(std::uint32_t c, Poller& poller, const F& f) const {
    std::span<const std::uint32_t> rest = block_.neighbours(c);
    while (true) {
      const std::size_t part = std::min<std::size_t>(rest.size(), Poller::kOperations);
      if (poller.Tick(static_cast<std::int64_t>(part) + 1)) return false;
      for (const std::uint32_t d : rest.first(part)) f(d);
      if (part == rest.size()) return true;
      rest = rest.subspan(part);
    }
  }

  const FoldedBlock& block_;
  std::vector<std::uint32_t> order_;  // nearest first
  std::vector<std::uint32_t> hops_;
  std::vector<double> paths_;
  std::vector<double> share_;  // G
};

template <typename Ends>
bool FoldedSearch::ShareOut(const Ends& ends, Poller& poller, double* scores) {
  for (std::size_t i = order_.size(); i-- > 1;) {
    const std::uint32_t c = order_[i];
    const std::uint32_t next = hops_[c] + 1;
    double sum = 0;
    const bool whole = ForEachNeighbour(
        c, poller, [&](std::uint32_t d) { sum += hops_[d] == next ? share_[d] : 0.0; });
    if (!whole) return false;
    share_[c] = ends(c) + block_.count[c] * sum;
    scores[c] += paths_[c] * sum;
  }
  return true;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_FOLDED_SEARCH_H_
