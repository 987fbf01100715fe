#include "engine/flow/flow_model.h"

#include <algorithm>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_solver.h"

namespace lianjie {
absl::Status FlowModelOptions::Validate() const {
  if (mode == FlowMode::kTerms) {
    return MakeError(absl::StatusCode::kUnimplemented,
                     "mode TERMS (clearing of promised terms) is planned; use LEDGER or SHARE",
                     {.reason = Reason::kFeaturePlanned,
                      .field = "mode",
                      .row = {},
                      .metadata = {{"mode", "TERMS"}}});
  }
  if (!(tolerance > 0 && tolerance < 1)) {
    return InvalidField("tolerance", Cat("must lie between 0 and 1, not ", tolerance));
  }
  if (!want_arcs && mode != FlowMode::kLedger) {
    return InvalidField("want_arcs", "may be left out in ledger mode alone");
  }
  return absl::OkStatus();
}

double FlowModel::StatedShare(LinkIndex l) const {
  const LinkColumns& links = snapshot().links();
  if (!IsKnown(links.share, l) || ValueOr(links.share_of, l) == ShareOf::kSurplus) return 0.0;
  const double share = links.share[l];
  return share == 0.0 ? share : share * view_.LinkPartOfPayer(l);
}

double FlowModel::LinkShare(LinkIndex l) const {
  if (!LinkActive(l)) return 0.0;
  if (options_.mode == FlowMode::kShare) return StatedShare(l);
  const double x = x_[payer_of_[snapshot().links().source[l]]];
  return x > 0 ? view_.PaidYuan(l) / x : 0.0;
}

double FlowModel::LinkAmountYuan(LinkIndex l) const {
  if (!LinkActive(l)) return 0.0;
  const double x = x_[payer_of_[snapshot().links().source[l]]];
  if (options_.mode == FlowMode::kShare) return StatedShare(l) * x;
  return x > 0 ? view_.PaidYuan(l) : 0.0;
}

double FlowModel::OwnBenefitYuan(NodeIndex household) const {
  const PayerIndex p = payer_of_[household];
  return p == kNoPayer || !IsAccount(p) ? 0.0 : f_[p] * ValueAt(pass_, p);
}

void FlowModel::ListIncoming(NodeIndex household, std::vector<IncomingBenefit>& out) const {
  out.clear();
  const LinkColumns& links = snapshot().links();
  for (const LinkIndex l : snapshot().in_links(household)) {
    const double amount = LinkAmountYuan(l);
    if (amount == 0.0) continue;
    out.push_back({.link = l,
                   .amount_yuan = amount,
                   .benefit_yuan = GoesToAccount(l) ? amount * PassShare(household) : amount,
                   .narrow = IsNarrow(links.mechanism[l], ValueOr(links.driver, l))});
  }
}

absl::StatusOr<HouseholdBenefits> FlowModel::ComputeHouseholds(RunContext& context) const {
  const Snapshot& graph = snapshot();
  const LinkColumns& links = graph.links();
  HouseholdBenefits out;
  out.benefit_yuan.assign(graph.node_count(), 0.0);
  out.narrow_yuan.assign(graph.node_count(), 0.0);
  out.gross_yuan.assign(graph.node_count(), 0.0);
  for (PayerIndex p = 0; p < payer_count(); ++p) {
    if (!IsAccount(p)) continue;
    out.benefit_yuan[nodes_[p]] = OwnBenefitYuan(nodes_[p]);
    out.gross_yuan[nodes_[p]] = IsUnfunded(p) ? 0.0 : f_[p];
  }
  for (LinkIndex l = 0; l < graph.link_count(); ++l) {
    if ((l & kPollMask) == 0) {
      if (context.Stopped()) return context.Check();
      context.AddCompleted(std::min<LinkIndex>(kPollMask + 1, graph.link_count() - l));
    }
    const NodeIndex target = links.target[l];
    if (graph.nodes().kind[target] != NodeKind::kHousehold) continue;
    const double amount = LinkAmountYuan(l);
    if (amount == 0.0) continue;
    const double benefit = GoesToAccount(l) ? amount * PassShare(target) : amount;
    out.gross_yuan[target] += amount;
    out.benefit_yuan[target] += benefit;
    if (IsNarrow(links.mechanism[l], ValueOr(links.driver, l))) {
      out.narrow_yuan[target] += benefit;
    }
  }
  return out;
}

absl::StatusOr<std::vector<std::uint8_t>> FlowModel::ReachedByInjections(
    RunContext& context) const {
  const Snapshot& graph = snapshot();
  std::vector<std::uint8_t> reached(graph.node_count(), 0);
  std::vector<NodeIndex> queue;
  for (PayerIndex p = 0; p < payer_count(); ++p) {
    if (f_[p] <= 0) continue;
    reached[nodes_[p]] = 1;
    queue.push_back(nodes_[p]);
  }
  std::uint64_t work = 0;
  while (!queue.empty()) {
    const NodeIndex n = queue.back();
    queue.pop_back();
    for (LinkIndex l = graph.out_begin(n); l < graph.out_end(n); ++l) {
      if ((++work & kPollMask) == 0 && context.Stopped()) return context.Check();
      const NodeIndex target = graph.links().target[l];
      if (reached[target] != 0 || !LinkActive(l)) continue;
      reached[target] = 1;
      queue.push_back(target);
    }
  }
  return reached;
}

std::uint64_t FlowModel::memory_bytes() const {
  const auto bytes = [](const auto& column) { return column.capacity() * sizeof(column[0]); };
  return bytes(nodes_) + bytes(payer_of_) + bytes(flags_) + bytes(x_) + bytes(f_) + bytes(u_) +
         bytes(retained_) + bytes(leaked_) + bytes(pass_) + bytes(from_outside_) +
         bytes(to_outside_) + bytes(active_) + bytes(inside_) + bytes(arc_offsets_) +
         bytes(arc_targets_) + bytes(arc_shares_) + bytes(arc_links_);
}

std::uint64_t FlowModel::EstimateBytes(const Snapshot& snapshot, const FlowModelOptions& options) {
  const std::uint64_t nodes = snapshot.node_count();
  const std::uint64_t links = snapshot.link_count();
  // Who may be a payer, and which links may lie between payers, is known only after a pass; a look
  // at the kinds is enough for a bound that is near, since households that pay are counted by their
  // having links at all.
  std::uint64_t payers = 0;
  std::uint64_t arcs = 0;
  for (NodeIndex n = 0; n < snapshot.node_count(); ++n) {
    const LinkIndex out = snapshot.out_end(n) - snapshot.out_begin(n);
    const bool household = snapshot.nodes().kind[n] == NodeKind::kHousehold;
    const bool payer = !household || out > 0 || IsKnown(snapshot.nodes().outside_revenue_yuan, n) ||
                       IsKnown(snapshot.nodes().revenue_yuan, n);
    if (!payer) continue;
    ++payers;
    arcs += snapshot.in_links(n).size();
  }
  std::uint64_t bytes = nodes * (4 + 8 + 8 + 1 + 1) + links / 4 + payers * (4 + 1 + 8 * 9);
  if (options.want_arcs) {
    bytes += payers * 8 + arcs * 16 + FlowSolver::EstimateBytes(payers, arcs) + payers * 8;
  }
  return bytes;
}

}  // namespace lianjie
