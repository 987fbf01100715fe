// An older revision of a graph: the newest state with what changed since laid back as it was. The
// change feed has every record before each change; of several changes the first after the revision
// counts.
#ifndef LIANJIE_STORAGE_REBUILD_H_
#define LIANJIE_STORAGE_REBUILD_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/key_value.h"
#include "storage/keys.h"

namespace lianjie::storage {

struct RebuildLimits {
  std::uint64_t max_bytes = 0;
  const std::function<absl::Status()>& check;  // may be empty; called now and then
};

// The map as it was when `graph` was at `revision`, as far as that graph's records and meta go (not
// its change feed, revisions and request ids, nor other graphs). `newest` itself when it is at that
// revision. Thread safe. REVISION_UNAVAILABLE, LIMIT_EXCEEDED.
absl::StatusOr<std::shared_ptr<const KeyValueReader>> RebuildRevision(
    std::shared_ptr<const KeyValueReader> newest, GraphNumber graph, std::int64_t revision,
    const RebuildLimits& limits);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_REBUILD_H_
