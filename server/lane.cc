#include "server/lane.h"

#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::server {
namespace {

absl::Status StoppedError() {
  return MakeError(absl::StatusCode::kUnavailable, "the server is shutting down",
                   {.reason = Reason::kUnavailable, .field = {}, .row = {}, .metadata = {}});
}

// Why a task whose turn has come must not run; OK when it may.
absl::Status Expired(const Task& task) {
  if (task.cancelled && task.cancelled()) {
    return MakeError(absl::StatusCode::kCancelled, "the caller cancelled",
                     {.reason = Reason::kCancelled, .field = {}, .row = {}, .metadata = {}});
  }
  if (std::chrono::system_clock::now() >= task.deadline) {
    return MakeError(absl::StatusCode::kDeadlineExceeded,
                     "the deadline passed while the request waited",
                     {.reason = Reason::kDeadlineExceeded, .field = {}, .row = {}, .metadata = {}});
  }
  return absl::OkStatus();
}

}  // namespace

Lane::Lane(std::string name, int threads, std::size_t max_queue)
    : name_(std::move(name)), max_queue_(max_queue) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Lane::~Lane() { Stop(); }

absl::Status Lane::Submit(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return StoppedError();
    if (queue_.size() >= max_queue_) {
      return MakeError(
          absl::StatusCode::kResourceExhausted,
          Cat("the ", name_, " lane is full: ", max_queue_, " requests wait; try again later"),
          {.reason = Reason::kQueueFull,
           .field = {},
           .row = {},
           .metadata = {{"lane", name_}, {"waiting", Cat(queue_.size())}}});
    }
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return absl::OkStatus();
}

void Lane::Stop() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (Task& task : dropped) task.drop(StoppedError());
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool Lane::busy() const {
  const std::lock_guard lock(mutex_);
  return running_ + queue_.size() >= threads_.size();
}

std::size_t Lane::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::size_t Lane::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Lane::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    lock.unlock();
    if (const absl::Status expired = Expired(task); !expired.ok()) {
      task.drop(expired);
    } else {
      task.run();
    }
    task = Task{};  // what it holds ends before the lane counts it as ended
    lock.lock();
    --running_;
  }
}

}  // namespace lianjie::server
