#include "engine/graph/snapshot_part.h"

#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

using columns::Put;

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
  Put(column, row, value.has_value() ? static_cast<std::int32_t>(*value) : kUnknownInt, kUnknownInt,
      expected_nodes);
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
  const std::size_t expected = expected_nodes;
  if (row == 0) c.kind.reserve(expected);
  c.ids.Add(node.id, expected);
  c.kind.push_back(node.kind);
  region.Put(row, node.region, expected);
  c.subtype.Put(row, node.subtype, expected);
  c.industry.Put(row, node.industry, expected);
  c.labels.Put(row, Joined(node.labels), expected);
  Put(c.causes, row, CauseBits(node), 0, expected);
  Put(c.sector, row, node.sector, Sector{}, expected);
  Put(c.stage, row, node.stage, Stage{}, expected);
  Put(c.registration, row, node.registration, Registration{}, expected);
  Put(c.monitoring, row, node.monitoring, Monitoring{}, expected);
  Put(c.operating_status, row, node.operating_status, OperatingStatus{}, expected);
  PutInteger(c.persons, row, node.id, "persons", node.persons);
  PutInteger(c.lifted_out_year, row, node.id, "lifted_out_year", node.lifted_out_year);
  PutInteger(c.labour_skilled, row, node.id, "labour_skilled", node.labour_skilled);
  PutInteger(c.labour_ordinary, row, node.id, "labour_ordinary", node.labour_ordinary);
  PutInteger(c.labour_weak, row, node.id, "labour_weak", node.labour_weak);
  PutInteger(c.income_year, row, node.id, "income_year", node.income_year);
  Put(c.income_wage_yuan, row, node.income_wage_yuan, columns::kNaN, expected);
  Put(c.income_operating_yuan, row, node.income_operating_yuan, columns::kNaN, expected);
  Put(c.income_property_yuan, row, node.income_property_yuan, columns::kNaN, expected);
  Put(c.income_transfer_yuan, row, node.income_transfer_yuan, columns::kNaN, expected);
  Put(c.land_mu, row, node.land_mu, columns::kNaN, expected);
  Put(c.capacity_jobs, row, node.capacity_jobs, columns::kNaN, expected);
  Put(c.capacity_tonnes, row, node.capacity_tonnes, columns::kNaN, expected);
  Put(c.capacity_mu, row, node.capacity_mu, columns::kNaN, expected);
  Put(c.revenue_yuan, row, node.revenue_yuan, columns::kNaN, expected);
  Put(c.equity_yuan, row, node.equity_yuan, columns::kNaN, expected);
  Put(c.outside_revenue_yuan, row, node.outside_revenue_yuan, columns::kNaN, expected);
  Put(c.leak_share, row, node.leak_share, columns::kNaN, expected);
  Put(c.valid_from, row, node.valid.from, kDateMin, expected);
  Put(c.valid_to, row, node.valid.to, kDateMax, expected);
}

void SnapshotPart::AddLink(const LinkView& link, NodeIndex source, NodeIndex target) {
  if (!error.ok()) return;
  auto& c = links;
  const std::size_t row = c.target.size();
  const std::size_t expected = expected_links;
  if (row == 0) {
    c.source.reserve(expected);
    c.target.reserve(expected);
    c.mechanism.reserve(expected);
  }
  c.ids.Add(link.id, expected);
  c.source.push_back(source);
  c.target.push_back(target);
  c.mechanism.push_back(link.mechanism);
  Put(c.promised_yuan, row, link.promised_yuan, columns::kNaN, expected);
  Put(c.paid_yuan, row, link.paid_yuan, columns::kNaN, expected);
  Put(c.share, row, link.share, columns::kNaN, expected);
  Put(c.capacity, row, link.capacity, columns::kNaN, expected);
  Put(c.weight, row, link.weight, columns::kNaN, expected);
  Put(c.share_of, row, link.share_of, ShareOf{}, expected);
  Put(c.priority, row, link.priority, Priority{}, expected);
  Put(c.tightness, row, link.tightness, Tightness{}, expected);
  Put(c.driver, row, link.driver, Driver{}, expected);
  Put(c.status, row, link.status, LinkStatus{}, expected);
  Put(c.sector, row, link.sector, Sector{}, expected);
  c.product.Put(row, link.product, expected);
  c.policy.Put(row, link.policy, expected);
  Put(c.valid_from, row, link.valid.from, kDateMin, expected);
  Put(c.valid_to, row, link.valid.to, kDateMax, expected);
}

}  // namespace lianjie
