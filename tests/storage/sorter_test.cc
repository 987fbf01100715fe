// What a load puts aside: everything read back as it was put, whatever fits into memory.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/core/status.h"
#include "gtest/gtest.h"
#include "storage/load_rows.h"
#include "storage/name_table.h"
#include "storage/rocks_key_value.h"
#include "storage/sorter.h"
#include "storage/spill.h"
#include "tests/storage/checker.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

class SpillTest : public ::testing::TestWithParam<bool> {
 protected:
  // A folder, or none: everything in memory.
  const SpillSpace space_{.folder = GetParam() ? ::testing::TempDir() : std::string()};
  std::mt19937 random_{7};

  std::string Bytes(std::size_t most) {
    std::string bytes(random_() % (most + 1), '\0');
    for (char& c : bytes) c = static_cast<char>(random_() % 3 * 100);
    return bytes;
  }
};

TEST_P(SpillTest, ByteSorterSortsKeysOfAnyLength) {
  ByteSorter sorter(space_, 1);  // a run a mebibyte
  std::multiset<std::pair<std::string, std::string>> expected;
  for (int i = 0; i < 30000; ++i) {
    const std::string key = (i % 2 == 0 ? "shared prefix " : "") + Bytes(20);
    const std::string value = Bytes(200);
    ASSERT_TRUE(sorter.Add(key, value).ok());
    expected.emplace(key, value);
  }
  ASSERT_TRUE(sorter.Sort().ok());
  for (int round = 0; round < 2; ++round) {  // it may be read again
    ByteSorter::Stream stream(sorter);
    std::vector<std::pair<std::string, std::string>> found;
    std::string_view key;
    std::string_view value;
    while (*stream.Next(key, value)) found.emplace_back(key, value);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(),
                               [](const auto& a, const auto& b) { return a.first < b.first; }));
    EXPECT_EQ(std::multiset(found.begin(), found.end()), expected);
  }
}

TEST_P(SpillTest, FixedSorterSorts) {
  FixedSorter<std::uint64_t> sorter(space_, 1);  // 1,024 values a run
  std::vector<std::uint64_t> expected;
  for (int i = 0; i < 50000; ++i) {
    expected.push_back(random_() % 9000);
    ASSERT_TRUE(sorter.Add(expected.back()).ok());
  }
  ASSERT_TRUE(sorter.Sort().ok());
  std::sort(expected.begin(), expected.end());
  FixedSorter<std::uint64_t>::Stream stream(sorter);
  std::vector<std::uint64_t> found;
  std::uint64_t value = 0;
  while (*stream.Next(value)) found.push_back(value);
  EXPECT_EQ(found, expected);
}

TEST_P(SpillTest, NamesAreFoundAndReadBack) {
  NameTable names(space_, std::size_t{64} << 20, 1);
  std::map<std::string, NameIndex> expected;
  for (int i = 0; i < 60000; ++i) {
    const std::string id = "node " + std::to_string(random_() % 40000);
    const NameIndex next = names.size();
    const NameIndex index = *names.Add(HashName(id), id);
    const auto [it, is_new] = expected.try_emplace(id, index);
    EXPECT_EQ(index, is_new ? next : it->second);
  }
  EXPECT_EQ(names.size(), expected.size());
  for (const auto& [id, index] : expected) {
    ASSERT_EQ(*names.Text(index), id);
    ASSERT_EQ(names.Find(HashName(id)), index);
  }
  EXPECT_EQ(names.Find(HashName("nobody")), std::nullopt);
  NameTable::Texts texts(names);
  for (NameIndex i = 0; i < names.size(); ++i) ASSERT_EQ(expected[std::string(*texts.Next())], i);
  EXPECT_TRUE(texts.AtEnd());
}

TEST_P(SpillTest, RowsKnowWhereTheyCameFrom) {
  RowPlaces places;
  std::vector<RowPlace> expected;
  RowPlace place;
  for (int i = 0; i < 20000; ++i) {
    place.ordinal += random_() % 50 == 0 ? 1 + random_() % 4 : 1;
    if (random_() % 500 == 0) place.origin = {.file = place.origin.file + 1, .line = 0};
    place.origin.line += random_() % 70 == 0 ? 3 : 1;
    places.Add(place);
    expected.push_back(place);
  }
  for (std::uint32_t row = 0; row < expected.size(); ++row) {
    const RowPlace found = places.At(row);
    ASSERT_EQ(found.ordinal, expected[row].ordinal) << row;
    ASSERT_EQ(found.origin.file, expected[row].origin.file) << row;
    ASSERT_EQ(found.origin.line, expected[row].origin.line) << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Both, SpillTest, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Disk" : "Memory"; });

TEST(LoadMemoryTest, ATooFullDiskIsSaid) {
  const SpillSpace space{.folder = ::testing::TempDir(), .min_free_bytes = std::uint64_t{1} << 60U};
  SpillFile file(space);
  const absl::Status status = file.Append("x");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status)->reason, Reason::kDiskFull);
}

TEST(LoadMemoryTest, MoreNamesThanTheMemoryHoldsAreRefused) {
  const SpillSpace space{.folder = ::testing::TempDir(), .min_free_bytes = 0};
  NameTable names(space, std::size_t{2} << 20, 1 << 20);
  absl::Status status;
  for (int i = 0; status.ok() && i < 1000000; ++i) {
    const std::string id = std::to_string(i);
    status = names.Add(HashName(id), id).status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status)->reason, Reason::kMemoryExhausted);
  EXPECT_GT(names.size(), (std::size_t{2} << 20) / 80);
}

// The least memory and much of it: the same graph, by digest and by all that the checker compares.
TEST(LoadMemoryTest, ALoadOfAnyMemoryIsTheSame) {
  const TempFolder folder;
  std::vector<absl::uint128> digests;
  for (const std::uint64_t memory : {kLeastLoadMemory, std::uint64_t{1} << 30}) {
    OpenOptions open;
    open.path = folder.path() + "/" + std::to_string(memory);
    auto store = *OpenRocksStore(open);
    for (const bool again : {false, true}) {  // into nothing, then over what is there
      LoadOptions options;
      options.graph = "g";
      options.create_graph = true;
      options.on_existing = LoadOptions::OnExisting::kUpdate;
      options.memory_bytes = memory;
      std::uint64_t last = 0;
      std::uint64_t total = 0;
      options.progress = [&](LoadStep step) {
        EXPECT_GE(step.done, last);
        EXPECT_GE(step.total, step.done);
        last = step.done;
        total = step.total;
      };
      auto load = *store->BeginLoad(options);
      std::mt19937 random(3);
      for (int i = 0; i < 6000; ++i) {
        NodeRecord node = Node("node " + std::to_string(i));
        node.region = std::to_string(i % 50 + (again ? 1 : 0));
        ASSERT_TRUE(load->AddNode(node, {}).ok());
      }
      for (int i = 0; i < 40000; ++i) {
        LinkRecord link = Link(i % 3 == 0 ? "" : "link " + std::to_string(i),
                               "node " + std::to_string(random() % 6000),
                               "node " + std::to_string(random() % 6000));
        link.paid_yuan = static_cast<double>(random() % (again ? 7 : 5));
        ASSERT_TRUE(load->AddLink(link, {}).ok());
      }
      const auto result = load->Finish();
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(last, total);
    }
    digests.push_back((*store->OpenReader("g"))->info().digest);
    store.reset();
    const auto kv = *OpenRocksKeyValue(open);
    for (const std::string& problem : CheckMap(*kv->Snapshot())) ADD_FAILURE() << problem;
  }
  EXPECT_EQ(digests[0], digests[1]);
}

}  // namespace
}  // namespace lianjie::storage
