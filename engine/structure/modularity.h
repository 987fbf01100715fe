// Modularity: how much more of the weight lies inside of communities than chance would put there.
//
// Meaning. On the undirected multigraph, Q = sum over communities c of in(c) / 2m - gamma (tot(c) /
// 2m)². Here the strength of a node is the sum of the weights at it, parallel links added, a
// self-loop counted twice; tot(c) is the sum of strengths in c; 2m is the sum of all strengths,
// that is, twice the sum of the weights of all links, self-loops among them; in(c) is twice the sum
// of the weights of the links inside of c, self-loops among them. gamma is the resolution: the
// larger, the smaller communities are favoured.
//
// Sources: M. E. J. Newman, "Analysis of weighted networks", Physical Review E 70, 2004; the
// resolution: J. Reichardt and S. Bornholdt, "Statistical mechanics of community detection",
// Physical Review E 74, 2006.
#ifndef LIANJIE_ENGINE_STRUCTURE_MODULARITY_H_
#define LIANJIE_ENGINE_STRUCTURE_MODULARITY_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/table.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// The Projection that communities are found in: undirected, self-loops kept (two arcs each),
// parallel links apart.
ProjectionSpec CommunitySpec(const std::string& weight);

// The sum of the weights of each vertex's arcs. Errors: CANCELLED, DEADLINE_EXCEEDED. Parallel,
// deterministic; O(n + m).
absl::StatusOr<std::vector<double>> Strengths(const Projection& graph, RunContext& context);

// Of a graph of CommunitySpec and the vertices' communities, numbers below `communities`; nothing
// when the graph has no weight. Errors: CANCELLED, DEADLINE_EXCEEDED. Parallel; the same bits at
// any number of threads: sums in blocks of fixed size, added in order. O(n + m + communities).
absl::StatusOr<std::optional<double>> Modularity(const Projection& graph,
                                                 std::span<const double> strengths,
                                                 std::span<const std::uint32_t> community,
                                                 std::uint32_t communities, double resolution,
                                                 RunContext& context);

// Bytes of Modularity and the strengths.
std::uint64_t EstimateModularityBytes(std::uint64_t vertices);

// Null when there is none.
inline SummaryValue ModularityValue(const std::optional<double>& modularity) {
  return modularity.has_value() ? SummaryValue(*modularity) : SummaryValue();
}

// The most arcs of one vertex. O(n).
template <typename Graph> std::uint64_t MostArcs(const Graph& graph) {
  std::uint64_t most = 0;
  for (std::uint32_t v = 0; v < graph.size(); ++v)
    most = std::max(most, graph.arcs_end(v) - graph.arcs_begin(v));
  return most;
}
// An upper bound of the same before there is a Projection. O(n).
std::uint64_t MostLinksOfANode(const Snapshot& snapshot);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_STRUCTURE_MODULARITY_H_
