#include "server/derived_cache.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::server {
namespace {

struct Sized final : Derived {
  explicit Sized(std::uint64_t size) : bytes(size) {}
  std::uint64_t memory_bytes() const override { return bytes; }
  std::uint64_t bytes;
};

class DerivedCacheTest : public ::testing::Test {
 protected:
  absl::StatusOr<DerivedPointer> Get(const std::string& key, std::uint64_t bytes = 10,
                                     bool keep = true) {
    RunContext context;
    return cache_.Get(
        "g", view_, key,
        [&](RunContext&) -> absl::StatusOr<DerivedPointer> {
          ++made_;
          return std::make_shared<const Sized>(bytes);
        },
        [keep](const std::function<void()>& insert) {
          if (keep) insert();
        },
        context);
  }

  const View view_ = testing::ToView(testing::ToSnapshot(testing::FromArcs({{"a", "b"}})));
  DerivedCache cache_{100};
  std::atomic<int> made_{0};
};

TEST_F(DerivedCacheTest, MakesOnceAndForgets) {
  const auto first = Get("books");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*Get("books"), *first);
  EXPECT_EQ(made_, 1);
  EXPECT_NE(*Get("others"), *first);
  cache_.Forget("h");
  EXPECT_EQ(*Get("books"), *first);
  cache_.Forget("g");
  EXPECT_NE(*Get("books"), *first);
}

TEST_F(DerivedCacheTest, KeepsWithinItsBudgetTheLatestUsed) {
  ASSERT_TRUE(Get("a", 60).ok());
  ASSERT_TRUE(Get("b", 30).ok());
  ASSERT_TRUE(Get("a", 60).ok());  // used later than b
  ASSERT_TRUE(Get("c", 30).ok());
  EXPECT_EQ(made_, 3);
  ASSERT_TRUE(Get("a", 60).ok());
  EXPECT_EQ(made_, 3);
  ASSERT_TRUE(Get("b", 30).ok());
  EXPECT_EQ(made_, 4);
  ASSERT_TRUE(Get("too large", 101).ok());
  ASSERT_TRUE(Get("too large", 101).ok());
  EXPECT_EQ(made_, 6);
}

TEST_F(DerivedCacheTest, DoesNotKeepWhatIsOfAnotherSnapshot) {
  ASSERT_TRUE(Get("books", 10, false).ok());
  ASSERT_TRUE(Get("books", 10, false).ok());
  EXPECT_EQ(made_, 2);
}

TEST_F(DerivedCacheTest, ManyAskAndOneMakes) {
  std::vector<std::thread> threads;
  std::atomic<bool> go{false};
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      while (!go) std::this_thread::yield();
      RunContext context({.threads = 1});
      const auto got = cache_.Get(
          "g", view_, "slow",
          [&](RunContext&) -> absl::StatusOr<DerivedPointer> {
            ++made_;
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            return std::make_shared<const Sized>(10);
          },
          [](const std::function<void()>& insert) { insert(); }, context);
      good += got.ok() ? 1 : 0;
    });
  }
  go = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(good, 8);
}

TEST_F(DerivedCacheTest, WhoWaitsCanBeCancelledAndAFailureIsNobodyElses) {
  std::atomic<bool> making{false}, end{false};
  std::thread maker([&] {
    RunContext context({.threads = 1});
    const auto got = cache_.Get(
        "g", view_, "fails",
        [&](RunContext&) -> absl::StatusOr<DerivedPointer> {
          making = true;
          while (!end) std::this_thread::yield();
          return absl::CancelledError();
        },
        [](const std::function<void()>& insert) { insert(); }, context);
    EXPECT_EQ(got.status().code(), absl::StatusCode::kCancelled);
  });
  while (!making) std::this_thread::yield();
  RunContext cancelled({.threads = 1});
  cancelled.Cancel();
  const auto waited = cache_.Get(
      "g", view_, "fails",
      [](RunContext&) -> absl::StatusOr<DerivedPointer> { return absl::InternalError("made"); },
      [](const std::function<void()>& insert) { insert(); }, cancelled);
  EXPECT_EQ(waited.status().code(), absl::StatusCode::kCancelled);
  end = true;
  maker.join();
  EXPECT_TRUE(Get("fails").ok());
}

}  // namespace
}  // namespace lianjie::server
