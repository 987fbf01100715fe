// How far the end of a load has come: told to LoadOptions::progress now and then, by any of its
// threads.
#ifndef LIANJIE_STORAGE_LOAD_PROGRESS_H_
#define LIANJIE_STORAGE_LOAD_PROGRESS_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "storage/store.h"

namespace lianjie::storage {

// Thread safe.
class LoadProgress {
 public:
  explicit LoadProgress(const std::function<void(LoadStep)>& tell) : tell_(tell) {}

  // Work units of the phases to come; a row looked at is one, a key written about two.
  void Expect(std::uint64_t units) { total_ += units; }
  void Add(std::uint64_t units) {
    if ((done_ += units) < next_.load(std::memory_order_relaxed) || !tell_) return;
    const std::lock_guard lock(mutex_);
    const std::uint64_t done = done_.load();  // Read under the lock: what is told never goes back.
    if (done < next_) return;
    next_ = done + kUnitsApart;
    tell_({.done = done, .total = std::max(done, total_.load())});
  }
  // All is done.
  void End() {
    const std::uint64_t total = std::max(done_.load(), total_.load());
    if (tell_) tell_({.done = total, .total = total});
  }

 private:
  static constexpr std::uint64_t kUnitsApart = 20000;

  const std::function<void(LoadStep)>& tell_;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<std::uint64_t> total_ = 0;
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LOAD_PROGRESS_H_
