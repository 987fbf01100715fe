// Strings of a Snapshot. A nation has tens of millions of ids: one array of bytes and one of
// offsets hold them without an allocation or a header each, four bytes an offset, counted from the
// start of its block of strings; the table from id to row keeps rows alone (about eight bytes a
// string) and reads the strings where they are.
#ifndef LIANJIE_ENGINE_GRAPH_STRING_POOL_H_
#define LIANJIE_ENGINE_GRAPH_STRING_POOL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/graph/shared_array.h"

namespace lianjie {

// Many strings in one array. Immutable; copies share. Thread safe.
class StringPool {
 public:
  StringPool() = default;
  // `offsets` has one value more than there are strings; 2^14 strings after one another take less
  // than 4 GiB. Parallel.
  StringPool(SharedArray<char> bytes, const Buffer<std::uint64_t>& offsets);

  std::string_view operator[](std::size_t i) const {
    const std::uint64_t begin = offset(i);
    return {bytes_.data() + begin, offset(i + 1) - begin};
  }
  std::size_t size() const { return offsets_.empty() ? 0 : offsets_.size() - 1; }
  std::size_t memory_bytes() const {
    return bytes_.memory_bytes() + offsets_.memory_bytes() + bases_.memory_bytes();
  }
  const char* data() const { return bytes_.data(); }
  // Where string i begins, and, for i = size(), where the last one ends.
  std::uint64_t offset(std::size_t i) const { return bases_[i >> kBlockBits] + offsets_[i]; }

  // For saving: as PackedArray's (packed_array.h).
  template <typename F> void VisitArrays(F& f) const { f(bytes_), f(offsets_), f(bases_); }
  template <typename F> void VisitArrays(F& f) { f(bytes_), f(offsets_), f(bases_); }
  bool FinishArrays(std::size_t rows) const;

 private:
  static constexpr unsigned kBlockBits = 14;
  SharedArray<char> bytes_;
  SharedArray<std::uint32_t> offsets_;  // from the base of its block
  SharedArray<std::uint64_t> bases_;    // of each block
};

// Collects strings in order. Appending invalidates views into it.
class StringPoolBuilder {
 public:
  // Once it is clear how long they are, room is taken for `expected` strings at once.
  void Add(std::string_view s, std::size_t expected = 0) {
    if (size() == kFew && expected > kFew) {
      offsets_.reserve(expected + 1);
      bytes_.reserve((bytes_.size() / kFew + 1) * expected);
    }
    bytes_.insert(bytes_.end(), s.begin(), s.end());
    offsets_.push_back(bytes_.size());
  }
  std::string_view operator[](std::size_t i) const {
    return {bytes_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }
  std::size_t size() const { return offsets_.size() - 1; }
  std::size_t bytes() const { return bytes_.size(); }

 private:
  static constexpr std::size_t kFew = 1024;
  std::vector<char> bytes_;
  std::vector<std::uint64_t> offsets_{0};
};

// The strings of several builders as one pool: string i, those of the first builder first, goes to
// place[i]. Empties the builders. Parallel.
StringPool ScatterStrings(std::span<StringPoolBuilder* const> parts,
                          std::span<const std::uint32_t> place);

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
