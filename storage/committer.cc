#include "storage/committer.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/overlay.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kGroupBytes = 1 << 20;
constexpr std::size_t kSweepKeys = 10000;
constexpr std::chrono::seconds kPauseAfterFailure{1};  // of sweeping, which is asked for

// Running out of memory ends the request, not the process.
template <typename Result> Result Guarded(absl::FunctionRef<Result()> work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return MakeError(absl::StatusCode::kResourceExhausted, "out of memory while writing",
                     {.reason = Reason::kMemoryExhausted, .field = {}, .row = {}, .metadata = {}});
  } catch (const std::exception& e) {
    return MakeError(absl::StatusCode::kInternal, Cat("while writing: ", e.what()), {});
  }
}

}  // namespace

std::int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Committer::Committer(std::shared_ptr<KeyValue> kv, std::chrono::seconds retention,
                     const BatchLimits& limits)
    : kv_(std::move(kv)), limits_(limits), pruner_(*kv_, retention), thread_([this] { Run(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  to_do_.notify_all();
  thread_.join();
}

absl::StatusOr<CommitResult> Committer::Commit(const Batch& batch) {
  Task task;
  task.batch = &batch;
  Wait(task);
  return std::move(task.result);
}

absl::Status Committer::Exclusive(absl::FunctionRef<absl::Status()> work) {
  Task task;
  task.work = &work;
  Wait(task);
  return task.result.status();
}

void Committer::Wait(Task& task) {
  std::unique_lock lock(mutex_);
  tasks_.push_back(&task);
  to_do_.notify_one();
  done_.wait(lock, [&task] { return task.done; });
}

void Committer::SetListener(Listener listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

void Committer::Announce(std::string_view graph, std::int64_t revision) {
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_(graph, revision);
}

void Committer::Sweep(const std::vector<GraphNumber>& graphs) {
  const std::lock_guard lock(mutex_);
  to_sweep_.insert(to_sweep_.end(), graphs.begin(), graphs.end());
  to_do_.notify_one();
}

void Committer::Rest(std::unique_lock<std::mutex>& lock) {
  std::optional<Pruner::Time> due = pruner_.due();
  if (!to_sweep_.empty()) due = std::min(due.value_or(sweep_due_), sweep_due_);
  // A graph that comes to be swept while none waits is due at once.
  const auto called = [&, none = to_sweep_.empty()] {
    return stopping_ || !tasks_.empty() || (none && !to_sweep_.empty());
  };
  if (due.has_value()) {
    to_do_.wait_until(lock, *due, called);
  } else {
    to_do_.wait(lock, called);
  }
}

void Committer::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    Rest(lock);
    if (!tasks_.empty()) {
      RunGroup(lock);
      pruner_.AfterCommit();
    } else if (stopping_) {
      return;  // what is left to remove is found at the next opening
    } else if (!to_sweep_.empty() && sweep_due_ <= Pruner::Clock::now()) {
      const GraphNumber graph = to_sweep_.front();
      lock.unlock();
      const absl::StatusOr<bool> last = SweepPiece(graph);
      lock.lock();
      // A piece that is lost in a crash is swept again; a disk that fails fails the store, which
      // says so; one that is full may have room later.
      if (!last.ok()) sweep_due_ = Pruner::Clock::now() + kPauseAfterFailure;
      if (last.ok() && *last) to_sweep_.pop_front();
    } else if (pruner_.due() <= Pruner::Clock::now()) {
      lock.unlock();
      pruner_.Piece(NowMicros());
      lock.lock();
    }
  }
}

void Committer::RunGroup(std::unique_lock<std::mutex>& lock) {
  if (Task* task = tasks_.front(); task->work != nullptr) {
    tasks_.pop_front();
    lock.unlock();
    const absl::Status status = Guarded<absl::Status>(*task->work);
    task->result = status.ok() ? absl::StatusOr<CommitResult>(CommitResult{}) : status;
    lock.lock();
    FinishTasks({task});
    return;
  }
  std::vector<Task*> group;
  const std::shared_ptr<const KeyValueReader> snapshot = kv_->Snapshot();
  Overlay changes(*snapshot);
  const KeyValueReader& newest = changes;  // what a batch is checked against
  while (!tasks_.empty() && tasks_.front()->batch != nullptr && changes.bytes() < kGroupBytes) {
    Task* task = tasks_.front();
    tasks_.pop_front();
    group.push_back(task);
    lock.unlock();
    task->rests_on_group = !changes.changes().empty();
    Overlay mine(newest);
    task->result = Guarded<absl::StatusOr<CommitResult>>(
        [&] { return ApplyBatch(*task->batch, NowMicros(), mine, limits_); });
    if (task->result.ok()) mine.MoveInto(changes);
    lock.lock();
  }
  lock.unlock();
  // A group of refusals alone changes nothing and needs no sync.
  const absl::Status written =
      changes.changes().empty()
          ? absl::OkStatus()
          : Guarded<absl::Status>([&] { return kv_->Write(changes.changes(), true); });
  for (Task* task : group) {
    // What rests on batches that were not written is as little an answer as theirs, a refusal too.
    if (!written.ok() && (task->rests_on_group || (task->result.ok() && !task->result->replayed))) {
      task->result = written;
    } else if (task->result.ok() && !task->result->replayed) {
      Announce(task->batch->graph, task->result->revision);
    }
  }
  lock.lock();
  FinishTasks(group);
}

void Committer::FinishTasks(const std::vector<Task*>& tasks) {
  for (Task* task : tasks) task->done = true;
  done_.notify_all();
}

absl::StatusOr<bool> Committer::SweepPiece(GraphNumber graph) {
  const auto snapshot = kv_->Snapshot();
  const std::string prefix = GraphPrefix(graph);
  KeyValueChanges changes;
  const auto it = snapshot->NewIterator(prefix, AfterPrefix(prefix), true);
  for (; it->Valid() && changes.size() < kSweepKeys; it->Next()) {
    changes.emplace(std::string(it->key()), std::nullopt);
  }
  const bool last = !it->Valid();
  if (last) changes.emplace(DroppedKey(graph), std::nullopt);
  LIANJIE_RETURN_IF_ERROR(it->status());
  LIANJIE_RETURN_IF_ERROR(kv_->Write(changes, false, /*frees=*/true));
  return last;
}

}  // namespace lianjie::storage
