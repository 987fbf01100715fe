// The skeleton of a synthetic province or nation: its regions down to the counties, and how many
// households each county has. On a table of regions that is given, as the division codes of China,
// or on a made one whose codes have the right form and belong to no place.
//
// A made nation has 31 provinces at full size, fewer where there would be too few households for
// them; prefectures of about nine counties; counties of about 10,500 households in villages of
// about 70, so that with its organisations a nation of 3e7 households has about 3.2e7 nodes. On a
// given table the households are shared out by the number of villages; where there are too few for
// all counties (400 each) or villages (24 each), every so many of them is left empty, evenly.
#ifndef LIANJIE_ENGINE_GENERATE_TERRITORY_H_
#define LIANJIE_ENGINE_GENERATE_TERRITORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/records.h"
#include "engine/generate/county_plan.h"
#include "engine/generate/record_sink.h"

namespace lianjie {

enum class Scale : std::uint8_t { kProvince, kNation };

struct TerritoryOptions {
  Scale scale = Scale::kNation;
  std::int64_t households = 30'000'000;  // 2,000 to 100,000,000
  std::uint64_t seed = 1;
  // Of a table with several provinces, the one that is made; empty: the first. A nation has them
  // all.
  std::string province;

  absl::Status Validate() const;
};

// Households of a province unless said otherwise: about 3e6 nodes.
inline constexpr std::int64_t kProvinceHouseholds = 2'800'000;

struct ProvincePlace {
  std::string code;
  std::size_t first_prefecture = 0, prefectures = 0;
  std::size_t first_county = 0, counties = 0;
};

struct PrefecturePlace {
  std::string code;
  std::size_t province = 0;
  std::size_t first_county = 0, counties = 0;
};

struct CountyPlace {
  std::string code;
  std::size_t province = 0, prefecture = 0;
  std::int64_t households = 0, households_before = 0;
  std::size_t first_township = 0, townships = 0;  // of a given table
};

// Immutable once made; any number of threads may read it. Memory: about 150 bytes a county, and 250
// a region of a given table; it does not depend on the households.
class Territory {
 public:
  // Options must be valid. A made one; O(counties).
  static Territory Make(const TerritoryOptions& options);
  // On a table of regions: levels 1 to 5, province to village; a region that hangs otherwise is
  // handed out and stays empty. Errors name what is wrong: "regions" (a parent that is not there, a
  // code that comes twice, no village), "province", "households" (more than 200,000 for a county).
  // O(regions log regions).
  static absl::StatusOr<Territory> FromRegions(const TerritoryOptions& options,
                                               std::vector<RegionRecord> regions);

  const TerritoryOptions& options() const { return options_; }
  const std::vector<ProvincePlace>& provinces() const { return provinces_; }
  const std::vector<PrefecturePlace>& prefectures() const { return prefectures_; }
  const std::vector<CountyPlace>& counties() const { return counties_; }

  // "synthetic nation, seed 1".
  std::string Provenance() const;
  CountyOptions OptionsOf(std::size_t county) const;
  CountySetting SettingOf(std::size_t county) const;

  // All regions, parents first. Gives how many. Of a made territory O(villages) time, and the
  // memory of one county.
  absl::StatusOr<std::int64_t> HandOutRegions(RecordSink& sink) const;

 private:
  struct Township {
    std::size_t record = 0;
    std::size_t first_village = 0, villages = 0;
  };
  struct Chain;

  absl::StatusOr<std::vector<Chain>> ReadChains() const;
  absl::Status KeepOneProvince();
  void TakeChains(const std::vector<Chain>& chains);
  void AddMadeProvince(std::size_t number, std::size_t counties);
  void CloseRanges();
  void ShareHouseholds(const std::vector<double>& weights);
  std::vector<double> SizeFactors() const;

  TerritoryOptions options_;
  std::vector<ProvincePlace> provinces_;
  std::vector<PrefecturePlace> prefectures_;
  std::vector<CountyPlace> counties_;
  std::vector<RegionRecord> given_;  // empty: made
  std::vector<Township> townships_;
  std::vector<std::size_t> villages_;  // records
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_TERRITORY_H_
