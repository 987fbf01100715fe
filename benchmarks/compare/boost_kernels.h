// Boost.Graph as one of the systems that are compared, used as its documentation has it: a
// compressed_sparse_row_graph wherever an algorithm takes one, an adjacency_list where it asks for
// an undirected graph or for edges that are removed. Structures are made when a kernel first needs
// them, untimed; a run's time is the algorithm's and that of the maps it needs.
#ifndef LIANJIE_BENCHMARKS_COMPARE_BOOST_KERNELS_H_
#define LIANJIE_BENCHMARKS_COMPARE_BOOST_KERNELS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "boost/graph/adjacency_list.hpp"
#include "boost/graph/compressed_sparse_row_graph.hpp"
#include "worker.h"

namespace lianjie::compare {

struct BoostEdge {
  double weight = 1;
};

class BoostGraph {
 public:
  // Undirected edges go in both ways.
  using Csr = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, BoostEdge,
                                                 boost::no_property, std::uint32_t, std::uint64_t>;
  using Undirected = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;

  void Load(GraphFile graph);
  std::map<std::string, Kernel> Kernels();

 private:
  void AddPaths(std::map<std::string, Kernel>& kernels);
  void AddStructure(std::map<std::string, Kernel>& kernels);
  const Undirected& undirected();
  void NeedUndirected() const;  // throws for a directed file

  Outcome Bfs(const Options& options) const;
  Outcome Dijkstra(const Options& options) const;
  Outcome PageRank(const Options& options) const;
  // Every so many vertices are searched from, and the time is scaled up to all of them.
  Outcome Distant(bool harmonic, std::uint64_t every) const;
  Outcome MaxFlow(const Options& options) const;
  Outcome Points();

  GraphFile file_;
  std::unique_ptr<Csr> csr_;
  std::unique_ptr<Undirected> undirected_;
};

}  // namespace lianjie::compare

#endif  // LIANJIE_BENCHMARKS_COMPARE_BOOST_KERNELS_H_
