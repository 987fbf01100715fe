#include "engine/structure/component_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/ids.h"
#include "engine/graph/id_order.h"
#include "engine/runtime/work.h"

namespace lianjie {

namespace {

struct Group {
  std::uint64_t prefix = 0;  // of the label, so that most ids need not be compared byte by byte
  NodeIndex label = kNoNode;
  std::uint32_t size = 0;
};

}  // namespace

absl::StatusOr<AnalysisResult> ComponentAnswer(const Snapshot& snapshot,
                                               std::span<const NodeIndex> nodes,
                                               std::span<const std::uint32_t> group,
                                               std::uint64_t groups, RunContext& context) {
  std::vector<Group> found(groups);
  Poller poller(context);
  for (const NodeIndex n : nodes) {
    if (poller.Tick()) return context.Check();
    Group& g = found[group[n]];
    ++g.size;
    const std::uint64_t prefix = IdPrefix(snapshot.NodeId(n));
    const bool first =
        g.label == kNoNode || prefix < g.prefix ||
        (prefix == g.prefix && CompareIds(snapshot.NodeId(n), snapshot.NodeId(g.label)) < 0);
    if (!first) continue;
    g.label = n;
    g.prefix = prefix;
  }
  AnalysisResult result;
  result.table.AddColumn("node", ColumnType::kNode, "", "The node.");
  result.table.AddColumn("component", ColumnType::kNode, "",
                         "The least id in the node's component.");
  result.table.column(0).indices.assign(nodes.begin(), nodes.end());
  std::vector<std::uint32_t>& labels = result.table.column(1).indices;
  labels.reserve(nodes.size());
  for (const NodeIndex n : nodes) {
    if (poller.Tick()) return context.Check();
    labels.push_back(found[group[n]].label);
  }
  std::int64_t components = 0;
  std::int64_t singles = 0;
  std::uint32_t largest = 0;
  for (const Group& g : found) {
    components += g.size > 0 ? 1 : 0;
    singles += g.size == 1 ? 1 : 0;
    largest = std::max(largest, g.size);
  }
  result.summary = {{"node_count", static_cast<std::int64_t>(nodes.size())},
                    {"component_count", components},
                    {"largest_size", static_cast<std::int64_t>(largest)},
                    {"single_count", singles}};
  return result;
}

std::uint64_t EstimateComponentAnswerBytes(std::uint64_t nodes) {
  return nodes * (sizeof(Group) + 2 * sizeof(std::uint32_t));
}

}  // namespace lianjie
