// The ids of nodes that a load names, by position: a table from 128-bit hashes to positions, with
// what the checks must know of each, in about 55 bytes a name; the ids themselves go to a log.
// Hashes (XXH3 with a seed of the process) stand for ids: for two of 32 million to be equal by
// chance is less likely than one in 10^23.
#ifndef LIANJIE_STORAGE_NAME_TABLE_H_
#define LIANJIE_STORAGE_NAME_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/enums.h"
#include "storage/keys.h"
#include "storage/spill.h"

namespace lianjie::storage {

// The position of a node's id among those that the load names.
using NameIndex = std::uint32_t;
inline constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();

struct NameHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const NameHash&, const NameHash&) = default;
};
NameHash HashName(std::string_view id);
// For finding ids that may be equal.
std::uint64_t HashId(std::string_view id);

struct Name {
  NameHash hash;
  Number number = 0;  // of a stored node; of a new one, once numbers are given out
  std::uint8_t stored_kind = 0;
  std::uint8_t row_kind = 0;  // of the accepted row
  bool stored = false;
  bool given = false;          // by a row that counts when the next is looked at
  std::uint32_t row = kNoRow;  // the accepted one
  double claims = 0;           // of all rows on a yuan of this payer, dates left aside

  NodeKind stored_node_kind() const { return static_cast<NodeKind>(stored_kind); }
  // By the load, or as stored; kUnspecified when neither knows the node.
  NodeKind kind() const {
    if (row != kNoRow) return static_cast<NodeKind>(row_kind);
    return stored ? stored_node_kind() : NodeKind::kUnspecified;
  }
};

// One thread.
class NameTable {
 public:
  // `log_bytes`: what the log of ids may take in memory, beside `most_bytes`.
  NameTable(const SpillSpace& space, std::size_t most_bytes, std::size_t log_bytes);

  // The position of an id, which is added when it is new. MEMORY_EXHAUSTED beyond `most_bytes`.
  absl::StatusOr<NameIndex> Add(const NameHash& hash, std::string_view id);
  std::optional<NameIndex> Find(const NameHash& hash) const;
  // Where the memory that Add or Find will read is fetched before: first for some ids the slot,
  // then for the same ones the name that stands in it.
  void FetchSlot(const NameHash& hash) const { __builtin_prefetch(&slots_[Home(hash)]); }
  void FetchName(const NameHash& hash) const {
    const std::uint64_t slot = slots_[Home(hash)];
    if (slot != 0) __builtin_prefetch(&(*this)[IndexIn(slot)]);
  }
  std::uint32_t size() const { return size_; }
  Name& operator[](NameIndex i) { return blocks_[i / kBlock][i % kBlock]; }
  const Name& operator[](NameIndex i) const { return blocks_[i / kBlock][i % kBlock]; }
  // O(1), but may read the disk.
  absl::StatusOr<std::string> Text(NameIndex i) const;

  // All ids, by position.
  class Texts {
   public:
    explicit Texts(const NameTable& table) : reader_(table.log_, 0, table.log_.size()) {}
    bool AtEnd() const { return reader_.AtEnd(); }
    // Live until the next call.
    absl::StatusOr<std::string_view> Next();

   private:
    SpillReader<ByteLog> reader_;
  };

 private:
  static constexpr std::size_t kBlock = std::size_t{1} << 14;
  static constexpr std::uint32_t kTextsApart = 64;

  // A slot is empty, 0, or has a position and half of the hash's high part, so that the slots of
  // other ids are passed without a look at their names.
  static std::uint64_t Slot(const NameHash& hash, NameIndex index) {
    return (hash.high & kHashMask) | (std::uint64_t{index} + 1);
  }
  static NameIndex IndexIn(std::uint64_t slot) {
    return static_cast<NameIndex>(static_cast<std::uint32_t>(slot) - 1);
  }
  static constexpr std::uint64_t kHashMask = ~std::uint64_t{0} << 32U;

  std::size_t Home(const NameHash& hash) const { return hash.low & (slots_.size() - 1); }
  std::size_t SlotOf(const NameHash& hash) const;
  void Grow();

  const std::size_t most_bytes_;
  std::vector<std::unique_ptr<Name[]>> blocks_;
  std::vector<std::uint64_t> slots_;
  std::uint32_t size_ = 0;
  ByteLog log_;                         // each id behind its length (2 bytes)
  std::vector<std::uint64_t> text_at_;  // of every kTextsApart-th
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_NAME_TABLE_H_
