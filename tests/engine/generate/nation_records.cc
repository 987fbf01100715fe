#include "tests/engine/generate/nation_records.h"

#include <map>
#include <string>

#include "engine/core/text.h"

namespace lianjie::nation_test {

TerritoryOptions OptionsFor(Scale scale, std::int64_t households, std::uint64_t seed) {
  return {.scale = scale, .households = households, .seed = seed, .province = ""};
}

std::vector<RegionRecord> SmallTable() {
  std::vector<RegionRecord> regions;
  for (const int p : {21, 41}) {
    const std::string province = Cat(p);
    regions.push_back({province, "", Cat("Province ", p), 1});
    for (int f = 1; f <= 3; ++f) {
      const std::string prefecture = Cat(province, "0", f);
      regions.push_back({prefecture, province, "Prefecture", 2});
      for (int c = 1; c <= 4; ++c) {
        const std::string county = Cat(prefecture, "2", c);
        regions.push_back({county, prefecture, "County", 3});
        for (int t = 1; t <= 6; ++t) {
          const std::string township = Cat(county, "10", t);
          regions.push_back({township, county, "Township", 4});
          for (int v = 0; v < 20; ++v)
            regions.push_back({Cat(township, 200 + v), township, "Village", 5});
        }
      }
    }
  }
  return regions;
}

Territory TerritoryOf(const TerritoryCase& about) {
  const TerritoryOptions options = OptionsFor(about.scale, about.households);
  return about.given ? *Territory::FromRegions(options, SmallTable()) : Territory::Make(options);
}

const Made& MadeOf(const TerritoryCase& about) {
  static std::map<std::string, Made> all;
  const auto [found, missing] = all.try_emplace(about.name);
  if (missing)
    found->second.summary = *GenerateTerritory(TerritoryOf(about), found->second.records);
  return found->second;
}

}  // namespace lianjie::nation_test
