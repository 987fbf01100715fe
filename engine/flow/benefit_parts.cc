#include "engine/flow/benefit_parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/status.h"

namespace lianjie {
namespace {

constexpr double kTierTolerance = 1e-13;
constexpr int kSectorParts = 4;
constexpr int kNoSector = 3;

int SectorPart(Sector sector) {
  return sector == Sector::kUnspecified ? kNoSector : static_cast<int>(sector) - 1;
}

// Money that reaches households straight over links that are not inside.
absl::Status SpreadFromOutside(const FlowModel& model, const NodeRows& rows,
                               std::vector<double>& column, RunContext& context) {
  const Snapshot& graph = model.snapshot();
  for (LinkIndex l = 0; l < graph.link_count(); ++l) {
    if ((l & kPollMask) == 0 && context.Stopped()) return context.Check();
    const NodeIndex target = graph.links().target[l];
    if (graph.nodes().kind[target] != NodeKind::kHousehold || !model.LinkActive(l)) continue;
    if (model.LinkInside(l) || model.ReceiverOf(l) != kNoPayer || !rows.Has(target)) continue;
    column[rows.RowOf(target)] += model.LinkAmountYuan(l);
  }
  return absl::OkStatus();
}

}  // namespace

NodeRows::NodeRows(const FlowModel& model)
    : size_(model.snapshot().node_count()), all_(model.AllInside()) {
  if (all_) return;
  const NodeIndex count = model.snapshot().node_count();
  row_of_.assign(count, 0);
  for (NodeIndex n = 0; n < count; ++n) {
    if (model.NodeInside(n)) nodes_.push_back(n);
  }
  size_ = nodes_.size();
  std::fill(row_of_.begin(), row_of_.end(), static_cast<std::uint32_t>(size_));
  for (std::uint32_t row = 0; row < size_; ++row) row_of_[nodes_[row]] = row;
}

absl::Status SpreadToHouseholds(const FlowModel& model, const PayerParts& parts,
                                const NodeRows& rows, std::span<std::vector<double>> columns,
                                RunContext& context) {
  const Snapshot& graph = model.snapshot();
  const auto width = static_cast<std::size_t>(parts.width);
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    if ((p & kPollMask) == 0 && context.Stopped()) return context.Check();
    const double* const money = &parts.values[p * width];
    if (!model.IsInside(p)) continue;
    const NodeIndex n = model.PayerNode(p);
    if (model.IsAccount(p)) {
      const std::size_t row = rows.RowOf(n);
      for (std::size_t j = 0; j < width; ++j) columns[j][row] += model.PassShare(n) * money[j];
    }
    if (std::all_of(money, money + width, [](double m) { return m == 0.0; })) continue;
    for (LinkIndex l = graph.out_begin(n); l < graph.out_end(n); ++l) {
      if ((l & kPollMask) == 0 && context.Stopped()) return context.Check();
      if (!model.LinkInside(l) || model.ReceiverOf(l) != kNoPayer) continue;
      const double share = model.LinkShare(l);
      const std::size_t row = rows.RowOf(graph.links().target[l]);
      for (std::size_t j = 0; j < width; ++j) columns[j][row] += share * money[j];
    }
  }
  if (model.view().unfiltered() || parts.outside_part < 0) return absl::OkStatus();
  return SpreadFromOutside(model, rows, columns[static_cast<std::size_t>(parts.outside_part)],
                           context);
}

absl::StatusOr<std::unique_ptr<TierSweep>> TierSweep::Make(const FlowModel& model,
                                                           RunContext& context) {
  std::unique_ptr<TierSweep> sweep(new TierSweep(model));
  LIANJIE_ASSIGN_OR_RETURN(sweep->arcs_, PayerArcs::Make(model, context));
  const PayerArcs& arcs = sweep->arcs_;
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    if (!model.IsOrganisationPayer(p)) sweep->transparent_.push_back(p);
  }
  if (sweep->transparent_.empty()) return sweep;
  sweep->local_.assign(model.payer_count(), 0);
  for (std::uint32_t i = 0; i < sweep->transparent_.size(); ++i) {
    sweep->local_[sweep->transparent_[i]] = i;
  }
  for (const PayerIndex p : sweep->transparent_) {
    if (context.Stopped()) return context.Check();
    for (std::uint64_t a = arcs.offsets[p]; a < arcs.offsets[p + 1]; ++a) {
      if (model.IsOrganisationPayer(arcs.targets[a])) continue;
      sweep->targets_.push_back(sweep->local_[arcs.targets[a]]);
      sweep->shares_.push_back(arcs.shares[a]);
    }
    sweep->offsets_.push_back(sweep->targets_.size());
  }
  LIANJIE_ASSIGN_OR_RETURN(
      FlowSolver solver,
      FlowSolver::Make({sweep->offsets_, sweep->targets_, sweep->shares_}, context));
  sweep->solver_ = std::make_unique<FlowSolver>(std::move(solver));
  return sweep;
}

double TierSweep::SourceAt(PayerIndex p, int tier) const {
  if (!model_.IsInside(p) || tier > 1) return 0.0;
  if (model_.IsAccount(p)) {
    return tier == 0 ? model_.injection(p) + model_.unexplained(p) : model_.from_outside(p);
  }
  return tier == 1 ? model_.source(p) : 0.0;
}

absl::Status TierSweep::SpreadAmongTransparent(std::span<double> values, int width,
                                               RunContext& context) const {
  if (transparent_.empty()) return absl::OkStatus();
  const auto w = static_cast<std::size_t>(width);
  std::vector<double> local(transparent_.size() * w);
  for (std::size_t i = 0; i < transparent_.size(); ++i) {
    std::copy_n(&values[transparent_[i] * w], w, &local[i * w]);
  }
  LIANJIE_RETURN_IF_ERROR(solver_->Forward(local, width, kTierTolerance, nullptr, context));
  for (std::size_t i = 0; i < transparent_.size(); ++i) {
    std::copy_n(&local[i * w], w, &values[transparent_[i] * w]);
  }
  return absl::OkStatus();
}

absl::Status TierSweep::Advance(int tier, std::span<const double> before, std::span<double> now,
                                RunContext& context) const {
  for (PayerIndex p = 0; p < model_.payer_count(); ++p) now[p] = SourceAt(p, tier);
  for (PayerIndex p = 0; p < model_.payer_count(); ++p) {
    if ((p & kPollMask) == 0 && context.Stopped()) return context.Check();
    if (before[p] == 0.0) continue;
    for (std::uint64_t a = arcs_.offsets[p]; a < arcs_.offsets[p + 1]; ++a) {
      const PayerIndex t = arcs_.targets[a];
      if (model_.IsOrganisationPayer(t)) now[t] += arcs_.shares[a] * before[p];
    }
  }
  if (transparent_.empty()) return absl::OkStatus();
  for (PayerIndex p = 0; p < model_.payer_count(); ++p) {
    if ((p & kPollMask) == 0 && context.Stopped()) return context.Check();
    if (now[p] == 0.0 || !model_.IsOrganisationPayer(p)) continue;
    for (std::uint64_t a = arcs_.offsets[p]; a < arcs_.offsets[p + 1]; ++a) {
      const PayerIndex t = arcs_.targets[a];
      if (!model_.IsOrganisationPayer(t)) now[t] += arcs_.shares[a] * now[p];
    }
  }
  return SpreadAmongTransparent(now, 1, context);
}

absl::StatusOr<PayerParts> TierSweep::Run(int last, RunContext& context) const {
  const std::size_t count = model_.payer_count();
  const auto width = static_cast<std::size_t>(last) + 1;
  PayerParts parts{.width = last + 1, .values = {}, .outside_part = 1};
  parts.values.assign(count * width, 0.0);
  std::vector<double> before(count, 0.0), now(count, 0.0);
  for (std::size_t tier = 0; tier < width - 1; ++tier) {
    LIANJIE_RETURN_IF_ERROR(Advance(static_cast<int>(tier), before, now, context));
    for (std::size_t p = 0; p < count; ++p) parts.values[p * width + tier] = now[p];
    std::swap(before, now);
  }
  for (PayerIndex p = 0; p < count; ++p) {
    if (!model_.IsInside(p)) continue;
    double beyond = model_.x(p);
    for (std::size_t tier = 0; tier < width - 1; ++tier) beyond -= parts.values[p * width + tier];
    const bool rounding = std::abs(beyond) <= kMoneyRounding * std::abs(model_.x(p));
    parts.values[p * width + width - 1] = rounding ? 0.0 : beyond;
  }
  return parts;
}

absl::StatusOr<PayerParts> PartsBySector(const FlowModel& model, const TierSweep& sweep,
                                         RunContext& context) {
  PayerParts parts{.width = kSectorParts, .values = {}, .outside_part = kNoSector};
  parts.values.assign(std::size_t{model.payer_count()} * kSectorParts, 0.0);
  const auto at = [&parts](PayerIndex p, int part) -> double& {
    return parts.values[std::size_t{p} * kSectorParts + static_cast<std::size_t>(part)];
  };
  for (PayerIndex p = 0; p < model.payer_count(); ++p) {
    if (!model.IsInside(p)) continue;
    const int sector = SectorPart(ValueOr(model.snapshot().nodes().sector, model.PayerNode(p)));
    if (!model.IsOrganisationPayer(p)) {
      at(p, model.IsAccount(p) ? kNoSector : sector) += model.injection(p) + model.unexplained(p);
      at(p, kNoSector) += model.from_outside(p);
      continue;
    }
    at(p, sector) = model.x(p);
    for (std::uint64_t a = sweep.arcs_.offsets[p]; a < sweep.arcs_.offsets[p + 1]; ++a) {
      const PayerIndex t = sweep.arcs_.targets[a];
      if (!model.IsOrganisationPayer(t)) at(t, sector) += sweep.arcs_.shares[a] * model.x(p);
    }
  }
  LIANJIE_RETURN_IF_ERROR(sweep.SpreadAmongTransparent(parts.values, kSectorParts, context));
  return parts;
}

}  // namespace lianjie
