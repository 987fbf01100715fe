#include "engine/graph/boost_adapter.h"

#include <numeric>

namespace lianjie {

BoostBidirectionalGraph::BoostBidirectionalGraph(std::shared_ptr<const Projection> projection)
    : BoostDirectedGraph(std::move(projection)) {
  const Projection& p = *projection_;
  in_offsets_.assign(std::size_t{p.size()} + 1, 0);
  for (std::uint64_t arc = 0; arc < p.arc_count(); ++arc) ++in_offsets_[p.target(arc) + 1];
  std::partial_sum(in_offsets_.begin(), in_offsets_.end(), in_offsets_.begin());
  in_sources_.resize(p.arc_count());
  in_arcs_.resize(p.arc_count());
  std::vector<std::uint64_t> next(in_offsets_.begin(), in_offsets_.end() - 1);
  for (std::uint32_t v = 0; v < p.size(); ++v) {
    for (std::uint64_t arc = p.arcs_begin(v); arc < p.arcs_end(v); ++arc) {
      const std::uint64_t to = next[p.target(arc)]++;
      in_sources_[to] = v;
      in_arcs_[to] = static_cast<std::uint32_t>(arc);
    }
  }
}

// Arcs of a vertex are sorted by target, then link, so the arcs from t back to lesser vertices v
// are met in their order when v goes upwards: one cursor a vertex pairs the two arcs of every edge.
// Behind those stand the self-loops of t, two arcs each unless merged.
BoostUndirectedGraph::BoostUndirectedGraph(std::shared_ptr<const Projection> projection)
    : GraphBase(std::move(projection)) {
  const Projection& p = *projection_;
  const bool merged = p.spec().parallel != ProjectionSpec::Parallel::kKeep;
  edge_of_arc_.resize(p.arc_count());
  std::vector<std::uint64_t> next(p.size());
  for (std::uint32_t v = 0; v < p.size(); ++v) next[v] = p.arcs_begin(v);
  for (std::uint32_t v = 0; v < p.size(); ++v) {
    for (std::uint64_t arc = next[v]; arc < p.arcs_end(v); ++arc) {
      const std::uint32_t t = p.target(arc);
      const auto edge = static_cast<std::uint32_t>(edge_arc_.size());
      edge_source_.push_back(v);
      edge_arc_.push_back(static_cast<std::uint32_t>(arc));
      edge_of_arc_[arc] = edge;
      if (t != v) {
        edge_of_arc_[next[t]++] = edge;
      } else if (!merged) {
        edge_of_arc_[++arc] = edge;
      }
    }
  }
  edge_of_ = edge_of_arc_.data();
  arc_of_ = edge_arc_.data();
}

}  // namespace lianjie
