#include "engine/generate/organisations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/text.h"
#include "engine/generate/names.h"
#include "engine/generate/random.h"

namespace lianjie {
namespace {

using K = NodeKind;
using S = Sector;
using G = Stage;

// In the order of OrgType.
constexpr std::array<OrgTraits, kOrgTypes> kTraits = {{
    {"AGENCY-TOWN", "镇乡村振兴工作站", K::kAgency, "township", S::kTertiary, G::kServices, "S9224",
     0, .01},
    {"AGENCY-LABOUR", "人力资源和社会保障局", K::kAgency, "county", S::kTertiary, G::kServices,
     "S9224", 0, .01},
    {"AGENCY-RURAL", "乡村振兴局", K::kAgency, "county", S::kTertiary, G::kServices, "S9224", 0,
     .01},
    {"AGENCY-PAIRED", "结对帮扶单位", K::kAgency, "paired", S::kTertiary, G::kServices, "S9224", 0,
     .01},
    {"FIRM-LEADING", "农业发展有限公司", K::kFirm, "leading_county", S::kSecondary, G::kProcessing,
     "", .3, .06},
    {"FIRM-PROCESS", "食品加工有限公司", K::kFirm, "processor", S::kSecondary, G::kProcessing,
     "C1371", .35, .05},
    {"FIRM-PLATFORM", "电子商务有限公司", K::kFirm, "platform", S::kTertiary, G::kCirculation,
     "F5292", .2, .05},
    {"FIRM-MARKET", "超市有限公司", K::kFirm, "retailer", S::kTertiary, G::kCirculation, "F5212",
     .15, .04},
    {"FIRM-INPUTS", "农资有限公司", K::kFirm, "inputs", S::kTertiary, G::kInputs, "F5166", .6, .1},
    {"FIRM-BANK", "农村商业银行", K::kFirm, "bank", S::kTertiary, G::kServices, "J6621", .5, .2},
    {"FIRM-INSURER", "农业保险有限公司", K::kFirm, "insurer", S::kTertiary, G::kServices, "J6820",
     .3, .2},
    {"FIRM-SERVICE", "农业服务有限公司", K::kFirm, "service_provider", S::kTertiary, G::kServices,
     "A0512", .15, .06},
    {"FIRM-TOURISM", "乡村旅游有限公司", K::kFirm, "tourism", S::kTertiary, G::kTourism, "H6130",
     .25, .07},
    {"FIRM-PV", "光伏运维有限公司", K::kFirm, "pv_operator", S::kTertiary, G::kUnspecified, "D4416",
     .4, .1},
    {"FIRM-WORKSHOP", "就业帮扶车间", K::kFirm, "workshop", S::kSecondary, G::kUnspecified, "C1819",
     .2, .05},
    {"FIRM-FARM", "家庭农场", K::kFirm, "family_farm", S::kPrimary, G::kProduction, "", .12, .12},
    {"COOP", "专业合作社", K::kCooperative, "specialised", S::kPrimary, G::kProduction, "", .08,
     .08},
    {"COLLECTIVE", "村股份经济合作社", K::kCollective, "", S::kPrimary, G::kUnspecified, "", .02,
     .22},
    {"LAND", "村流转土地", K::kLand, "pool", S::kPrimary, G::kProduction, "", 0, .002},
    {"FUND-PV", "村光伏电站", K::kFund, "photovoltaic", S::kSecondary, G::kUnspecified, "D4416",
     .05, .03},
    {"FUND-INDUSTRY", "镇产业帮扶资金", K::kFund, "industry", S::kUnspecified, G::kUnspecified, "",
     0, .002},
    {"COOP-IDLE", "种植合作社", K::kCooperative, "specialised", S::kPrimary, G::kProduction, "",
     .05, .1},
    {"FIRM-IDLE", "农产品有限公司", K::kFirm, "processor", S::kSecondary, G::kProcessing, "C1371",
     .05, .1},
    {"COOP-DORMANT", "养殖合作社", K::kCooperative, "specialised", S::kPrimary, G::kProduction, "",
     .05, .1},
    {"FIRM-CLOSED", "生态农业有限公司", K::kFirm, "leading_county", S::kSecondary, G::kProcessing,
     "", .05, .1},
    {"FIRM-NATION-PLATFORM", "电子商务集团", K::kFirm, "platform", S::kTertiary, G::kCirculation,
     "F5292", .2, .05},
    {"FIRM-NATION-INSURER", "农业再保险集团", K::kFirm, "insurer", S::kTertiary, G::kServices,
     "J6830", .3, .2},
    {"AGENCY-NATION", "国家乡村振兴部门", K::kAgency, "nation", S::kTertiary, G::kServices, "S9221",
     0, .01},
    {"FIRM-PROVINCE-LEADING", "农业产业化集团", K::kFirm, "leading_enterprise_province",
     S::kSecondary, G::kProcessing, "", .3, .06},
    {"FIRM-PROVINCE-INPUTS", "农资集团", K::kFirm, "inputs", S::kSecondary, G::kInputs, "C2624", .5,
     .1},
    {"FIRM-PROVINCE-BANK", "省农村信用社联合社", K::kFirm, "bank", S::kTertiary, G::kServices,
     "J6621", .5, .2},
    {"FUND-PROVINCE", "省产业发展基金", K::kFund, "industry", S::kUnspecified, G::kUnspecified, "",
     0, .002},
    {"AGENCY-PROVINCE", "省乡村振兴部门", K::kAgency, "province", S::kTertiary, G::kServices,
     "S9222", 0, .01},
    {"FIRM-WHOLESALE", "农产品批发市场", K::kFirm, "wholesale", S::kTertiary, G::kCirculation,
     "F5123", .15, .04},
    {"FIRM-PARK", "产业园有限公司", K::kFirm, "industrial_park", S::kSecondary, G::kUnspecified,
     "C1819", .25, .06},
    {"FUND-PREFECTURE", "市产业发展资金", K::kFund, "industry", S::kUnspecified, G::kUnspecified,
     "", 0, .002},
}};

constexpr std::array<Product, kProducts> kProductTable = {{
    {"茶叶", "A0164", "C1530"},
    {"食用菌", "A0142", "C1372"},
    {"蔬菜", "A0141", "C1371"},
    {"柑橘", "A0153", "C1373"},
    {"中药材", "A0171", "C2730"},
    {"生猪", "A0313", "C1351"},
    {"土鸡", "A0321", "C1352"},
    {"核桃", "A0161", "C1373"},
}};

constexpr double kVillageWithoutCollective = .12;

class Planner {
 public:
  explicit Planner(const CountyPlan& plan)
      : plan_(plan), random_(MakeRandom(plan.options.seed, Stream::kOrganisations)) {}

  Organisations Run(std::vector<Partner> partners) && {
    out_.villages.resize(plan_.villages.size());
    out_.townships.resize(plan_.townships.size());
    AddCountyWide();
    for (std::size_t t = 0; t < plan_.townships.size(); ++t) AddTownship(t);
    for (std::size_t v = 0; v < plan_.villages.size(); ++v) AddVillage(v);
    for (const Partner& partner : partners) {
      out_.by_type[static_cast<std::size_t>(partner.organisation.type)].push_back(
          static_cast<OrgIndex>(out_.all.size()));
      out_.all.push_back(partner.organisation);
    }
    out_.partners = std::move(partners);
    return std::move(out_);
  }

 private:
  OrgIndex Add(OrgType type, std::string region, std::string place,
               std::size_t village = kNoVillage) {
    const auto index = static_cast<OrgIndex>(out_.all.size());
    std::vector<OrgIndex>& same = out_.by_type[static_cast<std::size_t>(type)];
    same.push_back(index);
    Organisation& made = out_.all.emplace_back();
    made.type = type;
    made.id = Cat(TraitsOf(type).prefix, "-",
                  village == kNoVillage ? Serial(same.size()) : IdOfVillage(village, type));
    made.village = village;
    made.region = std::move(region);
    made.place = std::move(place);
    made.product =
        village == kNoVillage ? random_.Below(kProducts) : plan_.villages[village].product;
    made.founded = *Date::FromCivil(static_cast<int>(random_.Between(2009, 2015)),
                                    static_cast<int>(random_.Between(1, 12)), 1);
    return index;
  }

  std::string Serial(std::size_t number) const {
    std::string digits = Cat(number);
    return Cat(plan_.setting.one_of_many() ? Cat(plan_.setting.code, "-") : "",
               std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0'), digits);
  }

  // A village has at most two cooperatives and one of everything else.
  std::string IdOfVillage(std::size_t village, OrgType type) {
    const std::string& code = plan_.villages[village].code;
    const OrgIndex previous =
        type == OrgType::kCooperative && !out_.villages[village].cooperatives.empty()
            ? out_.villages[village].cooperatives.front()
            : kNoOrg;
    return previous == kNoOrg ? code : Cat(code, "-2");
  }

  OrgIndex AddAtSeat(OrgType type, std::size_t number) {
    return Add(type, plan_.setting.code,
               PlaceName(number * 13 + static_cast<std::size_t>(type) * 29));
  }

  void AddCountyWide() {
    const std::size_t villages = plan_.villages.size();
    const auto add = [this, villages](OrgType type, std::size_t least, std::size_t villages_each) {
      const std::size_t count = std::max(least, (villages + villages_each / 2) / villages_each);
      for (std::size_t i = 0; i < count; ++i) AddAtSeat(type, i);
    };
    add(OrgType::kLabourBureau, 1, villages * 2);
    add(OrgType::kRuralBureau, 1, villages * 2);
    add(OrgType::kPairedUnit, 2, 60);
    add(OrgType::kLeading, 3, 6);
    add(OrgType::kProcessor, 1, 20);
    add(OrgType::kPlatform, 1, 60);
    add(OrgType::kSupermarket, 2, 50);
    add(OrgType::kInputs, 1, 40);
    add(OrgType::kBank, 1, 120);
    add(OrgType::kInsurer, 1, 180);
    add(OrgType::kServiceProvider, 1, 15);
    add(OrgType::kTourism, 1, 20);
    add(OrgType::kPvOperator, 1, 100);
    // The first eight leading enterprises deal in one product each, so that every product has its
    // buyer.
    const std::vector<OrgIndex>& leading = out_.Of(OrgType::kLeading);
    for (std::size_t i = 0; i < leading.size(); ++i) out_.all[leading[i]].product = i % kProducts;
  }

  void AddTownship(std::size_t t) {
    const TownshipPlan& township = plan_.townships[t];
    TownshipMenu& menu = out_.townships[t];
    const auto add = [this, &township](OrgType type) {
      return Add(type, township.code, township.place);
    };
    menu.office = add(OrgType::kTownshipOffice);
    menu.fund = add(OrgType::kIndustryFund);
    menu.dead_end = add(OrgType::kDeadEnd);
    if (t % 3 == 0) add(OrgType::kDeadEndFirm);
    menu.dormant = add(OrgType::kDormant);
    if (t % 3 == 0) add(OrgType::kClosed);
    menu.closed = out_.Of(OrgType::kClosed).back();
    menu.service = Nth(OrgType::kServiceProvider, t);
    menu.inputs = Nth(OrgType::kInputs, t);
  }

  OrgIndex Nth(OrgType type, std::size_t n) const {
    return out_.Of(type)[n % out_.Of(type).size()];
  }

  // A leading enterprise of the village's product, the first in the list the likeliest: Zipf with
  // exponent 1.
  OrgIndex DrawLeading(std::size_t product) {
    const std::vector<OrgIndex>& leading = out_.Of(OrgType::kLeading);
    std::vector<double> weights;
    for (std::size_t i = 0; i < leading.size(); ++i) {
      const bool same = out_.all[leading[i]].product == product;
      weights.push_back((same ? 1.0 : .05) / static_cast<double>(i + 1));
    }
    return leading[random_.Pick(weights)];
  }

  void AddVillage(std::size_t v) {
    const VillagePlan& village = plan_.villages[v];
    VillageMenu& menu = out_.villages[v];
    const bool first = plan_.townships[village.township].first_village == v;
    const auto add = [this, &village, v](OrgType type) {
      return Add(type, village.code, village.place, v);
    };
    const auto sometimes = [this, &add, first, v](OrgType type, double chance) {
      // The first village of the county's first township has everything, so that no kind is missing
      // from a small county.
      const bool drawn = random_.Chance(chance);
      return drawn || (first && v == 0) ? add(type) : kNoOrg;
    };
    menu.leading = DrawLeading(village.product);
    menu.second_leading = random_.Chance(.4) ? DrawLeading(village.product) : kNoOrg;
    if (first || random_.Chance(.88)) menu.cooperatives.push_back(add(OrgType::kCooperative));
    if (menu.cooperatives.empty()) {
      menu.cooperatives = out_.villages[v - 1].cooperatives;
    } else if (random_.Chance(.35)) {
      menu.cooperatives.push_back(add(OrgType::kCooperative));
    }
    menu.workshop = sometimes(OrgType::kWorkshop, .3);
    menu.farm = sometimes(OrgType::kFarm, .35);
    menu.land = sometimes(OrgType::kLandPool, .35);
    menu.pv = sometimes(OrgType::kPvFund, .3);
    menu.tourism = random_.Chance(.15) ? Nth(OrgType::kTourism, random_.Below(64)) : kNoOrg;
    const bool without = v == 1 || random_.Chance(kVillageWithoutCollective);
    if (!without || v == 0) menu.collective = add(OrgType::kCollective);
  }

  const CountyPlan& plan_;
  Random random_;
  Organisations out_;
};

std::string_view IndustryOf(const Organisation& organisation) {
  const OrgTraits& traits = TraitsOf(organisation.type);
  if (!traits.industry.empty() || traits.kind == NodeKind::kFund ||
      traits.kind == NodeKind::kCollective) {
    return traits.industry;
  }
  const Product& product = ProductOf(organisation.product);
  return traits.stage == Stage::kProcessing ? product.processed : product.grown;
}

}  // namespace

const OrgTraits& TraitsOf(OrgType type) { return kTraits[static_cast<std::size_t>(type)]; }

const Product& ProductOf(std::size_t product) { return kProductTable[product]; }

bool IsConduit(OrgType type) {
  return TraitsOf(type).kind == NodeKind::kLand || type == OrgType::kIndustryFund ||
         type == OrgType::kProvincialFund || type == OrgType::kPrefectureFund;
}

Organisations PlanOrganisations(const CountyPlan& plan, std::vector<Partner> partners) {
  return Planner(plan).Run(std::move(partners));
}

std::string ProvenanceOf(const CountyPlan& plan) {
  return plan.setting.one_of_many() ? plan.setting.provenance
                                    : Cat("synthetic county, seed ", plan.options.seed);
}

NodeRecord DescribeOrganisation(const Organisation& organisation, std::string_view provenance) {
  const OrgTraits& traits = TraitsOf(organisation.type);
  NodeRecord node;
  node.id = organisation.id;
  node.kind = traits.kind;
  node.subtype = traits.subtype;
  node.name = SyntheticName(organisation.place, traits.what);
  node.region = organisation.region;
  node.sector = traits.sector;
  node.industry = IndustryOf(organisation);
  node.stage = traits.stage;
  node.labels = {kSyntheticLabel};
  if (organisation.type == OrgType::kPvFund || organisation.type == OrgType::kPvOperator) {
    node.labels.emplace_back("photovoltaic");
  }
  node.properties[kProvenanceProperty] = provenance;
  node.valid.from = organisation.founded;
  return node;
}

}  // namespace lianjie
