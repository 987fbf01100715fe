#include "engine/centrality/score_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/runtime/rows.h"

namespace lianjie {
namespace {

constexpr std::size_t kScoreRows = 65536;

}  // namespace

absl::StatusOr<Table> ScoreTable(const Projection& graph, std::span<const double> scores,
                                 std::string description, RunContext& context) {
  Table table;
  table.AddColumn("node", ColumnType::kNode, "", "The node.");
  table.AddColumn("score", ColumnType::kNumber, "", std::move(description));
  std::vector<double>& values = table.column(1).numbers;
  table.column(0).indices = graph.Nodes();
  values.resize(scores.size());
  LIANJIE_RETURN_IF_ERROR(ForEachRows(
      scores.size(), kScoreRows, context, [&](std::size_t begin, std::size_t end, Poller&) {
        std::copy(scores.data() + begin, scores.data() + end, values.data() + begin);
      }));
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
