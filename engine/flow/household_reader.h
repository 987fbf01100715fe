// What one household gets, read off the links that pay it. Pulling by household and not pushing by
// payer makes households independent of one another: they are read in parallel, each in the order
// of its links, sums stay in registers and are written once, in order. The columns of links are not
// read in order then, but the villagers of one payer are neighbours in its row as they are among
// the nodes, so that a village is a few dozen streams. Measured on a county of 2 M households, one
// core, beside a plain sweep over its links of 10 ms: 90 ms for the sums of all households, 140
// with the columns of benefit_flow and their first touch. It is the largest part of every analysis
// here.
#ifndef LIANJIE_ENGINE_FLOW_HOUSEHOLD_READER_H_
#define LIANJIE_ENGINE_FLOW_HOUSEHOLD_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/core/rules.h"
#include "engine/flow/first_tiers.h"
#include "engine/flow/flow_model.h"

namespace lianjie {

struct HouseholdMoney {
  double benefit = 0, narrow = 0, gross = 0;
  double own = 0;     // benefit of tier 0
  double direct = 0;  // of tier 1
  double straight_from_outside = 0;
};

// Thread safe; refers to the model and the tiers.
class HouseholdReader {
 public:
  // Without `tiers` own and direct stay 0.
  explicit HouseholdReader(const FlowModel& model, const FirstTiers* tiers = nullptr)
      : model_(model),
        tiers_(tiers),
        graph_(model.snapshot()),
        source_(graph_.links().source.data()),
        mechanism_(graph_.links().mechanism.data()),
        driver_(graph_.links().driver.empty() ? nullptr : graph_.links().driver.data()),
        filtered_(!model.view().unfiltered()),
        by_payer_(model.mode() == FlowMode::kShare || model.unfunded_count() > 0),
        prefetch_(model.PrefetchIncoming()) {
    for (std::size_t m = 0; m < kMechanisms; ++m) {
      operating_[m] = IsOperatingIncome(static_cast<Mechanism>(m));
      for (std::size_t d = 0; d < kDrivers; ++d) {
        narrow_[m * kDrivers + d] = IsNarrow(static_cast<Mechanism>(m), static_cast<Driver>(d));
      }
    }
  }

  const LinkPrefetch& prefetch() const { return prefetch_; }
  bool IsNarrowLink(LinkIndex l) const {
    const auto driver = driver_ == nullptr ? 0 : static_cast<std::size_t>(driver_[l]);
    return narrow_[static_cast<std::size_t>(mechanism_[l]) * kDrivers + driver];
  }

  // Benefit of `household` by an active link that pays it.
  double BenefitOf(LinkIndex l, NodeIndex household) const {
    const double stated = model_.Stated(l);
    if (stated == 0.0) return 0.0;
    const double amount =
        by_payer_ ? stated * model_.YuanScale(model_.PayerOf(source_[l])) : stated;
    const PayerIndex account = model_.PayerOf(household);
    const bool to_account =
        account != kNoPayer && operating_[static_cast<std::size_t>(mechanism_[l])];
    return to_account ? amount * model_.pass(account) : amount;
  }

  // Sums stand in registers and what a link is decides nothing but factors of 0 and 1: links of all
  // sorts follow one another, and no processor guesses which comes next.
  HouseholdMoney Read(NodeIndex household) const {
    const PayerIndex account = model_.PayerOf(household);
    const bool has_account = account != kNoPayer;
    const double pass = has_account ? model_.pass(account) : 1.0;
    const double own_yuan = has_account ? model_.injection(account) : 0.0;
    double benefit = own_yuan * pass, narrow = 0, own = 0, outside = 0;
    double gross = has_account && model_.IsUnfunded(account) ? 0.0 : own_yuan;
    double direct[2] = {0, 0};  // straight, and at the account
    for (const LinkIndex& link : graph_.in_links(household)) {
      prefetch_.At(&link);
      const LinkIndex l = link;
      const double stated = model_.LinkActive(l) ? model_.Stated(l) : 0.0;
      if (stated == 0.0) continue;
      const PayerIndex from = model_.PayerOf(source_[l]);
      const double amount = by_payer_ ? stated * model_.YuanScale(from) : stated;
      const auto mechanism = static_cast<std::size_t>(mechanism_[l]);
      const auto to_account = static_cast<std::size_t>(has_account && operating_[mechanism]);
      const double factors[2] = {1.0, pass};
      const double kept = amount * factors[to_account];
      gross += amount;
      benefit += kept;
      narrow += kept * static_cast<double>(IsNarrowLink(l));
      if (filtered_ && !model_.LinkInside(l)) {
        if (to_account == 0) direct[0] += amount, outside += amount;
        continue;
      }
      if (tiers_ == nullptr) continue;
      direct[to_account] += stated * tiers_->First(from);
      if (tiers_->any_own() && to_account == 0) {
        own += stated * model_.ShareScale(from) * tiers_->Own(from);
      }
    }
    HouseholdMoney out{.benefit = benefit,
                       .narrow = narrow,
                       .gross = gross,
                       .own = own,
                       .direct = direct[0],
                       .straight_from_outside = outside};
    if (tiers_ != nullptr && has_account) AddAccount(account, pass, direct[1], out);
    return out;
  }

 private:
  static constexpr std::size_t kMechanisms = 18;
  static constexpr std::size_t kDrivers = 4;

  // What the account passes on of its own money and of what comes first hand.
  void AddAccount(PayerIndex account, double pass, double direct, HouseholdMoney& out) const {
    if (model_.IsCore(account)) {
      out.direct += pass * tiers_->FirstMoney(account);
    } else if (model_.IsInside(account)) {
      out.direct += pass * (direct + model_.from_outside(account));
    }
    if (tiers_->any_own()) out.own += pass * tiers_->Own(account);
  }

  const FlowModel& model_;
  const FirstTiers* const tiers_;
  const Snapshot& graph_;
  const NodeIndex* const source_;
  const Mechanism* const mechanism_;
  const Driver* const driver_;
  const bool filtered_;
  const bool by_payer_;  // an amount depends on its payer's x
  const LinkPrefetch prefetch_;
  std::array<bool, kMechanisms> operating_{};
  std::array<bool, kMechanisms * kDrivers> narrow_{};
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_HOUSEHOLD_READER_H_
