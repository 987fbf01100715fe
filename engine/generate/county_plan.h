// The skeleton of a synthetic county: its regions, how many households each village has, and how
// many of those stand where towards the county's industries. The calibrated rates are met by
// apportioning, not by chance: each village takes its share of every standing, worse-off villages
// more of the bad ones, and what rounding leaves over is carried to the next village. So a county
// of 500 households keeps the rates as well as one of 500,000, and villages still differ.
#ifndef LIANJIE_ENGINE_GENERATE_COUNTY_PLAN_H_
#define LIANJIE_ENGINE_GENERATE_COUNTY_PLAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/core/enums.h"
#include "engine/core/records.h"

namespace lianjie {

struct CountyOptions {
  std::int64_t households = 40000;  // 50 to 2,000,000
  std::uint64_t seed = 1;

  absl::Status Validate() const;
};

// Where a household stands towards the county's industries, on any day from 2024-01-01 to
// 2045-12-31. The first five take part (a narrow binding or a SERVICE link); only the first earns
// by it.
enum class Standing : std::uint8_t {
  kEarning,
  kSupportOnly,   // guidance or training, no money
  kDeadEnd,       // bound to an organisation that no money reaches
  kDormantPayer,  // bound to an organisation that is dormant
  kArrears,       // promised, not paid
  kNoLink,
  kLapsed,      // all bindings ended, expired or suspended
  kPaysOnly,    // buys inputs, insures, borrows; is paid by nobody
  kMarketOnly,  // sells without a contract
  kReliefOnly,  // lives on transfers
};
inline constexpr std::size_t kStandings = 10;
inline constexpr std::size_t kTakingPart = 5;  // how many of them take part
// "EARNING", "SUPPORT_ONLY" and so on: where there is a reason of that name among the left-out, the
// same word.
std::string_view StandingName(Standing standing);

// The shares that the county is made to, of the households of one registration.
struct Calibration {
  double of_households;                     // share of the registration among all households
  std::array<double, kStandings> standing;  // sums to 1
};
// For GENERAL, REGISTERED_POOR or LIFTED_OUT. Of the two that were ever registered 92% take part;
// of LIFTED_OUT 67% earn.
const Calibration& CalibrationOf(Registration registration);
inline constexpr std::array<Registration, 3> kRegistrations = {
    Registration::kGeneral, Registration::kRegisteredPoor, Registration::kLiftedOut};

// One household to be made.
struct Cell {
  Registration registration = Registration::kGeneral;
  Standing standing = Standing::kNoLink;
};

struct VillagePlan {
  std::string code;   // 12 digits
  std::string place;  // two characters
  std::size_t township = 0;
  std::size_t product = 0;  // the village's main product, see organisations.h
  std::int64_t households = 0;
  // How many households of each registration (in the order of kRegistrations) and standing.
  std::array<std::array<std::int64_t, kStandings>, 3> counts{};
};

struct TownshipPlan {
  std::string code;  // 9 digits
  std::string place;
  std::size_t first_village = 0;
  std::size_t villages = 0;
};

inline constexpr std::string_view kCountyCode = "590121";

// A township of a table of regions, and the codes of its villages.
struct GivenTownship {
  std::string_view code;
  std::vector<std::string_view> villages;
};

// Where a county lies; as it is here: by itself, which GenerateCounty makes. A county that is one
// of many (nation.h) says where its records come from: its organisations' ids have its code, its
// households have more links, some of them with organisations beyond the county, and the provenance
// stands with organisations alone, for it would be the same text thirty million times.
struct CountySetting {
  std::string code{kCountyCode};
  std::string provenance;                 // empty: by itself
  std::int64_t village_households = 220;  // on average, where villages are made
  std::vector<GivenTownship> townships;   // empty: made
  std::int64_t households_before = 0;     // in the counties before it

  bool one_of_many() const { return !provenance.empty(); }
};

struct CountyPlan {
  CountyOptions options;
  CountySetting setting;
  std::vector<TownshipPlan> townships;
  std::vector<VillagePlan> villages;
};

// Options must be valid; townships that are given must have villages. O(villages).
CountyPlan PlanCounty(const CountyOptions& options, CountySetting setting = {});
// Its townships and villages alone: no households.
CountyPlan PlanCountyRegions(const CountyOptions& options, CountySetting setting);

// The region tree, parents first: province 59, prefecture 5901, county 590121 (codes that no place
// has), townships, villages.
std::vector<RegionRecord> CountyRegions(const CountyPlan& plan);
// The townships and villages alone, appended.
void AddRegionsBelow(const CountyPlan& plan, std::vector<RegionRecord>& regions);
// Poverty lines of the county by year: of the usual size, not any province's.
std::vector<LineRecord> CountyLines();
// The same for a region, whose lines are so much higher.
std::vector<LineRecord> LinesOf(std::string_view region, double more_yuan);

// The village's households in their order. The first is a GENERAL household that earns, where the
// village has one: its large grower. O(households of the village).
std::vector<Cell> VillageCells(const CountyPlan& plan, std::size_t village);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_COUNTY_PLAN_H_
