// How long work tells how far it is, and is stopped.
#ifndef LIANJIE_STORAGE_STEP_CHECK_H_
#define LIANJIE_STORAGE_STEP_CHECK_H_

#include <algorithm>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace lianjie::storage {

// Called now and then with how many of how many units are done; its error ends the work.
using StepCheck = std::function<absl::Status(std::uint64_t done, std::uint64_t total)>;

// Counts units and asks the check once in many.
class StepCounter {
 public:
  // `check` may be empty, and must outlive the counter.
  StepCounter(const StepCheck& check, std::uint64_t total) : check_(check), total_(total) {}

  absl::Status Step() {
    if (++done_ % kUnitsACheck != 0 || !check_) return absl::OkStatus();
    return check_(std::min(done_, total_), total_);
  }

 private:
  static constexpr std::uint64_t kUnitsACheck = 1 << 14;

  const StepCheck& check_;
  const std::uint64_t total_;
  std::uint64_t done_ = 0;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_STEP_CHECK_H_
