#include "engine/graph/regions.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/core/status.h"
#include "engine/graph/id_order.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Codes(const RegionTree& tree) {
  std::vector<std::string> codes;
  for (RegionIndex r = 0; r < tree.size(); ++r) codes.push_back(tree.code(r));
  return codes;
}

// A random forest of `size` regions: some codes of digits, some not, in random order.
std::vector<RegionRecord> RandomForest(std::uint64_t seed, std::size_t size) {
  testing::Random random(seed);
  std::vector<RegionRecord> records;
  for (std::size_t i = 0; i < size; ++i) {
    RegionRecord record;
    record.code = random.OneIn(2) ? std::to_string(i * 7 % 1000) + "0" : "R" + std::to_string(i);
    record.name = "name " + record.code;
    if (i > 0 && !random.OneIn(10)) {
      const RegionRecord& parent = records[random.Below(records.size())];
      record.parent = parent.code;
      record.level = parent.level + random.Between(1, 2);
    }
    records.push_back(record);
  }
  random.Shuffle(records);
  return records;
}

bool IsBelow(const std::vector<RegionRecord>& records, std::string code, const std::string& above) {
  while (!code.empty()) {
    if (code == above) return true;
    const auto record = std::find_if(records.begin(), records.end(),
                                     [&](const RegionRecord& r) { return r.code == code; });
    code = record->parent;
  }
  return false;
}

TEST(RegionTreeTest, PutsSiblingsInTheOrderOfIds) {
  const std::vector<RegionRecord> records = {
      {"B", "", "", 0},  {"10", "", "", 1},  {"9", "", "", 1},   {"b2", "B", "", 2},
      {"2", "9", "", 2}, {"b1", "B", "", 3}, {"010", "9", "", 2}};
  const RegionTree tree = *RegionTree::Build(records);
  EXPECT_THAT(Codes(tree), ElementsAre("9", "2", "010", "10", "B", "b1", "b2"));
  EXPECT_EQ(tree.end(0), 3u);
  EXPECT_EQ(tree.end(4), 7u);
  EXPECT_EQ(tree.parent(4), kNoRegion);
  EXPECT_EQ(tree.parent(5), 4u);
}

TEST(RegionTreeTest, RangesAreTheSubtrees) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<RegionRecord> records = RandomForest(seed, 80);
    const RegionTree tree = *RegionTree::Build(records);
    ASSERT_EQ(tree.size(), records.size());
    for (const RegionRecord& record : records) {
      const RegionIndex r = tree.Find(record.code);
      ASSERT_NE(r, kNoRegion);
      EXPECT_EQ(tree.code(r), record.code);
      EXPECT_EQ(tree.name(r), record.name);
      EXPECT_EQ(tree.level(r), record.level);
      EXPECT_EQ(tree.parent(r), record.parent.empty() ? kNoRegion : tree.Find(record.parent));
      for (const RegionRecord& other : records) {
        EXPECT_EQ(tree.Contains(r, tree.Find(other.code)),
                  IsBelow(records, other.code, record.code));
      }
      for (int level = 0; level < 12; ++level) {
        const RegionIndex ancestor = tree.AncestorAt(r, level);
        RegionIndex expected = kNoRegion;
        for (RegionIndex up = r; up != kNoRegion; up = tree.parent(up)) {
          if (tree.level(up) == level) expected = up;
        }
        EXPECT_EQ(ancestor, expected);
      }
    }
    EXPECT_EQ(tree.Find("nowhere"), kNoRegion);
    EXPECT_FALSE(tree.Contains(0, kNoRegion));
  }
}

TEST(RegionTreeTest, DoesNotDependOnTheOrderOfRows) {
  std::vector<RegionRecord> records = RandomForest(7, 200);
  const std::vector<std::string> codes = Codes(*RegionTree::Build(records));
  testing::Random random(8);
  for (int round = 0; round < 5; ++round) {
    random.Shuffle(records);
    EXPECT_EQ(Codes(*RegionTree::Build(records)), codes);
  }
}

void ExpectRefused(const std::vector<RegionRecord>& records, std::string_view code,
                   const std::string& rule) {
  const absl::Status status = RegionTree::Build(records).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail{});
  EXPECT_EQ(detail.reason, Reason::kRegionTreeInvalid);
  EXPECT_EQ(detail.metadata["region"], code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(rule));
}

TEST(RegionTreeTest, RefusesWhatIsNoTree) {
  ExpectRefused({{"52", "", "", 1}, {"52", "", "", 1}}, "52", "twice");
  ExpectRefused({{"52", "0", "", 1}}, "52", "parent '0' is unknown");
  ExpectRefused({{"52", "", "", 1}, {"5203", "52", "", 1}}, "5203", "level 1 is not greater");
  ExpectRefused({{"52", "52", "", 1}}, "52", "below itself");
  ExpectRefused({{"x", "", "", 0},
                 {"c", "b", "", 3},
                 {"b", "a", "", 2},
                 {"a", "c", "", 1},
                 {"A", "c", "", 4}},
                "a", "below itself");
  ExpectRefused({{"52", "", "", 200}}, "52", "level 200");
  ExpectRefused({{"52", "", "", -1}}, "52", "level -1");
  ExpectRefused({{"", "", "", 1}}, "", "needs a code");
}

TEST(RegionTreeTest, EmptyTree) {
  EXPECT_EQ(RegionTree::Build({})->size(), 0u);
  EXPECT_EQ(RegionTree().Find("52"), kNoRegion);
  EXPECT_EQ(RegionTree::FromCodes({}).size(), 0u);
}

TEST(RegionTreeTest, FromCodesAddsThePrefixesOfStatisticalCodes) {
  const std::vector<std::string> codes = {"520321100001", "5203", "ZONE", "520321100002",
                                          "12345",        "",     "64",   "5203"};
  const RegionTree tree = RegionTree::FromCodes(codes);
  EXPECT_THAT(Codes(tree), ElementsAre("52", "5203", "520321", "520321100", "520321100001",
                                       "520321100002", "64", "12345", "ZONE"));
  const std::vector<int> levels = {1, 2, 3, 4, 5, 5, 1, 1, 1};
  for (RegionIndex r = 0; r < tree.size(); ++r) EXPECT_EQ(tree.level(r), levels[r]) << tree.code(r);
  EXPECT_EQ(tree.end(0), 6u);
  EXPECT_EQ(tree.AncestorAt(5, 3), 2u);
}

TEST(RegionTreeTest, HoldsTheVillagesOfACountry) {
  std::vector<RegionRecord> records = {{"0", "", "", 0}};
  const auto add = [&](const std::string& parent, std::size_t count, int places,
                       std::int64_t level) {
    for (std::size_t i = 1; i <= count; ++i) {
      std::string number = std::to_string(i);
      number.insert(0, static_cast<std::size_t>(places) - number.size(), '0');
      records.push_back({(parent == "0" ? "" : parent) + number, parent, "village", level});
    }
  };
  std::size_t begin = 0;
  const std::size_t per_level[] = {31, 11, 9, 14, 15};
  const int places[] = {2, 2, 2, 3, 3};
  for (std::int64_t level = 1; level <= 5; ++level) {
    const std::size_t end = records.size();
    for (; begin < end; ++begin) {
      add(std::string(records[begin].code), per_level[level - 1], places[level - 1], level);
    }
  }
  testing::Random(1).Shuffle(records);
  const RegionTree tree = *RegionTree::Build(records);
  EXPECT_EQ(tree.size(),
            1u + 31 + 31 * 11 + 31 * 11 * 9 + 31 * 11 * 9 * 14 + 31 * 11 * 9 * 14 * 15);
  EXPECT_EQ(tree.end(0), tree.size());
  for (RegionIndex r = 1; r < tree.size(); ++r) {
    if (tree.parent(r) == tree.parent(r - 1)) {
      ASSERT_LT(tree.code(r - 1), tree.code(r));
    }
  }
}

TEST(IdPrefixTest, NeverContradictsTheOrderOfIds) {
  const std::vector<std::string> ids = {"",
                                        "0",
                                        "00",
                                        "1",
                                        "01",
                                        "9",
                                        "10",
                                        "99999999",
                                        "n1",
                                        "n10",
                                        "n2",
                                        std::string(18, '9'),
                                        "1" + std::string(18, '0'),
                                        "2" + std::string(18, '0'),
                                        std::string(40, '8'),
                                        std::string(600, '7'),
                                        "000" + std::string(19, '5'),
                                        "a",
                                        "村庄",
                                        "村庄1",
                                        "aaaaaaaa",
                                        "aaaaaaab",
                                        "aaaaaaaaa",
                                        std::string("a\0b", 3)};
  for (const std::string& a : ids) {
    for (const std::string& b : ids) {
      if (CompareIds(a, b) < 0) {
        EXPECT_LE(IdPrefix(a), IdPrefix(b)) << a << " " << b;
      }
    }
  }
}

}  // namespace
}  // namespace lianjie
