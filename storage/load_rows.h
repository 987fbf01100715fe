// The rows of a load as they wait for Finish: encoded as they will be stored, with only what the
// checks must see beside them, so that a link costs some 150 bytes and nothing is encoded twice.
#ifndef LIANJIE_STORAGE_LOAD_ROWS_H_
#define LIANJIE_STORAGE_LOAD_ROWS_H_

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/keys.h"
#include "storage/shares.h"
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

// The position of a node's id among those that the load names.
using NameIndex = std::uint32_t;
inline constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();

struct Row {
  std::uint64_t ordinal = 0;  // among all rows, in order of adding
  RowOrigin origin;
  bool rejected = false;
};

struct RegionRow : Row {
  std::string_view code;
  std::string_view parent;
  std::int64_t level = 0;
  std::string_view value;
};

struct NodeRow : Row {
  NameIndex name = 0;
  NodeKind kind = NodeKind::kUnspecified;
  std::string_view region;
  std::optional<double> leak_share;
  std::string_view value;
};

struct LinkRow : Row {
  std::string_view id;    // given, or the made base until Finish settles it
  std::string_view body;  // the value but for the id
  NameIndex source = 0;
  NameIndex target = 0;
  Mechanism mechanism = Mechanism::kUnspecified;
  bool made = false;
  double claim_share = 0;  // 0: no claim
  Interval claim_valid;

  std::optional<ShareClaim> claim() const {
    if (claim_share <= 0) return std::nullopt;
    return ShareClaim{.valid = claim_valid, .share = claim_share};
  }
};

struct LineRow : Row {
  std::string_view region;
  std::int64_t year = 0;
  std::string_view value;
};

struct LoadRows {
  ByteArena bytes;
  std::vector<RegionRow> regions;
  std::vector<NodeRow> nodes;
  std::vector<LinkRow> links;
  std::vector<LineRow> lines;
  std::vector<std::string_view> names;  // by NameIndex
  absl::flat_hash_map<std::string_view, NameIndex> name_index;

  NameIndex Name(std::string_view id) {
    if (const auto it = name_index.find(id); it != name_index.end()) return it->second;
    const std::string_view kept = bytes.Keep(id);
    const auto index = static_cast<NameIndex>(names.size());
    names.push_back(kept);
    name_index.emplace(kept, index);
    return index;
  }
};

// A row that is put aside, or that ends the load.
enum class RowKind : std::uint8_t { kRegion, kNode, kLink, kLine };
struct BadRow {
  RowKind kind = RowKind::kRegion;
  std::uint64_t ordinal = 0;
  RowError error;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LOAD_ROWS_H_
