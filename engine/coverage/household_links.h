// What a single link, or a payer, is to a household: the words in which classes and their evidence
// are said.
#ifndef LIANJIE_ENGINE_COVERAGE_HOUSEHOLD_LINKS_H_
#define LIANJIE_ENGINE_COVERAGE_HOUSEHOLD_LINKS_H_

#include <cstdint>

#include "engine/core/ids.h"
#include "engine/flow/flow_model.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/view.h"

namespace lianjie {

// What a link is to the household that it pays.
enum class LinkUse : std::uint8_t { kMoneyBinding, kSupport, kMarket, kRelief };
LinkUse LinkUseOf(const LinkColumns& links, LinkIndex l);

// In force on some day up to the question's, and not active.
bool HasLapsed(const View& view, LinkIndex l);

// True for a payer whose bindings cannot pay: DORMANT or REVOKED itself, or LAND or FUND whose
// payers all are.
bool IsDormant(const FlowModel& model, NodeIndex payer);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_HOUSEHOLD_LINKS_H_
