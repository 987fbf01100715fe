// Loops over the rows of arrays in parallel, in parts that depend on their number alone, so that
// sums of parts, added in order, are the same at any number of threads.
#ifndef LIANJIE_ENGINE_RUNTIME_ROWS_H_
#define LIANJIE_ENGINE_RUNTIME_ROWS_H_

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {

// Calls body(begin, end, poller) for the parts of [0, size): part i is [i * grain, (i + 1) *
// grain), cut at the end. In the context's arena; one part alone is done where the caller is,
// without waking anybody. A body answers false when its poller says that the run must end. Errors:
// CANCELLED, DEADLINE_EXCEEDED.
template <typename Body>
absl::Status ForEachRows(std::size_t size, std::size_t grain, RunContext& context,
                         const Body& body) {
  const auto part = [&](std::size_t begin, std::size_t end) {
    if (context.Stopped()) return;
    Poller poller(context);
    body(begin, end, poller);
  };
  if (size <= grain) {
    if (size > 0) part(0, size);
    return context.Check();
  }
  context.Parallel([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, (size + grain - 1) / grain, 1),
        [&](const auto& range) {
          for (std::size_t i = range.begin(); i != range.end(); ++i)
            part(i * grain, std::min(size, (i + 1) * grain));
        },
        tbb::simple_partitioner());
  });
  return context.Check();
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_RUNTIME_ROWS_H_
