// Small helpers that kernels need: bookings that give their memory back by themselves on every way
// out, a poller that turns "ask every few thousand operations" into one decrement in the inner
// loop, and a comparison that can end a sort.
#ifndef LIANJIE_ENGINE_RUNTIME_WORK_H_
#define LIANJIE_ENGINE_RUNTIME_WORK_H_

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/core/status.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Memory booked with a RunContext, released when it goes out of scope. Movable; the context
// outlives it.
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

 private:
  Booking(RunContext& context, std::uint64_t bytes) : context_(&context), bytes_(bytes) {}

  RunContext* context_;
  std::uint64_t bytes_;
};

// Memory of something that grows: books it in steps that double, so that asking at each step costs
// nothing.
class GrowingBooking {
 public:
  GrowingBooking(RunContext& context, std::uint64_t bytes_each)
      : context_(context), bytes_each_(bytes_each) {}
  GrowingBooking(const GrowingBooking&) = delete;
  GrowingBooking& operator=(const GrowingBooking&) = delete;
  ~GrowingBooking() { context_.Release(booked_ * bytes_each_); }

  // The most that is ever booked for `count` elements, for estimates.
  static std::uint64_t MostBytes(std::uint64_t count, std::uint64_t bytes_each) {
    return std::max(2 * count, kFewest) * bytes_each;
  }

  // Sees to it that `count` elements are booked.
  absl::Status Cover(std::uint64_t count) {
    if (count <= booked_) return absl::OkStatus();
    const std::uint64_t wanted = std::max({count, 2 * booked_, kFewest});
    absl::Status status = context_.Reserve((wanted - booked_) * bytes_each_);
    if (status.ok()) booked_ = wanted;
    return status;
  }

 private:
  static constexpr std::uint64_t kFewest = 1024;

  RunContext& context_;
  const std::uint64_t bytes_each_;
  std::uint64_t booked_ = 0;
};

// Asks the context whether to stop once in kOperations ticks: tens of microseconds of memory-bound
// work. One a thread.
class Poller {
 public:
  static constexpr std::int64_t kOperations = 4096;

  // Asks once in `operations`, where they cost less than a look into memory.
  explicit Poller(RunContext& context, std::int64_t operations = kOperations)
      : context_(context), operations_(operations), left_(operations) {}

  // True when the run must end; once true, always true.
  bool Tick(std::int64_t operations = 1) {
    left_ -= operations;
    if (left_ > 0) return false;
    return Ask();
  }

 private:
  bool Ask() {
    if (context_.Stopped()) return true;  // left_ stays spent, so the next tick asks again
    left_ = operations_;
    return false;
  }

  RunContext& context_;
  const std::int64_t operations_;
  std::int64_t left_;
};

// What StoppableLess throws; whoever sorts with it catches it and answers context.Check().
struct RunStopped {};

// A comparison that asks the context every few thousand calls and throws out of the sort when the
// run must end: the library's sorts have no other way out.
template <typename Less> class StoppableLess {
 public:
  StoppableLess(RunContext& context, Less less) : context_(context), less_(std::move(less)) {}

  template <typename T> bool operator()(const T& a, const T& b) const {
    thread_local unsigned calls = 0;
    if ((++calls & 0xfff) == 0 && context_.Stopped()) throw RunStopped();
    return less_(a, b);
  }

 private:
  RunContext& context_;
  Less less_;
};

// Runs the body of an analysis; what the machine's memory refuses comes out as MEMORY_EXHAUSTED,
// for nothing is thrown across the engine's surface.
template <typename Body> auto Guarded(const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     "the machine has no memory left for this analysis",
                     {.reason = Reason::kMemoryExhausted, .field = {}, .row = {}, .metadata = {}});
  }
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_RUNTIME_WORK_H_
