#include "engine/generate/chains.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "engine/core/text.h"
#include "engine/generate/random.h"

namespace lianjie {
namespace {

constexpr std::int64_t kLeastReceipts = 5000;  // an operating producer sells something of its own
constexpr double kUnexplainedShare = .04;      // of receipts, where it is planted
constexpr std::size_t kUnexplainedEvery = 8;

bool Produces(OrgType type) {
  return type == OrgType::kLeading || type == OrgType::kProcessor || type == OrgType::kWorkshop ||
         type == OrgType::kFarm || type == OrgType::kCooperative || type == OrgType::kTourism ||
         type == OrgType::kServiceProvider || type == OrgType::kSupermarket ||
         type == OrgType::kPlatform || type == OrgType::kPairedUnit;
}

class ChainPlanner {
 public:
  ChainPlanner(const CountyPlan& plan, const Organisations& organisations,
               const std::vector<Deal>& deals, const std::vector<HouseholdTally>& tallies)
      : orgs_(organisations),
        deals_(deals),
        tallies_(tallies),
        random_(MakeRandom(plan.options.seed, Stream::kChains)) {
    chains_.accounts.resize(orgs_.all.size());
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
      OrgAccount& account = chains_.accounts[i];
      account.in_yuan = tallies_[i].received_yuan;
      account.out_yuan = tallies_[i].paid_yuan;
      account.jobs = tallies_[i].jobs;
      account.mu = tallies_[i].mu;
    }
  }

  Chains Run() && {
    FixedPayments();
    Cycles();
    Idle();
    for (const Deal& deal : deals_) Settle(deal);
    for (const VillageMenu& menu : orgs_.villages) SettleLand(menu);
    for (const VillageMenu& menu : orgs_.villages) SettleCollective(menu);
    SettleFunds();
    for (const VillageMenu& menu : orgs_.villages) SettleProducers(menu);
    SettleFirms();
    for (const OrgIndex org : Each()) Close(org);
    for (std::size_t i = 0; i < orgs_.partners.size(); ++i)
      Account(static_cast<OrgIndex>(orgs_.own() + i)).receipts_yuan =
          orgs_.partners[i].receipts_yuan;
    return std::move(chains_);
  }

 private:
  OrgAccount& Account(OrgIndex org) { return chains_.accounts[org]; }
  OrgIndex AnyOf(OrgType type) {
    const std::vector<OrgIndex>& all = orgs_.Of(type);
    return all[random_.Below(all.size())];
  }
  std::vector<OrgIndex> Each() const {
    std::vector<OrgIndex> all(orgs_.own());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<OrgIndex>(i);
    return all;
  }
  static std::int64_t Part(std::int64_t yuan, double share) {
    return static_cast<std::int64_t>(static_cast<double>(yuan) * share);
  }

  void Pay(OrgIndex source, OrgIndex target, Mechanism mechanism, std::int64_t yuan,
           Driver driver = Driver::kMarket, int agreement = 0) {
    if (yuan <= 0) return;
    chains_.links.push_back(MakeOrgLink(random_, source, target, mechanism, driver, yuan,
                                        ProductOf(orgs_.all[target].product).name));
    chains_.links.back().agreement = agreement;
    Account(source).out_yuan += yuan;
    Account(target).in_yuan += yuan;
  }

  std::int64_t Needed(OrgIndex org) {
    return NeededReceipts(orgs_.all[org].type, Account(org).out_yuan);
  }
  std::int64_t Gap(OrgIndex org) {
    return std::max<std::int64_t>(0, Needed(org) - Account(org).in_yuan);
  }

  // What organisations pay for their trade, in proportion to what they pay to households.
  void FixedPayments() {
    for (const OrgIndex org : Each()) {
      const std::int64_t paid = tallies_[org].paid_yuan;
      const OrgType type = orgs_.all[org].type;
      if (type == OrgType::kCooperative || type == OrgType::kFarm) {
        const int agreement = ++agreements_;
        Pay(org, AnyOf(OrgType::kInputs), Mechanism::kSupply, Part(paid, .04));
        if (random_.Chance(.4))
          Pay(org, AnyOf(OrgType::kBank), Mechanism::kCredit, Part(paid, .01), Driver::kMarket,
              agreement);
        if (random_.Chance(.3))
          Pay(org, AnyOf(OrgType::kInsurer), Mechanism::kInsurance, Part(paid, .005),
              Driver::kMarket, agreement);
        if (random_.Chance(.3))
          Pay(org, AnyOf(OrgType::kServiceProvider), Mechanism::kSupply, Part(paid, .03));
        const OrgIndex collective = orgs_.villages[orgs_.all[org].village].collective;
        if (collective != kNoOrg && random_.Chance(.3))
          Pay(org, collective, Mechanism::kShareCooperation, Part(paid, .02));
      } else if (type == OrgType::kLeading) {
        Pay(org, AnyOf(OrgType::kBank), Mechanism::kCredit, Part(paid, .015));
        if (random_.Chance(.3)) {
          Pay(org, AnyOf(OrgType::kRuralBureau), Mechanism::kEquity, Part(paid, .01),
              Driver::kAdministrative);
        }
      }
    }
  }

  // F -> C -> V -> F: the leading enterprise buys from the cooperative (settled later), the
  // cooperative pays the processor for its work, the processor buys from the leading enterprise.
  // Besides, cross-holdings and deliveries to itself.
  void Cycles() {
    const std::vector<OrgIndex>& leading = orgs_.Of(OrgType::kLeading);
    const std::vector<OrgIndex>& processors = orgs_.Of(OrgType::kProcessor);
    for (std::size_t v = 0; v < orgs_.villages.size(); ++v) {
      const VillageMenu& menu = orgs_.villages[v];
      const OrgIndex cooperative = menu.cooperatives.front();
      const bool own = orgs_.all[cooperative].village == v;
      if (!own || (v != 0 && !random_.Chance(.2))) continue;
      const OrgIndex processor = processors[v % processors.size()];
      const std::int64_t yuan = Part(tallies_[cooperative].paid_yuan, .05);
      if (yuan < 2) continue;
      Pay(cooperative, processor, Mechanism::kSupply, yuan);
      Pay(processor, menu.leading, Mechanism::kSupply, Part(yuan, .7));
      ++chains_.firm_cycles;
    }
    for (std::size_t i = 0; i < leading.size(); i += 10) {
      const std::int64_t yuan = Part(tallies_[leading[i]].paid_yuan, .01);
      if (yuan < 1) continue;
      Pay(leading[i], leading[i], Mechanism::kSupply, yuan);
      ++chains_.self_loops;
    }
    for (std::size_t i = 0; i + 1 < leading.size(); i += 8) {
      const std::int64_t yuan =
          Part(std::min(tallies_[leading[i]].paid_yuan, tallies_[leading[i + 1]].paid_yuan), .005);
      if (yuan < 1) continue;
      Pay(leading[i], leading[i + 1], Mechanism::kEquity, yuan);
      Pay(leading[i + 1], leading[i], Mechanism::kEquity, yuan);
      ++chains_.cross_holdings;
    }
  }

  // Dead ends: nothing that has money pays them. Dormant cooperatives: a little money still comes,
  // and stays.
  void Idle() {
    const std::vector<OrgIndex>& firms = orgs_.Of(OrgType::kDeadEndFirm);
    const std::vector<OrgIndex>& dead_ends = orgs_.Of(OrgType::kDeadEnd);
    for (std::size_t i = 0; i < dead_ends.size(); ++i) {
      if (i % 3 != 0) continue;
      OrgLink& link = chains_.links.emplace_back();
      link.source = firms[i / 3];
      link.target = dead_ends[i];
      link.promised_yuan = random_.Between(10, 40) * 10000;
      link.from = *Date::FromCivil(2018, 1, 1);
      link.product = ProductOf(orgs_.all[link.target].product).name;
    }
    for (const OrgIndex dormant : orgs_.Of(OrgType::kDormant)) {
      Pay(AnyOf(OrgType::kLeading), dormant, Mechanism::kSupply, random_.Between(5, 30) * 100);
    }
  }

  // The first of the type takes half of it, the next half of the rest, the last what is left.
  void Settle(const Deal& deal) {
    const std::vector<OrgIndex>& all = orgs_.Of(deal.type);
    const auto partner = static_cast<OrgIndex>(orgs_.own() + deal.partner);
    const std::size_t count = std::min(all.size(), static_cast<std::size_t>(deal.parties));
    std::int64_t left = deal.yuan;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t yuan = i + 1 == count ? left : left / 2;
      left -= yuan;
      Pay(deal.partner_pays ? partner : all[i], deal.partner_pays ? all[i] : partner,
          deal.mechanism, yuan, deal.driver);
    }
  }

  // The pool hands its rent on, with a fee for the collective that manages it.
  void SettleLand(const VillageMenu& menu) {
    if (menu.land == kNoOrg) return;
    if (menu.collective != kNoOrg) {
      Pay(menu.land, menu.collective, Mechanism::kLandTransfer,
          Part(Account(menu.land).out_yuan, .03), Driver::kMarket, ++agreements_);
    }
    Pay(menu.leading, menu.land, Mechanism::kLandTransfer, Gap(menu.land), Driver::kMarket,
        ++agreements_);
  }

  void SettleCollective(const VillageMenu& menu) {
    if (menu.collective == kNoOrg) return;
    const std::int64_t gap = Gap(menu.collective);
    if (menu.pv != kNoOrg)
      Pay(menu.pv, menu.collective, Mechanism::kAssetReturn, Part(gap, .55),
          Driver::kAdministrative);
    if (random_.Chance(.5))
      Pay(menu.leading, menu.collective, Mechanism::kAssetReturn, Part(gap, .2),
          Driver::kAdministrative);
    if (random_.Chance(.3)) {
      Pay(AnyOf(OrgType::kRuralBureau), menu.collective, Mechanism::kGrant, Part(gap, .1),
          Driver::kAdministrative);
    }
  }

  void SettleFunds() {
    const std::vector<OrgIndex>& leading = orgs_.Of(OrgType::kLeading);
    for (std::size_t t = 0; t < orgs_.townships.size(); ++t) {
      const OrgIndex fund = orgs_.townships[t].fund;
      const std::int64_t gap = Gap(fund);
      const std::int64_t grant = Part(gap, .1);
      Pay(AnyOf(OrgType::kRuralBureau), fund, Mechanism::kGrant, grant, Driver::kAdministrative);
      Pay(leading[t % leading.size()], fund, Mechanism::kAssetReturn, gap - grant,
          Driver::kAdministrative);
    }
    for (const OrgIndex pv : orgs_.Of(OrgType::kPvFund)) {
      const std::int64_t upkeep = std::max<std::int64_t>(600, Part(Account(pv).out_yuan, .09));
      Pay(pv, AnyOf(OrgType::kPvOperator), Mechanism::kSupply, upkeep);
    }
  }

  // Cooperatives, workshops and family farms of one village: their buyers pay for most of what they
  // need.
  void SettleProducers(const VillageMenu& menu) {
    for (const OrgIndex cooperative : menu.cooperatives) {
      if (orgs_.all[cooperative].village == kNoVillage || !settled_.insert(cooperative).second)
        continue;
      const std::int64_t gap = Gap(cooperative);
      const int agreement = ++agreements_;
      const Mechanism mechanism = random_.Chance(.5) ? Mechanism::kOrder : Mechanism::kSupply;
      const bool two_lines = random_.Chance(.1);
      Pay(menu.leading, cooperative, mechanism, Part(gap, two_lines ? .4 : .6), Driver::kMarket,
          agreement);
      if (two_lines) {
        Pay(menu.leading, cooperative, mechanism, Part(gap, .2), Driver::kMarket, agreement);
        ++chains_.parallel_pairs;
      }
      if (menu.second_leading != kNoOrg && menu.second_leading != menu.leading) {
        Pay(menu.second_leading, cooperative, Mechanism::kSupply, Part(gap, .15));
      }
      if (random_.Chance(.25))
        Pay(AnyOf(OrgType::kPlatform), cooperative, Mechanism::kSupply, Part(gap, .08));
      if (random_.Chance(.3))
        Pay(AnyOf(OrgType::kPairedUnit), cooperative, Mechanism::kConsumption, Part(gap, .06),
            Driver::kSocial);
    }
    if (menu.workshop != kNoOrg)
      Pay(AnyOf(OrgType::kPlatform), menu.workshop, Mechanism::kSupply,
          Part(Gap(menu.workshop), .5));
    if (menu.farm == kNoOrg) return;
    const std::int64_t gap = Gap(menu.farm);
    Pay(menu.leading, menu.farm, Mechanism::kSupply, Part(gap, .4));
    Pay(AnyOf(OrgType::kSupermarket), menu.farm, Mechanism::kSupply, Part(gap, .2));
  }

  // The county's firms, the market last.
  void SettleFirms() {
    for (const OrgIndex org : orgs_.Of(OrgType::kTourism)) {
      Pay(AnyOf(OrgType::kPlatform), org, Mechanism::kSupply, Part(Gap(org), .15));
    }
    for (const OrgIndex org : orgs_.Of(OrgType::kInsurer)) {
      Pay(AnyOf(OrgType::kRuralBureau), org, Mechanism::kGrant, Part(Gap(org), .4),
          Driver::kAdministrative);
    }
    for (const OrgIndex org : orgs_.Of(OrgType::kProcessor)) {
      Pay(AnyOf(OrgType::kSupermarket), org, Mechanism::kSupply, Part(Gap(org), .5));
    }
    for (const OrgIndex org : orgs_.Of(OrgType::kLeading)) {
      const std::int64_t gap = Gap(org);
      Pay(AnyOf(OrgType::kPlatform), org, Mechanism::kSupply, Part(gap, .12));
      Pay(AnyOf(OrgType::kSupermarket), org, Mechanism::kSupply, Part(gap, .3));
    }
    const std::vector<OrgIndex>& markets = orgs_.Of(OrgType::kSupermarket);
    for (const OrgIndex org : orgs_.Of(OrgType::kPlatform)) {
      Pay(markets[random_.Below(markets.size())], org, Mechanism::kSupply, Part(Gap(org), .1));
    }
  }

  // The rest of what it needs comes from outside; where an injection is planted, less of it is
  // reported.
  void Close(OrgIndex org) {
    OrgAccount& account = Account(org);
    account.receipts_yuan = std::max(Needed(org), account.in_yuan);
    account.outside_yuan = account.receipts_yuan - account.in_yuan;
    // Planted where little leaks, so that share mode, which knows no such injection, loses little
    // by it.
    const OrgType type = orgs_.all[org].type;
    if ((type != OrgType::kCooperative && type != OrgType::kWorkshop) || account.out_yuan == 0)
      return;
    const std::int64_t planted =
        std::max<std::int64_t>(1, Part(account.receipts_yuan, kUnexplainedShare));
    const std::int64_t reported = account.out_yuan - account.in_yuan - planted;
    if (reported < 0 || feasible_++ % kUnexplainedEvery != 0) return;
    account.outside_yuan = reported;
    account.unexplained_yuan = planted;
    ++chains_.unexplained_organisations;
  }

  const Organisations& orgs_;
  const std::vector<Deal>& deals_;
  const std::vector<HouseholdTally>& tallies_;
  Random random_;
  Chains chains_;
  int agreements_ = 0;
  std::size_t feasible_ = 0;
  std::set<OrgIndex> settled_;
};

}  // namespace

void HouseholdTally::Add(const HouseholdLink& link) {
  if (!link.active()) return;
  (link.household_pays ? received_yuan : paid_yuan) += link.flow_yuan();
  if (link.capacity <= 0 || link.household_pays) return;
  if (link.mechanism == Mechanism::kEmployment) jobs += link.capacity;
  if (link.mechanism == Mechanism::kLandTransfer) mu += link.capacity;
}

OrgLink MakeOrgLink(Random& random, OrgIndex source, OrgIndex target, Mechanism mechanism,
                    Driver driver, std::int64_t yuan, std::string_view product) {
  OrgLink link;
  link.source = source;
  link.target = target;
  link.mechanism = mechanism;
  link.driver = driver;
  link.paid_yuan = yuan;
  link.promised_yuan = random.Chance(.8) ? yuan : yuan * random.Between(102, 120) / 100;
  link.from = *Date::FromCivil(static_cast<int>(random.Between(2016, 2022)),
                               static_cast<int>(random.Between(1, 12)), 1);
  const bool goods = mechanism == Mechanism::kSupply || mechanism == Mechanism::kOrder ||
                     mechanism == Mechanism::kConsumption;
  if (goods) link.product = product;
  return link;
}

std::int64_t NeededReceipts(OrgType type, std::int64_t out_yuan) {
  const OrgTraits& traits = TraitsOf(type);
  const double part = 1 - traits.leak_share - traits.retain_share;
  const auto needed = static_cast<std::int64_t>(std::ceil(static_cast<double>(out_yuan) / part));
  return Produces(type) ? std::max(needed, kLeastReceipts) : needed;
}

Chains PlanChains(const CountyPlan& plan, const Organisations& organisations,
                  const std::vector<Deal>& deals, const std::vector<HouseholdTally>& tallies) {
  return ChainPlanner(plan, organisations, deals, tallies).Run();
}

}  // namespace lianjie
