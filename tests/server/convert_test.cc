// Records and messages: nothing is lost on the way there and back, and the two sides' enums are the
// same by name and number.
#include "server/convert.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "engine/core/enums.h"
#include "engine/core/status.h"
#include "lianjie/v1/errors.pb.h"

namespace lianjie::server {
namespace {

template <typename E> void ExpectSameEnum(const google::protobuf::EnumDescriptor& api) {
  const auto names = EnumNames<E>();
  ASSERT_EQ(static_cast<int>(names.size()), api.value_count()) << api.name();
  const std::string zero = api.value(0)->name();
  const std::string prefix = zero.substr(0, zero.size() - std::string("UNSPECIFIED").size());
  for (int i = 1; i < api.value_count(); ++i) {
    EXPECT_EQ(api.value(i)->number(), i) << api.name();
    EXPECT_EQ(api.value(i)->name(), prefix + std::string(names[static_cast<std::size_t>(i)]));
  }
}

TEST(Convert, EnumsOfApiAndCoreAreTheSame) {
  ExpectSameEnum<NodeKind>(*v1::NodeKind_descriptor());
  ExpectSameEnum<Sector>(*v1::Sector_descriptor());
  ExpectSameEnum<Stage>(*v1::Stage_descriptor());
  ExpectSameEnum<Registration>(*v1::Registration_descriptor());
  ExpectSameEnum<Monitoring>(*v1::Monitoring_descriptor());
  ExpectSameEnum<Cause>(*v1::Cause_descriptor());
  ExpectSameEnum<OperatingStatus>(*v1::OperatingStatus_descriptor());
  ExpectSameEnum<Mechanism>(*v1::Mechanism_descriptor());
  ExpectSameEnum<LinkKind>(*v1::LinkKind_descriptor());
  ExpectSameEnum<ShareOf>(*v1::ShareOf_descriptor());
  ExpectSameEnum<Priority>(*v1::Priority_descriptor());
  ExpectSameEnum<Tightness>(*v1::Tightness_descriptor());
  ExpectSameEnum<Driver>(*v1::Driver_descriptor());
  ExpectSameEnum<LinkStatus>(*v1::LinkStatus_descriptor());
}

TEST(Convert, EveryReasonIsInTheApi) {
  const auto& api = *v1::ErrorReason_descriptor();
  for (int i = 1; i < api.value_count(); ++i) {
    const std::string name = api.value(i)->name().substr(std::string("ERROR_REASON_").size());
    const auto reason = ParseReason(name);
    ASSERT_TRUE(reason.has_value()) << name;
    EXPECT_EQ(ReasonName(*reason), name);
  }
  EXPECT_EQ(api.value_count() - 1, static_cast<int>(Reason::kUnavailable) + 1);
}

NodeRecord FullNode() {
  NodeRecord n;
  n.id = "h1";
  n.kind = NodeKind::kHousehold;
  n.subtype = "s";
  n.name = "合成户";
  n.region = "529901001001";
  n.sector = Sector::kPrimary;
  n.industry = "A0111";
  n.stage = Stage::kProduction;
  n.registration = Registration::kLiftedOut;
  n.monitoring = Monitoring::kMarginal;
  n.lifted_out_year = 2019;
  n.persons = 4;
  n.labour_skilled = 0;
  n.labour_ordinary = 2;
  n.labour_weak = 1;
  n.causes = {Cause::kIllness, Cause::kWater};
  n.income_year = 2020;
  n.income_wage_yuan = 0;
  n.income_operating_yuan = -5.5;
  n.income_property_yuan = 1e-9;
  n.income_transfer_yuan = 3;
  n.land_mu = 2.5;
  n.capacity_jobs = 1;
  n.capacity_tonnes = 2;
  n.capacity_mu = 3;
  n.revenue_yuan = 0;
  n.equity_yuan = -1;
  n.operating_status = OperatingStatus::kDormant;
  n.outside_revenue_yuan = 0;
  n.leak_share = 0.25;
  n.valid = {*Date::Parse("2018-02-28"), *Date::Parse("2024-02-29")};
  n.labels = {"a", "b"};
  n.properties = {{"kW", "300"}};
  return n;
}

LinkRecord FullLink() {
  LinkRecord l;
  l.id = "l1";
  l.agreement = "a";
  l.source = "f";
  l.target = "h1";
  l.mechanism = Mechanism::kEmployment;
  l.kind = LinkKind::kBinding;
  l.promised_yuan = 0;
  l.paid_yuan = 12.75;
  l.share = 0;
  l.share_of = ShareOf::kSurplus;
  l.capacity = 1;
  l.priority = Priority::kSenior;
  l.tightness = Tightness::kDividend;
  l.driver = Driver::kSocial;
  l.policy = "p";
  l.weight = -3;
  l.valid = {kDateMin, *Date::Parse("2024-01-01")};
  l.status = LinkStatus::kSuspended;
  l.product = "茶";
  l.sector = Sector::kTertiary;
  l.properties = {{"x", "y"}};
  return l;
}

TEST(Convert, NodesAndLinksComeBackWhole) {
  EXPECT_EQ(*FromProto(ToProto(FullNode())), FullNode());
  EXPECT_EQ(*FromProto(ToProto(FullLink())), FullLink());
  NodeRecord bare;
  bare.id = "x";
  EXPECT_EQ(*FromProto(ToProto(bare)), bare);
  const RegionRecord region{.code = "52", .parent = "", .name = "n", .level = 1};
  EXPECT_EQ(*FromProto(ToProto(region)), region);
  const LineRecord line{.region = "52", .year = 2020, .line_yuan = 0.0, .minimum_benefit_yuan = {}};
  EXPECT_EQ(*FromProto(ToProto(line)), line);
}

TEST(Convert, UnknownEnumNumbersAndImpossibleDatesNameTheField) {
  v1::Node node;
  node.set_kind(static_cast<v1::NodeKind>(99));
  EXPECT_EQ(GetErrorDetail(FromProto(node).status())->field, "kind");
  v1::Link link;
  link.mutable_valid_to()->set_year(2023);
  link.mutable_valid_to()->set_month(2);
  link.mutable_valid_to()->set_day(30);
  const absl::Status status = FromProto(link).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(status)->field, "valid_to");
}

TEST(Convert, BatchesCarryIdsAndNulls) {
  SnapshotBuilder builder;
  NodeRecord a;
  a.id = "a";
  a.kind = NodeKind::kFirm;
  builder.AddNode(a);
  const auto snapshot = *std::move(builder).Build(1, Date{});
  Table table;
  table.AddColumn("node", ColumnType::kNode);
  table.AddColumn("score", ColumnType::kNumber);
  for (int i = 0; i < 9; ++i) {
    table.column(0).indices.push_back(i == 3 ? kNoNode : 0);
    table.column(1).numbers.push_back(i == 8 ? std::nan("") : i);
  }
  const v1::TableBatch batch = MakeBatch(table, *snapshot, 0, 9);
  ASSERT_EQ(batch.columns_size(), 2);
  EXPECT_EQ(batch.columns(0).strings(0), "a");
  EXPECT_EQ(batch.columns(0).strings(3), "");
  EXPECT_EQ(batch.columns(0).nulls(), std::string("\x08\x00", 2));
  EXPECT_EQ(batch.columns(1).doubles(7), 7.0);
  EXPECT_EQ(batch.columns(1).nulls(), std::string("\x00\x01", 2));
  EXPECT_EQ(MakeBatch(table, *snapshot, 4, 2).columns(0).nulls(), "");
}

}  // namespace
}  // namespace lianjie::server
