// The adapters model Boost's concepts, and Boost's algorithms run through them give what simple
// code gives.
#include "engine/graph/boost_adapter.h"

#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "boost/concept/assert.hpp"
#include "boost/graph/biconnected_components.hpp"
#include "boost/graph/boykov_kolmogorov_max_flow.hpp"
#include "boost/graph/connected_components.hpp"
#include "boost/graph/dijkstra_shortest_paths.hpp"
#include "boost/graph/edmonds_karp_max_flow.hpp"
#include "boost/graph/graph_concepts.hpp"
#include "boost/graph/kruskal_min_spanning_tree.hpp"
#include "boost/graph/reverse_graph.hpp"
#include "boost/graph/strong_components.hpp"
#include "engine/core/status.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie {
namespace {

using testing::Amount;
using testing::FromArcs;
using testing::GraphRecords;
using testing::RandomGraph;
using testing::ToSnapshot;
using testing::ToView;

template <typename G> struct AssertCommonConcepts {
  BOOST_CONCEPT_ASSERT((boost::VertexListGraphConcept<G>));
  BOOST_CONCEPT_ASSERT((boost::EdgeListGraphConcept<G>));
  BOOST_CONCEPT_ASSERT((boost::IncidenceGraphConcept<G>));
  BOOST_CONCEPT_ASSERT((boost::AdjacencyGraphConcept<G>));
  BOOST_CONCEPT_ASSERT((boost::VertexAndEdgeListGraphConcept<G>));
  BOOST_CONCEPT_ASSERT(
      (boost::ReadablePropertyGraphConcept<G, std::uint32_t, boost::vertex_index_t>));
  BOOST_CONCEPT_ASSERT((boost::ReadablePropertyGraphConcept<G, BoostEdge, boost::edge_weight_t>));
  BOOST_CONCEPT_ASSERT((boost::ReadablePropertyGraphConcept<G, BoostEdge, boost::edge_index_t>));
};
template struct AssertCommonConcepts<BoostDirectedGraph>;
template struct AssertCommonConcepts<BoostBidirectionalGraph>;
template struct AssertCommonConcepts<BoostUndirectedGraph>;
BOOST_CONCEPT_ASSERT((boost::BidirectionalGraphConcept<BoostBidirectionalGraph>));
static_assert(boost::is_directed_graph<BoostDirectedGraph>::value);
static_assert(boost::is_directed_graph<BoostBidirectionalGraph>::value);
static_assert(boost::is_undirected_graph<BoostUndirectedGraph>::value);

std::shared_ptr<const Projection> Project(const GraphRecords& records, Direction direction,
                                          std::string weight = "none") {
  RunContext context({.threads = 1});
  ProjectionSpec spec;
  spec.direction = direction;
  spec.weight = std::move(weight);
  return *Projection::Build(ToView(ToSnapshot(records)), spec, context);
}

GraphRecords Sample(std::uint64_t seed) {
  return RandomGraph({.seed = seed, .nodes = 40, .links = 70, .weights = true});
}

// reach[v][w]: along arcs, from v to w (v reaches itself).
std::vector<std::vector<bool>> Reach(const Projection& p) {
  std::vector<std::vector<bool>> reach(p.size(), std::vector<bool>(p.size(), false));
  for (std::uint32_t s = 0; s < p.size(); ++s) {
    std::vector<std::uint32_t> stack = {s};
    reach[s][s] = true;
    while (!stack.empty()) {
      const std::uint32_t v = stack.back();
      stack.pop_back();
      for (const std::uint32_t w : p.neighbours(v)) {
        if (!reach[s][w]) {
          reach[s][w] = true;
          stack.push_back(w);
        }
      }
    }
  }
  return reach;
}

template <typename Iterator>
std::vector<BoostEdge> ToVector(const std::pair<Iterator, Iterator>& range) {
  return {range.first, range.second};
}

TEST(BoostAdapterTest, DirectedEdgesAreTheArcs) {
  const auto p = Project(Sample(1), Direction::kForward, "weight");
  const BoostDirectedGraph g(p);
  EXPECT_EQ(num_vertices(g), p->size());
  EXPECT_EQ(num_edges(g), p->arc_count());
  std::vector<BoostEdge> all;
  for (std::uint32_t v = 0; v < p->size(); ++v) {
    EXPECT_EQ(out_degree(v, g), p->neighbours(v).size());
    for (const BoostEdge& e : ToVector(out_edges(v, g))) {
      EXPECT_EQ(source(e, g), v);
      EXPECT_EQ(target(e, g), p->target(e.index));
      EXPECT_EQ(get(boost::edge_weight, g, e), p->weight(e.index));
      all.push_back(e);
    }
  }
  const std::vector<BoostEdge> listed = ToVector(edges(g));
  ASSERT_EQ(listed.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(listed[i].index, i);
    EXPECT_EQ(listed[i].source, all[i].source);
    EXPECT_EQ(listed[i].target, all[i].target);
  }
}

TEST(BoostAdapterTest, IncomingEdgesAreTheSameEdges) {
  const auto p = Project(Sample(2), Direction::kForward);
  const BoostBidirectionalGraph g(p);
  std::set<std::uint32_t> seen;
  for (std::uint32_t v = 0; v < p->size(); ++v) {
    EXPECT_EQ(ToVector(in_edges(v, g)).size(), in_degree(v, g));
    for (const BoostEdge& e : ToVector(in_edges(v, g))) {
      EXPECT_EQ(target(e, g), v);
      EXPECT_EQ(p->target(e.index), v);
      EXPECT_LE(p->arcs_begin(e.source), e.index);
      EXPECT_LT(e.index, p->arcs_end(e.source));
      EXPECT_TRUE(seen.insert(e.index).second);
    }
  }
  EXPECT_EQ(seen.size(), num_edges(g));
}

TEST(BoostAdapterTest, UndirectedEdgesAreSeenOnceAndFromBothEnds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto p = Project(Sample(seed), Direction::kUndirected, "weight");
    const BoostUndirectedGraph g(p);
    EXPECT_EQ(num_edges(g), 70u);
    EXPECT_EQ(p->arc_count(), 140u);
    std::map<std::uint32_t, std::multiset<std::pair<std::uint32_t, std::uint32_t>>> seen;
    for (std::uint32_t v = 0; v < p->size(); ++v) {
      EXPECT_EQ(degree(v, g), p->neighbours(v).size());
      for (std::uint64_t arc = p->arcs_begin(v); arc < p->arcs_end(v); ++arc) {
        const BoostEdge e = ToVector(out_edges(v, g))[arc - p->arcs_begin(v)];
        EXPECT_EQ(get(boost::edge_weight, g, e), p->weight(arc));
        seen[e.index].insert({e.source, e.target});
      }
    }
    for (const BoostEdge& e : ToVector(edges(g))) {
      EXPECT_EQ(seen[e.index], (std::multiset<std::pair<std::uint32_t, std::uint32_t>>{
                                   {e.source, e.target}, {e.target, e.source}}));
    }
    EXPECT_EQ(seen.size(), 70u);
  }
}

TEST(BoostAdapterTest, ComponentsEqualReachability) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const GraphRecords records = RandomGraph({.seed = seed, .nodes = 40, .links = 40});
    const auto forward = Project(records, Direction::kForward);
    const auto both = Project(records, Direction::kUndirected);
    const auto reach = Reach(*forward);
    const auto joined = Reach(*both);

    std::vector<int> strong(forward->size());
    std::vector<int> weak(both->size());
    const BoostDirectedGraph directed(forward);
    const BoostUndirectedGraph undirected(both);
    boost::strong_components(directed, boost::make_iterator_property_map(
                                           strong.begin(), get(boost::vertex_index, directed)));
    boost::connected_components(
        undirected,
        boost::make_iterator_property_map(weak.begin(), get(boost::vertex_index, undirected)));
    for (std::uint32_t v = 0; v < forward->size(); ++v) {
      for (std::uint32_t w = 0; w < forward->size(); ++w) {
        EXPECT_EQ(strong[v] == strong[w], reach[v][w] && reach[w][v]);
        EXPECT_EQ(weak[v] == weak[w], joined[v][w]);
      }
    }
  }
}

std::vector<double> BellmanFord(const Projection& p, std::uint32_t from) {
  std::vector<double> distance(p.size(), std::numeric_limits<double>::max());
  distance[from] = 0;
  for (std::uint32_t round = 0; round < p.size(); ++round) {
    for (std::uint32_t v = 0; v < p.size(); ++v) {
      if (distance[v] == std::numeric_limits<double>::max()) continue;
      for (std::uint64_t arc = p.arcs_begin(v); arc < p.arcs_end(v); ++arc) {
        distance[p.target(arc)] = std::min(distance[p.target(arc)], distance[v] + p.weight(arc));
      }
    }
  }
  return distance;
}

template <typename G> std::vector<double> Dijkstra(const G& g, std::uint32_t from) {
  std::vector<double> distance(num_vertices(g));
  boost::dijkstra_shortest_paths(g, from,
                                 boost::distance_map(boost::make_iterator_property_map(
                                     distance.begin(), get(boost::vertex_index, g))));
  return distance;
}

TEST(BoostAdapterTest, DijkstraInEveryDirection) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const GraphRecords records = Sample(seed);
    const auto forward = Project(records, Direction::kForward, "weight");
    const auto reverse = Project(records, Direction::kReverse, "weight");
    const auto both = Project(records, Direction::kUndirected, "weight");
    EXPECT_EQ(Dijkstra(BoostDirectedGraph(forward), 0), BellmanFord(*forward, 0));
    EXPECT_EQ(Dijkstra(BoostDirectedGraph(reverse), 0), BellmanFord(*reverse, 0));
    EXPECT_EQ(Dijkstra(BoostUndirectedGraph(both), 0), BellmanFord(*both, 0));
    const BoostBidirectionalGraph bidirectional(forward);
    EXPECT_EQ(Dijkstra(boost::make_reverse_graph(bidirectional), 0), BellmanFord(*reverse, 0));
  }
}

TEST(BoostAdapterTest, SpanningForestHasAnEdgeForEveryJoinedVertex) {
  const auto p = Project(Sample(3), Direction::kUndirected, "weight");
  const BoostUndirectedGraph g(p);
  std::vector<BoostEdge> tree;
  boost::kruskal_minimum_spanning_tree(g, std::back_inserter(tree));
  std::vector<int> component(p->size());
  const int components = boost::connected_components(
      g, boost::make_iterator_property_map(component.begin(), get(boost::vertex_index, g)));
  EXPECT_EQ(tree.size(), p->size() - static_cast<std::size_t>(components));
}

TEST(BoostAdapterTest, ArticulationPointsSeparate) {
  const GraphRecords records = FromArcs(
      {{"a", "b"}, {"b", "c"}, {"c", "a"}, {"c", "d"}, {"c", "d"}, {"d", "e"}, {"e", "e"}});
  const auto p = Project(records, Direction::kUndirected);
  const BoostUndirectedGraph g(p);
  std::vector<std::uint32_t> points;
  boost::articulation_points(g, std::back_inserter(points));
  const auto snapshot = ToSnapshot(records);
  std::set<std::string> ids;
  for (const std::uint32_t v : points) ids.insert(std::string(snapshot->NodeId(v)));
  EXPECT_EQ(ids, (std::set<std::string>{"c", "d"}));
}

// The network of DOMAIN section 4, with the arcs that residual flow goes back on.
TEST(BoostAdapterTest, MaximumFlowOfTheTextbookNetwork) {
  const std::vector<testing::Arc> arcs = {
      {"s", "1", 16}, {"s", "2", 13}, {"1", "2", 10}, {"2", "1", 4}, {"1", "3", 12},
      {"2", "4", 14}, {"3", "2", 9},  {"3", "t", 20}, {"4", "3", 7}, {"4", "t", 4}};
  std::vector<testing::Arc> with_back = arcs;
  for (const testing::Arc& arc : arcs) with_back.push_back({arc.target, arc.source, 0});
  const GraphRecords records = FromArcs(with_back);
  const auto snapshot = ToSnapshot(records);
  RunContext context({.threads = 1});
  ProjectionSpec spec;
  spec.weight = "weight";
  spec.want_links = true;
  const auto p = *Projection::Build(ToView(snapshot), spec, context);
  const BoostBidirectionalGraph g(p);

  std::map<std::string, BoostEdge> edge_of_link;
  for (const BoostEdge& e : ToVector(edges(g))) {
    edge_of_link[std::string(snapshot->LinkId(p->link(e.index)))] = e;
  }
  std::vector<BoostEdge> reverse(num_edges(g));
  for (std::size_t i = 0; i < arcs.size(); ++i) {
    const BoostEdge there = edge_of_link["l" + std::to_string(i)];
    const BoostEdge back = edge_of_link["l" + std::to_string(i + arcs.size())];
    reverse[there.index] = back;
    reverse[back.index] = there;
  }
  const std::uint32_t s = p->ToVertex(snapshot->FindNode("s"));
  const std::uint32_t t = p->ToVertex(snapshot->FindNode("t"));
  const auto index = get(boost::edge_index, g);
  std::vector<double> residual(num_edges(g));
  const auto residual_map = boost::make_iterator_property_map(residual.begin(), index);
  const auto reverse_map = boost::make_iterator_property_map(reverse.begin(), index);
  EXPECT_EQ(boost::edmonds_karp_max_flow(g, s, t,
                                         boost::capacity_map(get(boost::edge_weight, g))
                                             .residual_capacity_map(residual_map)
                                             .reverse_edge_map(reverse_map)),
            23);
  std::vector<boost::default_color_type> colour(num_vertices(g));
  std::vector<double> distance(num_vertices(g));
  std::vector<BoostEdge> predecessor(num_vertices(g));
  const auto vertex_index = get(boost::vertex_index, g);
  EXPECT_EQ(
      boost::boykov_kolmogorov_max_flow(
          g, get(boost::edge_weight, g), residual_map, reverse_map,
          boost::make_iterator_property_map(predecessor.begin(), vertex_index),
          boost::make_iterator_property_map(colour.begin(), vertex_index),
          boost::make_iterator_property_map(distance.begin(), vertex_index), vertex_index, s, t),
      23);
}

TEST(BoostAdapterTest, AlgorithmsStopByThrowingMaps) {
  const auto p = Project(Sample(4), Direction::kForward, "weight");
  const BoostDirectedGraph g(p);
  RunContext context({.threads = 1});
  std::vector<double> distance(num_vertices(g));
  const auto run = [&] {
    boost::dijkstra_shortest_paths(
        g, 0u,
        boost::weight_map(StoppableMap(get(boost::edge_weight, g), context))
            .distance_map(
                boost::make_iterator_property_map(distance.begin(), get(boost::vertex_index, g))));
  };
  EXPECT_TRUE(RunStoppable(context, run).ok());
  EXPECT_EQ(distance, BellmanFord(*p, 0));
  context.Cancel();
  EXPECT_EQ(RunStoppable(context, run).code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace lianjie
