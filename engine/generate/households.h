// One synthetic household: its people, labour, land and the incomes that do not come from the
// county's contracts.
#ifndef LIANJIE_ENGINE_GENERATE_HOUSEHOLDS_H_
#define LIANJIE_ENGINE_GENERATE_HOUSEHOLDS_H_

#include <cstdint>
#include <string>

#include "engine/core/records.h"
#include "engine/generate/county_plan.h"

namespace lianjie {

// How a household that earns does so; bits.
inline constexpr unsigned kOperates = 1;
inline constexpr unsigned kWorks = 2;
inline constexpr unsigned kHoldsShares = 4;

struct Household {
  std::size_t village = 0;
  std::int64_t ordinal = 0;  // within the village, from 0; 0 is its large grower where `grower`
  bool grower = false;
  Cell cell;
  unsigned roles = 0;  // of a household that earns: kOperates | kWorks | kHoldsShares
  std::int64_t persons = 1;
  std::int64_t labour_skilled = 0;
  std::int64_t labour_ordinary = 0;
  std::int64_t labour_weak = 0;
  double land_mu = 0;
  Monitoring monitoring = Monitoring::kNone;

  std::int64_t labour() const { return labour_skilled + labour_ordinary; }
  // Registered as poor at any time.
  bool ever_registered() const { return cell.registration != Registration::kGeneral; }
};

// The same household for the same plan, village and ordinal, whenever it is asked for.
Household MakeHousehold(const CountyPlan& plan, std::size_t village, std::int64_t ordinal,
                        Cell cell);

std::string HouseholdId(const CountyPlan& plan, std::size_t village, std::int64_t ordinal);

// What a household's contracts bring in a year, net of what it pays for its trade; yuan.
struct ContractIncome {
  double wage_yuan = 0;
  double operating_yuan = 0;
  double property_yuan = 0;
  double transfer_yuan = 0;
};

// The node, with its income by four parts in 2023: that of the contracts and that from elsewhere.
// About one household in a hundred has no known income.
NodeRecord DescribeHousehold(const CountyPlan& plan, const Household& household,
                             const ContractIncome& contracts);

inline constexpr std::int64_t kIncomeYear = 2023;

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_HOUSEHOLDS_H_
