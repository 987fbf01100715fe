// Strongly connected components: nodes that reach one another along the direction of money, the
// cycles of the graph.
//
// Meaning. Two nodes are in one component when each reaches the other. Parallel links and
// self-loops change nothing; a node on no cycle (or on none but a self-loop) is a component of its
// own. A component's label is its least id.
//
// Method. Depth first in one pass, after Tarjan, with one number a node instead of two and no
// recursion: a chain of a million firms must not need a stack of a million frames.
//
// Sources: R. E. Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on
// Computing 1, 1972; D. J. Pearce, "A space-efficient algorithm for finding strongly connected
// components", Information Processing Letters 116, 2016.
#ifndef LIANJIE_ENGINE_STRUCTURE_STRONG_COMPONENTS_H_
#define LIANJIE_ENGINE_STRUCTURE_STRONG_COMPONENTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct StrongComponentsOptions {
  absl::Status Validate() const { return absl::OkStatus(); }
};

// The components of a directed Projection, by vertex, numbered from 0 so that an arc between two
// components leads to the one of the smaller number: going through the numbers upwards is a reverse
// topological order. Errors: CANCELLED, DEADLINE_EXCEEDED. O(n + m).
struct StrongComponentsOfGraph {
  std::vector<std::uint32_t> component;
  std::uint32_t count = 0;
};
absl::StatusOr<StrongComponentsOfGraph> FindStrongComponents(const Projection& graph,
                                                             RunContext& context);

// Table, one row a node inside the view, in the Snapshot's order: node, component. Summary:
// node_count, component_count, largest_size, single_count. Errors: CANCELLED, DEADLINE_EXCEEDED,
// MEMORY_EXHAUSTED. O(n + m); progress in nodes. Sequential.
absl::StatusOr<AnalysisResult> RunStrongComponents(const AnalysisInput& input,
                                                   const StrongComponentsOptions& options,
                                                   RunContext& context);

std::uint64_t EstimateStrongComponentsBytes(const AnalysisInput& input,
                                            const StrongComponentsOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_STRUCTURE_STRONG_COMPONENTS_H_
