// The sources that a search must start from, each with how many vertices it stands for. In a
// directed graph a vertex that no arc enters is on no path but its own. Those with the same arcs
// (and lengths) have the same paths, so that one stands for all. Where links are all 1 long, one
// with a single arc goes the ways of the vertex behind it, and passes that. Undirected graphs have
// no such vertices; they are folded otherwise (folded_betweenness.h), and with lengths not at all,
// for lengths are added from the source on and would round differently.
#ifndef LIANJIE_ENGINE_CENTRALITY_SOURCE_LIST_H_
#define LIANJIE_ENGINE_CENTRALITY_SOURCE_LIST_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct Source {
  std::uint32_t vertex;
  double count;    // sources it stands for, itself included
  double passing;  // those of them whose paths pass it
};

// Ascending; vertices without arcs to leave by are left out. O(n log n + m). Errors: CANCELLED,
// DEADLINE_EXCEEDED.
absl::StatusOr<std::vector<Source>> ListSources(const Projection& graph, RunContext& context);

std::uint64_t EstimateSourceListBytes(std::uint64_t vertices);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_SOURCE_LIST_H_
