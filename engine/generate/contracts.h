// The contracts of one synthetic household: whom it is bound to, by which mechanisms, for how much.
// A household that earns has one or more of the three roles; agreements bundle several lines (land
// rent with a job; a guaranteed order with training and a loan). A household that does not earn has
// exactly the links that its standing says, and no other, so that what was planted can be counted
// again in the answers.
#ifndef LIANJIE_ENGINE_GENERATE_CONTRACTS_H_
#define LIANJIE_ENGINE_GENERATE_CONTRACTS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/date.h"
#include "engine/core/enums.h"
#include "engine/generate/county_plan.h"
#include "engine/generate/households.h"
#include "engine/generate/organisations.h"

namespace lianjie {

// In place of an organisation: the large grower of the same village, a household.
inline constexpr OrgIndex kVillageGrower = kNoOrg - 1;

inline constexpr std::int64_t kNotGiven = -1;

// One contract line between a household and an organisation (or the village's grower); whole yuan a
// year.
struct HouseholdLink {
  OrgIndex other = kNoOrg;
  bool household_pays = false;
  Mechanism mechanism = Mechanism::kUnspecified;
  Driver driver = Driver::kMarket;
  std::int64_t promised_yuan = kNotGiven;
  std::int64_t paid_yuan = kNotGiven;
  int agreement = 0;     // lines of one household with the same number are one agreement; 0: none
  double capacity = -1;  // jobs or mu; negative: not given
  LinkStatus status = LinkStatus::kActive;
  Interval valid;
  std::string_view policy;
  std::string_view product;

  // Active on every day from 2024-01-01 to 2045-12-31; the others on none of them.
  bool active() const;
  std::int64_t flow_yuan() const { return active() && paid_yuan > 0 ? paid_yuan : 0; }
};

// What a household's own account takes in and pays out by its active links.
struct OperatingAccount {
  std::int64_t receipts_yuan = 0;
  std::int64_t payments_yuan = 0;
};
OperatingAccount AccountOf(const std::vector<HouseholdLink>& links);

// True for ORDER, SUPPLY, CONSUMPTION, TRUSTEESHIP and PATRONAGE_REFUND: what is paid for a
// household's trade.
bool IsTrade(Mechanism mechanism);

// How much the large grower can still pay to its neighbours, and the county's partners to the
// village, while a village's households are made in their order.
struct VillagePurses {
  std::int64_t grower_yuan = 0;
  std::vector<std::int64_t> partner_yuan;  // as Organisations::partners
};

// The links of a household, the same whenever it is asked for with the same purses. The grower
// itself fills its purse; households hired by it or leasing to it draw on it.
std::vector<HouseholdLink> MakeContracts(const CountyPlan& plan, const Organisations& organisations,
                                         const Household& household, VillagePurses& purses);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_CONTRACTS_H_
