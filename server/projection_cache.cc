#include "server/projection_cache.h"

#include <utility>

#include "engine/core/text.h"

namespace lianjie::server {
namespace {

std::string ProjectionKey(std::string_view graph, const View& view, const ProjectionSpec& spec) {
  const Interval period = view.period().value_or(Interval{});
  return Cat(graph, '\n', view.snapshot().revision(), '\n', view.as_of().days, ' ',
             view.period().has_value() ? 1 : 0, ' ', period.from.days, ' ', period.to.days, '\n',
             view.spec().region, '\n', view.spec().nodes.text(), '\n', view.spec().links.text(),
             '\n', static_cast<int>(spec.direction), ' ', spec.weight, ' ', spec.missing_weight,
             ' ', static_cast<int>(spec.parallel), ' ', spec.self_loops ? 1 : 0, ' ',
             spec.want_links ? 1 : 0);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Projection>> ProjectionCache::Get(std::string_view graph,
                                                                       const View& view,
                                                                       const ProjectionSpec& spec,
                                                                       RunContext& context) {
  const std::string key = ProjectionKey(graph, view, spec);
  {
    const std::lock_guard lock(mutex_);
    for (auto it = cached_.begin(); it != cached_.end(); ++it) {
      if (it->key != key) continue;
      cached_.splice(cached_.begin(), cached_, it);
      return cached_.front().projection;
    }
  }
  absl::StatusOr<std::shared_ptr<const Projection>> made = Projection::Build(view, spec, context);
  if (!made.ok()) return made.status();
  const std::uint64_t bytes = (*made)->memory_bytes();
  const std::lock_guard lock(mutex_);
  if (bytes > budget_bytes_) return made;
  cached_.push_front({key, *made});
  bytes_ += bytes;
  while (bytes_ > budget_bytes_) {
    bytes_ -= cached_.back().projection->memory_bytes();
    cached_.pop_back();
  }
  return made;
}

void ProjectionCache::Forget(std::string_view graph) {
  const std::string prefix = Cat(graph, '\n');
  const std::lock_guard lock(mutex_);
  for (auto it = cached_.begin(); it != cached_.end();) {
    if (it->key.starts_with(prefix)) {
      bytes_ -= it->projection->memory_bytes();
      it = cached_.erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace lianjie::server
