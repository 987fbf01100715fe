#include "engine/graph/snapshot_part.h"

#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

using columns::Put;

void PutNumber(std::vector<double>& column, std::size_t row, double value) {
  Put(column, row, value, columns::kNaN);
}

std::uint16_t CauseBits(const NodeView& node) {
  unsigned bits = 0;
  for (const Cause cause : node.causes) bits |= 1u << static_cast<unsigned>(cause);
  return static_cast<std::uint16_t>(bits);
}

}  // namespace

absl::Status BadRecord(std::string_view what, std::string_view id, std::string_view rule) {
  return MakeError(absl::StatusCode::kInternal, Cat(what, " '", id, "': ", rule),
                   {.reason = Reason::kInternal,
                    .field = {},
                    .row = {},
                    .metadata = {{std::string(what), std::string(id)}}});
}

void SnapshotPart::PutInteger(std::vector<std::int32_t>& column, std::size_t row,
                              std::string_view id, std::string_view field,
                              const std::optional<std::int64_t>& value) {
  if (value.has_value() && (*value <= kUnknownInt || *value > -(kUnknownInt + 1))) {
    Fail(BadRecord("node", id, Cat(field, " ", *value, " is out of range")));
  }
  Put(column, row, value.has_value() ? static_cast<std::int32_t>(*value) : kUnknownInt,
      kUnknownInt);
}

std::string_view SnapshotPart::Joined(const std::vector<std::string_view>& labels) {
  if (labels.empty()) return {};
  if (labels.size() == 1) return labels.front();
  joined_.clear();
  for (const std::string_view label : labels) joined_ += Cat(joined_.empty() ? "" : ";", label);
  return joined_;
}

void SnapshotPart::AddNode(const NodeView& node) {
  if (!error.ok()) return;
  auto& c = nodes;
  const std::size_t row = c.kind.size();
  c.ids.Add(node.id);
  c.kind.push_back(node.kind);
  region.Put(row, node.region);
  c.subtype.Put(row, node.subtype);
  c.industry.Put(row, node.industry);
  c.labels.Put(row, Joined(node.labels));
  Put(c.causes, row, CauseBits(node), 0);
  Put(c.sector, row, node.sector, Sector{});
  Put(c.stage, row, node.stage, Stage{});
  Put(c.registration, row, node.registration, Registration{});
  Put(c.monitoring, row, node.monitoring, Monitoring{});
  Put(c.operating_status, row, node.operating_status, OperatingStatus{});
  PutInteger(c.persons, row, node.id, "persons", node.persons);
  PutInteger(c.lifted_out_year, row, node.id, "lifted_out_year", node.lifted_out_year);
  PutInteger(c.labour_skilled, row, node.id, "labour_skilled", node.labour_skilled);
  PutInteger(c.labour_ordinary, row, node.id, "labour_ordinary", node.labour_ordinary);
  PutInteger(c.labour_weak, row, node.id, "labour_weak", node.labour_weak);
  PutInteger(c.income_year, row, node.id, "income_year", node.income_year);
  PutNumber(c.income_wage_yuan, row, node.income_wage_yuan);
  PutNumber(c.income_operating_yuan, row, node.income_operating_yuan);
  PutNumber(c.income_property_yuan, row, node.income_property_yuan);
  PutNumber(c.income_transfer_yuan, row, node.income_transfer_yuan);
  PutNumber(c.land_mu, row, node.land_mu);
  PutNumber(c.capacity_jobs, row, node.capacity_jobs);
  PutNumber(c.capacity_tonnes, row, node.capacity_tonnes);
  PutNumber(c.capacity_mu, row, node.capacity_mu);
  PutNumber(c.revenue_yuan, row, node.revenue_yuan);
  PutNumber(c.equity_yuan, row, node.equity_yuan);
  PutNumber(c.outside_revenue_yuan, row, node.outside_revenue_yuan);
  PutNumber(c.leak_share, row, node.leak_share);
  Put(c.valid_from, row, node.valid.from, kDateMin);
  Put(c.valid_to, row, node.valid.to, kDateMax);
}

void SnapshotPart::AddLink(const LinkView& link, NodeIndex source, NodeIndex target) {
  if (!error.ok()) return;
  auto& c = links;
  const std::size_t row = c.target.size();
  c.ids.Add(link.id);
  c.source.push_back(source);
  c.target.push_back(target);
  c.mechanism.push_back(link.mechanism);
  PutNumber(c.promised_yuan, row, link.promised_yuan);
  PutNumber(c.paid_yuan, row, link.paid_yuan);
  PutNumber(c.share, row, link.share);
  PutNumber(c.capacity, row, link.capacity);
  PutNumber(c.weight, row, link.weight);
  Put(c.share_of, row, link.share_of, ShareOf{});
  Put(c.priority, row, link.priority, Priority{});
  Put(c.tightness, row, link.tightness, Tightness{});
  Put(c.driver, row, link.driver, Driver{});
  Put(c.status, row, link.status, LinkStatus{});
  Put(c.sector, row, link.sector, Sector{});
  c.product.Put(row, link.product);
  c.policy.Put(row, link.policy);
  Put(c.valid_from, row, link.valid.from, kDateMin);
  Put(c.valid_to, row, link.valid.to, kDateMax);
}

}  // namespace lianjie
