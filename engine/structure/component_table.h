// The answer of every analysis that parts nodes into groups: `node, component`, a row a node, in
// the Snapshot's order; a group is named by the least id in it (CompareIds).
#ifndef LIANJIE_ENGINE_STRUCTURE_COMPONENT_TABLE_H_
#define LIANJIE_ENGINE_STRUCTURE_COMPONENT_TABLE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// `nodes` are all rows, ascending; `group` gives the group of each, by row, as a number below
// `groups`. Summary: node_count, component_count, largest_size, single_count (groups of one node).
// Errors: CANCELLED, DEADLINE_EXCEEDED. O(nodes + groups).
//
// Within a region nodes of one kind stand in the order of their ids, so that ids are compared once
// a group in each such run and not once a node; looking at every id took most of the time of weak
// components.
absl::StatusOr<AnalysisResult> ComponentAnswer(const Snapshot& snapshot,
                                               std::vector<NodeIndex> nodes,
                                               std::span<const std::uint32_t> group,
                                               std::uint64_t groups, RunContext& context);

// Bytes that it takes, the table included.
std::uint64_t EstimateComponentAnswerBytes(std::uint64_t nodes);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_STRUCTURE_COMPONENT_TABLE_H_
