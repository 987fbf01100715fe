#include "engine/coverage/left_out.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/coverage/evidence.h"
#include "engine/coverage/left_out_index.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

// Texts with a sentence of usual length, numbers, the sort.
constexpr std::uint64_t kRowBytes = 400;
constexpr std::uint64_t kFewHouseholds = 1000;

WantedClasses Wanted(const std::vector<HouseholdClass>& classes) {
  WantedClasses wanted{};
  for (const HouseholdClass c : classes) wanted[static_cast<std::size_t>(c)] = true;
  if (classes.empty()) {
    wanted.fill(true);
    wanted[static_cast<std::size_t>(HouseholdClass::kBound)] = false;
  }
  return wanted;
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
                      const std::vector<NodeIndex>& rows, Table& table, RunContext& context) {
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
                              FillRow(c, nearest, rows[i], i, table, context);
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

Summary SummariseIndex(const LeftOutIndex& index) {
  const Classification& c = index.classification();
  Summary out = {{"households", static_cast<std::int64_t>(c.target_count())}};
  for (std::size_t i = 0; i < kClassCount; ++i) {
    out.emplace_back(Cat("l", i), index.count_of(static_cast<HouseholdClass>(i)));
  }
  for (std::size_t i = 1; i < kReasonCount; ++i) {
    const auto reason = static_cast<ClassReason>(i);
    out.emplace_back(ToLower(ClassReasonName(reason)), index.count_of(reason));
  }
  out.emplace_back("income_unknown", static_cast<std::int64_t>(c.income_unknown_count()));
  out.emplace_back("without_line", static_cast<std::int64_t>(c.lineless_count()));
  out.emplace_back("lines_evaluated", c.lineless_count() < c.target_count());
  return out;
}

std::uint64_t MostRows(const AnalysisInput& input, const LeftOutOptions& options) {
  if (options.max_rows == 0 || input.most_rows == 0) {
    return std::max(options.max_rows, input.most_rows);
  }
  return std::min(options.max_rows, input.most_rows);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const LeftOutOptions& options,
                                       RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const LeftOutIndex> index,
                           LeftOutIndex::Get(input, options.households, context));
  const WantedClasses wanted = Wanted(options.classes);
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<NodeIndex> rows,
                           index->List(wanted, MostRows(input, options), context));
  LIANJIE_RETURN_IF_ERROR(context.Reserve(rows.size() * kRowBytes));
  AnalysisResult result;
  AddColumns(result.table, rows.size());
  LIANJIE_RETURN_IF_ERROR(
      FillRows(index->classification(), index->nearest(), rows, result.table, context));
  result.summary = SummariseIndex(*index);
  result.warnings = index->classification().warnings();
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i])
      all += static_cast<std::uint64_t>(index->count_of(static_cast<HouseholdClass>(i)));
  }
  const std::uint64_t whole = options.max_rows == 0 ? all : std::min(all, options.max_rows);
  if (whole < all) {
    result.truncated = true;
    result.truncation_reason = Cat("max_rows is ", options.max_rows, " of ", all, " rows");
  }
  result.whole_rows = whole;
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
  const std::uint64_t targets = snapshot.payer_counts().households;
  const std::uint64_t most = MostRows(input, options);
  // Where all rows are asked for a quarter of the households are expected, as many as are targets
  // in a county; of few households all.
  const std::uint64_t expected = std::max(targets / 4, std::min(targets, kFewHouseholds));
  const std::uint64_t rows = most == 0 ? expected : std::min(expected, most);
  return LeftOutIndex::EstimateBytes(snapshot, options.households) +
         rows * (kRowBytes + LeftOutIndex::kCandidateBytes);
}

}  // namespace lianjie
