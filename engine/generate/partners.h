// What a county of many has to do with organisations beyond it (upper.h makes them): partners that
// buy from its organisations, sell to them, hire its households and buy from them. What passes
// between a partner and the county's organisations is laid down before the county is made, and what
// it may pay to households has a bound, so that the partner's books are known without looking at
// any county, and counties can be made one by one, in any order.
#ifndef LIANJIE_ENGINE_GENERATE_PARTNERS_H_
#define LIANJIE_ENGINE_GENERATE_PARTNERS_H_

#include <cstdint>
#include <vector>

#include "engine/core/enums.h"
#include "engine/generate/organisations.h"

namespace lianjie {

// An amount that one partner pays to organisations of the county, or is paid by them. It is shared
// among the first of their type, and exact in sum.
struct Deal {
  std::size_t partner = 0;  // among the county's partners
  OrgType type = OrgType::kLeading;
  std::int64_t parties = 1;  // at most
  bool partner_pays = true;
  Mechanism mechanism = Mechanism::kSupply;
  Driver driver = Driver::kMarket;
  std::int64_t yuan = 0;
};

struct Surroundings {
  std::vector<Partner> partners;
  std::vector<Deal> deals;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_PARTNERS_H_
