#include "engine/centrality/bit_search.h"

#include <algorithm>

namespace lianjie {
namespace {

// A level is pulled when its frontier has more than one in this many of all arcs.
constexpr std::uint64_t kPullShare = 16;

}  // namespace

BitSearch::BitSearch(const Projection& graph, const Projection& back)
    : graph_(graph),
      back_(back),
      met_(graph.size(), 0),
      here_(graph.size(), 0),
      next_(graph.size(), 0) {
  frontier_.reserve(graph.size());
  found_.reserve(graph.size());
  touched_.reserve(graph.size());
}

void BitSearch::Begin(std::span<const std::uint32_t> sources) {
  all_ = 0;
  frontier_arcs_ = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::uint32_t v = sources[i];
    const std::uint64_t bit = std::uint64_t{1} << i;
    all_ |= bit;
    met_[v] = here_[v] = bit;
    frontier_.push_back(v);
    touched_.push_back(v);
    frontier_arcs_ += graph_.arcs_end(v) - graph_.arcs_begin(v);
  }
}

bool BitSearch::PaysToPull() const { return frontier_arcs_ > graph_.arc_count() / kPullShare; }

// One that has more arcs than may pass between two looks is looked at in parts.
bool BitSearch::Push(Poller& poller) {
  for (const std::uint32_t v : frontier_) {
    const std::uint64_t here = here_[v];
    const std::span<const std::uint32_t> targets = graph_.neighbours(v);
    for (std::size_t begin = 0; begin < targets.size(); begin += Poller::kOperations) {
      const auto part = targets.subspan(
          begin, std::min<std::size_t>(Poller::kOperations, targets.size() - begin));
      if (poller.Tick(static_cast<std::int64_t>(part.size()))) return false;
      for (const std::uint32_t target : part) {
        const std::uint64_t fresh = here & ~met_[target];
        if (fresh == 0) continue;
        if (next_[target] == 0) found_.push_back(target);
        next_[target] |= fresh;
      }
    }
  }
  return true;
}

bool BitSearch::Pull(Poller& poller) {
  for (std::uint32_t v = 0; v < graph_.size(); ++v) {
    const std::uint64_t missing = all_ & ~met_[v];
    if (missing == 0) {
      if (poller.Tick()) return false;
      continue;
    }
    std::uint64_t fresh = 0;
    const std::span<const std::uint32_t> targets = back_.neighbours(v);
    for (std::size_t begin = 0; begin < targets.size() && (fresh & missing) != missing;
         begin += Poller::kOperations) {
      const auto part = targets.subspan(
          begin, std::min<std::size_t>(Poller::kOperations, targets.size() - begin));
      if (poller.Tick(static_cast<std::int64_t>(part.size()))) return false;
      for (const std::uint32_t target : part) {
        fresh |= here_[target];
        if ((fresh & missing) == missing) break;
      }
    }
    if ((fresh & missing) == 0) continue;
    next_[v] = fresh & missing;
    found_.push_back(v);
  }
  return true;
}

// What was found becomes the frontier.
bool BitSearch::Settle(BitCounters& counters, Poller& poller) {
  for (const std::uint32_t v : frontier_) {
    if (poller.Tick()) return false;
    here_[v] = 0;
  }
  frontier_arcs_ = 0;
  for (const std::uint32_t v : found_) {
    if (poller.Tick()) return false;
    const std::uint64_t fresh = next_[v];
    next_[v] = 0;
    here_[v] = fresh;
    if (met_[v] == 0) touched_.push_back(v);
    met_[v] |= fresh;
    counters.Add(fresh);
    frontier_arcs_ += graph_.arcs_end(v) - graph_.arcs_begin(v);
  }
  frontier_.swap(found_);
  found_.clear();
  return true;
}

bool BitSearch::Clean(Poller& poller) {
  for (const std::uint32_t v : touched_) {
    if (poller.Tick()) return false;
    met_[v] = 0;
  }
  touched_.clear();
  return true;
}

std::uint64_t BitSearch::EstimateBytes(std::uint64_t vertices) {
  return vertices * 3 * (sizeof(std::uint64_t) + sizeof(std::uint32_t));
}

}  // namespace lianjie
