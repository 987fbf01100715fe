#include "engine/centrality/brandes.h"

#include <algorithm>

#include "engine/centrality/folded_search.h"

namespace lianjie {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Calls f(arc) for the arcs of v, asking the poller once for each few thousand of them: most
// vertices have a few, some have millions. False when the run must end.
template <typename F>
bool ForEachArcOf(const Projection& graph, std::uint32_t v, Poller& poller, const F& f) {
  const std::uint64_t end = graph.arcs_end(v);
  for (std::uint64_t arc = graph.arcs_begin(v);;) {
    const std::uint64_t stop = std::min<std::uint64_t>(end, arc + Poller::kOperations);
    if (poller.Tick(static_cast<std::int64_t>(stop - arc) + 1)) return false;
    for (; arc != stop; ++arc) f(arc);
    if (stop == end) return true;
  }
}

}  // namespace

BrandesWorkspace::BrandesWorkspace(const Projection& graph) : graph_(graph) {
  const std::uint32_t n = graph.size();
  order_.reserve(n);
  paths_.assign(n, 0.0);
  share_.assign(n, 0.0);
  if (graph.weighted()) {
    distance_.assign(n, kInfinity);
    heap_.Reserve(n);
  } else {
    hops_.assign(n, kUnseen);
  }
}

SourceOutcome BrandesWorkspace::AddSource(const Source& source, RunContext& context,
                                          std::vector<double>& scores) {
  if (graph_.arcs_begin(source.vertex) == graph_.arcs_end(source.vertex))
    return SourceOutcome::kDone;
  Poller poller(context);
  SourceOutcome outcome;
  if (graph_.weighted()) {
    if (!SearchByWeight(source.vertex, poller)) return SourceOutcome::kStopped;
    outcome = ShareOut(
        source,
        [this](std::uint32_t v, std::uint64_t arc) {
          return distance_[graph_.target(arc)] == distance_[v] + graph_.weight(arc);
        },
        poller, scores);
  } else {
    if (!SearchByHops(source.vertex, poller)) return SourceOutcome::kStopped;
    outcome = ShareOut(
        source,
        [this](std::uint32_t v, std::uint64_t arc) {
          return hops_[graph_.target(arc)] == hops_[v] + 1;
        },
        poller, scores);
  }
  Clean();
  return outcome;
}

bool BrandesWorkspace::SearchByHops(std::uint32_t source, Poller& poller) {
  order_.push_back(source);
  hops_[source] = 0;
  paths_[source] = 1;
  for (std::size_t head = 0; head < order_.size(); ++head) {
    const std::uint32_t u = order_[head];
    const std::uint32_t next = hops_[u] + 1;
    const double paths = paths_[u];
    const bool whole = ForEachArcOf(graph_, u, poller, [&](std::uint64_t arc) {
      const std::uint32_t v = graph_.target(arc);
      if (hops_[v] == kUnseen) {
        hops_[v] = next;
        order_.push_back(v);
      }
      if (hops_[v] == next) paths_[v] += paths;
    });
    if (!whole) return false;
  }
  return true;
}

bool BrandesWorkspace::SearchByWeight(std::uint32_t source, Poller& poller) {
  distance_[source] = 0;
  paths_[source] = 1;
  heap_.Lower(source, 0.0);
  while (!heap_.empty()) {
    const std::uint32_t u = heap_.Pop().vertex;
    order_.push_back(u);
    const double paths = paths_[u];
    const bool whole = ForEachArcOf(graph_, u, poller, [&](std::uint64_t arc) {
      const std::uint32_t v = graph_.target(arc);
      const double next = distance_[u] + graph_.weight(arc);
      if (next < distance_[v]) {
        distance_[v] = next;
        paths_[v] = paths;
        heap_.Lower(v, next);
      } else if (next == distance_[v] && heap_.Contains(v)) {
        // A weight too small to change the sum can lead back to a settled vertex, which is then no
        // successor.
        paths_[v] += paths;
      }
    });
    if (!whole) return false;
  }
  return true;
}

// In the order of settling reversed, so that successors are done; a vertex that is not done yet,
// and so no successor, has share 0.
template <typename IsSuccessor>
SourceOutcome BrandesWorkspace::ShareOut(const Source& source, const IsSuccessor& is_successor,
                                         Poller& poller, std::vector<double>& scores) {
  for (std::size_t i = order_.size(); i-- > 1;) {
    const std::uint32_t v = order_[i];
    if (!(paths_[v] <= kMostPaths)) return SourceOutcome::kTooManyPaths;
    double sum = 0;
    const bool whole = ForEachArcOf(graph_, v, poller, [&](std::uint64_t arc) {
      if (is_successor(v, arc)) sum += share_[graph_.target(arc)];
    });
    if (!whole) return SourceOutcome::kStopped;
    const double through = paths_[v] * sum;
    share_[v] = (1.0 + through) / paths_[v];
    scores[v] += source.count * through;
  }
  scores[source.vertex] += source.passing * static_cast<double>(order_.size() - 1);
  return SourceOutcome::kDone;
}

void BrandesWorkspace::Clean() {
  for (const std::uint32_t v : order_) {
    paths_[v] = 0;
    share_[v] = 0;
    if (hops_.empty()) {
      distance_[v] = kInfinity;
    } else {
      hops_[v] = kUnseen;
    }
  }
  order_.clear();
}

std::uint64_t BrandesWorkspace::EstimateBytes(std::uint64_t vertices, bool weighted) {
  const std::uint64_t common = vertices * (sizeof(std::uint32_t) + 2 * sizeof(double));
  return common + (weighted ? vertices * sizeof(double) + QuadHeap<double>::EstimateBytes(vertices)
                            : vertices * sizeof(std::uint32_t));
}

}  // namespace lianjie
