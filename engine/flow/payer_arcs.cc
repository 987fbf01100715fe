#include "engine/flow/payer_arcs.h"

#include "engine/core/status.h"
#include "engine/runtime/work.h"

namespace lianjie {

absl::StatusOr<PayerArcs> PayerArcs::Make(const FlowModel& model, RunContext& context) {
  const Snapshot& graph = model.snapshot();
  Poller poller(context);
  PayerArcs out;
  out.offsets.reserve(std::size_t{model.payer_count()} + 1);
  for (const bool counting : {true, false}) {
    std::size_t count = 0;
    for (PayerIndex p = 0; p < model.payer_count(); ++p) {
      const NodeIndex n = model.PayerNode(p);
      const double scale = model.ShareScale(p);
      for (LinkIndex l = graph.out_begin(n); l < graph.out_end(n); ++l) {
        if (poller.Tick()) return context.Check();
        if (!model.LinkInside(l)) continue;
        const PayerIndex to = model.ReceiverOf(l);
        const double share = to == kNoPayer ? 0.0 : model.Stated(l) * scale;
        if (share == 0.0) continue;
        ++count;
        if (counting) continue;
        out.targets.push_back(to);
        out.shares.push_back(share);
      }
      if (!counting) out.offsets.push_back(count);
    }
    if (!counting) break;
    out.targets.reserve(count);
    out.shares.reserve(count);
  }
  return out;
}

std::uint64_t PayerArcs::EstimateBytes(const Snapshot& snapshot) {
  const Snapshot::PayerCounts& counts = snapshot.payer_counts();
  const std::uint64_t payers = snapshot.node_count() - counts.households + counts.paying_households;
  // Of the links of a county four in ten lie between payers; where nobody is a household, all do.
  const std::uint64_t arcs = counts.households * 2 > snapshot.node_count()
                                 ? std::uint64_t{snapshot.link_count()} * 2 / 5
                                 : snapshot.link_count();
  return payers * 8 + arcs * 12 + 64;
}

}  // namespace lianjie
