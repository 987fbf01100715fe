// The pen that contracts.cc writes a household's contracts with: lines of the common forms, and all
// that a household has which does not earn.
#ifndef LIANJIE_ENGINE_GENERATE_CONTRACT_DRAFT_H_
#define LIANJIE_ENGINE_GENERATE_CONTRACT_DRAFT_H_

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "engine/generate/contracts.h"
#include "engine/generate/random.h"

namespace lianjie {

class ContractDraft {
 protected:
  static constexpr std::array<QuantilePoint, 6> kOrderYuan = {
      {{0, 1200}, {.1, 2400}, {.5, 6200}, {.9, 15000}, {.99, 32000}, {1, 60000}}};

  ContractDraft(const CountyPlan& plan, const Organisations& organisations,
                const Household& household)
      : organisations_(organisations),
        menu_(organisations.villages[household.village]),
        township_(organisations.townships[plan.villages[household.village].township]),
        product_(ProductOf(plan.villages[household.village].product).name),
        random_(MakeRandom(plan.options.seed, Stream::kContracts, household.village,
                           static_cast<std::uint64_t>(household.ordinal))) {}

  OrgIndex Cooperative() { return menu_.cooperatives[random_.Below(menu_.cooperatives.size())]; }
  OrgIndex AnyOf(OrgType type) {
    const std::vector<OrgIndex>& all = organisations_.Of(type);
    return all[random_.Below(all.size())];
  }
  std::int64_t Yuan(std::span<const QuantilePoint> points) {
    return static_cast<std::int64_t>(random_.Quantile(points) / 10) * 10;
  }
  int NewAgreement() { return ++agreements_; }

  // Contracts begin on the first of a month between 2016 and 2023.
  Date Begin() {
    const std::int64_t month = random_.Between(0, 12 * 8 - 1);
    return *Date::FromCivil(static_cast<int>(2016 + month / 12), static_cast<int>(month % 12 + 1),
                            1);
  }

  HouseholdLink& Add(OrgIndex other, Mechanism mechanism, std::int64_t paid_yuan, int agreement) {
    HouseholdLink& link = links_.emplace_back();
    link.other = other;
    link.mechanism = mechanism;
    link.agreement = agreement;
    link.valid.from = Begin();
    // Lines of one agreement begin together.
    const auto same = [agreement](const HouseholdLink& other) {
      return other.agreement == agreement;
    };
    if (agreement > 0)
      link.valid.from = std::find_if(links_.begin(), links_.end(), same)->valid.from;
    if (paid_yuan != kNotGiven) {
      link.paid_yuan = paid_yuan;
      link.promised_yuan =
          random_.Chance(.85) ? paid_yuan : paid_yuan * random_.Between(102, 130) / 100;
    }
    return link;
  }
  HouseholdLink& Pay(OrgIndex other, Mechanism mechanism, std::int64_t paid_yuan, int agreement) {
    HouseholdLink& link = Add(other, mechanism, paid_yuan, agreement);
    link.household_pays = true;
    link.promised_yuan = paid_yuan;
    return link;
  }
  void Support(OrgIndex payer, int agreement) {
    HouseholdLink& link = Add(payer, Mechanism::kService, kNotGiven, agreement);
    link.driver = TraitsOf(organisations_.all[payer].type).kind == NodeKind::kAgency
                      ? Driver::kAdministrative
                      : Driver::kMarket;
    link.policy = "技术培训";
  }

  // Promised, and nothing paid.
  void Promise(OrgIndex payer) {
    const Mechanism mechanism =
        random_.Chance(.6) ? Mechanism::kOrder : Mechanism::kShareCooperation;
    HouseholdLink& link = Add(payer, mechanism, kNotGiven, NewAgreement());
    link.promised_yuan =
        mechanism == Mechanism::kOrder ? Yuan(kOrderYuan) : random_.Between(30, 200) * 10;
    link.paid_yuan = 0;
  }

  void Lapse() {
    const double way = random_.Unit();
    const bool closed = way < .25;
    const OrgIndex payer = closed ? township_.closed : Cooperative();
    const std::array<Mechanism, 3> mechanisms = {Mechanism::kOrder, Mechanism::kEmployment,
                                                 Mechanism::kShareCooperation};
    HouseholdLink& link =
        Add(payer, mechanisms[random_.Below(3)], random_.Between(60, 900) * 10, NewAgreement());
    link.valid.from = *Date::FromCivil(static_cast<int>(random_.Between(2016, 2019)),
                                       static_cast<int>(random_.Between(1, 12)), 1);
    if (closed) {
      link.valid.to = *Date::FromCivil(2022, 1, 1);
    } else if (way < .6) {
      link.valid.to = *Date::FromCivil(static_cast<int>(random_.Between(2020, 2023)),
                                       static_cast<int>(random_.Between(1, 12)), 1);
    } else {
      link.status = way < .9 ? LinkStatus::kEnded : LinkStatus::kSuspended;
    }
  }

  void PayOnly() {
    Pay(township_.inputs, Mechanism::kSupply, random_.Between(30, 200) * 10, 0).product = "农资";
    if (random_.Chance(.4))
      Pay(AnyOf(OrgType::kInsurer), Mechanism::kInsurance, random_.Between(3, 15) * 10, 0);
    if (random_.Chance(.15))
      Pay(AnyOf(OrgType::kBank), Mechanism::kCredit, random_.Between(50, 220) * 10, 0);
  }

  void SellAtMarket() {
    const OrgIndex buyer =
        random_.Chance(.6) ? AnyOf(OrgType::kSupermarket) : AnyOf(OrgType::kPlatform);
    HouseholdLink& link =
        Add(buyer, random_.Chance(.9) ? Mechanism::kSupply : Mechanism::kConsumption,
            random_.Between(30, 600) * 10, 0);
    link.product = product_;
  }

  void Relief() {
    HouseholdLink& link =
        Add(township_.office, Mechanism::kTransfer, random_.Between(15, 60) * 100, 0);
    link.driver = Driver::kAdministrative;
    link.policy = "最低生活保障";
  }

  const Organisations& organisations_;
  const VillageMenu& menu_;
  const TownshipMenu& township_;
  const std::string_view product_;
  Random random_;
  int agreements_ = 0;
  std::vector<HouseholdLink> links_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_CONTRACT_DRAFT_H_
