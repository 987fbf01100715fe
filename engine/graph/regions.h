// The region tree: a table of (code, parent, name, level) turned into preorder ranks, so that a
// region with all that lies below it is one range of ranks and, since a Snapshot sorts its nodes by
// rank, one range of nodes.
#ifndef LIANJIE_ENGINE_GRAPH_REGIONS_H_
#define LIANJIE_ENGINE_GRAPH_REGIONS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/core/records.h"

namespace lianjie {

// Immutable; thread safe. A RegionIndex is the preorder rank (roots and siblings in the order of
// CompareIds).
class RegionTree {
 public:
  RegionTree() = default;

  // Errors (REGION_TREE_INVALID naming code and rule): a code twice, an unknown parent, a cycle, a
  // level not greater than the parent's or above 127. O(R log R).
  static absl::StatusOr<RegionTree> Build(std::span<const RegionRecord> records);

  // A tree for graphs without a region table, from the codes that nodes carry: digits of 2, 4, 6, 9
  // or 12 places (China's statistical codes) get their prefixes as ancestors at levels 1 to 5; any
  // other code is a root of level 1. Names are empty.
  static RegionTree FromCodes(std::span<const std::string> codes);

  std::size_t size() const { return code_.size(); }
  // kNoRegion when unknown.
  RegionIndex Find(std::string_view code) const;

  const std::string& code(RegionIndex r) const { return code_[r]; }
  const std::string& name(RegionIndex r) const { return name_[r]; }
  int level(RegionIndex r) const { return level_[r]; }
  RegionIndex parent(RegionIndex r) const { return parent_[r]; }  // kNoRegion for a root
  // One past the last rank below `r`: the subtree is [r, end(r)).
  RegionIndex end(RegionIndex r) const { return end_[r]; }
  bool Contains(RegionIndex ancestor, RegionIndex r) const {
    return r != kNoRegion && ancestor <= r && r < end_[ancestor];
  }
  // The ancestor of `r` at `level` (r itself included), or kNoRegion.
  RegionIndex AncestorAt(RegionIndex r, int level) const;

  std::size_t memory_bytes() const;

  // For files: calls f on each array, to write it out or to fill it; when all are filled
  // FinishArrays says whether they make a tree.
  template <typename F> void VisitArrays(F& f) const {
    f(code_), f(name_), f(level_), f(parent_), f(end_);
  }
  template <typename F> void VisitArrays(F& f) {
    f(code_), f(name_), f(level_), f(parent_), f(end_);
  }
  bool FinishArrays();

 private:
  std::vector<std::string> code_;
  std::vector<std::string> name_;
  std::vector<std::int8_t> level_;
  std::vector<RegionIndex> parent_;
  std::vector<RegionIndex> end_;
  absl::flat_hash_map<std::string, RegionIndex> by_code_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_REGIONS_H_
