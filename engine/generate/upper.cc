#include "engine/generate/upper.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/text.h"
#include "engine/generate/names.h"

namespace lianjie {
namespace {

constexpr std::size_t kParks = 2;  // of a prefecture
constexpr std::size_t kCountiesOfLeader = 10;
constexpr std::int64_t kParkLimitYuan = 600;     // a household of a village, each park
constexpr std::int64_t kPlatformLimitYuan = 90;  // each of the two platforms

// What passes between a county and one beyond it, in yuan a year for each household of the county.
struct UpperRates {
  static constexpr double kLeaderToLeading = 900;
  static constexpr double kFarLeaderToLeading = 400;
  static constexpr double kLeaderToCooperatives = 60;
  static constexpr double kWholesaleToLeading = 150;
  static constexpr double kWholesaleToCooperatives = 40;
  static constexpr double kMarketToWholesale = 300;
  static constexpr double kLeadingToGroup = 60;
  static constexpr double kDealersToInputs = 100;
  static constexpr double kBankInterest = 15;
  static constexpr double kReinsurancePremium = 15;
  static constexpr double kReinsuranceIndemnity = 5;
  static constexpr double kGroupToPlatform = 250;
  static constexpr double kFundToFunds = 15;
  static constexpr double kFundToCollectives = 10;
  static constexpr double kGrantToCollectives = 8;
};

std::int64_t UpperPart(std::int64_t yuan, double share) {
  return static_cast<std::int64_t>(static_cast<double>(yuan) * share);
}

}  // namespace

UpperLayer::UpperLayer(const Territory& territory)
    : territory_(territory), random_(MakeRandom(territory.options().seed, Stream::kUpper)) {
  AddOrganisations();
  accounts_.resize(organisations_.size());
  AddUp();
  PayFixed();
  Settle();
  Close();
}

OrgIndex UpperLayer::Add(OrgType type, const std::string& region, std::size_t number) {
  const auto index = static_cast<OrgIndex>(organisations_.size());
  Organisation& made = organisations_.emplace_back();
  made.type = type;
  made.id = Cat(TraitsOf(type).prefix, "-", region, "-", number + 1);
  made.village = kNoVillage;
  made.region = region;
  made.place = PlaceName(index * 13 + static_cast<std::size_t>(type) * 29);
  made.product = random_.Below(kProducts);
  made.founded = *Date::FromCivil(static_cast<int>(random_.Between(2001, 2015)), 7, 1);
  return index;
}

void UpperLayer::AddOrganisations() {
  // Those of the nation sit in its provinces: its regions have no root to hang them on.
  const std::vector<ProvincePlace>& places = territory_.provinces();
  const std::size_t platforms = territory_.options().scale == Scale::kNation ? 8 : 2;
  for (std::size_t i = 0; i < platforms; ++i)
    platforms_.push_back(Add(OrgType::kPlatformGroup, places[i * 3 % places.size()].code, i));
  reinsurer_ = Add(OrgType::kReinsurer, places.front().code, 0);
  ministry_ = Add(OrgType::kMinistry, places.front().code, 0);
  for (const ProvincePlace& place : places) {
    Province& province = provinces_.emplace_back();
    const std::size_t leaders = 2 + place.counties / kCountiesOfLeader;
    for (std::size_t i = 0; i < leaders; ++i)
      province.leaders.push_back(Add(OrgType::kLeader, place.code, i));
    province.inputs = Add(OrgType::kInputsMaker, place.code, 0);
    province.bank = Add(OrgType::kProvincialBank, place.code, 0);
    province.fund = Add(OrgType::kProvincialFund, place.code, 0);
    province.agency = Add(OrgType::kProvincialAgency, place.code, 0);
  }
  for (const PrefecturePlace& place : territory_.prefectures()) {
    Prefecture& prefecture = prefectures_.emplace_back();
    prefecture.wholesale = Add(OrgType::kWholesale, place.code, 0);
    prefecture.fund = Add(OrgType::kPrefectureFund, place.code, 0);
    for (std::size_t i = 0; i < kParks; ++i)
      prefecture.parks.push_back(Add(OrgType::kPark, place.code, i));
  }
}

// The first of a province the likeliest: Zipf with exponent 1.
OrgIndex UpperLayer::LeaderOf(std::size_t province, Random& random) const {
  const std::vector<OrgIndex>& leaders = provinces_[province].leaders;
  std::vector<double> weights;
  for (std::size_t i = 0; i < leaders.size(); ++i)
    weights.push_back(1.0 / static_cast<double>(i + 1));
  return leaders[random.Pick(weights)];
}

UpperLayer::CountyDeals UpperLayer::DealsOf(std::size_t county) const {
  using R = UpperRates;
  const CountyPlace& place = territory_.counties()[county];
  const Province& province = provinces_[place.province];
  const Prefecture& prefecture = prefectures_[place.prefecture];
  Random random = MakeRandom(territory_.options().seed, Stream::kUpper, 1, county);
  CountyDeals made;
  const auto pass = [&](bool upper_pays, OrgIndex upper, OrgType type, std::int64_t parties,
                        Mechanism mechanism, double rate, Driver driver = Driver::kMarket) {
    const double households = static_cast<double>(place.households);
    const auto yuan = static_cast<std::int64_t>(households * rate * (.6 + .8 * random.Unit()));
    made.deals.push_back({upper,
                          {.type = type,
                           .parties = parties,
                           .partner_pays = upper_pays,
                           .mechanism = mechanism,
                           .driver = driver,
                           .yuan = yuan}});
  };
  const auto buys = [&](OrgIndex upper, auto... rest) { pass(true, upper, rest...); };
  const auto sells = [&](OrgIndex upper, auto... rest) { pass(false, upper, rest...); };
  constexpr Mechanism kSupply = Mechanism::kSupply;
  constexpr Driver kByOffice = Driver::kAdministrative;

  const OrgIndex leader = LeaderOf(place.province, random);
  buys(leader, OrgType::kLeading, 3, kSupply, R::kLeaderToLeading);
  buys(leader, OrgType::kCooperative, 4, Mechanism::kOrder, R::kLeaderToCooperatives);
  if (random.Chance(.5)) {
    const OrgIndex far = LeaderOf(random.Below(provinces_.size()), random);
    if (far != leader) buys(far, OrgType::kLeading, 2, kSupply, R::kFarLeaderToLeading);
  }
  buys(prefecture.wholesale, OrgType::kLeading, 2, kSupply, R::kWholesaleToLeading);
  buys(prefecture.wholesale, OrgType::kCooperative, 3, kSupply, R::kWholesaleToCooperatives);
  sells(prefecture.wholesale, OrgType::kSupermarket, 2, kSupply, R::kMarketToWholesale);
  sells(province.inputs, OrgType::kInputs, 1, kSupply, R::kDealersToInputs);
  sells(province.bank, OrgType::kBank, 1, Mechanism::kCredit, R::kBankInterest);
  sells(reinsurer_, OrgType::kInsurer, 1, Mechanism::kInsurance, R::kReinsurancePremium);
  if (random.Chance(.3))
    buys(reinsurer_, OrgType::kInsurer, 1, Mechanism::kInsurance, R::kReinsuranceIndemnity);
  buys(prefecture.fund, OrgType::kIndustryFund, 3, Mechanism::kAssetReturn, R::kFundToFunds,
       kByOffice);
  buys(prefecture.fund, OrgType::kCollective, 4, Mechanism::kAssetReturn, R::kFundToCollectives,
       kByOffice);
  buys(province.agency, OrgType::kCollective, 3, Mechanism::kGrant, R::kGrantToCollectives,
       kByOffice);

  std::vector<double> weights;
  for (std::size_t i = 0; i < platforms_.size(); ++i)
    weights.push_back(1.0 / static_cast<double>(i + 1));
  const std::size_t first = random.Pick(weights);
  const std::size_t second = (first + 1 + random.Below(platforms_.size() - 1)) % platforms_.size();
  buys(platforms_[first], OrgType::kPlatform, 1, kSupply, R::kGroupToPlatform);
  if (random.Chance(.5))
    sells(platforms_[first], OrgType::kLeading, 1, kSupply, R::kLeadingToGroup);
  for (const std::size_t i : {first, second})
    made.payers.emplace_back(platforms_[i], kPlatformLimitYuan);
  for (const OrgIndex park : prefecture.parks) made.payers.emplace_back(park, kParkLimitYuan);
  return made;
}

Surroundings UpperLayer::Around(std::size_t county) const {
  CountyDeals made = DealsOf(county);
  Surroundings around;
  const auto partner = [&](OrgIndex upper) {
    const auto found = std::find_if(around.partners.begin(), around.partners.end(),
                                    [upper](const Partner& p) { return p.number == upper; });
    if (found != around.partners.end())
      return static_cast<std::size_t>(found - around.partners.begin());
    around.partners.push_back({.organisation = organisations_[upper],
                               .receipts_yuan = accounts_[upper].receipts_yuan,
                               .household_limit_yuan = 0,
                               .number = upper});
    return around.partners.size() - 1;
  };
  for (const auto& [upper, limit] : made.payers)
    around.partners[partner(upper)].household_limit_yuan = limit;
  for (UpperDeal& planned : made.deals) {
    planned.deal.partner = partner(planned.upper);
    around.deals.push_back(planned.deal);
  }
  return around;
}

// What the counties will pay, be paid, and may be paid.
void UpperLayer::AddUp() {
  for (std::size_t c = 0; c < territory_.counties().size(); ++c) {
    const CountyDeals made = DealsOf(c);
    for (const UpperDeal& planned : made.deals) {
      OrgAccount& account = accounts_[planned.upper];
      (planned.deal.partner_pays ? account.out_yuan : account.in_yuan) += planned.deal.yuan;
    }
    for (const auto& [upper, limit] : made.payers)
      accounts_[upper].out_yuan += limit * territory_.counties()[c].households;
  }
}

void UpperLayer::Pay(OrgIndex source, OrgIndex target, Mechanism mechanism, std::int64_t yuan,
                     Driver driver) {
  if (yuan <= 0) return;
  links_.push_back(MakeOrgLink(random_, source, target, mechanism, driver, yuan,
                               ProductOf(organisations_[target].product).name));
  accounts_[source].out_yuan += yuan;
  accounts_[target].in_yuan += yuan;
}

std::int64_t UpperLayer::Needed(OrgIndex org) const {
  return NeededReceipts(organisations_[org].type, accounts_[org].out_yuan);
}

std::int64_t UpperLayer::Gap(OrgIndex org) const {
  return std::max<std::int64_t>(0, Needed(org) - accounts_[org].in_yuan);
}

// Amounts that close cycles, fixed before anything is settled.
void UpperLayer::PayFixed() {
  std::vector<OrgIndex> leaders;
  for (const Province& province : provinces_) {
    for (const OrgIndex leader : province.leaders) {
      leaders.push_back(leader);
      const std::int64_t out = accounts_[leader].out_yuan;
      Pay(leader, platforms_[leader % platforms_.size()], Mechanism::kSupply, UpperPart(out, .02));
      Pay(leader, province.bank, Mechanism::kCredit, UpperPart(out, .01));
      ++cycles_;
    }
  }
  for (std::size_t f = 0; f < prefectures_.size(); ++f) {
    const OrgIndex leader = provinces_[territory_.prefectures()[f].province].leaders.front();
    const OrgIndex wholesale = prefectures_[f].wholesale;
    Pay(wholesale, leader, Mechanism::kSupply, UpperPart(accounts_[wholesale].in_yuan, .2));
  }
  // Holdings of one another, from province to province.
  for (std::size_t i = 0; i + 1 < leaders.size(); i += 3) {
    const OrgIndex a = leaders[i];
    const OrgIndex b = leaders[(i + leaders.size() / 2) % leaders.size()];
    const std::int64_t yuan =
        UpperPart(std::min(accounts_[a].out_yuan, accounts_[b].out_yuan), .005);
    if (a == b || yuan < 1) continue;
    Pay(a, b, Mechanism::kEquity, yuan);
    Pay(b, a, Mechanism::kEquity, yuan);
    ++cross_holdings_;
  }
  for (const OrgIndex platform : platforms_) {
    const std::int64_t yuan = UpperPart(accounts_[platform].out_yuan, .002);
    if (yuan < 1) continue;
    Pay(platform, platform, Mechanism::kSupply, yuan);
    ++self_loops_;
  }
}

// The funds of prefectures from their province's, that from its leading enterprises and the nation.
void UpperLayer::SettleFunds() {
  for (std::size_t f = 0; f < prefectures_.size(); ++f) {
    const OrgIndex fund = prefectures_[f].fund;
    Pay(provinces_[territory_.prefectures()[f].province].fund, fund, Mechanism::kAssetReturn,
        Gap(fund), Driver::kAdministrative);
  }
  for (const Province& province : provinces_) {
    const std::int64_t gap = Gap(province.fund);
    std::int64_t left = gap;
    for (const OrgIndex leader : province.leaders) {
      const std::int64_t yuan = UpperPart(gap, .9 / static_cast<double>(province.leaders.size()));
      Pay(leader, province.fund, Mechanism::kAssetReturn, yuan, Driver::kAdministrative);
      left -= yuan;
    }
    Pay(ministry_, province.fund, Mechanism::kGrant, left, Driver::kAdministrative);
  }
}

// Payees before payers, the market last.
void UpperLayer::Settle() {
  SettleFunds();
  for (std::size_t f = 0; f < prefectures_.size(); ++f) {
    for (const OrgIndex park : prefectures_[f].parks)
      Pay(platforms_[f % platforms_.size()], park, Mechanism::kSupply, UpperPart(Gap(park), .2));
  }
  for (const Province& province : provinces_) {
    for (const OrgIndex leader : province.leaders) {
      const std::int64_t gap = Gap(leader);
      Pay(platforms_[leader % platforms_.size()], leader, Mechanism::kSupply, UpperPart(gap, .25));
      Pay(platforms_[(leader + 1) % platforms_.size()], leader, Mechanism::kSupply,
          UpperPart(gap, .1));
    }
  }
}

void UpperLayer::Close() {
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    OrgAccount& account = accounts_[i];
    account.receipts_yuan = std::max(Needed(static_cast<OrgIndex>(i)), account.in_yuan);
    account.outside_yuan = account.receipts_yuan - account.in_yuan;
  }
}

}  // namespace lianjie
