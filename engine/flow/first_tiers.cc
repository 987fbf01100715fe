#include "engine/flow/first_tiers.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/core/status.h"
#include "engine/flow/flow_blocks.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr double kFirstTiersTolerance = 1e-13;

}  // namespace

double FirstTiers::FirstOfLeaf(PayerIndex p) const {
  const Snapshot& graph = model_->snapshot();
  if (!model_->IsInside(p)) return 0.0;
  double money = model_->from_outside(p);
  for (const LinkIndex l : graph.in_links(model_->PayerNode(p))) {
    if (!model_->LinkInside(l) || model_->ReceiverOf(l) != p) continue;
    money += model_->Stated(l) * first_[model_->PayerOf(graph.links().source[l])];
  }
  return money * model_->ShareScale(p);
}

class FirstTiers::Maker {
 public:
  Maker(FirstTiers& out, RunContext& context)
      : out_(out),
        model_(*out.model_),
        graph_(model_.snapshot()),
        context_(context),
        poller_(context) {}

  absl::Status Run() {
    LIANJIE_RETURN_IF_ERROR(FindTransparent());
    LIANJIE_RETURN_IF_ERROR(SpreadOwn());
    LIANJIE_RETURN_IF_ERROR(StartFirst());
    LIANJIE_RETURN_IF_ERROR(PushOwn());
    LIANJIE_RETURN_IF_ERROR(SpreadFirst());
    return Scale();
  }

 private:
  // Conduits, and accounts that pay some; the arcs among them.
  absl::Status FindTransparent() {
    for (PayerIndex p = 0; p < model_.payer_count(); ++p) {
      if (poller_.Tick()) return context_.Check();
      if (model_.IsCore(p) && !model_.IsOrganisationPayer(p) && model_.IsInside(p)) {
        transparent_.push_back(p);
      }
    }
    for (const PayerIndex p : transparent_) {
      LIANJIE_RETURN_IF_ERROR(ForEachArc(p, [this](PayerIndex to, double share) {
        if (model_.IsOrganisationPayer(to) || !model_.IsCore(to)) return;
        targets_.push_back(LocalOf(to));
        shares_.push_back(share);
      }));
      offsets_.push_back(targets_.size());
    }
    if (transparent_.empty()) return absl::OkStatus();
    LIANJIE_ASSIGN_OR_RETURN(FlowSolver solver,
                             FlowSolver::Make({offsets_, targets_, shares_}, context_));
    solver_ = std::make_unique<FlowSolver>(std::move(solver));
    return absl::OkStatus();
  }

  std::uint32_t LocalOf(PayerIndex p) const {
    return static_cast<std::uint32_t>(
        std::lower_bound(transparent_.begin(), transparent_.end(), p) - transparent_.begin());
  }

  // Calls add(receiver, share) for every arc that leaves a payer.
  template <typename Add> absl::Status ForEachArc(PayerIndex p, const Add& add) {
    const NodeIndex n = model_.PayerNode(p);
    const double scale = model_.ShareScale(p);
    for (LinkIndex l = graph_.out_begin(n); l < graph_.out_end(n); ++l) {
      if (poller_.Tick()) return context_.Check();
      if (!model_.LinkInside(l)) continue;
      const PayerIndex to = model_.ReceiverOf(l);
      if (to == kNoPayer) continue;
      const double share = model_.Stated(l) * scale;
      if (share != 0.0) add(to, share);
    }
    return absl::OkStatus();
  }

  absl::Status Solve(std::vector<double>& values) {
    return solver_->Forward(values, 1, kFirstTiersTolerance, nullptr, context_);
  }

  void AddOwn(const SparseColumn& column) {
    for (std::size_t i = 0; i < column.keys().size(); ++i) {
      const PayerIndex p = column.keys()[i];
      if (!model_.IsAccount(p) || !model_.IsInside(p) || column.values()[i] == 0.0) continue;
      if (out_.own_.empty()) out_.own_.assign(model_.payer_count(), 0.0);
      out_.own_[p] += column.values()[i];
      owners_.push_back(p);
    }
  }

  absl::Status SpreadOwn() {
    AddOwn(model_.injections());
    AddOwn(model_.unexplaineds());
    if (out_.own_.empty() || transparent_.empty()) return absl::OkStatus();
    std::vector<double> own(transparent_.size());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = out_.own_[transparent_[i]];
    LIANJIE_RETURN_IF_ERROR(Solve(own));
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (own[i] == 0.0) continue;
      const PayerIndex p = transparent_[i];
      out_.own_[p] = own[i];
      owners_.push_back(p);
      LIANJIE_RETURN_IF_ERROR(ForEachArc(p, [&](PayerIndex to, double share) {
        if (model_.IsCore(to)) return;
        out_.own_[to] += share * own[i];
        owners_.push_back(to);
      }));
    }
    return absl::OkStatus();
  }

  absl::Status StartFirst() {
    constexpr double kLeaf = std::numeric_limits<double>::quiet_NaN();
    double* const first = out_.first_.data();
    LIANJIE_RETURN_IF_ERROR(ForEachFlowBlock(
        context_, model_.payer_count(), [&](std::size_t, std::size_t begin, std::size_t end) {
          for (std::size_t p = begin; p < end; ++p) {
            first[p] = model_.IsCore(static_cast<PayerIndex>(p)) ? 0.0 : kLeaf;
          }
        }));
    const auto add = [&](const SparseColumn& column, bool accounts) {
      for (std::size_t i = 0; i < column.keys().size(); ++i) {
        const PayerIndex p = column.keys()[i];
        if (!model_.IsInside(p) || !model_.IsCore(p)) continue;
        if (accounts || !model_.IsAccount(p)) first[p] += column.values()[i];
      }
    };
    add(model_.injections(), false);
    add(model_.unexplaineds(), false);
    add(model_.from_outsides(), true);
    return absl::OkStatus();
  }

  // What households pay organisations out of their own money is those organisations' first.
  absl::Status PushOwn() {
    std::sort(owners_.begin(), owners_.end());
    owners_.erase(std::unique(owners_.begin(), owners_.end()), owners_.end());
    for (const PayerIndex p : owners_) {
      LIANJIE_RETURN_IF_ERROR(ForEachArc(p, [&](PayerIndex to, double share) {
        if (model_.IsOrganisationPayer(to)) out_.first_[to] += share * out_.own_[p];
      }));
    }
    return absl::OkStatus();
  }

  absl::Status SpreadFirst() {
    if (transparent_.empty()) return absl::OkStatus();
    std::vector<double> money(transparent_.size());
    for (std::size_t i = 0; i < money.size(); ++i) {
      const PayerIndex q = transparent_[i];
      money[i] = out_.first_[q];
      for (const LinkIndex l : graph_.in_links(model_.PayerNode(q))) {
        if (poller_.Tick()) return context_.Check();
        if (!model_.LinkInside(l) || model_.ReceiverOf(l) != q) continue;
        const PayerIndex from = model_.PayerOf(graph_.links().source[l]);
        if (!model_.IsOrganisationPayer(from)) continue;
        money[i] += model_.Stated(l) * model_.ShareScale(from) * out_.first_[from];
      }
    }
    LIANJIE_RETURN_IF_ERROR(Solve(money));
    for (std::size_t i = 0; i < money.size(); ++i) out_.first_[transparent_[i]] = money[i];
    return absl::OkStatus();
  }

  absl::Status Scale() {
    double* const first = out_.first_.data();
    return ForEachFlowBlock(context_, model_.payer_count(),
                            [&](std::size_t, std::size_t begin, std::size_t end) {
                              for (std::size_t p = begin; p < end; ++p) {
                                first[p] *= model_.ShareScale(static_cast<PayerIndex>(p));
                              }
                            });
  }

  FirstTiers& out_;
  const FlowModel& model_;
  const Snapshot& graph_;
  RunContext& context_;
  Poller poller_;
  std::vector<PayerIndex> transparent_, owners_;  // ascending
  std::vector<std::uint64_t> offsets_{0};
  std::vector<std::uint32_t> targets_;
  std::vector<double> shares_;
  std::unique_ptr<FlowSolver> solver_;
};

absl::StatusOr<FirstTiers> FirstTiers::Make(const FlowModel& model, RunContext& context) {
  FirstTiers tiers(model);
  LIANJIE_RETURN_IF_ERROR(Maker(tiers, context).Run());
  return tiers;
}

}  // namespace lianjie
