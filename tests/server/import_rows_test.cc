// Rows read straight from bytes are what the library's parser and FromProto make of the same bytes:
// held to that on random messages, on random damage to them, and on whole imports.
#include "server/import_rows.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "lianjie/v1/transfer.pb.h"
#include "server/convert.h"
#include "server/import_handler.h"
#include "storage/codec.h"

namespace lianjie::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Random messages of the API. The usual ones hold nothing but what a client that knows the API
// would send; the others also numbers of no enum, negative ones, and days that are not.
class RandomMessages {
 public:
  explicit RandomMessages(unsigned seed) : random_(seed) {}

  int Below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool Chance(int percent) { return Below(100) < percent; }

  void Fill(Message& message, bool usual) {
    const int fields = 5 + Below(90);  // of a hundred
    const auto* type = message.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor& field = *type->field(i);
      const int values = !Chance(fields) ? 0 : field.is_repeated() ? 1 + Below(4) : 1;
      for (int k = 0; k < values; ++k) Put(message, field, usual);
    }
  }

  // The bytes with some of them changed, left out, said twice or put in.
  std::string Damaged(std::string bytes) {
    for (int changes = 1 + Below(3); changes > 0; --changes) {
      const auto at = static_cast<std::size_t>(Below(static_cast<int>(bytes.size()) + 1));
      const auto size = static_cast<std::size_t>(1 + Below(Chance(80) ? 2 : 40));
      switch (Below(5)) {
        case 0:
          if (at < bytes.size()) bytes[at] = static_cast<char>(random_());
          break;
        case 1:
          if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(8)));
          break;
        case 2:
          bytes.erase(at, size);
          break;
        case 3:
          bytes.insert(at, bytes.substr(at, size));
          break;
        default:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       static_cast<char>(random_()));
      }
    }
    return bytes;
  }

  std::string Text() {
    static const std::vector<std::string> texts = {"",
                                                   "a",
                                                   "F-1",
                                                   "529901001001-H-17",
                                                   "茶",
                                                   "合成户一号",
                                                   "é",
                                                   "\xF0\x9F\x8D\xB5",
                                                   "tab\tin it",
                                                   "7",
                                                   "a rather long text of more than 16 bytes",
                                                   "DEL \x7F",
                                                   std::string("nul \0", 5),
                                                   std::string(130, 'x'),
                                                   "12345678",
                                                   "1234567;"};
    return texts[static_cast<std::size_t>(Below(static_cast<int>(texts.size())))];
  }

 private:
  double Double(bool usual) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    static const std::vector<double> odd = {-0.0, -1, std::nan(""), kInfinity, -kInfinity, 1e-310};
    if (!usual && Chance(20))
      return odd[static_cast<std::size_t>(Below(static_cast<int>(odd.size())))];
    return Chance(30) ? 0 : Below(4000) / 1000.0;
  }
  int Number(bool usual) {
    if (!usual && Chance(10)) return Below(2) == 0 ? -1 - Below(300) : static_cast<int>(random_());
    return Chance(50) ? Below(200) : 1990 + Below(40);
  }
  void PutDate(Message& message, bool usual) {
    auto& date = static_cast<google::type::Date&>(message);
    const bool odd = !usual && Chance(20);
    date.set_year(odd ? Below(12000) - 1000 : 1 + Below(9999));
    date.set_month(odd ? Below(14) : 1 + Below(12));
    date.set_day(odd ? Below(33) : 1 + Below(28));
  }
  void Put(Message& message, const FieldDescriptor& field, bool usual) {
    const Reflection& set = *message.GetReflection();
    const bool many = field.is_repeated();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        many ? set.AddString(&message, &field, Text()) : set.SetString(&message, &field, Text());
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        set.SetDouble(&message, &field, Double(usual));
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        set.SetInt32(&message, &field, Number(usual));
        break;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int size = field.enum_type()->value_count();
        const int value = !usual && Chance(10) ? Below(400) - 100 : Below(size);
        many ? set.AddEnumValue(&message, &field, value)
             : set.SetEnumValue(&message, &field, value);
        break;
      }
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message& sub =
            many ? *set.AddMessage(&message, &field) : *set.MutableMessage(&message, &field);
        field.is_map() ? Fill(sub, usual) : PutDate(sub, usual);
        break;
      }
      default:
        FAIL() << field.full_name() << " is of a type that no record has";
    }
  }

  std::mt19937 random_;
};

// All that a record says, as bytes: unlike ==, the same for the same NaN and not for 0 and -0.
std::string Said(const NodeRecord& node) { return storage::EncodeNode(node); }
std::string Said(const LinkRecord& link) {
  return Cat(link.id, "|", link.source, "|", link.target, "|", static_cast<int>(link.mechanism),
             "|", static_cast<int>(link.kind), "|", storage::EncodeLinkBody(link));
}
bool Read(std::string_view bytes, NodeRecord& node) { return ReadNode(bytes, node); }
bool Read(std::string_view bytes, LinkRecord& link) { return ReadLink(bytes, link); }

// Whether the bytes were read; if so, as by way of the message.
template <typename Proto, typename Record>
bool ReadAlike(const std::string& bytes, Record& used_before) {
  if (!Read(bytes, used_before)) return false;
  Proto message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  const absl::StatusOr<Record> expected = FromProto(message);
  EXPECT_TRUE(expected.ok()) << expected.status();
  EXPECT_EQ(Said(used_before), Said(expected.value_or(Record{}))) << message.DebugString();
  return true;
}

template <typename Proto, typename Record> void CheckRandomMessages(unsigned seed) {
  RandomMessages random(seed);
  Record record;
  int unusual_read = 0;
  int damaged_read = 0;
  for (int i = 0; i < 20000 && !::testing::Test::HasFailure(); ++i) {
    const bool usual = random.Chance(50);
    Proto message;
    random.Fill(message, usual);
    const std::string bytes = message.SerializeAsString();
    const bool read = ReadAlike<Proto>(bytes, record);
    EXPECT_TRUE(read || !usual) << message.DebugString();
    unusual_read += !usual && read ? 1 : 0;
    damaged_read += ReadAlike<Proto>(random.Damaged(bytes), record) ? 1 : 0;
  }
  EXPECT_GT(unusual_read, 500);
  EXPECT_GT(damaged_read, 500);
}

TEST(ImportRows, NodesAreReadAsByMessages) { CheckRandomMessages<v1::Node, NodeRecord>(1); }
TEST(ImportRows, LinksAreReadAsByMessages) { CheckRandomMessages<v1::Link, LinkRecord>(2); }

TEST(ImportRows, WhatIsNotAsUsualIsLeftToMessages) {
  LinkRecord link;
  const std::string good("\x0a\x01l\x1a\x01s\x22\x01t", 9);
  EXPECT_TRUE(ReadLink(good, link));
  EXPECT_EQ(link.id, "l");
  EXPECT_EQ(link.target, "t");
  const std::vector<std::string> unusual = {
      good + std::string("\x0a\x01l", 3),              // an order of its own
      good + std::string("\x22\x01u", 3),              // a field twice
      good + std::string("\xfa\x01\x01x", 4),          // one that is not known
      good + std::string("\x28\x94\x03", 3),           // no mechanism
      good + std::string("\x2a\x01x", 3),              // another wire type
      good + std::string("\x00", 1),                   // a field 0
      good + std::string("\x3b\x3c", 2),               // a group
      good + std::string("\x39\x00\x00", 3),           // a number that ends early
      good + std::string("\x72\x7f", 2),               // a text that does
      good + std::string("\x72\x02\xc3\x28", 4),       // and one that is not UTF-8
      good + std::string("\x72\x03\xed\xa0\x80", 5),   // half a surrogate pair
      good + std::string("\x8a\x01\x02\x08\x01", 5)};  // a day without a month
  for (const std::string& bytes : unusual) EXPECT_FALSE(ReadLink(bytes, link)) << bytes;
}

TEST(ImportRows, AgreeWithTheLibraryOnWhatIsUtf8) {
  const google::protobuf::LogSilencer silence;  // of its complaints about what is not UTF-8
  // Every sequence of two bytes, and of three and four those around the limits.
  static const std::vector<int> edges = {0x00, 0x7F, 0x80, 0x8F, 0x90,
                                         0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  const auto check = [](const std::string& text) {
    const std::string bytes = Cat("\x0a", static_cast<char>(text.size()), text);
    LinkRecord link;
    EXPECT_EQ(ReadLink(bytes, link), v1::Link().ParseFromString(bytes));
  };
  for (int a = 0; a < 256; ++a) {
    const std::string first(1, static_cast<char>(a));
    for (int b = 0; b < 256; ++b) check(first + static_cast<char>(b));
    for (const int b : edges) {
      for (const int c : edges) {
        const std::string three = first + static_cast<char>(b) + static_cast<char>(c);
        check(three);
        if (a < 0xC0) continue;
        for (const int d : edges) check(three + static_cast<char>(d));
      }
    }
  }
}

TEST(ImportRows, TheLayoutOfAChunk) {
  v1::ImportRequest request;
  v1::ImportChunk& chunk = *request.mutable_chunk();
  ImportRows rows;
  EXPECT_FALSE(rows.Open(request.SerializeAsString()));  // no rows
  chunk.set_origin("links.csv");
  chunk.add_links()->set_id("a");
  chunk.add_links()->set_id("b");
  const std::string unnumbered = request.SerializeAsString();
  ASSERT_TRUE(rows.Open(unnumbered));
  EXPECT_TRUE(rows.are_links());
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1], chunk.links(1).SerializeAsString());
  EXPECT_EQ(rows.origin(), "links.csv");
  EXPECT_TRUE(rows.line_numbers().empty());
  chunk.add_line_numbers(7);
  EXPECT_FALSE(rows.Open(request.SerializeAsString()));  // too few line numbers
  chunk.add_line_numbers(3000);
  EXPECT_TRUE(rows.Open(request.SerializeAsString()));
  EXPECT_EQ(rows.line_numbers(), (std::vector<std::int64_t>{7, 3000}));
  chunk.add_nodes()->set_id("c");
  EXPECT_FALSE(rows.Open(request.SerializeAsString()));  // rows of two kinds
}

// One import into a store of its own.
class Import {
 public:
  Import() : handler_(*store_, loads_) {}

  absl::Status Take(std::string_view bytes, std::size_t slice_bytes) {
    std::vector<grpc::Slice> slices;
    for (std::size_t at = 0; at < bytes.size(); at += slice_bytes) {
      slices.emplace_back(std::string(bytes.substr(at, slice_bytes)));
    }
    return handler_.Take(grpc::ByteBuffer(slices.data(), slices.size()), std::size_t{1} << 20);
  }
  // The answer, and the digest of what lies in the store.
  std::string Finish() {
    const absl::StatusOr<v1::ImportResponse> response = handler_.Finish();
    if (!response.ok()) return response.status().ToString();
    done_ = response->nodes().created_count() > 0 && response->links().created_count() > 0;
    return Cat(response->DebugString(), ToProto((*store_->ListGraphs())[0]).digest());
  }
  // Nodes and links are in the store.
  bool done() const { return done_; }

 private:
  bool done_ = false;
  Loads loads_{storage::LoadOptions().memory_bytes};
  std::unique_ptr<storage::Store> store_ = storage::MakeMemoryStore();
  ImportHandler handler_;
};

// The rows of an import over few ids, good and bad ones.
v1::ImportRequest RandomChunk(RandomMessages& random, bool usual) {
  v1::ImportRequest request;
  v1::ImportChunk& chunk = *request.mutable_chunk();
  if (random.Chance(80)) chunk.set_origin(random.Text());
  const bool links = random.Chance(60);
  const bool numbered = random.Chance(50);
  const int rows = 1 + random.Below(20);
  for (int i = 0; i < rows; ++i) {
    if (links) {
      v1::Link& link = *chunk.add_links();
      if (random.Chance(20)) random.Fill(link, usual);
      link.set_source(Cat("n", random.Below(20)));
      link.set_target(Cat("n", random.Below(20)));
      if (random.Chance(80)) link.set_id(Cat("l", random.Below(10000)));
      if (random.Chance(90)) link.clear_share();
    } else {
      v1::Node& node = *chunk.add_nodes();
      if (random.Chance(30)) random.Fill(node, usual);
      node.set_id(Cat("n", 20 + random.Below(2000)));
      node.clear_region();
    }
    if (numbered) chunk.add_line_numbers(10 + 3 * i);
  }
  return request;
}

v1::ImportRequest EndsOfLinks() {
  v1::ImportRequest request;
  for (int i = 0; i < 20; ++i) request.mutable_chunk()->add_nodes()->set_id(Cat("n", i));
  return request;
}

TEST(ImportRows, ImportsAreAlike) {
  const google::protobuf::LogSilencer silence;  // of its complaints about what is not UTF-8
  // A field that no message has, which the library passes over: so the rows go by messages.
  const std::string unknown("\xf8\x06\x01", 3);
  int done = 0;
  for (unsigned seed = 0; seed < 300 && !HasFailure(); ++seed) {
    RandomMessages random(seed);
    Import straight;
    Import by_messages;
    v1::ImportRequest options;
    options.mutable_options()->set_collect_bad_rows(random.Chance(80));
    options.mutable_options()->set_max_bad_rows(random.Chance(80) ? 0 : 5);
    if (random.Chance(30)) options.mutable_options()->set_request_id("r");
    ASSERT_TRUE(straight.Take(options.SerializeAsString(), 1000).ok());
    ASSERT_TRUE(by_messages.Take(options.SerializeAsString(), 1000).ok());
    const bool usual = random.Chance(70);
    absl::Status status;
    v1::ImportRequest end;
    for (int chunks = random.Below(12); status.ok() && chunks >= 0; --chunks) {
      v1::ImportRequest request = RandomChunk(random, usual);
      if (!end.has_end()) request = EndsOfLinks();
      const v1::ImportChunk& chunk = request.chunk();
      end.mutable_end()->set_row_count(end.end().row_count() + chunk.nodes_size() +
                                       chunk.links_size());
      std::string bytes = request.SerializeAsString();
      if (!usual && random.Chance(5)) bytes = random.Damaged(bytes);
      status = straight.Take(bytes, static_cast<std::size_t>(1 + random.Below(3000)));
      const absl::Status expected = by_messages.Take(unknown + bytes, 1 << 20);
      EXPECT_EQ(status.ToString(), expected.ToString()) << "seed " << seed;
    }
    if (!status.ok()) continue;
    status = straight.Take(end.SerializeAsString(), 1000);
    EXPECT_EQ(status.ToString(), by_messages.Take(end.SerializeAsString(), 1000).ToString());
    EXPECT_EQ(straight.Finish(), by_messages.Finish()) << "seed " << seed;
    done += straight.done() ? 1 : 0;
  }
  EXPECT_GT(done, 50);
}

}  // namespace
}  // namespace lianjie::server
