// Sums of weight by label, of the neighbours of one vertex at a time: the inner loop of every
// method that moves vertices between communities. A few labels are looked for one by one; more go
// into a table that is as large as the vertex asks for, so that small ones stay in the nearest
// cache whatever the largest needs. Labels come out in the order in which they came first: what is
// read off depends on the order of arcs alone.
#ifndef LIANJIE_ENGINE_STRUCTURE_NEIGHBOUR_SUMS_H_
#define LIANJIE_ENGINE_STRUCTURE_NEIGHBOUR_SUMS_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace lianjie {

// One a thread.
class NeighbourSums {
 public:
  struct Entry {
    std::uint32_t label;
    std::uint32_t slot;
    double sum;
  };

  // `most` labels at once, at most.
  explicit NeighbourSums(std::uint64_t most) : most_(most), slots_(SlotsFor(most), kEmpty) {
    entries_.reserve(most);
  }
  static std::uint64_t Bytes(std::uint64_t most) {
    return most * sizeof(Entry) + SlotsFor(most) * sizeof(std::uint32_t);
  }

  // Forgets all, for a vertex with `arcs` arcs.
  void Start(std::uint64_t arcs) {
    if (hashed_) {
      for (const Entry& entry : entries_) slots_[entry.slot] = kEmpty;
    }
    hashed_ = false;
    entries_.clear();
    mask_ = static_cast<std::uint32_t>(SlotsFor(std::min(arcs, most_)) - 1);
  }

  void Add(std::uint32_t label, double weight) {
    if (!hashed_) {
      for (Entry& entry : entries_) {
        if (entry.label != label) continue;
        entry.sum += weight;
        return;
      }
      if (entries_.size() < kFew) {
        entries_.push_back({label, 0, weight});
        return;
      }
      hashed_ = true;
      for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        entries_[i].slot = SlotOf(entries_[i].label);
        slots_[entries_[i].slot] = i;
      }
    }
    const std::uint32_t slot = SlotOf(label);
    if (slots_[slot] == kEmpty) {
      slots_[slot] = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back({label, slot, weight});
    } else {
      entries_[slots_[slot]].sum += weight;
    }
  }

  std::span<const Entry> entries() const { return entries_; }

 private:
  static constexpr std::size_t kFew = 8;
  static constexpr std::uint32_t kEmpty = std::numeric_limits<std::uint32_t>::max();

  static std::uint64_t SlotsFor(std::uint64_t labels) {
    return std::bit_ceil(std::max<std::uint64_t>(2 * labels, 4 * kFew));
  }
  // Where the label is, or may be put.
  std::uint32_t SlotOf(std::uint32_t label) const {
    std::uint32_t slot = ((label * 0x9e3779b1U) >> 7) & mask_;
    while (slots_[slot] != kEmpty && entries_[slots_[slot]].label != label)
      slot = (slot + 1) & mask_;
    return slot;
  }

  std::uint64_t most_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // positions in entries_
  std::uint32_t mask_ = 0;
  bool hashed_ = false;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_STRUCTURE_NEIGHBOUR_SUMS_H_
