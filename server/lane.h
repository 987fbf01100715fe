// Lanes: bounded queues with threads of their own, so that one kind of work never starves another
// and gRPC's own threads never block. A full queue refuses at once and says when to come again;
// work whose caller has gone or whose deadline has passed is dropped when its turn comes, not run.
#ifndef LIANJIE_SERVER_LANE_H_
#define LIANJIE_SERVER_LANE_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"

namespace lianjie::server {

struct Task {
  std::function<void()> run = {};
  // Called instead of `run` when the task is dropped: DEADLINE_EXCEEDED, CANCELLED, or UNAVAILABLE
  // at shutdown.
  std::function<void(const absl::Status&)> drop = {};
  std::chrono::system_clock::time_point deadline = std::chrono::system_clock::time_point::max();
  std::function<bool()> cancelled = {};  // may be empty
};

// Thread safe.
class Lane {
 public:
  Lane(std::string name, int threads, std::size_t max_queue);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // RESOURCE_EXHAUSTED (QUEUE_FULL, with the lane and how many wait) or UNAVAILABLE after Stop;
  // then neither function of the task is called.
  absl::Status Submit(Task task);

  // Refuses new work, drops what waits, and returns when what runs has ended. Idempotent.
  void Stop();

  // Whether a task that comes now must wait.
  bool busy() const;
  std::size_t running() const;
  std::size_t queued() const;

 private:
  void Work();

  const std::string name_;
  const std::size_t max_queue_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  std::size_t running_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_LANE_H_
