#include "engine/flow/flow_exits.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/payer_arcs.h"

namespace lianjie {
namespace {

constexpr std::size_t kNamedMembers = 5;

// Walks the components downstream for what is funded and upstream for what reaches an exit; the
// first (most downstream) funded component without one. `funded` and `exits` grow by what is found.
// Nothing when the run is stopped: the caller asks its context.
std::optional<FlowSolver::Component> FindTrapped(const FlowCsr& arcs, const FlowSolver& solver,
                                                 std::vector<std::uint8_t>& funded,
                                                 std::vector<std::uint8_t>& exits,
                                                 RunContext& context) {
  const std::span<const std::uint32_t> order = solver.order();
  const auto any = [&](const FlowSolver::Component& c, const auto& is) {
    return std::any_of(order.begin() + c.begin, order.begin() + c.end, is);
  };
  for (std::uint32_t i = 0; i < arcs.size();) {
    const FlowSolver::Component c = solver.ComponentOf(order[i]);
    if (any(c, [&](std::uint32_t v) { return funded[v] != 0; })) {
      for (i = c.begin; i < c.end; ++i) {
        const std::uint32_t v = order[i];
        funded[v] = 1;
        for (std::uint64_t a = arcs.offsets[v]; a < arcs.offsets[v + 1]; ++a) {
          funded[arcs.targets[a]] = 1;
        }
      }
    }
    if (context.Stopped()) return std::nullopt;
    i = c.end;
  }
  for (std::uint32_t i = arcs.size(); i > 0;) {
    const FlowSolver::Component c = solver.ComponentOf(order[i - 1]);
    const bool out = any(c, [&](std::uint32_t v) {
      return exits[v] != 0 || std::any_of(arcs.targets.begin() + arcs.offsets[v],
                                          arcs.targets.begin() + arcs.offsets[v + 1],
                                          [&](std::uint32_t t) { return exits[t] != 0; });
    });
    if (!out && funded[order[c.begin]] != 0) return c;
    for (i = c.begin; out && i < c.end; ++i) exits[order[i]] = 1;
    if (context.Stopped()) return std::nullopt;
    i = c.begin;
  }
  return std::nullopt;
}

class ExitCheck {
 public:
  ExitCheck(const FlowModel& model, const SparseColumn& kept, const SparseColumn& leaks,
            RunContext& context)
      : model_(model), graph_(model.snapshot()), kept_(kept), leaks_(leaks), context_(context) {}

  absl::Status Run(const FlowCore& core) {
    std::vector<std::uint8_t> funded(core.size(), 0), exits(core.size(), 0);
    for (std::uint32_t c = 0; c < core.size(); ++c) {
      exits[c] = core.PaysOut(c) || KeepsSome(core.Payer(c)) ? 1 : 0;
    }
    if (std::find(exits.begin(), exits.end(), 0) == exits.end()) return absl::OkStatus();
    for (const PayerIndex p : model_.injections().keys()) MarkFunded(core, p, funded);
    const auto trapped = FindTrapped(core.arcs(), core.solver(), funded, exits, context_);
    LIANJIE_RETURN_IF_ERROR(context_.Check());
    return trapped ? NameTrapped() : absl::OkStatus();
  }

 private:
  bool KeepsSome(PayerIndex p) const {
    return kept_[p] > 0 || leaks_[p] > 0 || (model_.IsAccount(p) && model_.pass(p) > 0);
  }

  void MarkFunded(const FlowCore& core, PayerIndex p, std::vector<std::uint8_t>& funded) const {
    if (core.IndexOf(p) != FlowCore::kNotInCore) {
      funded[core.IndexOf(p)] = 1;
      return;
    }
    const NodeIndex n = model_.PayerNode(p);
    for (LinkIndex l = graph_.out_begin(n); l < graph_.out_end(n); ++l) {
      const PayerIndex to = model_.ReceiverOf(l);
      if (to != kNoPayer && model_.LinkShare(l) > 0) funded[core.IndexOf(to)] = 1;
    }
  }

  bool HasExit(PayerIndex p) const {
    if (KeepsSome(p)) return true;
    const NodeIndex n = model_.PayerNode(p);
    for (LinkIndex l = graph_.out_begin(n); l < graph_.out_end(n); ++l) {
      if (model_.ReceiverOf(l) == kNoPayer && model_.LinkShare(l) > 0) return true;
    }
    return false;
  }

  // Among all payers, so that households whose accounts take part are named too.
  absl::Status NameTrapped() const {
    LIANJIE_ASSIGN_OR_RETURN(const PayerArcs arcs, PayerArcs::Make(model_, context_));
    LIANJIE_ASSIGN_OR_RETURN(const FlowSolver solver, FlowSolver::Make(arcs.csr(), context_));
    std::vector<std::uint8_t> funded(model_.payer_count(), 0), exits(model_.payer_count(), 0);
    for (const PayerIndex p : model_.injections().keys()) funded[p] = 1;
    for (PayerIndex p = 0; p < model_.payer_count(); ++p) exits[p] = HasExit(p) ? 1 : 0;
    const auto trapped = FindTrapped(arcs.csr(), solver, funded, exits, context_);
    LIANJIE_RETURN_IF_ERROR(context_.Check());
    if (!trapped) return absl::InternalError("trapped money was found and lost again");
    return Trapped(solver, *trapped);
  }

  absl::Status Trapped(const FlowSolver& solver, const FlowSolver::Component& c) const {
    std::vector<NodeIndex> members;
    for (std::uint32_t i = c.begin; i < c.end; ++i) {
      members.push_back(model_.PayerNode(solver.order()[i]));
    }
    std::sort(members.begin(), members.end());
    std::string names;
    for (std::size_t i = 0; i < std::min(members.size(), kNamedMembers); ++i) {
      names += Cat(i == 0 ? "" : ", ", graph_.NodeId(members[i]));
    }
    const std::size_t more = members.size() - std::min(members.size(), kNamedMembers);
    const std::string list = more == 0 ? names : Cat(names, " and ", more, " more");
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     Cat("money reaches ", list, " and never leaves: the shares that ",
                         members.size() == 1 ? "it pays" : "they pay one another",
                         " add up to 1; let one of them retain, leak or pay a household"),
                     {.reason = Reason::kTrapped,
                      .field = "share",
                      .row = {},
                      .metadata = {{"nodes", names}, {"size", Cat(members.size())}}});
  }

  const FlowModel& model_;
  const Snapshot& graph_;
  const SparseColumn& kept_;
  const SparseColumn& leaks_;
  RunContext& context_;
};

}  // namespace

absl::Status CheckExits(const FlowModel& model, const FlowCore& core, const SparseColumn& kept,
                        const SparseColumn& leaks, RunContext& context) {
  return ExitCheck(model, kept, leaks, context).Run(core);
}

}  // namespace lianjie
