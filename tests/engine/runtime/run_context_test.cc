#include "engine/runtime/run_context.h"

#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine/core/status.h"
#include "gtest/gtest.h"
#include "tbb/parallel_for.h"
#include "tbb/task_arena.h"

namespace lianjie {
namespace {

using std::chrono::steady_clock;

TEST(RunContextTest, GoesOnUntilItIsCancelled) {
  RunContext context;
  EXPECT_FALSE(context.Stopped());
  EXPECT_TRUE(context.Check().ok());
  context.Cancel();
  EXPECT_TRUE(context.Stopped());
  const absl::Status status = context.Check();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(GetErrorDetail(status)->reason, Reason::kCancelled);
}

TEST(RunContextTest, CancelReachesEveryThread) {
  RunContext context({.threads = 2});
  std::thread canceller([&context] { context.Cancel(); });
  context.Parallel([&context] {
    tbb::parallel_for(0, 4, [&context](int) {
      while (!context.Stopped()) std::this_thread::yield();
    });
  });
  canceller.join();
  EXPECT_TRUE(context.Stopped());
}

TEST(RunContextTest, PassesItsDeadline) {
  RunContext context({.deadline = steady_clock::now() + std::chrono::milliseconds(20)});
  EXPECT_TRUE(context.Check().ok());
  while (!context.Stopped()) {
  }
  EXPECT_TRUE(context.Stopped()) << "once true, always true";
  const absl::Status status = context.Check();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetErrorDetail(status)->reason, Reason::kDeadlineExceeded);
}

TEST(RunContextTest, LooksAtTheClockAtLeastEvery64thCall) {
  RunContext context({.deadline = steady_clock::now() - std::chrono::milliseconds(1)});
  int calls = 1;
  while (!context.Stopped()) ++calls;
  EXPECT_LE(calls, 64);
}

TEST(RunContextTest, CountsProgressFromManyThreads) {
  RunContext context({.threads = 2});
  context.SetTotal(1000);
  context.Parallel(
      [&context] { tbb::parallel_for(0, 1000, [&context](int) { context.AddCompleted(1); }); });
  EXPECT_EQ(context.completed(), 1000u);
  EXPECT_EQ(context.total(), 1000u);
}

TEST(RunContextTest, BooksMemoryUpToItsBudget) {
  RunContext context({.memory_bytes = 100});
  EXPECT_TRUE(context.Reserve(60).ok());
  EXPECT_TRUE(context.Reserve(40).ok());
  const absl::Status status = context.Reserve(1);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const ErrorDetail detail = *GetErrorDetail(status);
  EXPECT_EQ(detail.reason, Reason::kMemoryExhausted);
  EXPECT_EQ(detail.metadata.at("wanted_bytes"), "1");
  EXPECT_EQ(detail.metadata.at("used_bytes"), "100");
  EXPECT_EQ(detail.metadata.at("limit_bytes"), "100");
  EXPECT_EQ(context.memory_used(), 100u) << "a refused booking books nothing";
  context.Release(50);
  EXPECT_TRUE(context.Reserve(50).ok());
  EXPECT_FALSE(context.Reserve(std::numeric_limits<std::uint64_t>::max()).ok()) << "no overflow";
}

TEST(RunContextTest, NeverBooksBeyondTheBudgetFromManyThreads) {
  RunContext context({.threads = 2, .memory_bytes = 500});
  std::atomic<int> booked{0};
  context.Parallel(
      [&] { tbb::parallel_for(0, 1000, [&](int) { booked += context.Reserve(1).ok() ? 1 : 0; }); });
  EXPECT_EQ(booked.load(), 500);
  EXPECT_EQ(context.memory_used(), 500u);
}

TEST(RunContextTest, RunsInAnArenaOfItsThreads) {
  for (const int threads : {1, 2, 3}) {
    RunContext context({.threads = threads});
    EXPECT_EQ(context.threads(), threads);
    int seen = 0;
    context.Parallel([&seen] { seen = tbb::this_task_arena::max_concurrency(); });
    EXPECT_EQ(seen, threads);
  }
  EXPECT_GE(RunContext().threads(), 1);
  EXPECT_EQ(RunContext().threads(), RunContext::MachineThreads());
  // A number that no machine has is cut, not tried.
  for (const int threads : {100000, std::numeric_limits<int>::max()}) {
    RunContext context({.threads = threads});
    EXPECT_EQ(context.threads(), RunContext::kMaxThreads);
    context.Parallel([] {});
  }
  EXPECT_GE(RunContext({.threads = -7}).threads(), 1);
}

TEST(RunContextTest, LetsOutWhatTheBodyThrows) {
  RunContext context;
  EXPECT_THROW(context.Parallel([] { throw std::runtime_error("x"); }), std::runtime_error);
}

}  // namespace
}  // namespace lianjie
