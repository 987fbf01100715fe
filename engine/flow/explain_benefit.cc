#include "engine/flow/explain_benefit.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_ledger.h"
#include "engine/flow/path_search.h"
#include "engine/flow/upstream.h"

namespace lianjie {
namespace {

FlowModelOptions ModelOptions(const ExplainBenefitOptions& options) {
  return {.mode = options.mode,
          .signed_injections = options.signed_injections,
          .tolerance = options.tolerance};
}

absl::StatusOr<NodeIndex> FindHousehold(const View& view, std::string_view id) {
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex n, FindNodeInside(view, "node", id));
  const NodeKind kind = view.snapshot().nodes().kind[n];
  if (kind == NodeKind::kHousehold) return n;
  return InvalidField(
      "node", Cat("'", id, "' is a ", EnumName(kind), ": benefit is explained for a HOUSEHOLD"));
}

double BenefitOf(const FlowModel& model, NodeIndex household) {
  std::vector<IncomingBenefit> incoming;
  model.ListIncoming(household, incoming);
  MoneySum sum;
  for (const IncomingBenefit& in : incoming) sum.Add(in.benefit_yuan);
  sum.Add(model.OwnBenefitYuan(household));
  return sum.value();
}

void AddColumns(Table& table) {
  table.AddColumn("path", ColumnType::kInteger, "", "Number of the path, from 1, largest first.");
  table.AddColumn("step", ColumnType::kInteger, "", "Place of the node in the path, from 0.");
  table.AddColumn("node", ColumnType::kNode, "", "Node that the money passes.");
  table.AddColumn("link", ColumnType::kLink, "",
                  "Link that pays the node; none where money enters.");
  table.AddColumn("benefit_yuan", ColumnType::kNumber, "yuan",
                  "Benefit that reaches the household by the whole path.");
}

void AddPath(Table& table, std::int64_t number, const BenefitPath& path) {
  for (std::size_t step = 0; step < path.nodes.size(); ++step) {
    table.column(0).integers.push_back(number);
    table.column(1).integers.push_back(static_cast<std::int64_t>(step));
    table.column(2).indices.push_back(path.nodes[step]);
    table.column(3).indices.push_back(path.links[step]);
    table.column(4).numbers.push_back(path.benefit_yuan);
  }
}

// Benefit by the kind of source: what is left is out of injections.
void AddSources(const FlowModel& model, const Upstream& up, Summary& summary) {
  MoneySum unexplained, outside;
  for (std::size_t v = 0; v < up.payers.size(); ++v) {
    const PayerIndex p = up.payers[v];
    if (!model.IsInside(p)) continue;
    unexplained.Add(model.unexplained(p) * up.worth[v]);
    outside.Add(model.from_outside(p) * up.worth[v]);
  }
  for (const Upstream::Straight& straight : up.straight) outside.Add(straight.yuan);
  summary.emplace_back("unexplained_yuan", unexplained.value());
  summary.emplace_back("from_outside_yuan", outside.value());
}

}  // namespace

absl::Status ExplainBenefitOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ModelOptions(*this).Validate());
  if (node.empty())
    return InvalidField("node", "needs the id of a household", Reason::kMissingField);
  if (k < 1 || k > kMaxExplainedPaths) {
    return InvalidField("k", Cat("must lie between 1 and ", kMaxExplainedPaths, ", not ", k));
  }
  return absl::OkStatus();
}

absl::StatusOr<AnalysisResult> RunExplainBenefit(const AnalysisInput& input,
                                                 const ExplainBenefitOptions& options,
                                                 RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex household, FindHousehold(input.view, options.node));
  context.SetTotal(static_cast<std::uint64_t>(options.k) + 1);
  LIANJIE_ASSIGN_OR_RETURN(const FlowModel model,
                           FlowModel::Build(input.view, ModelOptions(options), context));
  LIANJIE_RETURN_IF_ERROR(
      context.Reserve(EstimateExplainBenefitBytes(input, options) -
                      FlowModel::EstimateBytes(input.snapshot(), ModelOptions(options))));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Upstream> up,
                           Upstream::Make(model, household, context));
  context.AddCompleted(1);

  AnalysisResult result;
  AddColumns(result.table);
  PathSearch search(model, *up, household);
  const double benefit = BenefitOf(model, household);
  MoneySum covered;
  std::int64_t count = 0;
  BenefitPath path;
  while (count < options.k) {
    LIANJIE_ASSIGN_OR_RETURN(const bool found, search.Next(path, context));
    if (!found) break;
    AddPath(result.table, ++count, path);
    covered.Add(path.benefit_yuan);
    context.AddCompleted(1);
  }
  SummaryValue share;
  if (benefit != 0.0) share = covered.value() / benefit;
  result.summary = {{"benefit_yuan", benefit},
                    {"covered_share", share},
                    {"covered_yuan", covered.value()},
                    {"path_count", count}};
  AddSources(model, *up, result.summary);
  bool more = false;
  if (count == options.k && !search.exhausted()) {
    LIANJIE_ASSIGN_OR_RETURN(more, search.Next(path, context));
  }
  if (more) {
    result.truncated = true;
    result.truncation_reason = Cat("k is ", options.k, "; there are more paths");
  } else if (search.exhausted()) {
    result.truncated = true;
    result.truncation_reason =
        Cat("the search for paths ended after a million prefixes; ", count, " paths were found");
  }
  return result;
}

std::uint64_t EstimateExplainBenefitBytes(const AnalysisInput& input,
                                          const ExplainBenefitOptions& options) {
  // The books, and the search: prefixes, queue and the visits kept.
  return FlowModel::EstimateBytes(input.snapshot(), ModelOptions(options)) +
         (std::uint64_t{1} << 27);
}

}  // namespace lianjie
