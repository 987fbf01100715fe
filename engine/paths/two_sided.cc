#include "engine/paths/two_sided.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/core/status.h"
#include "engine/graph/analysis.h"
#include "engine/paths/arcs.h"
#include "engine/paths/quad_heap.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class HopSearch {
 public:
  HopSearch(const PathQuestion& question, RunContext& context)
      : view_(question.view),
        context_(context),
        poller_(context),
        budget_(context, TwoSidedResult::kBytesEach) {
    forward_.direction = question.direction;
    backward_.direction = Opposite(question.direction);
    Start(forward_, question.source);
    Start(backward_, question.target);
    met_ = question.source == question.target;
  }

  absl::StatusOr<TwoSidedResult> Run() {
    while (!met_ && !forward_.frontier.empty() && !backward_.frontier.empty()) {
      const bool forward = forward_.cost <= backward_.cost;
      LIANJIE_RETURN_IF_ERROR(forward ? Grow(forward_, backward_) : Grow(backward_, forward_));
    }
    TwoSidedResult result;
    result.found = met_;
    result.visited = forward_.labels.size() + backward_.labels.size();
    if (met_) LIANJIE_RETURN_IF_ERROR(Finish());
    result.labels = std::move(forward_.labels);
    return result;
  }

 private:
  struct Side {
    Direction direction;
    PathLabels labels;
    std::vector<NodeIndex> frontier;  // the nodes of the last level
    std::uint32_t level = 0;
    std::uint64_t cost = 0;  // of growing by one level
  };

  static bool Label(Side& side, NodeIndex node, std::uint32_t hops) {
    const auto [i, is_new] = side.labels.Add(node);
    if (is_new) side.labels.at(i) = {node, hops, static_cast<double>(hops), true};
    return is_new;
  }

  void Start(Side& side, NodeIndex node) {
    Label(side, node, 0);
    side.frontier = {node};
    side.cost = ArcCost(view_, side.direction, node);
  }

  // The next level, whole: the first meeting settles the length, but every node of the level may
  // lie on a path of it.
  absl::Status Grow(Side& side, const Side& other) {
    std::vector<NodeIndex> next;
    std::uint64_t cost = 0;
    for (const NodeIndex u : side.frontier) {
      const bool whole = ForEachArc(view_, side.direction, u, poller_, [&](LinkIndex, NodeIndex v) {
        if (!Label(side, v, side.level + 1)) return true;
        next.push_back(v);
        cost += ArcCost(view_, side.direction, v);
        if (other.labels.Find(v) != nullptr) met_ = true;
        return true;
      });
      if (!whole) return context_.Check();
      LIANJIE_RETURN_IF_ERROR(budget_.Cover(side.labels.size() + other.labels.size()));
    }
    side.frontier = std::move(next);
    side.cost = cost;
    ++side.level;
    return absl::OkStatus();
  }

  // From the forward frontier on, through the backward ball alone, straight to the target.
  absl::Status Finish() {
    std::vector<NodeIndex> frontier;
    for (const NodeIndex u : forward_.frontier) {
      if (LeftFrom(u) == backward_.level) frontier.push_back(u);
    }
    for (std::uint32_t left = backward_.level; left > 0; --left) {
      std::vector<NodeIndex> next;
      for (const NodeIndex u : frontier) {
        const bool whole =
            ForEachArc(view_, forward_.direction, u, poller_, [&](LinkIndex, NodeIndex v) {
              if (LeftFrom(v) == left - 1 && Label(forward_, v, forward_.level + 1))
                next.push_back(v);
              return true;
            });
        if (!whole) return context_.Check();
      }
      ++forward_.level;
      frontier = std::move(next);
    }
    return absl::OkStatus();
  }

  std::uint32_t LeftFrom(NodeIndex v) const {
    const PathLabel* label = backward_.labels.Find(v);
    return label == nullptr ? kNoNode : label->hops;
  }

  const View& view_;
  RunContext& context_;
  Poller poller_;
  GrowingBooking budget_;
  Side forward_;
  Side backward_;
  bool met_ = false;
};

class WeightSearch {
 public:
  WeightSearch(const PathQuestion& question, RunContext& context)
      : question_(question),
        context_(context),
        poller_(context),
        budget_(context, TwoSidedResult::kBytesEach) {
    forward_.direction = question.direction;
    backward_.direction = Opposite(question.direction);
    Lower(forward_, question.source, {0.0, 0});
    Lower(backward_, question.target, {0.0, 0});
    if (question.source == question.target) bound_ = 0;
  }

  absl::StatusOr<TwoSidedResult> Run() {
    while (!forward_.heap.empty() && !backward_.heap.empty()) {
      if (forward_.heap.top().key.distance + backward_.heap.top().key.distance > Slack()) break;
      const bool forward = forward_.heap.size() <= backward_.heap.size();
      LIANJIE_RETURN_IF_ERROR(forward ? Settle(forward_, backward_) : Settle(backward_, forward_));
    }
    TwoSidedResult result;
    result.found = bound_ < kInfinity;
    result.visited = forward_.labels.size() + backward_.labels.size();
    if (result.found) LIANJIE_RETURN_IF_ERROR(Finish());
    result.labels = std::move(forward_.labels);
    return result;
  }

 private:
  struct Key {
    double distance;
    std::uint32_t hops;
    bool operator<(const Key& other) const {
      return distance != other.distance ? distance < other.distance : hops < other.hops;
    }
  };
  struct Side {
    Direction direction;
    PathLabels labels;
    QuadHeap<Key> heap;
  };

  // Backward sums add in another order than forward ones: what lies within rounding of the bound
  // may yet be on a shortest path.
  double Slack() const { return bound_ * (1 + 1e-9); }

  static void Lower(Side& side, NodeIndex node, const Key& key) {
    const auto [i, is_new] = side.labels.Add(node);
    PathLabel& label = side.labels.at(i);
    if (label.settled || !(key < Key{label.distance, label.hops})) return;
    label.distance = key.distance;
    label.hops = key.hops;
    if (is_new) side.heap.Reserve(side.labels.size());
    side.heap.Lower(i, key);
  }

  // Takes the side's nearest node out and follows its links; allowed(v) says which ends are worth a
  // label.
  template <typename Allowed>
  absl::Status SettleNearest(Side& side, const Side& other, const Allowed& allowed) {
    const auto [key, i] = side.heap.Pop();
    side.labels.at(i).settled = true;
    const NodeIndex u = side.labels.at(i).node;
    if (!allowed(u, key)) return absl::OkStatus();
    LinkIndex refused = kNoLink;
    const bool whole = ForEachArc(
        question_.view, side.direction, u, poller_, [&, key = key](LinkIndex l, NodeIndex v) {
          const double weight = question_.weigher(l);
          if (IsRefused(weight, WeightRule::kNotNegative)) {
            refused = l;
            return false;
          }
          const Key next{key.distance + weight, key.hops + 1};
          Lower(side, v, next);
          if (const PathLabel* met = other.labels.Find(v); met != nullptr) {
            bound_ = std::min(bound_, next.distance + met->distance);
          }
          return true;
        });
    if (refused != kNoLink) {
      return RefuseWeight(question_.view, question_.column, refused, question_.weigher(refused),
                          WeightRule::kNotNegative);
    }
    if (!whole) return context_.Check();
    return budget_.Cover(forward_.labels.size() + backward_.labels.size());
  }

  absl::Status Settle(Side& side, const Side& other) {
    return SettleNearest(side, other, [](NodeIndex, const Key&) { return true; });
  }

  absl::Status Finish() {
    const auto on_the_way = [this](NodeIndex u, const Key& key) {
      const PathLabel* left = backward_.labels.Find(u);
      return left != nullptr && key.distance + left->distance <= Slack();
    };
    while (!forward_.heap.empty()) {
      const PathLabel* target = forward_.labels.Find(question_.target);
      if (target != nullptr && target->settled) break;
      LIANJIE_RETURN_IF_ERROR(SettleNearest(forward_, backward_, on_the_way));
    }
    return absl::OkStatus();
  }

  const PathQuestion& question_;
  RunContext& context_;
  Poller poller_;
  GrowingBooking budget_;
  Side forward_;
  Side backward_;
  double bound_ = kInfinity;  // the shortest way seen so far
};

}  // namespace

absl::StatusOr<PathQuestion> AskPath(const View& view, const PathAsked& asked, WeightRule rule,
                                     RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex source, FindNodeInside(view, "source", asked.source));
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex target, FindNodeInside(view, "target", asked.target));
  LIANJIE_ASSIGN_OR_RETURN(const LinkWeigher weigher,
                           LinkWeigher::Make(view, asked.weight, asked.missing_weight));
  if (asked.weight == "weight") {
    LIANJIE_ASSIGN_OR_RETURN(const WeightScan scan,
                             ScanWeights(view, weigher, rule, false, context));
    const LinkIndex refused = scan.first_refused;
    if (refused != kNoLink)
      return RefuseWeight(view, asked.weight, refused, weigher(refused), rule);
  }
  return PathQuestion{view, asked.direction, source, target, asked.weight, weigher};
}

absl::Status ValidateEnds(const std::string& source, const std::string& target) {
  if (source.empty())
    return InvalidField("source", "needs the id of a node", Reason::kMissingField);
  if (target.empty())
    return InvalidField("target", "needs the id of a node", Reason::kMissingField);
  return absl::OkStatus();
}

std::pair<std::uint32_t, bool> PathLabels::Add(NodeIndex node) {
  const auto [entry, is_new] = index_.try_emplace(node, static_cast<std::uint32_t>(labels_.size()));
  if (is_new) labels_.push_back({node, 0, kInfinity, false});
  return {entry->second, is_new};
}

const PathLabel* PathLabels::Find(NodeIndex node) const {
  const auto found = index_.find(node);
  return found == index_.end() ? nullptr : &labels_[found->second];
}

absl::StatusOr<TwoSidedResult> SearchByHops(const PathQuestion& question, RunContext& context) {
  return HopSearch(question, context).Run();
}

absl::StatusOr<TwoSidedResult> SearchByWeight(const PathQuestion& question, RunContext& context) {
  return WeightSearch(question, context).Run();
}

}  // namespace lianjie
