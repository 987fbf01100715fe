// Values to records, and to views of them (engine/core/record_view.h), field by field as they stand
// in the bytes (wire.h): what codec.cc writes by messages. A field that is not in the value is not
// known; one that this release does not know is passed over. Both are read by the same code, so
// that what is no value of a record is none of a view, though a view keeps less.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "lianjie/storage/v1/meta.pb.h"
#include "lianjie/storage/v1/records.pb.h"
#include "storage/codec.h"
#include "storage/wire.h"

namespace lianjie::storage {
namespace {

// As a record without a value, but with the room that its strings have.
void Clear(NodeRecord& node) {
  NodeRecord fresh;
  for (const auto text : {&NodeRecord::id, &NodeRecord::subtype, &NodeRecord::name,
                          &NodeRecord::region, &NodeRecord::industry}) {
    (node.*text).clear();
    std::swap(fresh.*text, node.*text);
  }
  node = std::move(fresh);
}

void Clear(LinkRecord& link) {
  LinkRecord fresh;
  for (const auto text : {&LinkRecord::id, &LinkRecord::agreement, &LinkRecord::source,
                          &LinkRecord::target, &LinkRecord::policy, &LinkRecord::product}) {
    (link.*text).clear();
    std::swap(fresh.*text, link.*text);
  }
  link = std::move(fresh);
}

void TakeDate(WireReader& in, Date& date) { date = Date{static_cast<std::int32_t>(in.ZigZag())}; }

template <typename Record> void TakeProperty(WireReader& in, Record& record) {
  WireReader property(in.Bytes());
  std::string_view name;
  std::string_view value;
  while (const std::uint32_t field = property.NextField()) {
    switch (field) {
      case v1::Property::kNameFieldNumber:
        name = property.Bytes();
        break;
      case v1::Property::kValueFieldNumber:
        value = property.Bytes();
        break;
      default:
        property.Skip();
    }
  }
  if (property.failed()) return in.Fail();
  if constexpr (requires { record.properties; }) {
    record.properties.insert_or_assign(std::string(name), std::string(value));
  }
}

template <typename T> void Take(WireReader& in, T& to) { in.Take(to); }
void Take(WireReader& in, std::string_view& to) { to = in.Bytes(); }
void Take(WireReader& in, double& to) { to = in.Double(); }

// The fields of which a node has a few at most.
template <typename Node> void TakeRare(WireReader& in, std::uint32_t field, Node& node) {
  using V = v1::NodeValue;
  switch (field) {
    case V::kCapacityJobsFieldNumber:
      return Take(in, node.capacity_jobs);
    case V::kCapacityTonnesFieldNumber:
      return Take(in, node.capacity_tonnes);
    case V::kCapacityMuFieldNumber:
      return Take(in, node.capacity_mu);
    case V::kRevenueYuanFieldNumber:
      return Take(in, node.revenue_yuan);
    case V::kEquityYuanFieldNumber:
      return Take(in, node.equity_yuan);
    case V::kOperatingStatusFieldNumber:
      return in.TakeEnum(node.operating_status);
    case V::kOutsideRevenueYuanFieldNumber:
      return Take(in, node.outside_revenue_yuan);
    case V::kLeakShareFieldNumber:
      return Take(in, node.leak_share);
    case V::kValidFromFieldNumber:
      return TakeDate(in, node.valid.from);
    case V::kValidToFieldNumber:
      return TakeDate(in, node.valid.to);
    case V::kLabelsFieldNumber:
      return Take(in, node.labels.emplace_back());
    case V::kPropertiesFieldNumber:
      return TakeProperty(in, node);
    default:
      return in.Skip();
  }
}

template <typename Node> void TakeNodeField(WireReader& in, std::uint32_t field, Node& node) {
  using V = v1::NodeValue;
  switch (field) {
    case V::kIdFieldNumber:
      return Take(in, node.id);
    case V::kKindFieldNumber:
      return in.TakeEnum(node.kind);
    case V::kSubtypeFieldNumber:
      return Take(in, node.subtype);
    case V::kNameFieldNumber:
      if constexpr (requires { node.name; }) return Take(in, node.name);
      return void(in.Bytes());
    case V::kRegionFieldNumber:
      return Take(in, node.region);
    case V::kSectorFieldNumber:
      return in.TakeEnum(node.sector);
    case V::kIndustryFieldNumber:
      return Take(in, node.industry);
    case V::kStageFieldNumber:
      return in.TakeEnum(node.stage);
    case V::kRegistrationFieldNumber:
      return in.TakeEnum(node.registration);
    case V::kMonitoringFieldNumber:
      return in.TakeEnum(node.monitoring);
    case V::kLiftedOutYearFieldNumber:
      return Take(in, node.lifted_out_year);
    case V::kPersonsFieldNumber:
      return Take(in, node.persons);
    case V::kLabourSkilledFieldNumber:
      return Take(in, node.labour_skilled);
    case V::kLabourOrdinaryFieldNumber:
      return Take(in, node.labour_ordinary);
    case V::kLabourWeakFieldNumber:
      return Take(in, node.labour_weak);
    case V::kCausesFieldNumber:
      return in.Numbers(
          [&node](std::uint64_t cause) { node.causes.push_back(static_cast<Cause>(cause)); });
    case V::kIncomeYearFieldNumber:
      return Take(in, node.income_year);
    case V::kIncomeWageYuanFieldNumber:
      return Take(in, node.income_wage_yuan);
    case V::kIncomeOperatingYuanFieldNumber:
      return Take(in, node.income_operating_yuan);
    case V::kIncomePropertyYuanFieldNumber:
      return Take(in, node.income_property_yuan);
    case V::kIncomeTransferYuanFieldNumber:
      return Take(in, node.income_transfer_yuan);
    case V::kLandMuFieldNumber:
      return Take(in, node.land_mu);
    default:
      return TakeRare(in, field, node);
  }
}

template <typename Link> void TakeLinkField(WireReader& in, std::uint32_t field, Link& link) {
  using V = v1::LinkValue;
  switch (field) {
    case V::kIdFieldNumber:
      return Take(in, link.id);
    case V::kAgreementFieldNumber:
      if constexpr (requires { link.agreement; }) return Take(in, link.agreement);
      return void(in.Bytes());
    case V::kPromisedYuanFieldNumber:
      return Take(in, link.promised_yuan);
    case V::kPaidYuanFieldNumber:
      return Take(in, link.paid_yuan);
    case V::kShareFieldNumber:
      return Take(in, link.share);
    case V::kShareOfFieldNumber:
      return in.TakeEnum(link.share_of);
    case V::kCapacityFieldNumber:
      return Take(in, link.capacity);
    case V::kPriorityFieldNumber:
      return in.TakeEnum(link.priority);
    case V::kTightnessFieldNumber:
      return in.TakeEnum(link.tightness);
    case V::kDriverFieldNumber:
      return in.TakeEnum(link.driver);
    case V::kPolicyFieldNumber:
      return Take(in, link.policy);
    case V::kWeightFieldNumber:
      return Take(in, link.weight);
    case V::kValidFromFieldNumber:
      return TakeDate(in, link.valid.from);
    case V::kValidToFieldNumber:
      return TakeDate(in, link.valid.to);
    case V::kStatusFieldNumber:
      return in.TakeEnum(link.status);
    case V::kProductFieldNumber:
      return Take(in, link.product);
    case V::kSectorFieldNumber:
      return in.TakeEnum(link.sector);
    case V::kPropertiesFieldNumber:
      return TakeProperty(in, link);
    default:
      return in.Skip();
  }
}

template <typename Node> absl::Status ReadNode(std::string_view value, Node& node) {
  WireReader in(value);
  while (const std::uint32_t field = in.NextField()) TakeNodeField(in, field, node);
  return in.failed() ? Corrupt("a value that is no node") : absl::OkStatus();
}

template <typename Link> absl::Status ReadLink(std::string_view value, Link& link) {
  WireReader in(value);
  while (const std::uint32_t field = in.NextField()) TakeLinkField(in, field, link);
  return in.failed() ? Corrupt("a value that is no link") : absl::OkStatus();
}

absl::Status ReadLinkImage(std::string_view bytes, LinkRecord& link) {
  using I = v1::LinkImage;
  WireReader in(bytes);
  std::string source;
  std::string target;
  std::string_view value;
  auto mechanism = Mechanism::kUnspecified;
  while (const std::uint32_t field = in.NextField()) {
    switch (field) {
      case I::kSourceFieldNumber:
        in.Take(source);
        break;
      case I::kTargetFieldNumber:
        in.Take(target);
        break;
      case I::kMechanismFieldNumber:
        in.TakeEnum(mechanism);
        break;
      case I::kValueFieldNumber:
        value = in.Bytes();
        break;
      default:
        in.Skip();
    }
  }
  if (in.failed()) return Corrupt("a value that is no image of a link");
  LIANJIE_RETURN_IF_ERROR(DecodeLink(value, mechanism, link));
  link.source = std::move(source);
  link.target = std::move(target);
  return absl::OkStatus();
}

// Of a region or a line: what its key says, in the first two fields, and its value.
struct KeyedImage {
  std::string name;
  std::int64_t year = 0;
  std::string_view value;

  absl::Status Read(std::string_view bytes, std::uint32_t year_field, std::uint32_t value_field) {
    WireReader in(bytes);
    while (const std::uint32_t field = in.NextField()) {
      if (field == value_field) {
        value = in.Bytes();
      } else if (field == year_field) {
        in.Take(year);
      } else if (field == 1) {
        in.Take(name);
      } else {
        in.Skip();
      }
    }
    return in.failed() ? Corrupt("a value that is no image") : absl::OkStatus();
  }
};

absl::Status ReadImage(std::string_view bytes, Change::Image& image) {
  using I = v1::Image;
  WireReader in(bytes);
  while (const std::uint32_t field = in.NextField()) {
    KeyedImage keyed;
    switch (field) {
      case I::kNodeFieldNumber:
        LIANJIE_RETURN_IF_ERROR(DecodeNode(in.Bytes(), image.emplace<NodeRecord>()));
        break;
      case I::kLinkFieldNumber:
        LIANJIE_RETURN_IF_ERROR(ReadLinkImage(in.Bytes(), image.emplace<LinkRecord>()));
        break;
      case I::kRegionFieldNumber:
        static_assert(v1::RegionImage::kCodeFieldNumber == 1);
        LIANJIE_RETURN_IF_ERROR(keyed.Read(in.Bytes(), 0, v1::RegionImage::kValueFieldNumber));
        LIANJIE_RETURN_IF_ERROR(
            DecodeRegion(keyed.name, keyed.value, image.emplace<RegionRecord>()));
        break;
      case I::kLineFieldNumber:
        static_assert(v1::LineImage::kRegionFieldNumber == 1);
        LIANJIE_RETURN_IF_ERROR(keyed.Read(in.Bytes(), v1::LineImage::kYearFieldNumber,
                                           v1::LineImage::kValueFieldNumber));
        LIANJIE_RETURN_IF_ERROR(DecodeLine({.region = keyed.name, .year = keyed.year}, keyed.value,
                                           image.emplace<LineRecord>()));
        break;
      default:
        in.Skip();
    }
  }
  return in.failed() ? Corrupt("a value that is no image") : absl::OkStatus();
}

// All that a ChangeValue says.
struct ChangeFields {
  std::int64_t commit_time_micros = 0;
  bool reloaded = false;
  bool settings = false;
  std::uint64_t number = 0;
  Change::Image before;
  Change::Image after;

  absl::Status Read(std::string_view value) {
    using C = v1::ChangeValue;
    WireReader in(value);
    while (const std::uint32_t field = in.NextField()) {
      switch (field) {
        case C::kCommitTimeMicrosFieldNumber:
          in.Take(commit_time_micros);
          break;
        case C::kReloadedFieldNumber:
          reloaded = in.Number() != 0;
          break;
        case C::kSettingsFieldNumber:
          settings = in.Number() != 0;
          break;
        case C::kNumberFieldNumber:
          number = in.Number();
          break;
        case C::kBeforeFieldNumber:
          LIANJIE_RETURN_IF_ERROR(ReadImage(in.Bytes(), before));
          break;
        case C::kAfterFieldNumber:
          LIANJIE_RETURN_IF_ERROR(ReadImage(in.Bytes(), after));
          break;
        default:
          in.Skip();
      }
    }
    return in.failed() ? Corrupt("a value that is no change") : absl::OkStatus();
  }
};

}  // namespace

absl::Status DecodeNode(std::string_view value, NodeRecord& node) {
  Clear(node);
  return ReadNode(value, node);
}

absl::Status DecodeNode(std::string_view value, NodeView& node) {
  node.Clear();
  return ReadNode(value, node);
}

absl::Status DecodeLink(std::string_view value, Mechanism mechanism, LinkRecord& link) {
  Clear(link);
  link.mechanism = mechanism;
  link.kind = KindOf(mechanism);
  return ReadLink(value, link);
}

absl::Status DecodeLink(std::string_view value, Mechanism mechanism, LinkView& link) {
  link = LinkView();
  link.mechanism = mechanism;
  return ReadLink(value, link);
}

absl::StatusOr<Change::Image> DecodeImage(std::string_view value) {
  Change::Image image;
  LIANJIE_RETURN_IF_ERROR(ReadImage(value, image));
  return image;
}

absl::Status DecodeChange(std::string_view value, Change& change) {
  ChangeFields fields;
  LIANJIE_RETURN_IF_ERROR(fields.Read(value));
  change.commit_time_micros = fields.commit_time_micros;
  change.reloaded = fields.reloaded;
  change.settings = fields.settings;
  change.before = std::move(fields.before);
  change.after = std::move(fields.after);
  return absl::OkStatus();
}

absl::StatusOr<ChangeUndo> DecodeChangeUndo(std::string_view value) {
  ChangeFields fields;
  LIANJIE_RETURN_IF_ERROR(fields.Read(value));
  return ChangeUndo{.before = std::move(fields.before),
                    .after = std::move(fields.after),
                    .number = fields.number,
                    .reloaded = fields.reloaded};
}

}  // namespace lianjie::storage
