#include "engine/coverage/evidence.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/coverage/household_links.h"

namespace lianjie {
namespace {

constexpr int kMostSteps = 64;

std::string Yuan(double yuan) {
  const double fen = std::round(yuan * 100);
  return Cat(FormatDouble(std::abs(fen) < 1e15 ? fen / 100 + 0.0 : yuan), " yuan");
}

class Writer {
 public:
  Writer(const Classification& c, NodeIndex household, RunContext& context)
      : context_(context),
        c_(c),
        model_(c.model()),
        snapshot_(c.snapshot()),
        links_(snapshot_.links()),
        h_(household) {}

  absl::StatusOr<Evidence> Write() const {
    switch (c_.ReasonOf(h_)) {
      case ClassReason::kSinglePayer:
      case ClassReason::kDependent:
        return Fragile();
      case ClassReason::kNone:
        return Bound();
      default:
        return WriteUnbound();
    }
  }

 private:
  // L0 to L3.
  Evidence WriteUnbound() const {
    switch (c_.ReasonOf(h_)) {
      case ClassReason::kNoLink:
        return {"It has no link of any kind, and had none before."};
      case ClassReason::kLapsed:
        return Lapsed();
      case ClassReason::kSupportOnly: {
        const LinkIndex l = BestIncoming(LinkUse::kSupport);
        return {Cat("It gets only support: ", Named(l), " from ", Payer(l), " carries no money."),
                links_.source[l]};
      }
      case ClassReason::kPaysOnly: {
        const LinkIndex l = FirstPaid();
        return {Cat("It only pays: ", Named(l), " to ", Id(links_.target[l]),
                    ", and no active link pays it.")};
      }
      case ClassReason::kMarketOnly: {
        const LinkIndex l = BestIncoming(LinkUse::kMarket);
        return {
            Cat("It only sells on the market: ", Named(l), " from ", Payer(l), " binds nobody."),
            links_.source[l]};
      }
      case ClassReason::kReliefOnly: {
        const LinkIndex l = BestIncoming(LinkUse::kRelief);
        return {Cat("It gets only relief: ", Named(l), " from ", Payer(l), "."), links_.source[l]};
      }
      case ClassReason::kDeadEnd:
        return DeadEnd();
      case ClassReason::kDormantPayer: {
        const LinkIndex l = BestIncoming(LinkUse::kMoneyBinding);
        return {Cat(Payer(l), " should pay it by ", Named(l), ", but ", Standing(links_.source[l]),
                    Promise(l), "."),
                links_.source[l]};
      }
      case ClassReason::kArrears:
        return Arrears();
      case ClassReason::kBelowMinimum:
      case ClassReason::kBelowLine:
        return Below();
      case ClassReason::kSinglePayer:
      case ClassReason::kDependent:
      case ClassReason::kNone:
        break;
    }
    return {};
  }

  std::string Id(NodeIndex n) const { return std::string(snapshot_.NodeId(n)); }
  std::string Payer(LinkIndex l) const { return Id(links_.source[l]); }
  std::string Named(LinkIndex l) const {
    return Cat(EnumName(ValueOr(links_.mechanism, l)), " link ", snapshot_.LinkId(l));
  }
  bool ById(LinkIndex a, LinkIndex b) const {
    return CompareIds(snapshot_.LinkId(a), snapshot_.LinkId(b)) < 0;
  }

  // The active incoming link of that use with the largest promise or payment.
  LinkIndex BestIncoming(LinkUse use) const {
    LinkIndex best = kNoLink;
    double best_yuan = -1;
    for (const LinkIndex l : snapshot_.in_links(h_)) {
      if (!model_.LinkActive(l) || LinkUseOf(links_, l) != use) continue;
      const double yuan = std::max(model_.view().PromisedYuan(l), model_.LinkAmountYuan(l));
      if (best == kNoLink || yuan > best_yuan || (yuan == best_yuan && ById(l, best))) {
        best = l, best_yuan = yuan;
      }
    }
    return best;
  }

  LinkIndex FirstPaid() const {
    LinkIndex best = kNoLink;
    for (LinkIndex l = snapshot_.out_begin(h_); l < snapshot_.out_end(h_); ++l) {
      if (model_.LinkActive(l) && (best == kNoLink || ById(l, best))) best = l;
    }
    return best;
  }

  std::string Promise(LinkIndex l) const {
    const double promised = model_.view().PromisedYuan(l);
    return promised > 0 ? Cat("; promised are ", Yuan(promised)) : std::string();
  }

  std::string Standing(NodeIndex payer) const {
    const OperatingStatus status = ValueOr(snapshot_.nodes().operating_status, payer);
    if (status == OperatingStatus::kDormant || status == OperatingStatus::kRevoked) {
      return Cat("is ", EnumName(status));
    }
    return "those who pay it are dormant or revoked";
  }

  // ---- L0

  Interval ValidOf(LinkIndex l) const {
    return Intersect(
        Intersect(snapshot_.NodeValid(links_.source[l]), snapshot_.NodeValid(links_.target[l])),
        snapshot_.LinkValid(l));
  }

  // Money bindings go before others, the last to end before those that ended earlier.
  LinkIndex LastLapsed() const {
    LinkIndex best = kNoLink;
    const auto rank = [this](LinkIndex l) {
      return links_.target[l] == h_ && LinkUseOf(links_, l) == LinkUse::kMoneyBinding ? 1 : 0;
    };
    const auto consider = [&](LinkIndex l) {
      if (!HasLapsed(model_.view(), l)) return;
      if (best != kNoLink) {
        if (rank(l) != rank(best)) {
          if (rank(l) < rank(best)) return;
        } else if (const Date a = ValidOf(l).to, b = ValidOf(best).to; a != b) {
          if (a < b) return;
        } else if (!ById(l, best)) {
          return;
        }
      }
      best = l;
    };
    for (const LinkIndex l : snapshot_.in_links(h_)) consider(l);
    for (LinkIndex l = snapshot_.out_begin(h_); l < snapshot_.out_end(h_); ++l) consider(l);
    return best;
  }

  Evidence Lapsed() const {
    const LinkIndex l = LastLapsed();
    const LinkStatus status = ValueOr(links_.status, l);
    const NodeIndex other = links_.target[l] == h_ ? links_.source[l] : links_.target[l];
    std::string what = Cat("Its ", Named(l), links_.target[l] == h_ ? " from " : " to ", Id(other));
    const Date end = ValidOf(l).to;
    if (snapshot_.LinkValid(l).to != end && end != kDateMax && end <= model_.view().as_of()) {
      what += Cat(" lapsed when ", Id(other), " ceased on ", end.ToString());
    } else if (end != kDateMax && end <= model_.view().as_of()) {
      what += Cat(" ended on ", end.ToString());
    } else {
      what += Cat(" is ", EnumName(status));
    }
    return {what + ".", other};
  }

  // ---- L1, L2

  // Walks up the first active payers until there is none, or one comes again, or the walk is long
  // enough for a sentence.
  Evidence DeadEnd() const {
    const LinkIndex first = BestIncoming(LinkUse::kMoneyBinding);
    const NodeIndex payer = links_.source[first];
    std::vector<NodeIndex> path = {h_};
    NodeIndex at = payer;
    bool circle = false;
    bool ended = false;
    for (int step = 0; !ended; ++step) {
      circle = std::find(path.begin(), path.end(), at) != path.end();
      if (circle || step == kMostSteps) break;
      path.push_back(at);
      LinkIndex up = kNoLink;
      for (const LinkIndex l : snapshot_.in_links(at)) {
        if (model_.LinkActive(l) && (up == kNoLink || ById(l, up))) up = l;
      }
      ended = up == kNoLink;
      if (!ended) at = links_.source[up];
    }
    std::string what =
        Cat(Payer(first), " should pay it by ", Named(first), ", but no market's money reaches it");
    if (circle) {
      what += Cat(": the chain goes round at ", Id(at));
    } else if (!ended) {
      what += Cat(": the chain goes on to ", Id(at), ", ", kMostSteps, " payers up");
    } else if (at != payer) {
      what += Cat(": the chain ends at ", Id(at));
    } else {
      what += Cat(": nobody pays ", Id(payer));
    }
    return {Cat(what, Promise(first), "."), payer};
  }

  Evidence Arrears() const {
    double promised = 0, paid = 0;
    for (const LinkIndex l : snapshot_.in_links(h_)) {
      if (!model_.LinkActive(l) || LinkUseOf(links_, l) != LinkUse::kMoneyBinding) continue;
      promised += model_.view().PromisedYuan(l);
      paid += model_.LinkAmountYuan(l);
    }
    const LinkIndex l = BestIncoming(LinkUse::kMoneyBinding);
    if (paid > 0) {
      return {Cat("Its bindings paid it ", Yuan(paid), ", the largest of them ", Named(l), " from ",
                  Payer(l), ", and its own payments took all of it."),
              links_.source[l]};
    }
    if (promised > 0) {
      return {Cat("Of ", Yuan(promised), " promised nothing was paid; ", Payer(l), " owes ",
                  Yuan(model_.view().PromisedYuan(l)), " by ", Named(l), "."),
              links_.source[l]};
    }
    return {Cat(Payer(l), " pays it nothing by ", Named(l), ", and no promise is recorded."),
            links_.source[l]};
  }

  // ---- L3 to L5

  std::string Persons(const HouseholdMeasure& m) const {
    return m.persons == 1 ? std::string("1 person") : Cat(m.persons, " persons");
  }
  std::string Income(const HouseholdMeasure& m) const {
    return m.income_known ? Cat("other income ", Yuan(m.base_yuan))
                          : std::string("other income unknown");
  }

  Evidence Below() const {
    const HouseholdMeasure m = c_.Measure(h_);
    const auto n = static_cast<double>(m.persons);
    if (c_.ReasonOf(h_) == ClassReason::kBelowMinimum) {
      const double wanted = m.line.minimum_benefit_yuan * n;
      return {Cat("Its benefit of ", Yuan(m.benefit_yuan), " for ", Persons(m), " is ",
                  Yuan(wanted - m.benefit_yuan), " short of the least benefit of ",
                  Yuan(m.line.minimum_benefit_yuan), " a head.")};
    }
    return {Cat("With a benefit of ", Yuan(m.benefit_yuan), " (", Income(m), ") for ", Persons(m),
                " it is ", Yuan(m.gap_yuan), " short of the line of ", Yuan(m.line.line_yuan),
                " a head.")};
  }

  absl::StatusOr<Evidence> Fragile() const {
    const HouseholdMeasure m = c_.Measure(h_);
    const auto n = static_cast<double>(m.persons);
    LIANJIE_ASSIGN_OR_RETURN(const PayerPart largest, model_.LargestPayer(h_, true, context_));
    const double kept = m.benefit_yuan - largest.yuan;
    std::string what =
        c_.ReasonOf(h_) == ClassReason::kSinglePayer
            ? Cat("All its benefit of ", Yuan(m.benefit_yuan), " comes from ", Id(largest.payer),
                  "; without that payer it keeps nothing (", Income(m), ")")
            : Cat("Without ", Id(largest.payer), " it keeps ", Yuan(kept), " of ",
                  Yuan(m.benefit_yuan), " (", Income(m), ")");
    if (m.BelowLine(kept)) {
      what += Cat(" and is ", Yuan(n * m.line.line_yuan - m.base_yuan - kept),
                  " short of the line of ", Yuan(m.line.line_yuan), " a head");
    } else {
      what += Cat(" and is ", Yuan(n * m.line.minimum_benefit_yuan - kept),
                  " short of the least benefit of ", Yuan(m.line.minimum_benefit_yuan), " a head");
    }
    return Evidence{what + ".", largest.payer};
  }

  absl::StatusOr<Evidence> Bound() const {
    const HouseholdMeasure m = c_.Measure(h_);
    LIANJIE_ASSIGN_OR_RETURN(const PayerPart largest, model_.LargestPayer(h_, true, context_));
    std::string what = Cat("Its benefit is ", Yuan(m.benefit_yuan), " (", Income(m), ")");
    if (largest.payer != kNoNode) {
      what += Cat(", of it ", Yuan(largest.yuan), " from ", Id(largest.payer));
    }
    if (m.line.empty()) what += "; no line holds for it";
    return Evidence{what + ".", largest.payer};
  }

  RunContext& context_;
  const Classification& c_;
  const FlowModel& model_;
  const Snapshot& snapshot_;
  const LinkColumns& links_;
  const NodeIndex h_;
};

}  // namespace

absl::StatusOr<Evidence> FindEvidence(const Classification& classification, NodeIndex household,
                                      RunContext& context) {
  return Writer(classification, household, context).Write();
}

}  // namespace lianjie
