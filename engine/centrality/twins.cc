#include "engine/centrality/twins.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kEmpty = std::numeric_limits<std::uint32_t>::max();

std::uint64_t TableSize(std::uint64_t vertices) {
  return std::bit_ceil(std::max<std::uint64_t>(2, vertices + vertices / 2));
}

std::uint64_t Mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

std::uint64_t HashOf(const Projection& graph, std::uint32_t v) {
  std::uint64_t hash = graph.arcs_end(v) - graph.arcs_begin(v);
  for (std::uint64_t arc = graph.arcs_begin(v); arc != graph.arcs_end(v); ++arc) {
    hash = Mix(hash, graph.target(arc));
    if (graph.weighted()) hash = Mix(hash, std::bit_cast<std::uint64_t>(graph.weight(arc)));
  }
  return Mix(hash, 0);
}

bool SameArcs(const Projection& graph, std::uint32_t a, std::uint32_t b) {
  if (!std::ranges::equal(graph.neighbours(a), graph.neighbours(b))) return false;
  if (!graph.weighted()) return true;
  for (std::uint64_t arc = graph.arcs_begin(a), other = graph.arcs_begin(b);
       arc != graph.arcs_end(a); ++arc, ++other) {
    if (graph.weight(arc) != graph.weight(other)) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::vector<std::uint32_t>> FirstTwins(const Projection& graph,
                                                      RunContext& context) {
  const std::uint32_t n = graph.size();
  Poller poller(context);
  std::vector<std::uint8_t> is_led_to(n, 0);
  if (graph.spec().direction != Direction::kUndirected) {
    for (std::uint32_t v = 0; v < n; ++v) {
      for (const std::uint32_t target : graph.neighbours(v)) {
        if (poller.Tick()) return context.Check();
        is_led_to[target] = 1;
      }
    }
  }
  std::vector<std::uint32_t> first(n);
  std::vector<std::uint32_t> table(TableSize(n), kEmpty);
  const std::uint64_t mask = table.size() - 1;
  for (std::uint32_t v = 0; v < n; ++v) {
    first[v] = v;
    const auto degree = static_cast<std::int64_t>(graph.arcs_end(v) - graph.arcs_begin(v));
    if (poller.Tick(1 + degree)) return context.Check();
    if (degree == 0 || is_led_to[v] != 0) continue;
    std::uint64_t slot = HashOf(graph, v) & mask;
    while (table[slot] != kEmpty && !SameArcs(graph, table[slot], v)) slot = (slot + 1) & mask;
    if (table[slot] == kEmpty) table[slot] = v;
    first[v] = table[slot];
  }
  return first;
}

std::uint64_t EstimateTwinsBytes(std::uint64_t vertices) {
  return vertices * (sizeof(std::uint32_t) + 1) + TableSize(vertices) * sizeof(std::uint32_t);
}

}  // namespace lianjie
