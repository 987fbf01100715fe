// The books of a benefit flow: who injects money, how every payer splits each yuan that reaches it,
// and what each household gets. All flow analyses and coverage read these books; nothing here
// attributes money to where it came from (that needs a solve: flow_solver.h, benefit_parts.h and
// the analyses).
//
//   x = f + u + P'x   throughput of the payers: f injection, u unexplained injection (ledger alone)
//   b = R'x           benefit of the households: P payer -> payer, R payer -> household, shares of
//   x
//
// Payers are all active nodes that are no households, and the *operating accounts* h* of the
// households that have an active outgoing link or an injection. h* takes h's injection and what h
// is paid by ORDER, SUPPLY, CONSUMPTION, TRUSTEESHIP and PATRONAGE_REFUND, pays all of h's links,
// and passes the rest on to h; every other mechanism goes straight to h. So of a link l into h,
//   benefit(l) = amount(l) * (l goes to h* ? PassShare(h) : 1),
// which is the rest keyed by incoming mechanism pro rata. The part of h's own injection that is
// passed on is benefit without a link.
//
// LEDGER mode takes the amounts paid: f = outside_revenue_yuan if known, else max(0, revenue -
// inflow) (`derived`), else 0; u = max(0, outflow - inflow - f); X = inflow + f + u; leaked =
// min(surplus, leak_share X); the rest is retained. x = X with no solve, except that closed
// circulation which no injection reaches has x = 0 (`unfunded`). SHARE mode takes RECEIPTS shares
// and solves for x; f = outside_revenue_yuan if known, else 0; a link without such a share carries
// nothing. In a period amounts and shares count by the days on which the link and both its ends are
// valid, a node's own amounts by the node's days (view.h). Differences that are rounding of sums
// (1e-11 of the amounts) count as 0 and stay visible in the ledger's residual.
//
// The splits are those of the full graph (active links). A filter cuts the books afterwards: what
// comes to an inside node over a link that is not inside is the injection `from_outside`, what an
// inside node pays over such a link is `to_outside` and counts as leaked. A household's benefit is
// therefore the same under every filter that it is inside of.
//
// Laid out for a nation, where nine payers in ten are accounts: four bytes a node, 21 bytes a payer
// and a bit a link; what most payers have none of is a SparseColumn. No arcs are kept: whoever
// attributes money condenses the chain's core (flow_core.h).
//
// Method: proportional sharing of money through a chain, an absorbing Markov chain (Kemeny and
// Snell 1960) or, on amounts, Leontief's open model; DOMAIN terms as above. Cost: O(nodes + links)
// in a few passes over arrays; in share mode plus one solve.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_MODEL_H_
#define LIANJIE_ENGINE_FLOW_FLOW_MODEL_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/enums.h"
#include "engine/core/rules.h"
#include "engine/flow/active_bits.h"
#include "engine/flow/sparse_column.h"
#include "engine/graph/analysis.h"
#include "engine/graph/shared_array.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/view.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

enum class FlowMode : std::uint8_t { kLedger, kShare, kTerms };

// Dense number of a payer in one FlowModel, ascending with its node.
using PayerIndex = std::uint32_t;
inline constexpr PayerIndex kNoPayer = std::numeric_limits<PayerIndex>::max();

// Relative difference of sums of money that counts as rounding.
inline constexpr double kMoneyRounding = 1e-11;

struct FlowModelOptions {
  FlowMode mode = FlowMode::kLedger;
  // Allows injections below 0 (input-output tables). Without it one is INVALID_FIELD naming the
  // node.
  bool signed_injections = false;
  // Share mode: the solve ends when what is still in transit is at most this part of the
  // injections.
  double tolerance = 1e-12;

  absl::Status Validate() const;
};

// What one link into a household gives it.
struct IncomingBenefit {
  LinkIndex link = kNoLink;
  double amount_yuan = 0;   // what the link carries
  double benefit_yuan = 0;  // the part of it that stays with the household
  bool narrow = false;      // IsNarrow(mechanism, driver)
};

// A part of somebody's money that came from `payer`. kNoNode: no organisation is behind it.
struct PayerPart {
  NodeIndex payer = kNoNode;
  double yuan = 0;
};

// Money of households, by NodeIndex; 0 for other nodes. Sums run in the order of the links.
struct HouseholdBenefits {
  std::vector<double>
      benefit_yuan;  // narrow + broad, net of what the household's operating account pays out
  std::vector<double> narrow_yuan;
  std::vector<double> gross_yuan;  // all that was paid to it, and its own injection
};

// True for the mechanisms whose money goes to a household's operating account.
constexpr bool IsOperatingIncome(Mechanism m) {
  return m == Mechanism::kOrder || m == Mechanism::kSupply || m == Mechanism::kConsumption ||
         m == Mechanism::kTrusteeship || m == Mechanism::kPatronageRefund;
}

// Immutable after Build; thread safe; keeps the Snapshot alive.
class FlowModel final : public Derived {
 public:
  // Errors: TERMS (FEATURE_PLANNED, UNIMPLEMENTED); a negative injection (INVALID_FIELD, names the
  // node); in share mode a funded component without exit (FAILED_PRECONDITION, TRAPPED, names up to
  // 5 members) and shares of a payer above 1 (SHARES_EXCEED_ONE); CANCELLED, MEMORY_EXHAUSTED.
  // EstimateBytes is booked with `context`; what the books keep is not given back.
  static absl::StatusOr<FlowModel> Build(const View& view, const FlowModelOptions& options,
                                         RunContext& context);
  // The books of an analysis's input, from its cache where there is one (analysis.h).
  static absl::StatusOr<std::shared_ptr<const FlowModel>> Get(const AnalysisInput& input,
                                                              const View& view,
                                                              const FlowModelOptions& options,
                                                              RunContext& context);
  // Bytes that Build takes at most, and those that stay. O(1) but for the first question about a
  // Snapshot (Snapshot::payer_counts).
  static std::uint64_t EstimateBytes(const Snapshot& snapshot, const FlowModelOptions& options);
  static std::uint64_t EstimateKeptBytes(const Snapshot& snapshot);

  const View& view() const { return view_; }
  const Snapshot& snapshot() const { return view_.snapshot(); }
  FlowMode mode() const { return options_.mode; }
  const FlowModelOptions& options() const { return options_; }

  // ---- payers
  PayerIndex payer_count() const { return static_cast<PayerIndex>(nodes_.size()); }
  NodeIndex PayerNode(PayerIndex p) const { return nodes_[p]; }
  // kNoPayer for an inactive node and for a household without an operating account.
  PayerIndex PayerOf(NodeIndex n) const { return payer_of_[n]; }
  void PrefetchPayerOf(NodeIndex n) const { __builtin_prefetch(payer_of_.data() + n); }
  bool IsAccount(PayerIndex p) const { return (flags_[p] & kAccount) != 0; }
  // LAND or FUND without injection f of its own: seen through where tiers, payers and dependence
  // are counted.
  bool IsConduit(PayerIndex p) const { return (flags_[p] & kConduit) != 0; }
  // Counts as a paying organisation: neither an account nor a conduit.
  bool IsOrganisationPayer(PayerIndex p) const { return (flags_[p] & (kAccount | kConduit)) == 0; }
  bool IsInside(PayerIndex p) const { return (flags_[p] & kInside) != 0; }
  bool IsDerived(PayerIndex p) const { return (flags_[p] & kDerived) != 0; }
  // Circulates money that no injection reaches: x = 0 although amounts are recorded.
  bool IsUnfunded(PayerIndex p) const { return (flags_[p] & kUnfunded) != 0; }

  double x(PayerIndex p) const { return x_[p]; }
  // Of an account: the part of its money that it passes on to the household; 0 of others.
  double pass(PayerIndex p) const { return pass_[p]; }
  double injection(PayerIndex p) const { return f_[p]; }    // f, may be < 0 when signed
  double unexplained(PayerIndex p) const { return u_[p]; }  // u; of an account: its operating loss
  double from_outside(PayerIndex p) const { return from_outside_[p]; }
  double retained(PayerIndex p) const {
    return retained_[p];
  }  // 0 for accounts: they pass it to the household
  double leaked(PayerIndex p) const { return leaked_[p]; }  // by leak_share
  double to_outside(PayerIndex p) const { return to_outside_[p]; }
  // f + u + from_outside of an inside payer, 0 of one outside: the right-hand side of the forward
  // solve.
  double source(PayerIndex p) const { return IsInside(p) ? f_[p] + u_[p] + from_outside(p) : 0.0; }

  // Whether a payer belongs to the chain's core (flow_core.h): all but accounts that pay nobody
  // but organisations, agencies and households straight.
  bool IsCore(PayerIndex p) const { return (flags_[p] & kCore) != 0; }
  // Injections and the like by payer, those that are not 0.
  const SparseColumn& injections() const { return f_; }
  const SparseColumn& unexplaineds() const { return u_; }
  const SparseColumn& retaineds() const { return retained_; }
  const SparseColumn& leakeds() const { return leaked_; }
  const SparseColumn& from_outsides() const { return from_outside_; }
  const SparseColumn& to_outsides() const { return to_outside_; }

  // ---- nodes
  bool NodeActive(NodeIndex n) const { return active_.Node(n); }
  // As View::NodeInside. O(1).
  bool NodeInside(NodeIndex n) const {
    return inside_nodes_.empty() ? active_.Node(n) : FlowBit(inside_nodes_.data(), n);
  }
  // True when every node is inside.
  bool AllInside() const { return inside_nodes_.empty() && active_.nodes.empty(); }

  // ---- links
  bool LinkActive(LinkIndex l) const { return active_.Link(l); }
  bool LinkInside(LinkIndex l) const {
    return inside_.empty() ? LinkActive(l) : FlowBit(inside_.data(), l);
  }
  // What link l states by its own record, whether it is active or not: yuan paid in ledger mode,
  // in share mode the share of its payer's money, by the days on which it holds; 0 for none.
  double Stated(LinkIndex l) const {
    if (options_.mode == FlowMode::kShare) return StatedShare(l);
    if (paid_ == nullptr) return 0.0;
    const double paid = paid_[l];
    return !(paid == paid) ? 0.0 : by_day_ ? paid : view_.PaidYuan(l);
  }
  // Prefetching what Stated reads, and who pays by which mechanism.
  LinkPrefetch PrefetchIncoming() const {
    const LinkColumns& links = snapshot().links();
    const double* const stated = options_.mode == FlowMode::kShare ? share_ : paid_;
    return LinkPrefetch(snapshot().all_in_links(), stated, links.source.data(),
                        links.mechanism.data());
  }
  // What turns Stated of a link into a share of its payer's money, and into yuan.
  double ShareScale(PayerIndex payer) const {
    if (options_.mode == FlowMode::kShare) return 1.0;
    return x_[payer] > 0 ? 1.0 / x_[payer] : 0.0;
  }
  double YuanScale(PayerIndex payer) const {
    if (options_.mode == FlowMode::kShare) return x_[payer];
    return x_[payer] > 0 ? 1.0 : 0.0;
  }
  // The share of its payer's x that a link carries, and the yuan; 0 when it is not active. O(1).
  double LinkShare(LinkIndex l) const;
  double LinkAmountYuan(LinkIndex l) const;
  // Who receives the money of link l: an organisation, an asset, an agency, an operating account,
  // or kNoPayer when it goes straight to a household.
  PayerIndex ReceiverOf(LinkIndex l) const {
    const PayerIndex p = payer_of_[snapshot().links().target[l]];
    const bool straight =
        p != kNoPayer && IsAccount(p) && !IsOperatingIncome(snapshot().links().mechanism[l]);
    return straight ? kNoPayer : p;
  }
  // True when the payee is a household's operating account.
  bool GoesToAccount(LinkIndex l) const {
    const NodeIndex target = snapshot().links().target[l];
    return payer_of_[target] != kNoPayer && IsAccount(payer_of_[target]) &&
           IsOperatingIncome(ValueOr(snapshot().links().mechanism, l));
  }

  // ---- households
  // The part of an operating account's money that is passed on to the household; 1 for households
  // without one.
  double PassShare(NodeIndex household) const {
    const PayerIndex p = payer_of_[household];
    return p == kNoPayer ? 1.0 : pass_[p];
  }
  // Benefit of a household that comes by link l: LinkAmountYuan x (PassShare or 1). `l` must pay a
  // household.
  double LinkBenefitYuan(LinkIndex l) const {
    const double amount = LinkAmountYuan(l);
    return GoesToAccount(l) ? amount * PassShare(snapshot().links().target[l]) : amount;
  }
  // Benefit of a household out of its own injection (no payer, no mechanism; broad).
  double OwnBenefitYuan(NodeIndex household) const;
  // Every active link into `household` that carries money, in link order: sums with OwnBenefitYuan
  // to its benefit. Clears `out`. O(in-degree).
  void ListIncoming(NodeIndex household, std::vector<IncomingBenefit>& out) const;
  // Benefit of `household` by paying organisation, ascending by node, looked through conduits and
  // other households' accounts; what no organisation is behind (own injection, other households'
  // own money) comes last as kNoNode. What a conduit pays out of money that starts there
  // (unexplained, from outside) is the conduit's own. Sums to the (narrow) benefit. O(in-degree),
  // plus the closure of conduits behind. Errors: those of SolveBlock, when conduits or accounts pay
  // in a circle.
  absl::StatusOr<std::vector<PayerPart>> ListPayers(NodeIndex household, bool narrow_only,
                                                    RunContext& context) const;
  // The largest payer of a household: as ListPayers, except that another household's own money,
  // which no organisation is behind, counts as that household's payment. Ties go to the first;
  // {kNoNode, 0} when there is none.
  absl::StatusOr<PayerPart> LargestPayer(NodeIndex household, bool narrow_only,
                                         RunContext& context) const;

  // All households at once, in one pass over the links; 24 bytes a node, which the caller books.
  // Errors: CANCELLED.
  absl::StatusOr<HouseholdBenefits> ComputeHouseholds(RunContext& context) const;

  // By NodeIndex, 1 where some node with f > 0 reaches it over active links, amounts ignored (a
  // node with f > 0 reaches itself).
  absl::StatusOr<std::vector<std::uint8_t>> ReachedByInjections(RunContext& context) const;

  // ---- totals, for ledgers and warnings
  std::uint64_t derived_count() const { return derived_count_; }
  std::uint64_t unfunded_count() const { return unfunded_count_; }
  double unfunded_yuan() const { return unfunded_yuan_; }  // recorded throughput of the unfunded
  // Share mode: active links that carry nothing because they have no RECEIPTS share.
  std::uint64_t shareless_count() const { return shareless_count_; }
  double solve_residual_yuan() const {
    return solve_residual_yuan_;
  }  // share mode: still in transit
  std::uint64_t memory_bytes() const override;

 private:
  friend class FlowModelBuilder;
  friend class FundingSearch;
  static constexpr std::uint8_t kAccount = 1, kConduit = 2, kInside = 4, kDerived = 8,
                                kUnfunded = 16, kCore = 32;
  // The share that a link states, by the part of its payer's days on which it holds; 0 when it
  // states none.
  double StatedShare(LinkIndex l) const {
    if (share_ == nullptr) return 0.0;
    const double share = share_[l];
    if (!(share == share) || share == 0.0) return 0.0;
    if (share_of_ != nullptr && share_of_[l] == ShareOf::kSurplus) return 0.0;
    return by_day_ ? share : share * view_.LinkPartOfPayer(l);
  }
  absl::StatusOr<std::vector<PayerPart>> PayersOf(NodeIndex household, bool narrow_only,
                                                  bool households_pay, RunContext& context) const;
  FlowModel(View view, const FlowModelOptions& options);

  View view_;
  FlowModelOptions options_;
  const double* paid_;  // of the snapshot, as the next two; nullptr when no link has it
  const double* share_;
  const ShareOf* share_of_;
  bool by_day_;  // amounts are whole years'
  ActiveBits active_;
  std::vector<std::uint64_t> inside_nodes_, inside_;  // a bit each; empty when unfiltered
  Buffer<PayerIndex> payer_of_;                       // by node
  Buffer<NodeIndex> nodes_;                           // by payer
  Buffer<std::uint8_t> flags_;
  Buffer<double> x_, pass_;
  SparseColumn f_, u_, retained_, leaked_, from_outside_, to_outside_;
  std::uint64_t derived_count_ = 0, unfunded_count_ = 0, shareless_count_ = 0;
  double unfunded_yuan_ = 0, solve_residual_yuan_ = 0;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_MODEL_H_
