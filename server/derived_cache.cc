#include "server/derived_cache.h"

#include <chrono>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::server {
namespace {

// How soon a waiter whose run is cancelled goes away.
constexpr std::chrono::milliseconds kLookUpEvery{5};

std::string DerivedKey(std::string_view graph, const View& view, const std::string& key) {
  const Interval period = view.period().value_or(Interval{});
  // With its length: a filter may hold anything, line ends too.
  const auto whole = [](std::string_view text) { return Cat(text.size(), ':', text); };
  return Cat(graph, '\n', view.snapshot().revision(), ' ',
             reinterpret_cast<std::uintptr_t>(&view.snapshot()), '\n', view.as_of().days, ' ',
             view.period().has_value() ? 1 : 0, ' ', period.from.days, ' ', period.to.days, '\n',
             whole(view.spec().region), whole(view.spec().nodes.text()),
             whole(view.spec().links.text()), key);
}

}  // namespace

absl::StatusOr<DerivedPointer> DerivedCache::Get(
    std::string_view graph, const View& view, const std::string& key, const DerivedMaker& make,
    const std::function<void(const std::function<void()>& insert)>& keep, RunContext& context) {
  const std::string full = DerivedKey(graph, view, key);
  {
    std::unique_lock lock(mutex_);
    while (true) {
      if (DerivedPointer found = Find(full)) return found;
      if (making_.insert(full).second) break;
      made_.wait_for(lock, kLookUpEvery);
      if (context.Stopped()) return context.Check();
    }
  }
  const auto done = [&] {
    const std::lock_guard lock(mutex_);
    making_.erase(full);
    made_.notify_all();
  };
  struct AtEnd {
    const decltype(done)& run;
    ~AtEnd() { run(); }
  } const at_end{done};
  absl::StatusOr<DerivedPointer> made = make(context);
  if (made.ok()) keep([&] { Insert(full, *made); });
  return made;
}

DerivedPointer DerivedCache::Find(const std::string& key) {
  for (auto it = kept_.begin(); it != kept_.end(); ++it) {
    if (it->key != key) continue;
    kept_.splice(kept_.begin(), kept_, it);
    return kept_.front().value;
  }
  return nullptr;
}

void DerivedCache::Insert(const std::string& key, const DerivedPointer& value) {
  const std::uint64_t bytes = value->memory_bytes();
  const std::lock_guard lock(mutex_);
  if (bytes > budget_bytes_) return;
  kept_.push_front({key, value});
  bytes_ += bytes;
  while (bytes_ > budget_bytes_) {
    bytes_ -= kept_.back().value->memory_bytes();
    kept_.pop_back();
  }
}

void DerivedCache::Forget(std::string_view graph) {
  const std::string prefix = Cat(graph, '\n');
  const std::lock_guard lock(mutex_);
  for (auto it = kept_.begin(); it != kept_.end();) {
    if (!it->key.starts_with(prefix)) {
      ++it;
      continue;
    }
    bytes_ -= it->value->memory_bytes();
    it = kept_.erase(it);
  }
}

}  // namespace lianjie::server
