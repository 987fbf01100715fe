// The one thread that writes. It takes the batches that wait, applies them one after the other over
// the newest state, and writes all that held in one go, synced to disk; the batches that come
// meanwhile make the next group. So concurrent writers share a sync without anybody waiting for
// company: a group ends when nobody waits or when it has 1 MiB. Work that must be alone (loads,
// graphs made and deleted) runs on the same thread, in turn. When nothing waits it removes, piece
// by piece, the keys of deleted graphs and what is older than the retention.
#ifndef LIANJIE_STORAGE_COMMITTER_H_
#define LIANJIE_STORAGE_COMMITTER_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/batch.h"
#include "storage/key_value.h"
#include "storage/keys.h"
#include "storage/pruner.h"
#include "storage/store.h"

namespace lianjie::storage {

using Listener = std::function<void(std::string_view graph, std::int64_t revision)>;

// Thread safe.
class Committer {
 public:
  Committer(std::shared_ptr<KeyValue> kv, std::chrono::seconds retention,
            const BatchLimits& limits = {});
  // Ends when all that waits is done.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Blocks until the batch is on disk or refused.
  absl::StatusOr<CommitResult> Commit(const Batch& batch);
  // Runs `work` on the committing thread, alone; blocks until it is done.
  absl::Status Exclusive(absl::FunctionRef<absl::Status()> work);
  // Tells the listener; on the committing thread only.
  void Announce(std::string_view graph, std::int64_t revision);
  void SetListener(Listener listener);
  // The keys of these graphs, which no name leads to any more, are removed when nothing else is to
  // do.
  void Sweep(const std::vector<GraphNumber>& graphs);

 private:
  struct Task {
    const Batch* batch = nullptr;  // or:
    absl::FunctionRef<absl::Status()>* work = nullptr;
    absl::StatusOr<CommitResult> result = absl::UnknownError("not run");
    bool rests_on_group = false;  // the result, on what the batches before it have changed
    bool done = false;
  };

  void Wait(Task& task);
  void Run();
  // Until there is something to do.
  void Rest(std::unique_lock<std::mutex>& lock);
  void RunGroup(std::unique_lock<std::mutex>& lock);
  void FinishTasks(const std::vector<Task*>& tasks);
  // Removes a piece of the graph; true when it was the last.
  absl::StatusOr<bool> SweepPiece(GraphNumber graph);

  const std::shared_ptr<KeyValue> kv_;
  const BatchLimits limits_;
  std::mutex mutex_;
  std::condition_variable to_do_;
  std::condition_variable done_;
  std::deque<Task*> tasks_;
  std::deque<GraphNumber> to_sweep_;
  Pruner::Time sweep_due_;  // not before: after a refusal
  bool stopping_ = false;
  Pruner pruner_;  // of the committing thread
  std::mutex listener_mutex_;
  Listener listener_;
  std::thread thread_;  // the last: it uses all others
};

std::int64_t NowMicros();

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_COMMITTER_H_
