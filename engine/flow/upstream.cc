#include "engine/flow/upstream.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "engine/core/status.h"

namespace lianjie {
namespace {

constexpr double kWorthTolerance = 1e-14;

struct Arc {
  PayerIndex from;
  PayerIndex to;
  LinkIndex link;
  double share;
};

constexpr std::uint64_t kFewest = 1024;

std::uint64_t UpstreamBytes(std::uint64_t payers, std::uint64_t arcs) {
  // A vector that grows holds up to twice what is in it.
  return payers * (4 + 16 + 8 + 8 + 8) + arcs * (2 * sizeof(Arc) + 4 + 8 + 4) +
         FlowSolver::EstimateBytes(payers, arcs);
}

class Collector {
 public:
  Collector(const FlowModel& model, NodeIndex household, Upstream& out)
      : model_(model), graph_(model.snapshot()), household_(household), out_(out) {}

  absl::Status Run(RunContext& context) {
    FindEndings();
    for (std::size_t i = 0; i < out_.payers.size(); ++i) {  // grows
      const PayerIndex p = out_.payers[i];
      for (const LinkIndex l : graph_.in_links(model_.PayerNode(p))) {
        if ((++work_ & kPollMask) == 0 && context.Stopped()) return context.Check();
        if (!model_.LinkInside(l) || model_.ReceiverOf(l) != p) continue;
        const double share = model_.LinkShare(l);
        if (share == 0.0) continue;
        const PayerIndex from = model_.PayerOf(graph_.links().source[l]);
        Visit(from);
        arcs_.push_back({from, p, l, share});
      }
      LIANJIE_RETURN_IF_ERROR(Book(context));
    }
    Number();
    LayOut();
    return absl::OkStatus();
  }

 private:
  // What has been found, while it is collected and as it is laid out, and its solver; given back
  // with the run.
  absl::Status Book(RunContext& context) {
    if (out_.payers.size() <= booked_payers_ && arcs_.size() <= booked_arcs_) {
      return absl::OkStatus();
    }
    const std::uint64_t before = UpstreamBytes(booked_payers_, booked_arcs_);
    booked_payers_ = std::max<std::uint64_t>(out_.payers.size() * 2, kFewest);
    booked_arcs_ = std::max<std::uint64_t>(arcs_.size() * 2, kFewest);
    return context.Reserve(UpstreamBytes(booked_payers_, booked_arcs_) - before);
  }

  void Visit(PayerIndex p) {
    if (seen_.insert(p).second) out_.payers.push_back(p);
  }

  void FindEndings() {
    for (const LinkIndex l : graph_.in_links(household_)) {
      if (!model_.LinkActive(l) || model_.ReceiverOf(l) != kNoPayer) continue;
      if (!model_.LinkInside(l)) {
        const double yuan = model_.LinkAmountYuan(l);
        if (yuan != 0.0) out_.straight.push_back({l, yuan});
        continue;
      }
      const double share = model_.LinkShare(l);
      if (share == 0.0) continue;
      const PayerIndex from = model_.PayerOf(graph_.links().source[l]);
      Visit(from);
      out_.endings.push_back({from, l, share});
    }
    const PayerIndex account = model_.PayerOf(household_);
    if (account == kNoPayer || model_.PassShare(household_) == 0.0) return;
    Visit(account);
    out_.endings.push_back({account, kNoLink, model_.PassShare(household_)});
  }

  std::uint32_t Local(PayerIndex p) const {
    const auto at = std::lower_bound(out_.payers.begin(), out_.payers.end(), p);
    return static_cast<std::uint32_t>(at - out_.payers.begin());
  }

  void Number() {
    std::sort(out_.payers.begin(), out_.payers.end());
    for (Upstream::Ending& ending : out_.endings) ending.from = Local(ending.from);
    std::sort(out_.endings.begin(), out_.endings.end(), [](const auto& a, const auto& b) {
      return std::pair(a.from, a.link) < std::pair(b.from, b.link);
    });
    std::sort(arcs_.begin(), arcs_.end(), [](const Arc& a, const Arc& b) {
      return std::pair(a.from, a.link) < std::pair(b.from, b.link);
    });
  }

  void LayOut() {
    std::size_t next = 0;
    for (const PayerIndex p : out_.payers) {
      for (; next < arcs_.size() && arcs_[next].from == p; ++next) {
        out_.targets.push_back(Local(arcs_[next].to));
        out_.shares.push_back(arcs_[next].share);
        out_.links.push_back(arcs_[next].link);
      }
      out_.offsets.push_back(out_.targets.size());
      out_.source.push_back(model_.source(p));
    }
    out_.worth.assign(out_.payers.size(), 0.0);
    for (const Upstream::Ending& ending : out_.endings) out_.worth[ending.from] += ending.share;
  }

  const FlowModel& model_;
  const Snapshot& graph_;
  const NodeIndex household_;
  Upstream& out_;
  absl::flat_hash_set<PayerIndex> seen_;
  std::vector<Arc> arcs_;
  std::uint64_t work_ = 0;
  std::uint64_t booked_payers_ = 0, booked_arcs_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Upstream>> Upstream::Make(const FlowModel& model,
                                                         NodeIndex household, RunContext& context) {
  auto upstream = std::make_unique<Upstream>();
  LIANJIE_RETURN_IF_ERROR(Collector(model, household, *upstream).Run(context));
  LIANJIE_ASSIGN_OR_RETURN(
      FlowSolver solver,
      FlowSolver::Make({upstream->offsets, upstream->targets, upstream->shares}, context));
  upstream->solver = std::make_unique<FlowSolver>(std::move(solver));
  // Paths are told from rounding by differences of what a yuan is worth.
  const double tolerance = std::min(model.options().tolerance, kWorthTolerance);
  LIANJIE_RETURN_IF_ERROR(upstream->solver->Backward(upstream->worth, 1, tolerance, context));
  return upstream;
}

std::uint64_t Upstream::EstimateBytes() { return UpstreamBytes(kFewest, kFewest); }

}  // namespace lianjie
