// Where payers' money entered: the sources of a decomposition, their ranking and their solve.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/core/status.h"
#include "engine/flow/benefit_parts.h"

namespace lianjie {
namespace {

// The first two groups.
constexpr std::uint32_t kUnexplained = 0;
constexpr std::uint32_t kOutside = 1;
constexpr const char* kSpecialNames[] = {"UNEXPLAINED", "OUTSIDE"};

std::string GroupName(const Snapshot& graph, NodeIndex n, SourceGroup group) {
  const NodeColumns& nodes = graph.nodes();
  const auto named = [](std::string_view name) {
    return name.empty() ? std::string("NONE") : std::string(name);
  };
  switch (group) {
    case SourceGroup::kNode:
      return std::string(graph.NodeId(n));
    case SourceGroup::kKind:
      return named(EnumName(nodes.kind[n]));
    case SourceGroup::kSubtype:
      return named(nodes.subtype[n]);
    case SourceGroup::kSector:
      return named(EnumName(ValueOr(nodes.sector, n)));
    case SourceGroup::kIndustry:
      return named(nodes.industry[n]);
    case SourceGroup::kRegion: {
      const RegionIndex region = nodes.region.empty() ? kNoRegion : nodes.region[n];
      return region == kNoRegion ? std::string("NONE") : graph.regions().code(region);
    }
  }
  return "NONE";
}

// Money that reaches inside households straight from beyond the filter.
double StraightFromOutside(const FlowModel& model) {
  if (model.view().unfiltered()) return 0.0;
  const Snapshot& graph = model.snapshot();
  double sum = 0;
  for (LinkIndex l = 0; l < graph.link_count(); ++l) {
    const NodeIndex target = graph.links().target[l];
    if (graph.nodes().kind[target] != NodeKind::kHousehold || !model.LinkActive(l)) continue;
    if (model.LinkInside(l) || model.ReceiverOf(l) != kNoPayer) continue;
    if (model.NodeInside(target)) sum += model.LinkAmountYuan(l);
  }
  return sum;
}

}  // namespace

SourceSplit::SourceSplit(const FlowModel& model, SourceGroup group)
    : model_(model), group_of_(model.payer_count(), 0) {
  // A group goes by one of its nodes; the names of the few that are shown are made in the end.
  std::vector<NodeIndex> nodes{kNoNode, kNoNode};
  std::vector<double> yuan{0.0, StraightFromOutside(model)};
  absl::flat_hash_map<std::string, std::uint32_t> found;
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    if (!model.IsInside(p)) continue;
    yuan[kUnexplained] += model.unexplained(p);
    yuan[kOutside] += model.from_outside(p);
    if (model.injection(p) == 0.0) continue;
    const NodeIndex n = model.PayerNode(p);
    auto number = static_cast<std::uint32_t>(nodes.size());
    if (group != SourceGroup::kNode) {
      number = found.try_emplace(GroupName(model.snapshot(), n, group), number).first->second;
    }
    if (number == nodes.size()) {
      nodes.push_back(n);
      yuan.push_back(0.0);
    }
    yuan[number] += model.injection(p);
    group_of_[p] = number;
  }
  Rank(nodes, yuan, group);
}

// Numbers the sources by size and gathers what is left over.
void SourceSplit::Rank(const std::vector<NodeIndex>& nodes, const std::vector<double>& yuan,
                       SourceGroup group) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t g = 0; g < nodes.size(); ++g) {
    if (g > kOutside || yuan[g] != 0.0) order.push_back(g);
  }
  std::stable_sort(order.begin(), order.end(), [&yuan](std::uint32_t a, std::uint32_t b) {
    return std::abs(yuan[a]) > std::abs(yuan[b]);
  });
  group_count_ = order.size();
  std::vector<std::uint32_t> number_of(nodes.size(), 0);
  absl::flat_hash_set<std::string> taken;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const bool other = order.size() > kMaxSources && rank >= kMaxSources - 1;
    const std::size_t number = other ? kMaxSources - 1 : rank;
    number_of[order[rank]] = static_cast<std::uint32_t>(number);
    if (number == names_.size()) {
      const std::uint32_t g = order[rank];
      std::string name = other          ? "OTHER"
                         : g > kOutside ? GroupName(model_.snapshot(), nodes[g], group)
                                        : kSpecialNames[g];
      while (!taken.insert(name).second) name += '\'';
      names_.push_back(std::move(name));
      injected_.push_back(0.0);
    }
    injected_[number] += yuan[order[rank]];
  }
  unexplained_ = yuan[kUnexplained] != 0.0 ? static_cast<int>(number_of[kUnexplained]) : -1;
  outside_ = yuan[kOutside] != 0.0 ? static_cast<int>(number_of[kOutside]) : -1;
  for (std::uint32_t& group : group_of_) group = number_of[group];
}

absl::StatusOr<PayerParts> SourceSplit::Solve(const FlowCore& core, int first, int width,
                                              RunContext& context) const {
  const bool has_outside = outside_ >= first && outside_ < first + width;
  PayerParts parts{
      .width = width, .values = {}, .outside_part = has_outside ? outside_ - first : -1};
  parts.values.assign(std::size_t{model_.payer_count()} * static_cast<std::size_t>(width), 0.0);
  const auto add = [&](PayerIndex p, int source, double yuan) {
    if (source < first || source >= first + width) return;
    parts.values[std::size_t{p} * static_cast<std::size_t>(width) +
                 static_cast<std::size_t>(source - first)] += yuan;
  };
  for (PayerIndex p = 0; p < model_.payer_count(); ++p) {
    if (!model_.IsInside(p)) continue;
    if (model_.injection(p) != 0.0) add(p, static_cast<int>(group_of_[p]), model_.injection(p));
    if (model_.unexplained(p) != 0.0) add(p, unexplained_, model_.unexplained(p));
    if (model_.from_outside(p) != 0.0) add(p, outside_, model_.from_outside(p));
  }
  LIANJIE_RETURN_IF_ERROR(
      core.Forward(parts.values, width, model_.options().tolerance, nullptr, context));
  return parts;
}

}  // namespace lianjie
