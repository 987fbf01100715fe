#include "engine/generate/territory.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/generate/apportion.h"
#include "engine/generate/names.h"
#include "engine/generate/random.h"

namespace lianjie {
namespace {

constexpr std::int64_t kLeastOfTerritory = 2000;
constexpr std::int64_t kMostOfTerritory = 100'000'000;
constexpr std::int64_t kLeastOfCounty = 50;
constexpr std::int64_t kUsualOfCounty = 10'500;
constexpr std::int64_t kUsualOfMadeVillage = 70;
constexpr std::int64_t kLeastOfGivenVillage = 24;
constexpr std::size_t kCountiesOfPrefecture = 9;
constexpr std::size_t kProvinces = 31;
constexpr std::int64_t kUsualOfProvince = 200'000;  // fewer households, fewer provinces

// Two digits that are no province's; the county by itself lies in 59.
constexpr std::array<int, kProvinces> kMadeProvinces = {16, 17, 18, 19, 24, 25, 26, 27, 28, 29, 38,
                                                        39, 47, 48, 49, 55, 56, 57, 58, 59, 66, 67,
                                                        68, 69, 72, 73, 74, 75, 76, 77, 78};

std::string TwoDigits(std::size_t number) { return Cat(number < 10 ? "0" : "", number); }

}  // namespace

absl::Status TerritoryOptions::Validate() const {
  if (households < kLeastOfTerritory || households > kMostOfTerritory) {
    return InvalidField("households", Cat(households, " is not between ", kLeastOfTerritory,
                                          " and ", kMostOfTerritory));
  }
  if (scale == Scale::kNation && !province.empty())
    return InvalidField("province", "is for a province: a nation has them all");
  return absl::OkStatus();
}

std::string Territory::Provenance() const {
  return Cat("synthetic ", options_.scale == Scale::kNation ? "nation" : "province", ", seed ",
             options_.seed);
}

Territory Territory::Make(const TerritoryOptions& options) {
  Territory territory;
  territory.options_ = options;
  const bool nation = options.scale == Scale::kNation;
  const auto provinces = static_cast<std::size_t>(
      nation ? std::clamp<std::int64_t>(options.households / kUsualOfProvince, 3, kProvinces) : 1);
  // Two prefectures of two counties in every province at least.
  const auto counties = std::max(
      provinces * 4,
      static_cast<std::size_t>((options.households + kUsualOfCounty / 2) / kUsualOfCounty));
  for (std::size_t p = 0; p < provinces; ++p) {
    territory.AddMadeProvince(nation ? p : kMadeProvinces.size() - 12,
                              (p + 1) * counties / provinces - p * counties / provinces);
  }
  territory.CloseRanges();
  territory.ShareHouseholds(territory.SizeFactors());
  return territory;
}

void Territory::AddMadeProvince(std::size_t number, std::size_t counties) {
  const std::size_t prefectures = std::clamp<std::size_t>(
      (counties + kCountiesOfPrefecture / 2) / kCountiesOfPrefecture, 2, 99);
  const std::string code = Cat(kMadeProvinces[number]);
  for (std::size_t f = 0; f < prefectures; ++f) {
    const std::string prefecture = Cat(code, TwoDigits(f + 1));
    const std::size_t count = (f + 1) * counties / prefectures - f * counties / prefectures;
    for (std::size_t c = 0; c < count; ++c) {
      counties_.push_back({.code = Cat(prefecture, TwoDigits(c + 21)),
                           .province = provinces_.size(),
                           .prefecture = prefectures_.size()});
    }
    prefectures_.push_back({.code = prefecture, .province = provinces_.size()});
  }
  provinces_.push_back({.code = code});
}

// The ranges of prefectures and provinces, from where the counties say that they lie.
void Territory::CloseRanges() {
  for (std::size_t c = 0; c < counties_.size(); ++c) {
    PrefecturePlace& prefecture = prefectures_[counties_[c].prefecture];
    if (prefecture.counties++ == 0) prefecture.first_county = c;
    ProvincePlace& province = provinces_[counties_[c].province];
    if (province.counties++ == 0) province.first_county = c;
  }
  for (std::size_t f = 0; f < prefectures_.size(); ++f) {
    ProvincePlace& province = provinces_[prefectures_[f].province];
    if (province.prefectures++ == 0) province.first_prefecture = f;
  }
}

std::vector<double> Territory::SizeFactors() const {
  constexpr std::array<QuantilePoint, 4> kFactor = {{{0, .4}, {.5, .9}, {.9, 1.6}, {1, 2.6}}};
  Random random = MakeRandom(options_.seed, Stream::kTerritory, 1);
  std::vector<double> factors(counties_.size());
  for (double& factor : factors) factor = random.Quantile(kFactor);
  return factors;
}

void Territory::ShareHouseholds(const std::vector<double>& weights) {
  double total = 0;
  for (const double weight : weights) total += weight;
  std::vector<double> shares = weights;
  for (double& share : shares) share /= total;
  const auto counties = static_cast<std::int64_t>(counties_.size());
  const std::vector<std::int64_t> more =
      Apportioner(shares.size()).Take(options_.households - kLeastOfCounty * counties, shares);
  std::int64_t before = 0;
  for (std::size_t c = 0; c < counties_.size(); ++c) {
    counties_[c].households = kLeastOfCounty + more[c];
    counties_[c].households_before = before;
    before += counties_[c].households;
  }
}

CountyOptions Territory::OptionsOf(std::size_t county) const {
  return {.households = counties_[county].households,
          .seed = MakeRandom(options_.seed, Stream::kTerritory, 2, county).Next()};
}

CountySetting Territory::SettingOf(std::size_t county) const {
  const CountyPlace& place = counties_[county];
  CountySetting setting;
  setting.code = place.code;
  setting.provenance = Provenance();
  setting.village_households = kUsualOfMadeVillage;
  setting.households_before = place.households_before;
  std::size_t all = 0;
  for (std::size_t t = 0; t < place.townships; ++t)
    all += townships_[place.first_township + t].villages;
  if (all == 0) return setting;
  const std::size_t kept = std::min(all, static_cast<std::size_t>(std::max<std::int64_t>(
                                             4, place.households / kLeastOfGivenVillage)));
  std::size_t number = 0;
  for (std::size_t t = 0; t < place.townships; ++t) {
    const Township& township = townships_[place.first_township + t];
    GivenTownship given{.code = given_[township.record].code, .villages = {}};
    for (std::size_t v = 0; v < township.villages; ++v, ++number) {
      if (number * kept / all == (number + 1) * kept / all) continue;
      given.villages.emplace_back(given_[villages_[township.first_village + v]].code);
    }
    if (!given.villages.empty()) setting.townships.push_back(std::move(given));
  }
  return setting;
}

absl::StatusOr<std::int64_t> Territory::HandOutRegions(RecordSink& sink) const {
  std::int64_t count = 0;
  const auto hand_out = [&](const RegionRecord& region) {
    ++count;
    return sink.Region(region);
  };
  for (const RegionRecord& region : given_) LIANJIE_RETURN_IF_ERROR(hand_out(region));
  if (!given_.empty()) return count;
  const auto name = [](std::size_t number, std::string_view what) {
    return SyntheticName(PlaceName(number), what);
  };
  for (std::size_t p = 0; p < provinces_.size(); ++p)
    LIANJIE_RETURN_IF_ERROR(hand_out({provinces_[p].code, "", name(p * 17 + 3, "省"), 1}));
  for (std::size_t f = 0; f < prefectures_.size(); ++f) {
    LIANJIE_RETURN_IF_ERROR(
        hand_out({prefectures_[f].code, provinces_[prefectures_[f].province].code,
                  name(f * 7 + 5, "市"), 2}));
  }
  std::vector<RegionRecord> below;
  for (std::size_t c = 0; c < counties_.size(); ++c) {
    LIANJIE_RETURN_IF_ERROR(hand_out(
        {counties_[c].code, prefectures_[counties_[c].prefecture].code, name(c * 3 + 1, "县"), 3}));
    below.clear();
    AddRegionsBelow(PlanCountyRegions(OptionsOf(c), SettingOf(c)), below);
    for (const RegionRecord& region : below) LIANJIE_RETURN_IF_ERROR(hand_out(region));
  }
  return count;
}

}  // namespace lianjie
