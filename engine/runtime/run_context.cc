#include "engine/runtime/run_context.h"

#include <algorithm>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "tbb/info.h"
#include "tbb/task_arena.h"

namespace lianjie {

struct RunContext::Arena {
  explicit Arena(int threads) : arena(threads) {}
  tbb::task_arena arena;
};

int RunContext::MachineThreads() {
  return std::clamp(tbb::info::default_concurrency(), 1, kMaxThreads);
}

RunContext::RunContext(RunLimits limits)
    : limits_(limits),
      threads_(limits.threads > 0 ? std::min(limits.threads, kMaxThreads) : MachineThreads()),
      arena_(std::make_unique<Arena>(threads_)) {}

RunContext::~RunContext() = default;

bool RunContext::Stopped() {
  if (cancelled_.load(std::memory_order_relaxed) || expired_.load(std::memory_order_relaxed)) {
    return true;
  }
  if (!limits_.deadline.has_value()) return false;
  thread_local unsigned calls = 0;
  if ((++calls & 63u) != 0) return false;
  if (std::chrono::steady_clock::now() < *limits_.deadline) return false;
  expired_.store(true, std::memory_order_relaxed);
  return true;
}

absl::Status RunContext::Check() {
  if (cancelled_.load(std::memory_order_relaxed)) {
    return MakeError(absl::StatusCode::kCancelled, "the run was cancelled",
                     {.reason = Reason::kCancelled, .field = {}, .row = {}, .metadata = {}});
  }
  if (limits_.deadline.has_value() && std::chrono::steady_clock::now() >= *limits_.deadline) {
    expired_.store(true, std::memory_order_relaxed);
    return MakeError(absl::StatusCode::kDeadlineExceeded, "the run passed its deadline",
                     {.reason = Reason::kDeadlineExceeded, .field = {}, .row = {}, .metadata = {}});
  }
  return absl::OkStatus();
}

absl::Status RunContext::Reserve(std::uint64_t bytes) {
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (used > limits_.memory_bytes || bytes > limits_.memory_bytes - used) {
      return MakeError(absl::StatusCode::kResourceExhausted,
                       Cat("the run wants ", bytes, " bytes more; it uses ", used, " of the ",
                           limits_.memory_bytes, " that it may take"),
                       {.reason = Reason::kMemoryExhausted,
                        .field = {},
                        .row = {},
                        .metadata = {{"wanted_bytes", Cat(bytes)},
                                     {"used_bytes", Cat(used)},
                                     {"limit_bytes", Cat(limits_.memory_bytes)}}});
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return absl::OkStatus();
}

void RunContext::Parallel(const std::function<void()>& body) {
  arena_->arena.execute([&body] { body(); });
}

}  // namespace lianjie
