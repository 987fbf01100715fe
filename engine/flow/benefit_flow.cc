#include "engine/flow/benefit_flow.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/benefit_columns.h"
#include "engine/flow/first_tiers.h"
#include "engine/flow/flow_core.h"
#include "engine/flow/flow_ledger.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr int kTiers = 10;
constexpr int kSourcesAtOnce = 8;

bool Asked(const BenefitFlowOptions& options, Decomposition what) {
  return std::find(options.decompose.begin(), options.decompose.end(), what) !=
         options.decompose.end();
}

bool NeedsTiers(const BenefitFlowOptions& options) {
  return Asked(options, Decomposition::kTier) || Asked(options, Decomposition::kSector);
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
        rows_(model) {}

  absl::StatusOr<AnalysisResult> Run() {
    LIANJIE_ASSIGN_OR_RETURN(const BenefitSums sums, AddMoney());
    LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<TierSweep> sweep, MakeSweep());
    for (const Decomposition what : options_.decompose) {
      LIANJIE_RETURN_IF_ERROR(AddPart(what, sweep.get()));
      context_.AddCompleted(graph_.link_count());
    }
    Summarise(sums.households);
    result_.summary.emplace_back("direct_yuan", sums.direct_yuan);
    result_.summary.emplace_back("indirect_yuan", sums.indirect_yuan);
    return std::move(result_);
  }

  absl::StatusOr<AnalysisResult> RunByPayer() {
    LIANJIE_ASSIGN_OR_RETURN(const HouseholdSums sums, SumHouseholds(model_, context_));
    context_.AddCompleted(graph_.link_count());
    LIANJIE_RETURN_IF_ERROR(AddPayerRows(model_, rows_, result_.table, context_));
    Summarise(sums);
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

  absl::StatusOr<BenefitSums> AddMoney() {
    LIANJIE_ASSIGN_OR_RETURN(const FirstTiers tiers, FirstTiers::Make(model_, context_));
    return AddBenefitColumns(model_, tiers, rows_, result_.table, context_);
  }

  // Nothing when no part needs it.
  absl::StatusOr<std::unique_ptr<TierSweep>> MakeSweep() {
    if (!NeedsTiers(options_)) return std::unique_ptr<TierSweep>();
    return TierSweep::Make(model_, context_);
  }

  void Summarise(const HouseholdSums& households) {
    const FlowTotals totals = SumFlow(model_, households);
    result_.ledger = totals.ledger;
    result_.summary = SummaryOf(totals);
    std::vector<std::string> warnings = WarningsOf(model_, totals);
    result_.warnings.insert(result_.warnings.end(), warnings.begin(), warnings.end());
  }

  absl::Status AddPart(Decomposition what, const TierSweep* sweep) {
    switch (what) {
      case Decomposition::kMechanism:
        return AddMechanisms();
      case Decomposition::kRole:
        return AddRoles();
      case Decomposition::kTier:
        return AddTiers(*sweep);
      case Decomposition::kSource:
        return AddSources();
      case Decomposition::kSector:
        return AddSectors(*sweep);
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

  absl::Status AddTiers(const TierSweep& sweep) {
    LIANJIE_ASSIGN_OR_RETURN(const PayerParts parts, sweep.Run(kTiers, context_));
    Columns tiers = MakeColumns(std::size_t{kTiers} + 1);
    LIANJIE_RETURN_IF_ERROR(SpreadToHouseholds(model_, parts, rows_, tiers, context_));
    if (AnyOf(tiers[0])) {
      AddColumn("tier_0_yuan", std::move(tiers[0]), "Benefit that no organisation ever held.");
    }
    for (std::size_t tier = 1; tier <= kTiers; ++tier) {
      AddColumn(Cat("tier_", tier, "_yuan"), std::move(tiers[tier]),
                Cat("Benefit that passed ", tier, tier == kTiers ? " or more" : "",
                    " paying organisations."));
    }
    return absl::OkStatus();
  }

  absl::Status AddSources() {
    LIANJIE_ASSIGN_OR_RETURN(const FlowCore core, FlowCore::Make(model_, context_));
    const SourceSplit split(model_, options_.source_group);
    for (int first = 0; first < split.size(); first += kSourcesAtOnce) {
      const int width = std::min(kSourcesAtOnce, split.size() - first);
      LIANJIE_ASSIGN_OR_RETURN(const PayerParts parts, split.Solve(core, first, width, context_));
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

  const FlowModel& model_;
  const Snapshot& graph_;
  const BenefitFlowOptions& options_;
  RunContext& context_;
  const NodeRows rows_;
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

// Beside the books.
std::uint64_t OwnBytes(const Snapshot& graph, const BenefitFlowOptions& options) {
  const std::uint64_t nodes = graph.node_count();
  const Snapshot::PayerCounts& counts = graph.payer_counts();
  const std::uint64_t payers = nodes - counts.households + counts.paying_households;
  if (Asked(options, Decomposition::kPayer)) return 4096;
  std::uint64_t bytes = EstimateBenefitColumnsBytes(graph) + FirstTiers::EstimateBytes(payers);
  std::uint64_t columns = 0;
  for (const Decomposition what : options.decompose) {
    columns += what == Decomposition::kTier        ? kTiers + 1
               : what == Decomposition::kMechanism ? EnumNames<Mechanism>().size()
               : what == Decomposition::kSource    ? kMaxSources
                                                   : 4;
  }
  bytes += columns * nodes * sizeof(double);
  if (NeedsTiers(options)) {
    const std::uint64_t parts = Asked(options, Decomposition::kTier) ? kTiers + 3 : 8;
    bytes += PayerArcs::EstimateBytes(graph) + payers * (parts * sizeof(double) + 64);
  }
  if (Asked(options, Decomposition::kSource)) {
    bytes += FlowCore::EstimateBytes(graph) + payers * (kSourcesAtOnce + 1) * sizeof(double);
  }
  return bytes;
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const BenefitFlowOptions& options, RunContext& context) {
  const std::uint64_t links = input.snapshot().link_count();
  context.SetTotal(links * (2 + options.decompose.size()));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const FlowModel> model,
                           FlowModel::Get(input, input.view, ModelOptions(options), context));
  context.AddCompleted(links - std::min(links, context.completed()));
  LIANJIE_RETURN_IF_ERROR(context.Reserve(OwnBytes(input.snapshot(), options)));
  BenefitFlowRun run(*model, options, context);
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
  return FlowModel::EstimateBytes(input.snapshot(), ModelOptions(options)) +
         OwnBytes(input.snapshot(), options);
}

}  // namespace lianjie
