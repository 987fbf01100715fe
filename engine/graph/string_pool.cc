#include "engine/graph/string_pool.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <limits>
#include <numeric>

#include "engine/graph/hash.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kEmptySlot = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kAtATime = 32;

}  // namespace

StringPool::StringPool(SharedArray<char> bytes, const Buffer<std::uint64_t>& offsets)
    : bytes_(std::move(bytes)) {
  const Buffer<std::uint32_t> within(offsets.size());
  const std::size_t blocks = ((offsets.size() - 1) >> kBlockBits) + 1;
  const Buffer<std::uint64_t> bases(blocks);
  tbb::parallel_for(std::size_t{0}, blocks, [&](std::size_t block) {
    const std::size_t first = block << kBlockBits;
    const std::size_t last = std::min(offsets.size(), (block + 1) << kBlockBits);
    bases[block] = offsets[first];
    for (std::size_t i = first; i < last; ++i) {
      within[i] = static_cast<std::uint32_t>(offsets[i] - offsets[first]);
    }
  });
  offsets_ = SharedArray<std::uint32_t>(within);
  bases_ = SharedArray<std::uint64_t>(bases);
}

bool StringPool::FinishArrays(std::size_t rows) const {
  if (offsets_.empty()) return rows == 0 && bytes_.empty() && bases_.empty();
  return offsets_.size() == rows + 1 && bases_.size() == (rows >> kBlockBits) + 1 &&
         offset(rows) == bytes_.size();
}

StringPool ScatterStrings(std::span<StringPoolBuilder* const> parts,
                          std::span<const std::uint32_t> place) {
  const Buffer<std::uint64_t> offsets(place.size() + 1);
  offsets[0] = 0;
  std::vector<std::size_t> begin{0};
  for (const StringPoolBuilder* part : parts) begin.push_back(begin.back() + part->size());
  tbb::parallel_for(std::size_t{0}, parts.size(), [&](std::size_t p) {
    const StringPoolBuilder& part = *parts[p];
    for (std::size_t i = 0; i < part.size(); ++i) {
      offsets[place[begin[p] + i] + std::size_t{1}] = part[i].size();
    }
  });
  std::partial_sum(offsets.data(), offsets.data() + offsets.size(), offsets.data());
  const Buffer<char> bytes(offsets[place.size()]);
  tbb::parallel_for(std::size_t{0}, parts.size(), [&](std::size_t p) {
    const StringPoolBuilder& part = *parts[p];
    for (std::size_t i = 0; i < part.size(); ++i) {
      const std::string_view from = part[i];
      std::copy(from.begin(), from.end(), bytes.data() + offsets[place[begin[p] + i]]);
    }
    *parts[p] = StringPoolBuilder();
  });
  return {SharedArray<char>(bytes), offsets};
}

IdTable IdTable::Build(const StringPool& ids, std::optional<std::uint32_t>& twice) {
  const Buffer<std::uint32_t> slots(std::bit_ceil(ids.size() + ids.size() / 2 + 1));
  std::fill(slots.data(), slots.data() + slots.size(), kEmptySlot);
  const std::size_t mask = slots.size() - 1;
  std::atomic<std::uint32_t> found{kEmptySlot};
  const auto insert = [&](std::uint32_t row, std::size_t at) {
    for (;; at = (at + 1) & mask) {
      std::atomic_ref<std::uint32_t> slot(slots[at]);
      std::uint32_t there = kEmptySlot;
      if (slot.compare_exchange_strong(there, row, std::memory_order_relaxed)) return;
      if (ids[there] == ids[row]) return found.store(row, std::memory_order_relaxed);
    }
  };
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, ids.size(), std::size_t{1} << 14),
                    [&](const tbb::blocked_range<std::size_t>& range) {
                      // A slot is anywhere in memory: while a few are on their way, the next are
                      // hashed.
                      std::array<std::size_t, kAtATime> home{};
                      for (std::size_t begin = range.begin(); begin < range.end();
                           begin += kAtATime) {
                        const std::size_t count = std::min(kAtATime, range.end() - begin);
                        for (std::size_t i = 0; i < count; ++i) {
                          home[i] = Hash64(ids[begin + i]) & mask;
                          __builtin_prefetch(&slots[home[i]], 1);
                        }
                        for (std::size_t i = 0; i < count; ++i) {
                          insert(static_cast<std::uint32_t>(begin + i), home[i]);
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
