// Writes one graph of the comparison: OUT.directed, OUT.undirected and, for a county, OUT.flow.
//   compare_graphs county|province HOUSEHOLDS | kronecker SCALE | grid SIDE | power VERTICES  SEED
//   OUT
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "graph_file.h"
#include "graph_makers.h"

namespace {

using lianjie::compare::GraphFile;

constexpr int kEdgeFactor = 16;

GraphFile Make(const std::string& kind, std::uint64_t size, std::uint64_t seed,
               const std::string& out) {
  using namespace lianjie::compare;
  if (kind == "county" || kind == "province") {
    const auto households = static_cast<std::int64_t>(size);
    County county =
        kind == "county" ? MakeCounty(households, seed) : MakeProvince(households, seed);
    WriteGraph(out + ".flow", county.flow);
    return std::move(county.links);
  }
  if (kind == "kronecker") return Kronecker(static_cast<int>(size), kEdgeFactor, seed);
  if (kind == "grid") return Grid(static_cast<std::uint32_t>(size), seed);
  if (kind == "power") return PowerLaw(static_cast<std::uint32_t>(size), seed);
  throw std::runtime_error("no such kind of graph: " + kind);
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    std::fputs("usage: compare_graphs county|province|kronecker|grid|power SIZE SEED OUT\n",
               stderr);
    return 2;
  }
  try {
    const std::string out = words[4];
    const GraphFile graph = Make(words[1], std::stoull(words[2]), std::stoull(words[3]), out);
    WriteGraph(out + ".directed", Simple(graph, true));
    WriteGraph(out + ".undirected", Simple(graph, false));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "compare_graphs: %s\n", error.what());
    return 1;
  }
  return 0;
}
