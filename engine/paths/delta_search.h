// Least distances from one or many sources to every vertex of a Projection, by weights that are not
// negative, in parallel.
//
// Delta-stepping: vertices wait in buckets of distances, each as wide as a step; the vertices of
// the least bucket are relaxed in any order, and again if they are lowered, until it is empty. A
// distance only falls, and the least ones are where nothing can be lowered any more: floating-point
// addition keeps order, so those are the very numbers that Dijkstra's algorithm finds, whatever the
// steps and whoever lowered whom. Buckets of a few vertices are done by one thread without waking
// the others; then this is a Dijkstra without a heap.
//
// The step is a quarter of the median, over a sample of vertices, of the least weight that
// leaves one: narrow enough that few vertices are relaxed twice. Buckets reach as far as a window;
// what lies beyond waits unsorted. When a window is done the next begins at the least distance that
// waits, and is made wider where the distances lie far apart (amounts of money do). Should all that
// be of no help, and arcs be looked at more than sixteen times on the average, Dijkstra's algorithm
// takes over, so that the bound is its own.
//
// On two cores, shared with other work, the whole analysis against the heap that it replaced: a
// grid of 1,000,000 vertices 185 ms for 197 to 241, a Kronecker graph of 262,144 vertices and
// 3,800,000 links 151 for 260, a power-law graph of 1,000,000 vertices both ways 506 for 1,108, the
// generated county of 400,000 households both ways 51 to 83 for 152 to 175.
//
// Sources: U. Meyer and P. Sanders, "Delta-stepping: a parallelizable shortest path algorithm",
// Journal of Algorithms 49, 2003; S. Beamer, K. Asanovic and D. Patterson, "The GAP benchmark
// suite", arXiv:1508.03619, 2015 (buckets of each thread's own).
#ifndef LIANJIE_ENGINE_PATHS_DELTA_SEARCH_H_
#define LIANJIE_ENGINE_PATHS_DELTA_SEARCH_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// distance[v] becomes the least, infinity where there is no way. Progress in vertices reached, each
// once. Errors: CANCELLED, DEADLINE_EXCEEDED. O((n + m) log n) at worst, O(n + m) in practice.
absl::Status SearchLeastDistances(const Projection& graph, std::span<const std::uint32_t> sources,
                                  RunContext& context, std::vector<double>& distance);

// Bytes beside the distances.
std::uint64_t EstimateLeastDistancesBytes(std::uint64_t vertices);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_DELTA_SEARCH_H_
