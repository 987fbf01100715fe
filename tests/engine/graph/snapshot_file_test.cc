#include "engine/graph/snapshot_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"
#include "tests/engine/support/snapshot_bytes.h"

namespace lianjie {
namespace {

namespace fs = std::filesystem;
using testing::BytesOf;
using testing::RandomGraph;
using testing::ToSnapshot;

constexpr std::uint64_t kIdentity = 77;

class SnapshotFileTest : public ::testing::Test {
 protected:
  ~SnapshotFileTest() override { fs::remove_all(folder_); }

  static std::shared_ptr<const Snapshot> Some(std::uint64_t seed, std::uint32_t nodes = 50) {
    auto records = RandomGraph({.seed = seed,
                                .nodes = nodes,
                                .links = 3 * nodes,
                                .mechanisms = seed % 2 == 0,
                                .regions = seed % 3 != 0,
                                .dates = true,
                                .amounts = true,
                                .attributes = seed % 2 == 0});
    records.lines = {{"52", 2019, 4000.0, {}}, {"", 2019, 3000.0, 100.0}};
    return ToSnapshot(records);
  }
  std::string Bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void Put(std::size_t at, char byte) const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at)).put(byte);
  }

  const fs::path folder_ = [] {
    std::string name = (fs::temp_directory_path() / "snapshot_file_XXXXXX").string();
    return fs::path(mkdtemp(name.data()));
  }();
  const std::string path_ = folder_ / "a.snapshot";
};

TEST_F(SnapshotFileTest, GivesBackWhatWasSaved) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    const auto saved = seed == 24 ? ToSnapshot({}) : Some(seed);
    ASSERT_TRUE(SaveSnapshot(*saved, kIdentity, path_).ok());
    const auto opened = OpenSnapshot(path_, kIdentity);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(BytesOf(**opened), BytesOf(*saved));
    for (NodeIndex n = 0; n < saved->node_count(); ++n) {
      ASSERT_EQ((*opened)->FindNode(saved->NodeId(n)), n);
    }
    EXPECT_EQ((*opened)->FindNode("nobody"), kNoNode);
    for (RegionIndex r = 0; r < saved->regions().size(); ++r) {
      ASSERT_EQ((*opened)->regions().Find(saved->regions().code(r)), r);
      ASSERT_EQ((*opened)->regions().end(r), saved->regions().end(r));
      ASSERT_EQ((*opened)->regions().name(r), saved->regions().name(r));
    }
  }
  EXPECT_FALSE(fs::exists(path_ + ".new"));
}

TEST_F(SnapshotFileTest, StaysGoodWhenTheFileIsReplaced) {
  const auto saved = Some(2);
  ASSERT_TRUE(SaveSnapshot(*saved, kIdentity, path_).ok());
  const auto opened = OpenSnapshot(path_, kIdentity);
  ASSERT_TRUE(opened.ok());
  ASSERT_TRUE(SaveSnapshot(*Some(3), kIdentity, path_).ok());
  fs::remove(path_);
  EXPECT_EQ(BytesOf(**opened), BytesOf(*saved));
}

TEST_F(SnapshotFileTest, NoticesEveryByteThatMatters) {
  const auto saved = Some(4, 12);
  ASSERT_TRUE(SaveSnapshot(*saved, kIdentity, path_).ok());
  const std::string bytes = Bytes();
  const std::string expected = BytesOf(*saved);
  std::size_t noticed = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Put(i, static_cast<char>(bytes[i] ^ 0x10));
    const auto opened = OpenSnapshot(path_, kIdentity);
    if (opened.ok()) {  // between two arrays there is nothing
      ASSERT_EQ(BytesOf(**opened), expected) << "byte " << i;
    } else {
      ++noticed;
      ASSERT_EQ(opened.status().code(), absl::StatusCode::kDataLoss) << opened.status();
    }
    Put(i, bytes[i]);
  }
  EXPECT_GT(noticed, bytes.size() / 3);
}

TEST_F(SnapshotFileTest, NoticesEveryLengthButItsOwn) {
  ASSERT_TRUE(SaveSnapshot(*Some(4, 12), kIdentity, path_).ok());
  for (std::size_t size = Bytes().size(); size-- > 0;) {
    fs::resize_file(path_, size);
    ASSERT_EQ(OpenSnapshot(path_, kIdentity).status().code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST_F(SnapshotFileTest, RefusesOthers) {
  EXPECT_EQ(OpenSnapshot(path_, kIdentity).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(SaveSnapshot(*Some(4), kIdentity, path_).ok());
  const auto other = OpenSnapshot(path_, kIdentity + 1).status();
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.message()), ::testing::HasSubstr(path_));
  EXPECT_EQ(SaveSnapshot(*Some(4), kIdentity, folder_ / "no" / "such").code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace lianjie
