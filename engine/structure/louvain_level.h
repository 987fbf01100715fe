// One level of Louvain's method, on the Projection or on a graph of communities: local moving, and
// the merging of communities into the next graph. See louvain.h.
#ifndef LIANJIE_ENGINE_STRUCTURE_LOUVAIN_LEVEL_H_
#define LIANJIE_ENGINE_STRUCTURE_LOUVAIN_LEVEL_H_

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/core/status.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"
#include "engine/structure/modularity.h"
#include "engine/structure/neighbour_sums.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"

namespace lianjie {

// A graph of communities, with what a Projection has: an arc each way between two, and for what
// lies inside of one a self-loop of one arc that weighs both ways together.
class CommunityGraph {
 public:
  std::uint32_t size() const { return static_cast<std::uint32_t>(offsets.size() - 1); }
  std::uint64_t arcs_begin(std::uint32_t v) const { return offsets[v]; }
  std::uint64_t arcs_end(std::uint32_t v) const { return offsets[v + 1]; }
  std::uint32_t target(std::uint64_t arc) const { return targets[arc]; }
  double weight(std::uint64_t arc) const { return weights[arc]; }

  static constexpr std::uint64_t kArcBytes = sizeof(std::uint32_t) + sizeof(double);

  std::vector<std::uint64_t> offsets = {0};
  std::vector<std::uint32_t> targets;
  std::vector<double> weights;
};

// Moves vertices between communities, each its own at first and numbered like it.
template <typename Graph> class LocalMoving {
 public:
  // `all` is 2m, positive. The queue begins with `order`, all vertices.
  LocalMoving(const Graph& graph, std::span<const double> strengths, double all, double resolution,
              std::vector<std::uint32_t> order, RunContext& context)
      : graph_(graph),
        strengths_(strengths),
        all_(all),
        resolution_(resolution),
        context_(context),
        poller_(context),
        sums_(std::min<std::uint64_t>(MostArcs(graph), graph.size())),
        community_(graph.size()),
        total_(strengths.begin(), strengths.end()),
        queue_(std::move(order)),
        waiting_(queue_.size()),
        is_waiting_(graph.size(), 1) {
    std::iota(community_.begin(), community_.end(), 0u);
  }
  static std::uint64_t Bytes(std::uint64_t vertices, std::uint64_t most_arcs) {
    return vertices * (2 * sizeof(std::uint32_t) + sizeof(double) + sizeof(std::uint8_t)) +
           NeighbourSums::Bytes(std::min(vertices, most_arcs));
  }

  // Whether any moved. Counts visits as work done, and those that it finds as work to do.
  absl::StatusOr<bool> Run() {
    const std::uint64_t before = context_.completed();
    std::uint64_t visits = 0;
    bool moved = false;
    while (waiting_ > 0) {
      if ((visits & 0xfff) == 0) {
        context_.AddCompleted(before + visits - context_.completed());
        context_.SetTotal(before + visits + waiting_);
      }
      ++visits;
      const std::uint32_t v = queue_[head_];
      head_ = head_ + 1 == queue_.size() ? 0 : head_ + 1;
      --waiting_;
      is_waiting_[v] = 0;
      std::uint32_t to = community_[v];
      if (!Gather(v)) return context_.Check();
      if (!Best(v, to)) continue;
      moved = true;
      total_[community_[v]] -= strengths_[v];
      total_[to] += strengths_[v];
      community_[v] = to;
      CallBack(v);
    }
    context_.SetTotal(before + visits);
    context_.AddCompleted(before + visits - context_.completed());
    return moved;
  }

  std::vector<std::uint32_t>& community() { return community_; }

 private:
  // A gain below this part of what is compared may be rounding.
  static constexpr double kLeastGain = 1e-12;

  // The weight between v and each community near it. False when the run must end.
  bool Gather(std::uint32_t v) {
    const std::uint64_t end = graph_.arcs_end(v);
    sums_.Start(end - graph_.arcs_begin(v));
    if (poller_.Tick()) return false;
    for (std::uint64_t arc = graph_.arcs_begin(v); arc != end; ++arc) {
      if (poller_.Tick()) return false;
      const std::uint32_t w = graph_.target(arc);
      if (w != v) sums_.Add(community_[w], graph_.weight(arc));
    }
    return true;
  }

  // Where v gains most; false when it stays.
  bool Best(std::uint32_t v, std::uint32_t& to) const {
    const std::uint32_t own = community_[v];
    const double strength = strengths_[v];
    const double pull = resolution_ * strength;
    double own_score = -pull * ((total_[own] - strength) / all_);
    double best = 0;
    std::uint32_t best_community = kNoNode;
    for (const NeighbourSums::Entry& entry : sums_.entries()) {
      if (entry.label == own) {
        own_score += entry.sum;
        continue;
      }
      const double score = entry.sum - pull * (total_[entry.label] / all_);
      if (best_community == kNoNode || score > best ||
          (score == best && entry.label < best_community)) {
        best = score;
        best_community = entry.label;
      }
    }
    if (best_community == kNoNode) return false;
    if (!(best > own_score + kLeastGain * (strength + pull))) return false;
    to = best_community;
    return true;
  }

  void CallBack(std::uint32_t v) {
    for (std::uint64_t arc = graph_.arcs_begin(v); arc != graph_.arcs_end(v); ++arc) {
      const std::uint32_t w = graph_.target(arc);
      if (is_waiting_[w] != 0 || community_[w] == community_[v]) continue;
      is_waiting_[w] = 1;
      const std::size_t room = queue_.size() - head_;
      queue_[waiting_ < room ? head_ + waiting_ : waiting_ - room] = w;
      ++waiting_;
    }
  }

  const Graph& graph_;
  const std::span<const double> strengths_;
  const double all_;
  const double resolution_;
  RunContext& context_;
  Poller poller_;
  NeighbourSums sums_;
  std::vector<std::uint32_t> community_;
  std::vector<double> total_;         // strength of each community
  std::vector<std::uint32_t> queue_;  // a ring: no vertex waits twice
  std::size_t head_ = 0;
  std::size_t waiting_;
  std::vector<std::uint8_t> is_waiting_;
};

// Renumbers communities from 0 in the order of their first vertices; answers how many there are.
inline absl::StatusOr<std::uint32_t> Renumber(std::vector<std::uint32_t>& community,
                                              RunContext& context) {
  std::vector<std::uint32_t> number(community.size(), kNoNode);
  std::uint32_t count = 0;
  Poller poller(context);
  for (std::uint32_t& c : community) {
    if (poller.Tick()) return context.Check();
    if (number[c] == kNoNode) number[c] = count++;
    c = number[c];
  }
  return count;
}

// Makes each community a vertex. Books the graph's memory, which whoever drops it may release, and
// for the time being its own.
template <typename Graph> class Merging {
 public:
  // `community` as Renumber leaves it, below `count`.
  Merging(const Graph& graph, std::span<const std::uint32_t> community, std::uint32_t count,
          RunContext& context)
      : graph_(graph), community_(community), count_(count), context_(context) {}

  absl::StatusOr<CommunityGraph> Run() {
    LIANJIE_ASSIGN_OR_RETURN(
        const Booking booking,
        Booking::Take(context_, (std::uint64_t{graph_.size()} + count_) * sizeof(std::uint32_t)));
    LIANJIE_RETURN_IF_ERROR(GroupMembers());
    LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t most_arcs, MostArcsOfACommunity());
    const std::uint64_t most = std::min<std::uint64_t>(most_arcs, count_);
    LIANJIE_ASSIGN_OR_RETURN(
        const Booking tables,
        Booking::Take(context_,
                      static_cast<std::uint64_t>(context_.threads()) * NeighbourSums::Bytes(most)));
    tbb::enumerable_thread_specific<NeighbourSums> sums([most] { return NeighbourSums(most); });
    CommunityGraph out;
    out.offsets.assign(std::size_t{count_} + 1, 0);
    LIANJIE_RETURN_IF_ERROR(ForEach(sums, [&out](std::uint32_t c, const NeighbourSums& near) {
      out.offsets[c + 1] = near.entries().size();
    }));
    std::partial_sum(out.offsets.begin(), out.offsets.end(), out.offsets.begin());
    LIANJIE_RETURN_IF_ERROR(context_.Reserve(Bytes(count_, out.offsets.back())));
    out.targets.resize(out.offsets.back());
    out.weights.resize(out.offsets.back());
    LIANJIE_RETURN_IF_ERROR(ForEach(sums, [&out](std::uint32_t c, const NeighbourSums& near) {
      std::uint64_t arc = out.offsets[c];
      for (const NeighbourSums::Entry& entry : near.entries()) {
        out.targets[arc] = entry.label;
        out.weights[arc++] = entry.sum;
      }
    }));
    return out;
  }

  static std::uint64_t Bytes(std::uint64_t vertices, std::uint64_t arcs) {
    return vertices * sizeof(std::uint64_t) + arcs * CommunityGraph::kArcBytes;
  }

 private:
  absl::Status GroupMembers() {
    Poller poller(context_);
    ends_.assign(count_, 0);
    for (const std::uint32_t c : community_) {
      if (poller.Tick()) return context_.Check();
      ++ends_[c];
    }
    std::exclusive_scan(ends_.begin(), ends_.end(), ends_.begin(), 0u);
    members_.resize(community_.size());
    for (std::uint32_t v = 0; v < community_.size(); ++v) {
      if (poller.Tick()) return context_.Check();
      members_[ends_[community_[v]]++] = v;
    }
    return absl::OkStatus();
  }
  std::span<const std::uint32_t> MembersOf(std::uint32_t c) const {
    return {members_.data() + (c == 0 ? 0 : ends_[c - 1]), members_.data() + ends_[c]};
  }
  std::uint64_t ArcsOf(std::uint32_t c) const {
    std::uint64_t arcs = 0;
    for (const std::uint32_t v : MembersOf(c)) arcs += graph_.arcs_end(v) - graph_.arcs_begin(v);
    return arcs;
  }
  absl::StatusOr<std::uint64_t> MostArcsOfACommunity() const {
    std::uint64_t most = 0;
    Poller poller(context_);
    for (std::uint32_t c = 0; c < count_; ++c) {
      if (poller.Tick(static_cast<std::int64_t>(MembersOf(c).size()))) return context_.Check();
      most = std::max(most, ArcsOf(c));
    }
    return most;
  }

  // Calls use(c, the weights between c and others) for each community.
  template <typename Use>
  absl::Status ForEach(tbb::enumerable_thread_specific<NeighbourSums>& all_sums, const Use& use) {
    context_.Parallel([&] {
      tbb::parallel_for(tbb::blocked_range<std::uint32_t>(0, count_, 64), [&](const auto& range) {
        NeighbourSums& sums = all_sums.local();
        Poller poller(context_);
        if (context_.Stopped()) return;
        for (std::uint32_t c = range.begin(); c != range.end(); ++c) {
          sums.Start(ArcsOf(c));
          for (const std::uint32_t v : MembersOf(c)) {
            for (std::uint64_t arc = graph_.arcs_begin(v); arc != graph_.arcs_end(v); ++arc) {
              if (poller.Tick()) return;
              sums.Add(community_[graph_.target(arc)], graph_.weight(arc));
            }
          }
          use(c, sums);
        }
      });
    });
    return context_.Check();
  }

  const Graph& graph_;
  const std::span<const std::uint32_t> community_;
  const std::uint32_t count_;
  RunContext& context_;
  std::vector<std::uint32_t> ends_;  // where each community ends in members_
  std::vector<std::uint32_t> members_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_STRUCTURE_LOUVAIN_LEVEL_H_
