#include "engine/graph/string_pool.h"

#include <atomic>
#include <bit>
#include <limits>

#include "engine/graph/hash.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kEmptySlot = std::numeric_limits<std::uint32_t>::max();

}  // namespace

IdTable IdTable::Build(const StringPool& ids, std::optional<std::uint32_t>& twice) {
  const Buffer<std::uint32_t> slots(std::bit_ceil(ids.size() + ids.size() / 2 + 1));
  std::fill(slots.data(), slots.data() + slots.size(), kEmptySlot);
  const std::size_t mask = slots.size() - 1;
  std::atomic<std::uint32_t> found{kEmptySlot};
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, ids.size(), std::size_t{1} << 14),
                    [&](const tbb::blocked_range<std::size_t>& range) {
                      for (std::size_t row = range.begin(); row != range.end(); ++row) {
                        const std::string_view id = ids[row];
                        for (std::size_t at = Hash64(id) & mask;; at = (at + 1) & mask) {
                          std::atomic_ref<std::uint32_t> slot(slots[at]);
                          std::uint32_t there = kEmptySlot;
                          if (slot.compare_exchange_strong(there, static_cast<std::uint32_t>(row),
                                                           std::memory_order_relaxed)) {
                            break;
                          }
                          if (ids[there] == id) {
                            found.store(static_cast<std::uint32_t>(row), std::memory_order_relaxed);
                            break;
                          }
                        }
                      }
                    });
  twice = found == kEmptySlot ? std::nullopt : std::optional(found.load());
  return IdTable(SharedArray<std::uint32_t>(slots));
}

std::optional<std::uint32_t> IdTable::Find(const StringPool& ids, std::string_view id) const {
  if (slots_.empty()) return std::nullopt;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = Hash64(id) & mask; slots_[at] != kEmptySlot; at = (at + 1) & mask) {
    if (ids[slots_[at]] == id) return slots_[at];
  }
  return std::nullopt;
}

}  // namespace lianjie
