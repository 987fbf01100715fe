// Provinces and nations held whole, for tests: the generator itself never does.
#ifndef LIANJIE_TESTS_ENGINE_GENERATE_NATION_RECORDS_H_
#define LIANJIE_TESTS_ENGINE_GENERATE_NATION_RECORDS_H_

#include <cstdint>
#include <vector>

#include "engine/generate/nation.h"
#include "gtest/gtest.h"
#include "tests/engine/generate/county_records.h"

namespace lianjie::nation_test {

struct Made {
  CountyRecords records;
  TerritorySummary summary;
};

TerritoryOptions OptionsFor(Scale scale, std::int64_t households, std::uint64_t seed = 1);

// Two provinces of three prefectures with four counties, each with six townships of twenty
// villages.
std::vector<RegionRecord> SmallTable();

struct TerritoryCase {
  const char* name;
  Scale scale;
  std::int64_t households;
  bool given;  // on the small table
};

Territory TerritoryOf(const TerritoryCase& about);

// Made once for each of a test run; seed 1.
const Made& MadeOf(const TerritoryCase& about);

class Territories : public testing::TestWithParam<TerritoryCase> {
 protected:
  const Made& made() const { return MadeOf(GetParam()); }
  const CountyRecords& records() const { return made().records; }
  const TerritorySummary& summary() const { return made().summary; }
};

inline const auto kTerritoryCases =
    testing::Values(TerritoryCase{"Nation", Scale::kNation, 40000, false},
                    TerritoryCase{"Province", Scale::kProvince, 30000, false},
                    TerritoryCase{"GivenNation", Scale::kNation, 30000, true},
                    TerritoryCase{"GivenNationFewHouseholds", Scale::kNation, 4000, true},
                    TerritoryCase{"GivenProvince", Scale::kProvince, 12000, true});

}  // namespace lianjie::nation_test

#endif  // LIANJIE_TESTS_ENGINE_GENERATE_NATION_RECORDS_H_
