#include "engine/coverage/left_out.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/coverage/evidence.h"
#include "engine/coverage/nearest.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"
#include "tbb/parallel_sort.h"

namespace lianjie {
namespace {

constexpr std::size_t kReasonCount = static_cast<std::size_t>(ClassReason::kDependent) + 1;
constexpr std::uint64_t kRowBytes =
    400;  // texts with a sentence of usual length, numbers, the sort

struct Candidate {
  NodeIndex node;
  HouseholdClass household_class;
  double gap_yuan;  // -1 without a line
};

struct Counts {
  std::array<std::int64_t, kClassCount> classes{};
  std::array<std::int64_t, kReasonCount> reasons{};
};

std::array<bool, kClassCount> Wanted(const std::vector<HouseholdClass>& classes) {
  std::array<bool, kClassCount> wanted{};
  for (const HouseholdClass c : classes) wanted[static_cast<std::size_t>(c)] = true;
  if (classes.empty()) {
    wanted.fill(true);
    wanted[static_cast<std::size_t>(HouseholdClass::kBound)] = false;
  }
  return wanted;
}

absl::StatusOr<std::vector<Candidate>> Collect(const Classification& c,
                                               const LeftOutOptions& options, Counts& counts,
                                               RunContext& context) {
  const std::array<bool, kClassCount> wanted = Wanted(options.classes);
  const Snapshot& snapshot = c.snapshot();
  std::vector<Candidate> rows;
  for (NodeIndex n = 0; n < snapshot.node_count(); ++n) {
    if ((n & 4095U) == 0 && context.Stopped()) return context.Check();
    const HouseholdClass household_class = c.ClassOf(n);
    if (household_class == HouseholdClass::kNoTarget) continue;
    const auto i = static_cast<std::size_t>(household_class);
    ++counts.classes[i];
    ++counts.reasons[static_cast<std::size_t>(c.ReasonOf(n))];
    if (!wanted[i]) continue;
    const double gap = c.Measure(n).gap_yuan;
    rows.push_back({n, household_class, gap == gap ? gap : -1.0});
  }
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const auto worse = [&snapshot](const Candidate& a, const Candidate& b) {
    if (a.household_class != b.household_class) return a.household_class < b.household_class;
    if (a.gap_yuan != b.gap_yuan) return a.gap_yuan > b.gap_yuan;
    return CompareIds(snapshot.NodeId(a.node), snapshot.NodeId(b.node)) < 0;
  };
  const StoppableLess less(context, worse);
  try {
    if (options.max_rows > 0 && options.max_rows < rows.size()) {
      const auto end = rows.begin() + static_cast<std::ptrdiff_t>(options.max_rows);
      std::nth_element(rows.begin(), end, rows.end(), less);
      rows.erase(end, rows.end());
    }
    context.Parallel([&] { tbb::parallel_sort(rows.begin(), rows.end(), less); });
  } catch (const RunStopped&) {
    return context.Check();
  }
  return rows;
}

enum Columns : std::size_t {
  kNode,
  kRegion,
  kClass,
  kReason,
  kEvidence,
  kBenefit,
  kLine,
  kGap,
  kNearest,
  kHops,
  kPersons,
  kBase,
  kIncomeKnown,
  kPayer
};

void AddColumns(Table& t, std::size_t rows) {
  t.AddColumn("node", ColumnType::kNode, "", "The household.");
  t.AddColumn("region", ColumnType::kRegion, "", "Its region; none: unplaced.");
  t.AddColumn("class", ColumnType::kString, "", "L0 to L5.");
  t.AddColumn("reason", ColumnType::kString, "", "Why it is in its class; none for L5.");
  t.AddColumn("evidence", ColumnType::kString, "", "What the reason rests on, in a sentence.");
  t.AddColumn("benefit_yuan", ColumnType::kNumber, "yuan", "Its narrow benefit.");
  t.AddColumn("line_yuan", ColumnType::kNumber, "yuan", "The line it is held against, a head.");
  t.AddColumn("gap_yuan", ColumnType::kNumber, "yuan", "What the household lacks to the line.");
  t.AddColumn("nearest_organisation", ColumnType::kNode, "",
              "The nearest operating organisation that a market reaches.");
  t.AddColumn("nearest_hops", ColumnType::kInteger, "hops",
              "Links between, followed both ways; none: no path, the organisation is the first of "
              "the smallest common region.");
  t.AddColumn("persons", ColumnType::kInteger, "persons", "Its persons.");
  t.AddColumn("base_yuan", ColumnType::kNumber, "yuan", "Its income without the benefit.");
  t.AddColumn("income_known", ColumnType::kBoolean, "", "Whether its income is known.");
  t.AddColumn("payer", ColumnType::kNode, "", "The payer whom the evidence is about.");
  for (const std::size_t i : {kNode, kRegion, kNearest, kPayer}) t.column(i).indices.resize(rows);
  for (const std::size_t i : {kClass, kReason, kEvidence}) t.column(i).strings.resize(rows);
  for (const std::size_t i : {kBenefit, kLine, kGap, kBase}) t.column(i).numbers.resize(rows);
  for (const std::size_t i : {kHops, kPersons}) t.column(i).integers.resize(rows);
  t.column(kIncomeKnown).booleans.resize(rows);
  t.column(kReason).nulls.resize(rows);
  t.column(kHops).nulls.resize(rows);
}

absl::Status FillRow(const Classification& c, const NearestOrganisations& nearest, NodeIndex n,
                     std::size_t row, Table& t, RunContext& context) {
  const HouseholdMeasure m = c.Measure(n);
  LIANJIE_ASSIGN_OR_RETURN(Evidence evidence, FindEvidence(c, n, context));
  const NearestOrganisation near = nearest.Of(n);
  t.column(kNode).indices[row] = n;
  t.column(kRegion).indices[row] = c.snapshot().nodes().region[n];
  t.column(kClass).strings[row] = ClassName(c.ClassOf(n));
  t.column(kReason).strings[row] = ClassReasonName(c.ReasonOf(n));
  t.column(kReason).nulls[row] = c.ReasonOf(n) == ClassReason::kNone ? 1 : 0;
  t.column(kEvidence).strings[row] = std::move(evidence.sentence);
  t.column(kBenefit).numbers[row] = m.benefit_yuan;
  t.column(kLine).numbers[row] = m.line.line_yuan;
  t.column(kGap).numbers[row] = m.gap_yuan;
  t.column(kNearest).indices[row] = near.organisation;
  t.column(kHops).integers[row] = near.hops.value_or(0);
  t.column(kHops).nulls[row] = near.hops.has_value() ? 0 : 1;
  t.column(kPersons).integers[row] = m.persons;
  t.column(kBase).numbers[row] = m.base_yuan;
  t.column(kIncomeKnown).booleans[row] = m.income_known ? 1 : 0;
  t.column(kPayer).indices[row] = evidence.payer;
  return absl::OkStatus();
}

absl::Status FillRows(const Classification& c, const NearestOrganisations& nearest,
                      const std::vector<Candidate>& rows, Table& table, RunContext& context) {
  context.SetTotal(context.completed() + rows.size());
  std::mutex mutex;
  std::size_t failed = rows.size();
  absl::Status failure;
  context.Parallel([&] {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, rows.size(), 256),
                      [&](const tbb::blocked_range<std::size_t>& range) {
                        if (context.Stopped()) return;
                        for (std::size_t i = range.begin(); i != range.end(); ++i) {
                          const absl::Status status =
                              FillRow(c, nearest, rows[i].node, i, table, context);
                          if (status.ok()) continue;
                          const std::lock_guard lock(mutex);
                          if (i < failed) failed = i, failure = status;  // the first row's stays
                        }
                        context.AddCompleted(range.size());
                      });
  });
  LIANJIE_RETURN_IF_ERROR(failure);
  return context.Check();
}

Summary Summarise(const Classification& c, const Counts& counts) {
  Summary out = {{"households", static_cast<std::int64_t>(c.target_count())}};
  for (std::size_t i = 0; i < counts.classes.size(); ++i) {
    out.emplace_back(Cat("l", i), counts.classes[i]);
  }
  for (std::size_t i = 1; i < counts.reasons.size(); ++i) {
    out.emplace_back(ToLower(ClassReasonName(static_cast<ClassReason>(i))), counts.reasons[i]);
  }
  out.emplace_back("income_unknown", static_cast<std::int64_t>(c.income_unknown_count()));
  out.emplace_back("without_line", static_cast<std::int64_t>(c.lineless_count()));
  out.emplace_back("lines_evaluated", c.lineless_count() < c.target_count());
  return out;
}

std::uint64_t MostRows(const Snapshot& snapshot, const LeftOutOptions& options) {
  const std::uint64_t nodes = snapshot.node_count();
  return options.max_rows == 0 ? nodes : std::min(nodes, options.max_rows);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const LeftOutOptions& options,
                                       RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const Classification c,
                           Classification::Make(input, options.households, context));
  Counts counts;
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<Candidate> rows, Collect(c, options, counts, context));
  LIANJIE_RETURN_IF_ERROR(context.Reserve(rows.size() * kRowBytes));
  LIANJIE_ASSIGN_OR_RETURN(const NearestOrganisations nearest,
                           NearestOrganisations::Make(c.model(), context));
  AnalysisResult result;
  AddColumns(result.table, rows.size());
  LIANJIE_RETURN_IF_ERROR(FillRows(c, nearest, rows, result.table, context));
  result.summary = Summarise(c, counts);
  result.warnings = c.warnings();
  const std::array<bool, kClassCount> wanted = Wanted(options.classes);
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i]) all += static_cast<std::uint64_t>(counts.classes[i]);
  }
  if (rows.size() < all) {
    result.truncated = true;
    result.truncation_reason = Cat("max_rows is ", options.max_rows, " of ", all, " rows");
  }
  return result;
}

}  // namespace

absl::Status LeftOutOptions::Validate() const {
  for (const HouseholdClass c : classes) {
    if (c >= HouseholdClass::kNoTarget) return InvalidField("classes", "must be among L0 to L5");
  }
  return households.Validate();
}

absl::StatusOr<AnalysisResult> RunLeftOut(const AnalysisInput& input, const LeftOutOptions& options,
                                          RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateLeftOutBytes(const AnalysisInput& input, const LeftOutOptions& options) {
  const Snapshot& snapshot = input.snapshot();
  return Classification::EstimateBytes(snapshot, options.households) +
         NearestOrganisations::EstimateBytes(snapshot) + MostRows(snapshot, options) * kRowBytes +
         std::uint64_t{snapshot.node_count()} * sizeof(Candidate);
}

}  // namespace lianjie
