// Betweenness from random shortest paths: a source and a target are drawn, alike among vertices
// that paths leave from and arrive at, then one of their shortest paths; a vertex' score is the
// part of paths that it lies within, times the number of pairs. sampling_bound.h says how far that
// is off, at most, with the confidence asked for. Sample i has random numbers of its own, made from
// the seed and i, and counts are whole numbers: the same at any number of threads.
#ifndef LIANJIE_ENGINE_CENTRALITY_SAMPLED_BETWEENNESS_H_
#define LIANJIE_ENGINE_CENTRALITY_SAMPLED_BETWEENNESS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct SamplingPlan {
  std::uint64_t samples = 0;  // 0: as many as epsilon needs
  double epsilon = 0;         // of scores that are a part of all pairs of other nodes
  double delta = 0.1;         // chance that any score is off by more
  std::uint64_t seed = 0;
};

struct SampledScores {
  std::vector<double> scores;  // by vertex, over ordered pairs
  std::uint64_t samples = 0;
  double epsilon = 0;  // that holds, of normalised scores
};

// `back` has the arcs of `graph` turned round. Books its memory; sets the total of progress, in
// samples. Errors: FAILED_PRECONDITION (more than 1e300 paths), MEMORY_EXHAUSTED, CANCELLED,
// DEADLINE_EXCEEDED. O(n + m) and a search a sample.
absl::StatusOr<SampledScores> SampledBetweenness(const Projection& graph, const Projection& back,
                                                 const SamplingPlan& plan, RunContext& context);

std::uint64_t EstimateSampledBytes(std::uint64_t vertices, bool weighted, std::uint64_t threads);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_SAMPLED_BETWEENNESS_H_
