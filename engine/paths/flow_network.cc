#include "engine/paths/flow_network.h"

#include <algorithm>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/arcs.h"

namespace lianjie {
namespace {

constexpr std::uint64_t kReachBytesEach =
    sizeof(std::uint8_t) + sizeof(NodeIndex);  // a node: flag and place in a frontier
constexpr std::uint64_t kVertexBytes = sizeof(NodeIndex) + sizeof(std::uint32_t);
constexpr std::uint64_t kEdgeBytes =
    sizeof(FlowNetwork::Edge) + 2 * (2 * sizeof(std::uint32_t) + sizeof(double));
constexpr std::uint64_t kMostEdges = std::uint64_t{1} << 31;
constexpr std::uint64_t kToldAtOnce = 1 << 16;

}  // namespace

absl::StatusOr<FlowNetwork> FlowNetwork::Build(const PathQuestion& question, RunContext& context) {
  FlowNetwork network(question, context);
  const std::uint64_t nodes = question.view.snapshot().node_count();
  LIANJIE_ASSIGN_OR_RETURN(
      Booking reach, Booking::Take(context, nodes * (kReachBytesEach + sizeof(std::uint32_t))));
  network.bookings_.push_back(std::move(reach));
  network.flags_.resize(nodes);
  network.frontier_.reserve(nodes);
  LIANJIE_RETURN_IF_ERROR(network.Reach(question.source, question.direction, kFromSource));
  if ((network.flags_[question.target] & kFromSource) == 0) return network;
  LIANJIE_RETURN_IF_ERROR(network.Reach(question.target, Opposite(question.direction), kToTarget));
  LIANJIE_RETURN_IF_ERROR(network.Number());
  LIANJIE_RETURN_IF_ERROR(network.CountArcs());
  LIANJIE_RETURN_IF_ERROR(network.PlaceArcs());
  return network;
}

absl::Status FlowNetwork::Reach(NodeIndex start, Direction direction, std::uint8_t flag) {
  Poller poller(*context_);
  frontier_.assign(1, start);
  flags_[start] |= flag;
  context_->SetTotal(context_->completed() + flags_.size());
  for (std::size_t i = 0; i < frontier_.size(); ++i) {
    if ((i + 1) % kToldAtOnce == 0) context_->AddCompleted(kToldAtOnce);
    const bool whole =
        ForEachArc(question_->view, direction, frontier_[i], poller, [&](LinkIndex l, NodeIndex v) {
          if ((flags_[v] & flag) != 0 || !(question_->weigher(l) > 0)) return true;
          flags_[v] |= flag;
          frontier_.push_back(v);
          return true;
        });
    if (!whole) return context_->Check();
  }
  return absl::OkStatus();
}

absl::Status FlowNetwork::Number() {
  const auto both = static_cast<std::size_t>(std::count(flags_.begin(), flags_.end(), kInside));
  LIANJIE_ASSIGN_OR_RETURN(Booking booking, Booking::Take(*context_, both * kVertexBytes));
  bookings_.push_back(std::move(booking));
  nodes_.reserve(both);
  vertices_ = std::make_unique_for_overwrite<std::uint32_t[]>(flags_.size());
  Poller poller(*context_);
  for (NodeIndex n = 0; n < flags_.size(); ++n) {
    if (poller.Tick()) return context_->Check();
    if (flags_[n] != kInside) continue;
    vertices_[n] = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back(n);
  }
  source_ = vertices_[question_->source];
  target_ = vertices_[question_->target];
  return context_->Check();
}

template <typename Visit> absl::Status FlowNetwork::ForEachEdge(const Visit& visit) {
  Poller poller(*context_);
  for (std::uint32_t v = 0; v < nodes_.size(); ++v) {
    const bool whole = ForEachArc(question_->view, Direction::kForward, nodes_[v], poller,
                                  [&](LinkIndex l, NodeIndex payee) {
                                    if (payee == nodes_[v] || flags_[payee] != kInside) return true;
                                    const double capacity = question_->weigher(l);
                                    if (!(capacity > 0)) return true;
                                    std::uint32_t tail = v;
                                    std::uint32_t head = vertices_[payee];
                                    if (question_->direction == Direction::kReverse)
                                      std::swap(tail, head);
                                    visit(l, tail, head, capacity);
                                    return true;
                                  });
    if (!whole) return context_->Check();
  }
  return absl::OkStatus();
}

absl::Status FlowNetwork::CountArcs() {
  std::uint64_t edges = 0;
  offsets_.assign(nodes_.size() + 1, 0);
  LIANJIE_RETURN_IF_ERROR(
      ForEachEdge([&](LinkIndex, std::uint32_t tail, std::uint32_t head, double) {
        ++edges;
        ++offsets_[tail + 1];
        ++offsets_[head + 1];
      }));
  if (edges >= kMostEdges) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     Cat("max_flow takes fewer than ", kMostEdges, " links, not ", edges),
                     {.reason = Reason::kLimitExceeded, .field = {}, .row = {}, .metadata = {}});
  }
  for (std::size_t v = 0; v < nodes_.size(); ++v) offsets_[v + 1] += offsets_[v];
  LIANJIE_ASSIGN_OR_RETURN(Booking booking, Booking::Take(*context_, edges * kEdgeBytes));
  bookings_.push_back(std::move(booking));
  edges_.reserve(edges);
  heads_ = std::make_unique_for_overwrite<std::uint32_t[]>(2 * edges);
  twins_ = std::make_unique_for_overwrite<std::uint32_t[]>(2 * edges);
  residuals_ = std::make_unique_for_overwrite<double[]>(2 * edges);
  return context_->Check();
}

// offsets_ serve as cursors: they end up one vertex on, and are shifted back.
absl::Status FlowNetwork::PlaceArcs() {
  const bool both_ways = question_->direction == Direction::kUndirected;
  LIANJIE_RETURN_IF_ERROR(
      ForEachEdge([&](LinkIndex l, std::uint32_t tail, std::uint32_t head, double capacity) {
        const std::uint32_t on = offsets_[tail]++;
        const std::uint32_t back = offsets_[head]++;
        heads_[on] = head;
        heads_[back] = tail;
        twins_[on] = back;
        twins_[back] = on;
        residuals_[on] = capacity;
        residuals_[back] = both_ways ? capacity : 0.0;
        edges_.push_back({l, on});
      }));
  std::copy_backward(offsets_.begin(), offsets_.end() - 1, offsets_.end());
  offsets_.front() = 0;
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> FlowNetwork::CountReached(const std::vector<std::uint8_t>& reached) {
  if (nodes_.empty()) return frontier_.size();  // of the search from the source, which ended early
  frontier_.clear();
  for (std::uint32_t v = 0; v < nodes_.size(); ++v) {
    if (reached[v] != 0) frontier_.push_back(nodes_[v]);
  }
  Poller poller(*context_);
  for (std::size_t i = 0; i < frontier_.size(); ++i) {
    const bool whole = ForEachArc(question_->view, question_->direction, frontier_[i], poller,
                                  [&](LinkIndex l, NodeIndex v) {
                                    if (flags_[v] == kInside || (flags_[v] & kCounted) != 0)
                                      return true;
                                    if (!(question_->weigher(l) > 0)) return true;
                                    flags_[v] |= kCounted;
                                    frontier_.push_back(v);
                                    return true;
                                  });
    if (!whole) return context_->Check();
  }
  return frontier_.size();
}

std::uint64_t FlowNetwork::EstimateBytes(std::uint64_t nodes, std::uint64_t links) {
  return nodes * (kReachBytesEach + sizeof(std::uint32_t) + kVertexBytes) + links * kEdgeBytes;
}

bool FlowPusher::Tick() {
  if (++uncounted_ == kToldAtOnce) {
    context_.AddCompleted(uncounted_);
    uncounted_ = 0;
  }
  return poller_.Tick();
}

absl::StatusOr<double> FlowPusher::Push() {
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context_, EstimateBytes(network_.vertex_count())));
  const std::uint32_t n = network_.vertex_count();
  levels_.resize(n);
  cursors_.resize(n);
  queue_.reserve(n);
  while (true) {
    // A round looks at each arc at most twice; how many rounds there will be nobody knows.
    context_.SetTotal(context_.completed() + 2 * network_.arc_count());
    LIANJIE_ASSIGN_OR_RETURN(const bool more, MakeLevels());
    if (!more) return value_;
    LIANJIE_RETURN_IF_ERROR(PushAlongLevels());
  }
}

absl::StatusOr<bool> FlowPusher::MakeLevels() {
  for (std::uint32_t& level : levels_) {
    if (poller_.Tick()) return context_.Check();
    level = kNoLevel;
  }
  queue_.assign(1, network_.target());
  levels_[network_.target()] = 0;
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const std::uint32_t v = queue_[i];
    if (v == network_.source()) return true;  // those behind it are of no use
    for (std::uint32_t arc = network_.arcs_begin(v); arc != network_.arcs_end(v); ++arc) {
      if (Tick()) return context_.Check();
      const std::uint32_t u = network_.head(arc);
      if (levels_[u] != kNoLevel || !(network_.residual(network_.twin(arc)) > 0)) continue;
      levels_[u] = levels_[v] + 1;
      queue_.push_back(u);
    }
  }
  return false;
}

absl::Status FlowPusher::PushAlongLevels() {
  for (std::uint32_t v = 0; v < network_.vertex_count(); ++v) {
    if (poller_.Tick()) return context_.Check();
    cursors_[v] = network_.arcs_begin(v);
  }
  std::vector<std::uint32_t>& path = queue_;
  path.clear();
  while (true) {
    if (Tick()) return context_.Check();
    const std::uint32_t at = path.empty() ? network_.source() : network_.head(path.back());
    if (at == network_.target()) {
      PushAlongPath();
      continue;
    }
    const std::uint32_t arc = cursors_[at];
    if (arc != network_.arcs_end(at)) {
      const std::uint32_t v = network_.head(arc);
      if (network_.residual(arc) > 0 && levels_[v] != kNoLevel && levels_[v] + 1 == levels_[at]) {
        path.push_back(arc);
      } else {
        ++cursors_[at];
      }
      continue;
    }
    if (path.empty()) return absl::OkStatus();
    ++cursors_[network_.tail(path.back())];
    path.pop_back();
  }
}

// Uses up the narrowest arc of the path, and steps back to the first that is used up.
void FlowPusher::PushAlongPath() {
  std::vector<std::uint32_t>& path = queue_;
  double amount = network_.residual(path.front());
  for (const std::uint32_t arc : path) amount = std::min(amount, network_.residual(arc));
  std::size_t keep = path.size();
  for (std::size_t i = path.size(); i-- > 0;) {
    double& left = network_.residual(path[i]);
    left -= amount;
    network_.residual(network_.twin(path[i])) += amount;
    if (!(left > 0)) keep = i;
  }
  path.resize(keep);
  value_ += amount;
}

absl::StatusOr<std::vector<std::uint8_t>> FlowPusher::Reached() {
  std::vector<std::uint8_t> reached(network_.vertex_count(), 0);
  if (reached.empty()) return reached;
  queue_.assign(1, network_.source());
  reached[network_.source()] = 1;
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const std::uint32_t v = queue_[i];
    for (std::uint32_t arc = network_.arcs_begin(v); arc != network_.arcs_end(v); ++arc) {
      if (Tick()) return context_.Check();
      const std::uint32_t u = network_.head(arc);
      if (reached[u] != 0 || !(network_.residual(arc) > 0)) continue;
      reached[u] = 1;
      queue_.push_back(u);
    }
  }
  context_.AddCompleted(uncounted_);
  return reached;
}

std::uint64_t FlowPusher::EstimateBytes(std::uint64_t nodes) {
  return nodes * (3 * sizeof(std::uint32_t) + sizeof(std::uint8_t));
}

}  // namespace lianjie
