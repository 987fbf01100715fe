// A Projection is the compact CSR that whole-graph kernels run on, made once from a View: only the
// nodes and links inside it, renumbered densely in Snapshot order, with the direction, weight and
// treatment of parallel links and self-loops that the kernel asks for. Made for kernels, cached by
// (revision, spec) by whoever holds a budget.
#ifndef LIANJIE_ENGINE_GRAPH_PROJECTION_H_
#define LIANJIE_ENGINE_GRAPH_PROJECTION_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/graph/view.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// FORWARD follows money from payer to payee, REVERSE from payee to payer, UNDIRECTED both.
enum class Direction : std::uint8_t { kForward, kReverse, kUndirected };

struct ProjectionSpec {
  Direction direction = Direction::kForward;
  // A link column (weight, paid_yuan, promised_yuan, share, capacity), or "none" for weight 1 on
  // each link. A link on which the column is not known weighs `missing_weight`. In a period amounts
  // count by days (View::PaidYuan).
  std::string weight = "none";
  double missing_weight = 1.0;
  // Parallel arcs become one: weights add up (kSum) or the least stays (kMin); kKeep leaves them
  // apart.
  enum class Parallel : std::uint8_t { kKeep, kSum, kMin } parallel = Parallel::kKeep;
  bool self_loops = true;  // false drops them
  bool want_links =
      false;  // keep arc -> LinkIndex (for a merged arc its first link of the least weight)

  friend bool operator==(const ProjectionSpec&, const ProjectionSpec&) = default;
};

// Immutable after Build; thread safe. Vertex v in [0, size()). Arcs of a vertex are sorted by
// target, then LinkIndex. In an UNDIRECTED projection every link gives an arc at both its ends and
// a self-loop two at its one, so arc counts are degrees (merged with others of its vertex, those
// two are parallel arcs as well: kSum counts a self-loop twice).
class Projection {
 public:
  // On success the context holds memory_bytes() of the result booked; who drops it may release
  // them. Errors: INVALID_FIELD (weight column), MEMORY_EXHAUSTED, CANCELLED, DEADLINE_EXCEEDED,
  // LIMIT_EXCEEDED (more than 2^32 - 2 arcs). Parallel in the context's arena. O(n + m).
  static absl::StatusOr<std::shared_ptr<const Projection>> Build(const View& view,
                                                                 const ProjectionSpec& spec,
                                                                 RunContext& context);
  // Bytes that Build takes at most, for estimates.
  static std::uint64_t EstimateBytes(const Snapshot& snapshot, const ProjectionSpec& spec);

  const ProjectionSpec& spec() const { return spec_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(offsets_.size() - 1); }
  std::uint64_t arc_count() const { return targets_.size(); }

  std::uint64_t arcs_begin(std::uint32_t v) const { return offsets_[v]; }
  std::uint64_t arcs_end(std::uint32_t v) const { return offsets_[v + 1]; }
  std::uint32_t target(std::uint64_t arc) const { return targets_[arc]; }
  double weight(std::uint64_t arc) const { return weights_.empty() ? 1.0 : weights_[arc]; }
  bool weighted() const { return !weights_.empty(); }
  LinkIndex link(std::uint64_t arc) const { return links_[arc]; }
  std::span<const std::uint32_t> neighbours(std::uint32_t v) const {
    return {targets_.data() + offsets_[v], targets_.data() + offsets_[v + 1]};
  }

  // Hints for walks that know where they will go: where the arcs of v lie, and once that has come
  // the first of them. At random over a large graph either is otherwise waited for.
  void PrefetchBounds(std::uint32_t v) const { __builtin_prefetch(&offsets_[v]); }
  void PrefetchArcs(std::uint32_t v) const {
    __builtin_prefetch(targets_.data() + offsets_[v]);
    if (!weights_.empty()) __builtin_prefetch(weights_.data() + offsets_[v]);
  }

  // Vertex <-> snapshot node; ToVertex gives kNoNode for a node outside, in O(log n).
  NodeIndex ToNode(std::uint32_t v) const { return nodes_.empty() ? v : nodes_[v]; }
  std::uint32_t ToVertex(NodeIndex n) const;
  // The nodes of all vertices, ascending: the first column of most answers.
  std::vector<NodeIndex> Nodes() const;

  // The same vertices with all arcs turned round, FORWARD and REVERSE exchanged (UNDIRECTED: a
  // copy). For kernels that pull. O(n + m), serial.
  std::shared_ptr<const Projection> Transpose() const;

  std::uint64_t memory_bytes() const;

 private:
  friend class ProjectionBuilder;
  Projection() = default;

  ProjectionSpec spec_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> targets_;
  std::vector<double> weights_;   // empty: all 1
  std::vector<LinkIndex> links_;  // empty unless want_links
  std::vector<NodeIndex> nodes_;  // ascending; empty: identity
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_PROJECTION_H_
