#include "engine/coverage/household_links.h"

#include <algorithm>
#include <vector>

#include "engine/core/rules.h"

namespace lianjie {
namespace {

bool IsRecorded(std::span<const double> column, LinkIndex l) { return ValueOr(column, l, 0.0) > 0; }

}  // namespace

LinkUse LinkUseOf(const LinkColumns& links, LinkIndex l) {
  const Mechanism mechanism = ValueOr(links.mechanism, l);
  if (mechanism == Mechanism::kService) {
    const bool money = IsRecorded(links.paid_yuan, l) || IsRecorded(links.promised_yuan, l) ||
                       IsRecorded(links.share, l);
    return money ? LinkUse::kMoneyBinding : LinkUse::kSupport;
  }
  if (IsNarrow(mechanism, ValueOr(links.driver, l))) return LinkUse::kMoneyBinding;
  return KindOf(mechanism) == LinkKind::kSupply || mechanism == Mechanism::kUnspecified
             ? LinkUse::kMarket
             : LinkUse::kRelief;
}

bool HasLapsed(const View& view, LinkIndex l) {
  const Snapshot& snapshot = view.snapshot();
  const Interval ends = Intersect(snapshot.NodeValid(snapshot.links().source[l]),
                                  snapshot.NodeValid(snapshot.links().target[l]));
  const Interval valid = Intersect(ends, snapshot.LinkValid(l));
  return !valid.Empty() && valid.from <= view.as_of() && !view.LinkActive(l);
}

bool IsDormant(const FlowModel& model, NodeIndex payer) {
  const Snapshot& snapshot = model.snapshot();
  std::vector<NodeIndex> seen = {payer};
  bool found = false;  // at least one payer behind the conduits
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const NodeIndex n = seen[i];
    const OperatingStatus status = ValueOr(snapshot.nodes().operating_status, n);
    if (status == OperatingStatus::kDormant || status == OperatingStatus::kRevoked) {
      found = true;
      continue;
    }
    const PayerIndex p = model.PayerOf(n);
    if (p == kNoPayer || !model.IsConduit(p)) return false;
    for (const LinkIndex l : snapshot.in_links(n)) {
      if (!model.LinkActive(l)) continue;
      const NodeIndex behind = snapshot.links().source[l];
      if (std::find(seen.begin(), seen.end(), behind) == seen.end()) seen.push_back(behind);
    }
  }
  return found;
}

}  // namespace lianjie
