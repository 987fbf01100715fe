// Readers of revisions that are not the newest any more, kept for a while after they were made: the
// pages of a list, and one look-up after the other, ask for the same revision again and again, and
// each rebuilding costs as much as was changed since. What they take is booked in the budget that
// analyses share, and one revision is rebuilt once, however many ask for it at a time.
#ifndef LIANJIE_SERVER_OLD_READERS_H_
#define LIANJIE_SERVER_OLD_READERS_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/lane.h"
#include "server/memory_budget.h"
#include "storage/store.h"

namespace lianjie::server {

// Thread safe; the store and the budget outlive it.
class OldReaders {
 public:
  // `most_bytes`: what rebuilding one revision may take (OpenOptions::max_rebuild_bytes).
  OldReaders(const storage::Store& store, MemoryBudget& budget, std::uint64_t most_bytes);

  // As Store::OpenReader; also MEMORY_EXHAUSTED, when the budget has not that much left.
  absl::StatusOr<std::shared_ptr<const storage::Reader>> Open(
      std::string_view graph, std::int64_t revision, const std::function<absl::Status()>& check);

  // Whether Open would answer at once.
  bool Has(std::string_view graph, std::int64_t revision);

  // For Store::SetListener: a deleted graph is forgotten, and what nobody used for a minute.
  void OnCommit(std::string_view graph, std::int64_t revision);

 private:
  using Clock = std::chrono::steady_clock;

  struct Kept {
    std::string graph;
    std::int64_t revision = 0;
    Clock::time_point used;
    std::shared_ptr<const storage::Reader> reader;
  };

  using Name = std::pair<std::string, std::int64_t>;
  using ReaderOr = absl::StatusOr<std::shared_ptr<const storage::Reader>>;

  std::shared_ptr<const storage::Reader> Find(std::string_view graph, std::int64_t revision);
  ReaderOr Build(std::string_view graph, std::int64_t revision,
                 const std::function<absl::Status()>& check);
  bool DropOldest();
  void Discard(std::list<Kept> dropped);

  const storage::Store& store_;
  MemoryBudget& budget_;
  const std::uint64_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable built_;
  std::vector<Name> building_;
  std::list<Kept> kept_;  // last used first
  std::uint64_t deletions_ = 0;
  Lane discarding_;  // the last: its thread uses what is above
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_OLD_READERS_H_
