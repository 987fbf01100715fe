#include "engine/flow/dependence.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/benefit_parts.h"
#include "engine/flow/flow_ledger.h"
#include "engine/flow/flow_solver.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

FlowModelOptions ModelOptions(const DependenceOptions& options) {
  return {.mode = options.mode,
          .signed_injections = options.signed_injections,
          .tolerance = options.tolerance};
}

struct Loss {
  NodeIndex node;
  double yuan;
};

void AddLosses(const Snapshot& graph, std::vector<Loss> losses, Table& table) {
  std::sort(losses.begin(), losses.end(), [&graph](const Loss& a, const Loss& b) {
    if (a.yuan != b.yuan) return a.yuan > b.yuan;
    return CompareIds(graph.NodeId(a.node), graph.NodeId(b.node)) < 0;
  });
  table.AddColumn("node", ColumnType::kNode, "", "Organisation, or household with `organisation`.");
  table.AddColumn("loss_yuan", ColumnType::kNumber, "yuan",
                  "Benefit that would not arrive without the organisation.");
  for (const Loss& loss : losses) {
    table.column(0).indices.push_back(loss.node);
    table.column(1).numbers.push_back(loss.yuan);
  }
}

double BenefitOfAll(const HouseholdBenefits& households, const NodeRows& rows) {
  MoneySum sum;
  for (const NodeIndex n : rows.nodes()) sum.Add(households.benefit_yuan[n]);
  return sum.value();
}

// What a yuan at each payer is worth to all households together: a = (I - P)^-1 R 1.
absl::StatusOr<std::vector<double>> WorthToAll(const FlowModel& model, const FlowSolver& solver,
                                               RunContext& context) {
  const Snapshot& graph = model.snapshot();
  std::vector<double> worth(model.payer_count(), 0.0);
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    if (!model.IsInside(p)) continue;
    const NodeIndex n = model.PayerNode(p);
    if (model.IsAccount(p)) worth[p] += model.PassShare(n);
    for (LinkIndex l = graph.out_begin(n); l < graph.out_end(n); ++l) {
      if ((l & kPollMask) == 0 && context.Stopped()) return context.Check();
      if (model.LinkInside(l) && model.ReceiverOf(l) == kNoPayer) worth[p] += model.LinkShare(l);
    }
  }
  LIANJIE_RETURN_IF_ERROR(solver.Backward(worth, 1, model.options().tolerance, context));
  return worth;
}

absl::Status LossesOfAll(const FlowModel& model, const FlowSolver& solver, AnalysisResult& result,
                         RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<double> worth, WorthToAll(model, solver, context));
  std::vector<std::uint8_t> wanted(model.payer_count(), 0);
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    wanted[p] = model.IsInside(p) && model.IsOrganisationPayer(p) && model.x(p) != 0.0 ? 1 : 0;
  }
  DiagonalReport report;
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<double> visits,
                           solver.Diagonal(wanted, report, context));
  std::vector<Loss> losses;
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    if (!model.IsInside(p) || !model.IsOrganisationPayer(p)) continue;
    losses.push_back({model.PayerNode(p), model.x(p) / visits[p] * worth[p]});
  }
  AddLosses(model.snapshot(), std::move(losses), result.table);
  result.summary.emplace_back("exact", report.exact);
  result.summary.emplace_back("max_relative_error", report.max_relative_error);
  if (!report.exact) {
    result.warnings.push_back(Cat("In cycles of more than ", kExactDiagonalBlock,
                                  " payers losses are estimated, with a relative error of at most ",
                                  report.max_relative_error, "."));
  }
  return absl::OkStatus();
}

absl::StatusOr<PayerIndex> FindPayer(const FlowModel& model, std::string_view id) {
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex n, FindNodeInside(model.view(), "organisation", id));
  if (model.snapshot().nodes().kind[n] == NodeKind::kHousehold) {
    return InvalidField("organisation", Cat("'", id,
                                            "' is a HOUSEHOLD; dependence is on payers "
                                            "that are organisations"));
  }
  return model.PayerOf(n);
}

// Sends what passes the organisation once, x_k / N_kk, on from there.
absl::Status LossesOfHouseholds(const FlowModel& model, const FlowSolver& solver, PayerIndex k,
                                const NodeRows& rows, AnalysisResult& result, RunContext& context) {
  PayerParts parts{.width = 1, .values = {}, .outside_part = -1};
  parts.values.assign(model.payer_count(), 0.0);
  if (model.x(k) != 0.0) {
    parts.values[k] = 1.0;
    LIANJIE_RETURN_IF_ERROR(
        solver.Forward(parts.values, 1, model.options().tolerance, nullptr, context));
    const double once = model.x(k) / parts.values[k];
    for (double& money : parts.values) money *= once;
  }
  std::vector<std::vector<double>> columns(1, std::vector<double>(rows.size(), 0.0));
  LIANJIE_RETURN_IF_ERROR(SpreadToHouseholds(model, parts, rows, columns, context));
  std::vector<Loss> losses;
  MoneySum total;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (columns[0][row] == 0.0) continue;
    losses.push_back({rows.Node(row), columns[0][row]});
    total.Add(columns[0][row]);
  }
  AddLosses(model.snapshot(), std::move(losses), result.table);
  result.summary.emplace_back("loss_yuan", total.value());
  return absl::OkStatus();
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const DependenceOptions& options,
                                       RunContext& context) {
  context.SetTotal(std::uint64_t{input.snapshot().link_count()} * 2);
  LIANJIE_ASSIGN_OR_RETURN(const FlowModel model,
                           FlowModel::Build(input.view, ModelOptions(options), context));
  context.AddCompleted(input.snapshot().link_count());
  LIANJIE_RETURN_IF_ERROR(
      context.Reserve(EstimateDependenceBytes(input, options) -
                      FlowModel::EstimateBytes(input.snapshot(), ModelOptions(options))));
  PayerIndex organisation = kNoPayer;
  if (!options.organisation.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(organisation, FindPayer(model, options.organisation));
  }
  LIANJIE_ASSIGN_OR_RETURN(const FlowSolver solver, FlowSolver::Make(model.arcs(), context));
  LIANJIE_ASSIGN_OR_RETURN(const HouseholdBenefits households, model.ComputeHouseholds(context));
  const NodeRows rows(input.view);
  AnalysisResult result;
  result.summary.emplace_back("benefit_yuan", BenefitOfAll(households, rows));
  if (organisation == kNoPayer) {
    LIANJIE_RETURN_IF_ERROR(LossesOfAll(model, solver, result, context));
  } else {
    LIANJIE_RETURN_IF_ERROR(LossesOfHouseholds(model, solver, organisation, rows, result, context));
  }
  result.warnings.emplace_back(
      "Losses of different organisations overlap and are never to be summed.");
  return result;
}

}  // namespace

absl::Status DependenceOptions::Validate() const { return ModelOptions(*this).Validate(); }

absl::StatusOr<AnalysisResult> RunDependence(const AnalysisInput& input,
                                             const DependenceOptions& options,
                                             RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateDependenceBytes(const AnalysisInput& input,
                                      const DependenceOptions& options) {
  const std::uint64_t nodes = input.snapshot().node_count();
  return FlowModel::EstimateBytes(input.snapshot(), ModelOptions(options)) +
         nodes * (3 + 4) * sizeof(double) + nodes * (sizeof(Loss) + 12);
}

}  // namespace lianjie
