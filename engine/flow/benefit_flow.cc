#include "engine/flow/benefit_flow.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_ledger.h"
#include "engine/flow/flow_solver.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr int kTiers = 10;
constexpr int kSourcesAtOnce = 8;

bool Asked(const BenefitFlowOptions& options, Decomposition what) {
  return std::find(options.decompose.begin(), options.decompose.end(), what) !=
         options.decompose.end();
}

FlowModelOptions ModelOptions(const BenefitFlowOptions& options) {
  return {.mode = options.mode,
          .signed_injections = options.signed_injections,
          .tolerance = options.tolerance};
}

// Makes the table of one run, column group by column group.
class BenefitFlowRun {
 public:
  BenefitFlowRun(const FlowModel& model, const BenefitFlowOptions& options, RunContext& context)
      : model_(model),
        graph_(model.snapshot()),
        options_(options),
        context_(context),
        rows_(model.view()) {}

  absl::StatusOr<AnalysisResult> Run() {
    LIANJIE_ASSIGN_OR_RETURN(const HouseholdBenefits households,
                             model_.ComputeHouseholds(context_));
    LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<TierSweep> sweep,
                             TierSweep::Make(model_, context_));
    LIANJIE_RETURN_IF_ERROR(MakeTiers(*sweep));
    AddNodes();
    AddMoney(households);
    for (const Decomposition what : options_.decompose) {
      LIANJIE_RETURN_IF_ERROR(AddPart(what, *sweep));
      context_.AddCompleted(graph_.link_count());
    }
    LIANJIE_ASSIGN_OR_RETURN(const FlowTotals totals, SumFlow(model_, households, context_));
    result_.ledger = totals.ledger;
    result_.summary = SummaryOf(totals);
    AddTierSummary();
    result_.warnings = WarningsOf(model_, totals);
    return std::move(result_);
  }

  absl::StatusOr<AnalysisResult> RunByPayer() {
    LIANJIE_ASSIGN_OR_RETURN(const HouseholdBenefits households,
                             model_.ComputeHouseholds(context_));
    LIANJIE_RETURN_IF_ERROR(AddPayerRows(model_, rows_, result_.table, context_));
    LIANJIE_ASSIGN_OR_RETURN(const FlowTotals totals, SumFlow(model_, households, context_));
    result_.ledger = totals.ledger;
    result_.summary = SummaryOf(totals);
    result_.warnings = WarningsOf(model_, totals);
    return std::move(result_);
  }

 private:
  using Columns = std::vector<std::vector<double>>;

  Columns MakeColumns(std::size_t count) const {
    return Columns(count, std::vector<double>(rows_.size(), 0.0));
  }

  void AddColumn(std::string name, std::vector<double> values, std::string description) {
    const std::size_t at = result_.table.AddColumn(std::move(name), ColumnType::kNumber, "yuan",
                                                   std::move(description));
    result_.table.column(at).numbers = std::move(values);
  }

  absl::Status MakeTiers(const TierSweep& sweep) {
    const int last = Asked(options_, Decomposition::kTier) ? kTiers : 2;
    LIANJIE_ASSIGN_OR_RETURN(const PayerParts parts, sweep.Run(last, context_));
    tiers_ = MakeColumns(static_cast<std::size_t>(last) + 1);
    return SpreadToHouseholds(model_, parts, rows_, tiers_, context_);
  }

  void AddNodes() {
    Table& table = result_.table;
    table.AddColumn("node", ColumnType::kNode, "", "Id of the node.");
    table.AddColumn("kind", ColumnType::kString, "", "Kind of the node.");
    table.column(0).indices.assign(rows_.nodes().begin(), rows_.nodes().end());
    table.column(1).strings.reserve(rows_.size());
    for (const NodeIndex n : rows_.nodes()) {
      table.column(1).strings.emplace_back(EnumName(graph_.nodes().kind[n]));
    }
  }

  // One number of each row, from its node and payer (kNoPayer: a household without an account).
  template <typename F> std::vector<double> Collect(F value) const {
    std::vector<double> out(rows_.size());
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const NodeIndex n = rows_.Node(row);
      out[row] = value(n, model_.PayerOf(n));
    }
    return out;
  }

  void AddMoney(const HouseholdBenefits& households) {
    const auto household = [this](NodeIndex n) {
      return graph_.nodes().kind[n] == NodeKind::kHousehold;
    };
    AddColumn("throughput_yuan", Collect([&](NodeIndex n, PayerIndex p) {
                return household(n) ? households.gross_yuan[n] : model_.x(p);
              }),
              "All money that reached the node; of a household its gross receipts.");
    AddColumn("benefit_yuan",
              Collect([&](NodeIndex n, PayerIndex) { return households.benefit_yuan[n]; }),
              "What a household keeps, net of what its operating account pays.");
    AddColumn("gross_yuan",
              Collect([&](NodeIndex n, PayerIndex) { return households.gross_yuan[n]; }),
              "All that was paid to a household, and its own injection.");
    std::vector<double> indirect(rows_.size(), 0.0);
    for (std::size_t tier = 2; tier < tiers_.size(); ++tier) {
      for (std::size_t row = 0; row < indirect.size(); ++row) indirect[row] += tiers_[tier][row];
    }
    AddColumn("direct_yuan", tiers_[1], "Benefit that passed exactly one paying organisation.");
    AddColumn("indirect_yuan", std::move(indirect),
              "Benefit that passed more than one paying organisation.");
    AddColumn("retained_yuan", Collect([&](NodeIndex, PayerIndex p) {
                return p == kNoPayer ? 0.0 : model_.retained(p);
              }),
              "What an organisation keeps.");
    AddColumn("leaked_yuan", Collect([&](NodeIndex, PayerIndex p) {
                return p == kNoPayer ? 0.0 : model_.leaked(p) + model_.to_outside(p);
              }),
              "What leaves by leak_share, and what is paid out of the filter.");
    AddColumn("injected_yuan", Collect([&](NodeIndex, PayerIndex p) {
                return p == kNoPayer ? 0.0 : model_.injection(p) + model_.from_outside(p);
              }),
              "Money that enters here, from the market and from outside the filter.");
    AddColumn("unexplained_injection_yuan", Collect([&](NodeIndex, PayerIndex p) {
                return p == kNoPayer ? 0.0 : model_.unexplained(p);
              }),
              "What the node paid without a recorded source.");
    AddColumn("operating_loss_yuan", Collect([&](NodeIndex n, PayerIndex p) {
                return household(n) && p != kNoPayer ? model_.unexplained(p) : 0.0;
              }),
              "What a household's operating account paid beyond what it received.");
    AddColumn("narrow_yuan",
              Collect([&](NodeIndex n, PayerIndex) { return households.narrow_yuan[n]; }),
              "The part of the benefit that came by interest-binding links.");
  }

  absl::Status AddPart(Decomposition what, const TierSweep& sweep) {
    switch (what) {
      case Decomposition::kMechanism:
        return AddMechanisms();
      case Decomposition::kRole:
        return AddRoles();
      case Decomposition::kTier:
        AddTiers();
        return absl::OkStatus();
      case Decomposition::kSource:
        return AddSources();
      case Decomposition::kSector:
        return AddSectors(sweep);
      case Decomposition::kDriver:
        return AddDrivers();
      case Decomposition::kPayer:
      case Decomposition::kUnspecified:
        break;
    }
    return absl::OkStatus();
  }

  // Sums the benefit by the last link: key(mechanism, driver) says which column; column 0 takes
  // what came by no link.
  template <typename Key> absl::StatusOr<Columns> SumByLink(std::size_t count, Key key) {
    Columns columns = MakeColumns(count);
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const NodeIndex n = rows_.Node(row);
      if (graph_.nodes().kind[n] == NodeKind::kHousehold)
        columns[0][row] = model_.OwnBenefitYuan(n);
    }
    const LinkColumns& links = graph_.links();
    for (LinkIndex l = 0; l < graph_.link_count(); ++l) {
      if ((l & kPollMask) == 0 && context_.Stopped()) return context_.Check();
      const NodeIndex target = links.target[l];
      if (graph_.nodes().kind[target] != NodeKind::kHousehold || !rows_.Has(target)) continue;
      const double benefit = model_.LinkBenefitYuan(l);
      if (benefit == 0.0) continue;
      columns[key(links.mechanism[l], ValueOr(links.driver, l))][rows_.RowOf(target)] += benefit;
    }
    return columns;
  }

  static bool AnyOf(const std::vector<double>& column) {
    return std::any_of(column.begin(), column.end(), [](double v) { return v != 0.0; });
  }

  absl::Status AddMechanisms() {
    const auto names = EnumNames<Mechanism>();
    // Which occur is found first, so that a column that nobody needs is never made.
    std::vector<std::size_t> column_of(names.size(), 0);
    const LinkColumns& links = graph_.links();
    for (LinkIndex l = 0; l < graph_.link_count(); ++l) {
      if ((l & kPollMask) == 0 && context_.Stopped()) return context_.Check();
      const NodeIndex target = links.target[l];
      if (graph_.nodes().kind[target] != NodeKind::kHousehold || !rows_.Has(target)) continue;
      if (model_.LinkBenefitYuan(l) != 0.0)
        column_of[static_cast<std::size_t>(links.mechanism[l])] = 1;
    }
    std::size_t count = 1;
    for (std::size_t m = 1; m < names.size(); ++m) {
      if (column_of[m] != 0) column_of[m] = count++;
    }
    column_of[0] = 0;
    auto columns = SumByLink(count, [&column_of](Mechanism m, Driver) {
      return column_of[static_cast<std::size_t>(m)];
    });
    if (!columns.ok()) return columns.status();
    for (std::size_t m = 1; m < names.size(); ++m) {
      if (column_of[m] == 0) continue;
      AddColumn(Cat("mechanism_", ToLower(names[m]), "_yuan"), std::move((*columns)[column_of[m]]),
                Cat("Benefit paid last by ", names[m], "."));
    }
    if (AnyOf((*columns)[0])) {
      AddColumn("mechanism_none_yuan", std::move((*columns)[0]),
                "Benefit of a household out of its own sales.");
    }
    return absl::OkStatus();
  }

  // Columns named by an enum's values, those of kUnspecified last as "none".
  template <typename E>
  void AddEnumColumns(std::string_view prefix, std::string_view what, Columns columns) {
    const auto names = EnumNames<E>();
    for (std::size_t i = 1; i <= names.size(); ++i) {
      const std::size_t value = i % names.size();
      const std::string name = value == 0 ? std::string("none") : ToLower(names[value]);
      AddColumn(Cat(prefix, "_", name, "_yuan"), std::move(columns[value]),
                Cat("Benefit by ", what, ": ", value == 0 ? "none" : names[value], "."));
    }
  }

  absl::Status AddRoles() {
    auto columns = SumByLink(EnumNames<Role>().size(), [](Mechanism m, Driver) {
      return static_cast<std::size_t>(RoleOf(m));
    });
    if (!columns.ok()) return columns.status();
    AddEnumColumns<Role>("role", "the household's role", *std::move(columns));
    return absl::OkStatus();
  }

  absl::Status AddDrivers() {
    auto columns = SumByLink(EnumNames<Driver>().size(),
                             [](Mechanism, Driver d) { return static_cast<std::size_t>(d); });
    if (!columns.ok()) return columns.status();
    AddEnumColumns<Driver>("driver", "who drives the last link", *std::move(columns));
    return absl::OkStatus();
  }

  void AddTiers() {
    if (AnyOf(tiers_[0])) {
      AddColumn("tier_0_yuan", tiers_[0], "Benefit that no organisation ever held.");
    }
    for (std::size_t tier = 1; tier <= kTiers; ++tier) {
      AddColumn(Cat("tier_", tier, "_yuan"), tiers_[tier],
                Cat("Benefit that passed ", tier, tier == kTiers ? " or more" : "",
                    " paying organisations."));
    }
  }

  absl::Status AddSources() {
    LIANJIE_ASSIGN_OR_RETURN(const FlowSolver solver, FlowSolver::Make(model_.arcs(), context_));
    const SourceSplit split(model_, options_.source_group);
    for (int first = 0; first < split.size(); first += kSourcesAtOnce) {
      const int width = std::min(kSourcesAtOnce, split.size() - first);
      LIANJIE_ASSIGN_OR_RETURN(const PayerParts parts, split.Solve(solver, first, width, context_));
      Columns columns = MakeColumns(static_cast<std::size_t>(width));
      LIANJIE_RETURN_IF_ERROR(SpreadToHouseholds(model_, parts, rows_, columns, context_));
      for (int j = 0; j < width; ++j) {
        AddColumn(Cat("source_", split.name(first + j), "_yuan"),
                  std::move(columns[static_cast<std::size_t>(j)]),
                  Cat("Benefit out of the ", split.injected_yuan(first + j), " yuan injected by ",
                      split.name(first + j), "."));
      }
    }
    if (split.group_count() > kMaxSources) {
      result_.warnings.push_back(Cat("There are ", split.group_count(), " sources; the ",
                                     kMaxSources - 1,
                                     " that inject most stand by themselves, the rest as OTHER."));
    }
    return absl::OkStatus();
  }

  absl::Status AddSectors(const TierSweep& sweep) {
    LIANJIE_ASSIGN_OR_RETURN(const PayerParts parts, PartsBySector(model_, sweep, context_));
    Columns columns = MakeColumns(static_cast<std::size_t>(parts.width));
    LIANJIE_RETURN_IF_ERROR(SpreadToHouseholds(model_, parts, rows_, columns, context_));
    std::rotate(columns.begin(), columns.end() - 1, columns.end());  // none first, as in the enum
    AddEnumColumns<Sector>("sector", "the last payer's sector", std::move(columns));
    return absl::OkStatus();
  }

  void AddTierSummary() {
    MoneySum direct, indirect;
    for (const double yuan : tiers_[1]) direct.Add(yuan);
    for (std::size_t tier = 2; tier < tiers_.size(); ++tier) {
      for (const double yuan : tiers_[tier]) indirect.Add(yuan);
    }
    result_.summary.emplace_back("direct_yuan", direct.value());
    result_.summary.emplace_back("indirect_yuan", indirect.value());
  }

  const FlowModel& model_;
  const Snapshot& graph_;
  const BenefitFlowOptions& options_;
  RunContext& context_;
  const NodeRows rows_;
  Columns tiers_;
  AnalysisResult result_;
};

}  // namespace

absl::Status BenefitFlowOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ModelOptions(*this).Validate());
  for (std::size_t i = 0; i < decompose.size(); ++i) {
    if (decompose[i] == Decomposition::kUnspecified) {
      return InvalidField("decompose", "names no decomposition");
    }
    if (std::find(decompose.begin(), decompose.begin() + static_cast<std::ptrdiff_t>(i),
                  decompose[i]) != decompose.begin() + static_cast<std::ptrdiff_t>(i)) {
      return InvalidField("decompose", "names a decomposition twice");
    }
  }
  if (decompose.size() > 1 && Asked(*this, Decomposition::kPayer)) {
    return InvalidField("decompose", "PAYER answers in long form and must be asked alone");
  }
  return absl::OkStatus();
}

namespace {

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const BenefitFlowOptions& options, RunContext& context) {
  context.SetTotal(std::uint64_t{input.snapshot().link_count()} * (2 + options.decompose.size()));
  LIANJIE_ASSIGN_OR_RETURN(const FlowModel model,
                           FlowModel::Build(input.view, ModelOptions(options), context));
  context.AddCompleted(input.snapshot().link_count());
  LIANJIE_RETURN_IF_ERROR(
      context.Reserve(EstimateBenefitFlowBytes(input, options) -
                      FlowModel::EstimateBytes(input.snapshot(), ModelOptions(options))));
  BenefitFlowRun run(model, options, context);
  return Asked(options, Decomposition::kPayer) ? run.RunByPayer() : run.Run();
}

}  // namespace

absl::StatusOr<AnalysisResult> RunBenefitFlow(const AnalysisInput& input,
                                              const BenefitFlowOptions& options,
                                              RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateBenefitFlowBytes(const AnalysisInput& input,
                                       const BenefitFlowOptions& options) {
  const Snapshot& graph = input.snapshot();
  const std::uint64_t nodes = graph.node_count();
  // Households, eleven money columns, ids and kinds, and two tiers beside them.
  std::uint64_t columns = 3 + 11 + 3;
  for (const Decomposition what : options.decompose) {
    columns += what == Decomposition::kTier        ? 2 * kTiers
               : what == Decomposition::kMechanism ? EnumNames<Mechanism>().size()
               : what == Decomposition::kSource    ? kMaxSources + kSourcesAtOnce
                                                   : 4;
  }
  const std::uint64_t payer_parts = Asked(options, Decomposition::kTier) ? kTiers + 3 : 8;
  return FlowModel::EstimateBytes(graph, ModelOptions(options)) +
         nodes * (columns * sizeof(double) + sizeof(NodeIndex) * 2 + sizeof(std::string)) +
         nodes * payer_parts * sizeof(double);
}

}  // namespace lianjie
