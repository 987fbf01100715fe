// Makes the books of flow_model.h in a few passes: mark the active links and add up what every node
// takes in and pays; make the payers; find each one's injection and what it keeps; lay out P;
// settle what needs the whole graph (unfunded circulation, or in share mode the solve); last, cut
// by the filter.
#include <algorithm>
#include <cmath>
#include <string>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_exits.h"
#include "engine/flow/flow_model.h"
#include "engine/flow/flow_solver.h"

namespace lianjie {
namespace {

// Shares that differ from 1 by less are 1: they are sums of a few decimals.
constexpr double kShareRounding = 1e-12;
// Shares of a payer may add up to this much above 1; the store refuses more.
constexpr double kShareExcess = 1e-9;

void SetBit(std::vector<std::uint64_t>& bits, LinkIndex l) {
  bits[l >> 6] |= std::uint64_t{1} << (l & 63);
}

}  // namespace

class FlowModelBuilder {
 public:
  FlowModelBuilder(FlowModel& model, RunContext& context)
      : m_(model), graph_(model.snapshot()), context_(context) {}

  absl::Status Run() {
    LIANJIE_RETURN_IF_ERROR(MarkLinks());
    LIANJIE_RETURN_IF_ERROR(AddPayers());
    LIANJIE_RETURN_IF_ERROR(ledger() ? SetLedgerBooks() : SetShareBooks());
    if (m_.options_.want_arcs) {
      LIANJIE_RETURN_IF_ERROR(BuildArcs(m_.active_));
      if (ledger()) {
        LIANJIE_RETURN_IF_ERROR(FindUnfunded());
      } else {
        LIANJIE_RETURN_IF_ERROR(SolveShares());
      }
    }
    return m_.view_.unfiltered() ? absl::OkStatus() : CutByFilter();
  }

 private:
  bool ledger() const { return m_.options_.mode == FlowMode::kLedger; }
  bool IsHousehold(NodeIndex n) const { return graph_.nodes().kind[n] == NodeKind::kHousehold; }

  // What a link moves by its own record: yuan in ledger mode, a share of its payer's money in share
  // mode.
  double Weight(LinkIndex l) const { return ledger() ? m_.view_.PaidYuan(l) : m_.StatedShare(l); }

  absl::Status MarkLinks() {
    const LinkColumns& links = graph_.links();
    m_.active_.assign((std::size_t{graph_.link_count()} + 63) / 64, 0);
    outflow_.assign(graph_.node_count(), 0.0);
    if (ledger()) inflow_.assign(graph_.node_count(), 0.0);
    pays_.assign(graph_.node_count(), 0);
    for (LinkIndex l = 0; l < graph_.link_count(); ++l) {
      if ((l & kPollMask) == 0 && context_.Stopped()) return context_.Check();
      if (!m_.view_.LinkActive(l)) continue;
      SetBit(m_.active_, l);
      const NodeIndex source = links.source[l];
      const NodeIndex target = links.target[l];
      const double weight = Weight(l);
      pays_[source] = 1;
      outflow_[source] += weight;
      if (!ledger()) {
        m_.shareless_count_ += weight == 0.0 && ValueOr(links.share, l, 1.0) != 0.0 ? 1 : 0;
      } else if (!IsHousehold(target) || IsOperatingIncome(links.mechanism[l])) {
        inflow_[target] += weight;
      }
    }
    return absl::OkStatus();
  }

  struct Injection {
    double yuan = 0;
    bool derived = false;
  };

  Injection InjectionOf(NodeIndex n) const {
    const NodeColumns& nodes = graph_.nodes();
    const double fraction = m_.view_.NodeYearFraction(n);
    if (IsKnown(nodes.outside_revenue_yuan, n)) {
      return {nodes.outside_revenue_yuan[n] * fraction, false};
    }
    if (!ledger() || !IsKnown(nodes.revenue_yuan, n)) return {};
    const double revenue = nodes.revenue_yuan[n] * fraction;
    const double rest = revenue - inflow_[n];
    if (rest <= kMoneyRounding * revenue) return {};
    return {rest, true};
  }

  bool IsPayer(NodeIndex n) const {
    if (!m_.view_.NodeActive(n)) return false;
    return !IsHousehold(n) || pays_[n] != 0 || InjectionOf(n).yuan != 0.0;
  }

  // Counted first: a vector that grows may take twice what was booked.
  absl::Status ReservePayers() {
    std::size_t count = 0;
    for (NodeIndex n = 0; n < graph_.node_count(); ++n) {
      if ((n & kPollMask) == 0 && context_.Stopped()) return context_.Check();
      count += IsPayer(n) ? 1 : 0;
    }
    m_.nodes_.reserve(count);
    m_.f_.reserve(count);
    m_.flags_.reserve(count);
    return absl::OkStatus();
  }

  absl::Status AddPayers() {
    LIANJIE_RETURN_IF_ERROR(ReservePayers());
    m_.payer_of_.assign(graph_.node_count(), kNoPayer);
    for (NodeIndex n = 0; n < graph_.node_count(); ++n) {
      if ((n & kPollMask) == 0 && context_.Stopped()) return context_.Check();
      if (!IsPayer(n)) continue;
      const Injection injection = InjectionOf(n);
      const bool household = IsHousehold(n);
      if (injection.yuan < 0 && !m_.options_.signed_injections) return NegativeInjection(n);
      m_.payer_of_[n] = static_cast<PayerIndex>(m_.nodes_.size());
      m_.nodes_.push_back(n);
      m_.f_.push_back(injection.yuan);
      m_.derived_count_ += injection.derived ? 1 : 0;
      std::uint8_t flags = injection.derived ? FlowModel::kDerived : 0;
      if (household) flags |= FlowModel::kAccount;
      if (IsAsset(graph_.nodes().kind[n]) && injection.yuan == 0.0) flags |= FlowModel::kConduit;
      if (m_.view_.unfiltered() || m_.view_.NodeInside(n)) flags |= FlowModel::kInside;
      m_.flags_.push_back(flags);
      any_account_ = any_account_ || household;
    }
    const std::size_t payers = m_.nodes_.size();
    m_.x_.assign(payers, 0.0);
    m_.u_.assign(payers, 0.0);
    m_.retained_.assign(payers, 0.0);
    m_.leaked_.assign(payers, 0.0);
    if (any_account_) m_.pass_.assign(payers, 0.0);
    return absl::OkStatus();
  }

  absl::Status NegativeInjection(NodeIndex n) const {
    const std::string id(graph_.NodeId(n));
    const std::string amount = FormatDouble(graph_.nodes().outside_revenue_yuan[n]);
    return MakeError(absl::StatusCode::kInvalidArgument,
                     Cat("node '", id, "' has an injection below 0 (outside_revenue_yuan ", amount,
                         "); ask with signed_injections to solve injections and withdrawals apart"),
                     {.reason = Reason::kInvalidField,
                      .field = "signed_injections",
                      .row = {},
                      .metadata = {{"node", id}, {"outside_revenue_yuan", amount}}});
  }

  absl::Status SetLedgerBooks() {
    for (PayerIndex p = 0; p < m_.payer_count(); ++p) {
      const NodeIndex n = m_.nodes_[p];
      const double funded = inflow_[n] + m_.f_[p];
      const double out = outflow_[n];
      const double rounding = kMoneyRounding * std::max(inflow_[n] + std::abs(m_.f_[p]), out);
      const double shortfall = out - funded;
      if (shortfall > rounding) m_.u_[p] = shortfall;
      // max: what is due to rounding must not make the shares add up to more than 1.
      m_.x_[p] = std::max({funded, out, 0.0});
      const double surplus = m_.x_[p] - out;
      const double leak = ValueOr(graph_.nodes().leak_share, n, 0.0);
      m_.leaked_[p] = std::min(surplus, leak * m_.x_[p]);
      Keep(p, surplus - m_.leaked_[p]);
    }
    return absl::OkStatus();
  }

  // The rest of a payer's money: an organisation retains it, an operating account passes it on.
  void Keep(PayerIndex p, double rest) {
    if (!m_.IsAccount(p)) {
      m_.retained_[p] = rest;
    } else if (m_.x_[p] != 0.0) {
      m_.pass_[p] = rest / m_.x_[p];
    }
  }

  absl::Status SetShareBooks() {
    rest_share_.assign(m_.payer_count(), 0.0);
    for (PayerIndex p = 0; p < m_.payer_count(); ++p) {
      const NodeIndex n = m_.nodes_[p];
      const double leak = ValueOr(graph_.nodes().leak_share, n, 0.0);
      const double rest = 1.0 - outflow_[n] - leak;
      if (rest < -kShareExcess) return SharesExceedOne(n, outflow_[n] + leak);
      rest_share_[p] = rest <= kShareRounding ? 0.0 : rest;
      if (m_.IsAccount(p)) m_.pass_[p] = rest_share_[p];
    }
    return absl::OkStatus();
  }

  absl::Status SharesExceedOne(NodeIndex n, double sum) const {
    const std::string id(graph_.NodeId(n));
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        Cat("the RECEIPTS shares and leak_share of '", id, "' add up to ", sum, ", more than 1"),
        {.reason = Reason::kSharesExceedOne,
         .field = "share",
         .row = {},
         .metadata = {{"node", id}, {"sum", FormatDouble(sum)}}});
  }

  // Calls add(link, receiver, share) for every arc of P that a payer's links make.
  template <typename Add>
  absl::Status ForEachArc(PayerIndex p, const std::vector<std::uint64_t>& bits, const Add& add) {
    const NodeIndex n = m_.nodes_[p];
    for (LinkIndex l = graph_.out_begin(n); l < graph_.out_end(n); ++l) {
      if ((l & kPollMask) == 0 && context_.Stopped()) return context_.Check();
      if ((bits[l >> 6] >> (l & 63) & 1) == 0) continue;
      const PayerIndex receiver = m_.ReceiverOf(l);
      if (receiver == kNoPayer) continue;
      const double share = m_.LinkShare(l);
      if (share != 0.0) add(l, receiver, share);
    }
    return absl::OkStatus();
  }

  // Lays out P over the given links, counted first.
  absl::Status BuildArcs(const std::vector<std::uint64_t>& bits) {
    std::size_t count = 0;
    for (PayerIndex p = 0; p < m_.payer_count(); ++p) {
      LIANJIE_RETURN_IF_ERROR(
          ForEachArc(p, bits, [&count](LinkIndex, PayerIndex, double) { ++count; }));
    }
    m_.arc_offsets_.assign(1, 0);
    m_.arc_offsets_.reserve(m_.nodes_.size() + 1);
    m_.arc_targets_.clear();
    m_.arc_shares_.clear();
    m_.arc_links_.clear();
    m_.arc_targets_.reserve(count);
    m_.arc_shares_.reserve(count);
    m_.arc_links_.reserve(count);
    for (PayerIndex p = 0; p < m_.payer_count(); ++p) {
      LIANJIE_RETURN_IF_ERROR(
          ForEachArc(p, bits, [this](LinkIndex l, PayerIndex receiver, double share) {
            m_.arc_targets_.push_back(receiver);
            m_.arc_shares_.push_back(share);
            m_.arc_links_.push_back(l);
          }));
      m_.arc_offsets_.push_back(m_.arc_targets_.size());
    }
    return absl::OkStatus();
  }

  // Payers that no injection reaches can only circulate what they have: inflow and outflow are
  // equal, and nothing leaves.
  absl::Status FindUnfunded() {
    std::vector<std::uint8_t> funded(m_.payer_count(), 0);
    std::vector<PayerIndex> queue;
    for (PayerIndex p = 0; p < m_.payer_count(); ++p) {
      if (m_.f_[p] == 0.0 && m_.u_[p] == 0.0) continue;
      funded[p] = 1;
      queue.push_back(p);
    }
    while (!queue.empty()) {
      if (context_.Stopped()) return context_.Check();
      const PayerIndex p = queue.back();
      queue.pop_back();
      for (std::uint64_t a = m_.arcs_begin(p); a < m_.arcs_end(p); ++a) {
        const PayerIndex t = m_.arc_targets_[a];
        if (funded[t] != 0) continue;
        funded[t] = 1;
        queue.push_back(t);
      }
    }
    for (PayerIndex p = 0; p < m_.payer_count(); ++p) {
      if (funded[p] != 0 || m_.x_[p] == 0.0) continue;
      m_.flags_[p] |= FlowModel::kUnfunded;
      ++m_.unfunded_count_;
      m_.unfunded_yuan_ += m_.x_[p];
      m_.x_[p] = m_.retained_[p] = m_.leaked_[p] = 0.0;
      if (m_.IsAccount(p)) m_.pass_[p] = 0.0;
      std::fill(m_.arc_shares_.begin() + static_cast<std::ptrdiff_t>(m_.arcs_begin(p)),
                m_.arc_shares_.begin() + static_cast<std::ptrdiff_t>(m_.arcs_end(p)), 0.0);
    }
    return absl::OkStatus();
  }

  // Share mode: the solution is unique iff every funded payer reaches an exit.
  absl::Status SolveShares() {
    LIANJIE_ASSIGN_OR_RETURN(const FlowSolver solver, FlowSolver::Make(m_.arcs(), context_));
    LIANJIE_RETURN_IF_ERROR(CheckExits(m_, solver, rest_share_, context_));
    std::vector<double> withdrawn;
    for (PayerIndex p = 0; p < m_.payer_count(); ++p) {
      m_.x_[p] = std::max(m_.f_[p], 0.0);
      if (m_.f_[p] >= 0) continue;
      if (withdrawn.empty()) withdrawn.assign(m_.payer_count(), 0.0);
      withdrawn[p] = -m_.f_[p];
    }
    const double tolerance = m_.options_.tolerance;
    LIANJIE_RETURN_IF_ERROR(
        solver.Forward(m_.x_, 1, tolerance, &m_.solve_residual_yuan_, context_));
    if (!withdrawn.empty()) {
      LIANJIE_RETURN_IF_ERROR(
          solver.Forward(withdrawn, 1, tolerance, &m_.solve_residual_yuan_, context_));
      for (PayerIndex p = 0; p < m_.payer_count(); ++p) m_.x_[p] -= withdrawn[p];
    }
    for (PayerIndex p = 0; p < m_.payer_count(); ++p) {
      const double leak = ValueOr(graph_.nodes().leak_share, m_.nodes_[p], 0.0);
      m_.leaked_[p] = leak * m_.x_[p];
      if (!m_.IsAccount(p)) m_.retained_[p] = rest_share_[p] * m_.x_[p];
    }
    return absl::OkStatus();
  }

  absl::Status CutByFilter() {
    const LinkColumns& links = graph_.links();
    const bool by_link = !m_.view_.spec().links.empty();
    std::vector<std::uint8_t> node_inside(graph_.node_count());
    for (NodeIndex n = 0; n < graph_.node_count(); ++n) {
      if ((n & kPollMask) == 0 && context_.Stopped()) return context_.Check();
      node_inside[n] = m_.view_.NodeInside(n) ? 1 : 0;
    }
    m_.inside_.assign(m_.active_.size(), 0);
    m_.from_outside_.assign(m_.payer_count(), 0.0);
    m_.to_outside_.assign(m_.payer_count(), 0.0);
    for (LinkIndex l = 0; l < graph_.link_count(); ++l) {
      if ((l & kPollMask) == 0 && context_.Stopped()) return context_.Check();
      if (!m_.LinkActive(l)) continue;
      const bool source_inside = node_inside[links.source[l]] != 0;
      const bool target_inside = node_inside[links.target[l]] != 0;
      if (source_inside && target_inside && (!by_link || m_.view_.LinkInside(l))) {
        SetBit(m_.inside_, l);
        continue;
      }
      const double amount = m_.LinkAmountYuan(l);
      if (source_inside) m_.to_outside_[m_.payer_of_[links.source[l]]] += amount;
      const PayerIndex receiver = m_.ReceiverOf(l);
      if (target_inside && receiver != kNoPayer) m_.from_outside_[receiver] += amount;
    }
    return m_.options_.want_arcs ? BuildArcs(m_.inside_) : absl::OkStatus();
  }

  FlowModel& m_;
  const Snapshot& graph_;
  RunContext& context_;
  std::vector<double> inflow_, outflow_;  // by node; in share mode outflow_ is a sum of shares
  std::vector<std::uint8_t> pays_;        // by node: has an active outgoing link
  std::vector<double> rest_share_;        // by payer, share mode
  bool any_account_ = false;
};

absl::StatusOr<FlowModel> FlowModel::Build(const View& view, const FlowModelOptions& options,
                                           RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  LIANJIE_RETURN_IF_ERROR(context.Reserve(EstimateBytes(view.snapshot(), options)));
  FlowModel model(view);
  model.options_ = options;
  LIANJIE_RETURN_IF_ERROR(FlowModelBuilder(model, context).Run());
  return model;
}

}  // namespace lianjie
