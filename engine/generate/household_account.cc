// What a household's links mean for its own account (see contracts.h).
#include <vector>

#include "engine/generate/contracts.h"

namespace lianjie {

bool HouseholdLink::active() const {
  // Contracts either ended by the end of 2023 or run beyond 2045.
  return status == LinkStatus::kActive && (valid.to == kDateMax || valid.to.year() > 2045);
}

bool IsTrade(Mechanism mechanism) {
  return mechanism == Mechanism::kOrder || mechanism == Mechanism::kSupply ||
         mechanism == Mechanism::kConsumption || mechanism == Mechanism::kTrusteeship ||
         mechanism == Mechanism::kPatronageRefund;
}

OperatingAccount AccountOf(const std::vector<HouseholdLink>& links) {
  OperatingAccount account;
  for (const HouseholdLink& link : links) {
    if (link.household_pays) {
      account.payments_yuan += link.flow_yuan();
    } else if (IsTrade(link.mechanism)) {
      account.receipts_yuan += link.flow_yuan();
    }
  }
  return account;
}

}  // namespace lianjie
