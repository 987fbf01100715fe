// Searches from one or many sources over a whole Projection: breadth first by hops, and by weights.
// Both answer for every vertex the least (distance, hops, rank of the source): the nearest
// source, and the first of several equally near ones.
//
// Breadth first, after S. Beamer, K. Asanovic and D. Patterson, "Direction-optimizing breadth-first
// search", SC 2012: where the frontier has most of the arcs that are left, it is cheaper to let
// every unreached vertex look for a parent than to let the frontier look at everything. That needs
// arcs into a vertex, so it is done on UNDIRECTED projections, which have them at no price. A level
// is the same set whatever thread found whom, and ties of sources are settled by minimum, so the
// labels do not depend on the number of threads.
#ifndef LIANJIE_ENGINE_PATHS_LABEL_SEARCH_H_
#define LIANJIE_ENGINE_PATHS_LABEL_SEARCH_H_

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

inline constexpr std::uint32_t kUnreached = std::numeric_limits<std::uint32_t>::max();

// Breadth first. `sources` are vertices, distinct. hops[v] becomes the least number of arcs,
// kUnreached where there is no way; nearest[v] the position in `sources` of the nearest source
// (left empty with one source). Parallel; progress in vertices reached. Errors: CANCELLED,
// DEADLINE_EXCEEDED. O(n + m).
absl::Status SearchBreadthFirst(const Projection& graph, std::span<const std::uint32_t> sources,
                                RunContext& context, std::vector<std::uint32_t>& hops,
                                std::vector<std::uint32_t>& nearest);

// By weights, which must not be negative (asked of the caller): least distances (delta_search.h),
// then hops and sources breadth first over the tight arcs, those by which a least distance comes
// about: distance[u] + weight == distance[v]. distance[v] is infinite and hops[v] kUnreached where
// there is no way; nearest as above. Parallel; progress in vertices reached, each twice. Errors:
// CANCELLED, DEADLINE_EXCEEDED. O((n + m) log n) at worst, O(n + m) in practice.
absl::Status SearchByDistance(const Projection& graph, std::span<const std::uint32_t> sources,
                              RunContext& context, std::vector<double>& distance,
                              std::vector<std::uint32_t>& hops,
                              std::vector<std::uint32_t>& nearest);

// Bytes that each takes beside the Projection.
std::uint64_t EstimateBreadthFirstBytes(std::uint64_t vertices, bool many_sources);
std::uint64_t EstimateByDistanceBytes(std::uint64_t vertices, bool many_sources);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_LABEL_SEARCH_H_
