// Projections as Boost.Graph sees graphs, so that its algorithms serve where they are good enough
// and check ours where they are not. Three adapters, since Boost's concepts differ by direction:
//   BoostDirectedGraph       VertexListGraph, EdgeListGraph, IncidenceGraph, AdjacencyGraph; free
//   to make BoostBidirectionalGraph  the same and BidirectionalGraph; keeps an index of incoming
//   arcs, 8 bytes an arc BoostUndirectedGraph     over an UNDIRECTED projection: edges() gives each
//   link once, out_edges() at both its ends (a
//                            self-loop twice at its one); keeps the edge of each arc, 4 bytes an
//                            arc and 8 an edge
// All allow parallel edges and self-loops. Properties: vertex_index, edge_index (dense from 0) and
// edge_weight. Boost's algorithms know no cancellation: give them maps wrapped by StoppableMap and
// call them inside RunStoppable. Immutable; thread safe; the Projection is kept alive.
#ifndef LIANJIE_ENGINE_GRAPH_BOOST_ADAPTER_H_
#define LIANJIE_ENGINE_GRAPH_BOOST_ADAPTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "boost/graph/graph_traits.hpp"
#include "boost/graph/properties.hpp"
#include "boost/iterator/counting_iterator.hpp"
#include "boost/iterator/iterator_facade.hpp"
#include "boost/iterator/transform_iterator.hpp"
#include "boost/property_map/property_map.hpp"
#include "engine/graph/projection.h"
#include "engine/runtime/work.h"

namespace lianjie {

// An edge descriptor: seen from `source`. Two are equal when they are the same edge, from whichever
// end it is seen.
struct BoostEdge {
  std::uint32_t source = 0;
  std::uint32_t target = 0;
  std::uint32_t index = 0;  // the arc, or the edge of an undirected graph

  friend bool operator==(const BoostEdge& a, const BoostEdge& b) { return a.index == b.index; }
  friend auto operator<=>(const BoostEdge& a, const BoostEdge& b) { return a.index <=> b.index; }
  friend std::size_t hash_value(const BoostEdge& edge) { return edge.index; }
};

// edge_weight: the projection's weights.
class BoostWeightMap {
 public:
  using key_type = BoostEdge;
  using value_type = double;
  using reference = double;
  using category = boost::readable_property_map_tag;

  BoostWeightMap() = default;
  // `arc_of` maps an edge's index to an arc; nullptr where they are the same.
  BoostWeightMap(const Projection& projection, const std::uint32_t* arc_of)
      : projection_(&projection), arc_of_(arc_of) {}
  friend double get(const BoostWeightMap& map, const BoostEdge& edge) {
    return map.projection_->weight(map.arc_of_ == nullptr ? edge.index : map.arc_of_[edge.index]);
  }

 private:
  const Projection* projection_ = nullptr;
  const std::uint32_t* arc_of_ = nullptr;
};

// edge_index.
struct BoostEdgeIndexMap {
  using key_type = BoostEdge;
  using value_type = std::uint32_t;
  using reference = std::uint32_t;
  using category = boost::readable_property_map_tag;

  friend std::uint32_t get(const BoostEdgeIndexMap&, const BoostEdge& edge) { return edge.index; }
};

using BoostVertexIndexMap = boost::typed_identity_property_map<std::uint32_t>;

namespace boost_adapter_internal {

struct Traversal : virtual boost::vertex_list_graph_tag,
                   virtual boost::edge_list_graph_tag,
                   virtual boost::incidence_graph_tag,
                   virtual boost::adjacency_graph_tag {};
struct BidirectionalTraversal : virtual Traversal, virtual boost::bidirectional_graph_tag {};

using Counter = boost::counting_iterator<std::uint64_t>;

// From an arc of `vertex` to the edge.
struct OutEdge {
  const Projection* projection = nullptr;
  const std::uint32_t* edge_of = nullptr;
  std::uint32_t vertex = 0;
  BoostEdge operator()(std::uint64_t arc) const {
    const auto index = static_cast<std::uint32_t>(arc);
    return {vertex, projection->target(arc), edge_of == nullptr ? index : edge_of[arc]};
  }
};

// From a place in the index of incoming arcs to the edge.
struct InEdge {
  const std::uint32_t* sources = nullptr;
  const std::uint32_t* arcs = nullptr;
  std::uint32_t vertex = 0;
  BoostEdge operator()(std::uint64_t i) const { return {sources[i], vertex, arcs[i]}; }
};

// From an undirected edge's index to the edge, seen from its lesser end.
struct IndexedEdge {
  const Projection* projection = nullptr;
  const std::uint32_t* sources = nullptr;
  const std::uint32_t* arcs = nullptr;
  BoostEdge operator()(std::uint64_t e) const {
    return {sources[e], projection->target(arcs[e]), static_cast<std::uint32_t>(e)};
  }
};

// All arcs in order, with the vertex that each belongs to.
class ArcIterator : public boost::iterator_facade<ArcIterator, BoostEdge,
                                                  boost::forward_traversal_tag, BoostEdge> {
 public:
  ArcIterator() = default;
  ArcIterator(const Projection& projection, std::uint64_t arc)
      : projection_(&projection), arc_(arc) {
    SkipToArc();
  }

 private:
  friend class boost::iterator_core_access;
  void increment() {
    ++arc_;
    SkipToArc();
  }
  bool equal(const ArcIterator& other) const { return arc_ == other.arc_; }
  BoostEdge dereference() const {
    return {vertex_, projection_->target(arc_), static_cast<std::uint32_t>(arc_)};
  }
  void SkipToArc() {
    while (arc_ < projection_->arc_count() && projection_->arcs_end(vertex_) <= arc_) ++vertex_;
  }

  const Projection* projection_ = nullptr;
  std::uint64_t arc_ = 0;
  std::uint32_t vertex_ = 0;
};

template <typename Map>
using MappedRange =
    std::pair<boost::transform_iterator<Map, Counter>, boost::transform_iterator<Map, Counter>>;

template <typename Map>
MappedRange<Map> Mapped(const Map& map, std::uint64_t begin, std::uint64_t end) {
  return {boost::make_transform_iterator(Counter(begin), map),
          boost::make_transform_iterator(Counter(end), map)};
}

// What the three have in common.
class GraphBase {
 public:
  using vertex_descriptor = std::uint32_t;
  using edge_descriptor = BoostEdge;
  using edge_parallel_category = boost::allow_parallel_edge_tag;
  using vertices_size_type = std::size_t;
  using edges_size_type = std::size_t;
  using degree_size_type = std::size_t;
  using vertex_iterator = boost::counting_iterator<std::uint32_t>;
  using adjacency_iterator = const std::uint32_t*;
  using out_edge_iterator = boost::transform_iterator<OutEdge, Counter>;

  static vertex_descriptor null_vertex() { return kNoNode; }
  const Projection& projection() const { return *projection_; }

  friend std::pair<vertex_iterator, vertex_iterator> vertices(const GraphBase& g) {
    return {vertex_iterator(0), vertex_iterator(g.projection_->size())};
  }
  friend vertices_size_type num_vertices(const GraphBase& g) { return g.projection_->size(); }
  friend vertex_descriptor source(const BoostEdge& e, const GraphBase&) { return e.source; }
  friend vertex_descriptor target(const BoostEdge& e, const GraphBase&) { return e.target; }
  friend degree_size_type out_degree(vertex_descriptor v, const GraphBase& g) {
    return g.projection_->arcs_end(v) - g.projection_->arcs_begin(v);
  }
  friend std::pair<adjacency_iterator, adjacency_iterator> adjacent_vertices(vertex_descriptor v,
                                                                             const GraphBase& g) {
    const auto neighbours = g.projection_->neighbours(v);
    return {neighbours.data(), neighbours.data() + neighbours.size()};
  }
  friend MappedRange<OutEdge> out_edges(vertex_descriptor v, const GraphBase& g) {
    return Mapped(OutEdge{g.projection_.get(), g.edge_of_, v}, g.projection_->arcs_begin(v),
                  g.projection_->arcs_end(v));
  }
  friend BoostVertexIndexMap get(boost::vertex_index_t, const GraphBase&) { return {}; }
  friend std::uint32_t get(boost::vertex_index_t, const GraphBase&, vertex_descriptor v) {
    return v;
  }
  friend BoostEdgeIndexMap get(boost::edge_index_t, const GraphBase&) { return {}; }
  friend std::uint32_t get(boost::edge_index_t, const GraphBase&, const BoostEdge& e) {
    return e.index;
  }
  friend BoostWeightMap get(boost::edge_weight_t, const GraphBase& g) {
    return BoostWeightMap(*g.projection_, g.arc_of_);
  }
  friend double get(boost::edge_weight_t tag, const GraphBase& g, const BoostEdge& e) {
    return get(get(tag, g), e);
  }

 protected:
  explicit GraphBase(std::shared_ptr<const Projection> projection)
      : projection_(std::move(projection)) {}
  GraphBase(const GraphBase&) = delete;
  GraphBase& operator=(const GraphBase&) = delete;
  ~GraphBase() = default;

  std::shared_ptr<const Projection> projection_;
  const std::uint32_t* edge_of_ = nullptr;  // arc -> edge index; nullptr: the same
  const std::uint32_t* arc_of_ = nullptr;   // edge index -> arc; nullptr: the same
};

}  // namespace boost_adapter_internal

class BoostDirectedGraph : public boost_adapter_internal::GraphBase {
 public:
  using directed_category = boost::directed_tag;
  using traversal_category = boost_adapter_internal::Traversal;
  using edge_iterator = boost_adapter_internal::ArcIterator;
  using in_edge_iterator = void;

  // The arcs of any projection, as they are. O(1).
  explicit BoostDirectedGraph(std::shared_ptr<const Projection> projection)
      : GraphBase(std::move(projection)) {}

  friend std::pair<edge_iterator, edge_iterator> edges(const BoostDirectedGraph& g) {
    return {edge_iterator(g.projection(), 0), edge_iterator(g.projection(), num_edges(g))};
  }
  friend edges_size_type num_edges(const BoostDirectedGraph& g) {
    return g.projection().arc_count();
  }
};

class BoostBidirectionalGraph : public BoostDirectedGraph {
 public:
  using directed_category = boost::bidirectional_tag;
  using traversal_category = boost_adapter_internal::BidirectionalTraversal;
  using in_edge_iterator =
      boost::transform_iterator<boost_adapter_internal::InEdge, boost_adapter_internal::Counter>;

  // O(n + m).
  explicit BoostBidirectionalGraph(std::shared_ptr<const Projection> projection);

  friend auto in_edges(vertex_descriptor v, const BoostBidirectionalGraph& g) {
    return boost_adapter_internal::Mapped(
        boost_adapter_internal::InEdge{g.in_sources_.data(), g.in_arcs_.data(), v},
        g.in_offsets_[v], g.in_offsets_[v + 1]);
  }
  friend degree_size_type in_degree(vertex_descriptor v, const BoostBidirectionalGraph& g) {
    return g.in_offsets_[v + 1] - g.in_offsets_[v];
  }
  friend degree_size_type degree(vertex_descriptor v, const BoostBidirectionalGraph& g) {
    return in_degree(v, g) + out_degree(v, g);
  }

 private:
  std::vector<std::uint64_t> in_offsets_;
  std::vector<std::uint32_t> in_sources_;
  std::vector<std::uint32_t> in_arcs_;
};

class BoostUndirectedGraph : public boost_adapter_internal::GraphBase {
 public:
  using directed_category = boost::undirected_tag;
  using traversal_category = boost_adapter_internal::Traversal;
  using edge_iterator = boost::transform_iterator<boost_adapter_internal::IndexedEdge,
                                                  boost_adapter_internal::Counter>;
  using in_edge_iterator = void;

  // The projection must be UNDIRECTED. A self-loop that was merged with its parallels is seen once
  // from its vertex. O(n + m).
  explicit BoostUndirectedGraph(std::shared_ptr<const Projection> projection);

  friend std::pair<edge_iterator, edge_iterator> edges(const BoostUndirectedGraph& g) {
    return boost_adapter_internal::Mapped(
        boost_adapter_internal::IndexedEdge{&g.projection(), g.edge_source_.data(),
                                            g.edge_arc_.data()},
        0, num_edges(g));
  }
  friend edges_size_type num_edges(const BoostUndirectedGraph& g) { return g.edge_arc_.size(); }
  friend degree_size_type degree(vertex_descriptor v, const BoostUndirectedGraph& g) {
    return out_degree(v, g);
  }

 private:
  std::vector<std::uint32_t> edge_source_;
  std::vector<std::uint32_t> edge_arc_;  // the arc from edge_source_
  std::vector<std::uint32_t> edge_of_arc_;
};

template <typename G>
inline constexpr bool kIsBoostAdapter = std::is_base_of_v<boost_adapter_internal::GraphBase, G>;

// A readable property map that looks at cancellation whenever it is read, and throws RunStopped out
// of the algorithm when the run must end.
template <typename Map> class StoppableMap {
 public:
  using key_type = typename boost::property_traits<Map>::key_type;
  using value_type = typename boost::property_traits<Map>::value_type;
  using reference = typename boost::property_traits<Map>::reference;
  using category = boost::readable_property_map_tag;

  StoppableMap(Map map, RunContext& context) : map_(std::move(map)), context_(&context) {}
  friend reference get(const StoppableMap& map, const key_type& key) {
    if (map.context_->Stopped()) throw RunStopped();
    return get(map.map_, key);
  }

 private:
  Map map_;
  RunContext* context_;
};

// Calls body(), which may run Boost algorithms on StoppableMaps: OK, or why it was stopped.
template <typename Body> absl::Status RunStoppable(RunContext& context, const Body& body) {
  try {
    body();
    return absl::OkStatus();
  } catch (const RunStopped&) {
    return context.Check();
  }
}

}  // namespace lianjie

namespace boost {

template <typename G>
struct property_map<G, vertex_index_t, std::enable_if_t<lianjie::kIsBoostAdapter<G>>> {
  using type = lianjie::BoostVertexIndexMap;
  using const_type = type;
};
template <typename G>
struct property_map<G, edge_index_t, std::enable_if_t<lianjie::kIsBoostAdapter<G>>> {
  using type = lianjie::BoostEdgeIndexMap;
  using const_type = type;
};
template <typename G>
struct property_map<G, edge_weight_t, std::enable_if_t<lianjie::kIsBoostAdapter<G>>> {
  using type = lianjie::BoostWeightMap;
  using const_type = type;
};

}  // namespace boost

#endif  // LIANJIE_ENGINE_GRAPH_BOOST_ADAPTER_H_
