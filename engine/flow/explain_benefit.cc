#include "engine/flow/explain_benefit.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_ledger.h"
#include "engine/flow/path_search.h"
#include "engine/flow/upstream.h"
#include "engine/runtime/work.h"

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

// Rounding of the sum of all paths.
constexpr double kAllCovered = 1 - 1e-12;
// Prefixes that a search is expected to grow.
constexpr std::uint64_t kEstimatedPrefixes = 10000;
constexpr std::uint64_t kRowBytes = 2 * (8 + 8 + 4 + 4 + 8);

std::string WhyEnded(PathLimit limit, std::int64_t count) {
  const std::string found = Cat("; ", count, " paths were found");
  switch (limit) {
    case PathLimit::kPrefixes:
      return Cat("the search for paths ended after ", PathSearch::kMaxPrefixes, " prefixes", found);
    case PathLimit::kVisits:
      return Cat("the search for paths ended when its cycles had taken ", PathSearch::kMaxNumbers,
                 " numbers", found);
    case PathLimit::kFactors:
      return Cat("the search for paths ended when its prefixes had taken ", PathSearch::kMaxNumbers,
                 " numbers", found);
    case PathLimit::kNone:
      break;
  }
  return {};
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const ExplainBenefitOptions& options, RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex household, FindHousehold(input.view, options.node));
  context.SetTotal(input.snapshot().link_count() + static_cast<std::uint64_t>(options.k) + 1);
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const FlowModel> books,
                           FlowModel::Get(input, input.view, ModelOptions(options), context));
  const FlowModel& model = *books;
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Upstream> up,
                           Upstream::Make(model, household, context));
  context.AddCompleted(1);

  AnalysisResult result;
  AddColumns(result.table);
  PathSearch search(model, *up, household, context);
  GrowingBooking rows(context, kRowBytes);
  const double benefit = BenefitOf(model, household);
  MoneySum covered;
  std::int64_t count = 0;
  BenefitPath path;
  // Of a sum of both signs no part says that nothing is missing.
  const auto all = [&] {
    return !options.signed_injections && covered.value() >= benefit * kAllCovered;
  };
  bool more = false;
  while (!all()) {
    LIANJIE_ASSIGN_OR_RETURN(more, search.Next(path));
    if (!more || count == options.k) break;
    AddPath(result.table, ++count, path);
    LIANJIE_RETURN_IF_ERROR(rows.Cover(result.table.row_count()));
    covered.Add(path.benefit_yuan);
    context.AddCompleted(1);
    more = false;
  }
  SummaryValue share;
  if (benefit != 0.0) share = covered.value() / benefit;
  result.summary = {{"benefit_yuan", benefit},
                    {"covered_share", share},
                    {"covered_yuan", covered.value()},
                    {"path_count", count}};
  AddSources(model, *up, result.summary);
  if (more) {
    result.truncated = true;
    result.truncation_reason = Cat("k is ", options.k, "; there are more paths");
  } else if (search.limit() != PathLimit::kNone) {
    result.truncated = true;
    result.truncation_reason = WhyEnded(search.limit(), count);
  }
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
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
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateExplainBenefitBytes(const AnalysisInput& input,
                                          const ExplainBenefitOptions& options) {
  const std::uint64_t nodes = input.snapshot().node_count();
  const std::uint64_t links = input.snapshot().link_count();
  // The books, what lies upstream, and the search, which grows with what it finds.
  return FlowModel::EstimateBytes(input.snapshot(), ModelOptions(options)) +
         Upstream::EstimateBytes() +
         PathSearch::EstimateBytes(std::min(kEstimatedPrefixes, nodes + links));
}

}  // namespace lianjie
