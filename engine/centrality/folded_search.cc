#include "engine/centrality/folded_search.h"

namespace lianjie {

bool FoldedSearch::Search(std::uint32_t source, Poller& poller) {
  for (const std::uint32_t c : order_) {
    hops_[c] = kUnseen;
    paths_[c] = 0;
  }
  order_.assign(1, source);
  hops_[source] = 0;
  paths_[source] = 1;
  for (std::size_t head = 0; head < order_.size(); ++head) {
    const std::uint32_t c = order_[head];
    const std::uint32_t next = hops_[c] + 1;
    const double paths = head == 0 ? 1.0 : paths_[c] * block_.count[c];
    const bool whole = ForEachNeighbour(c, poller, [&](std::uint32_t d) {
      if (hops_[d] == kUnseen) {
        hops_[d] = next;
        order_.push_back(d);
      }
      paths_[d] += hops_[d] == next ? paths : 0.0;
    });
    if (!whole) return false;
  }
  return true;
}

bool FoldedSearch::TooManyPaths() const {
  return std::any_of(order_.begin(), order_.end(),
                     [this](std::uint32_t c) { return !(paths_[c] <= kMostPaths); });
}

}  // namespace lianjie
