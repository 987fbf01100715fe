// The rows of a load as they wait for Finish: encoded as they will be stored, in logs and sorters
// that keep to a share of the load's memory and put the rest aside (spill.h, sorter.h). What grows
// in memory with the number of rows is a bit a row, and the table of the nodes' names; regions and
// lines, of which even a nation has few, stay in memory.
#ifndef LIANJIE_STORAGE_LOAD_ROWS_H_
#define LIANJIE_STORAGE_LOAD_ROWS_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/keys.h"
#include "storage/load_block.h"
#include "storage/name_table.h"
#include "storage/shares.h"
#include "storage/sorter.h"
#include "storage/spill.h"
#include "storage/store.h"

namespace lianjie::storage {

// Keeps bytes at one place until it is destroyed.
class ByteArena {
 public:
  std::string_view Keep(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (bytes.size() > left_) {
      left_ = bytes.size() > kBlockBytes ? bytes.size() : kBlockBytes;
      blocks_.push_back(std::make_unique<char[]>(left_));
      next_ = blocks_.back().get();
    }
    char* const begin = next_;
    std::memcpy(begin, bytes.data(), bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return {begin, bytes.size()};
  }

 private:
  static constexpr std::size_t kBlockBytes = 1 << 20;

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

// Where a row stands: among all rows of the load, and in what it came from.
struct RowPlace {
  std::uint64_t ordinal = 0;
  RowOrigin origin;
};

// The places of the rows of one kind, most of which follow one another evenly.
class RowPlaces {
 public:
  void Add(const RowPlace& place);
  RowPlace At(std::uint32_t row) const;

 private:
  struct Run {
    RowPlace first;
    std::uint32_t row = 0;
    std::uint32_t ordinal_step = 0;
    std::int64_t line_step = 0;

    RowPlace At(std::uint32_t other) const {
      return {.ordinal = first.ordinal + std::uint64_t{other - row} * ordinal_step,
              .origin = {.file = first.origin.file,
                         .line = first.origin.line + (other - row) * line_step}};
    }
  };
  std::vector<Run> runs_;
  std::uint32_t size_ = 0;
};

struct RegionRow {
  RowPlace place;
  bool rejected = false;
  std::string_view code;
  std::string_view parent;
  std::int64_t level = 0;
  std::string_view value;
};

struct LineRow {
  RowPlace place;
  bool rejected = false;
  std::string_view region;
  std::int64_t year = 0;
  std::string_view value;
};

// Codes of regions by position; 0 is the empty one.
class CodeTable {
 public:
  CodeTable() { Add({}); }
  std::uint32_t Add(std::string_view code);
  std::string_view operator[](std::uint32_t i) const { return codes_[i]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(codes_.size()); }

 private:
  ByteArena bytes_;
  std::vector<std::string_view> codes_;
  absl::flat_hash_map<std::string_view, std::uint32_t> index_;
  std::uint32_t last_ = 0;  // that was added: the next is often the same
};

// What the checks must see of a node's row.
struct NodeEntry {
  NameIndex name = 0;
  std::uint32_t region = 0;  // in the table of codes
  double leak_share = -1;    // negative: none
  NodeKind kind = NodeKind::kUnspecified;

  std::optional<double> leak() const {
    return leak_share < 0 ? std::nullopt : std::optional<double>(leak_share);
  }
};

// The fixed part of a link's row; the value follows it.
struct LinkEntry {
  NameIndex source = 0;
  NameIndex target = 0;
  std::uint64_t hash_high = 0;  // what the row adds to the digest, where its id stays as it is
  std::uint64_t hash_low = 0;
  double claim_share = 0;  // 0: no claim
  Interval claim_valid;
  std::uint32_t value_bytes = 0;
  std::uint16_t id_bytes = 0;
  Mechanism mechanism = Mechanism::kUnspecified;
  bool made = false;

  absl::uint128 hash() const { return absl::MakeUint128(hash_high, hash_low); }
};

struct LinkRow : LinkEntry {
  std::uint32_t row = 0;
  std::string_view value;  // with the id as given, or the base of a made one: see LoadPlan
  std::string_view id;     // in the value
};

// The id in the value of a link.
std::string_view IdInLinkValue(std::string_view value);

// Rows of links in the order of adding.
class LinkLog {
 public:
  LinkLog(const SpillSpace& space, std::size_t memory_bytes) : log_(space, memory_bytes) {}

  absl::Status Append(const LinkEntry& entry, std::string_view value);
  std::uint32_t size() const { return size_; }
  // Gives back what it takes; nothing can be read afterwards.
  void Clear() { log_.Clear(); }
  // The id as the row has it. May read the disk.
  absl::StatusOr<std::string> IdOf(std::uint32_t row) const;

  class Stream {
   public:
    explicit Stream(const LinkLog& log) : reader_(log.log_, 0, log.log_.size()) {}
    // False at the end. What the row views lives until the next call.
    absl::StatusOr<bool> Next(LinkRow& row);

   private:
    SpillReader<ByteLog> reader_;
    std::uint32_t next_ = 0;
  };

 private:
  static constexpr std::uint32_t kPlacesApart = 256;

  ByteLog log_;
  std::uint32_t size_ = 0;
  std::vector<std::uint64_t> begin_of_;  // of every kPlacesApart-th
};

// A link's row by the hash of its id (LinkIdHash).
struct IdHash {
  std::uint64_t hash = 0;
  std::uint32_t row = 0;

  friend bool operator<(const IdHash& a, const IdHash& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.row < b.row;
  }
};

// In front of a node's value in LoadRows::nodes_by_id.
struct NodeHeadBytes {
  NameIndex name = 0;
  std::uint32_t row = 0;
};

struct LoadRows {
  LoadRows(const SpillSpace& space, std::uint64_t memory_bytes);

  // Adds a row that was found good alone.
  absl::Status Add(const RegionRecord& region, const RowPlace& place);
  absl::Status Add(const LineRecord& line, const RowPlace& place);
  absl::Status Add(const EncodedNode& node, std::string_view bytes, const RowPlace& place);
  absl::Status Add(const EncodedLink& link, std::string_view bytes, const RowPlace& place);

  // Fetches what adding a row will look at: first the slots of some rows' names, then their names.
  void FetchSlots(const EncodedNode& node) const { names.FetchSlot(node.name); }
  void FetchSlots(const EncodedLink& link) const {
    names.FetchSlot(link.source);
    names.FetchSlot(link.target);
  }
  void FetchNames(const EncodedNode& node) const { names.FetchName(node.name); }
  void FetchNames(const EncodedLink& link) const {
    names.FetchName(link.source);
    names.FetchName(link.target);
  }

  const SpillSpace space;
  const std::uint64_t memory_bytes;
  ByteArena kept;
  std::string coded_id;  // of the node that is being added
  CodeTable codes;
  NameTable names;
  std::vector<RegionRow> regions;
  std::vector<LineRow> lines;

  FixedLog<NodeEntry> nodes;
  RowPlaces node_places;
  std::vector<bool> node_rejected;
  // Coded id -> NodeHeadBytes and the value. Of equal ids one row at most is accepted.
  std::unique_ptr<ByteSorter> nodes_by_id;

  LinkLog links;
  RowPlaces link_places;
  std::vector<bool> link_rejected;
  std::unique_ptr<FixedSorter<IdHash>> link_ids;
};

// The share of a load's memory that each part may take. Those of Finish are taken when the ones
// before them that are marked are given back.
struct LoadMemory {
  static constexpr std::uint64_t kNames = 2;  // a half
  static constexpr std::uint64_t kNameTexts = 32;
  static constexpr std::uint64_t kNodes = 32;
  static constexpr std::uint64_t kNodesById = 8;  // given back when nodes are written
  static constexpr std::uint64_t kLinks = 16;
  static constexpr std::uint64_t kLinkIds = 16;  // given back when links are checked
  static constexpr std::uint64_t kStored = 32;
  static constexpr std::uint64_t kClaims = 16;  // given back when shares are checked
  static constexpr std::uint64_t kLinksByPlace = 8;
  static constexpr std::uint64_t kInLinks = 16;
  static constexpr std::uint64_t kLinksById = 8;
  static constexpr std::uint64_t kUpdatedNodes = 32;
};

struct BadRow {
  RowKind kind = RowKind::kRegion;
  std::uint32_t row = 0;  // among those of its kind that were good alone
  std::uint64_t ordinal = 0;
  RowError error;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LOAD_ROWS_H_
