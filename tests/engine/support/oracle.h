// What the tests of the general analyses share: a plain list of arcs, read link by link from the
// view with no regard to time, from which Boost.Graph or brute force computes what an analysis
// should have said; 200 seeded cases; and a result as bytes, for "the same bytes".
#ifndef LIANJIE_TESTS_ENGINE_SUPPORT_ORACLE_H_
#define LIANJIE_TESTS_ENGINE_SUPPORT_ORACLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/analysis.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::testing {

struct OracleArc {
  std::uint32_t from;  // positions in OracleGraph::nodes
  std::uint32_t to;
  double weight;
  LinkIndex link;
};

struct OracleGraph {
  std::vector<NodeIndex> nodes;  // inside the view, in the Snapshot's order
  std::vector<OracleArc> arcs;   // an undirected link gives two, an undirected self-loop too

  std::uint32_t PositionOf(NodeIndex node) const;
};

OracleGraph MakeOracle(const AnalysisInput& input, Direction direction,
                       const std::string& weight = "none", double missing_weight = 1.0);

// The least weight of each pair of distinct nodes that arcs join.
std::map<std::pair<std::uint32_t, std::uint32_t>, double> MergedArcs(const OracleGraph& graph);

// One of 200 seeded multigraphs with what a view may leave out: dates, regions and filters come and
// go with the seed.
inline constexpr std::uint64_t kCases = 200;
struct OracleCase {
  GraphRecords records;
  ViewText view;
};
// Whole weights 1 to 9, some not known; `zeros` makes some of them 0.
OracleCase MakeCase(std::uint64_t seed, bool zeros = false);

inline constexpr Direction kDirections[] = {Direction::kForward, Direction::kReverse,
                                            Direction::kUndirected};
inline constexpr const char* kWeights[] = {"none", "weight"};

// All of a result: summary, every cell of every column, warnings, truncation.
std::string ResultBytes(const AnalysisResult& result);

// A number of the summary; NaN when it is null. The test fails when there is none of that name.
double SummaryNumber(const AnalysisResult& result, std::string_view name);

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_SUPPORT_ORACLE_H_
