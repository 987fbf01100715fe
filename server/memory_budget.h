// Memory that running analyses and rebuilt older revisions share: booked from an estimate before
// the work starts, given back when its result is no longer used.
#ifndef LIANJIE_SERVER_MEMORY_BUDGET_H_
#define LIANJIE_SERVER_MEMORY_BUDGET_H_

#include <cstdint>
#include <mutex>
#include <string_view>

#include "absl/status/status.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::server {

// Thread safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

  // RESOURCE_EXHAUSTED (MEMORY_EXHAUSTED) naming what is wanted, free and the limit.
  absl::Status Take(std::uint64_t bytes, std::string_view what = "the analysis") {
    const std::lock_guard lock(mutex_);
    if (bytes <= limit_ - used_) {
      used_ += bytes;
      return absl::OkStatus();
    }
    return MakeError(
        absl::StatusCode::kResourceExhausted,
        Cat(what, " needs about ", bytes, " bytes; ", limit_ - used_, " of ", limit_, " are free"),
        {.reason = Reason::kMemoryExhausted,
         .field = {},
         .row = {},
         .metadata = {{"wanted_bytes", Cat(bytes)},
                      {"free_bytes", Cat(limit_ - used_)},
                      {"limit_bytes", Cat(limit_)}}});
  }
  void Return(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    used_ -= bytes;
  }
  std::uint64_t free_bytes() const {
    const std::lock_guard lock(mutex_);
    return limit_ - used_;
  }

 private:
  mutable std::mutex mutex_;
  const std::uint64_t limit_;
  std::uint64_t used_ = 0;
};

// Holds what was taken and returns it at its end.
class MemoryLease {
 public:
  MemoryLease(MemoryBudget& budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
  ~MemoryLease() { budget_.Return(bytes_); }
  MemoryLease(const MemoryLease&) = delete;
  MemoryLease& operator=(const MemoryLease&) = delete;

  // Returns what is above `bytes` now.
  void Shrink(std::uint64_t bytes) {
    if (bytes >= bytes_) return;
    budget_.Return(bytes_ - bytes);
    bytes_ = bytes;
  }

 private:
  MemoryBudget& budget_;
  std::uint64_t bytes_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_MEMORY_BUDGET_H_
