// The table of every centrality: `node, score`, a row a node, in the Snapshot's order.
#ifndef LIANJIE_ENGINE_CENTRALITY_SCORE_TABLE_H_
#define LIANJIE_ENGINE_CENTRALITY_SCORE_TABLE_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "engine/core/table.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// `scores` by vertex. Errors: CANCELLED, DEADLINE_EXCEEDED.
absl::StatusOr<Table> ScoreTable(const Projection& graph, std::span<const double> scores,
                                 std::string description, RunContext& context);

// Bytes that it takes.
std::uint64_t EstimateScoreTableBytes(std::uint64_t nodes);

// The least, the greatest and the sum of scores, for summaries; zeros for none.
struct ScoreFigures {
  double sum = 0;
  double least = 0;
  double greatest = 0;
};
ScoreFigures FiguresOf(std::span<const double> scores);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_SCORE_TABLE_H_
