// Who pays a household, once conduits and other households' accounts are seen through. The money at
// a conduit came from its payers in proportion to what each put in; a chain of conduits is followed
// backwards, cycles of conduits exactly.
#include <algorithm>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "engine/core/status.h"
#include "engine/flow/flow_model.h"
#include "engine/flow/flow_solver.h"

namespace lianjie {
namespace {

// Conduits and accounts upstream of some of their kind, with arcs that run backwards: from a
// conduit to where its money came from.
class ConduitsBehind {
 public:
  // `payee` is who is paid in the end. With `households_pay`, other households' own money is
  // theirs.
  ConduitsBehind(const FlowModel& model, NodeIndex payee, bool households_pay)
      : model_(model), payee_(payee), households_pay_(households_pay) {}

  void Add(PayerIndex conduit, double yuan) { money_[Local(conduit)] += yuan; }

  // Adds to `parts` what each organisation put in.
  absl::Status Spread(std::map<NodeIndex, double>& parts, RunContext& context) {
    std::vector<std::uint64_t> offsets{0};
    std::vector<std::uint32_t> targets;
    std::vector<double> shares;
    struct Origin {
      std::uint32_t conduit;
      NodeIndex payer;
      double share;
    };
    std::vector<Origin> origins;
    const LinkColumns& links = model_.snapshot().links();
    for (std::uint32_t i = 0; i < members_.size(); ++i) {  // members_ grows
      const PayerIndex q = members_[i];
      const double x = model_.x(q);
      for (const LinkIndex l : model_.snapshot().in_links(model_.PayerNode(q))) {
        if (model_.ReceiverOf(l) != q) continue;
        const double amount = model_.LinkAmountYuan(l);
        if (amount == 0.0) continue;
        const PayerIndex source = model_.PayerOf(links.source[l]);
        if (model_.IsOrganisationPayer(source)) {
          origins.push_back({i, links.source[l], amount / x});
        } else {
          targets.push_back(Local(source));
          shares.push_back(amount / x);
        }
      }
      offsets.push_back(targets.size());
      origins.push_back({i, OwnerOf(q), (model_.injection(q) + model_.unexplained(q)) / x});
    }
    LIANJIE_ASSIGN_OR_RETURN(const FlowSolver solver,
                             FlowSolver::Make({offsets, targets, shares}, context));
    LIANJIE_RETURN_IF_ERROR(solver.Forward(money_, 1, 1e-14, nullptr, context));
    for (const Origin& origin : origins) {
      if (origin.share != 0.0) parts[origin.payer] += money_[origin.conduit] * origin.share;
    }
    return absl::OkStatus();
  }

  bool empty() const { return members_.empty(); }

 private:
  // Whose payment the money is that starts at `q`.
  NodeIndex OwnerOf(PayerIndex q) const {
    const NodeIndex n = model_.PayerNode(q);
    if (!model_.IsAccount(q)) return n;
    return households_pay_ && n != payee_ ? n : kNoNode;
  }

  std::uint32_t Local(PayerIndex p) {
    const auto [at, added] = local_.try_emplace(p, static_cast<std::uint32_t>(members_.size()));
    if (added) {
      members_.push_back(p);
      money_.push_back(0.0);
    }
    return at->second;
  }

  const FlowModel& model_;
  const NodeIndex payee_;
  const bool households_pay_;
  absl::flat_hash_map<PayerIndex, std::uint32_t> local_;
  std::vector<PayerIndex> members_;
  std::vector<double> money_;
};

}  // namespace

absl::StatusOr<std::vector<PayerPart>> FlowModel::PayersOf(NodeIndex household, bool narrow_only,
                                                           bool households_pay,
                                                           RunContext& context) const {
  std::vector<IncomingBenefit> incoming;
  ListIncoming(household, incoming);
  std::map<NodeIndex, double> parts;
  ConduitsBehind conduits(*this, household, households_pay);
  for (const IncomingBenefit& in : incoming) {
    if (in.benefit_yuan == 0.0 || (narrow_only && !in.narrow)) continue;
    const NodeIndex source = snapshot().links().source[in.link];
    const PayerIndex p = payer_of_[source];
    if (IsOrganisationPayer(p)) {
      parts[source] += in.benefit_yuan;
    } else {
      conduits.Add(p, in.benefit_yuan);
    }
  }
  if (!conduits.empty()) LIANJIE_RETURN_IF_ERROR(conduits.Spread(parts, context));
  if (!narrow_only && OwnBenefitYuan(household) != 0.0) {
    parts[kNoNode] += OwnBenefitYuan(household);
  }
  std::vector<PayerPart> out;
  out.reserve(parts.size());
  for (const auto& [payer, yuan] : parts) out.push_back({payer, yuan});
  return out;
}

absl::StatusOr<std::vector<PayerPart>> FlowModel::ListPayers(NodeIndex household, bool narrow_only,
                                                             RunContext& context) const {
  return PayersOf(household, narrow_only, false, context);
}

absl::StatusOr<PayerPart> FlowModel::LargestPayer(NodeIndex household, bool narrow_only,
                                                  RunContext& context) const {
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<PayerPart> parts,
                           PayersOf(household, narrow_only, true, context));
  PayerPart largest;
  for (const PayerPart& part : parts) {
    if (part.payer != kNoNode && part.yuan > largest.yuan) largest = part;
  }
  return largest;
}

}  // namespace lianjie
