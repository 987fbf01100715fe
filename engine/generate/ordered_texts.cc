#include "engine/generate/ordered_texts.h"

#include "engine/core/status.h"

namespace lianjie {

OrderedTexts::OrderedTexts(std::vector<TextSink> sinks, std::size_t tasks, std::size_t window,
                           std::size_t bytes)
    : sinks_(std::move(sinks)), count_(tasks), bytes_(bytes), tasks_(window) {}

std::optional<std::size_t> OrderedTexts::Begin() {
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [this] {
    return !status_.ok() || begun_ == count_ || begun_ < handed_on_ + tasks_.size();
  });
  if (!status_.ok() || begun_ == count_) return std::nullopt;
  Of(begun_) = {};
  return begun_++;
}

absl::Status OrderedTexts::HandOnPutBy(Task& task) {
  for (const auto& [text, bytes] : task.put_by) LIANJIE_RETURN_IF_ERROR(sinks_[text](bytes));
  task.put_by.clear();
  task.bytes = 0;
  return absl::OkStatus();
}

absl::Status OrderedTexts::Put(std::size_t task, std::size_t text, std::string_view bytes) {
  Task& own = Of(task);
  {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] {
      return !status_.ok() || handed_on_ == task || own.bytes + bytes.size() <= bytes_;
    });
    if (!status_.ok()) return status_;
    if (handed_on_ != task) {
      own.put_by.emplace_back(text, bytes);
      own.bytes += bytes.size();
      return absl::OkStatus();
    }
  }
  // It is this task's turn, so nobody else touches the sinks until it ends.
  absl::Status status = HandOnPutBy(own);
  if (status.ok()) status = sinks_[text](bytes);
  if (!status.ok()) Fail(status);
  return status;
}

void OrderedTexts::End(std::size_t task) {
  const std::lock_guard lock(mutex_);
  Of(task).ended = true;
  while (status_.ok() && handed_on_ < begun_ && Of(handed_on_).ended) {
    status_ = HandOnPutBy(Of(handed_on_));
    ++handed_on_;
  }
  moved_.notify_all();
}

void OrderedTexts::Fail(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  if (status_.ok()) status_ = status;
  moved_.notify_all();
}

absl::Status OrderedTexts::status() {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace lianjie
