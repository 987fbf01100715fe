// Strings of a Snapshot. A nation has tens of millions of ids: one array of bytes and one of
// offsets hold them without an allocation or a header each, and the table from id to row keeps rows
// alone (about eight bytes a string) and reads the strings where they are.
#ifndef LIANJIE_ENGINE_GRAPH_STRING_POOL_H_
#define LIANJIE_ENGINE_GRAPH_STRING_POOL_H_

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/graph/shared_array.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {

// Many strings in one array. Immutable; copies share. Thread safe.
class StringPool {
 public:
  StringPool() = default;
  // `offsets` has one value more than there are strings.
  StringPool(SharedArray<char> bytes, SharedArray<std::uint64_t> offsets)
      : bytes_(std::move(bytes)), offsets_(std::move(offsets)) {}

  std::string_view operator[](std::size_t i) const {
    return {bytes_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }
  std::size_t size() const { return offsets_.empty() ? 0 : offsets_.size() - 1; }
  std::size_t memory_bytes() const { return bytes_.memory_bytes() + offsets_.memory_bytes(); }
  const SharedArray<char>& bytes() const { return bytes_; }
  const SharedArray<std::uint64_t>& offsets() const { return offsets_; }

 private:
  SharedArray<char> bytes_;
  SharedArray<std::uint64_t> offsets_;
};

// Collects strings in order. Appending invalidates views into it.
class StringPoolBuilder {
 public:
  void Add(std::string_view s) {
    bytes_.append(s);
    offsets_.push_back(bytes_.size());
  }
  std::string_view operator[](std::size_t i) const {
    return {bytes_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }
  std::size_t size() const { return offsets_.size() - 1; }
  std::size_t bytes() const { return bytes_.size(); }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> offsets_{0};
};

// A pool whose string i is `string_at(i)`; string_at is called twice for each i. Parallel.
template <typename StringAt>
StringPool MakeStringPool(std::size_t size, const StringAt& string_at) {
  const auto for_each = [size](const auto& body) {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, size, std::size_t{1} << 14),
                      [&body](const tbb::blocked_range<std::size_t>& range) {
                        for (std::size_t i = range.begin(); i != range.end(); ++i) body(i);
                      });
  };
  const Buffer<std::uint64_t> offsets(size + 1);
  offsets[0] = 0;
  for_each([&](std::size_t i) { offsets[i + 1] = string_at(i).size(); });
  std::partial_sum(offsets.data(), offsets.data() + size + 1, offsets.data());
  const Buffer<char> bytes(offsets[size]);
  for_each([&](std::size_t i) {
    const std::string_view from = string_at(i);
    std::copy(from.begin(), from.end(), bytes.data() + offsets[i]);
  });
  return {SharedArray<char>(bytes), SharedArray<std::uint64_t>(offsets)};
}

// From a string of a pool to its row there: open addressing, linear probing, at most two thirds
// full. The hash is the same in every process (XXH3), so that a table can be saved.
class IdTable {
 public:
  IdTable() = default;
  // As saved: slots() of a table of `ids`.
  explicit IdTable(SharedArray<std::uint32_t> slots) : slots_(std::move(slots)) {}
  // Parallel. `twice` gets the row of a string that another row has too, if there is one.
  static IdTable Build(const StringPool& ids, std::optional<std::uint32_t>& twice);

  // O(1).
  std::optional<std::uint32_t> Find(const StringPool& ids, std::string_view id) const;
  const SharedArray<std::uint32_t>& slots() const { return slots_; }
  std::size_t memory_bytes() const { return slots_.memory_bytes(); }

 private:
  SharedArray<std::uint32_t> slots_;  // a power of two; kEmpty where there is no row
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_STRING_POOL_H_
