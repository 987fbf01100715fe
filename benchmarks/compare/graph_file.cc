#include "graph_file.h"

#include <array>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace lianjie::compare {
namespace {

constexpr std::array<char, 8> kMagic = {'L', 'J', 'G', 'R', 'A', 'P', 'H', '1'};
constexpr std::uint64_t kDirected = 1;
constexpr std::uint64_t kValues = 2;

struct Header {
  std::array<char, 8> magic;
  std::uint64_t vertices, edges, flags;
};

template <typename T> void Put(std::ofstream& out, const std::vector<T>& items) {
  out.write(reinterpret_cast<const char*>(items.data()),
            static_cast<std::streamsize>(items.size() * sizeof(T)));
}

template <typename T> void Take(std::ifstream& in, std::vector<T>& items, std::uint64_t count) {
  items.resize(count);
  in.read(reinterpret_cast<char*>(items.data()), static_cast<std::streamsize>(count * sizeof(T)));
}

}  // namespace

void WriteGraph(const std::string& path, const GraphFile& graph) {
  std::ofstream out(path, std::ios::binary);
  const Header header = {kMagic, graph.vertices, graph.edges(),
                         (graph.directed ? kDirected : 0) | (graph.values.empty() ? 0 : kValues)};
  out.write(reinterpret_cast<const char*>(&header), sizeof(header));
  Put(out, graph.sources);
  Put(out, graph.targets);
  Put(out, graph.weights.empty() ? std::vector<double>(graph.edges(), 1.0) : graph.weights);
  Put(out, graph.values);
  out.flush();
  if (!out) throw std::runtime_error("cannot write " + path);
}

GraphFile ReadGraph(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  Header header = {};
  in.read(reinterpret_cast<char*>(&header), sizeof(header));
  if (!in || header.magic != kMagic) throw std::runtime_error(path + " is no graph of this kind");
  GraphFile graph;
  graph.directed = (header.flags & kDirected) != 0;
  graph.vertices = header.vertices;
  Take(in, graph.sources, header.edges);
  Take(in, graph.targets, header.edges);
  Take(in, graph.weights, header.edges);
  if ((header.flags & kValues) != 0) Take(in, graph.values, header.vertices);
  if (!in) throw std::runtime_error(path + " ends too early");
  return graph;
}

}  // namespace lianjie::compare
