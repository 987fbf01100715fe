#include "engine/centrality/cycles.h"

#include <vector>

#include "engine/runtime/work.h"

namespace lianjie {

absl::StatusOr<bool> HasCycle(const Projection& graph, RunContext& context) {
  const std::uint32_t n = graph.size();
  Poller poller(context);
  if (graph.spec().direction == Direction::kUndirected) {
    for (std::uint64_t arc = 0; arc < graph.arc_count(); ++arc) {
      if (poller.Tick()) return context.Check();
      if (graph.weight(arc) > 0) return true;
    }
    return false;
  }
  std::vector<std::uint32_t> led_to(n, 0);
  for (std::uint32_t v = 0; v < n; ++v) {
    for (std::uint64_t arc = graph.arcs_begin(v); arc != graph.arcs_end(v); ++arc) {
      if (poller.Tick()) return context.Check();
      if (graph.weight(arc) > 0) ++led_to[graph.target(arc)];
    }
  }
  std::vector<std::uint32_t> free;  // vertices that nothing leads to
  free.reserve(n);
  for (std::uint32_t v = 0; v < n; ++v) {
    if (led_to[v] == 0) free.push_back(v);
  }
  for (std::size_t at = 0; at < free.size(); ++at) {
    const std::uint32_t v = free[at];
    for (std::uint64_t arc = graph.arcs_begin(v); arc != graph.arcs_end(v); ++arc) {
      if (poller.Tick()) return context.Check();
      if (graph.weight(arc) > 0 && --led_to[graph.target(arc)] == 0)
        free.push_back(graph.target(arc));
    }
  }
  return free.size() < n;
}

std::uint64_t EstimateCyclesBytes(std::uint64_t vertices) {
  return vertices * 2 * sizeof(std::uint32_t);
}

}  // namespace lianjie
