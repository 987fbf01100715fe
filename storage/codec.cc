#include "storage/codec.h"

#include <optional>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "google/protobuf/io/coded_stream.h"
#include "lianjie/storage/v1/records.pb.h"
#include "storage/codec_internal.h"

namespace lianjie::storage {
namespace {

template <typename T, typename Set> void PutOptional(const std::optional<T>& value, Set set) {
  if (value.has_value()) set(*value);
}

template <typename Message>
void PutCommon(const Interval& valid, const std::map<std::string, std::string>& properties,
               Message& to) {
  if (valid.from != kDateMin) to.set_valid_from(valid.from.days);
  if (valid.to != kDateMax) to.set_valid_to(valid.to.days);
  for (const auto& [name, value] : properties) {
    auto* property = to.add_properties();
    property->set_name(name);
    property->set_value(value);
  }
}

// One line a field. Nodes and links are read in codec_read.cc.
#define LIANJIE_PUT_ENUM(field) to.set_##field(static_cast<std::uint32_t>(from.field))
#define LIANJIE_PUT_TEXT(field) \
  if (!from.field.empty()) to.set_##field(from.field)
#define LIANJIE_TAKE_TEXT(field) to.field = from.field()
#define LIANJIE_PUT_OPTIONAL(field) PutOptional(from.field, [&](auto v) { to.set_##field(v); })
#define LIANJIE_TAKE_OPTIONAL(field) \
  if (from.has_##field()) {          \
    to.field = from.field();         \
  } else {                           \
    to.field.reset();                \
  }

#define LIANJIE_NODE_FIELDS(TEXT, ENUM, OPTIONAL) \
  TEXT(id);                                       \
  ENUM(kind);                                     \
  TEXT(subtype);                                  \
  TEXT(name);                                     \
  TEXT(region);                                   \
  ENUM(sector);                                   \
  TEXT(industry);                                 \
  ENUM(stage);                                    \
  ENUM(registration);                             \
  ENUM(monitoring);                               \
  OPTIONAL(lifted_out_year);                      \
  OPTIONAL(persons);                              \
  OPTIONAL(labour_skilled);                       \
  OPTIONAL(labour_ordinary);                      \
  OPTIONAL(labour_weak);                          \
  OPTIONAL(income_year);                          \
  OPTIONAL(income_wage_yuan);                     \
  OPTIONAL(income_operating_yuan);                \
  OPTIONAL(income_property_yuan);                 \
  OPTIONAL(income_transfer_yuan);                 \
  OPTIONAL(land_mu);                              \
  OPTIONAL(capacity_jobs);                        \
  OPTIONAL(capacity_tonnes);                      \
  OPTIONAL(capacity_mu);                          \
  OPTIONAL(revenue_yuan);                         \
  OPTIONAL(equity_yuan);                          \
  ENUM(operating_status);                         \
  OPTIONAL(outside_revenue_yuan);                 \
  OPTIONAL(leak_share)

#define LIANJIE_LINK_FIELDS(TEXT, ENUM, OPTIONAL) \
  TEXT(agreement);                                \
  OPTIONAL(promised_yuan);                        \
  OPTIONAL(paid_yuan);                            \
  OPTIONAL(share);                                \
  ENUM(share_of);                                 \
  OPTIONAL(capacity);                             \
  ENUM(priority);                                 \
  ENUM(tightness);                                \
  ENUM(driver);                                   \
  TEXT(policy);                                   \
  OPTIONAL(weight);                               \
  ENUM(status);                                   \
  TEXT(product);                                  \
  ENUM(sector)

}  // namespace

absl::Status Corrupt(std::string_view what) {
  return MakeError(absl::StatusCode::kDataLoss, Cat("the store is damaged: ", what),
                   {.reason = Reason::kStoreCorrupt, .field = {}, .row = {}, .metadata = {}});
}

void ToMessage(const NodeRecord& from, v1::NodeValue& to) {
  LIANJIE_NODE_FIELDS(LIANJIE_PUT_TEXT, LIANJIE_PUT_ENUM, LIANJIE_PUT_OPTIONAL);
  for (const Cause cause : from.causes) to.add_causes(static_cast<std::uint32_t>(cause));
  for (const std::string& label : from.labels) to.add_labels(label);
  PutCommon(from.valid, from.properties, to);
}

void BodyToMessage(const LinkRecord& from, v1::LinkValue& to) {
  LIANJIE_LINK_FIELDS(LIANJIE_PUT_TEXT, LIANJIE_PUT_ENUM, LIANJIE_PUT_OPTIONAL);
  PutCommon(from.valid, from.properties, to);
}

void ToMessage(const RegionRecord& from, v1::RegionValue& to) {
  LIANJIE_PUT_TEXT(parent);
  LIANJIE_PUT_TEXT(name);
  to.set_level(from.level);
}

void FromMessage(const v1::RegionValue& from, std::string_view code, RegionRecord& to) {
  to.code = code;
  LIANJIE_TAKE_TEXT(parent);
  LIANJIE_TAKE_TEXT(name);
  to.level = from.level();
}

void ToMessage(const LineRecord& from, v1::LineValue& to) {
  LIANJIE_PUT_OPTIONAL(line_yuan);
  LIANJIE_PUT_OPTIONAL(minimum_benefit_yuan);
}

void FromMessage(const v1::LineValue& from, std::string_view region, std::int64_t year,
                 LineRecord& to) {
  to.region = region;
  to.year = year;
  LIANJIE_TAKE_OPTIONAL(line_yuan);
  LIANJIE_TAKE_OPTIONAL(minimum_benefit_yuan);
}

absl::StatusOr<NodeHead> DecodeNodeHead(std::string_view value) {
  constexpr std::uint32_t kIdTag = v1::NodeValue::kIdFieldNumber << 3U | 2U;
  constexpr std::uint32_t kKindTag = v1::NodeValue::kKindFieldNumber << 3U;
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(value.data()),
                                            static_cast<int>(value.size()));
  std::uint32_t size = 0;
  if (in.ReadTag() != kIdTag || !in.ReadVarint32(&size)) return Corrupt("a node without an id");
  const auto begin = static_cast<std::size_t>(in.CurrentPosition());
  if (!in.Skip(static_cast<int>(size))) return Corrupt("a node whose id is cut off");
  std::uint32_t kind = 0;
  if (in.ReadTag() != kKindTag || !in.ReadVarint32(&kind)) return Corrupt("a node without a kind");
  return NodeHead{.id = value.substr(begin, size), .kind = static_cast<NodeKind>(kind)};
}

std::string EncodeRegion(const RegionRecord& region) {
  v1::RegionValue message;
  ToMessage(region, message);
  return message.SerializeAsString();
}

absl::Status DecodeRegion(std::string_view code, std::string_view value, RegionRecord& region) {
  v1::RegionValue message;
  LIANJIE_RETURN_IF_ERROR(Parse(value, "region", message));
  FromMessage(message, code, region);
  return absl::OkStatus();
}

std::string EncodeRegionUse(const RegionUse& use) {
  v1::RegionUseValue message;
  message.set_node_count(use.nodes);
  message.set_line_count(use.lines);
  return message.SerializeAsString();
}

absl::StatusOr<RegionUse> DecodeRegionUse(std::string_view value) {
  v1::RegionUseValue message;
  LIANJIE_RETURN_IF_ERROR(Parse(value, "region use", message));
  return RegionUse{.nodes = message.node_count(), .lines = message.line_count()};
}

std::string EncodeLine(const LineRecord& line) {
  v1::LineValue message;
  ToMessage(line, message);
  return message.SerializeAsString();
}

absl::Status DecodeLine(const LineName& name, std::string_view value, LineRecord& line) {
  v1::LineValue message;
  LIANJIE_RETURN_IF_ERROR(Parse(value, "line", message));
  FromMessage(message, name.region, name.year, line);
  return absl::OkStatus();
}

}  // namespace lianjie::storage
