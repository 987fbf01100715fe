// The loads that are under way, for those who ask how far they are, and what each may take.
#ifndef LIANJIE_SERVER_LOADS_H_
#define LIANJIE_SERVER_LOADS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lianjie::server {

// How far one load is; written by its call, read by anyone.
struct LoadState {
  explicit LoadState(std::string name) : graph(std::move(name)) {}

  const std::string graph;
  std::atomic<std::int64_t> row_count = 0;
  // Of the work that begins when all rows have arrived; total 0: it has not begun.
  std::atomic<std::uint64_t> done = 0;
  std::atomic<std::uint64_t> total = 0;
};

// Thread safe.
class Loads {
 public:
  // `memory_bytes` is storage::LoadOptions' of each load.
  explicit Loads(std::uint64_t memory_bytes) : memory_bytes_(memory_bytes) {}

  std::uint64_t memory_bytes() const { return memory_bytes_; }

  // Listed for as long as the caller keeps it.
  std::shared_ptr<LoadState> Begin(const std::string& graph) {
    auto state = std::make_shared<LoadState>(graph);
    const std::lock_guard lock(mutex_);
    std::erase_if(states_, [](const auto& known) { return known.expired(); });
    states_.push_back(state);
    return state;
  }

  std::vector<std::shared_ptr<const LoadState>> List() const {
    std::vector<std::shared_ptr<const LoadState>> out;
    const std::lock_guard lock(mutex_);
    for (const auto& known : states_) {
      if (auto state = known.lock()) out.push_back(std::move(state));
    }
    return out;
  }

 private:
  const std::uint64_t memory_bytes_;
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<const LoadState>> states_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_LOADS_H_
