#include "server/old_readers.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "server/memory_budget.h"
#include "storage/store.h"

namespace lianjie::server {
namespace {

constexpr std::uint64_t kMost = 64 << 20;
constexpr int kNodes = 2000;  // enough that `check` is called while they are undone

class OldReadersTest : public ::testing::Test {
 protected:
  OldReadersTest() {
    EXPECT_TRUE(store_->CreateGraph("g", {}).ok());
    for (const char* name : {"one", "two", "three", "four"}) {
      storage::Batch batch;
      batch.graph = "g";
      for (int i = 0; i < kNodes; ++i) {
        storage::NodeWrite write;
        write.kind = storage::WriteKind::kUpsert;
        write.node.id = Cat(i);
        write.node.name = name;
        batch.writes.emplace_back(std::move(write));
      }
      EXPECT_TRUE(store_->Commit(std::move(batch)).ok());
    }
  }

  static std::string NameIn(const storage::Reader& reader) {
    const auto node = reader.GetNode("7");
    return node.ok() ? node->name : std::string(node.status().message());
  }
  static bool Within(std::chrono::seconds time, const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return condition();
  }

  const std::unique_ptr<storage::Store> store_ = storage::MakeMemoryStore();
  MemoryBudget budget_{std::uint64_t{1} << 30};
  OldReaders readers_{*store_, budget_, kMost};
};

TEST_F(OldReadersTest, OneRevisionIsRebuiltOnceHoweverManyAsk) {
  std::atomic<int> waiting = 0;
  std::atomic<int> building = 0;
  // The builder waits in its check until the others wait for it.
  const auto builder = [&]() -> absl::Status {
    ++building;
    Within(std::chrono::seconds(20), [&] { return waiting >= 3; });
    return absl::OkStatus();
  };
  auto first = std::async(std::launch::async, [&] { return readers_.Open("g", 1, builder); });
  ASSERT_TRUE(Within(std::chrono::seconds(20), [&] { return building > 0; }));
  std::vector<std::future<absl::StatusOr<std::shared_ptr<const storage::Reader>>>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::async(std::launch::async, [&] {
      return readers_.Open("g", 1, [&waiting, came = false]() mutable -> absl::Status {
        if (!std::exchange(came, true)) ++waiting;
        return absl::OkStatus();
      });
    }));
  }
  const auto reader = first.get();
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(NameIn(**reader), "one");
  for (auto& other : others) EXPECT_EQ(other.get().value(), *reader);
  EXPECT_TRUE(readers_.Has("g", 1));
  EXPECT_FALSE(readers_.Has("g", 2));
}

TEST_F(OldReadersTest, WhoWaitsMayLeaveAndTakesOverWhereTheFirstGaveUp) {
  std::atomic<bool> leave = false;
  std::atomic<bool> begun = false;
  auto first = std::async(std::launch::async, [&] {
    return readers_.Open("g", 1, [&]() -> absl::Status {
      begun = true;
      Within(std::chrono::seconds(20), [&] { return leave.load(); });
      return absl::CancelledError("the first gives up");
    });
  });
  ASSERT_TRUE(Within(std::chrono::seconds(20), [&] { return begun.load(); }));
  const auto left = readers_.Open(
      "g", 1, [] { return absl::DeadlineExceededError("the second's time is over"); });
  EXPECT_EQ(left.status().code(), absl::StatusCode::kDeadlineExceeded);
  auto third = std::async(std::launch::async, [&] { return readers_.Open("g", 1, {}); });
  leave = true;
  EXPECT_EQ(first.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(NameIn(**third.get()), "one");
}

TEST_F(OldReadersTest, WhatTheyHoldIsBookedAndGivenBack) {
  const std::uint64_t all = budget_.free_bytes();
  {
    const auto reader = readers_.Open("g", 1, {});
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_GT((*reader)->memory_bytes(), kNodes * 100U);
    EXPECT_EQ(all - budget_.free_bytes(), (*reader)->memory_bytes());
  }
  EXPECT_LT(budget_.free_bytes(), all) << "it is kept";
  // Those that nobody uses make room; where that is not enough, it is said.
  const std::uint64_t taken = budget_.free_bytes() - kMost / 2;
  ASSERT_TRUE(budget_.Take(taken).ok());
  const auto refused = readers_.Open("g", 2, {});
  EXPECT_EQ(GetErrorDetail(refused.status())->reason, Reason::kMemoryExhausted);
  EXPECT_FALSE(readers_.Has("g", 1));
  budget_.Return(taken);
  EXPECT_EQ(budget_.free_bytes(), all);
  // A deleted graph's are given back, though not by the thread that tells.
  ASSERT_TRUE(readers_.Open("g", 3, {}).ok());
  readers_.OnCommit("g", 0);
  EXPECT_TRUE(Within(std::chrono::seconds(20), [&] { return budget_.free_bytes() == all; }));
}

}  // namespace
}  // namespace lianjie::server
