// Rows written by hand, held to what Protocol Buffers read from them, and to the messages that the
// server makes of the same records.
#include "clients/cli/input/row_wire.h"

#include <google/protobuf/util/message_differencer.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/input/chunk.h"
#include "gtest/gtest.h"
#include "lianjie/v1/transfer.pb.h"
#include "server/convert.h"
#include "server/import_rows.h"

namespace lianjie::cli {
namespace {

using google::protobuf::util::MessageDifferencer;

class RandomRecord {
 public:
  explicit RandomRecord(unsigned seed) : random_(seed) {}

  std::uint64_t Below(std::uint64_t n) { return random_() % n; }
  bool Chance(unsigned percent) { return Below(100) < percent; }

  std::string Text() {
    if (Chance(40)) return {};
    static const std::vector<std::string> kPieces = {"a", "7", "茶", " ", "é", "-"};
    const std::uint64_t pieces = Chance(2) ? 20000 : Chance(10) ? 130 : Below(12);
    std::string text;
    for (std::uint64_t i = 0; i < pieces; ++i) text += kPieces[Below(kPieces.size())];
    return text;
  }
  template <typename E> void Set(E& value) {
    if (Chance(70)) value = static_cast<E>(Below(EnumNames<E>().size()));
  }
  void Set(std::optional<double>& value) {
    static const std::vector<double> kOdd = {0, -0.0, 1, -1.5, 1e308, 5e-324};
    if (Chance(60)) value = Chance(30) ? kOdd[Below(kOdd.size())] : 0.01 * Below(1000000);
  }
  void Set(std::int64_t& value) {
    static const std::vector<std::int64_t> kOdd = {0,
                                                   -1,
                                                   127,
                                                   128,
                                                   std::numeric_limits<std::int64_t>::min(),
                                                   std::numeric_limits<std::int64_t>::max(),
                                                   std::int64_t{1} << 31};
    value = Chance(30) ? kOdd[Below(kOdd.size())] : static_cast<std::int64_t>(Below(3000));
  }
  void Set(std::optional<std::int64_t>& value) {
    if (Chance(60)) Set(value.emplace());
  }
  void Set(Interval& valid) {
    if (Chance(50)) valid.from = Day();
    if (Chance(50)) valid.to = Day();
  }
  void Set(std::map<std::string, std::string>& properties) {
    if (Chance(70)) return;
    for (auto left = Below(4); left > 0; --left) properties[Text()] = Text();
  }

  void Fill(NodeRecord& r) {
    for (std::string* text : {&r.id, &r.subtype, &r.name, &r.region, &r.industry}) *text = Text();
    Set(r.kind), Set(r.sector), Set(r.stage), Set(r.registration), Set(r.monitoring);
    Set(r.operating_status);
    for (auto* value : {&r.lifted_out_year, &r.persons, &r.labour_skilled, &r.labour_ordinary,
                        &r.labour_weak, &r.income_year})
      Set(*value);
    for (auto left = Chance(30) ? Below(5) : 0; left > 0; --left)
      r.causes.push_back(static_cast<Cause>(1 + Below(11)));
    for (auto* value :
         {&r.income_wage_yuan, &r.income_operating_yuan, &r.income_property_yuan,
          &r.income_transfer_yuan, &r.land_mu, &r.capacity_jobs, &r.capacity_tonnes, &r.capacity_mu,
          &r.revenue_yuan, &r.equity_yuan, &r.outside_revenue_yuan, &r.leak_share})
      Set(*value);
    Set(r.valid), Set(r.properties);
    for (auto left = Chance(30) ? Below(4) : 0; left > 0; --left) r.labels.push_back(Text());
  }
  void Fill(LinkRecord& r) {
    for (std::string* text : {&r.id, &r.agreement, &r.source, &r.target, &r.policy, &r.product})
      *text = Text();
    Set(r.mechanism), Set(r.kind), Set(r.share_of), Set(r.priority), Set(r.tightness);
    Set(r.driver), Set(r.status), Set(r.sector), Set(r.valid), Set(r.properties);
    for (auto* value : {&r.promised_yuan, &r.paid_yuan, &r.share, &r.capacity, &r.weight})
      Set(*value);
  }
  void Fill(RegionRecord& r) {
    for (std::string* text : {&r.code, &r.parent, &r.name}) *text = Text();
    Set(r.level);
  }
  void Fill(LineRecord& r) {
    r.region = Text();
    Set(r.year), Set(r.line_yuan), Set(r.minimum_benefit_yuan);
  }

 private:
  Date Day() { return {static_cast<std::int32_t>(Below(800000)) - 400000}; }

  std::mt19937_64 random_;
};

// A server reads what a client of ours writes without messages between; were a row unusual to it, a
// load would cost three times as much, and nothing else would tell.
TEST(RowWireTest, IsUsualToTheServer) {
  RandomRecord random(2);
  const auto bytes_of = [](const auto& record) {
    std::string bytes(MostBytes(record), '\0');
    bytes.resize(static_cast<std::size_t>(WriteRow(record, bytes.data()) - bytes.data()));
    return bytes;
  };
  NodeRecord read_node;
  LinkRecord read_link;
  for (int i = 0; i < 2000; ++i) {
    NodeRecord node;
    random.Fill(node);
    for (auto* value : {&node.lifted_out_year, &node.persons, &node.labour_skilled,
                        &node.labour_ordinary, &node.labour_weak, &node.income_year}) {
      if (value->has_value()) *value = static_cast<std::int64_t>(random.Below(3000));
    }
    ASSERT_TRUE(server::ReadNode(bytes_of(node), read_node)) << i;
    EXPECT_EQ(read_node, *server::FromProto(server::ToProto(node))) << i;
    LinkRecord link;
    random.Fill(link);
    ASSERT_TRUE(server::ReadLink(bytes_of(link), read_link)) << i;
    EXPECT_EQ(read_link, *server::FromProto(server::ToProto(link))) << i;
  }
}

template <typename Record> class RowWire : public testing::Test {};
using Records = testing::Types<NodeRecord, LinkRecord, RegionRecord, LineRecord>;
TYPED_TEST_SUITE(RowWire, Records);

TYPED_TEST(RowWire, IsWhatProtocolBuffersRead) {
  RandomRecord random(1);
  for (int i = 0; i < 4000; ++i) {
    TypeParam record;
    if (i > 0) random.Fill(record);  // the first has nothing
    const auto expected = server::ToProto(record);
    std::string bytes(MostBytes(record), '\0');
    bytes.resize(static_cast<std::size_t>(WriteRow(record, bytes.data()) - bytes.data()));
    ASSERT_EQ(bytes.size(), expected.ByteSizeLong());
    auto read = expected;
    read.Clear();
    ASSERT_TRUE(read.ParseFromString(bytes));
    ASSERT_TRUE(MessageDifferencer::Equals(read, expected)) << read.ShortDebugString() << "\n"
                                                            << expected.ShortDebugString();
    if constexpr (!requires { record.properties; }) {
      ASSERT_EQ(bytes, expected.SerializeAsString());
    }
  }
}

template <typename Record> constexpr RecordKind KindOfRecord() {
  if constexpr (std::is_same_v<Record, NodeRecord>) return RecordKind::kNode;
  if constexpr (std::is_same_v<Record, LinkRecord>) return RecordKind::kLink;
  if constexpr (std::is_same_v<Record, RegionRecord>) return RecordKind::kRegion;
  return RecordKind::kLine;
}

void AddTo(v1::ImportChunk& rows, const NodeRecord& r) { server::ToProto(r, *rows.add_nodes()); }
void AddTo(v1::ImportChunk& rows, const LinkRecord& r) { server::ToProto(r, *rows.add_links()); }
void AddTo(v1::ImportChunk& rows, const RegionRecord& r) {
  server::ToProto(r, *rows.add_regions());
}
void AddTo(v1::ImportChunk& rows, const LineRecord& r) { server::ToProto(r, *rows.add_lines()); }

v1::ImportRequest Read(const grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  EXPECT_TRUE(bytes.TrySingleSlice(&slice).ok());  // one piece of memory
  v1::ImportRequest request;
  EXPECT_TRUE(request.ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
  return request;
}

TYPED_TEST(RowWire, FillsChunksThatTheServerReads) {
  RandomRecord random(2);
  for (const std::string& origin :
       {std::string(), std::string("links.csv"), std::string(300, 'd')}) {
    Chunk chunk(KindOfRecord<TypeParam>());
    chunk.Begin(origin);
    v1::ImportRequest expected;
    std::int64_t line = 1;
    int messages = 0;
    const auto take = [&] {
      const v1::ImportRequest read = Read(chunk.Take());
      ASSERT_TRUE(MessageDifferencer::Equals(read, expected));
      ASSERT_LE(read.ByteSizeLong(), Chunk::kBytes);
      expected.Clear();
      ++messages;
    };
    for (int i = 0; i < 6000; ++i) {
      TypeParam record;
      random.Fill(record);
      const std::size_t most = MostBytes(record);
      if (!chunk.Takes(most)) take();
      line += random.Chance(1) ? std::int64_t{1} << 40 : 1;
      ASSERT_EQ(chunk.Add(record, line, most, most), server::ToProto(record).ByteSizeLong());
      v1::ImportChunk& rows = *expected.mutable_chunk();
      rows.set_origin(origin);
      AddTo(rows, record);
      rows.add_line_numbers(line);
    }
    take();
    EXPECT_TRUE(chunk.empty());
    EXPECT_GE(messages, 1);
  }
}

TEST(Chunk, TakesALargeRowAloneAndNoneAboveTheLimit) {
  NodeRecord small;
  small.id = "A";
  NodeRecord large = small;
  for (int i = 0; i < 60; ++i) large.properties["p" + std::to_string(i)] = std::string(60000, 'x');
  const std::size_t most = MostBytes(large);
  Chunk chunk(RecordKind::kNode);
  chunk.Begin("n.csv");
  EXPECT_GT(chunk.Add(large, 2, most, 1000), 1000U);
  EXPECT_TRUE(chunk.empty());
  chunk.Add(large, 2, most, most);
  EXPECT_FALSE(chunk.Takes(MostBytes(small)));
  EXPECT_EQ(Read(chunk.Take()).chunk().nodes(0).properties().size(), 60U);
  chunk.Add(small, 3, MostBytes(small), most);
  EXPECT_TRUE(chunk.Takes(MostBytes(small)));
  EXPECT_FALSE(chunk.Takes(most));
  EXPECT_GT(chunk.Add(small, 4, MostBytes(small), 1), 1U);
  const v1::ImportRequest read = Read(chunk.Take());
  EXPECT_EQ(read.chunk().nodes_size(), 1);
  EXPECT_EQ(read.chunk().line_numbers(0), 3);
}

}  // namespace
}  // namespace lianjie::cli
