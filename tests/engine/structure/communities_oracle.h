// What the tests of communities share: modularity by its definition over all pairs of nodes, which
// has nothing in common with how the engine adds it up.
#ifndef LIANJIE_TESTS_ENGINE_STRUCTURE_COMMUNITIES_ORACLE_H_
#define LIANJIE_TESTS_ENGINE_STRUCTURE_COMMUNITIES_ORACLE_H_

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/engine/support/oracle.h"

namespace lianjie::testing {

// sum over pairs (i, j) of the same community of (A(i, j) - gamma k(i) k(j) / 2m) / 2m, with A(i,
// i) twice the weight of self-loops; NaN without weight. `graph` is UNDIRECTED; communities are any
// numbers, by position.
inline double PairwiseModularity(const OracleGraph& graph,
                                 const std::vector<std::uint32_t>& community, double gamma) {
  const std::size_t size = graph.nodes.size();
  std::vector<std::vector<double>> adjacency(size, std::vector<double>(size, 0.0));
  std::vector<double> strength(size, 0.0);
  double all = 0;
  for (const OracleArc& arc : graph.arcs) {
    adjacency[arc.from][arc.to] += arc.weight;
    strength[arc.from] += arc.weight;
    all += arc.weight;
  }
  if (all == 0) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      if (community[i] == community[j])
        sum += adjacency[i][j] - gamma * strength[i] * strength[j] / all;
    }
  }
  return sum / all;
}

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_STRUCTURE_COMMUNITIES_ORACLE_H_
