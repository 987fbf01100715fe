#include "engine/flow/flow_ledger.h"

#include "engine/core/text.h"

namespace lianjie {
namespace {

constexpr std::uint64_t kNamed = 10;

struct Sums {
  MoneySum injected, withdrawn, from_outside, unexplained, retained, leaked, to_outside, loss,
      households, narrow;
};

void AddPayers(const FlowModel& model, Sums& sums) {
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    if (!model.IsInside(p)) continue;
    (model.injection(p) < 0 ? sums.withdrawn : sums.injected).Add(std::abs(model.injection(p)));
    sums.unexplained.Add(model.unexplained(p));
    if (model.IsAccount(p)) sums.loss.Add(model.unexplained(p));
    sums.from_outside.Add(model.from_outside(p));
    sums.retained.Add(model.retained(p));
    sums.leaked.Add(model.leaked(p));
    sums.to_outside.Add(model.to_outside(p));
  }
}

// Households inside, and what comes straight to them from beyond the filter.
absl::Status AddHouseholds(const FlowModel& model, const HouseholdBenefits& households, Sums& sums,
                           RunContext& context) {
  const Snapshot& graph = model.snapshot();
  const bool all = model.view().unfiltered();
  for (NodeIndex n = 0; n < graph.node_count(); ++n) {
    if ((n & kPollMask) == 0 && context.Stopped()) return context.Check();
    if (graph.nodes().kind[n] != NodeKind::kHousehold) continue;
    if (!all && !model.view().NodeInside(n)) continue;
    sums.households.Add(households.benefit_yuan[n]);
    sums.narrow.Add(households.narrow_yuan[n]);
    if (all) continue;
    for (const LinkIndex l : graph.in_links(n)) {
      if (!model.LinkActive(l) || model.LinkInside(l) || model.ReceiverOf(l) != kNoPayer) continue;
      sums.from_outside.Add(model.LinkAmountYuan(l));
    }
  }
  return absl::OkStatus();
}

std::string UnfundedNames(const FlowModel& model) {
  std::string names;
  std::uint64_t named = 0;
  for (PayerIndex p = 0; p < model.payer_count() && named < kNamed; ++p) {
    if (!model.IsUnfunded(p)) continue;
    names += Cat(named == 0 ? "" : ", ", model.snapshot().NodeId(model.PayerNode(p)));
    ++named;
  }
  const std::uint64_t more = model.unfunded_count() - named;
  return more == 0 ? names : Cat(names, " and ", more, " more");
}

}  // namespace

absl::StatusOr<FlowTotals> SumFlow(const FlowModel& model, const HouseholdBenefits& households,
                                   RunContext& context) {
  Sums sums;
  AddPayers(model, sums);
  if (const auto status = AddHouseholds(model, households, sums, context); !status.ok()) {
    return status;
  }
  FlowTotals totals;
  totals.withdrawn_yuan = sums.withdrawn.value();
  totals.to_outside_yuan = sums.to_outside.value();
  totals.operating_loss_yuan = sums.loss.value();
  totals.narrow_yuan = sums.narrow.value();
  Ledger& ledger = totals.ledger;
  ledger.from_outside_yuan = sums.from_outside.value();
  ledger.unexplained_injection_yuan = sums.unexplained.value();
  ledger.injected_yuan = sums.injected.value() - totals.withdrawn_yuan + ledger.from_outside_yuan +
                         ledger.unexplained_injection_yuan;
  ledger.households_yuan = sums.households.value();
  ledger.retained_yuan = sums.retained.value();
  ledger.leaked_yuan = sums.leaked.value() + totals.to_outside_yuan;
  ledger.residual_yuan =
      ledger.injected_yuan - ledger.households_yuan - ledger.retained_yuan - ledger.leaked_yuan;
  return totals;
}

Summary SummaryOf(const FlowTotals& totals) {
  const Ledger& ledger = totals.ledger;
  return {{"injected_yuan", ledger.injected_yuan},
          {"from_outside_yuan", ledger.from_outside_yuan},
          {"unexplained_injection_yuan", ledger.unexplained_injection_yuan},
          {"households_yuan", ledger.households_yuan},
          {"retained_yuan", ledger.retained_yuan},
          {"leaked_yuan", ledger.leaked_yuan},
          {"residual_yuan", ledger.residual_yuan},
          {"withdrawn_yuan", totals.withdrawn_yuan},
          {"outside_yuan", totals.to_outside_yuan},
          {"operating_loss_yuan", totals.operating_loss_yuan},
          {"narrow_yuan", totals.narrow_yuan}};
}

std::vector<std::string> WarningsOf(const FlowModel& model, const FlowTotals& totals) {
  std::vector<std::string> warnings;
  if (model.mode() == FlowMode::kLedger) {
    warnings.emplace_back(
        "Where money came from is attributed proportionally: every payment of a node is taken to "
        "be "
        "made of all that the node received.");
  }
  if (model.derived_count() > 0) {
    warnings.push_back(Cat("The injections of ", model.derived_count(),
                           " nodes are derived: revenue less what the graph pays them."));
  }
  if (totals.ledger.unexplained_injection_yuan > 0) {
    warnings.push_back(Cat(totals.ledger.unexplained_injection_yuan,
                           " yuan were paid without a recorded source (unexplained injection)."));
  }
  if (model.unfunded_count() > 0) {
    warnings.push_back(Cat(model.unfunded_yuan(),
                           " yuan only go round, with no injection behind them, and count as 0: ",
                           UnfundedNames(model), "."));
  }
  if (model.shareless_count() > 0) {
    warnings.push_back(Cat(model.shareless_count(),
                           " links state no share of receipts and carry nothing in share mode."));
  }
  return warnings;
}

}  // namespace lianjie
