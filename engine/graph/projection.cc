// Two passes over the links of each vertex: one counts its arcs, the other fills them in. Since the
// Snapshot keeps each node's links sorted by the other end and vertices keep the order of nodes,
// arcs come out sorted without a sort; an undirected vertex merges its two sorted lists. Vertices
// are independent of one another, so both passes are parallel and the result is the same at any
// number of threads.
#include "engine/graph/projection.h"

#include <algorithm>
#include <new>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::size_t kGrain = 1024;                // rows between two looks at cancellation
constexpr std::uint64_t kPollMask = (1 << 14) - 1;  // the same within the links of one vertex

bool IsStored(const ProjectionSpec& spec, const LinkNumbers& column) {
  if (spec.parallel == ProjectionSpec::Parallel::kSum) return true;
  if (column.null()) return false;
  return !column.empty() || spec.missing_weight != 1.0;
}

// The column of the weights; null for "none".
absl::StatusOr<LinkNumbers> WeightColumn(const Snapshot& snapshot, const ProjectionSpec& spec) {
  if (spec.weight == "none") return LinkNumbers();
  absl::StatusOr<LinkNumbers> column = snapshot.LinkWeights(spec.weight);
  if (column.ok()) return column;
  return InvalidField("weight", Cat("'", spec.weight,
                                    "' is not one of none, weight, paid_yuan, "
                                    "promised_yuan, share, capacity"));
}

}  // namespace

class ProjectionBuilder {
 public:
  ProjectionBuilder(const View& view, const ProjectionSpec& spec, RunContext& context)
      : view_(view), snapshot_(view.snapshot()), spec_(spec), context_(context) {}
  ~ProjectionBuilder() {
    if (booked_ > 0) context_.Release(booked_);
  }

  absl::StatusOr<std::shared_ptr<const Projection>> Build();

 private:
  template <typename Body> absl::Status ForEach(std::size_t size, const Body& body);
  absl::Status Book(std::uint64_t bytes);
  absl::Status NumberVertices();
  absl::Status ChooseLinks();
  absl::Status CountArcs();
  absl::Status FillArcs();

  // Calls f(target, link) for the arcs of v before merging, by target, then link.
  template <typename F> void ForEachLink(std::uint32_t v, const F& f) const;
  // Calls f(target, weight, link) for the arcs of v.
  template <typename F> void ForEachArc(std::uint32_t v, const F& f) const;

  std::uint32_t VertexOf(NodeIndex n) const { return vertex_of_.empty() ? n : vertex_of_[n]; }
  bool Kept(LinkIndex l) const { return keep_.empty() || keep_[l] != 0; }
  double WeightOf(LinkIndex l) const {
    if (column_.null()) return 1.0;
    if (!IsKnown(column_, l)) return spec_.missing_weight;
    return by_days_ == nullptr ? column_[l] : (view_.*by_days_)(l);
  }

  const View& view_;
  const Snapshot& snapshot_;
  const ProjectionSpec spec_;
  RunContext& context_;
  std::uint64_t booked_ = 0;
  LinkNumbers column_;
  double (View::*by_days_)(LinkIndex) const = nullptr;  // what of an amount falls into a period
  std::vector<std::uint32_t> vertex_of_;                // by node; empty: all are inside
  std::vector<std::uint8_t> keep_;                      // by link; empty: all are inside
  std::shared_ptr<Projection> out_{new Projection()};
};

template <typename Body>
absl::Status ProjectionBuilder::ForEach(std::size_t size, const Body& body) {
  context_.Parallel([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, size, kGrain),
        [&](const tbb::blocked_range<std::size_t>& range) {
          if (context_.Stopped()) return;
          for (std::size_t i = range.begin(); i != range.end(); ++i) body(i);
        },
        tbb::simple_partitioner());
  });
  return context_.Check();
}

absl::Status ProjectionBuilder::Book(std::uint64_t bytes) {
  LIANJIE_RETURN_IF_ERROR(context_.Reserve(bytes));
  booked_ += bytes;
  return absl::OkStatus();
}

absl::Status ProjectionBuilder::NumberVertices() {
  const NodeIndex n = snapshot_.node_count();
  const NodeColumns& nodes = snapshot_.nodes();
  out_->offsets_.assign(1, 0);
  const bool all = view_.unfiltered() && nodes.valid_from.empty() && nodes.valid_to.empty();
  if (all) {
    LIANJIE_RETURN_IF_ERROR(Book((std::uint64_t{n} + 1) * sizeof(std::uint64_t)));
    out_->offsets_.assign(std::size_t{n} + 1, 0);
    return absl::OkStatus();
  }
  LIANJIE_RETURN_IF_ERROR(Book(std::uint64_t{n} * sizeof(std::uint32_t)));
  vertex_of_.resize(n);
  LIANJIE_RETURN_IF_ERROR(ForEach(n, [&](std::size_t i) {
    vertex_of_[i] = view_.NodeInside(static_cast<NodeIndex>(i)) ? 0 : kNoNode;
  }));
  std::uint32_t size = 0;
  for (std::uint32_t& vertex : vertex_of_) {
    if (vertex != kNoNode) vertex = size++;
  }
  if (size == n) vertex_of_ = {};
  LIANJIE_RETURN_IF_ERROR(Book(std::uint64_t{size} * (sizeof(std::uint64_t) + sizeof(NodeIndex))));
  out_->offsets_.assign(std::size_t{size} + 1, 0);
  if (size == n) return absl::OkStatus();
  out_->nodes_.reserve(size);
  for (NodeIndex i = 0; i < n; ++i) {
    if (vertex_of_[i] != kNoNode) out_->nodes_.push_back(i);
  }
  return absl::OkStatus();
}

absl::Status ProjectionBuilder::ChooseLinks() {
  const LinkColumns& links = snapshot_.links();
  const NodeColumns& nodes = snapshot_.nodes();
  const bool all = view_.unfiltered() && nodes.valid_from.empty() && nodes.valid_to.empty() &&
                   links.status.empty() && links.valid_from.empty() && links.valid_to.empty();
  if (all) return absl::OkStatus();
  const LinkIndex m = snapshot_.link_count();
  LIANJIE_RETURN_IF_ERROR(Book(m));
  keep_.resize(m);
  return ForEach(m, [&](std::size_t i) {
    const auto l = static_cast<LinkIndex>(i);
    keep_[i] = VertexOf(links.source[l]) != kNoNode && VertexOf(links.target[l]) != kNoNode &&
               view_.LinkActive(l) && view_.LinkMatches(l);
  });
}

template <typename F> void ProjectionBuilder::ForEachLink(std::uint32_t v, const F& f) const {
  const LinkColumns& links = snapshot_.links();
  const NodeIndex n = out_->ToNode(v);
  std::uint64_t steps = 0;
  const auto stopped = [&] { return (++steps & kPollMask) == 0 && context_.Stopped(); };
  const auto take = [&](NodeIndex other, LinkIndex l) {
    if (!Kept(l)) return;
    const std::uint32_t target = VertexOf(other);
    if (target != v || spec_.self_loops) f(target, l);
  };
  LinkIndex out = snapshot_.out_begin(n);
  const LinkIndex out_end = spec_.direction == Direction::kReverse ? out : snapshot_.out_end(n);
  std::span<const LinkIndex> in;
  if (spec_.direction != Direction::kForward) in = snapshot_.in_links(n);
  std::size_t i = 0;
  while ((out != out_end || i != in.size()) && !stopped()) {
    const bool from_out =
        i == in.size() || (out != out_end && std::pair(links.target[out], out) <=
                                                 std::pair(links.source[in[i]], in[i]));
    if (from_out) {
      take(links.target[out], out);
      ++out;
    } else {
      take(links.source[in[i]], in[i]);
      ++i;
    }
  }
}

template <typename F> void ProjectionBuilder::ForEachArc(std::uint32_t v, const F& f) const {
  using Parallel = ProjectionSpec::Parallel;
  if (spec_.parallel == Parallel::kKeep) {
    ForEachLink(v, [&](std::uint32_t target, LinkIndex l) { f(target, WeightOf(l), l); });
    return;
  }
  std::uint32_t current = kNoNode;
  double sum = 0;
  double least = 0;
  LinkIndex link = kNoLink;
  const auto flush = [&] {
    if (current != kNoNode) f(current, spec_.parallel == Parallel::kSum ? sum : least, link);
  };
  ForEachLink(v, [&](std::uint32_t target, LinkIndex l) {
    const double weight = WeightOf(l);
    if (target != current) {
      flush();
      current = target;
      sum = least = weight;
      link = l;
      return;
    }
    sum += weight;
    if (weight < least) {
      least = weight;
      link = l;
    }
  });
  flush();
}

absl::Status ProjectionBuilder::CountArcs() {
  std::vector<std::uint64_t>& offsets = out_->offsets_;
  LIANJIE_RETURN_IF_ERROR(ForEach(offsets.size() - 1, [&](std::size_t v) {
    std::uint64_t count = 0;
    ForEachArc(static_cast<std::uint32_t>(v),
               [&count](std::uint32_t, double, LinkIndex) { ++count; });
    offsets[v + 1] = count;
  }));
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  constexpr std::uint64_t kMaxArcs = (std::uint64_t{1} << 32) - 2;
  if (offsets.back() <= kMaxArcs) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      Cat("the graph has ", offsets.back(), " arcs; an analysis takes at most ", kMaxArcs),
      {.reason = Reason::kLimitExceeded,
       .field = {},
       .row = {},
       .metadata = {{"arcs", Cat(offsets.back())}, {"limit", Cat(kMaxArcs)}}});
}

absl::Status ProjectionBuilder::FillArcs() {
  const std::uint64_t arcs = out_->offsets_.back();
  const bool weighted = IsStored(spec_, column_);
  LIANJIE_RETURN_IF_ERROR(Book(arcs * (sizeof(std::uint32_t) + (weighted ? sizeof(double) : 0) +
                                       (spec_.want_links ? sizeof(LinkIndex) : 0))));
  out_->targets_.resize(arcs);
  if (weighted) out_->weights_.resize(arcs);
  if (spec_.want_links) out_->links_.resize(arcs);
  return ForEach(out_->offsets_.size() - 1, [&](std::size_t v) {
    std::uint64_t arc = out_->offsets_[v];
    ForEachArc(static_cast<std::uint32_t>(v),
               [&](std::uint32_t target, double weight, LinkIndex l) {
                 out_->targets_[arc] = target;
                 if (weighted) out_->weights_[arc] = weight;
                 if (spec_.want_links) out_->links_[arc] = l;
                 ++arc;
               });
  });
}

absl::StatusOr<std::shared_ptr<const Projection>> ProjectionBuilder::Build() {
  LIANJIE_ASSIGN_OR_RETURN(column_, WeightColumn(snapshot_, spec_));
  if (view_.period().has_value() && spec_.weight == "paid_yuan") by_days_ = &View::PaidYuan;
  if (view_.period().has_value() && spec_.weight == "promised_yuan") by_days_ = &View::PromisedYuan;
  LIANJIE_RETURN_IF_ERROR(context_.Check());
  out_->spec_ = spec_;
  LIANJIE_RETURN_IF_ERROR(NumberVertices());
  LIANJIE_RETURN_IF_ERROR(ChooseLinks());
  LIANJIE_RETURN_IF_ERROR(CountArcs());
  LIANJIE_RETURN_IF_ERROR(FillArcs());
  // What was booked beyond the result goes back; the rest stays booked for the caller.
  const std::uint64_t kept = std::min(booked_, out_->memory_bytes());
  context_.Release(booked_ - kept);
  booked_ = 0;
  return std::shared_ptr<const Projection>(std::move(out_));
}

absl::StatusOr<std::shared_ptr<const Projection>> Projection::Build(const View& view,
                                                                    const ProjectionSpec& spec,
                                                                    RunContext& context) {
  try {
    return ProjectionBuilder(view, spec, context).Build();
  } catch (const std::bad_alloc&) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     "the machine has no memory left for the graph of this analysis",
                     {.reason = Reason::kMemoryExhausted, .field = {}, .row = {}, .metadata = {}});
  }
}

std::uint64_t Projection::EstimateBytes(const Snapshot& snapshot, const ProjectionSpec& spec) {
  const std::uint64_t n = snapshot.node_count();
  const std::uint64_t m = snapshot.link_count();
  const std::uint64_t arcs = spec.direction == Direction::kUndirected ? 2 * m : m;
  const bool weighted = spec.weight != "none" || spec.parallel == ProjectionSpec::Parallel::kSum;
  const std::uint64_t by_node = sizeof(std::uint64_t) + sizeof(NodeIndex) + sizeof(std::uint32_t);
  const std::uint64_t by_arc = sizeof(std::uint32_t) + (weighted ? sizeof(double) : 0) +
                               (spec.want_links ? sizeof(LinkIndex) : 0);
  return (n + 1) * by_node + m + arcs * by_arc;
}

std::uint32_t Projection::ToVertex(NodeIndex n) const {
  if (nodes_.empty()) return n < size() ? n : kNoNode;
  const auto found = std::lower_bound(nodes_.begin(), nodes_.end(), n);
  if (found == nodes_.end() || *found != n) return kNoNode;
  return static_cast<std::uint32_t>(found - nodes_.begin());
}

std::vector<NodeIndex> Projection::Nodes() const {
  if (!nodes_.empty()) return nodes_;
  std::vector<NodeIndex> all(size());
  std::iota(all.begin(), all.end(), NodeIndex{0});
  return all;
}

std::shared_ptr<const Projection> Projection::Transpose() const {
  std::shared_ptr<Projection> out(new Projection(*this));
  if (spec_.direction == Direction::kUndirected) return out;
  out->spec_.direction =
      spec_.direction == Direction::kForward ? Direction::kReverse : Direction::kForward;
  std::fill(out->offsets_.begin(), out->offsets_.end(), 0);
  for (const std::uint32_t target : targets_) ++out->offsets_[target + 1];
  std::partial_sum(out->offsets_.begin(), out->offsets_.end(), out->offsets_.begin());
  std::vector<std::uint64_t> next(out->offsets_.begin(), out->offsets_.end() - 1);
  for (std::uint32_t v = 0; v < size(); ++v) {
    for (std::uint64_t arc = offsets_[v]; arc < offsets_[v + 1]; ++arc) {
      const std::uint64_t to = next[targets_[arc]]++;
      out->targets_[to] = v;
      if (!weights_.empty()) out->weights_[to] = weights_[arc];
      if (!links_.empty()) out->links_[to] = links_[arc];
    }
  }
  return out;
}

std::uint64_t Projection::memory_bytes() const {
  return offsets_.capacity() * sizeof(offsets_[0]) + targets_.capacity() * sizeof(targets_[0]) +
         weights_.capacity() * sizeof(double) + links_.capacity() * sizeof(LinkIndex) +
         nodes_.capacity() * sizeof(NodeIndex);
}

}  // namespace lianjie
