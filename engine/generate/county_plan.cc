#include "engine/generate/county_plan.h"

#include <algorithm>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/generate/apportion.h"
#include "engine/generate/names.h"
#include "engine/generate/organisations.h"
#include "engine/generate/random.h"

namespace lianjie {
namespace {

constexpr std::int64_t kLeastHouseholds = 50;
constexpr std::int64_t kMostHouseholds = 2'000'000;
constexpr std::int64_t kVillagesOfTownship = 13;
constexpr double kWorstVillage = 2.3;  // times the average share of households left out

constexpr std::array<std::string_view, kStandings> kStandingNames = {
    "EARNING", "SUPPORT_ONLY", "DEAD_END",  "DORMANT_PAYER", "ARREARS",
    "NO_LINK", "LAPSED",       "PAYS_ONLY", "MARKET_ONLY",   "RELIEF_ONLY"};

//                                   earning support dead  dormant arrears none  lapsed pays  market
//                                   relief
constexpr Calibration kGeneral = {.72,
                                  {.600, .060, .008, .008, .014, .150, .030, .030, .080, .020}};
constexpr Calibration kPoor = {.03, {.580, .200, .040, .040, .060, .025, .015, .005, .005, .030}};
constexpr Calibration kLifted = {.25, {.670, .140, .030, .030, .050, .020, .025, .010, .015, .010}};

void AddGivenTownships(CountyPlan& plan) {
  for (const GivenTownship& given : plan.setting.townships) {
    const std::size_t t = plan.townships.size();
    plan.townships.push_back({.code = std::string(given.code),
                              .place = PlaceName(t * 31 + 7),
                              .first_village = plan.villages.size(),
                              .villages = given.villages.size()});
    for (const std::string_view code : given.villages) {
      VillagePlan& village = plan.villages.emplace_back();
      village.code = code;
      village.place = PlaceName(plan.villages.size() - 1);
      village.township = t;
    }
  }
}

void PlanRegions(CountyPlan& plan) {
  if (!plan.setting.townships.empty()) return AddGivenTownships(plan);
  const std::int64_t households = plan.options.households;
  const std::int64_t each = plan.setting.village_households;
  const std::int64_t villages =
      std::max(std::min<std::int64_t>(4, households / 12), (households + each / 2) / each);
  const std::int64_t townships =
      std::clamp<std::int64_t>((villages + kVillagesOfTownship / 2) / kVillagesOfTownship, 2, 200);
  plan.villages.resize(static_cast<std::size_t>(villages));
  std::size_t next = 0;
  for (std::int64_t t = 0; t < townships; ++t) {
    TownshipPlan& township = plan.townships.emplace_back();
    township.code = Cat(plan.setting.code, 100 + t);
    township.place = PlaceName(static_cast<std::size_t>(t) * 31 + 7);
    township.first_village = next;
    township.villages = static_cast<std::size_t>((t + 1) * villages / townships) - next;
    for (std::size_t v = 0; v < township.villages; ++v, ++next) {
      plan.villages[next].code = Cat(township.code, 200 + v);
      plan.villages[next].place = PlaceName(next);
      plan.villages[next].township = static_cast<std::size_t>(t);
    }
  }
}

// Sizes from a third to three times the average, exact in sum.
void PlanSizes(CountyPlan& plan) {
  constexpr std::array<QuantilePoint, 5> kSize = {
      {{0, .33}, {.25, .7}, {.5, .95}, {.9, 1.6}, {1, 3}}};
  Random random = MakeRandom(plan.options.seed, Stream::kVillages);
  std::vector<double> weights;
  double total = 0;
  for (VillagePlan& village : plan.villages) {
    weights.push_back(random.Quantile(kSize));
    total += weights.back();
    village.product = random.Below(kProducts);
  }
  for (double& weight : weights) weight /= total;
  const std::vector<std::int64_t> sizes =
      Apportioner(weights.size()).Take(plan.options.households, weights);
  for (std::size_t v = 0; v < sizes.size(); ++v) plan.villages[v].households = sizes[v];
}

// Factors around 1, one a village, whose mean over `weights` is 1.
std::vector<double> VillageFactors(Random random, const std::vector<std::int64_t>& weights) {
  constexpr std::array<QuantilePoint, 4> kFactor = {
      {{0, .35}, {.5, .85}, {.9, 1.5}, {1, kWorstVillage}}};
  std::vector<double> factors;
  double weighted = 0;
  double total = 0;
  for (const std::int64_t weight : weights) {
    factors.push_back(random.Quantile(kFactor));
    weighted += factors.back() * static_cast<double>(weight);
    total += static_cast<double>(weight);
  }
  for (double& factor : factors) factor *= weighted > 0 ? total / weighted : 1;
  return factors;
}

// How many households of each registration every village has: [registration][village].
std::array<std::vector<std::int64_t>, 3> PlanRegistrations(const CountyPlan& plan) {
  std::vector<std::int64_t> sizes;
  for (const VillagePlan& village : plan.villages) sizes.push_back(village.households);
  const std::vector<double> factors =
      VillageFactors(MakeRandom(plan.options.seed, Stream::kVillages, 1), sizes);
  Apportioner apportioner(
      {1 - kPoor.of_households - kLifted.of_households, kPoor.of_households, kLifted.of_households},
      plan.setting.households_before);
  std::array<std::vector<std::int64_t>, 3> counts;
  for (std::size_t v = 0; v < sizes.size(); ++v) {
    const double poor = kPoor.of_households * factors[v];
    const double lifted = kLifted.of_households * factors[v];
    const std::vector<std::int64_t> taken =
        apportioner.Take(sizes[v], {1 - poor - lifted, poor, lifted});
    for (std::size_t r = 0; r < 3; ++r) counts[r].push_back(taken[r]);
  }
  return counts;
}

}  // namespace

absl::Status CountyOptions::Validate() const {
  if (households >= kLeastHouseholds && households <= kMostHouseholds) return absl::OkStatus();
  return InvalidField("households", Cat(households, " is not between ", kLeastHouseholds, " and ",
                                        kMostHouseholds));
}

std::string_view StandingName(Standing standing) {
  return kStandingNames[static_cast<std::size_t>(standing)];
}

const Calibration& CalibrationOf(Registration registration) {
  if (registration == Registration::kRegisteredPoor) return kPoor;
  return registration == Registration::kLiftedOut ? kLifted : kGeneral;
}

CountyPlan PlanCounty(const CountyOptions& options, CountySetting setting) {
  CountyPlan plan;
  plan.options = options;
  plan.setting = std::move(setting);
  PlanRegions(plan);
  PlanSizes(plan);
  const std::array<std::vector<std::int64_t>, 3> registered = PlanRegistrations(plan);
  for (std::size_t r = 0; r < registered.size(); ++r) {
    const Calibration& calibration = CalibrationOf(kRegistrations[r]);
    const std::vector<double> factors =
        VillageFactors(MakeRandom(options.seed, Stream::kVillages, 2, r), registered[r]);
    std::vector<double> of_all;
    for (const double share : calibration.standing)
      of_all.push_back(share * calibration.of_households);
    Apportioner apportioner(of_all, plan.setting.households_before);
    for (std::size_t v = 0; v < plan.villages.size(); ++v) {
      std::vector<double> shares(calibration.standing.begin(), calibration.standing.end());
      shares[0] = 1;
      for (std::size_t s = 1; s < kStandings; ++s) {
        shares[s] *= factors[v];
        shares[0] -= shares[s];
      }
      const std::vector<std::int64_t> taken = apportioner.Take(registered[r][v], shares);
      std::copy(taken.begin(), taken.end(), plan.villages[v].counts[r].begin());
    }
  }
  return plan;
}

std::vector<RegionRecord> CountyRegions(const CountyPlan& plan) {
  std::vector<RegionRecord> regions = {{"59", "", "合成省", 1},
                                       {"5901", "59", "合成市", 2},
                                       {std::string(kCountyCode), "5901", "合成县", 3}};
  AddRegionsBelow(plan, regions);
  return regions;
}

void AddRegionsBelow(const CountyPlan& plan, std::vector<RegionRecord>& regions) {
  for (const TownshipPlan& township : plan.townships) {
    regions.push_back({township.code, plan.setting.code, SyntheticName(township.place, "镇"), 4});
  }
  for (const VillagePlan& village : plan.villages) {
    regions.push_back({village.code, plan.townships[village.township].code,
                       SyntheticName(village.place, "村"), 5});
  }
}

CountyPlan PlanCountyRegions(const CountyOptions& options, CountySetting setting) {
  CountyPlan plan;
  plan.options = options;
  plan.setting = std::move(setting);
  PlanRegions(plan);
  return plan;
}

std::vector<LineRecord> LinesOf(std::string_view region, double more_yuan) {
  std::vector<LineRecord> lines;
  for (const auto& [year, line, minimum] :
       {std::tuple{2020, 4000, 400}, {2021, 6000, 500}, {2022, 6400, 600}, {2023, 6800, 700}}) {
    lines.push_back({.region = std::string(region),
                     .year = year,
                     .line_yuan = static_cast<double>(line) + more_yuan,
                     .minimum_benefit_yuan = static_cast<double>(minimum)});
  }
  return lines;
}

std::vector<LineRecord> CountyLines() { return LinesOf(kCountyCode, 0); }

std::vector<Cell> VillageCells(const CountyPlan& plan, std::size_t village) {
  std::vector<Cell> cells;
  const VillagePlan& planned = plan.villages[village];
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t s = 0; s < kStandings; ++s) {
      cells.insert(cells.end(), static_cast<std::size_t>(planned.counts[r][s]),
                   {kRegistrations[r], static_cast<Standing>(s)});
    }
  }
  MakeRandom(plan.options.seed, Stream::kCells, village).Shuffle(cells);
  const auto grower = std::find_if(cells.begin(), cells.end(), [](const Cell& cell) {
    return cell.registration == Registration::kGeneral && cell.standing == Standing::kEarning;
  });
  if (grower != cells.end()) std::iter_swap(cells.begin(), grower);
  return cells;
}

}  // namespace lianjie
