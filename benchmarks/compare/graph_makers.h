// The graphs of the comparison, made from a seed. Each comes as a list of directed edges, which
// Simple makes one that every system can hold in the same way: no self-loops, no parallel edges
// (peers disagree about both), sorted, with whole weights from 1 to 255 that are a function of the
// two ends, alike in both directions.
#ifndef LIANJIE_BENCHMARKS_COMPARE_GRAPH_MAKERS_H_
#define LIANJIE_BENCHMARKS_COMPARE_GRAPH_MAKERS_H_

#include <cstdint>

#include "graph_file.h"

namespace lianjie::compare {

// Takes the edges of `graph` (weights are made anew). `directed` false: each pair once, the lower
// end first.
GraphFile Simple(GraphFile graph, bool directed);

// R-MAT as Graph500 has it (A 0.57, B 0.19, C 0.19): 2^scale vertices, permuted, edge_factor edges
// each. D. Chakrabarti, Y. Zhan and C. Faloutsos, "R-MAT: a recursive model for graph mining", SDM
// 2004.
GraphFile Kronecker(int scale, int edge_factor, std::uint64_t seed);

// side x side crossings, each joined to its four neighbours, but for one edge in twenty that is
// missing: long, thin and nearly planar as roads are.
GraphFile Grid(std::uint32_t side, std::uint64_t seed);

// Directed, as links between pages are: edges drawn with expected in- and out-degrees that fall by
// power laws (exponents about 2.1 and 2.7), 6 a vertex, and one in five answered by an edge back.
// F. Chung and L. Lu, "Connected components in random graphs with given expected degree sequences",
// Annals of Combinatorics 6, 2002.
GraphFile PowerLaw(std::uint32_t vertices, std::uint64_t seed);

// A generated county (engine/generate): active links between its nodes, numbered in the order of
// the Snapshot, that is, by region, which gives every system the same locality.
struct County {
  GraphFile links;
  GraphFile flow;  // benefit_flow's system in share mode: payers, shares, injections as `values`
};
County MakeCounty(std::int64_t households, std::uint64_t seed);
County MakeProvince(std::int64_t households, std::uint64_t seed);  // counties under common firms

}  // namespace lianjie::compare

#endif  // LIANJIE_BENCHMARKS_COMPARE_GRAPH_MAKERS_H_
