#include "engine/flow/flow_model.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_blocks.h"
#include "engine/flow/flow_core.h"
#include "engine/flow/household_reader.h"

namespace lianjie {
absl::Status FlowModelOptions::Validate() const {
  if (mode == FlowMode::kTerms) {
    return MakeError(absl::StatusCode::kUnimplemented,
                     "mode TERMS (clearing of promised terms) is planned; use LEDGER or SHARE",
                     {.reason = Reason::kFeaturePlanned,
                      .field = "mode",
                      .row = {},
                      .metadata = {{"mode", "TERMS"}}});
  }
  if (!(tolerance > 0 && tolerance < 1)) {
    return InvalidField("tolerance", Cat("must lie between 0 and 1, not ", tolerance));
  }
  return absl::OkStatus();
}

double FlowModel::LinkShare(LinkIndex l) const {
  if (!LinkActive(l)) return 0.0;
  if (options_.mode == FlowMode::kShare) return StatedShare(l);
  const double x = x_[payer_of_[snapshot().links().source[l]]];
  return x > 0 ? view_.PaidYuan(l) / x : 0.0;
}

double FlowModel::LinkAmountYuan(LinkIndex l) const {
  if (!LinkActive(l)) return 0.0;
  const double x = x_[payer_of_[snapshot().links().source[l]]];
  if (options_.mode == FlowMode::kShare) return StatedShare(l) * x;
  return x > 0 ? view_.PaidYuan(l) : 0.0;
}

double FlowModel::OwnBenefitYuan(NodeIndex household) const {
  const PayerIndex p = payer_of_[household];
  return p == kNoPayer || !IsAccount(p) ? 0.0 : f_[p] * pass_[p];
}

void FlowModel::ListIncoming(NodeIndex household, std::vector<IncomingBenefit>& out) const {
  out.clear();
  const LinkColumns& links = snapshot().links();
  for (const LinkIndex l : snapshot().in_links(household)) {
    const double amount = LinkAmountYuan(l);
    if (amount == 0.0) continue;
    out.push_back({.link = l,
                   .amount_yuan = amount,
                   .benefit_yuan = GoesToAccount(l) ? amount * PassShare(household) : amount,
                   .narrow = IsNarrow(links.mechanism[l], ValueOr(links.driver, l))});
  }
}

absl::StatusOr<HouseholdBenefits> FlowModel::ComputeHouseholds(RunContext& context) const {
  const std::size_t count = snapshot().node_count();
  HouseholdBenefits out;
  out.benefit_yuan.assign(count, 0.0);
  out.narrow_yuan.assign(count, 0.0);
  out.gross_yuan.assign(count, 0.0);
  const HouseholdReader reader(*this);
  LIANJIE_RETURN_IF_ERROR(
      ForEachFlowBlock(context, count, [&](std::size_t, std::size_t begin, std::size_t end) {
        for (std::size_t n = begin; n < end; ++n) {
          if (snapshot().nodes().kind[n] != NodeKind::kHousehold) continue;
          const HouseholdMoney money = reader.Read(static_cast<NodeIndex>(n));
          out.benefit_yuan[n] = money.benefit;
          out.narrow_yuan[n] = money.narrow;
          out.gross_yuan[n] = money.gross;
        }
      }));
  return out;
}

absl::StatusOr<std::vector<std::uint8_t>> FlowModel::ReachedByInjections(
    RunContext& context) const {
  const Snapshot& graph = snapshot();
  std::vector<std::uint8_t> reached(graph.node_count(), 0);
  std::vector<NodeIndex> queue;
  for (std::size_t i = 0; i < f_.keys().size(); ++i) {
    if (f_.values()[i] <= 0) continue;
    reached[nodes_[f_.keys()[i]]] = 1;
    queue.push_back(nodes_[f_.keys()[i]]);
  }
  std::uint64_t work = 0;
  while (!queue.empty()) {
    const NodeIndex n = queue.back();
    queue.pop_back();
    for (LinkIndex l = graph.out_begin(n); l < graph.out_end(n); ++l) {
      if ((++work & kPollMask) == 0 && context.Stopped()) return context.Check();
      const NodeIndex target = graph.links().target[l];
      if (reached[target] != 0 || !LinkActive(l)) continue;
      reached[target] = 1;
      queue.push_back(target);
    }
  }
  return reached;
}

std::uint64_t FlowModel::memory_bytes() const {
  const auto bits = [](const std::vector<std::uint64_t>& words) { return words.capacity() * 8; };
  std::uint64_t bytes = bits(active_.nodes) + bits(active_.links) + bits(inside_nodes_) +
                        bits(inside_) + payer_of_.size() * 4 + nodes_.size() * (4 + 1 + 8 + 8);
  for (const SparseColumn* column :
       {&f_, &u_, &retained_, &leaked_, &from_outside_, &to_outside_}) {
    bytes += column->memory_bytes();
  }
  return bytes;
}

namespace {

template <typename T> const T* DataOf(const SharedArray<T>& column) {
  return column.empty() ? nullptr : column.data();
}

std::uint64_t MostPayers(const Snapshot& snapshot) {
  const Snapshot::PayerCounts& counts = snapshot.payer_counts();
  return snapshot.node_count() - counts.households + counts.paying_households;
}

}  // namespace

std::uint64_t FlowModel::EstimateKeptBytes(const Snapshot& snapshot) {
  const std::uint64_t nodes = snapshot.node_count();
  const std::uint64_t others = nodes - snapshot.payer_counts().households;
  // Injections and the like: of organisations two numbers each, a few bits of the others.
  return ActiveBits::EstimateBytes(snapshot) + nodes * 4 + MostPayers(snapshot) * 22 + others * 24 +
         256;
}

std::uint64_t FlowModel::EstimateBytes(const Snapshot& snapshot, const FlowModelOptions& options) {
  const std::uint64_t nodes = snapshot.node_count();
  const std::uint64_t others = nodes - snapshot.payer_counts().households;
  // A bit a node and the numbers of payers by block while they are found.
  std::uint64_t bytes = EstimateKeptBytes(snapshot) + nodes / 8 + others * 32 + 1024;
  if (options.mode == FlowMode::kShare) bytes += FlowCore::EstimateBytes(snapshot);
  return bytes;
}

FlowModel::FlowModel(View view, const FlowModelOptions& options)
    : view_(std::move(view)),
      options_(options),
      paid_(DataOf(view_.snapshot().links().paid_yuan)),
      share_(DataOf(view_.snapshot().links().share)),
      share_of_(DataOf(view_.snapshot().links().share_of)),
      by_day_(!view_.period().has_value()),
      payer_of_(view_.snapshot().node_count()),
      nodes_(0),
      flags_(0),
      x_(0),
      pass_(0) {}

absl::StatusOr<std::shared_ptr<const FlowModel>> FlowModel::Get(const AnalysisInput& input,
                                                                const View& view,
                                                                const FlowModelOptions& options,
                                                                RunContext& context) {
  const std::string key = Cat("books ", static_cast<int>(options.mode), ' ',
                              options.signed_injections ? 1 : 0, ' ', options.tolerance);
  LIANJIE_ASSIGN_OR_RETURN(const DerivedPointer made,
                           input.derived(
                               view, key,
                               [&](RunContext& run) -> absl::StatusOr<DerivedPointer> {
                                 LIANJIE_ASSIGN_OR_RETURN(FlowModel model,
                                                          Build(view, options, run));
                                 return std::make_shared<const FlowModel>(std::move(model));
                               },
                               context));
  return std::static_pointer_cast<const FlowModel>(made);
}

}  // namespace lianjie
