// Boost.Graph: loading, searches, PageRank, flow.
#include "boost_kernels.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "boost/graph/breadth_first_search.hpp"
#include "boost/graph/dijkstra_shortest_paths.hpp"
#include "boost/graph/page_rank.hpp"
#include "boost/graph/push_relabel_max_flow.hpp"
#include "boost/property_map/property_map.hpp"

namespace lianjie::compare {
namespace {

constexpr double kFar = std::numeric_limits<double>::max();

template <typename T> auto MapOf(std::vector<T>& values) {
  return boost::make_iterator_property_map(values.begin(), boost::identity_property_map());
}

// Unreached ones as -1, like everybody's.
void AppendReached(const std::vector<double>& distances, std::vector<double>& out) {
  for (const double d : distances) out.push_back(d == kFar ? -1 : d);
}

std::vector<double> Hops(const BoostGraph::Csr& graph, std::uint32_t source) {
  std::vector<double> distances(num_vertices(graph), kFar);
  distances[source] = 0;
  boost::breadth_first_search(graph, source,
                              boost::visitor(boost::make_bfs_visitor(boost::record_distances(
                                  MapOf(distances), boost::on_tree_edge()))));
  return distances;
}

}  // namespace

void BoostGraph::Load(GraphFile graph) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  std::vector<BoostEdge> weights;
  edges.reserve(graph.edges() * (graph.directed ? 1 : 2));
  weights.reserve(edges.capacity());
  for (std::size_t i = 0; i < graph.edges(); ++i) {
    edges.emplace_back(graph.sources[i], graph.targets[i]);
    weights.push_back({graph.weights[i]});
    if (graph.directed) continue;
    edges.emplace_back(graph.targets[i], graph.sources[i]);
    weights.push_back({graph.weights[i]});
  }
  csr_ = std::make_unique<Csr>(boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(),
                               weights.begin(), static_cast<std::uint32_t>(graph.vertices));
  file_ = std::move(graph);
  file_.weights = {};  // the Csr has them; the ends are kept for the other structures
}

void BoostGraph::NeedUndirected() const {
  if (file_.directed) throw std::runtime_error("wants an undirected graph");
}

const BoostGraph::Undirected& BoostGraph::undirected() {
  NeedUndirected();
  if (undirected_ == nullptr) {
    undirected_ = std::make_unique<Undirected>(file_.vertices);
    for (std::size_t i = 0; i < file_.edges(); ++i)
      add_edge(file_.sources[i], file_.targets[i], *undirected_);
  }
  return *undirected_;
}

Outcome BoostGraph::Bfs(const Options& options) const {
  Outcome outcome;
  for (const std::uint32_t source : options.Vertices("sources")) {
    const Stopwatch watch;
    const std::vector<double> distances = Hops(*csr_, source);
    outcome.seconds += watch.Seconds();
    AppendReached(distances, outcome.result);
  }
  return outcome;
}

Outcome BoostGraph::Dijkstra(const Options& options) const {
  Outcome outcome;
  for (const std::uint32_t source : options.Vertices("sources")) {
    const Stopwatch watch;
    std::vector<double> distances(file_.vertices);
    boost::dijkstra_shortest_paths(
        *csr_, source,
        boost::weight_map(get(&BoostEdge::weight, *csr_)).distance_map(MapOf(distances)));
    outcome.seconds += watch.Seconds();
    AppendReached(distances, outcome.result);
  }
  return outcome;
}

// Scores that sum to the number of vertices, from a start that sums to 1, and no rule for dangling
// vertices: the same vector in the limit, up to scale, on graphs without such.
Outcome BoostGraph::PageRank(const Options& options) const {
  Outcome outcome;
  const Stopwatch watch;
  std::vector<double> scores(file_.vertices);
  boost::graph::page_rank(*csr_, MapOf(scores),
                          boost::graph::n_iterations(options.Whole("iterations")), 0.85,
                          file_.vertices);
  outcome.seconds = watch.Seconds();
  for (const double score : scores)
    outcome.result.push_back(score / static_cast<double>(file_.vertices));
  return outcome;
}

// Closeness and harmonic from a search a vertex: the library's own take a matrix of all distances.
Outcome BoostGraph::Distant(bool harmonic, std::uint64_t every) const {
  Outcome outcome;
  const auto n = static_cast<double>(file_.vertices);
  const Stopwatch watch;
  for (std::uint64_t v = 0; v < file_.vertices; v += every) {
    double sum = 0;
    double reached = 0;
    for (const double d : Hops(*csr_, static_cast<std::uint32_t>(v))) {
      if (d == kFar || d == 0) continue;
      sum += harmonic ? 1 / d : d;
      ++reached;
    }
    outcome.result.push_back(harmonic ? sum
                                      : (reached == 0 ? 0 : reached / sum * reached / (n - 1)));
  }
  outcome.seconds = watch.Seconds() * n / static_cast<double>(outcome.result.size());
  return outcome;
}

Outcome BoostGraph::MaxFlow(const Options& options) const {
  using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
  struct Arc {
    double capacity = 0;
    double residual = 0;
    Traits::edge_descriptor reverse;
  };
  using Network =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Arc>;
  const std::vector<std::uint32_t> ends = options.Vertices("ends");
  Network network(file_.vertices);
  const auto weight = get(&BoostEdge::weight, *csr_);
  for (const auto e : boost::make_iterator_range(edges(*csr_))) {
    const std::uint32_t u = source(e, *csr_);
    const std::uint32_t v = target(e, *csr_);
    const auto there = add_edge(u, v, {weight[e], 0, {}}, network).first;
    const auto back = add_edge(v, u, {0, 0, {}}, network).first;
    network[there].reverse = back;
    network[back].reverse = there;
  }
  Outcome outcome;
  const Stopwatch watch;
  const double value =
      boost::push_relabel_max_flow(network, ends.at(0), ends.at(1),
                                   boost::capacity_map(get(&Arc::capacity, network))
                                       .residual_capacity_map(get(&Arc::residual, network))
                                       .reverse_edge_map(get(&Arc::reverse, network)));
  outcome.seconds = watch.Seconds();
  outcome.result = {value};
  return outcome;
}

void BoostGraph::AddPaths(std::map<std::string, Kernel>& kernels) {
  kernels["bfs"] = [this](const Options& o) { return Bfs(o); };
  kernels["distances"] = [this](const Options& o) { return Dijkstra(o); };
  kernels["page_rank_drop"] = [this](const Options& o) { return PageRank(o); };
  kernels["closeness"] = [this](const Options&) { return Distant(false, 1); };
  kernels["harmonic"] = [this](const Options&) { return Distant(true, 1); };
  kernels["closeness_sampled"] = [this](const Options& o) {
    return Distant(false, o.Whole("every"));
  };
  kernels["harmonic_sampled"] = [this](const Options& o) {
    return Distant(true, o.Whole("every"));
  };
  kernels["max_flow"] = [this](const Options& o) { return MaxFlow(o); };
  kernels["degree"] = [this](const Options&) {
    Outcome outcome;
    const Stopwatch watch;
    outcome.result.resize(file_.vertices);
    for (std::uint32_t v = 0; v < file_.vertices; ++v)
      outcome.result[v] = static_cast<double>(out_degree(v, *csr_));
    outcome.seconds = watch.Seconds();
    return outcome;
  };
}

std::map<std::string, Kernel> BoostGraph::Kernels() {
  std::map<std::string, Kernel> kernels;
  AddPaths(kernels);
  AddStructure(kernels);
  return kernels;
}

}  // namespace lianjie::compare
