#include "engine/flow/flow_ledger.h"

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_blocks.h"
#include "engine/flow/household_reader.h"

namespace lianjie {
namespace {

constexpr std::uint64_t kNamed = 10;

// Calls f(payer, yuan) for the payers inside that have a number.
template <typename F>
void ForEachInside(const FlowModel& model, const SparseColumn& column, const F& f) {
  for (std::size_t i = 0; i < column.keys().size(); ++i) {
    if (model.IsInside(column.keys()[i])) f(column.keys()[i], column.values()[i]);
  }
}

MoneySum SumInside(const FlowModel& model, const SparseColumn& column) {
  MoneySum sum;
  ForEachInside(model, column, [&sum](PayerIndex, double yuan) { sum.Add(yuan); });
  return sum;
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

absl::StatusOr<HouseholdSums> SumHouseholds(const FlowModel& model, RunContext& context) {
  const Snapshot& graph = model.snapshot();
  std::vector<HouseholdSums> blocks(FlowBlockCount(graph.node_count()));
  const HouseholdReader reader(model);
  LIANJIE_RETURN_IF_ERROR(ForEachFlowBlock(
      context, graph.node_count(), [&](std::size_t b, std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          const auto n = static_cast<NodeIndex>(i);
          if (graph.nodes().kind[n] != NodeKind::kHousehold || !model.NodeInside(n)) continue;
          const HouseholdMoney money = reader.Read(n);
          blocks[b].benefit.Add(money.benefit);
          blocks[b].narrow.Add(money.narrow);
          blocks[b].straight_from_outside.Add(money.straight_from_outside);
        }
      }));
  HouseholdSums sums;
  for (const HouseholdSums& block : blocks) sums.Add(block);
  return sums;
}

FlowTotals SumFlow(const FlowModel& model, const HouseholdSums& households) {
  MoneySum injected, withdrawn, loss;
  ForEachInside(model, model.injections(), [&](PayerIndex, double yuan) {
    (yuan < 0 ? withdrawn : injected).Add(std::abs(yuan));
  });
  ForEachInside(model, model.unexplaineds(), [&](PayerIndex p, double yuan) {
    if (model.IsAccount(p)) loss.Add(yuan);
  });
  MoneySum from_outside = SumInside(model, model.from_outsides());
  from_outside.Add(households.straight_from_outside);
  FlowTotals totals;
  totals.withdrawn_yuan = withdrawn.value();
  totals.to_outside_yuan = SumInside(model, model.to_outsides()).value();
  totals.operating_loss_yuan = loss.value();
  totals.narrow_yuan = households.narrow.value();
  Ledger& ledger = totals.ledger;
  ledger.from_outside_yuan = from_outside.value();
  ledger.unexplained_injection_yuan = SumInside(model, model.unexplaineds()).value();
  ledger.injected_yuan = injected.value() - totals.withdrawn_yuan + ledger.from_outside_yuan +
                         ledger.unexplained_injection_yuan;
  ledger.households_yuan = households.benefit.value();
  ledger.retained_yuan = SumInside(model, model.retaineds()).value();
  ledger.leaked_yuan = SumInside(model, model.leakeds()).value() + totals.to_outside_yuan;
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
