// Texts that several threads make, task by task, and that come out in the order of the tasks,
// whoever is done first. The thread whose task is next in the order hands its text straight on; the
// others put theirs by, up to a bound, and wait beyond it. So memory is at most threads times that
// bound, however long a task's text is, and the bytes are the same at any number of threads.
#ifndef LIANJIE_ENGINE_GENERATE_ORDERED_TEXTS_H_
#define LIANJIE_ENGINE_GENERATE_ORDERED_TEXTS_H_

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/core/csv_writer.h"

namespace lianjie {

class OrderedTexts {
 public:
  // `sinks`: one a text. Tasks are numbered from 0 to `tasks` - 1. At most `window` are begun and
  // not yet handed on at a time; each may put by `bytes`.
  OrderedTexts(std::vector<TextSink> sinks, std::size_t tasks, std::size_t window,
               std::size_t bytes);

  // The next task; waits until there is room for it. None when all are taken or something failed.
  std::optional<std::size_t> Begin();
  // The next piece of one of the task's texts. The error is the first of any thread, after which
  // nothing more is handed on. Called by the task's thread.
  absl::Status Put(std::size_t task, std::size_t text, std::string_view bytes);
  void End(std::size_t task);
  // Ends all; the first error counts.
  void Fail(const absl::Status& status);
  absl::Status status();

 private:
  struct Task {
    std::vector<std::pair<std::size_t, std::string>> put_by;
    std::size_t bytes = 0;
    bool ended = false;
  };
  Task& Of(std::size_t task) { return tasks_[task % tasks_.size()]; }
  absl::Status HandOnPutBy(Task& task);

  const std::vector<TextSink> sinks_;
  const std::size_t count_;
  const std::size_t bytes_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::vector<Task> tasks_;    // those of the window, by number modulo its size
  std::size_t begun_ = 0;      // how many
  std::size_t handed_on_ = 0;  // how many are done with: also the task whose turn it is
  absl::Status status_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_ORDERED_TEXTS_H_
