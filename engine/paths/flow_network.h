// The network in which max_flow pushes: the links by which anything can run from the source to the
// target, and nothing else. Households that hang by one link at the side never get into it.
//
// Links stay apart: each is a pair of arcs, one on and one back, that know one another. An arc has
// its head and what it can still take; the flow of a link is what its arc on has lost. Arcs of a
// vertex lie together, in the Snapshot's order of vertices and links, so that what is pushed first
// is a function of the graph alone.
#ifndef LIANJIE_ENGINE_PATHS_FLOW_NETWORK_H_
#define LIANJIE_ENGINE_PATHS_FLOW_NETWORK_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/paths/two_sided.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"

namespace lianjie {

class FlowNetwork {
 public:
  struct Edge {
    LinkIndex link;
    std::uint32_t arc;  // the arc on; in an UNDIRECTED network the one from the link's source
  };

  // Both ways of the question must exist as nodes; its weigher says capacities, none refused. The
  // question must outlive the network. Errors: MEMORY_EXHAUSTED, CANCELLED, DEADLINE_EXCEEDED,
  // LIMIT_EXCEEDED (2^31 links or more). O(n + m), sequential.
  static absl::StatusOr<FlowNetwork> Build(const PathQuestion& question, RunContext& context);

  // Empty when nothing can reach the target.
  std::uint32_t vertex_count() const { return static_cast<std::uint32_t>(nodes_.size()); }
  std::uint64_t arc_count() const { return 2 * edges_.size(); }
  const std::vector<Edge>& edges() const { return edges_; }
  std::uint32_t source() const { return source_; }
  std::uint32_t target() const { return target_; }
  std::uint32_t arcs_begin(std::uint32_t v) const { return offsets_[v]; }
  std::uint32_t arcs_end(std::uint32_t v) const { return offsets_[v + 1]; }
  std::uint32_t head(std::uint32_t arc) const { return heads_[arc]; }
  std::uint32_t twin(std::uint32_t arc) const { return twins_[arc]; }
  double residual(std::uint32_t arc) const { return residuals_[arc]; }
  double& residual(std::uint32_t arc) { return residuals_[arc]; }
  std::uint32_t tail(std::uint32_t arc) const { return heads_[twins_[arc]]; }
  NodeIndex ToNode(std::uint32_t v) const { return nodes_[v]; }

  // How many nodes of the view can still be reached from the vertices that `reached` marks, they
  // themselves included: the source's side of a cut, also beyond the network.
  absl::StatusOr<std::uint64_t> CountReached(const std::vector<std::uint8_t>& reached);

  // Bytes of a network that takes in everything.
  static std::uint64_t EstimateBytes(std::uint64_t nodes, std::uint64_t links);

 private:
  static constexpr std::uint8_t kFromSource = 1;
  static constexpr std::uint8_t kToTarget = 2;
  static constexpr std::uint8_t kInside = kFromSource | kToTarget;
  static constexpr std::uint8_t kCounted = 4;

  FlowNetwork(const PathQuestion& question, RunContext& context)
      : question_(&question), context_(&context) {}
  // Marks what can be reached from `start`; frontier_ holds it afterwards.
  absl::Status Reach(NodeIndex start, Direction direction, std::uint8_t flag);
  absl::Status Number();
  absl::Status CountArcs();
  absl::Status PlaceArcs();
  // Calls visit(link, tail, head, capacity) for the links of the network, by payer, payee, id.
  template <typename Visit> absl::Status ForEachEdge(const Visit& visit);

  const PathQuestion* question_;
  RunContext* context_;
  std::vector<Booking> bookings_;
  std::vector<std::uint8_t> flags_;  // a node
  std::vector<NodeIndex> frontier_;  // of searches
  // node -> vertex where flags_ say kInside; this and the arcs are not cleared, which would take a
  // second at the size of a nation, out of reach of a cancellation.
  std::unique_ptr<std::uint32_t[]> vertices_;
  std::vector<NodeIndex> nodes_;  // vertex -> node, ascending
  std::vector<std::uint32_t> offsets_;
  std::unique_ptr<std::uint32_t[]> heads_;
  std::unique_ptr<std::uint32_t[]> twins_;
  std::unique_ptr<double[]> residuals_;
  std::vector<Edge> edges_;
  std::uint32_t source_ = 0;
  std::uint32_t target_ = 0;
};

// Pushes as much as can be from the network's source to its target.
//
// After E. A. Dinic, "Algorithm for solution of a problem of maximum flow in a network with power
// estimation", Soviet Mathematics Doklady 11 (1970): levels by distance to the target, then paths
// along falling levels until none is left, then new levels. Each path uses up one arc, to exactly
// 0, so that it ends with any capacities: rounding can neither keep an arc alive nor bring levels
// down. Payments run a few links deep, so there are few rounds.
class FlowPusher {
 public:
  FlowPusher(FlowNetwork& network, RunContext& context)
      : network_(network), context_(context), poller_(context) {}

  // The value of the flow. O(n² m) at worst; sequential. Errors: CANCELLED, DEADLINE_EXCEEDED,
  // MEMORY_EXHAUSTED.
  absl::StatusOr<double> Push();
  // Afterwards: 1 for the vertices that the source still reaches.
  absl::StatusOr<std::vector<std::uint8_t>> Reached();

  static std::uint64_t EstimateBytes(std::uint64_t nodes);

 private:
  static constexpr std::uint32_t kNoLevel = std::numeric_limits<std::uint32_t>::max();

  // False when the source has no level any more.
  absl::StatusOr<bool> MakeLevels();
  absl::Status PushAlongLevels();
  void PushAlongPath();
  bool Tick();

  FlowNetwork& network_;
  RunContext& context_;
  Poller poller_;
  std::vector<std::uint32_t> levels_;
  std::vector<std::uint32_t> cursors_;
  std::vector<std::uint32_t> queue_;  // vertices of a search, or arcs of a path
  std::uint64_t uncounted_ = 0;       // arcs looked at since progress was told
  double value_ = 0;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_FLOW_NETWORK_H_
