// Nodes and links to values, field by field in the order of their numbers (wire_writer.h): the
// bytes are those of the messages in records.proto.
#include <map>
#include <string>
#include <string_view>

#include "engine/core/records.h"
#include "lianjie/storage/v1/records.pb.h"
#include "storage/codec.h"
#include "storage/wire_writer.h"

namespace lianjie::storage {
namespace {

void PutDates(WireWriter& to, std::uint32_t from_field, std::uint32_t to_field,
              const Interval& valid) {
  if (valid.from != kDateMin) to.ZigZag(from_field, valid.from.days);
  if (valid.to != kDateMax) to.ZigZag(to_field, valid.to.days);
}

using Properties = std::map<std::string, std::string>;

std::size_t PropertyBytes(std::string_view text) {
  return text.empty() ? 0 : 1 + WireWriter::VarintBytes(text.size()) + text.size();
}

void PutProperties(WireWriter& to, std::uint32_t field, const Properties& properties) {
  for (const auto& [name, value] : properties) {
    to.Begin(field, PropertyBytes(name) + PropertyBytes(value));
    to.Text(v1::Property::kNameFieldNumber, name);
    to.Text(v1::Property::kValueFieldNumber, value);
  }
}

// What the fields of a record may take at most, the bytes of its texts left aside.
template <typename Value> constexpr std::size_t FieldBytes() {
  return static_cast<std::size_t>(Value::kPropertiesFieldNumber) * WireWriter::kMostFieldBytes;
}

std::size_t MostBytes(const Properties& properties) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : properties) {
    bytes += 3 * WireWriter::kMostFieldBytes + name.size() + value.size();
  }
  return bytes;
}

std::size_t MostBytes(const NodeRecord& node) {
  std::size_t bytes = FieldBytes<v1::NodeValue>() + node.id.size() + node.subtype.size() +
                      node.name.size() + node.region.size() + node.industry.size() +
                      2 * node.causes.size() + MostBytes(node.properties);
  for (const std::string& label : node.labels) bytes += WireWriter::kMostFieldBytes + label.size();
  return bytes;
}

std::size_t MostBytes(const LinkRecord& link) {
  return FieldBytes<v1::LinkValue>() + link.agreement.size() + link.policy.size() +
         link.product.size() + MostBytes(link.properties);
}

}  // namespace

void AppendNode(const NodeRecord& node, std::string& value) {
  using V = v1::NodeValue;
  WireWriter to(value, MostBytes(node));
  to.Text(V::kIdFieldNumber, node.id);
  to.EnumValue(V::kKindFieldNumber, node.kind);
  to.Text(V::kSubtypeFieldNumber, node.subtype);
  to.Text(V::kNameFieldNumber, node.name);
  to.Text(V::kRegionFieldNumber, node.region);
  to.EnumValue(V::kSectorFieldNumber, node.sector);
  to.Text(V::kIndustryFieldNumber, node.industry);
  to.EnumValue(V::kStageFieldNumber, node.stage);
  to.EnumValue(V::kRegistrationFieldNumber, node.registration);
  to.EnumValue(V::kMonitoringFieldNumber, node.monitoring);
  to.Value(V::kLiftedOutYearFieldNumber, node.lifted_out_year);
  to.Value(V::kPersonsFieldNumber, node.persons);
  to.Value(V::kLabourSkilledFieldNumber, node.labour_skilled);
  to.Value(V::kLabourOrdinaryFieldNumber, node.labour_ordinary);
  to.Value(V::kLabourWeakFieldNumber, node.labour_weak);
  if (!node.causes.empty()) {
    std::size_t bytes = 0;
    for (const Cause cause : node.causes) {
      bytes += WireWriter::VarintBytes(static_cast<std::uint32_t>(cause));
    }
    to.Begin(V::kCausesFieldNumber, bytes);
    for (const Cause cause : node.causes) to.Varint(static_cast<std::uint32_t>(cause));
  }
  to.Value(V::kIncomeYearFieldNumber, node.income_year);
  to.Value(V::kIncomeWageYuanFieldNumber, node.income_wage_yuan);
  to.Value(V::kIncomeOperatingYuanFieldNumber, node.income_operating_yuan);
  to.Value(V::kIncomePropertyYuanFieldNumber, node.income_property_yuan);
  to.Value(V::kIncomeTransferYuanFieldNumber, node.income_transfer_yuan);
  to.Value(V::kLandMuFieldNumber, node.land_mu);
  to.Value(V::kCapacityJobsFieldNumber, node.capacity_jobs);
  to.Value(V::kCapacityTonnesFieldNumber, node.capacity_tonnes);
  to.Value(V::kCapacityMuFieldNumber, node.capacity_mu);
  to.Value(V::kRevenueYuanFieldNumber, node.revenue_yuan);
  to.Value(V::kEquityYuanFieldNumber, node.equity_yuan);
  to.EnumValue(V::kOperatingStatusFieldNumber, node.operating_status);
  to.Value(V::kOutsideRevenueYuanFieldNumber, node.outside_revenue_yuan);
  to.Value(V::kLeakShareFieldNumber, node.leak_share);
  PutDates(to, V::kValidFromFieldNumber, V::kValidToFieldNumber, node.valid);
  for (const std::string& label : node.labels) to.Bytes(V::kLabelsFieldNumber, label);
  PutProperties(to, V::kPropertiesFieldNumber, node.properties);
}

void AppendLinkId(std::string_view id, std::string& value) {
  WireWriter(value, WireWriter::kMostFieldBytes + id.size())
      .Text(v1::LinkValue::kIdFieldNumber, id);
}

void AppendLinkBody(const LinkRecord& link, std::string& value) {
  using V = v1::LinkValue;
  WireWriter to(value, MostBytes(link));
  to.Text(V::kAgreementFieldNumber, link.agreement);
  to.Value(V::kPromisedYuanFieldNumber, link.promised_yuan);
  to.Value(V::kPaidYuanFieldNumber, link.paid_yuan);
  to.Value(V::kShareFieldNumber, link.share);
  to.EnumValue(V::kShareOfFieldNumber, link.share_of);
  to.Value(V::kCapacityFieldNumber, link.capacity);
  to.EnumValue(V::kPriorityFieldNumber, link.priority);
  to.EnumValue(V::kTightnessFieldNumber, link.tightness);
  to.EnumValue(V::kDriverFieldNumber, link.driver);
  to.Text(V::kPolicyFieldNumber, link.policy);
  to.Value(V::kWeightFieldNumber, link.weight);
  PutDates(to, V::kValidFromFieldNumber, V::kValidToFieldNumber, link.valid);
  to.EnumValue(V::kStatusFieldNumber, link.status);
  to.Text(V::kProductFieldNumber, link.product);
  to.EnumValue(V::kSectorFieldNumber, link.sector);
  PutProperties(to, V::kPropertiesFieldNumber, link.properties);
}

std::string EncodeNode(const NodeRecord& node) {
  std::string value;
  AppendNode(node, value);
  return value;
}

std::string EncodeLinkBody(const LinkRecord& link) {
  std::string value;
  AppendLinkBody(link, value);
  return value;
}

std::string LinkIdPart(std::string_view id) {
  std::string value;
  AppendLinkId(id, value);
  return value;
}

}  // namespace lianjie::storage
