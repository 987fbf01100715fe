// What is written by messages and read field by field must be the same records, and no bytes may
// lead a reader astray.
#include "storage/codec.h"

#include <cstdint>
#include <string>

#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "storage/wire.h"
#include "tests/storage/random_records.h"

namespace lianjie::storage {
namespace {

NodeRecord FullNode() {
  NodeRecord node;
  node.id = "H1";
  node.kind = NodeKind::kHousehold;
  node.subtype = "s", node.name = "张三", node.region = "520328", node.industry = "A01";
  node.sector = Sector::kSecondary, node.stage = Stage::kProcessing;
  node.registration = Registration::kLiftedOut, node.monitoring = Monitoring::kNone;
  node.lifted_out_year = 2019, node.persons = 4, node.income_year = -1;
  node.labour_skilled = 0, node.labour_ordinary = 1, node.labour_weak = 1;
  node.causes = {static_cast<Cause>(1), static_cast<Cause>(3)};
  node.income_wage_yuan = 1.5, node.income_operating_yuan = 2.5, node.income_property_yuan = 0;
  node.income_transfer_yuan = -4, node.land_mu = 5, node.capacity_jobs = 6;
  node.capacity_tonnes = 7, node.capacity_mu = 8, node.revenue_yuan = 1e300, node.equity_yuan = 9;
  node.operating_status = static_cast<OperatingStatus>(1), node.outside_revenue_yuan = 10;
  node.leak_share = 0.25, node.valid = {Date{-5}, Date{70000}};
  node.labels = {"a", "", "c"}, node.properties = {{"k", "v"}, {"l", ""}};
  return node;
}

LinkRecord FullLink() {
  LinkRecord link;
  link.id = "L1", link.agreement = "a", link.mechanism = Mechanism::kSupply;
  link.kind = KindOf(Mechanism::kSupply);
  link.promised_yuan = 1, link.paid_yuan = 2, link.share = 0.5, link.share_of = ShareOf::kReceipts;
  link.capacity = 3, link.priority = static_cast<Priority>(1);
  link.tightness = static_cast<Tightness>(1), link.driver = static_cast<Driver>(2);
  link.policy = "p", link.weight = 0, link.valid = {Date{1}, Date{2}};
  link.status = LinkStatus::kActive, link.product = "茶", link.sector = Sector::kPrimary;
  link.properties = {{"k", "v"}};
  return link;
}

std::string ValueOf(const LinkRecord& link) { return LinkIdPart(link.id) + EncodeLinkBody(link); }

TEST(CodecTest, ReadsEveryFieldThatIsWritten) {
  NodeRecord node;
  ASSERT_TRUE(DecodeNode(EncodeNode(FullNode()), node).ok());
  EXPECT_EQ(node, FullNode());
  LinkRecord link;
  ASSERT_TRUE(DecodeLink(ValueOf(FullLink()), Mechanism::kSupply, link).ok());
  EXPECT_EQ(link, FullLink());
}

// An image is written by messages, and the value is the last that it holds.
TEST(CodecTest, WritesWhatMessagesWrite) {
  NodeRecord node = FullNode();
  LinkRecord link = FullLink();
  for (const std::size_t size : {0, 1, 2, 7, 100, 127, 128, 129, 5000, 16383, 16384, 70000}) {
    const std::string text(size, 'x');
    node.name = node.industry = node.labels[1] = node.properties[""] = text;
    node.properties[text] = "v";
    node.persons = static_cast<std::int64_t>(size) * 1000003;
    node.valid.from = Date{static_cast<std::int32_t>(size) - 3000};
    node.causes.assign(size % 300, Cause::kMotivation);
    node.causes.push_back(static_cast<Cause>(200));
    EXPECT_TRUE(EncodeImage(node).ends_with(EncodeNode(node))) << size;
    link.policy = link.product = link.properties["k"] = link.agreement = text;
    link.valid.to = node.valid.from;
    EXPECT_TRUE(EncodeImage(link).ends_with(EncodeLinkBody(link))) << size;
  }
  std::string value = "before";
  AppendNode(node, value);
  EXPECT_EQ(value, "before" + EncodeNode(node));
  EXPECT_EQ(EncodeNode(NodeRecord()), "");
  EXPECT_EQ(EncodeLinkBody(LinkRecord()), "");
}

TEST(CodecTest, NothingOfTheRecordBeforeStays) {
  NodeRecord node = FullNode();
  NodeRecord bare;
  bare.id = "B";
  ASSERT_TRUE(DecodeNode(EncodeNode(bare), node).ok());
  EXPECT_EQ(node, bare);
  LinkRecord link = FullLink();
  link.source = "x";
  LinkRecord bare_link;
  bare_link.id = "L";
  bare_link.mechanism = Mechanism::kSupply;
  bare_link.kind = KindOf(Mechanism::kSupply);
  ASSERT_TRUE(DecodeLink(ValueOf(bare_link), Mechanism::kSupply, link).ok());
  EXPECT_EQ(link, bare_link);
}

TEST(CodecTest, ReadsImagesOfEveryKind) {
  LinkRecord link = FullLink();
  link.source = "A", link.target = "B";
  const RegionRecord region{.code = "52", .parent = "", .name = "贵州", .level = 1};
  const LineRecord line{"52", 2020, 4000.0, {}};
  for (const Change::Image& image :
       {Change::Image(), Change::Image(FullNode()), Change::Image(link), Change::Image(region),
        Change::Image(line)}) {
    Change change;
    change.revision = 7;
    change.commit_time_micros = 123456789;
    change.before = image;
    change.reloaded = true;
    Change read;
    read.revision = 7;
    read.after = region;
    ASSERT_TRUE(DecodeChange(EncodeChange(change), read).ok());
    EXPECT_EQ(read.before, image);
    EXPECT_EQ(read.after, Change::Image());
    EXPECT_EQ(read.commit_time_micros, 123456789);
    EXPECT_EQ(read.revision, 7);
    EXPECT_TRUE(read.reloaded);
    EXPECT_FALSE(read.settings);
  }
}

TEST(CodecTest, PassesOverFieldsOfLaterReleases) {
  const std::string later(
      "\xF8\x07\x05"  // 127: a number
      "\xF1\x07"
      "12345678"  // 126: eight bytes
      "\xFA\x07\x03"
      "abc"  // 127: bytes
      "\xFD\x07"
      "1234",  // 127: four bytes
      25);
  NodeRecord node;
  ASSERT_TRUE(DecodeNode(later + EncodeNode(FullNode()) + later, node).ok());
  EXPECT_EQ(node, FullNode());
}

TEST(CodecTest, RefusesWhatIsCutOff) {
  NodeRecord node;
  const std::string value = EncodeNode(FullNode());
  std::size_t refused = 0;
  for (std::size_t size = 0; size < value.size(); ++size) {
    const absl::Status status = DecodeNode(value.substr(0, size), node);
    if (status.ok()) continue;
    ++refused;
    ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_GT(refused, value.size() / 2) << "all but between two fields";
}

TEST(CodecTest, ReadsAnyBytesWithoutHarm) {
  std::uint64_t state = 1;
  const auto next = [&state] {
    return state = state * 6364136223846793005U + 1442695040888963407U;
  };
  const std::string values[] = {EncodeNode(FullNode()), ValueOf(FullLink())};
  NodeRecord node;
  LinkRecord link;
  Change change;
  int refused = 0;
  for (int round = 0; round < 100000; ++round) {
    std::string bytes = values[round % 2];
    for (std::uint64_t flips = 1 + (next() >> 60U); flips > 0; --flips) {
      bytes[(next() >> 33U) % bytes.size()] = static_cast<char>(next() >> 40U);
    }
    refused += DecodeNode(bytes, node).ok() ? 0 : 1;
    refused += DecodeLink(bytes, Mechanism::kSupply, link).ok() ? 0 : 1;
    refused += DecodeChange(bytes, change).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 1000);
}

TEST(WireReaderTest, NumbersOfEverySize) {
  const std::string bytes("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x10\x01\x18\x80", 15);
  WireReader in(bytes);
  EXPECT_EQ(in.NextField(), 1U);
  EXPECT_EQ(in.Number(), ~std::uint64_t{0});
  EXPECT_EQ(in.NextField(), 2U);
  EXPECT_EQ(in.ZigZag(), -1);
  EXPECT_EQ(in.NextField(), 3U);
  in.Number();
  EXPECT_TRUE(in.failed()) << "a number that goes on beyond the end";
  EXPECT_EQ(in.NextField(), 0U);
  WireReader wrong(bytes);
  wrong.NextField();
  wrong.Bytes();
  EXPECT_TRUE(wrong.failed()) << "of another type than asked for";
}

}  // namespace
}  // namespace lianjie::storage
