#include "server/old_readers.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/core/status.h"
#include "server/call.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kMostKept = 2;
constexpr std::chrono::seconds kKeptUnused{60};
constexpr std::chrono::milliseconds kCheckEvery{10};  // by who waits for another's rebuilding

}  // namespace

OldReaders::OldReaders(const storage::Store& store, MemoryBudget& budget, std::uint64_t most_bytes)
    : store_(store),
      budget_(budget),
      most_bytes_(most_bytes),
      discarding_("old readers", 1, std::numeric_limits<std::size_t>::max()) {}

// mutex_ is held.
std::shared_ptr<const storage::Reader> OldReaders::Find(std::string_view graph,
                                                        std::int64_t revision) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
    return kept.revision == revision && kept.graph == graph;
  });
  if (found == kept_.end()) return nullptr;
  found->used = Clock::now();
  kept_.splice(kept_.begin(), kept_, found);
  return kept_.front().reader;
}

bool OldReaders::Has(std::string_view graph, std::int64_t revision) {
  const std::lock_guard lock(mutex_);
  return Find(graph, revision) != nullptr;
}

OldReaders::ReaderOr OldReaders::Open(std::string_view graph, std::int64_t revision,
                                      const std::function<absl::Status()>& check) {
  const Name name(graph, revision);
  std::unique_lock lock(mutex_);
  while (true) {
    if (auto reader = Find(graph, revision)) return reader;
    if (std::find(building_.begin(), building_.end(), name) == building_.end()) break;
    // Somebody builds it; when that fails, or is given up, it is the next one's turn.
    built_.wait_for(lock, kCheckEvery);
    lock.unlock();
    if (check) LIANJIE_RETURN_IF_ERROR(check());
    lock.lock();
  }
  building_.push_back(name);
  const std::uint64_t deletions = deletions_;
  lock.unlock();
  ReaderOr built;
  const absl::Status status = Guarded([&]() -> absl::Status {
    built = Build(graph, revision, check);
    return built.status();
  });
  std::list<Kept> dropped;
  lock.lock();
  std::erase(building_, name);
  built_.notify_all();
  if (!status.ok()) return status;
  // The name may have come to mean another graph meanwhile.
  if (deletions == deletions_) {
    kept_.push_front({std::string(graph), revision, Clock::now(), *built});
    if (kept_.size() > kMostKept) {
      dropped.splice(dropped.end(), kept_, std::next(kept_.begin(), kMostKept), kept_.end());
    }
  }
  lock.unlock();
  return built;
}

// Books the most that it may take, and keeps booked what it took.
OldReaders::ReaderOr OldReaders::Build(std::string_view graph, std::int64_t revision,
                                       const std::function<absl::Status()>& check) {
  struct Held {
    Held(MemoryBudget& budget, std::uint64_t bytes) : lease(budget, bytes) {}
    MemoryLease lease;
    std::shared_ptr<const storage::Reader> reader;  // goes first
  };
  while (true) {
    const absl::Status booked = budget_.Take(most_bytes_, "rebuilding an older revision");
    if (booked.ok()) break;
    if (!DropOldest()) return booked;
  }
  const auto held = std::make_shared<Held>(budget_, most_bytes_);
  LIANJIE_ASSIGN_OR_RETURN(held->reader, store_.OpenReader(graph, revision, check));
  held->lease.Shrink(held->reader->memory_bytes());
  return std::shared_ptr<const storage::Reader>(held, held->reader.get());
}

bool OldReaders::DropOldest() {
  std::list<Kept> dropped;  // destroyed without the mutex
  const std::lock_guard lock(mutex_);
  if (kept_.empty()) return false;
  dropped.splice(dropped.end(), kept_, std::prev(kept_.end()));
  return true;
}

// Freeing much takes long, and a writer waits for OnCommit.
void OldReaders::Discard(std::list<Kept> dropped) {
  if (dropped.empty()) return;
  auto last = std::make_shared<std::list<Kept>>(std::move(dropped));
  discarding_.Submit({.run = [last] { last->clear(); }, .drop = [](const absl::Status&) {}})
      .IgnoreError();
}

void OldReaders::OnCommit(std::string_view graph, std::int64_t revision) {
  const Clock::time_point now = Clock::now();
  std::list<Kept> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (revision == 0) ++deletions_;
    for (auto it = kept_.begin(); it != kept_.end();) {
      const auto here = it++;
      if ((revision == 0 && here->graph == graph) || now - here->used > kKeptUnused) {
        dropped.splice(dropped.end(), kept_, here);
      }
    }
  }
  Discard(std::move(dropped));
}

}  // namespace lianjie::server
