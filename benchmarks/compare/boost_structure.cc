// Boost.Graph: components, cores, clustering, betweenness.
#include <iterator>
#include <vector>

#include "boost/graph/betweenness_centrality.hpp"
#include "boost/graph/biconnected_components.hpp"
#include "boost/graph/clustering_coefficient.hpp"
#include "boost/graph/connected_components.hpp"
#include "boost/graph/core_numbers.hpp"
#include "boost/graph/exterior_property.hpp"
#include "boost/graph/strong_components.hpp"
#include "boost_kernels.h"

namespace lianjie::compare {
namespace {

template <typename T> auto MapOf(std::vector<T>& values) {
  return boost::make_iterator_property_map(values.begin(), boost::identity_property_map());
}

template <typename T> Outcome ToOutcome(double seconds, const std::vector<T>& values) {
  Outcome outcome;
  outcome.seconds = seconds;
  outcome.result.assign(values.begin(), values.end());
  return outcome;
}

}  // namespace

Outcome BoostGraph::Points() {
  const Undirected& graph = undirected();
  const Stopwatch watch;
  std::vector<Undirected::vertex_descriptor> points;
  boost::articulation_points(graph, std::back_inserter(points));
  Outcome outcome;
  outcome.seconds = watch.Seconds();
  outcome.result.assign(file_.vertices, 0);
  for (const auto point : points) outcome.result[point] = 1;
  return outcome;
}

void BoostGraph::AddStructure(std::map<std::string, Kernel>& kernels) {
  kernels["articulation"] = [this](const Options&) { return Points(); };
  kernels["weak_components"] = [this](const Options&) {
    const Undirected& graph = undirected();
    const Stopwatch watch;
    std::vector<std::uint32_t> component(file_.vertices);
    boost::connected_components(graph, MapOf(component));
    return ToOutcome(watch.Seconds(), component);
  };
  kernels["strong_components"] = [this](const Options&) {
    const Stopwatch watch;
    std::vector<std::uint32_t> component(file_.vertices);
    boost::strong_components(*csr_, MapOf(component));
    return ToOutcome(watch.Seconds(), component);
  };
  kernels["k_core"] = [this](const Options&) {
    NeedUndirected();
    const Stopwatch watch;
    std::vector<std::uint64_t> core(file_.vertices);
    boost::core_numbers(*csr_, MapOf(core));
    return ToOutcome(watch.Seconds(), core);
  };
  kernels["clustering"] = [this](const Options&) {
    const Undirected& graph = undirected();
    const Stopwatch watch;
    std::vector<double> coefficient(file_.vertices);
    boost::all_clustering_coefficients(graph, MapOf(coefficient));
    return ToOutcome(watch.Seconds(), coefficient);
  };
  kernels["betweenness"] = [this](const Options&) {
    const Stopwatch watch;
    std::vector<double> score(file_.vertices);
    boost::brandes_betweenness_centrality(*csr_, MapOf(score));
    const double seconds = watch.Seconds();
    if (!file_.directed)  // the Csr has both arcs of an edge: each pair was counted twice
      for (double& s : score) s /= 2;
    return ToOutcome(seconds, score);
  };
}

}  // namespace lianjie::compare
