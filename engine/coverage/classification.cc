#include "engine/coverage/classification.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr double kRounding = 1e-9;
constexpr std::size_t kBlockNodes = std::size_t{1} << 12;

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

bool IsPositive(double yuan) { return yuan > kRounding; }

bool FallsShort(double yuan, double wanted) {
  return wanted - yuan > kRounding * std::max(1.0, wanted);
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

// Classes, reasons, traits and two marks a node; a line a region.
std::uint64_t OwnBytes(const Snapshot& snapshot) {
  return std::uint64_t{snapshot.node_count()} * 5 + snapshot.regions().size() * sizeof(Line);
}

FlowModelOptions FlowOptions(FlowMode mode) {
  FlowModelOptions options;
  options.mode = mode;
  options.want_arcs = mode != FlowMode::kLedger;
  return options;
}

// Subtypes are free text: case and the blank between words do not matter.
bool IsLeadingOrFamilyFarm(std::string_view subtype) {
  std::string text = ToUpper(subtype);
  std::replace(text.begin(), text.end(), ' ', '_');
  return text.starts_with("LEADING_ENTERPRISE") || text.starts_with("FAMILY_FARM");
}

bool IsRecorded(const std::vector<double>& column, LinkIndex l) {
  return ValueOr(column, l, 0.0) > 0;
}

void LowerTo(std::atomic<NodeIndex>& least, NodeIndex n) {
  NodeIndex seen = least.load(std::memory_order_relaxed);
  while (n < seen && !least.compare_exchange_weak(seen, n, std::memory_order_relaxed)) {
  }
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

LinkUse LinkUseOf(const LinkColumns& links, LinkIndex l) {
  const Mechanism mechanism = ValueOr(links.mechanism, l);
  if (mechanism == Mechanism::kService) {
    const bool money = IsRecorded(links.paid_yuan, l) || IsRecorded(links.promised_yuan, l) ||
                       IsRecorded(links.share, l);
    return money ? LinkUse::kMoneyBinding : LinkUse::kSupport;
  }
  if (IsNarrow(mechanism, ValueOr(links.driver, l))) return LinkUse::kMoneyBinding;
  return KindOf(mechanism) == LinkKind::kSupply || mechanism == Mechanism::kUnspecified
             ? LinkUse::kMarket
             : LinkUse::kRelief;
}

bool HasLapsed(const View& view, LinkIndex l) {
  const Snapshot& snapshot = view.snapshot();
  const Interval ends = Intersect(snapshot.NodeValid(snapshot.links().source[l]),
                                  snapshot.NodeValid(snapshot.links().target[l]));
  const Interval valid = Intersect(ends, snapshot.LinkValid(l));
  return valid.from <= view.as_of() && !view.LinkActive(l);
}

bool IsDormant(const FlowModel& model, NodeIndex payer) {
  const Snapshot& snapshot = model.snapshot();
  std::vector<NodeIndex> seen = {payer};
  bool found = false;  // at least one payer behind the conduits
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const NodeIndex n = seen[i];
    const OperatingStatus status = ValueOr(snapshot.nodes().operating_status, n);
    if (status == OperatingStatus::kDormant || status == OperatingStatus::kRevoked) {
      found = true;
      continue;
    }
    const PayerIndex p = model.PayerOf(n);
    if (p == kNoPayer || !model.IsConduit(p)) return false;
    for (const LinkIndex l : snapshot.in_links(n)) {
      if (!model.LinkActive(l)) continue;
      const NodeIndex behind = snapshot.links().source[l];
      if (std::find(seen.begin(), seen.end(), behind) == seen.end()) seen.push_back(behind);
    }
  }
  return found;
}

// Makes a Classification in passes over blocks of nodes. Counts are whole numbers, so their order
// does not matter.
class Classifier {
 public:
  Classifier(Classification& out, const View& asked, const View& targets, bool default_targets,
             RunContext& context)
      : out_(out),
        model_(out.model_),
        snapshot_(out.snapshot()),
        links_(snapshot_.links()),
        asked_(asked),
        targets_(targets),
        default_targets_(default_targets),
        context_(context) {}

  absl::Status Run() {
    const std::size_t n = snapshot_.node_count();
    out_.classes_.assign(n, HouseholdClass::kNoTarget);
    out_.reasons_.assign(n, ClassReason::kNone);
    out_.traits_.assign(n, 0);
    LIANJIE_RETURN_IF_ERROR(MarkNewType());
    LIANJIE_RETURN_IF_ERROR(ForEachNode([this](NodeIndex node) { Classify(node); }));
    LIANJIE_RETURN_IF_ERROR(CheckPersons());
    if (unfed_.load() > 0) {
      LIANJIE_ASSIGN_OR_RETURN(reached_, model_.ReachedByInjections(context_));
      LIANJIE_RETURN_IF_ERROR(ForEachNode([this](NodeIndex node) { SettleUnfed(node); }));
    }
    out_.targets_ = target_count_.load();
    out_.income_unknown_ = income_unknown_.load();
    out_.lineless_ = lineless_.load();
    return absl::OkStatus();
  }

 private:
  template <typename Body> absl::Status ForEachNode(const Body& body) {
    const std::size_t n = snapshot_.node_count();
    context_.SetTotal(context_.completed() + n);
    context_.Parallel([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, n, kBlockNodes),
                        [&](const tbb::blocked_range<std::size_t>& range) {
                          for (std::size_t i = range.begin(); i != range.end(); ++i) {
                            if ((i & 511U) == 0 && context_.Stopped()) return;
                            body(static_cast<NodeIndex>(i));
                          }
                          context_.AddCompleted(range.size());
                        });
    });
    return context_.Check();
  }

  // Cooperatives, leading enterprises, family farms, and the assets that pass their money on.
  absl::Status MarkNewType() {
    Poller poller(context_);
    new_type_.assign(snapshot_.node_count(), 0);
    std::vector<NodeIndex> reached;
    for (NodeIndex n = 0; n < snapshot_.node_count(); ++n) {
      if (poller.Tick()) return context_.Check();
      const NodeKind kind = snapshot_.nodes().kind[n];
      if (kind != NodeKind::kCooperative &&
          !(kind == NodeKind::kFirm && IsLeadingOrFamilyFarm(snapshot_.nodes().subtype[n]))) {
        continue;
      }
      new_type_[n] = 1;
      reached.push_back(n);
    }
    for (std::size_t i = 0; i < reached.size(); ++i) {
      for (LinkIndex l = snapshot_.out_begin(reached[i]); l < snapshot_.out_end(reached[i]); ++l) {
        if (poller.Tick()) return context_.Check();
        const NodeIndex to = links_.target[l];
        const PayerIndex p = model_.PayerOf(to);
        if (new_type_[to] != 0 || p == kNoPayer || !model_.IsConduit(p) || !IsBinding(l)) continue;
        new_type_[to] = 1;
        reached.push_back(to);
      }
    }
    return absl::OkStatus();
  }

  bool IsBinding(LinkIndex l) const {
    return model_.LinkActive(l) &&
           IsNarrow(ValueOr(links_.mechanism, l), ValueOr(links_.driver, l));
  }

  bool IsTarget(NodeIndex n) const {
    if (!default_targets_) return targets_.NodeInside(n);
    const Registration registration = ValueOr(snapshot_.nodes().registration, n);
    const Monitoring monitoring = ValueOr(snapshot_.nodes().monitoring, n);
    return registration == Registration::kRegisteredPoor ||
           registration == Registration::kLiftedOut ||
           (monitoring != Monitoring::kUnspecified && monitoring != Monitoring::kNone);
  }

  void Classify(NodeIndex n) {
    if (snapshot_.nodes().kind[n] != NodeKind::kHousehold || !asked_.NodeInside(n)) return;
    std::uint8_t traits = Classification::kHousehold;
    bool money_binding = false;
    for (const LinkIndex l : snapshot_.in_links(n)) {
      if (!IsBinding(l)) continue;
      traits |= Classification::kParticipates;
      if (new_type_[links_.source[l]] != 0) traits |= Classification::kNewType;
      const auto role = static_cast<unsigned>(RoleOf(ValueOr(links_.mechanism, l)));
      if (role != 0)
        traits |= static_cast<std::uint8_t>(1U << (Classification::kRoleShift + role - 1));
      money_binding = money_binding || LinkUseOf(links_, l) == LinkUse::kMoneyBinding;
    }
    for (LinkIndex l = snapshot_.out_begin(n); l < snapshot_.out_end(n); ++l) {
      if (new_type_[links_.target[l]] != 0 && IsBinding(l)) traits |= Classification::kNewType;
    }
    out_.traits_[n] = traits;
    if (IsTarget(n)) ClassifyTarget(n, money_binding);
  }

  void ClassifyTarget(NodeIndex n, bool money_binding) {
    const HouseholdMeasure measure = out_.Measure(n);
    if (measure.persons < 1) {
      LowerTo(without_persons_, n);
      return;
    }
    ++target_count_;
    if (!measure.income_known) ++income_unknown_;
    if (measure.line.empty()) ++lineless_;
    if (!money_binding) {
      Set(n, HouseholdClass::kUnbound, WhyUnbound(n));
    } else if (!out_.HasBenefit(n)) {
      ++unfed_;
      Set(n, HouseholdClass::kUnpaid, ClassReason::kArrears);  // settled in a second pass
    } else if (!measure.Adequate(measure.benefit_yuan)) {
      Set(n, HouseholdClass::kBelowLine,
          measure.BelowMinimum(measure.benefit_yuan) ? ClassReason::kBelowMinimum
                                                     : ClassReason::kBelowLine);
    } else {
      ClassifyAdequate(n, measure);
    }
  }

  void ClassifyAdequate(NodeIndex n, const HouseholdMeasure& measure) {
    Set(n, HouseholdClass::kBound, ClassReason::kNone);
    if (measure.line.empty()) return;
    if (measure.Adequate(0)) return;  // whoever leaves
    const PayerPart largest = model_.LargestPayer(n, true);
    if (largest.payer == kNoNode) return;
    const double kept = measure.benefit_yuan - largest.yuan;
    if (measure.Adequate(kept)) return;
    Set(n, HouseholdClass::kFragile,
        IsPositive(kept) ? ClassReason::kDependent : ClassReason::kSinglePayer);
  }

  // The first reason that fits; see the list in the header.
  ClassReason WhyUnbound(NodeIndex n) const {
    bool lapsed_binding = false, lapsed = false;
    bool support = false, market = false, relief = false, pays = false;
    for (const LinkIndex l : snapshot_.in_links(n)) {
      const LinkUse use = LinkUseOf(links_, l);
      if (model_.LinkActive(l)) {
        support = support || use == LinkUse::kSupport;
        market = market || use == LinkUse::kMarket;
        relief = relief || use == LinkUse::kRelief;
      } else if (HasLapsed(model_.view(), l)) {
        lapsed = true;
        lapsed_binding = lapsed_binding || use == LinkUse::kMoneyBinding;
      }
    }
    for (LinkIndex l = snapshot_.out_begin(n); l < snapshot_.out_end(n); ++l) {
      pays = pays || model_.LinkActive(l);
      lapsed = lapsed || HasLapsed(model_.view(), l);
    }
    if (lapsed_binding) return ClassReason::kLapsed;
    if (support) return ClassReason::kSupportOnly;
    if (pays && !market && !relief) return ClassReason::kPaysOnly;
    if (market) return ClassReason::kMarketOnly;
    if (relief) return ClassReason::kReliefOnly;
    return lapsed ? ClassReason::kLapsed : ClassReason::kNoLink;
  }

  void SettleUnfed(NodeIndex n) {
    if (out_.classes_[n] != HouseholdClass::kUnpaid) return;
    if (reached_[n] == 0) {
      Set(n, HouseholdClass::kUnreached, ClassReason::kDeadEnd);
      return;
    }
    for (const LinkIndex l : snapshot_.in_links(n)) {
      if (!model_.LinkActive(l) || LinkUseOf(links_, l) != LinkUse::kMoneyBinding) continue;
      if (!IsDormant(model_, links_.source[l])) return;  // ARREARS
    }
    Set(n, HouseholdClass::kUnpaid, ClassReason::kDormantPayer);
  }

  absl::Status CheckPersons() const {
    const NodeIndex n = without_persons_.load();
    if (n == kNoNode) return absl::OkStatus();
    const std::string id(snapshot_.NodeId(n));
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        Cat("persons: household '", id, "' is a target but its number of persons is missing or 0"),
        {.reason = Reason::kMissingField,
         .field = "persons",
         .row = {},
         .metadata = {{"node", id}}});
  }

  void Set(NodeIndex n, HouseholdClass c, ClassReason reason) {
    out_.classes_[n] = c;
    out_.reasons_[n] = reason;
  }

  Classification& out_;
  const FlowModel& model_;
  const Snapshot& snapshot_;
  const LinkColumns& links_;
  const View& asked_;
  const View& targets_;
  const bool default_targets_;
  RunContext& context_;
  std::vector<std::uint8_t> new_type_, reached_;
  std::atomic<NodeIndex> without_persons_{kNoNode};
  std::atomic<std::uint64_t> target_count_{0}, income_unknown_{0}, lineless_{0}, unfed_{0};
};

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
  LIANJIE_ASSIGN_OR_RETURN(FlowModel model,
                           FlowModel::Build(whole, FlowOptions(options.mode), context));

  Classification out(std::move(model), std::move(lines));
  out.year_fraction_ = asked.NodeYearFraction();
  LIANJIE_ASSIGN_OR_RETURN(HouseholdBenefits benefits, out.model_.ComputeHouseholds(context));
  out.narrow_ = std::move(benefits.narrow_yuan);
  Classifier classifier(out, asked, targets, default_targets, context);
  LIANJIE_RETURN_IF_ERROR(classifier.Run());
  out.warnings_ = Warnings(out, out.lines_);
  return out;
}

std::uint64_t Classification::EstimateBytes(const Snapshot& snapshot,
                                            const ClassificationOptions& options) {
  // The flow model books the benefits, three columns while they are made.
  return FlowModel::EstimateBytes(snapshot, FlowOptions(options.mode)) +
         std::uint64_t{snapshot.node_count()} * 29 + snapshot.regions().size() * sizeof(Line);
}

bool Classification::HasBenefit(NodeIndex n) const { return IsPositive(narrow_[n]); }

HouseholdMeasure Classification::Measure(NodeIndex n) const {
  const NodeColumns& nodes = snapshot().nodes();
  HouseholdMeasure m;
  m.persons = nodes.persons.empty() || nodes.persons[n] == kUnknownInt ? 0 : nodes.persons[n];
  m.benefit_yuan = narrow_[n];
  const bool dated = !nodes.income_year.empty() && nodes.income_year[n] != kUnknownInt;
  if (!dated || nodes.income_year[n] <= model_.view().as_of().year()) {
    double income = 0;
    for (const std::vector<double>* part :
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
    m.gap_yuan = gap > kRounding * std::max(1.0, wanted) ? gap : 0.0;
  }
  return m;
}

}  // namespace lianjie
