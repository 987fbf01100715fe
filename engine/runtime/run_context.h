// What a running analysis is given besides its input: how to be stopped, how to say how far it is,
// how much memory it may take, and how many threads. One RunContext belongs to one run; the caller
// keeps it alive until Run returns.
#ifndef LIANJIE_ENGINE_RUNTIME_RUN_CONTEXT_H_
#define LIANJIE_ENGINE_RUNTIME_RUN_CONTEXT_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>

#include "absl/status/status.h"

namespace lianjie {

struct RunLimits {
  int threads = 0;  // 0: all the machine has; more than RunContext::kMaxThreads are cut to that
  std::uint64_t memory_bytes = std::numeric_limits<std::uint64_t>::max();
  std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;
};

// Thread safety: Cancel, Stopped, Check, AddCompleted, Reserve, Release and the readers may be
// called from any thread; SetTotal and Parallel from the analysis alone.
class RunContext {
 public:
  // An arena takes memory for every thread that it might have, whether the machine has it or not.
  static constexpr int kMaxThreads = 256;
  // All that the machine has, at least 1 and at most kMaxThreads.
  static int MachineThreads();

  explicit RunContext(RunLimits limits = {});
  ~RunContext();
  RunContext(const RunContext&) = delete;
  RunContext& operator=(const RunContext&) = delete;

  // Asks the run to end; it does so with CANCELLED within 10 ms of work.
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }

  // True when the run must end: cancelled, or past its deadline; once true, always true. Cheap
  // (relaxed loads; the clock is read every 64th call a thread), so inner loops call it every few
  // thousand operations.
  bool Stopped();
  // OK, CANCELLED or DEADLINE_EXCEEDED (reasons of the same names). Reads the clock.
  absl::Status Check();

  // Progress in units of the analysis's own work; total may be raised as work is found.
  void SetTotal(std::uint64_t total) { total_.store(total, std::memory_order_relaxed); }
  void AddCompleted(std::uint64_t units) { completed_.fetch_add(units, std::memory_order_relaxed); }
  std::uint64_t completed() const { return completed_.load(std::memory_order_relaxed); }
  std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }

  // Books memory before it is taken; RESOURCE_EXHAUSTED (MEMORY_EXHAUSTED, naming wanted, used and
  // limit) when the budget would be passed, and nothing is booked then.
  absl::Status Reserve(std::uint64_t bytes);
  void Release(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t memory_used() const { return used_.load(std::memory_order_relaxed); }

  // How many threads this run may use, 1 to kMaxThreads.
  int threads() const { return threads_; }

  // Runs `body` inside this run's TBB arena of threads() threads; parallel algorithms called in it
  // stay there. What body throws comes out.
  void Parallel(const std::function<void()>& body);

 private:
  struct Arena;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> expired_{false};
  std::atomic<std::uint64_t> completed_{0};
  std::atomic<std::uint64_t> total_{0};
  std::atomic<std::uint64_t> used_{0};
  const RunLimits limits_;
  const int threads_;
  std::unique_ptr<Arena> arena_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_RUNTIME_RUN_CONTEXT_H_
