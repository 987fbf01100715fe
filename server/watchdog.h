// Ends what does not end: a timer around work that must not hang, as a shutdown.
#ifndef LIANJIE_SERVER_WATCHDOG_H_
#define LIANJIE_SERVER_WATCHDOG_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace lianjie::server {

// Calls `bark` once, from a thread of its own, unless it is destroyed within `limit`. A limit of 0
// never passes.
class Watchdog {
 public:
  Watchdog(std::chrono::milliseconds limit, std::function<void()> bark) {
    if (limit.count() <= 0) return;
    thread_ = std::thread([this, limit, bark = std::move(bark)] {
      std::unique_lock lock(mutex_);
      if (!wake_.wait_for(lock, limit, [this] { return ended_; })) bark();
    });
  }
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_WATCHDOG_H_
