// Whether a matrix of weights that are not negative has an eigenvalue above 0: it has, exactly when
// arcs of positive weight make a cycle.
#ifndef LIANJIE_ENGINE_CENTRALITY_CYCLES_H_
#define LIANJIE_ENGINE_CENTRALITY_CYCLES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// A self-loop is a cycle, and so is any arc of an UNDIRECTED projection. Takes out vertices that no
// arc is left to lead to, until none is (Kahn). Errors: CANCELLED, DEADLINE_EXCEEDED. O(n + m).
absl::StatusOr<bool> HasCycle(const Projection& graph, RunContext& context);

// Bytes while it runs.
std::uint64_t EstimateCyclesBytes(std::uint64_t vertices);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_CYCLES_H_
