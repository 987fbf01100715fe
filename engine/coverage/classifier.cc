#include "engine/coverage/classifier.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/coverage/household_links.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::size_t kBlockNodes = std::size_t{1} << 12;

// Subtypes are free text: case and the blank between words do not matter.
bool IsLeadingOrFamilyFarm(std::string_view subtype) {
  std::string text = ToUpper(subtype);
  std::replace(text.begin(), text.end(), ' ', '_');
  return text.starts_with("LEADING_ENTERPRISE") || text.starts_with("FAMILY_FARM");
}

void LowerTo(std::atomic<NodeIndex>& least, NodeIndex n) {
  NodeIndex seen = least.load(std::memory_order_relaxed);
  while (n < seen && !least.compare_exchange_weak(seen, n, std::memory_order_relaxed)) {
  }
}

}  // namespace

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
    LIANJIE_RETURN_IF_ERROR(failure_);
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
    const auto largest = model_.LargestPayer(n, true, context_);
    if (!largest.ok()) {
      Fail(n, largest.status());
      return;
    }
    if (largest->payer == kNoNode) return;
    const double kept = measure.benefit_yuan - largest->yuan;
    if (measure.Adequate(kept)) return;
    Set(n, HouseholdClass::kFragile,
        kept > kYuanRounding ? ClassReason::kDependent : ClassReason::kSinglePayer);
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

  // Of several failures that of the first node stays.
  void Fail(NodeIndex n, const absl::Status& status) {
    const std::lock_guard lock(failure_mutex_);
    if (n >= failed_) return;
    failed_ = n;
    failure_ = status;
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
  std::mutex failure_mutex_;
  NodeIndex failed_ = kNoNode;
  absl::Status failure_;
  std::atomic<NodeIndex> without_persons_{kNoNode};
  std::atomic<std::uint64_t> target_count_{0}, income_unknown_{0}, lineless_{0}, unfed_{0};
};

absl::Status ClassifyHouseholds(Classification& out, const View& asked, const View& targets,
                                bool default_targets, RunContext& context) {
  return Classifier(out, asked, targets, default_targets, context).Run();
}

}  // namespace lianjie
