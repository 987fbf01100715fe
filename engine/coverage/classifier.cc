#include "engine/coverage/classifier.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/coverage/conduit_origins.h"
#include "engine/coverage/household_links.h"
#include "engine/coverage/reach_search.h"
#include "engine/flow/flow_blocks.h"
#include "engine/flow/household_reader.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

// Subtypes are free text: case and the blank between words do not matter.
bool IsLeadingOrFamilyFarm(std::string_view subtype) {
  std::string text = ToUpper(subtype);
  std::replace(text.begin(), text.end(), ' ', '_');
  return text.starts_with("LEADING_ENTERPRISE") || text.starts_with("FAMILY_FARM");
}

}  // namespace

// Makes a Classification in one parallel pass over blocks of nodes; then the few targets that are
// bound and get nothing are settled. A household that is no target and was never registered is told
// by three bytes; the links of the others are read once, for benefit, class and traits at once.
class Classifier {
 public:
  Classifier(Classification& out, const View& asked, const View& targets, bool default_targets,
             RunContext& context)
      : out_(out),
        model_(out.model()),
        snapshot_(out.snapshot()),
        links_(snapshot_.links()),
        reader_(model_),
        asked_(asked),
        targets_(targets),
        default_targets_(default_targets),
        context_(context) {
    for (std::size_t m = 0; m < roles_.size(); ++m) {
      const auto role = static_cast<unsigned>(RoleOf(static_cast<Mechanism>(m)));
      if (role == 0) continue;
      roles_[m] = static_cast<std::uint8_t>(1U << (Classification::kRoleShift + role - 1));
    }
  }

  absl::Status Run() {
    const std::size_t n = snapshot_.node_count();
    context_.SetTotal(context_.completed() + n);
    LIANJIE_RETURN_IF_ERROR(MarkNewType());
    LIANJIE_ASSIGN_OR_RETURN(conduits_, ConduitOrigins::Make(model_, context_));
    std::vector<ClassBlock> blocks(FlowBlockCount(n));
    LIANJIE_RETURN_IF_ERROR(
        ForEachFlowBlock(context_, n, [&](std::size_t b, std::size_t begin, std::size_t end) {
          ClassifyBlock(begin, end, blocks[b]);
          blocks[b].parts = {};
          context_.AddCompleted(end - begin);
        }));
    for (const ClassBlock& block : blocks) LIANJIE_RETURN_IF_ERROR(block.failure);
    out_.narrow_ = SparseColumn(n, blocks.size(), [&](std::size_t b) -> const SparseColumn::Part& {
      return blocks[b].narrow;
    });
    NodeIndex without_persons = kNoNode;
    for (const ClassBlock& block : blocks) {
      without_persons = std::min(without_persons, block.without_persons);
      out_.targets_ += block.targets;
      out_.income_unknown_ += block.income_unknown;
      out_.lineless_ += block.lineless;
    }
    if (without_persons != kNoNode) return MissingPersons(without_persons);
    for (const ClassBlock& block : blocks) {
      TallyOf(block.first_region).Add(block.first_tally);
      TallyOf(block.last_region).Add(block.last_tally);
    }
    ReachSearch reach(model_, context_);
    for (const ClassBlock& block : blocks) {
      for (const NodeIndex unfed : block.unfed) LIANJIE_RETURN_IF_ERROR(SettleUnfed(unfed, reach));
    }
    return absl::OkStatus();
  }

 private:
  // A narrow link's payer and what of its money stays with the household.
  struct NarrowPart {
    NodeIndex payer;
    double yuan;
  };

  // What is counted of one block of nodes, and what of it is to be looked at again.
  struct ClassBlock {
    SparseColumn::Part narrow;
    std::vector<NodeIndex> unfed;
    std::vector<NarrowPart> parts;  // of one household, for as long as it is looked at
    std::uint64_t targets = 0, income_unknown = 0, lineless = 0;
    NodeIndex without_persons = kNoNode, failed = kNoNode;
    RegionIndex first_region = kNoRegion, last_region = kNoRegion;
    Tally first_tally, last_tally;
    absl::Status failure;
  };

  // Cooperatives, leading enterprises, family farms, and the assets that pass their money on.
  absl::Status MarkNewType() {
    Poller poller(context_);
    const NodeColumns& nodes = snapshot_.nodes();
    std::vector<std::uint8_t> leading;  // by code of the subtype
    for (const std::string& subtype : nodes.subtype.values) {
      leading.push_back(IsLeadingOrFamilyFarm(subtype) ? 1 : 0);
    }
    new_type_.assign(snapshot_.node_count(), 0);
    LIANJIE_RETURN_IF_ERROR(ForEachFlowBlock(
        context_, snapshot_.node_count(), [&](std::size_t, std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i != end; ++i) {
            const NodeKind kind = nodes.kind[i];
            if (kind != NodeKind::kCooperative &&
                !(kind == NodeKind::kFirm &&
                  leading[nodes.subtype.codes.empty() ? 0 : nodes.subtype.codes[i]] != 0)) {
              continue;
            }
            new_type_[i] = kOrganisationOfNewType;
          }
        }));
    return SpreadNewType(poller);
  }

  // A conduit is of the new type when one such pays it by a binding.
  absl::Status SpreadNewType(Poller& poller) {
    std::vector<NodeIndex> reached;
    for (PayerIndex p = 0; p < model_.payer_count(); ++p) {
      if (poller.Tick()) return context_.Check();
      if (!model_.IsConduit(p)) continue;
      const NodeIndex n = model_.PayerNode(p);
      const auto links = snapshot_.in_links(n);
      if (std::any_of(links.begin(), links.end(), [this](LinkIndex l) {
            return new_type_[links_.source[l]] == kOrganisationOfNewType && IsBinding(l);
          })) {
        reached.push_back(n);
      }
    }
    for (const NodeIndex n : reached) new_type_[n] = kConduitOfNewType;
    for (std::size_t i = 0; i < reached.size(); ++i) {  // grows
      for (LinkIndex l = snapshot_.out_begin(reached[i]); l < snapshot_.out_end(reached[i]); ++l) {
        if (poller.Tick()) return context_.Check();
        const NodeIndex to = links_.target[l];
        const PayerIndex p = model_.PayerOf(to);
        if (new_type_[to] != 0 || p == kNoPayer || !model_.IsConduit(p) || !IsBinding(l)) continue;
        new_type_[to] = kConduitOfNewType;
        reached.push_back(to);
      }
    }
    return absl::OkStatus();
  }

  bool IsBinding(LinkIndex l) const { return model_.LinkActive(l) && reader_.IsNarrowLink(l); }

  Registration RegistrationOf(NodeIndex n) const {
    return ValueOr(snapshot_.nodes().registration, n);
  }
  static bool IsEverRegistered(Registration r) {
    return r == Registration::kRegisteredPoor || r == Registration::kLiftedOut;
  }
  bool IsTarget(NodeIndex n) const {
    if (!default_targets_) return targets_.NodeInside(n);
    const Monitoring monitoring = ValueOr(snapshot_.nodes().monitoring, n);
    return IsEverRegistered(RegistrationOf(n)) ||
           (monitoring != Monitoring::kUnspecified && monitoring != Monitoring::kNone);
  }
  bool IsAsked(NodeIndex n) const {
    return asked_.unfiltered() ? model_.NodeActive(n) : asked_.NodeInside(n);
  }

  Tally& TallyOf(RegionIndex region) {
    return region == kNoRegion ? out_.tallies_.back() : out_.tallies_[region];
  }

  // Nodes of one region stand together, so that a block has whole regions for itself but for its
  // first and its last, whose tallies are kept apart and added in the order of the blocks.
  void ClassifyBlock(std::size_t begin, std::size_t end, ClassBlock& block) {
    const SharedArray<RegionIndex>& region = snapshot_.nodes().region;
    for (std::size_t i = begin; i < end;) {
      std::size_t stop = i + 1;
      while (stop < end && region[stop] == region[i]) ++stop;
      Tally* tally = &TallyOf(region[i]);
      if (i == begin) {
        block.first_region = region[i];
        tally = &block.first_tally;
      } else if (stop == end) {
        block.last_region = region[i];
        tally = &block.last_tally;
      }
      for (; i < stop; ++i) Classify(static_cast<NodeIndex>(i), *tally, block);
    }
  }

  void Classify(NodeIndex n, Tally& tally, ClassBlock& block) {
    Set(n, HouseholdClass::kNoTarget, ClassReason::kNone);
    const bool household = snapshot_.nodes().kind[n] == NodeKind::kHousehold && IsAsked(n);
    out_.traits_[n] = household ? Classification::kHousehold : 0;
    if (!household) return;
    ++tally.all_households;
    const bool target = IsTarget(n);
    const Registration registration = RegistrationOf(n);
    if (!target && !IsEverRegistered(registration)) return;
    bool money_binding = false;
    const double narrow = LookAtLinks(n, money_binding, block);
    if (narrow != 0.0) block.narrow.emplace_back(n, narrow);
    tally.CountRegistered(registration, out_.Participates(n), out_.IsNewTypeBound(n),
                          narrow > kYuanRounding);
    if (target) ClassifyTarget(n, narrow, money_binding, tally, block);
  }

  // Traits and narrow benefit, and the parts that it is made of.
  double LookAtLinks(NodeIndex n, bool& money_binding, ClassBlock& block) {
    std::uint8_t traits = Classification::kHousehold;
    double narrow = 0;
    block.parts.clear();
    for (const LinkIndex& link : snapshot_.in_links(n)) {
      reader_.prefetch().At(&link);
      const LinkIndex l = link;
      if (!IsBinding(l)) continue;
      const auto mechanism = static_cast<std::size_t>(links_.mechanism[l]);
      traits |= Classification::kParticipates | roles_[mechanism];
      if (new_type_[links_.source[l]] != 0) traits |= Classification::kNewType;
      money_binding = money_binding || links_.mechanism[l] != Mechanism::kService ||
                      LinkUseOf(links_, l) == LinkUse::kMoneyBinding;
      const double benefit = reader_.BenefitOf(l, n);
      if (benefit == 0.0) continue;
      narrow += benefit;
      block.parts.push_back({links_.source[l], benefit});
    }
    for (LinkIndex l = snapshot_.out_begin(n); l < snapshot_.out_end(n); ++l) {
      if (new_type_[links_.target[l]] != 0 && IsBinding(l)) traits |= Classification::kNewType;
    }
    out_.traits_[n] = traits;
    return narrow;
  }

  void ClassifyTarget(NodeIndex n, double narrow, bool money_binding, Tally& tally,
                      ClassBlock& block) {
    const HouseholdMeasure measure = out_.MeasureWith(n, narrow);
    if (measure.persons < 1) {
      block.without_persons = std::min(block.without_persons, n);
      return;
    }
    ++block.targets;
    if (!measure.income_known) ++block.income_unknown;
    if (measure.line.empty()) ++block.lineless;
    if (!money_binding) {
      Set(n, HouseholdClass::kUnbound, WhyUnbound(n));
    } else if (!(narrow > kYuanRounding)) {
      block.unfed.push_back(n);
      Set(n, HouseholdClass::kUnpaid, ClassReason::kArrears);  // settled in a second pass
    } else if (!measure.Adequate(narrow)) {
      Set(n, HouseholdClass::kBelowLine,
          measure.BelowMinimum(narrow) ? ClassReason::kBelowMinimum : ClassReason::kBelowLine);
    } else {
      ClassifyAdequate(n, measure, block);
    }
    tally.CountTarget(measure, out_.ClassOf(n), out_.RolesOf(n));
  }

  void ClassifyAdequate(NodeIndex n, const HouseholdMeasure& measure, ClassBlock& block) {
    Set(n, HouseholdClass::kBound, ClassReason::kNone);
    if (measure.line.empty()) return;
    if (measure.Adequate(0)) return;  // whoever leaves
    const auto largest = LargestPayer(n, block.parts);
    if (!largest.ok()) {
      if (block.failed == kNoNode) block.failed = n, block.failure = largest.status();
      return;
    }
    if (largest->payer == kNoNode) return;
    const double kept = measure.benefit_yuan - largest->yuan;
    if (measure.Adequate(kept)) return;
    Set(n, HouseholdClass::kFragile,
        kept > kYuanRounding ? ClassReason::kDependent : ClassReason::kSinglePayer);
  }

  // As FlowModel::LargestPayer, from what was read already where organisations pay, themselves or
  // through one conduit. Parts stand in the order of payers, until conduits are seen through.
  absl::StatusOr<PayerPart> LargestPayer(NodeIndex n, std::vector<NarrowPart>& parts) const {
    const std::size_t count = parts.size();
    bool through = false;
    for (std::size_t i = 0; i < count; ++i) {
      const PayerIndex p = model_.PayerOf(parts[i].payer);
      if (model_.IsOrganisationPayer(p)) continue;
      const std::span<const ConduitOrigin> origins = conduits_.Of(p);
      if (origins.empty()) return model_.LargestPayer(n, true, context_);
      const double yuan = std::exchange(parts[i].yuan, 0.0);
      for (const ConduitOrigin& origin : origins) {
        parts.push_back({origin.payer, yuan * origin.share});
      }
      through = true;
    }
    if (through) {
      std::stable_sort(parts.begin(), parts.end(),
                       [](const NarrowPart& a, const NarrowPart& b) { return a.payer < b.payer; });
    }
    PayerPart largest;
    for (std::size_t i = 0; i < parts.size();) {
      const NodeIndex payer = parts[i].payer;
      double yuan = 0;
      for (; i < parts.size() && parts[i].payer == payer; ++i) yuan += parts[i].yuan;
      if (yuan > largest.yuan) largest = {payer, yuan};
    }
    return largest;
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

  absl::Status SettleUnfed(NodeIndex n, ReachSearch& reach) {
    LIANJIE_ASSIGN_OR_RETURN(const bool reached, reach.Reaches(n));
    if (!reached) {
      Set(n, HouseholdClass::kUnreached, ClassReason::kDeadEnd);
      Tally& tally = TallyOf(snapshot_.nodes().region[n]);
      --tally.classes[static_cast<std::size_t>(HouseholdClass::kUnpaid)];
      ++tally.classes[static_cast<std::size_t>(HouseholdClass::kUnreached)];
      return absl::OkStatus();
    }
    for (const LinkIndex l : snapshot_.in_links(n)) {
      if (!model_.LinkActive(l) || LinkUseOf(links_, l) != LinkUse::kMoneyBinding) continue;
      if (!IsDormant(model_, links_.source[l])) return absl::OkStatus();  // ARREARS
    }
    Set(n, HouseholdClass::kUnpaid, ClassReason::kDormantPayer);
    return absl::OkStatus();
  }

  absl::Status MissingPersons(NodeIndex n) const {
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
    out_.standings_[n] = static_cast<std::uint8_t>(
        static_cast<unsigned>(c) | static_cast<unsigned>(reason) << Classification::kReasonShift);
  }

  static constexpr std::uint8_t kOrganisationOfNewType = 1, kConduitOfNewType = 2;

  Classification& out_;
  const FlowModel& model_;
  const Snapshot& snapshot_;
  const LinkColumns& links_;
  const HouseholdReader reader_;
  const View& asked_;
  const View& targets_;
  const bool default_targets_;
  RunContext& context_;
  std::vector<std::uint8_t> new_type_;
  ConduitOrigins conduits_;
  std::array<std::uint8_t, 32> roles_{};  // traits by mechanism
};

absl::Status ClassifyHouseholds(Classification& out, const View& asked, const View& targets,
                                bool default_targets, RunContext& context) {
  return Classifier(out, asked, targets, default_targets, context).Run();
}

}  // namespace lianjie
