// Forgets what is older than the retention: changes, the revisions that they led to, and the
// request ids that came with them. A graph's history is first cut, by one write to its meta; what
// lies before the cut, and can no longer be asked for, is then removed a piece at a time, so that
// no writer waits for more than a piece. A crash between leaves keys before the cut, which the
// first pass after the next opening finds.
#ifndef LIANJIE_STORAGE_PRUNER_H_
#define LIANJIE_STORAGE_PRUNER_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/graph_data.h"
#include "storage/key_value.h"
#include "storage/keys.h"

namespace lianjie::storage {

// All calls come from the committing thread.
class Pruner {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  // `kv` outlives it. kKeepForever: it never does anything. The first pass is due at once.
  Pruner(KeyValue& kv, std::chrono::seconds retention);

  // When Piece is to be called next; nothing: not before the next commit.
  std::optional<Time> due() const { return due_; }
  void AfterCommit();
  // At most about a thousand keys, a few milliseconds. `now_micros` is the time of day.
  void Piece(std::int64_t now_micros);

 private:
  // Whether the graph is done for this pass.
  absl::StatusOr<bool> PieceOf(GraphNumber graph, std::int64_t now_micros);
  // Moves the cut; whether it moved.
  absl::StatusOr<bool> Cut(const GraphData& data, std::int64_t now_micros);
  // Removes keys before the cut; whether there may be more.
  absl::StatusOr<bool> Remove(const GraphData& data, std::int64_t cut);

  KeyValue& kv_;
  const std::chrono::seconds retention_;
  std::optional<Time> due_;
  bool passing_ = false;
  std::deque<GraphNumber> graphs_;  // still to be visited in this pass
  // The time of day at which the next revision gets too old; of the graphs visited so far.
  std::optional<std::int64_t> next_micros_;
  // Up to which revision nothing is left: a walk from there on does not meet what was removed
  // before.
  absl::flat_hash_map<GraphNumber, std::int64_t> clean_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_PRUNER_H_
