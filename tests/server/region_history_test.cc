#include "server/region_history.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "storage/store.h"

namespace lianjie::server {
namespace {

using storage::Change;

NodeRecord Node(std::string id, std::string region) {
  NodeRecord node;
  node.id = std::move(id);
  node.region = std::move(region);
  return node;
}

RegionRecord Region(std::string code, std::string parent) {
  RegionRecord region;
  region.code = std::move(code);
  region.parent = std::move(parent);
  return region;
}

Change Changed(Change::Image before, Change::Image after) {
  Change change;
  change.before = std::move(before);
  change.after = std::move(after);
  return change;
}

// A stretch whose end is a graph with regions R and S and nothing else.
class RegionHistoryTest : public ::testing::Test {
 protected:
  RegionHistoryTest() {
    EXPECT_TRUE(store_->CreateGraph("g", {}).ok());
    storage::Batch batch;
    batch.graph = "g";
    for (const char* code : {"R", "S"}) {
      storage::RegionWrite write;
      write.kind = storage::WriteKind::kUpsert;
      write.region = Region(code, "");
      write.region.level = 1;
      batch.writes.emplace_back(std::move(write));
    }
    EXPECT_TRUE(store_->Commit(std::move(batch)).ok());
    history_.Begin(*store_->OpenReader("g"));
  }

  bool Has(const std::string& code, std::uint64_t position) {
    return history_.HasRegion(code, position).value();
  }

  const std::unique_ptr<storage::Store> store_ = storage::MakeMemoryStore();
  RegionHistory history_{"R"};
};

TEST_F(RegionHistoryTest, WhatMovedIsFollowedBack) {
  // 0: node n enters R; 1: C comes into R; 2: n leaves for S; 3: C moves to S; 4: C goes, n too.
  ASSERT_TRUE(history_.Add(Changed(Node("n", "S"), Node("n", "R"))).ok());
  ASSERT_TRUE(history_.Add(Changed({}, Region("C", "R"))).ok());
  ASSERT_TRUE(history_.Add(Changed(Node("n", "R"), Node("n", "S"))).ok());
  ASSERT_TRUE(history_.Add(Changed(Region("C", "R"), Region("C", "S"))).ok());
  ASSERT_TRUE(history_.Add(Changed(Region("C", "S"), {})).ok());
  ASSERT_TRUE(history_.Add(Changed(Node("n", "S"), {})).ok());
  history_.Close();
  EXPECT_TRUE(history_.Known().value());
  const bool inside[] = {false, true, true, false, false, false};
  for (std::uint64_t position = 0; position < 6; ++position) {
    EXPECT_EQ(Has("C", position), inside[position]) << position;
    EXPECT_TRUE(Has("R", position));
    EXPECT_FALSE(Has("S", position));
    EXPECT_EQ(history_.HasNode("n", position).value(), position < 2) << position;
  }
}

TEST_F(RegionHistoryTest, BeforeThereWasATableCodesSayWhatLiesWhere) {
  RegionHistory history("52");
  history.Begin(*store_->OpenReader("g"));
  ASSERT_TRUE(history.Add(Changed(Node("n", ""), Node("n", "5201"))).ok());
  ASSERT_TRUE(history.Add(Changed({}, Region("R", ""))).ok());
  ASSERT_TRUE(history.Add(Changed({}, Region("S", ""))).ok());
  history.Close();
  EXPECT_TRUE(history.Known().value()) << "at first any code was known";
  EXPECT_TRUE(history.HasRegion("5201", 0).value());
  EXPECT_FALSE(history.HasRegion("5301", 0).value());
  EXPECT_FALSE(history.HasRegion("5201", 1).value()) << "the table does not have it";
}

TEST_F(RegionHistoryTest, ARegionThatNeverWasIsUnknown) {
  RegionHistory never("X");
  never.Begin(*store_->OpenReader("g"));
  never.Close();
  EXPECT_FALSE(never.Known().value());
  RegionHistory once("X");
  once.Begin(*store_->OpenReader("g"));
  ASSERT_TRUE(once.Add(Changed(Region("X", ""), {})).ok());
  once.Close();
  EXPECT_TRUE(once.Known().value());
  once.Begin(*store_->OpenReader("g"));
  once.Close();
  EXPECT_FALSE(once.Known().value()) << "the stretch before is forgotten";
}

TEST_F(RegionHistoryTest, WhatIsHeldIsBounded) {
  absl::Status status;
  std::uint64_t held = 0;
  for (; status.ok() && held < 10'000'000; ++held) {
    status = history_.Add(Changed(Node(Cat(held), "R"), Node(Cat(held), "S")));
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status)->reason, Reason::kLimitExceeded);
  EXPECT_GT(held, 300'000U);
  EXPECT_LT(held, 1'000'000U);
  // What does not move costs nothing.
  RegionHistory still("R");
  still.Begin(*store_->OpenReader("g"));
  for (int i = 0; i < 1'000'000; ++i) {
    ASSERT_TRUE(still.Add(Changed(Node("n", "R"), Node("n", "R"))).ok());
  }
}

}  // namespace
}  // namespace lianjie::server
