// Nodes that see the graph alike: see distance_sums.h for what they are and why one of them does
// for all.
#ifndef LIANJIE_ENGINE_CENTRALITY_TWINS_H_
#define LIANJIE_ENGINE_CENTRALITY_TWINS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// By vertex the least one with the same arcs, itself if there is none before it. In a directed
// Projection only vertices that no arc leads to have twins. Errors: CANCELLED, DEADLINE_EXCEEDED.
// O(n + m) unless hashes collide.
absl::StatusOr<std::vector<std::uint32_t>> FirstTwins(const Projection& graph, RunContext& context);

// Bytes while it runs, the answer included.
std::uint64_t EstimateTwinsBytes(std::uint64_t vertices);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_TWINS_H_
