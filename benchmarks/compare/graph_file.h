// The file from which every system of the comparison loads the same graph. Little-endian: magic,
// three 64-bit numbers (vertices, edges, flags), then the edges' sources and targets (32 bits
// each), their weights and, where flagged, one number a vertex (64-bit floats). Edges are sorted by
// source, then target. An undirected graph has each edge once. graphs.py reads the same layout.
#ifndef LIANJIE_BENCHMARKS_COMPARE_GRAPH_FILE_H_
#define LIANJIE_BENCHMARKS_COMPARE_GRAPH_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace lianjie::compare {

struct GraphFile {
  bool directed = false;
  std::uint64_t vertices = 0;
  std::vector<std::uint32_t> sources;
  std::vector<std::uint32_t> targets;
  std::vector<double> weights;
  std::vector<double> values;  // by vertex; empty, or the right-hand side of a flow system

  std::uint64_t edges() const { return sources.size(); }
};

// Both throw std::runtime_error with the file's name. Weights may be left empty when writing: 1
// each.
void WriteGraph(const std::string& path, const GraphFile& graph);
GraphFile ReadGraph(const std::string& path);

}  // namespace lianjie::compare

#endif  // LIANJIE_BENCHMARKS_COMPARE_GRAPH_FILE_H_
