// A scan reads values into views, everything else into records: both must say the same of the same
// bytes, good or bad. And a scan in parts must find every end, however numbers lie.
#include "storage/bulk_scan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/core/record_view.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "storage/codec.h"
#include "tests/storage/random_records.h"

namespace lianjie::storage {
namespace {

template <typename T> std::string Text(const std::optional<T>& value) {
  return value.has_value() ? Cat(*value) : "-";
}
template <typename... E> std::string Numbers(E... values) {
  return Cat(Cat(static_cast<int>(values), " ")...);
}
std::string Text(const Interval& valid) { return Cat(valid.from.days, "..", valid.to.days); }

std::string Text(const NodeView& v) {
  std::string text = Cat(v.id, "|", v.subtype, "|", v.region, "|", v.industry, "|",
                         Text(v.lifted_out_year), "|", Text(v.persons), "|", Text(v.income_year));
  text += Cat("|", Text(v.labour_skilled), "|", Text(v.labour_ordinary), "|", Text(v.labour_weak));
  for (const double amount :
       {v.income_wage_yuan, v.income_operating_yuan, v.income_property_yuan, v.income_transfer_yuan,
        v.land_mu, v.capacity_jobs, v.capacity_tonnes, v.capacity_mu, v.revenue_yuan, v.equity_yuan,
        v.outside_revenue_yuan, v.leak_share}) {
    text += Cat("|", amount);
  }
  text += Cat("|", Text(v.valid), "|",
              Numbers(v.kind, v.sector, v.stage, v.registration, v.monitoring, v.operating_status));
  for (const Cause cause : v.causes) text += Cat("|", static_cast<int>(cause));
  for (const std::string_view label : v.labels) text += Cat("|", label);
  return text;
}

std::string Text(const LinkView& v) {
  return Cat(
      v.id, "|", v.policy, "|", v.product, "|", v.promised_yuan, "|", v.paid_yuan, "|", v.share,
      "|", v.capacity, "|", v.weight, "|", Text(v.valid), "|",
      Numbers(v.mechanism, v.share_of, v.priority, v.tightness, v.driver, v.status, v.sector));
}

NodeRecord AnyNode(RandomRecords& random) {
  NodeRecord node = random.RandomNode();
  const auto some = [&](auto& to, auto value) {
    if (random.Chance(50)) to = value;
  };
  some(node.subtype, "subtype"), some(node.name, "name"), some(node.industry, "A01");
  some(node.sector, Sector::kSecondary), some(node.stage, Stage::kTourism);
  some(node.registration, Registration::kLiftedOut), some(node.monitoring, Monitoring::kMarginal);
  some(node.lifted_out_year, 2019), some(node.labour_skilled, 1), some(node.labour_ordinary, 0);
  some(node.labour_weak, -2), some(node.income_year, 2020), some(node.income_wage_yuan, 1.5);
  some(node.income_operating_yuan, 2.5), some(node.income_property_yuan, 0.0);
  some(node.income_transfer_yuan, -4.0), some(node.land_mu, 5.0), some(node.capacity_jobs, 6.0);
  some(node.capacity_tonnes, 7.0), some(node.capacity_mu, 8.0), some(node.revenue_yuan, 1e300);
  some(node.equity_yuan, 9.0), some(node.operating_status, OperatingStatus::kDormant);
  some(node.outside_revenue_yuan, 10.0), some(node.valid, random.Valid());
  some(node.causes, std::vector{Cause::kIllness, Cause::kWater});
  some(node.labels, std::vector<std::string>{"a", "", "b"});
  return node;
}

LinkRecord AnyLink(RandomRecords& random) {
  LinkRecord link = random.RandomLink();
  const auto some = [&](auto& to, auto value) {
    if (random.Chance(50)) to = value;
  };
  some(link.agreement, "agreement"), some(link.promised_yuan, 1.25), some(link.capacity, 3.0);
  some(link.priority, Priority::kResidual), some(link.tightness, Tightness::kEquity);
  some(link.driver, Driver::kSocial), some(link.policy, "policy"), some(link.weight, 0.0);
  some(link.product, "茶"), some(link.sector, Sector::kPrimary);
  if (random.Chance(30)) link.properties["k"] = "v";
  return link;
}

// A few bytes of it changed, cut off or put in between.
std::string Damaged(std::string value, RandomRecords& random) {
  for (int i = random.Below(4); i > 0 && !value.empty(); --i) {
    const auto at = static_cast<std::size_t>(random.Below(static_cast<int>(value.size())));
    const auto byte = static_cast<char>(random.Below(256));
    switch (random.Below(3)) {
      case 0:
        value[at] = byte;
        break;
      case 1:
        value.insert(at, 1, byte);
        break;
      default:
        value.resize(random.Chance(50) ? at : value.size() - 1);
    }
  }
  return value;
}

TEST(BulkScanTest, AViewSaysOfANodeWhatTheRecordSays) {
  RandomRecords random(1);
  NodeRecord record;
  NodeView view;  // used again, as scans do
  int bad = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string value = Damaged(EncodeNode(AnyNode(random)), random);
    const absl::Status status = DecodeNode(value, record);
    ASSERT_EQ(DecodeNode(value, view), status);
    bad += status.ok() ? 0 : 1;
    if (!status.ok()) continue;
    ASSERT_EQ(Text(view), Text(ViewOf(record)));
  }
  EXPECT_GT(bad, 1000);
  EXPECT_LT(bad, 19000);
}

TEST(BulkScanTest, AViewSaysOfALinkWhatTheRecordSays) {
  RandomRecords random(2);
  LinkRecord record;
  LinkView view;
  int bad = 0;
  for (int i = 0; i < 20000; ++i) {
    const LinkRecord link = AnyLink(random);
    const std::string value = Damaged(LinkIdPart(link.id) + EncodeLinkBody(link), random);
    const absl::Status status = DecodeLink(value, link.mechanism, record);
    ASSERT_EQ(DecodeLink(value, link.mechanism, view), status);
    bad += status.ok() ? 0 : 1;
    if (!status.ok()) continue;
    ASSERT_EQ(Text(view), Text(ViewOf(record)));
  }
  EXPECT_GT(bad, 1000);
  EXPECT_LT(bad, 19000);
}

}  // namespace
}  // namespace lianjie::storage
