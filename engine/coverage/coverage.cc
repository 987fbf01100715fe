#include "engine/coverage/coverage.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/coverage/tally.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr int kDeepestLevel = 5;

double Rate(double part, double whole) { return whole == 0 ? kNull : part / whole; }
double Rate(std::uint32_t part, std::uint32_t whole) {
  return Rate(static_cast<double>(part), static_cast<double>(whole));
}
std::int64_t Whole(std::uint32_t count) { return std::int64_t{count}; }

// Tallies by region, each with all below it, then one of the unplaced and one of the whole.
std::vector<Tally> RollUp(const Classification& c) {
  const RegionTree& regions = c.snapshot().regions();
  std::vector<Tally> tallies = c.tallies();
  for (std::size_t r = regions.size(); r-- > 0;) {
    const RegionIndex parent = regions.parent(static_cast<RegionIndex>(r));
    if (parent != kNoRegion) tallies[parent].Add(tallies[r]);
  }
  Tally whole;
  for (std::size_t r = 0; r < regions.size(); ++r) {
    if (regions.parent(static_cast<RegionIndex>(r)) == kNoRegion) whole.Add(tallies[r]);
  }
  whole.Add(tallies[regions.size()]);
  tallies.push_back(whole);
  return tallies;
}

class RegionWriter {
 public:
  RegionWriter(const CoverageOptions& options, Table& table) : options_(options), table_(table) {
    AddText("region", "Code of the region; empty: the whole; none: the unplaced households.");
    AddText("name", "Name of the region.");
    AddCount("level", "", "0 the whole, 1 province to 5 village; none for the unplaced.");
    AddCount("households", "households", "Targets.");
    AddCount("persons", "persons", "Persons of the targets.");
    constexpr std::array<const char*, kClassCount> kSaid = {
        "UNBOUND: no active binding pays it.",
        "UNREACHED: bound, but no market reaches it.",
        "UNPAID: bound and reached, but without benefit.",
        "BELOW_LINE: benefit or income too low.",
        "FRAGILE: too low without its largest payer.",
        "BOUND: all other targets."};
    for (std::size_t i = 0; i < kSaid.size(); ++i) AddCount(Cat("l", i), "households", kSaid[i]);
    AddNumber("participation_rate", "1",
              "Households with an active narrow or SERVICE link, of the ever registered.");
    AddNumber("income_through_industry_rate", "1",
              "Households with narrow benefit, of those lifted out.");
    AddNumber("benefit_per_head_yuan", "yuan", "Narrow benefit of the targets by their persons.");
    AddNumber("new_type_binding_rate", "1",
              "Households bound to a cooperative, leading enterprise or family farm, of the ever "
              "registered.");
    AddNumber("benefit_yuan", "yuan", "Narrow benefit of the targets.");
    AddNumber("gap_yuan", "yuan", "What the targets lack to the line; none without a line.");
    AddNumber("gap_closed_share", "1", "The part of the gap without benefit that benefit closes.");
    AddCount("operators", "households", "Targets that take part as operators.");
    AddCount("workers", "households", "Targets that take part as workers.");
    AddCount("shareholders", "households", "Targets that take part as shareholders.");
    AddCount("ever_registered", "households", "Households registered poor or lifted out.");
    AddCount("lifted_out", "households", "Households lifted out.");
    AddCount("all_households", "households", "All households, targets or not.");
  }

  // A null `code` is the unplaced row.
  void Row(const std::string* code, const std::string& name, std::optional<int> level,
           const Tally& t) {
    if (options_.level.has_value() && options_.level != level) return;
    at_ = 0;
    Text(code);
    Text(&name);
    Level(level);
    Count(t.households), Count(t.persons);
    for (const std::uint32_t count : t.classes) Count(count);
    Number(Rate(t.participating, t.ever_registered));
    Number(Rate(t.industry, t.lifted_out));
    Number(Rate(t.benefit_yuan, static_cast<double>(t.persons)));
    Number(Rate(t.new_type, t.ever_registered));
    Number(t.benefit_yuan);
    Number(t.lined == 0 ? kNull : t.gap_yuan);
    Number(Rate(t.gap_closed_yuan, t.gap0_yuan));
    for (unsigned role = 0; role < 3; ++role) Count(t.WithRole(role));
    Count(t.ever_registered), Count(t.lifted_out), Count(t.all_households);
  }

 private:
  void AddText(std::string name, std::string said) {
    table_.AddColumn(std::move(name), ColumnType::kString, "", std::move(said));
  }
  void AddCount(std::string name, std::string unit, std::string said) {
    table_.AddColumn(std::move(name), ColumnType::kInteger, std::move(unit), std::move(said));
  }
  void AddNumber(std::string name, std::string unit, std::string said) {
    table_.AddColumn(std::move(name), ColumnType::kNumber, std::move(unit), std::move(said));
  }
  void Text(const std::string* value) {
    Column& column = table_.column(at_++);
    column.strings.push_back(value == nullptr ? std::string() : *value);
    column.nulls.push_back(value == nullptr ? 1 : 0);
  }
  void Level(std::optional<int> level) {
    Column& column = table_.column(at_++);
    column.integers.push_back(level.value_or(0));
    column.nulls.push_back(level.has_value() ? 0 : 1);
  }
  void Count(std::int64_t value) { table_.column(at_++).integers.push_back(value); }
  void Number(double value) { table_.column(at_++).numbers.push_back(value); }

  const CoverageOptions& options_;
  Table& table_;
  std::size_t at_ = 0;
};

// The root of level 0 that holds all households, if there is one.
RegionIndex WholeRegion(const RegionTree& regions, RegionIndex first, const std::vector<Tally>& t) {
  if (regions.size() == 0 || first != 0 || regions.end(0) != regions.size()) return kNoRegion;
  return regions.level(0) == 0 && t[regions.size()].all_households == 0 ? 0 : kNoRegion;
}

void WriteRows(const View& view, const std::vector<Tally>& tallies, RegionWriter& writer) {
  const RegionTree& regions = view.snapshot().regions();
  RegionIndex first = 0;
  auto last = static_cast<RegionIndex>(regions.size());
  if (!view.spec().region.empty()) {
    first = regions.Find(view.spec().region);
    last = regions.end(first);
  }
  const RegionIndex whole = WholeRegion(regions, first, tallies);
  const std::string empty;
  if (whole == kNoRegion) writer.Row(&empty, empty, 0, tallies[regions.size() + 1]);
  for (RegionIndex r = first; r < last; ++r) {
    if (r != whole && tallies[r].all_households == 0) continue;
    writer.Row(&regions.code(r), regions.name(r), regions.level(r), tallies[r]);
  }
  if (tallies[regions.size()].all_households > 0) {
    writer.Row(nullptr, empty, std::nullopt, tallies[regions.size()]);
  }
}

SummaryValue OrNull(double value) { return value == value ? SummaryValue(value) : SummaryValue(); }

Summary Summarise(const Classification& c, const Tally& t) {
  Summary out = {{"households", Whole(t.households)}, {"persons", t.persons}};
  for (std::size_t i = 0; i < t.classes.size(); ++i) {
    out.emplace_back(Cat("l", i), Whole(t.classes[i]));
  }
  out.emplace_back("participation_rate", OrNull(Rate(t.participating, t.ever_registered)));
  out.emplace_back("income_through_industry_rate", OrNull(Rate(t.industry, t.lifted_out)));
  out.emplace_back("benefit_per_head_yuan",
                   OrNull(Rate(t.benefit_yuan, static_cast<double>(t.persons))));
  out.emplace_back("new_type_binding_rate", OrNull(Rate(t.new_type, t.ever_registered)));
  out.emplace_back("benefit_yuan", t.benefit_yuan);
  out.emplace_back("gap_yuan", OrNull(t.lined == 0 ? kNull : t.gap_yuan));
  out.emplace_back("gap_closed_share", OrNull(Rate(t.gap_closed_yuan, t.gap0_yuan)));
  constexpr std::array<const char*, 8> kRoles = {"no_role",
                                                 "operator_only",
                                                 "worker_only",
                                                 "operator_worker",
                                                 "shareholder_only",
                                                 "operator_shareholder",
                                                 "worker_shareholder",
                                                 "operator_worker_shareholder"};
  for (std::size_t i = 0; i < kRoles.size(); ++i) out.emplace_back(kRoles[i], Whole(t.roles[i]));
  out.emplace_back("ever_registered", Whole(t.ever_registered));
  out.emplace_back("lifted_out", Whole(t.lifted_out));
  out.emplace_back("all_households", Whole(t.all_households));
  out.emplace_back("income_unknown", static_cast<std::int64_t>(c.income_unknown_count()));
  out.emplace_back("without_line", static_cast<std::int64_t>(c.lineless_count()));
  out.emplace_back("lines_evaluated", c.lineless_count() < c.target_count());
  return out;
}

std::uint64_t TallyBytes(const Snapshot& snapshot) {
  // The tallies, and a row of three texts' worth and some twenty numbers.
  return (snapshot.regions().size() + 2) * (2 * sizeof(Tally) + 2 * sizeof(std::string) + 256);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const CoverageOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Reserve(TallyBytes(input.snapshot())));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Classification> classification,
                           Classification::Get(input, options.households, context));
  const Classification& c = *classification;
  const std::vector<Tally> tallies = RollUp(c);
  LIANJIE_RETURN_IF_ERROR(context.Check());
  AnalysisResult result;
  RegionWriter writer(options, result.table);
  WriteRows(input.view, tallies, writer);
  result.summary = Summarise(c, tallies.back());
  result.warnings = c.warnings();
  return result;
}

}  // namespace

absl::Status CoverageOptions::Validate() const {
  if (level.has_value() && (*level < 0 || *level > kDeepestLevel)) {
    return InvalidField("level", Cat("is ", *level, "; it must be 0 to ", kDeepestLevel));
  }
  return households.Validate();
}

absl::StatusOr<AnalysisResult> RunCoverage(const AnalysisInput& input,
                                           const CoverageOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateCoverageBytes(const AnalysisInput& input, const CoverageOptions& options) {
  return Classification::EstimateBytes(input.snapshot(), options.households) +
         TallyBytes(input.snapshot());
}

}  // namespace lianjie
