#include "engine/coverage/classification.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/coverage/classifier.h"
#include "engine/flow/flow_blocks.h"

namespace lianjie {
namespace {

constexpr std::array<std::string_view, 7> kClassNames = {"L0", "L1", "L2", "L3", "L4", "L5", ""};
constexpr std::array<std::string_view, 14> kReasonNames = {"",
                                                           "NO_LINK",
                                                           "LAPSED",
                                                           "SUPPORT_ONLY",
                                                           "PAYS_ONLY",
                                                           "MARKET_ONLY",
                                                           "RELIEF_ONLY",
                                                           "DEAD_END",
                                                           "DORMANT_PAYER",
                                                           "ARREARS",
                                                           "BELOW_MINIMUM",
                                                           "BELOW_LINE",
                                                           "SINGLE_PAYER",
                                                           "DEPENDENT"};

bool FallsShort(double yuan, double wanted) {
  return wanted - yuan > kYuanRounding * std::max(1.0, wanted);
}

// Renames the field of a filter's error, so that it names the option.
absl::Status OfTarget(const absl::Status& status) {
  std::optional<ErrorDetail> detail = GetErrorDetail(status);
  if (!detail.has_value()) return status;
  detail->field = "target";
  return MakeError(status.code(), Cat("target: ", FromAbsl(status.message())), *std::move(detail));
}

// The whole graph on the asked day or in the asked period, with the nodes that `nodes` lets
// through.
absl::StatusOr<View> SameTime(const View& asked, Filter nodes = {}) {
  ViewSpec spec;
  if (asked.period().has_value()) {
    spec.period = asked.period();
  } else {
    spec.as_of = asked.as_of();
  }
  spec.nodes = std::move(nodes);
  return View::Make(asked.shared_snapshot(), std::move(spec));
}

// Standings, traits and a mark a node, the benefit of those looked at and as much while it is put
// together; a line a region.
std::uint64_t OwnBytes(const Snapshot& snapshot) {
  return std::uint64_t{snapshot.node_count()} * 3 + snapshot.payer_counts().households * 8 +
         snapshot.regions().size() * (sizeof(Line) + sizeof(Tally)) +
         FlowBlockCount(snapshot.node_count()) * 2 * sizeof(Tally) + 4096;
}

FlowModelOptions FlowOptions(FlowMode mode) {
  FlowModelOptions options;
  options.mode = mode;
  return options;
}

}  // namespace

std::string_view ClassName(HouseholdClass c) { return kClassNames[static_cast<std::size_t>(c)]; }
std::string_view ClassReasonName(ClassReason reason) {
  return kReasonNames[static_cast<std::size_t>(reason)];
}

absl::Status ClassificationOptions::Validate() const {
  const auto filter = Filter::Parse(target, SnapshotNodeFields());
  if (!filter.ok()) return OfTarget(filter.status());
  if (lines.has_value()) LIANJIE_RETURN_IF_ERROR(ValidateLines(*lines));
  return FlowOptions(mode).Validate();
}

bool HouseholdMeasure::BelowMinimum(double benefit) const {
  return line.has_minimum() &&
         FallsShort(benefit, line.minimum_benefit_yuan * static_cast<double>(persons));
}

bool HouseholdMeasure::BelowLine(double benefit) const {
  return line.has_line() &&
         FallsShort(base_yuan + benefit, line.line_yuan * static_cast<double>(persons));
}

namespace {

std::vector<std::string> Warnings(const Classification& c, const LineTable& lines) {
  std::vector<std::string> out;
  const std::uint64_t targets = c.target_count();
  if (targets == 0) out.emplace_back("No household inside the question is a target.");
  if (lines.unknown_regions() > 0) {
    out.push_back(Cat(lines.unknown_regions(),
                      " lines name regions that the graph does not have and hold nowhere."));
  }
  if (targets > 0 && c.lineless_count() == targets) {
    out.emplace_back(
        "No line holds for any target: L3 (BELOW_LINE) and L4 (FRAGILE) are not evaluated, and who "
        "has any benefit counts as L5.");
  } else if (c.lineless_count() > 0) {
    out.push_back(Cat("No line holds for ", c.lineless_count(), " of ", targets,
                      " targets: for them L3 (BELOW_LINE) and L4 (FRAGILE) are not evaluated."));
  }
  if (c.income_unknown_count() > 0) {
    out.push_back(Cat("The income of ", c.income_unknown_count(), " of ", targets,
                      " targets is not known up to the year asked about; their base counts as 0."));
  }
  if (c.model().shareless_count() > 0) {
    out.push_back(
        Cat(c.model().shareless_count(),
            " active links carry nothing in share mode: they have no share of RECEIPTS."));
  }
  return out;
}

}  // namespace

absl::StatusOr<Classification> Classification::Make(const AnalysisInput& input,
                                                    const ClassificationOptions& options,
                                                    RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  const View& asked = input.view;
  if (!asked.spec().links.empty()) {
    return InvalidField("filter",
                        "coverage looks at all links of a household and takes no filter on links",
                        Reason::kInvalidFilter);
  }
  const Snapshot& snapshot = input.snapshot();
  LIANJIE_RETURN_IF_ERROR(context.Reserve(OwnBytes(snapshot)));
  LIANJIE_ASSIGN_OR_RETURN(Filter filter, Filter::Parse(options.target, SnapshotNodeFields()));
  const bool default_targets = filter.empty();
  LIANJIE_ASSIGN_OR_RETURN(const View targets, SameTime(asked, std::move(filter)));
  LIANJIE_ASSIGN_OR_RETURN(const View whole, SameTime(asked));
  LIANJIE_ASSIGN_OR_RETURN(
      LineTable lines,
      LineTable::Make(options.lines.has_value() ? *options.lines : snapshot.lines(),
                      snapshot.regions(), asked.as_of().year()));
  LIANJIE_ASSIGN_OR_RETURN(std::shared_ptr<const FlowModel> model,
                           FlowModel::Get(input, whole, FlowOptions(options.mode), context));
  Classification out(std::move(model), std::move(lines));
  out.year_fraction_ = asked.PeriodYears();
  LIANJIE_RETURN_IF_ERROR(ClassifyHouseholds(out, asked, targets, default_targets, context));
  out.warnings_ = Warnings(out, out.lines_);
  return out;
}

std::string Classification::KeyOf(const ClassificationOptions& options) {
  std::string key = Cat(static_cast<int>(options.mode), '\n', options.target, '\n');
  if (!options.lines.has_value()) return key;
  key += "lines";
  const auto add = [&key](const std::optional<double>& yuan) {
    key += Cat(' ', yuan.has_value() ? FormatDouble(*yuan) : std::string("-"));
  };
  for (const LineRecord& line : *options.lines) {
    key += Cat('\n', line.region, ' ', line.year);
    add(line.line_yuan);
    add(line.minimum_benefit_yuan);
  }
  return key;
}

absl::StatusOr<std::shared_ptr<const Classification>> Classification::Get(
    const AnalysisInput& input, const ClassificationOptions& options, RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const DerivedPointer made,
                           input.derived(
                               input.view, Cat("classes ", KeyOf(options)),
                               [&](RunContext& run) -> absl::StatusOr<DerivedPointer> {
                                 LIANJIE_ASSIGN_OR_RETURN(Classification c,
                                                          Make(input, options, run));
                                 return std::make_shared<const Classification>(std::move(c));
                               },
                               context));
  return std::static_pointer_cast<const Classification>(made);
}

std::uint64_t Classification::EstimateBytes(const Snapshot& snapshot,
                                            const ClassificationOptions& options) {
  return FlowModel::EstimateBytes(snapshot, FlowOptions(options.mode)) + OwnBytes(snapshot);
}

std::uint64_t Classification::memory_bytes() const {
  return narrow_.memory_bytes() + standings_.size() * 2 +
         snapshot().regions().size() * sizeof(Line) + tallies_.size() * sizeof(Tally);
}

bool Classification::HasBenefit(NodeIndex n) const { return narrow_[n] > kYuanRounding; }

HouseholdMeasure Classification::MeasureWith(NodeIndex n, double narrow) const {
  const NodeColumns& nodes = snapshot().nodes();
  HouseholdMeasure m;
  m.persons = nodes.persons.empty() || nodes.persons[n] == kUnknownInt ? 0 : nodes.persons[n];
  m.benefit_yuan = narrow;
  const bool dated = !nodes.income_year.empty() && nodes.income_year[n] != kUnknownInt;
  if (!dated || nodes.income_year[n] <= model_->view().as_of().year()) {
    double income = 0;
    for (const PackedArray<double>* part :
         {&nodes.income_wage_yuan, &nodes.income_operating_yuan, &nodes.income_property_yuan,
          &nodes.income_transfer_yuan}) {
      if (!IsKnown(*part, n)) continue;
      m.income_known = true;
      income += (*part)[n];
    }
    if (m.income_known) m.base_yuan = std::max(0.0, income * year_fraction_ - m.benefit_yuan);
  }
  m.line = lines_.Of(nodes.region[n]);
  m.line.line_yuan *= year_fraction_;
  m.line.minimum_benefit_yuan *= year_fraction_;
  m.gap_yuan = std::numeric_limits<double>::quiet_NaN();
  if (m.line.has_line()) {
    const double wanted = m.line.line_yuan * static_cast<double>(m.persons);
    const double gap = wanted - m.base_yuan - m.benefit_yuan;
    m.gap_yuan = gap > kYuanRounding * std::max(1.0, wanted) ? gap : 0.0;
  }
  return m;
}

}  // namespace lianjie
