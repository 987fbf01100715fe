#include "engine/flow/dependence.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/benefit_parts.h"
#include "engine/flow/flow_core.h"
#include "engine/flow/flow_ledger.h"
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

absl::Status LossesOfAll(const FlowModel& model, const FlowCore& core, AnalysisResult& result,
                         RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<double> worth,
                           core.WorthToHouseholds(model.options().tolerance, context));
  std::vector<std::uint8_t> wanted(core.size(), 0);
  std::size_t rows = 0;
  for (std::uint32_t c = 0; c < core.size(); ++c) {
    const PayerIndex p = core.Payer(c);
    const bool row = model.IsInside(p) && model.IsOrganisationPayer(p);
    wanted[c] = row && model.x(p) != 0.0 ? 1 : 0;
    rows += row ? 1 : 0;
  }
  DiagonalReport report;
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<double> visits,
                           core.solver().Diagonal(wanted, report, context));
  std::vector<Loss> losses;
  losses.reserve(rows);
  for (std::uint32_t c = 0; c < core.size(); ++c) {
    const PayerIndex p = core.Payer(c);
    if (!model.IsInside(p) || !model.IsOrganisationPayer(p)) continue;
    losses.push_back({model.PayerNode(p), model.x(p) / visits[c] * worth[c]});
  }
  AddLosses(model.snapshot(), std::move(losses), result.table);
  result.summary.emplace_back("exact", report.exact);
  result.summary.emplace_back("max_relative_error", report.max_relative_error);
  if (!report.exact) {
    result.warnings.push_back(Cat("In some cycle of more than ", kExactDiagonalBlock,
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
absl::Status LossesOfHouseholds(const FlowModel& model, const FlowCore& core, PayerIndex k,
                                const NodeRows& rows, AnalysisResult& result, RunContext& context) {
  PayerParts parts{.width = 1, .values = {}, .outside_part = -1};
  parts.values.assign(model.payer_count(), 0.0);
  if (model.x(k) != 0.0) {
    parts.values[k] = 1.0;
    LIANJIE_RETURN_IF_ERROR(
        core.Forward(parts.values, 1, model.options().tolerance, nullptr, context));
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

// Beside the books.
std::uint64_t OwnBytes(const Snapshot& graph, const DependenceOptions& options) {
  const std::uint64_t nodes = graph.node_count();
  const Snapshot::PayerCounts& counts = graph.payer_counts();
  const std::uint64_t others = nodes - counts.households;
  const std::uint64_t payers = others + counts.paying_households;
  const std::uint64_t core = FlowCore::EstimateBytes(graph);
  if (options.organisation.empty()) return core + others * (sizeof(Loss) + 12 + 8 + 8 + 1);
  return core + payers * 8 + nodes * (8 + sizeof(Loss) + 12);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const DependenceOptions& options,
                                       RunContext& context) {
  const std::uint64_t links = input.snapshot().link_count();
  context.SetTotal(links * 2);
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const FlowModel> books,
                           FlowModel::Get(input, input.view, ModelOptions(options), context));
  const FlowModel& model = *books;
  context.AddCompleted(links - std::min(links, context.completed()));
  LIANJIE_RETURN_IF_ERROR(context.Reserve(OwnBytes(input.snapshot(), options)));
  PayerIndex organisation = kNoPayer;
  if (!options.organisation.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(organisation, FindPayer(model, options.organisation));
  }
  LIANJIE_ASSIGN_OR_RETURN(const FlowCore core, FlowCore::Make(model, context));
  LIANJIE_ASSIGN_OR_RETURN(const HouseholdSums households, SumHouseholds(model, context));
  AnalysisResult result;
  result.summary.emplace_back("benefit_yuan", households.benefit.value());
  if (organisation == kNoPayer) {
    LIANJIE_RETURN_IF_ERROR(LossesOfAll(model, core, result, context));
  } else {
    const NodeRows rows(model);
    LIANJIE_RETURN_IF_ERROR(LossesOfHouseholds(model, core, organisation, rows, result, context));
  }
  context.AddCompleted(links * 2 - std::min(links * 2, context.completed()));
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
  return FlowModel::EstimateBytes(input.snapshot(), ModelOptions(options)) +
         OwnBytes(input.snapshot(), options);
}

}  // namespace lianjie
