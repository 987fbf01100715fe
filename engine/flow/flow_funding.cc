#include "engine/flow/flow_funding.h"

#include <algorithm>

#include "engine/core/status.h"
#include "engine/flow/flow_blocks.h"
#include "engine/runtime/work.h"

namespace lianjie {

template <typename F> bool FundingSearch::AnyPayer(PayerIndex p, const F& f) const {
  for (const LinkIndex l : graph_.in_links(m_.PayerNode(p))) {
    if (!m_.LinkActive(l) || m_.ReceiverOf(l) != p || m_.Stated(l) == 0.0) continue;
    if (f(m_.PayerOf(graph_.links().source[l]))) return true;
  }
  return false;
}

template <typename F> void FundingSearch::ForEachReceiver(PayerIndex p, const F& f) const {
  const NodeIndex n = m_.PayerNode(p);
  for (LinkIndex l = graph_.out_begin(n); l < graph_.out_end(n); ++l) {
    if (!m_.LinkActive(l) || m_.Stated(l) == 0.0) continue;
    const PayerIndex to = m_.ReceiverOf(l);
    if (to != kNoPayer) f(to);
  }
}

// From a payer that is known to be funded, or through an account outside the core that one pays.
bool FundingSearch::FindsFunds(PayerIndex p) const {
  return AnyPayer(p, [this](PayerIndex from) {
    if (Funds(from)) return true;
    return !m_.IsCore(from) && AnyPayer(from, [this](PayerIndex q) { return Funds(q); });
  });
}

absl::Status FundingSearch::Run() {
  funded_.assign(m_.payer_count(), 0);
  for (const SparseColumn* column : {&m_.f_, &m_.u_}) {
    for (std::size_t i = 0; i < column->keys().size(); ++i) {
      if (column->values()[i] != 0.0) funded_[column->keys()[i]] = 1;
    }
  }
  LIANJIE_RETURN_IF_ERROR(LookUp());
  Poller poller(context_);
  // What the first look could not know: whoever is funded by then funds others.
  std::vector<PayerIndex> found;
  for (const PayerIndex p : left_) {
    if (poller.Tick(64)) return context_.Check();
    if (!FindsFunds(p)) continue;
    funded_[p] = 1;
    found.push_back(p);
  }
  const auto reach = [&](PayerIndex to) {
    if (!m_.IsCore(to) || funded_[to] != 0) return;
    funded_[to] = 1;
    found.push_back(to);
  };
  while (!found.empty()) {
    const PayerIndex p = found.back();
    found.pop_back();
    if (poller.Tick(64)) return context_.Check();
    ForEachReceiver(p, [&](PayerIndex to) {
      reach(to);
      if (!m_.IsCore(to)) ForEachReceiver(to, reach);
    });
  }
  std::erase_if(left_, [this](PayerIndex p) { return Funds(p); });
  if (!left_.empty()) Clear();
  return absl::OkStatus();
}

// Block by block and from what is known at the start alone, so that the order does not matter.
absl::Status FundingSearch::LookUp() {
  std::vector<std::vector<PayerIndex>> left(FlowBlockCount(m_.payer_count()));
  std::vector<std::vector<PayerIndex>> found(left.size());
  LIANJIE_RETURN_IF_ERROR(ForEachFlowBlock(context_, m_.payer_count(),
                                           [&](std::size_t b, std::size_t begin, std::size_t end) {
                                             for (std::size_t i = begin; i < end; ++i) {
                                               const auto p = static_cast<PayerIndex>(i);
                                               if (!m_.IsCore(p) || m_.x_[p] == 0.0 || Funds(p))
                                                 continue;
                                               (FindsFunds(p) ? found : left)[b].push_back(p);
                                             }
                                           }));
  for (const std::vector<PayerIndex>& block : left) {
    left_.insert(left_.end(), block.begin(), block.end());
  }
  for (const std::vector<PayerIndex>& block : found) {
    for (const PayerIndex p : block) funded_[p] = 1;
  }
  return absl::OkStatus();
}

void FundingSearch::Clear() {
  // Accounts that only unfunded payers pay.
  std::vector<PayerIndex> unfunded = left_;
  for (const PayerIndex p : left_) {
    ForEachReceiver(p, [&](PayerIndex to) {
      if (m_.IsCore(to) || Funds(to) || m_.x_[to] == 0.0) return;
      if (!AnyPayer(to, [this](PayerIndex q) { return Funds(q); })) unfunded.push_back(to);
    });
  }
  std::sort(unfunded.begin(), unfunded.end());
  unfunded.erase(std::unique(unfunded.begin(), unfunded.end()), unfunded.end());
  for (const PayerIndex p : unfunded) {
    m_.flags_[p] |= FlowModel::kUnfunded;
    ++m_.unfunded_count_;
    m_.unfunded_yuan_ += m_.x_[p];
    m_.x_[p] = m_.pass_[p] = 0.0;
    m_.retained_.Clear(p);
    m_.leaked_.Clear(p);
  }
}

}  // namespace lianjie
