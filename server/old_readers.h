// Readers of revisions that are not the newest any more, kept for a while after they were made: the
// pages of a list, and one look-up after the other, ask for the same revision again and again, and
// each rebuilding costs as much as was changed since.
#ifndef LIANJIE_SERVER_OLD_READERS_H_
#define LIANJIE_SERVER_OLD_READERS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/store.h"

namespace lianjie::server {

// Thread safe; the store outlives it.
class OldReaders {
 public:
  explicit OldReaders(const storage::Store& store) : store_(store) {}

  // As Store::OpenReader.
  absl::StatusOr<std::shared_ptr<const storage::Reader>> Open(
      std::string_view graph, std::int64_t revision, const std::function<absl::Status()>& check);

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

  const storage::Store& store_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // last used first
  std::uint64_t deletions_ = 0;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_OLD_READERS_H_
