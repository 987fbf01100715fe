#include "engine/paths/spur_search.h"

#include <algorithm>
#include <limits>

#include "engine/core/status.h"
#include "engine/paths/arcs.h"
#include "engine/paths/first_path.h"
#include "engine/paths/weights.h"

namespace lianjie {
namespace {

constexpr double kNoWay = std::numeric_limits<double>::infinity();
constexpr WeightRule kSpurRule = WeightRule::kNotNegative;

// Bounds add in another order than distances: what lies within rounding may yet be best.
double Slack(double distance) { return distance * (1 + 1e-9); }

}  // namespace

LeftToTarget::LeftToTarget(const PathQuestion& question, RunContext& context)
    : question_(question), context_(context), poller_(context), booking_(context, kBytesEach) {
  labels_.Add(question.target);
  labels_.at(0).distance = 0;
  heap_.Reserve(1);
  heap_.Lower(0, 0.0);
}

absl::Status LeftToTarget::GoTo(NodeIndex node) {
  context_.SetTotal(question_.view.snapshot().node_count());
  while (!Knows(node)) {
    LIANJIE_RETURN_IF_ERROR(GoOn());
    context_.AddCompleted(1);
  }
  return absl::OkStatus();
}

absl::Status LeftToTarget::GoOn() {
  if (heap_.empty()) return absl::OkStatus();
  const auto [distance, i] = heap_.Pop();
  labels_.at(i).settled = true;
  radius_ = distance;
  LinkIndex refused = kNoLink;
  const bool whole = ForEachArc(question_.view, Opposite(question_.direction), labels_.at(i).node,
                                poller_, [&, from = distance](LinkIndex l, NodeIndex u) {
                                  const double weight = question_.weigher(l);
                                  if (IsRefused(weight, kSpurRule)) {
                                    refused = l;
                                    return false;
                                  }
                                  const auto [j, is_new] = labels_.Add(u);
                                  if (is_new) heap_.Reserve(labels_.size());
                                  PathLabel& label = labels_.at(j);
                                  if (label.settled || !(from + weight < label.distance))
                                    return true;
                                  label.distance = from + weight;
                                  heap_.Lower(j, label.distance);
                                  return true;
                                });
  if (refused != kNoLink) {
    return RefuseWeight(question_.view, question_.column, refused, question_.weigher(refused),
                        kSpurRule);
  }
  if (!whole) return context_.Check();
  return booking_.Cover(labels_.size());
}

double LeftToTarget::AtLeast(NodeIndex node) const {
  const PathLabel* label = labels_.Find(node);
  if (label != nullptr && label->settled) return label->distance;
  return heap_.empty() ? kNoWay : radius_;
}

// A label that is lowered after it was expanded goes into the heap again. That happens within
// rounding alone: bounds that grow while a search runs grow for all that is in the heap, which is
// why a key is looked at again when it comes out.
absl::StatusOr<std::vector<PathStep>> SpurSearch::Find(
    const PathStep& spur, const absl::flat_hash_set<NodeIndex>& banned_nodes,
    const absl::flat_hash_set<LinkIndex>& banned_links, double most) {
  labels_ = PathLabels();
  heap_.Clear();
  double best = kNoWay;
  Lower(spur.node, spur.distance, 0);
  while (!heap_.empty()) {
    const auto [key, i] = heap_.Pop();
    if (key.bound > Slack(std::min(best, most))) break;
    const PathLabel from = labels_.at(i);
    const Key now{from.distance + left_.AtLeast(from.node), from.hops};
    if (now.bound == kNoWay) continue;
    if (key < now) {
      heap_.Lower(i, now);
      continue;
    }
    labels_.at(i).settled = true;
    if (from.node == question_.target) {
      best = from.distance;
      continue;
    }
    if (!left_.Knows(from.node)) LIANJIE_RETURN_IF_ERROR(left_.GoOn());
    LIANJIE_RETURN_IF_ERROR(Expand(spur, from, banned_nodes, banned_links));
    LIANJIE_RETURN_IF_ERROR(booking_.Cover(labels_.size()));
  }
  if (best == kNoWay || best > most) return std::vector<PathStep>();
  const auto tight = [&](NodeIndex u, LinkIndex l, NodeIndex v) {
    const PathLabel* from = labels_.Find(u);
    if (from == nullptr || !from->settled) return false;
    if (u == spur.node && banned_links.contains(l)) return false;
    const PathLabel* to = labels_.Find(v);
    return to != nullptr && to->settled && from->hops + 1 == to->hops &&
           from->distance + question_.weigher(l) == to->distance;
  };
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<LinkStep> links,
                           FirstPath(question_.view, question_.direction, tight, context_)
                               .Find(spur.node, question_.target));
  std::vector<PathStep> steps;
  for (std::size_t i = 1; i < links.size(); ++i)
    steps.push_back({links[i].node, links[i].link, labels_.Find(links[i].node)->distance});
  return steps;
}

absl::Status SpurSearch::Expand(const PathStep& spur, const PathLabel& from,
                                const absl::flat_hash_set<NodeIndex>& banned_nodes,
                                const absl::flat_hash_set<LinkIndex>& banned_links) {
  const bool is_spur = from.node == spur.node;
  LinkIndex refused = kNoLink;
  const bool whole = ForEachArc(question_.view, question_.direction, from.node, poller_,
                                [&](LinkIndex l, NodeIndex v) {
                                  if (v == from.node || banned_nodes.contains(v)) return true;
                                  if (is_spur && banned_links.contains(l)) return true;
                                  const double weight = question_.weigher(l);
                                  if (IsRefused(weight, kSpurRule)) {
                                    refused = l;
                                    return false;
                                  }
                                  Lower(v, from.distance + weight, from.hops + 1);
                                  return true;
                                });
  if (refused != kNoLink) {
    return RefuseWeight(question_.view, question_.column, refused, question_.weigher(refused),
                        kSpurRule);
  }
  return whole ? absl::OkStatus() : context_.Check();
}

void SpurSearch::Lower(NodeIndex node, double distance, std::uint32_t hops) {
  const auto [i, is_new] = labels_.Add(node);
  PathLabel& label = labels_.at(i);
  if (!(distance < label.distance || (distance == label.distance && hops < label.hops))) return;
  label.distance = distance;
  label.hops = hops;
  if (is_new) heap_.Reserve(labels_.size());
  heap_.Lower(i, {distance + left_.AtLeast(node), hops});
}

}  // namespace lianjie
