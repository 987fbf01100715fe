#include "engine/generate/contracts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/generate/contract_draft.h"
#include "engine/generate/random.h"

namespace lianjie {
namespace {

constexpr std::array<QuantilePoint, 4> kGrowerYuan = {
    {{0, 50000}, {.5, 90000}, {.9, 180000}, {1, 400000}}};
constexpr std::array<QuantilePoint, 4> kSeasonalYuan = {
    {{0, 2500}, {.5, 5500}, {.9, 8800}, {1, 10000}}};
constexpr std::array<QuantilePoint, 4> kWageYuan = {
    {{0, 10000}, {.5, 15500}, {.9, 21500}, {1, 25000}}};
constexpr std::int64_t kWelfareJobYuan[] = {6000, 7200, 8400, 9600};
constexpr double kGrowerShare = .4;  // of its receipts, to neighbours

class Maker : private ContractDraft {
 public:
  Maker(const CountyPlan& plan, const Organisations& organisations, const Household& household,
        VillagePurses& purses)
      : ContractDraft(plan, organisations, household),
        household_(household),
        purses_(purses),
        one_of_many_(plan.setting.one_of_many()) {}

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
  void Earn() {
    if ((household_.roles & kOperates) != 0) Operate();
    int bundle = 0;
    if ((household_.roles & kHoldsShares) != 0) bundle = HoldShares();
    if ((household_.roles & kWorks) != 0) Work(bundle);
    Overlays();
    if (household_.grower) {
      purses_.grower_yuan = static_cast<std::int64_t>(
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
    if (household_.grower || purses_.grower_yuan < yuan) return false;
    purses_.grower_yuan -= yuan;
    return true;
  }

  // A partner of that type that can still pay so much to the village, or none.
  OrgIndex DrawOnPartner(OrgType type, std::int64_t yuan) {
    const OrgIndex partner = AnyOf(type);
    std::int64_t& left = purses_.partner_yuan[partner - organisations_.own()];
    if (left < yuan) return kNoOrg;
    left -= yuan;
    return partner;
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
      if (one_of_many_ && !with_land && random_.Chance(.25) && WorkFar()) continue;
      const OrgIndex payer = with_land ? menu_.leading : Employer();
      Hire(payer, season, with_land ? bundle : NewAgreement());
    }
  }

  bool WorkFar() {
    const std::int64_t wage = Yuan(kWageYuan);
    const OrgIndex park = DrawOnPartner(OrgType::kPark, wage);
    if (park == kNoOrg) return false;
    Add(park, Mechanism::kEmployment, wage, NewAgreement()).capacity = 1;
    return true;
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
    if (one_of_many_) More();
  }

  // A household of a province or a nation is bound more densely than one of a county by itself,
  // which people compare figures of and which stays as it is: it sells to the nation's platforms,
  // works in the prefecture's parks, trades in more ways.
  void More() {
    if (random_.Chance(.5)) SellFar();
    if (random_.Chance(.22)) Support(township_.office, 0);
    if (random_.Chance(.16)) {
      Add(Cooperative(), Mechanism::kShareCooperation, random_.Between(10, 80) * 10,
          NewAgreement());
    }
    if ((household_.roles & kOperates) == 0) return;
    if (random_.Chance(.3)) SellAtMarket();
    const OperatingAccount account = AccountOf(links_);
    const std::int64_t premium = random_.Between(3, 15) * 10;
    if (account.receipts_yuan - account.payments_yuan > premium && random_.Chance(.25))
      Pay(AnyOf(OrgType::kInsurer), Mechanism::kInsurance, premium, 0).policy = "农业保险";
  }

  void SellFar() {
    const std::int64_t yuan = random_.Between(10, 60) * 10;
    const OrgIndex buyer = DrawOnPartner(OrgType::kPlatformGroup, yuan);
    if (buyer == kNoOrg) return;
    const bool helping = random_.Chance(.3);
    HouseholdLink& link =
        Add(buyer, helping ? Mechanism::kConsumption : Mechanism::kSupply, yuan, 0);
    if (helping) {
      link.driver = Driver::kSocial;
      link.policy = "消费帮扶";
    }
    link.product = product_;
  }

  const Household& household_;
  VillagePurses& purses_;
  const bool one_of_many_;
  bool leased_ = false;  // all its land, by REVERSE_LEASE
};

}  // namespace

std::vector<HouseholdLink> MakeContracts(const CountyPlan& plan, const Organisations& organisations,
                                         const Household& household, VillagePurses& purses) {
  if (household.ordinal == 0) {
    purses = {};
    for (const Partner& partner : organisations.partners) {
      purses.partner_yuan.push_back(partner.household_limit_yuan *
                                    plan.villages[household.village].households);
    }
  }
  return Maker(plan, organisations, household, purses).Run();
}

}  // namespace lianjie
