#include "server/import_rows.h"

#include <map>
#include <string>

#include "engine/core/date.h"
#include "google/type/date.pb.h"
#include "lianjie/v1/graph.pb.h"
#include "lianjie/v1/transfer.pb.h"
#include "server/fields_in_order.h"

namespace lianjie::server {
namespace {

void TakeDate(FieldsInOrder& in, std::uint32_t field, Date absent, Date& to) {
  using D = google::type::Date;
  to = absent;
  std::string_view bytes;
  if (!in.TakeNext(field, bytes)) return;
  FieldsInOrder parts(bytes);
  int year = 0;
  int month = 0;
  int day = 0;
  parts.Take(D::kYearFieldNumber, year);
  parts.Take(D::kMonthFieldNumber, month);
  parts.Take(D::kDayFieldNumber, day);
  const absl::StatusOr<Date> date = Date::FromCivil(year, month, day);
  if (!parts.WasUsual() || !date.ok()) return in.GiveUp();
  to = *date;
}

void TakeProperties(FieldsInOrder& in, std::uint32_t field,
                    std::map<std::string, std::string>& to) {
  constexpr std::uint32_t kKey = 1;  // of an entry of any map
  constexpr std::uint32_t kValue = 2;
  to.clear();
  std::string_view bytes;
  while (in.TakeNext(field, bytes)) {
    FieldsInOrder entry(bytes);
    std::string_view name;
    std::string_view value;
    entry.Take(kKey, name);
    entry.Take(kValue, value);
    if (!entry.WasUsual()) return in.GiveUp();
    to.insert_or_assign(std::string(name), value);
  }
}

void TakeCauses(FieldsInOrder& in, std::vector<Cause>& to) {
  to.clear();
  in.TakePacked(v1::Node::kCausesFieldNumber, [&](std::uint64_t number) {
    const auto cause = in.EnumOf<Cause>(number);
    if (cause != Cause::kUnspecified) to.push_back(cause);
  });
}

void TakeLabels(FieldsInOrder& in, std::vector<std::string>& to) {
  to.clear();
  std::string_view label;
  while (in.TakeNextText(v1::Node::kLabelsFieldNumber, label)) to.emplace_back(label);
}

}  // namespace

bool ReadNode(std::string_view bytes, NodeRecord& node) {
  using N = v1::Node;
  FieldsInOrder in(bytes);
  in.Take(N::kIdFieldNumber, node.id);
  in.Take(N::kKindFieldNumber, node.kind);
  in.Take(N::kSubtypeFieldNumber, node.subtype);
  in.Take(N::kNameFieldNumber, node.name);
  in.Take(N::kRegionFieldNumber, node.region);
  in.Take(N::kSectorFieldNumber, node.sector);
  in.Take(N::kIndustryFieldNumber, node.industry);
  in.Take(N::kStageFieldNumber, node.stage);
  in.Take(N::kRegistrationFieldNumber, node.registration);
  in.Take(N::kMonitoringFieldNumber, node.monitoring);
  in.Take(N::kLiftedOutYearFieldNumber, node.lifted_out_year);
  in.Take(N::kPersonsFieldNumber, node.persons);
  in.Take(N::kLabourSkilledFieldNumber, node.labour_skilled);
  in.Take(N::kLabourOrdinaryFieldNumber, node.labour_ordinary);
  in.Take(N::kLabourWeakFieldNumber, node.labour_weak);
  TakeCauses(in, node.causes);
  in.Take(N::kIncomeYearFieldNumber, node.income_year);
  in.Take(N::kIncomeWageYuanFieldNumber, node.income_wage_yuan);
  in.Take(N::kIncomeOperatingYuanFieldNumber, node.income_operating_yuan);
  in.Take(N::kIncomePropertyYuanFieldNumber, node.income_property_yuan);
  in.Take(N::kIncomeTransferYuanFieldNumber, node.income_transfer_yuan);
  in.Take(N::kLandMuFieldNumber, node.land_mu);
  in.Take(N::kCapacityJobsFieldNumber, node.capacity_jobs);
  in.Take(N::kCapacityTonnesFieldNumber, node.capacity_tonnes);
  in.Take(N::kCapacityMuFieldNumber, node.capacity_mu);
  in.Take(N::kRevenueYuanFieldNumber, node.revenue_yuan);
  in.Take(N::kEquityYuanFieldNumber, node.equity_yuan);
  in.Take(N::kOperatingStatusFieldNumber, node.operating_status);
  in.Take(N::kOutsideRevenueYuanFieldNumber, node.outside_revenue_yuan);
  in.Take(N::kLeakShareFieldNumber, node.leak_share);
  if (node.leak_share == 0.0) node.leak_share.reset();  // the API's field cannot be unset
  TakeDate(in, N::kValidFromFieldNumber, kDateMin, node.valid.from);
  TakeDate(in, N::kValidToFieldNumber, kDateMax, node.valid.to);
  TakeLabels(in, node.labels);
  TakeProperties(in, N::kPropertiesFieldNumber, node.properties);
  return in.WasUsual();
}

bool ReadLink(std::string_view bytes, LinkRecord& link) {
  using L = v1::Link;
  FieldsInOrder in(bytes);
  in.Take(L::kIdFieldNumber, link.id);
  in.Take(L::kAgreementFieldNumber, link.agreement);
  in.Take(L::kSourceFieldNumber, link.source);
  in.Take(L::kTargetFieldNumber, link.target);
  in.Take(L::kMechanismFieldNumber, link.mechanism);
  in.Take(L::kKindFieldNumber, link.kind);
  in.Take(L::kPromisedYuanFieldNumber, link.promised_yuan);
  in.Take(L::kPaidYuanFieldNumber, link.paid_yuan);
  in.Take(L::kShareFieldNumber, link.share);
  in.Take(L::kShareOfFieldNumber, link.share_of);
  in.Take(L::kCapacityFieldNumber, link.capacity);
  in.Take(L::kPriorityFieldNumber, link.priority);
  in.Take(L::kTightnessFieldNumber, link.tightness);
  in.Take(L::kDriverFieldNumber, link.driver);
  in.Take(L::kPolicyFieldNumber, link.policy);
  in.Take(L::kWeightFieldNumber, link.weight);
  TakeDate(in, L::kValidFromFieldNumber, kDateMin, link.valid.from);
  TakeDate(in, L::kValidToFieldNumber, kDateMax, link.valid.to);
  in.Take(L::kStatusFieldNumber, link.status);
  in.Take(L::kProductFieldNumber, link.product);
  in.Take(L::kSectorFieldNumber, link.sector);
  TakeProperties(in, L::kPropertiesFieldNumber, link.properties);
  return in.WasUsual();
}

bool ImportRows::Open(std::string_view request) {
  using C = v1::ImportChunk;
  rows_.clear();
  line_numbers_.clear();
  FieldsInOrder in(request);
  std::string_view chunk;
  in.TakeNext(v1::ImportRequest::kChunkFieldNumber, chunk);
  if (!in.WasUsual()) return false;
  FieldsInOrder fields(chunk);
  fields.Take(C::kOriginFieldNumber, origin_);
  std::string_view row;
  while (fields.TakeNext(C::kNodesFieldNumber, row)) rows_.push_back(row);
  are_links_ = rows_.empty();
  if (are_links_) {
    while (fields.TakeNext(C::kLinksFieldNumber, row)) rows_.push_back(row);
  }
  fields.TakePacked(C::kLineNumbersFieldNumber, [this](std::uint64_t number) {
    line_numbers_.push_back(static_cast<std::int64_t>(number));
  });
  return fields.WasUsual() && !rows_.empty() &&
         (line_numbers_.empty() || line_numbers_.size() == rows_.size());
}

}  // namespace lianjie::server
