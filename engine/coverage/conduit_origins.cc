#include "engine/coverage/conduit_origins.h"

#include <algorithm>

#include "engine/core/status.h"
#include "engine/runtime/work.h"

namespace lianjie {

absl::StatusOr<ConduitOrigins> ConduitOrigins::Make(const FlowModel& model, RunContext& context) {
  const Snapshot& graph = model.snapshot();
  Poller poller(context);
  ConduitOrigins out;
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    if (poller.Tick()) return context.Check();
    if (!model.IsConduit(p) || model.x(p) == 0.0) continue;
    const std::size_t first = out.origins_.size();
    bool plain = true;
    for (const LinkIndex l : graph.in_links(model.PayerNode(p))) {
      if (poller.Tick()) return context.Check();
      const double amount = model.LinkAmountYuan(l);
      if (amount == 0.0) continue;
      const NodeIndex source = graph.links().source[l];
      plain = plain && model.IsOrganisationPayer(model.PayerOf(source));
      if (!plain) break;
      if (out.origins_.size() > first && out.origins_.back().payer == source) {
        out.origins_.back().share += amount / model.x(p);
      } else {
        out.origins_.push_back({source, amount / model.x(p)});
      }
    }
    const double own = (model.injection(p) + model.unexplained(p)) / model.x(p);
    if (plain && own != 0.0) out.origins_.push_back({model.PayerNode(p), own});
    if (!plain || out.origins_.size() == first) {
      out.origins_.resize(first);
      continue;
    }
    out.conduits_.push_back(p);
    out.firsts_.push_back(out.origins_.size());
  }
  return out;
}

std::span<const ConduitOrigin> ConduitOrigins::Of(PayerIndex p) const {
  const auto at = std::lower_bound(conduits_.begin(), conduits_.end(), p);
  if (at == conduits_.end() || *at != p) return {};
  const auto i = static_cast<std::size_t>(at - conduits_.begin());
  return std::span(origins_).subspan(firsts_[i], firsts_[i + 1] - firsts_[i]);
}

}  // namespace lianjie
