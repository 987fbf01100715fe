#include "engine/centrality/score_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/runtime/work.h"

namespace lianjie {

absl::StatusOr<Table> ScoreTable(const Projection& graph, std::span<const double> scores,
                                 std::string description, RunContext& context) {
  Table table;
  table.AddColumn("node", ColumnType::kNode, "", "The node.");
  table.AddColumn("score", ColumnType::kNumber, "", std::move(description));
  std::vector<std::uint32_t>& nodes = table.column(0).indices;
  std::vector<double>& values = table.column(1).numbers;
  nodes.reserve(scores.size());
  values.reserve(scores.size());
  Poller poller(context);
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    if (poller.Tick()) return context.Check();
    nodes.push_back(graph.ToNode(v));
    values.push_back(scores[v]);
  }
  return table;
}

std::uint64_t EstimateScoreTableBytes(std::uint64_t nodes) {
  return nodes * (sizeof(NodeIndex) + sizeof(double));
}

ScoreFigures FiguresOf(std::span<const double> scores) {
  if (scores.empty()) return {};
  ScoreFigures figures{0, scores.front(), scores.front()};
  for (const double score : scores) {
    figures.sum += score;
    figures.least = std::min(figures.least, score);
    figures.greatest = std::max(figures.greatest, score);
  }
  return figures;
}

}  // namespace lianjie
