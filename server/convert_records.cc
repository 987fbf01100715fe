// Records to messages and back. Enum numbers of the API and of the core are the same by
// construction (tests/server holds them to it), so they are cast after a range check.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"
#include "storage/graph_digest.h"

namespace lianjie::server {
namespace {

template <typename E> absl::Status ReadEnum(int number, std::string_view field, E& out) {
  if (number < 0 || static_cast<std::size_t>(number) >= EnumNames<E>().size()) {
    return InvalidField(field, Cat(number, " is not a value of this enum"));
  }
  out = static_cast<E>(number);
  return absl::OkStatus();
}

template <typename Target, typename E> Target WriteEnum(E value) {
  return static_cast<Target>(static_cast<int>(value));
}

absl::Status ReadDate(bool given, const google::type::Date& date, std::string_view field,
                      Date& out) {
  if (!given) return absl::OkStatus();
  LIANJIE_ASSIGN_OR_RETURN(out, FromProto(date, field));
  return absl::OkStatus();
}

std::int32_t ToInt32(std::int64_t value) {
  using Limits = std::numeric_limits<std::int32_t>;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, Limits::min(), Limits::max()));
}

}  // namespace

absl::StatusOr<Date> FromProto(const google::type::Date& date, std::string_view field) {
  absl::StatusOr<Date> out = Date::FromCivil(date.year(), date.month(), date.day());
  if (!out.ok()) return InvalidField(field, FromAbsl(out.status().message()));
  return out;
}

google::type::Date ToProto(Date date) {
  google::type::Date out;
  out.set_year(date.year());
  out.set_month(date.month());
  out.set_day(date.day());
  return out;
}

// One line a field: optional numbers of the same name on both sides.
#define LIANJIE_READ_OPTIONAL(field) \
  if (in.has_##field()) out.field = in.field()
#define LIANJIE_WRITE_OPTIONAL(field) \
  if (in.field) out.set_##field(*in.field)
#define LIANJIE_WRITE_OPTIONAL_INT(field) \
  if (in.field) out.set_##field(ToInt32(*in.field))

absl::StatusOr<NodeRecord> FromProto(const v1::Node& in) {
  NodeRecord out;
  out.id = in.id();
  out.subtype = in.subtype();
  out.name = in.name();
  out.region = in.region();
  out.industry = in.industry();
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.kind(), "kind", out.kind));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.sector(), "sector", out.sector));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.stage(), "stage", out.stage));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.registration(), "registration", out.registration));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.monitoring(), "monitoring", out.monitoring));
  LIANJIE_RETURN_IF_ERROR(
      ReadEnum(in.operating_status(), "operating_status", out.operating_status));
  for (const int number : in.causes()) {
    Cause cause = Cause::kUnspecified;
    LIANJIE_RETURN_IF_ERROR(ReadEnum(number, "causes", cause));
    if (cause != Cause::kUnspecified) out.causes.push_back(cause);
  }
  LIANJIE_READ_OPTIONAL(lifted_out_year);
  LIANJIE_READ_OPTIONAL(persons);
  LIANJIE_READ_OPTIONAL(labour_skilled);
  LIANJIE_READ_OPTIONAL(labour_ordinary);
  LIANJIE_READ_OPTIONAL(labour_weak);
  LIANJIE_READ_OPTIONAL(income_year);
  LIANJIE_READ_OPTIONAL(income_wage_yuan);
  LIANJIE_READ_OPTIONAL(income_operating_yuan);
  LIANJIE_READ_OPTIONAL(income_property_yuan);
  LIANJIE_READ_OPTIONAL(income_transfer_yuan);
  LIANJIE_READ_OPTIONAL(land_mu);
  LIANJIE_READ_OPTIONAL(capacity_jobs);
  LIANJIE_READ_OPTIONAL(capacity_tonnes);
  LIANJIE_READ_OPTIONAL(capacity_mu);
  LIANJIE_READ_OPTIONAL(revenue_yuan);
  LIANJIE_READ_OPTIONAL(equity_yuan);
  LIANJIE_READ_OPTIONAL(outside_revenue_yuan);
  if (in.leak_share() != 0) out.leak_share = in.leak_share();
  LIANJIE_RETURN_IF_ERROR(
      ReadDate(in.has_valid_from(), in.valid_from(), "valid_from", out.valid.from));
  LIANJIE_RETURN_IF_ERROR(ReadDate(in.has_valid_to(), in.valid_to(), "valid_to", out.valid.to));
  out.labels.assign(in.labels().begin(), in.labels().end());
  out.properties.insert(in.properties().begin(), in.properties().end());
  return out;
}

void ToProto(const NodeRecord& in, v1::Node& out) {
  out.set_id(in.id);
  out.set_kind(WriteEnum<v1::NodeKind>(in.kind));
  out.set_subtype(in.subtype);
  out.set_name(in.name);
  out.set_region(in.region);
  out.set_sector(WriteEnum<v1::Sector>(in.sector));
  out.set_industry(in.industry);
  out.set_stage(WriteEnum<v1::Stage>(in.stage));
  out.set_registration(WriteEnum<v1::Registration>(in.registration));
  out.set_monitoring(WriteEnum<v1::Monitoring>(in.monitoring));
  out.set_operating_status(WriteEnum<v1::OperatingStatus>(in.operating_status));
  for (const Cause cause : in.causes) out.add_causes(WriteEnum<v1::Cause>(cause));
  LIANJIE_WRITE_OPTIONAL_INT(lifted_out_year);
  LIANJIE_WRITE_OPTIONAL_INT(persons);
  LIANJIE_WRITE_OPTIONAL_INT(labour_skilled);
  LIANJIE_WRITE_OPTIONAL_INT(labour_ordinary);
  LIANJIE_WRITE_OPTIONAL_INT(labour_weak);
  LIANJIE_WRITE_OPTIONAL_INT(income_year);
  LIANJIE_WRITE_OPTIONAL(income_wage_yuan);
  LIANJIE_WRITE_OPTIONAL(income_operating_yuan);
  LIANJIE_WRITE_OPTIONAL(income_property_yuan);
  LIANJIE_WRITE_OPTIONAL(income_transfer_yuan);
  LIANJIE_WRITE_OPTIONAL(land_mu);
  LIANJIE_WRITE_OPTIONAL(capacity_jobs);
  LIANJIE_WRITE_OPTIONAL(capacity_tonnes);
  LIANJIE_WRITE_OPTIONAL(capacity_mu);
  LIANJIE_WRITE_OPTIONAL(revenue_yuan);
  LIANJIE_WRITE_OPTIONAL(equity_yuan);
  LIANJIE_WRITE_OPTIONAL(outside_revenue_yuan);
  out.set_leak_share(in.leak_share.value_or(0));
  if (in.valid.from != kDateMin) *out.mutable_valid_from() = ToProto(in.valid.from);
  if (in.valid.to != kDateMax) *out.mutable_valid_to() = ToProto(in.valid.to);
  for (const std::string& label : in.labels) out.add_labels(label);
  for (const auto& [name, value] : in.properties) (*out.mutable_properties())[name] = value;
}

absl::StatusOr<LinkRecord> FromProto(const v1::Link& in) {
  LinkRecord out;
  out.id = in.id();
  out.agreement = in.agreement();
  out.source = in.source();
  out.target = in.target();
  out.policy = in.policy();
  out.product = in.product();
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.mechanism(), "mechanism", out.mechanism));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.kind(), "kind", out.kind));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.share_of(), "share_of", out.share_of));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.priority(), "priority", out.priority));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.tightness(), "tightness", out.tightness));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.driver(), "driver", out.driver));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.status(), "status", out.status));
  LIANJIE_RETURN_IF_ERROR(ReadEnum(in.sector(), "sector", out.sector));
  LIANJIE_READ_OPTIONAL(promised_yuan);
  LIANJIE_READ_OPTIONAL(paid_yuan);
  LIANJIE_READ_OPTIONAL(share);
  LIANJIE_READ_OPTIONAL(capacity);
  LIANJIE_READ_OPTIONAL(weight);
  LIANJIE_RETURN_IF_ERROR(
      ReadDate(in.has_valid_from(), in.valid_from(), "valid_from", out.valid.from));
  LIANJIE_RETURN_IF_ERROR(ReadDate(in.has_valid_to(), in.valid_to(), "valid_to", out.valid.to));
  out.properties.insert(in.properties().begin(), in.properties().end());
  return out;
}

void ToProto(const LinkRecord& in, v1::Link& out) {
  out.set_id(in.id);
  out.set_agreement(in.agreement);
  out.set_source(in.source);
  out.set_target(in.target);
  out.set_policy(in.policy);
  out.set_product(in.product);
  out.set_mechanism(WriteEnum<v1::Mechanism>(in.mechanism));
  out.set_kind(WriteEnum<v1::LinkKind>(in.kind));
  out.set_share_of(WriteEnum<v1::ShareOf>(in.share_of));
  out.set_priority(WriteEnum<v1::Priority>(in.priority));
  out.set_tightness(WriteEnum<v1::Tightness>(in.tightness));
  out.set_driver(WriteEnum<v1::Driver>(in.driver));
  out.set_status(WriteEnum<v1::LinkStatus>(in.status));
  out.set_sector(WriteEnum<v1::Sector>(in.sector));
  LIANJIE_WRITE_OPTIONAL(promised_yuan);
  LIANJIE_WRITE_OPTIONAL(paid_yuan);
  LIANJIE_WRITE_OPTIONAL(share);
  LIANJIE_WRITE_OPTIONAL(capacity);
  LIANJIE_WRITE_OPTIONAL(weight);
  if (in.valid.from != kDateMin) *out.mutable_valid_from() = ToProto(in.valid.from);
  if (in.valid.to != kDateMax) *out.mutable_valid_to() = ToProto(in.valid.to);
  for (const auto& [name, value] : in.properties) (*out.mutable_properties())[name] = value;
}

absl::StatusOr<RegionRecord> FromProto(const v1::Region& in) {
  return RegionRecord{
      .code = in.code(), .parent = in.parent(), .name = in.name(), .level = in.level()};
}

void ToProto(const RegionRecord& in, v1::Region& out) {
  out.set_code(in.code);
  out.set_parent(in.parent);
  out.set_name(in.name);
  out.set_level(ToInt32(in.level));
}

absl::StatusOr<LineRecord> FromProto(const v1::Line& in) {
  LineRecord out;
  out.region = in.region();
  out.year = in.year();
  LIANJIE_READ_OPTIONAL(line_yuan);
  LIANJIE_READ_OPTIONAL(minimum_benefit_yuan);
  return out;
}

void ToProto(const LineRecord& in, v1::Line& out) {
  out.set_region(in.region);
  out.set_year(ToInt32(in.year));
  LIANJIE_WRITE_OPTIONAL(line_yuan);
  LIANJIE_WRITE_OPTIONAL(minimum_benefit_yuan);
}

namespace {

template <typename Message, typename Record> Message Made(const Record& record) {
  Message out;
  ToProto(record, out);
  return out;
}

}  // namespace

v1::Node ToProto(const NodeRecord& node) { return Made<v1::Node>(node); }
v1::Link ToProto(const LinkRecord& link) { return Made<v1::Link>(link); }
v1::Region ToProto(const RegionRecord& region) { return Made<v1::Region>(region); }
v1::Line ToProto(const LineRecord& line) { return Made<v1::Line>(line); }

#undef LIANJIE_READ_OPTIONAL
#undef LIANJIE_WRITE_OPTIONAL
#undef LIANJIE_WRITE_OPTIONAL_INT

v1::Graph ToProto(const storage::GraphInfo& in) {
  constexpr std::int64_t kMicros = 1000000;
  v1::Graph out;
  out.set_name(in.name);
  *out.mutable_reference_date() = ToProto(in.ReferenceDate());
  out.set_reference_date_is_default(!in.reference_date.has_value());
  out.set_revision(in.revision);
  out.set_node_count(static_cast<std::int64_t>(in.node_count));
  out.set_link_count(static_cast<std::int64_t>(in.link_count));
  out.set_region_count(static_cast<std::int64_t>(in.region_count));
  out.set_line_count(static_cast<std::int64_t>(in.line_count));
  out.set_oldest_revision(in.oldest_revision);
  out.mutable_create_time()->set_seconds(in.create_time_micros / kMicros);
  out.mutable_create_time()->set_nanos(
      static_cast<std::int32_t>(in.create_time_micros % kMicros * 1000));
  out.mutable_update_time()->set_seconds(in.update_time_micros / kMicros);
  out.mutable_update_time()->set_nanos(
      static_cast<std::int32_t>(in.update_time_micros % kMicros * 1000));
  out.set_digest(storage::DigestText(in.digest));
  return out;
}

}  // namespace lianjie::server
