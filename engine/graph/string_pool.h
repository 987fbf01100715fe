// Strings of a Snapshot. A nation has tens of millions of ids: one array of bytes and one of
// offsets hold them without an allocation or a header each, and the index from id to row keeps rows
// alone (about eight bytes a string) and reads the strings where they are.
#ifndef LIANJIE_ENGINE_GRAPH_STRING_POOL_H_
#define LIANJIE_ENGINE_GRAPH_STRING_POOL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "engine/core/text.h"

namespace lianjie {

// Many strings in one array. Appending invalidates views into it.
class StringPool {
 public:
  void Add(std::string_view s) {
    bytes_.append(s);
    offsets_.push_back(bytes_.size());
  }
  std::string_view operator[](std::size_t i) const {
    return {bytes_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }
  std::size_t size() const { return offsets_.size() - 1; }
  std::size_t memory_bytes() const {
    return bytes_.capacity() + offsets_.capacity() * sizeof(std::uint64_t);
  }
  void Reserve(std::size_t strings, std::size_t bytes) {
    offsets_.reserve(strings + 1);
    bytes_.reserve(bytes);
  }
  // Makes string i what was string order[i]. Parallel.
  void Permute(std::span<const std::uint32_t> order);

 private:
  std::string bytes_;
  std::vector<std::uint64_t> offsets_{0};
};

// From a string of one pool to its row there. The pool must outlive the index and stay where it is.
class IdIndex {
 public:
  explicit IdIndex(const StringPool& ids) : rows_(0, Hash{&ids}, Equal{&ids}) {}
  IdIndex(const IdIndex&) = delete;
  IdIndex& operator=(const IdIndex&) = delete;

  void Reserve(std::size_t rows) { rows_.reserve(rows); }
  // False when another row with that string is there already.
  bool Insert(std::uint32_t row) { return rows_.insert(row).second; }
  std::optional<std::uint32_t> Find(std::string_view id) const {
    const auto found = rows_.find(ToAbsl(id));
    return found == rows_.end() ? std::nullopt : std::optional(*found);
  }
  void Clear() { rows_ = Rows(0, rows_.hash_function(), rows_.key_eq()); }
  std::size_t memory_bytes() const { return rows_.capacity() * (sizeof(std::uint32_t) + 1); }

 private:
  struct Hash {
    using is_transparent = void;
    const StringPool* ids;
    std::size_t operator()(std::uint32_t row) const { return (*this)(ToAbsl((*ids)[row])); }
    std::size_t operator()(absl::string_view id) const {
      return absl::Hash<absl::string_view>{}(id);
    }
  };
  struct Equal {
    using is_transparent = void;
    const StringPool* ids;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return (*ids)[a] == (*ids)[b]; }
    bool operator()(std::uint32_t a, absl::string_view b) const { return (*ids)[a] == FromAbsl(b); }
    bool operator()(absl::string_view a, std::uint32_t b) const { return (*this)(b, a); }
  };
  using Rows = absl::flat_hash_set<std::uint32_t, Hash, Equal>;
  Rows rows_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_STRING_POOL_H_
