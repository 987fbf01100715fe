// The parts below the Store: keys, shares, the map's snapshots, and that the checker finds what is
// broken.
#include <algorithm>
#include <map>
#include <random>

#include "engine/core/ids.h"
#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/keys.h"
#include "storage/memory_key_value.h"
#include "storage/overlay.h"
#include "storage/shares.h"
#include "tests/storage/checker.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

TEST(KeysTest, CodedIdsSortAsIdsCompare) {
  std::vector<std::string> ids = {"0",
                                  "00",
                                  "000",
                                  "1",
                                  "01",
                                  "9",
                                  "10",
                                  "09",
                                  "123456789012345678901",
                                  std::string(512, '9'),
                                  std::string(512, '0'),
                                  "a",
                                  "A",
                                  "-",
                                  "~",
                                  "1a",
                                  "a1",
                                  "村",
                                  "é",
                                  " 1",
                                  "1 ",
                                  "1.0"};
  for (const std::string& a : ids) {
    for (const std::string& b : ids) {
      EXPECT_EQ(CompareIds(a, b) < 0, EncodeId(a) < EncodeId(b)) << a << " " << b;
      EXPECT_EQ(a == b, EncodeId(a) == EncodeId(b));
    }
  }
}

TEST(KeysTest, PlacesAndNumbersComeBack) {
  const LinkPlace place{
      .source = kMaxNumber, .mechanism = Mechanism::kTransfer, .target = 1, .link = 1ull << 33U};
  EXPECT_EQ(DecodePlace(EncodePlace(place)), place);
  EXPECT_EQ(ParseOutLinkKey(OutLinkKey(3, place)), place);
  EXPECT_EQ(ParseInLinkKey(InLinkKey(3, place)), place);
  const NodePlace node{.number = kMaxNumber, .kind = NodeKind::kFund};
  EXPECT_EQ(DecodeNodePlace(EncodeNodePlace(node)), node);
  EXPECT_EQ(ParseNodeKey(NodeKey(1, 77)), 77);
  EXPECT_FALSE(DecodePlace("short").has_value());
  EXPECT_FALSE(DecodeNodePlace("12345").has_value());
  EXPECT_LT(OutLinkKey(1, {.source = 255, .mechanism = {}, .target = 0, .link = 0}),
            OutLinkKey(1, {.source = 256, .mechanism = {}, .target = 0, .link = 0}));
  EXPECT_EQ(AfterPrefix("a\xff\xff"), "b");
  EXPECT_EQ(AfterPrefix("\xff"), "");
  const auto line = ParseLineKey(LineKey(1, "52", 2020));
  EXPECT_EQ(line->region, "52");
  EXPECT_EQ(line->year, 2020);
}

// Against the plain definition, on random claims over few days.
TEST(SharesTest, HoldsAtEveryDate) {
  std::mt19937 random(5);
  int broken = 0;
  for (int round = 0; round < 3000; ++round) {
    PayerShares shares;
    std::map<PayerShares::Key, ShareClaim> now;
    const auto claim = [&] {
      const int from = static_cast<int>(random() % 6);
      ShareClaim c{.valid = {{from}, {from + 1 + static_cast<int>(random() % 4)}},
                   .share = static_cast<double>(random() % 6) / 10};
      if (random() % 4 == 0) c.valid.from = kDateMin;
      if (random() % 4 == 0) c.valid.to = kDateMax;
      return c;
    };
    const auto holds = [](const std::map<PayerShares::Key, ShareClaim>& claims) {
      for (int day = -1; day < 12; ++day) {
        double sum = 0;
        for (const auto& [key, c] : claims) sum += c.valid.Contains({day}) ? c.share : 0;
        if (sum > 1 + kShareTolerance) return false;
      }
      return true;
    };
    for (PayerShares::Key key = 0; key < 3; ++key) {
      auto more = now;
      more[key] = claim();
      if (!holds(more)) continue;
      now = more;
      shares.Set(key, now[key]);
    }
    auto after = now;
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < 5; ++i) {
      const PayerShares::Key key = random() % 6;
      const std::optional<ShareClaim> c = random() % 5 == 0 ? std::nullopt : std::optional(claim());
      shares.Change(key, c);
      auto next = now;
      for (auto* state : {&after, &next}) {
        state->erase(key);
        if (c.has_value()) (*state)[key] = *c;
      }
      if (holds(next)) {
        now = next;
      } else {
        expected.push_back(i);
      }
    }
    EXPECT_EQ(shares.Holds(), holds(after));
    if (holds(after)) expected.clear();
    std::vector<std::size_t> found;
    for (const auto& breach : shares.Breaches()) found.push_back(breach.change);
    EXPECT_EQ(found, expected) << round;
    broken += expected.empty() ? 0 : 1;
  }
  EXPECT_GT(broken, 300);
}

TEST(OverlayTest, ShowsTheBaseWithItsChanges) {
  const auto kv = MakeMemoryKeyValue();
  ASSERT_TRUE(kv->Write({{"a", "1"}, {"b", "2"}, {"d", "4"}, {"e", "5"}}, true).ok());
  const auto snapshot = kv->Snapshot();
  Overlay lower(*snapshot);
  lower.Delete("a");
  lower.Put("c", "3");
  const KeyValueReader& below = lower;
  Overlay upper(below);
  upper.Put("a", "9");
  upper.Delete("e");
  upper.Delete("none");
  const auto dump = [](const KeyValueReader& reader, const std::string& from,
                       const std::string& to) {
    std::string out;
    for (auto it = reader.NewIterator(from, to); it->Valid(); it->Next()) {
      out += Cat(it->key(), it->value(), " ");
    }
    return out;
  };
  EXPECT_EQ(dump(lower, "", ""), "b2 c3 d4 e5 ");
  EXPECT_EQ(dump(upper, "", ""), "a9 b2 c3 d4 ");
  EXPECT_EQ(dump(upper, "b", "d"), "b2 c3 ");
  EXPECT_EQ(upper.Get("a")->value(), "9");
  EXPECT_FALSE(upper.Get("e")->has_value());
  EXPECT_EQ(upper.Get("c")->value(), "3");
  upper.MoveInto(lower);
  EXPECT_EQ(dump(lower, "", ""), "a9 b2 c3 d4 ");
  EXPECT_EQ(dump(*snapshot, "", ""), "a1 b2 d4 e5 ");
}

class MapTest : public ::testing::TestWithParam<NamedMaker> {};

// Every snapshot keeps showing what was there, through writes, deletions and ingests.
TEST_P(MapTest, SnapshotsStayAsTheyAre) {
  const TempFolder folder;
  const auto kv = GetParam().make(folder.path()).kv;
  std::mt19937 random(3);
  using Entries = std::map<std::string, std::string>;
  const auto dump = [](const KeyValueReader& reader) {
    Entries entries;
    for (auto it = reader.NewIterator("k", "l"); it->Valid(); it->Next()) {
      entries[std::string(it->key())] = it->value();
    }
    return entries;
  };
  Entries now;
  std::vector<std::pair<std::shared_ptr<const KeyValueReader>, Entries>> held;
  for (int round = 0; round < 60; ++round) {
    KeyValueChanges changes;
    for (int i = 0; i < 20; ++i) {
      const std::string key = Cat("k", random() % 150);
      if (random() % 3 == 0) {
        changes[key] = std::nullopt;
      } else {
        changes[key] = Cat("v", round);
      }
    }
    for (const auto& [key, value] : changes) {
      now.erase(key);
      if (value.has_value()) now[key] = *value;
    }
    if (round % 10 == 9) {
      ASSERT_TRUE(kv->Ingest([&](KeyValueIngest& ingest) {
                      KeyValueSink& sink = ingest.NewSink();
                      for (const auto& [key, value] : changes) {
                        const auto status = value ? sink.Put(key, *value) : sink.Delete(key);
                        if (!status.ok()) return status;
                      }
                      return absl::OkStatus();
                    }).ok());
    } else {
      ASSERT_TRUE(kv->Write(changes, round % 7 == 0).ok());
    }
    held.emplace_back(kv->Snapshot(), now);
    if (held.size() > 12) held.erase(held.begin() + random() % 12);
    for (const auto& [snapshot, entries] : held) EXPECT_EQ(dump(*snapshot), entries);
  }
  // A load that fails leaves nothing.
  EXPECT_EQ(kv->Ingest([&](KeyValueIngest& ingest) {
                KeyValueSink& sink = ingest.NewSink();
                EXPECT_TRUE(sink.Put("k0", "lost").ok());
                return absl::CancelledError("enough");
              }).code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(dump(*kv->Snapshot()), now);
}

INSTANTIATE_TEST_SUITE_P(Conformance, MapTest, ::testing::ValuesIn(Subjects()),
                         [](const auto& info) { return info.param.name; });

// The checker itself: each fault that is planted is found.
TEST(CheckerTest, FindsWhatIsBroken) {
  const auto planted = [](const KeyValueChanges& fault) {
    const auto subject = Subjects()[0].make("");
    EXPECT_TRUE(subject.store->CreateGraph("g", {}).ok());
    Batch batch;
    batch.graph = "g";
    NodeRecord a = Node("A");
    a.region = "R";
    batch.writes = {Put(Region("R", "", 1)), Create(a), Create(Node("B")),
                    Create(ShareLink("L", "A", "B", 1))};
    EXPECT_TRUE(subject.store->Commit(batch).ok());
    EXPECT_TRUE(CheckMap(*subject.kv->Snapshot()).empty());
    EXPECT_TRUE(subject.kv->Write(fault, true).ok());
    return CheckMap(*subject.kv->Snapshot()).size();
  };
  const LinkPlace place{.source = 0, .mechanism = Mechanism::kSupply, .target = 1, .link = 0};
  const auto gone = std::optional<std::string>();
  EXPECT_EQ(planted({}), 0);
  EXPECT_GT(planted({{InLinkKey(1, place), gone}}), 0);
  EXPECT_GT(planted({{OutLinkKey(1, place), gone}}), 0);
  EXPECT_GT(planted({{LinkIdKey(1, "L"), gone}}), 0);
  EXPECT_GT(planted({{NodeKey(1, 1), gone}}), 0);
  EXPECT_GT(planted({{NodeIdKey(1, "A"), EncodeNodePlace({1, NodeKind::kFirm})}}), 0);
  EXPECT_GT(planted({{NodeIdKey(1, "A"), gone}}), 0);
  EXPECT_GT(planted({{RegionKey(1, "R"), gone}}), 0);
  EXPECT_GT(planted({{RegionUseKey(1, "R"), gone}}), 0);
  EXPECT_GT(planted({{MetaKey(1), EncodeMeta({})}}), 0);
  EXPECT_GT(planted({{OutLinkKey(1, place), std::string("rubbish")}}), 0);
  EXPECT_GT(planted({{NodeKey(1, 0), EncodeNode(Node("A", NodeKind::kLand))}}), 0);
  EXPECT_GT(
      planted(
          {{OutLinkKey(1, {.source = 0, .mechanism = Mechanism::kSupply, .target = 1, .link = 7}),
            LinkIdPart("M") + EncodeLinkBody(Normal(ShareLink("M", "A", "B", 0.5)))}}),
      0);
  EXPECT_GT(planted({{GraphNameKey("g"), gone}}), 0);
}

}  // namespace
}  // namespace lianjie::storage
