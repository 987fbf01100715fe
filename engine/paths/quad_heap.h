// A heap of four children a node, with the position of every vertex in it, so that a vertex is in
// it at most once and its key can be lowered in place. Four children make the tree half as deep as
// two and keep siblings within one or two cache lines: Dijkstra lowers keys more often than it
// takes them out, and lowering only climbs. (Johnson, "Priority queues with update and finding
// minimum spanning trees", Information Processing Letters 4, 1975: d-ary heaps.)
#ifndef LIANJIE_ENGINE_PATHS_QUAD_HEAP_H_
#define LIANJIE_ENGINE_PATHS_QUAD_HEAP_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace lianjie {

// Least key first; among equal keys the order is a function of the calls alone. Key needs
// operator<. Not thread safe.
template <typename Key> class QuadHeap {
 public:
  struct Entry {
    Key key;
    std::uint32_t vertex;
  };

  // Vertices are [0, vertices); may be called again to make room for more.
  void Reserve(std::size_t vertices) {
    if (vertices > position_.size()) position_.resize(vertices, kAbsent);
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  bool Contains(std::uint32_t v) const { return position_[v] != kAbsent; }
  const Entry& top() const { return entries_.front(); }

  // Puts v in, or lowers its key if it is in with a greater one.
  void Lower(std::uint32_t v, const Key& key) {
    std::size_t at = position_[v];
    if (at == kAbsent) {
      at = entries_.size();
      entries_.push_back({key, v});
    } else if (!(key < entries_[at].key)) {
      return;
    }
    Climb(at, {key, v});
  }

  // Needs !empty(). O(log size).
  Entry Pop() {
    assert(!empty());
    const Entry least = entries_.front();
    position_[least.vertex] = kAbsent;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (!entries_.empty()) Sink(last);
    return least;
  }

  void Clear() {
    for (const Entry& entry : entries_) position_[entry.vertex] = kAbsent;
    entries_.clear();
  }

  // Bytes for `vertices`, all of them in the heap.
  static std::uint64_t EstimateBytes(std::uint64_t vertices) {
    return vertices * (2 * sizeof(Entry) + sizeof(std::uint32_t));  // 2: a vector grows by doubling
  }

 private:
  static constexpr std::uint32_t kAbsent = std::numeric_limits<std::uint32_t>::max();

  void Place(std::size_t at, const Entry& entry) {
    entries_[at] = entry;
    position_[entry.vertex] = static_cast<std::uint32_t>(at);
  }

  void Climb(std::size_t at, const Entry& entry) {
    while (at > 0) {
      const std::size_t parent = (at - 1) / 4;
      if (!(entry.key < entries_[parent].key)) break;
      Place(at, entries_[parent]);
      at = parent;
    }
    Place(at, entry);
  }

  void Sink(const Entry& entry) {
    std::size_t at = 0;
    while (true) {
      const std::size_t first = 4 * at + 1;
      if (first >= entries_.size()) break;
      const std::size_t end = std::min(first + 4, entries_.size());
      std::size_t least = first;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (entries_[child].key < entries_[least].key) least = child;
      }
      if (!(entries_[least].key < entry.key)) break;
      Place(at, entries_[least]);
      at = least;
    }
    Place(at, entry);
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> position_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_QUAD_HEAP_H_
