#include "engine/flow/flow_exits.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

constexpr std::size_t kNamedMembers = 5;

class ExitCheck {
 public:
  ExitCheck(const FlowModel& model, const FlowSolver& solver, std::span<const double> rest_share,
            RunContext& context)
      : model_(model),
        graph_(model.snapshot()),
        solver_(solver),
        rest_share_(rest_share),
        context_(context) {}

  // Walks the components downstream for what is funded and upstream for what reaches an exit.
  absl::Status Run() {
    std::vector<std::uint8_t> funded(model_.payer_count(), 0);
    std::vector<std::uint8_t> exits(model_.payer_count(), 0);
    const std::uint32_t size = model_.payer_count();
    for (std::uint32_t i = 0; i < size;) {
      const FlowSolver::Component c = solver_.ComponentOf(solver_.order()[i]);
      bool any = false;
      for (i = c.begin; i < c.end; ++i) {
        const PayerIndex p = solver_.order()[i];
        any = any || funded[p] != 0 || model_.injection(p) != 0.0;
      }
      for (i = c.begin; any && i < c.end; ++i) {
        const PayerIndex p = solver_.order()[i];
        funded[p] = 1;
        for (auto a = model_.arcs_begin(p); a < model_.arcs_end(p); ++a)
          funded[model_.arc_target(a)] = 1;
      }
      if (context_.Stopped()) return context_.Check();
      i = c.end;
    }
    for (std::uint32_t i = size; i > 0;) {
      const FlowSolver::Component c = solver_.ComponentOf(solver_.order()[i - 1]);
      bool any = false;
      for (i = c.begin; !any && i < c.end; ++i) {
        const PayerIndex p = solver_.order()[i];
        any = HasExit(p);
        for (auto a = model_.arcs_begin(p); a < model_.arcs_end(p); ++a) {
          any = any || exits[model_.arc_target(a)] != 0;
        }
      }
      if (!any && funded[solver_.order()[c.begin]] != 0) return Trapped(c);
      for (i = c.begin; any && i < c.end; ++i) exits[solver_.order()[i]] = 1;
      if (context_.Stopped()) return context_.Check();
      i = c.begin;
    }
    return absl::OkStatus();
  }

 private:
  bool HasExit(PayerIndex p) const {
    if (rest_share_[p] > 0) return true;
    const NodeIndex n = model_.PayerNode(p);
    if (ValueOr(graph_.nodes().leak_share, n, 0.0) > 0) return true;
    for (LinkIndex l = graph_.out_begin(n); l < graph_.out_end(n); ++l) {
      if (model_.ReceiverOf(l) == kNoPayer && model_.LinkShare(l) > 0) return true;
    }
    return false;
  }

  absl::Status Trapped(const FlowSolver::Component& c) const {
    std::vector<NodeIndex> members;
    for (std::uint32_t i = c.begin; i < c.end; ++i) {
      members.push_back(model_.PayerNode(solver_.order()[i]));
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
  const FlowSolver& solver_;
  const std::span<const double> rest_share_;
  RunContext& context_;
};

}  // namespace

absl::Status CheckExits(const FlowModel& model, const FlowSolver& solver,
                        std::span<const double> rest_share, RunContext& context) {
  return ExitCheck(model, solver, rest_share, context).Run();
}

}  // namespace lianjie
