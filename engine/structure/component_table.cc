#include "engine/structure/component_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/ids.h"
#include "engine/runtime/rows.h"

namespace lianjie {

namespace {

constexpr std::size_t kLabelRows = 32768;

struct Group {
  NodeIndex label = kNoNode;  // least id so far
  std::uint32_t size = 0;
  std::uint32_t run = 0;  // the last in which a node of it was met
};

// Numbers the runs of nodes of one region and kind from 1.
class Runs {
 public:
  explicit Runs(const Snapshot& snapshot) : nodes_(snapshot.nodes()) {}

  std::uint32_t Of(NodeIndex n) {
    const RegionIndex region = nodes_.region[n];
    const NodeKind kind = nodes_.kind[n];
    if (run_ == 0 || region != region_ || kind != kind_) ++run_;
    region_ = region;
    kind_ = kind;
    return run_;
  }

 private:
  const NodeColumns& nodes_;
  RegionIndex region_ = kNoRegion;
  NodeKind kind_ = NodeKind::kUnspecified;
  std::uint32_t run_ = 0;
};

}  // namespace

absl::StatusOr<AnalysisResult> ComponentAnswer(const Snapshot& snapshot,
                                               std::vector<NodeIndex> nodes,
                                               std::span<const std::uint32_t> group,
                                               std::uint64_t groups, RunContext& context) {
  std::vector<Group> found(groups);
  Poller poller(context);
  Runs runs(snapshot);
  for (std::size_t row = 0; row < nodes.size(); ++row) {
    if (poller.Tick()) return context.Check();
    const NodeIndex n = nodes[row];
    const std::uint32_t run = runs.Of(n);
    Group& g = found[group[row]];
    ++g.size;
    if (g.run == run) continue;
    g.run = run;
    if (g.label == kNoNode || CompareIds(snapshot.NodeId(n), snapshot.NodeId(g.label)) < 0)
      g.label = n;
  }
  AnalysisResult result;
  result.table.AddColumn("node", ColumnType::kNode, "", "The node.");
  result.table.AddColumn("component", ColumnType::kNode, "",
                         "The least id in the node's component.");
  std::vector<std::uint32_t>& labels = result.table.column(1).indices;
  labels.resize(nodes.size());
  LIANJIE_RETURN_IF_ERROR(ForEachRows(nodes.size(), kLabelRows, context,
                                      [&](std::size_t begin, std::size_t end, Poller& part) {
                                        for (std::size_t row = begin; row != end; ++row) {
                                          if (part.Tick()) return;
                                          labels[row] = found[group[row]].label;
                                        }
                                      }));
  std::int64_t components = 0;
  std::int64_t singles = 0;
  std::uint32_t largest = 0;
  for (const Group& g : found) {
    components += g.size > 0 ? 1 : 0;
    singles += g.size == 1 ? 1 : 0;
    largest = std::max(largest, g.size);
  }
  result.summary = {{"node_count", static_cast<std::int64_t>(labels.size())},
                    {"component_count", components},
                    {"largest_size", static_cast<std::int64_t>(largest)},
                    {"single_count", singles}};
  result.table.column(0).indices = std::move(nodes);
  return result;
}

std::uint64_t EstimateComponentAnswerBytes(std::uint64_t nodes) {
  return nodes * (sizeof(Group) + 2 * sizeof(std::uint32_t));
}

}  // namespace lianjie
