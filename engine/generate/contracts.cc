#include "engine/generate/contracts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/generate/random.h"

namespace lianjie {
namespace {

constexpr std::array<QuantilePoint, 6> kOrderYuan = {
    {{0, 1200}, {.1, 2400}, {.5, 6200}, {.9, 15000}, {.99, 32000}, {1, 60000}}};
constexpr std::array<QuantilePoint, 4> kGrowerYuan = {
    {{0, 50000}, {.5, 90000}, {.9, 180000}, {1, 400000}}};
constexpr std::array<QuantilePoint, 4> kSeasonalYuan = {
    {{0, 2500}, {.5, 5500}, {.9, 8800}, {1, 10000}}};
constexpr std::array<QuantilePoint, 4> kWageYuan = {
    {{0, 10000}, {.5, 15500}, {.9, 21500}, {1, 25000}}};
constexpr std::int64_t kWelfareJobYuan[] = {6000, 7200, 8400, 9600};
constexpr double kGrowerShare = .4;  // of its receipts, to neighbours

class Maker {
 public:
  Maker(const CountyPlan& plan, const Organisations& organisations, const Household& household,
        GrowerPurse& purse)
      : organisations_(organisations),
        menu_(organisations.villages[household.village]),
        township_(organisations.townships[plan.villages[household.village].township]),
        product_(ProductOf(plan.villages[household.village].product).name),
        household_(household),
        purse_(purse),
        random_(MakeRandom(plan.options.seed, Stream::kContracts, household.village,
                           static_cast<std::uint64_t>(household.ordinal))) {}

  std::vector<HouseholdLink> Run() && {
    switch (household_.cell.standing) {
      case Standing::kEarning:
        Earn();
        break;
      case Standing::kSupportOnly:
        Support(random_.Chance(.6) ? township_.office : Cooperative(), 0);
        break;
      case Standing::kDeadEnd:
        Promise(township_.dead_end);
        break;
      case Standing::kDormantPayer:
        Promise(township_.dormant);
        break;
      case Standing::kArrears:
        Promise(random_.Chance(.7) ? Cooperative() : menu_.leading);
        break;
      case Standing::kNoLink:
        break;
      case Standing::kLapsed:
        Lapse();
        if (random_.Chance(.2)) Lapse();
        break;
      case Standing::kPaysOnly:
        PayOnly();
        break;
      case Standing::kMarketOnly:
        SellAtMarket();
        break;
      case Standing::kReliefOnly:
        Relief();
        break;
    }
    return std::move(links_);
  }

 private:
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

  void Earn() {
    if ((household_.roles & kOperates) != 0) Operate();
    int bundle = 0;
    if ((household_.roles & kHoldsShares) != 0) bundle = HoldShares();
    if ((household_.roles & kWorks) != 0) Work(bundle);
    Overlays();
    if (household_.grower) {
      purse_.left_yuan = static_cast<std::int64_t>(
          static_cast<double>(AccountOf(links_).receipts_yuan) * kGrowerShare);
    }
  }

  void Operate() {
    const double way = random_.Unit();
    if (way < .80 || household_.grower) {
      Order();
    } else if (way < .90) {
      Trusteeship();
    } else if (way < .95) {
      ReverseLease();
    } else {
      Consumption(Yuan(kOrderYuan) / 2 + 300);
    }
    if (random_.Chance(.08)) Consumption(random_.Between(5, 40) * 100);
  }

  void Order() {
    const bool by_cooperative = random_.Chance(.7);
    const OrgIndex payer = by_cooperative ? Cooperative() : menu_.leading;
    const std::int64_t yuan =
        Yuan(household_.grower ? std::span<const QuantilePoint>(kGrowerYuan) : kOrderYuan);
    const int agreement = NewAgreement();
    Add(payer, Mechanism::kOrder, yuan, agreement).product = product_;
    if (random_.Chance(.015)) Add(payer, Mechanism::kOrder, yuan / 4, agreement).product = "杂粮";
    if (by_cooperative && random_.Chance(.35)) {
      Add(payer, Mechanism::kPatronageRefund, yuan * random_.Between(2, 6) / 100, agreement);
    }
    if (random_.Chance(.2)) {  // order, training and loan in one agreement
      Support(payer, agreement);
      Pay(AnyOf(OrgType::kBank), Mechanism::kCredit, yuan * random_.Between(3, 8) / 100, agreement)
          .policy = "小额信贷";
    }
    if (random_.Chance(.55)) {
      Pay(township_.inputs, Mechanism::kSupply, yuan * random_.Between(6, 18) / 100, 0).product =
          "农资";
    }
    if (random_.Chance(.45))
      Pay(AnyOf(OrgType::kInsurer), Mechanism::kInsurance, yuan * 2 / 100, 0).policy = "农业保险";
    if (random_.Chance(.05))
      Add(AnyOf(OrgType::kInsurer), Mechanism::kInsurance, yuan * random_.Between(10, 40) / 100, 0);
  }

  void Trusteeship() {
    const int agreement = NewAgreement();
    const std::int64_t yuan = Yuan(kOrderYuan);
    Add(township_.service, Mechanism::kTrusteeship, yuan, agreement).product = product_;
    Pay(township_.service, Mechanism::kTrusteeship, yuan * random_.Between(8, 20) / 100, agreement);
  }

  // The firm leases the household's land and lets it back to the household to grow for the firm.
  void ReverseLease() {
    const int agreement = NewAgreement();
    const std::int64_t yuan = Yuan(kOrderYuan);
    const double mu = household_.land_mu;
    Add(menu_.leading, Mechanism::kReverseLease, RentYuan(mu), agreement).capacity = mu;
    leased_ = true;
    Pay(menu_.leading, Mechanism::kReverseLease, yuan * random_.Between(5, 12) / 100, agreement);
    Add(menu_.leading, Mechanism::kOrder, yuan, agreement).product = product_;
  }

  void Consumption(std::int64_t yuan) {
    HouseholdLink& link = Add(AnyOf(OrgType::kPairedUnit), Mechanism::kConsumption, yuan, 0);
    link.driver = random_.Chance(.6) ? Driver::kSocial : Driver::kAdministrative;
    link.policy = "消费帮扶";
    link.product = product_;
  }

  std::int64_t RentYuan(double mu) {
    const std::int64_t yuan_of_mu = random_.Between(60, 100) * 10;
    return std::max<std::int64_t>(100,
                                  static_cast<std::int64_t>(mu * static_cast<double>(yuan_of_mu)));
  }

  // At least one line; the number of the agreement that a job may join, or 0.
  int HoldShares() {
    const double way = random_.Unit();
    int bundle = 0;
    if (way < .45 && household_.land_mu >= 1 && !leased_) {
      bundle = LeaseLand();
    } else if (way < .75 && menu_.collective != kNoOrg) {
      Distribution();
    } else if (way < .88 && household_.ever_registered()) {
      AssetReturn();
    } else {
      const OrgIndex payer = random_.Chance(.7) ? Cooperative() : menu_.leading;
      const bool equity = random_.Chance(.1);
      Add(payer, equity ? Mechanism::kEquity : Mechanism::kShareCooperation,
          random_.Between(30, 200) * 10, NewAgreement());
    }
    if (menu_.collective != kNoOrg && random_.Chance(.15)) Distribution();
    if (household_.ever_registered() && random_.Chance(.2)) AssetReturn();
    return bundle;
  }

  void Distribution() {
    Add(menu_.collective, Mechanism::kCollectiveDistribution, random_.Between(20, 150) * 10, 0)
        .driver = Driver::kAdministrative;
  }

  void AssetReturn() {
    const OrgIndex payer =
        menu_.pv != kNoOrg && menu_.collective == kNoOrg ? menu_.pv : township_.fund;
    HouseholdLink& link = Add(payer, Mechanism::kAssetReturn, random_.Between(60, 300) * 10, 0);
    link.driver = Driver::kAdministrative;
    link.policy = payer == menu_.pv ? "光伏帮扶" : "产业帮扶";
  }

  int LeaseLand() {
    const int agreement = NewAgreement();
    // Who still grows for itself keeps half of its land.
    const bool operates = (household_.roles & kOperates) != 0;
    const double mu =
        operates ? static_cast<double>(static_cast<std::int64_t>(household_.land_mu * 5)) / 10
                 : household_.land_mu;
    const std::int64_t yuan = RentYuan(mu);
    OrgIndex payer = menu_.land != kNoOrg && random_.Chance(.7) ? menu_.land : menu_.leading;
    if (random_.Chance(.1) && DrawOnPurse(yuan)) payer = kVillageGrower;
    HouseholdLink& link = Add(payer, Mechanism::kLandTransfer, yuan, agreement);
    link.capacity = mu;
    const Date from = link.valid.from;
    link.valid.to = *Date::FromCivil(from.year() + 30, from.month(), 1);
    return payer == kVillageGrower ? 0 : agreement;
  }

  bool DrawOnPurse(std::int64_t yuan) {
    if (household_.grower || purse_.left_yuan < yuan) return false;
    purse_.left_yuan -= yuan;
    return true;
  }

  // A job; where land was leased to the enterprise, mostly with it and in the same agreement.
  void Work(int bundle) {
    const int jobs = household_.labour() >= 3 && random_.Chance(.3) ? 2 : 1;
    for (int job = 0; job < jobs; ++job) {
      const bool with_land = job == 0 && bundle != 0 && random_.Chance(.7);
      const std::int64_t season = Yuan(kSeasonalYuan);
      if (!with_land && random_.Chance(.06) && DrawOnPurse(season)) {
        Add(kVillageGrower, Mechanism::kEmployment, season, NewAgreement()).capacity = 1;
        continue;
      }
      const OrgIndex payer = with_land ? menu_.leading : Employer();
      Hire(payer, season, with_land ? bundle : NewAgreement());
    }
  }

  OrgIndex Employer() {
    const bool poor = household_.ever_registered();
    const std::array<std::pair<OrgIndex, double>, 7> employers = {{
        {menu_.leading, .32},
        {menu_.workshop, .28},
        {Cooperative(), .16},
        {menu_.farm, .1},
        {menu_.tourism, .1},
        {organisations_.Of(OrgType::kLabourBureau).front(), poor ? .14 : .01},
        {menu_.collective, poor ? .1 : .02},
    }};
    std::array<double, 7> weights{};
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] = employers[i].first == kNoOrg ? 0 : employers[i].second;
    return employers[random_.Pick(weights)].first;
  }

  void Hire(OrgIndex payer, std::int64_t season, int agreement) {
    const OrgType type = organisations_.all[payer].type;
    const bool welfare = type == OrgType::kLabourBureau || type == OrgType::kCollective;
    const bool steady =
        type == OrgType::kWorkshop || type == OrgType::kTourism || random_.Chance(.3);
    const std::int64_t yuan = welfare  ? kWelfareJobYuan[random_.Below(4)]
                              : steady ? Yuan(kWageYuan)
                                       : season;
    HouseholdLink& link = Add(payer, Mechanism::kEmployment, yuan, agreement);
    link.capacity = 1;
    if (!welfare) return;
    link.driver = Driver::kAdministrative;
    link.policy = "公益性岗位";
  }

  // What comes beside the bindings of a household that earns.
  void Overlays() {
    const bool poor = household_.ever_registered();
    if (random_.Chance(poor ? .42 : .2)) Support(township_.office, 0);
    if (random_.Chance(poor ? .3 : .05)) Relief();
    if (random_.Chance(.34)) SellAtMarket();
    if (random_.Chance(.05)) Lapse();
    if (random_.Chance(.03)) Promise(Cooperative());
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
  const Household& household_;
  GrowerPurse& purse_;
  Random random_;
  int agreements_ = 0;
  bool leased_ = false;  // all its land, by REVERSE_LEASE
  std::vector<HouseholdLink> links_;
};

}  // namespace

std::vector<HouseholdLink> MakeContracts(const CountyPlan& plan, const Organisations& organisations,
                                         const Household& household, GrowerPurse& purse) {
  if (household.ordinal == 0) purse = {};
  return Maker(plan, organisations, household, purse).Run();
}

}  // namespace lianjie
