#include "engine/coverage/coverage.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr int kDeepestLevel = 5;

// What is counted of one region; everything adds up.
struct Tally {
  std::int64_t all_households = 0;
  std::int64_t households = 0;
  std::int64_t persons = 0;
  std::array<std::int64_t, kClassCount> classes{};
  std::array<std::int64_t, 8> roles{};  // by the exclusive combination
  std::int64_t lined = 0;               // targets for which a line holds
  std::int64_t ever_registered = 0, participating = 0, new_type = 0;
  std::int64_t lifted_out = 0, industry = 0;
  double benefit_yuan = 0, gap_yuan = 0, gap0_yuan = 0, gap_closed_yuan = 0;

  void Add(const Tally& other) {
    all_households += other.all_households;
    households += other.households;
    persons += other.persons;
    for (std::size_t i = 0; i < classes.size(); ++i) classes[i] += other.classes[i];
    for (std::size_t i = 0; i < roles.size(); ++i) roles[i] += other.roles[i];
    lined += other.lined;
    ever_registered += other.ever_registered, participating += other.participating;
    new_type += other.new_type;
    lifted_out += other.lifted_out, industry += other.industry;
    benefit_yuan += other.benefit_yuan, gap_yuan += other.gap_yuan;
    gap0_yuan += other.gap0_yuan, gap_closed_yuan += other.gap_closed_yuan;
  }

  std::int64_t WithRole(unsigned bit) const {
    std::int64_t count = 0;
    for (unsigned i = 0; i < roles.size(); ++i) count += (i >> bit & 1U) != 0 ? roles[i] : 0;
    return count;
  }
};

double Rate(double part, double whole) { return whole == 0 ? kNull : part / whole; }
double Rate(std::int64_t part, std::int64_t whole) {
  return Rate(static_cast<double>(part), static_cast<double>(whole));
}

void CountHousehold(const Classification& c, NodeIndex n, Tally& tally) {
  ++tally.all_households;
  const Registration registration = ValueOr(c.snapshot().nodes().registration, n);
  const bool lifted_out = registration == Registration::kLiftedOut;
  if (lifted_out || registration == Registration::kRegisteredPoor) {
    ++tally.ever_registered;
    tally.participating += c.Participates(n) ? 1 : 0;
    tally.new_type += c.IsNewTypeBound(n) ? 1 : 0;
  }
  if (lifted_out) {
    ++tally.lifted_out;
    tally.industry += c.HasBenefit(n) ? 1 : 0;
  }
}

void CountTarget(const Classification& c, NodeIndex n, Tally& tally) {
  const HouseholdMeasure m = c.Measure(n);
  ++tally.households;
  tally.persons += m.persons;
  ++tally.classes[static_cast<std::size_t>(c.ClassOf(n))];
  ++tally.roles[c.RolesOf(n)];
  tally.benefit_yuan += m.benefit_yuan;
  if (!m.line.has_line()) return;
  ++tally.lined;
  tally.gap_yuan += m.gap_yuan;
  const double wanted = m.line.line_yuan * static_cast<double>(m.persons);
  const double gap0 = std::max(0.0, wanted - m.base_yuan);
  tally.gap0_yuan += gap0;
  tally.gap_closed_yuan += std::min(m.benefit_yuan, gap0);
}

// Tallies by region, each with all below it, then one of the unplaced and one of the whole.
absl::StatusOr<std::vector<Tally>> RollUp(const Classification& c, RunContext& context) {
  const Snapshot& snapshot = c.snapshot();
  const RegionTree& regions = snapshot.regions();
  std::vector<Tally> tallies(regions.size() + 2);
  Tally& unplaced = tallies[regions.size()];
  Tally& whole = tallies[regions.size() + 1];
  context.SetTotal(context.completed() + snapshot.node_count());
  for (NodeIndex n = 0; n < snapshot.node_count(); ++n) {
    if ((n & 4095U) == 0) {
      if (context.Stopped()) return context.Check();
      context.AddCompleted(std::min<NodeIndex>(4096, snapshot.node_count() - n));
    }
    if (!c.IsHousehold(n)) continue;
    const RegionIndex region = snapshot.nodes().region[n];
    Tally& tally = region == kNoRegion ? unplaced : tallies[region];
    CountHousehold(c, n, tally);
    if (c.ClassOf(n) != HouseholdClass::kNoTarget) CountTarget(c, n, tally);
  }
  LIANJIE_RETURN_IF_ERROR(context.Check());
  for (std::size_t r = regions.size(); r-- > 0;) {
    const RegionIndex parent = regions.parent(static_cast<RegionIndex>(r));
    if (parent != kNoRegion) tallies[parent].Add(tallies[r]);
  }
  for (std::size_t r = 0; r < regions.size(); ++r) {
    if (regions.parent(static_cast<RegionIndex>(r)) == kNoRegion) whole.Add(tallies[r]);
  }
  whole.Add(unplaced);
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
    for (const std::int64_t count : t.classes) Count(count);
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
  Summary out = {{"households", t.households}, {"persons", t.persons}};
  for (std::size_t i = 0; i < t.classes.size(); ++i) out.emplace_back(Cat("l", i), t.classes[i]);
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
  for (std::size_t i = 0; i < kRoles.size(); ++i) out.emplace_back(kRoles[i], t.roles[i]);
  out.emplace_back("ever_registered", t.ever_registered);
  out.emplace_back("lifted_out", t.lifted_out);
  out.emplace_back("all_households", t.all_households);
  out.emplace_back("income_unknown", static_cast<std::int64_t>(c.income_unknown_count()));
  out.emplace_back("without_line", static_cast<std::int64_t>(c.lineless_count()));
  out.emplace_back("lines_evaluated", c.lineless_count() < c.target_count());
  return out;
}

std::uint64_t TallyBytes(const Snapshot& snapshot) {
  // The tallies, and a row of three texts' worth and some twenty numbers.
  return (snapshot.regions().size() + 2) * (sizeof(Tally) + 2 * sizeof(std::string) + 256);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const CoverageOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Reserve(TallyBytes(input.snapshot())));
  LIANJIE_ASSIGN_OR_RETURN(const Classification c,
                           Classification::Make(input, options.households, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<Tally> tallies, RollUp(c, context));
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
