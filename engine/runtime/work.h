// Two small helpers that every kernel needs: a booking that gives its memory back by itself on every way out, and a
// poller that turns "ask every few thousand operations" into one decrement in the inner loop.
#ifndef LIANJIE_ENGINE_RUNTIME_WORK_H_
#define LIANJIE_ENGINE_RUNTIME_WORK_H_

#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Memory booked with a RunContext, released when it goes out of scope. Movable; the context outlives it.
class Booking {
 public:
  static absl::StatusOr<Booking> Take(RunContext& context, std::uint64_t bytes) {
    if (absl::Status status = context.Reserve(bytes); !status.ok()) return status;
    return Booking(context, bytes);
  }
  Booking(Booking&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Booking(const Booking&) = delete;
  Booking& operator=(const Booking&) = delete;
  Booking& operator=(Booking&&) = delete;
  ~Booking() {
    if (context_ != nullptr) context_->Release(bytes_);
  }

  // Books more under the same roof.
  absl::Status Add(std::uint64_t bytes) {
    absl::Status status = context_->Reserve(bytes);
    if (status.ok()) bytes_ += bytes;
    return status;
  }

 private:
  Booking(RunContext& context, std::uint64_t bytes) : context_(&context), bytes_(bytes) {}

  RunContext* context_;
  std::uint64_t bytes_;
};

// Asks the context whether to stop once in kOperations ticks: tens of microseconds of memory-bound work. One a thread.
class Poller {
 public:
  static constexpr std::int64_t kOperations = 4096;

  explicit Poller(RunContext& context) : context_(context) {}

  // True when the run must end; once true, always true.
  bool Tick(std::int64_t operations = 1) {
    left_ -= operations;
    if (left_ > 0) return false;
    return Ask();
  }

 private:
  bool Ask() {
    if (context_.Stopped()) return true;  // left_ stays spent, so the next tick asks again
    left_ = kOperations;
    return false;
  }

  RunContext& context_;
  std::int64_t left_ = kOperations;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_RUNTIME_WORK_H_
