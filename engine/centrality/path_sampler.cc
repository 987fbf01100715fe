#include "engine/centrality/path_sampler.h"

#include <algorithm>

#include "engine/centrality/folded_search.h"

namespace lianjie {
namespace {

constexpr double kNoDistance = std::numeric_limits<double>::infinity();

// Calls f(arc) for the arcs of v until it answers false, asking the poller once for each few
// thousand. False when the run must end.
template <typename F>
bool ForEachArcWhile(const Projection& graph, std::uint32_t v, Poller& poller, const F& f) {
  const std::uint64_t end = graph.arcs_end(v);
  for (std::uint64_t arc = graph.arcs_begin(v);;) {
    const std::uint64_t stop = std::min<std::uint64_t>(end, arc + Poller::kOperations);
    if (poller.Tick(static_cast<std::int64_t>(stop - arc) + 1)) return false;
    for (; arc != stop; ++arc) {
      if (!f(arc)) return true;
    }
    if (stop == end) return true;
  }
}

}  // namespace

PathSampler::PathSampler(const Projection& graph, const Projection& back)
    : weighted_(graph.weighted()),
      from_{.graph = &graph, .back = &back, .hops = {}, .paths = {}, .order = {}},
      to_{.graph = &back, .back = &graph, .hops = {}, .paths = {}, .order = {}} {
  const std::uint32_t n = graph.size();
  from_.hops.assign(n, kUnseen);
  from_.paths.assign(n, 0.0);
  if (weighted_) {
    distance_.assign(n, kNoDistance);
    heap_.Reserve(n);
  } else {
    to_.hops.assign(n, kUnseen);
    to_.paths.assign(n, 0.0);
  }
}

SourceOutcome PathSampler::Draw(std::uint32_t source, std::uint32_t target, Random& random,
                                RunContext& context) {
  inner_.clear();
  Poller poller(context);
  return weighted_ ? DrawByWeight(source, target, random, poller)
                   : DrawByHops(source, target, random, poller);
}

void PathSampler::Begin(Side& side, std::uint32_t v) {
  side.order.push_back(v);
  side.hops[v] = 0;
  side.paths[v] = 1;
  side.level = 0;
  side.arcs_ahead = side.graph->arcs_end(v) - side.graph->arcs_begin(v);
}

// The next level, which may be empty.
bool PathSampler::GoOn(Side& side, Poller& poller) {
  const std::size_t end = side.order.size();
  side.arcs_ahead = 0;
  for (std::size_t i = side.level; i < end; ++i) {
    const std::uint32_t u = side.order[i];
    const std::uint32_t next = side.hops[u] + 1;
    const bool whole = ForEachArcWhile(*side.graph, u, poller, [&](std::uint64_t arc) {
      const std::uint32_t v = side.graph->target(arc);
      if (side.hops[v] == kUnseen) {
        side.hops[v] = next;
        side.order.push_back(v);
        side.arcs_ahead += side.graph->arcs_end(v) - side.graph->arcs_begin(v);
      }
      if (side.hops[v] == next) side.paths[v] += side.paths[u];
      return true;
    });
    if (!whole) return false;
  }
  side.level = end;
  return true;
}

void PathSampler::Clean(Side& side) {
  for (const std::uint32_t v : side.order) {
    side.hops[v] = kUnseen;
    side.paths[v] = 0;
  }
  side.order.clear();
}

// Of the last level, those that the other side has seen lie where the two meet.
SourceOutcome PathSampler::DrawMeeting(const Side& last, Random& random,
                                       std::uint32_t& meeting) const {
  const auto ways = [this](std::uint32_t v) {
    return from_.hops[v] == kUnseen || to_.hops[v] == kUnseen ? 0.0 : from_.paths[v] * to_.paths[v];
  };
  double sum = 0;
  for (std::size_t i = last.level; i < last.order.size(); ++i) sum += ways(last.order[i]);
  if (!(sum <= kMostPaths)) return SourceOutcome::kTooManyPaths;
  if (sum == 0) return SourceOutcome::kDone;
  double rest = random.Unit() * sum;
  for (std::size_t i = last.level; i < last.order.size() && rest >= 0; ++i) {
    const double here = ways(last.order[i]);
    if (here == 0) continue;
    meeting = last.order[i];
    rest -= here;
  }
  return SourceOutcome::kDone;
}

bool PathSampler::WalkBack(const Side& side, std::uint32_t v, Random& random, Poller& poller) {
  while (true) {
    double rest = random.Unit() * side.paths[v];
    std::uint32_t before = kUnseen;
    const bool whole = ForEachArcWhile(*side.back, v, poller, [&](std::uint64_t arc) {
      const std::uint32_t u = side.back->target(arc);
      const bool leads = weighted_ ? side.hops[u] < side.hops[v] &&
                                         distance_[u] + side.back->weight(arc) == distance_[v]
                                   : side.hops[u] != kUnseen && side.hops[u] + 1 == side.hops[v];
      if (!leads) return true;
      before = u;
      rest -= side.paths[u];
      return rest >= 0;
    });
    if (!whole) return false;
    if (before == kUnseen || before == side.order.front()) return true;
    inner_.push_back(before);
    v = before;
  }
}

SourceOutcome PathSampler::DrawByHops(std::uint32_t source, std::uint32_t target, Random& random,
                                      Poller& poller) {
  Begin(from_, source);
  Begin(to_, target);
  std::uint32_t meeting = kUnseen;
  SourceOutcome outcome = SourceOutcome::kDone;
  while (meeting == kUnseen) {
    Side& side = from_.arcs_ahead <= to_.arcs_ahead ? from_ : to_;
    if (!GoOn(side, poller)) return SourceOutcome::kStopped;
    if (side.level == side.order.size()) break;  // no path
    outcome = DrawMeeting(side, random, meeting);
    if (outcome != SourceOutcome::kDone) return outcome;
  }
  if (meeting != kUnseen) {
    if (meeting != source && meeting != target) inner_.push_back(meeting);
    if (meeting != source && !WalkBack(from_, meeting, random, poller))
      return SourceOutcome::kStopped;
    if (meeting != target && !WalkBack(to_, meeting, random, poller))
      return SourceOutcome::kStopped;
  }
  Clean(from_);
  Clean(to_);
  return outcome;
}

// As in brandes.cc, up to the target.
bool PathSampler::SearchByWeight(std::uint32_t source, std::uint32_t target, Poller& poller) {
  distance_[source] = 0;
  touched_.push_back(source);
  from_.paths[source] = 1;
  heap_.Lower(source, 0.0);
  while (!heap_.empty()) {
    const std::uint32_t u = heap_.Pop().vertex;
    from_.hops[u] = static_cast<std::uint32_t>(from_.order.size());
    from_.order.push_back(u);
    if (u == target) return true;
    const bool whole = ForEachArcWhile(*from_.graph, u, poller, [&](std::uint64_t arc) {
      const std::uint32_t v = from_.graph->target(arc);
      const double next = distance_[u] + from_.graph->weight(arc);
      if (next < distance_[v]) {
        if (distance_[v] == kNoDistance) touched_.push_back(v);
        distance_[v] = next;
        from_.paths[v] = from_.paths[u];
        heap_.Lower(v, next);
      } else if (next == distance_[v] && heap_.Contains(v)) {
        from_.paths[v] += from_.paths[u];
      }
      return true;
    });
    if (!whole) return false;
  }
  return true;
}

SourceOutcome PathSampler::DrawByWeight(std::uint32_t source, std::uint32_t target, Random& random,
                                        Poller& poller) {
  if (!SearchByWeight(source, target, poller)) return SourceOutcome::kStopped;
  if (from_.hops[target] != kUnseen) {
    if (!(from_.paths[target] <= kMostPaths)) return SourceOutcome::kTooManyPaths;
    if (!WalkBack(from_, target, random, poller)) return SourceOutcome::kStopped;
  }
  while (!heap_.empty()) heap_.Pop();
  Clean(from_);
  for (const std::uint32_t v : touched_) {
    distance_[v] = kNoDistance;
    from_.paths[v] = 0;
  }
  touched_.clear();
  return SourceOutcome::kDone;
}

std::uint64_t PathSampler::EstimateBytes(std::uint64_t vertices, bool weighted) {
  const std::uint64_t side = vertices * (2 * sizeof(std::uint32_t) + sizeof(double));
  return weighted ? side + vertices * (sizeof(double) + sizeof(std::uint32_t)) +
                        QuadHeap<double>::EstimateBytes(vertices)
                  : 2 * side;
}

}  // namespace lianjie
