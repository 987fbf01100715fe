#include "engine/graph/regions.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/id_order.h"
#include "tbb/parallel_sort.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();
// Places of China's statistical codes, from province (level 1) to village (level 5).
constexpr std::array<std::size_t, 5> kCodePlaces = {2, 4, 6, 9, 12};

absl::Status TreeError(std::string_view code, std::string_view rule) {
  return MakeError(absl::StatusCode::kInvalidArgument, Cat("region '", code, "': ", rule),
                   {.reason = Reason::kRegionTreeInvalid,
                    .field = "regions",
                    .row = {},
                    .metadata = {{"region", std::string(code)}, {"rule", std::string(rule)}}});
}

// The row of every row's parent; kNoRow for roots.
absl::StatusOr<std::vector<std::uint32_t>> ParentRows(std::span<const RegionRecord> records) {
  if (records.size() >= kNoRow) {
    return TreeError("", Cat("a tree of ", records.size(), " regions is too large"));
  }
  absl::flat_hash_map<absl::string_view, std::uint32_t> row_of;
  row_of.reserve(records.size());
  for (std::uint32_t row = 0; row < records.size(); ++row) {
    const RegionRecord& record = records[row];
    if (record.code.empty()) return TreeError("", "a region needs a code");
    if (record.level < 0 || record.level > std::numeric_limits<std::int8_t>::max()) {
      return TreeError(record.code, Cat("level ", record.level, " is not between 0 and 127"));
    }
    if (!row_of.emplace(record.code, row).second) {
      return TreeError(record.code, "the code is given twice");
    }
  }
  std::vector<std::uint32_t> parents(records.size(), kNoRow);
  for (std::uint32_t row = 0; row < records.size(); ++row) {
    const std::string& parent = records[row].parent;
    if (parent.empty()) continue;
    const auto found = row_of.find(parent);
    if (found == row_of.end()) {
      return TreeError(records[row].code, Cat("the parent '", parent, "' is unknown"));
    }
    parents[row] = found->second;
  }
  return parents;
}

// Rows in preorder, roots and siblings by CompareIds; shorter than `records` when there are cycles.
std::vector<std::uint32_t> Preorder(std::span<const RegionRecord> records,
                                    const std::vector<std::uint32_t>& parents) {
  const std::size_t n = records.size();
  std::vector<std::pair<std::uint64_t, std::uint32_t>> sorted(n);
  for (std::uint32_t row = 0; row < n; ++row) sorted[row] = {IdPrefix(records[row].code), row};
  tbb::parallel_sort(sorted, [&records](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return CompareIds(records[a.second].code, records[b.second].code) < 0;
  });

  // Children by parent; the roots are the children of row n. Last first, so that a stack gives the
  // first first.
  std::vector<std::uint32_t> begin(n + 2, 0);
  const auto slot = [&](std::uint32_t row) { return parents[row] == kNoRow ? n : parents[row]; };
  for (std::uint32_t row = 0; row < n; ++row) ++begin[slot(row) + 1];
  for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<std::uint32_t> children(n);
  std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
  for (std::size_t i = n; i-- > 0;) {
    const std::uint32_t row = sorted[i].second;
    children[next[slot(row)]++] = row;
  }

  std::vector<std::uint32_t> order;
  order.reserve(n);
  std::vector<std::uint32_t> stack(children.begin() + begin[n], children.begin() + begin[n + 1]);
  while (!stack.empty()) {
    const std::uint32_t row = stack.back();
    stack.pop_back();
    order.push_back(row);
    stack.insert(stack.end(), children.begin() + begin[row], children.begin() + begin[row + 1]);
  }
  return order;
}

// The error that names the least code on a cycle.
absl::Status CycleError(std::span<const RegionRecord> records,
                        const std::vector<std::uint32_t>& parents,
                        const std::vector<std::uint32_t>& order) {
  std::vector<bool> placed(records.size(), false);
  for (const std::uint32_t row : order) placed[row] = true;
  std::vector<std::uint32_t> seen_by(records.size(), kNoRow);
  std::string_view least;
  for (std::uint32_t start = 0; start < records.size(); ++start) {
    std::uint32_t row = start;
    while (!placed[row] && seen_by[row] == kNoRow) {
      seen_by[row] = start;
      row = parents[row];
    }
    if (placed[row] || seen_by[row] != start) continue;
    const std::uint32_t first = row;
    do {
      const std::string& code = records[row].code;
      if (least.empty() || CompareIds(code, least) < 0) least = code;
      row = parents[row];
    } while (row != first);
  }
  return TreeError(least, "the region lies below itself");
}

}  // namespace

absl::StatusOr<RegionTree> RegionTree::Build(std::span<const RegionRecord> records) {
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> parents, ParentRows(records));
  const std::vector<std::uint32_t> order = Preorder(records, parents);
  const std::size_t n = records.size();
  if (order.size() < n) return CycleError(records, parents, order);

  RegionTree tree;
  tree.code_.reserve(n);
  tree.name_.reserve(n);
  tree.level_.reserve(n);
  tree.parent_.reserve(n);
  tree.by_code_.reserve(n);
  std::vector<RegionIndex> rank_of(n);
  for (RegionIndex rank = 0; rank < n; ++rank) {
    const RegionRecord& record = records[order[rank]];
    const std::uint32_t parent = parents[order[rank]];
    if (parent != kNoRow && record.level <= records[parent].level) {
      return TreeError(record.code,
                       Cat("its level ", record.level, " is not greater than level ",
                           records[parent].level, " of its parent '", record.parent, "'"));
    }
    rank_of[order[rank]] = rank;
    tree.code_.push_back(record.code);
    tree.name_.push_back(record.name);
    tree.level_.push_back(static_cast<std::int8_t>(record.level));
    tree.parent_.push_back(parent == kNoRow ? kNoRegion : rank_of[parent]);
    tree.by_code_.emplace(record.code, rank);
  }
  tree.end_.resize(n);
  std::vector<RegionIndex> below(n, 1);
  for (RegionIndex rank = static_cast<RegionIndex>(n); rank-- > 0;) {
    tree.end_[rank] = rank + below[rank];
    if (tree.parent_[rank] != kNoRegion) below[tree.parent_[rank]] += below[rank];
  }
  return tree;
}

RegionTree RegionTree::FromCodes(std::span<const std::string> codes) {
  absl::flat_hash_set<std::string> known;
  std::vector<RegionRecord> records;
  const auto add = [&](std::string_view code, std::string_view parent, std::int64_t level) {
    if (!known.insert(std::string(code)).second) return;
    records.push_back(
        {.code = std::string(code), .parent = std::string(parent), .name = {}, .level = level});
  };
  for (const std::string& code : codes) {
    if (code.empty()) continue;
    const bool digits = code.find_first_not_of("0123456789") == std::string::npos;
    const auto places = std::find(kCodePlaces.begin(), kCodePlaces.end(), code.size());
    if (!digits || places == kCodePlaces.end()) {
      add(code, "", 1);
      continue;
    }
    const std::string_view whole = code;
    for (std::size_t level = 0; level <= static_cast<std::size_t>(places - kCodePlaces.begin());
         ++level) {
      add(whole.substr(0, kCodePlaces[level]),
          level == 0 ? std::string_view() : whole.substr(0, kCodePlaces[level - 1]),
          static_cast<std::int64_t>(level) + 1);
    }
  }
  absl::StatusOr<RegionTree> tree = Build(records);
  return tree.ok() ? *std::move(tree) : RegionTree();  // such records always make a tree
}

RegionIndex RegionTree::Find(std::string_view code) const {
  const auto found = by_code_.find(ToAbsl(code));
  return found == by_code_.end() ? kNoRegion : found->second;
}

RegionIndex RegionTree::AncestorAt(RegionIndex r, int level) const {
  while (r != kNoRegion && level_[r] > level) r = parent_[r];
  return r != kNoRegion && level_[r] == level ? r : kNoRegion;
}

bool RegionTree::FinishArrays() {
  const std::size_t n = code_.size();
  if (name_.size() != n || level_.size() != n || parent_.size() != n || end_.size() != n) {
    return false;
  }
  by_code_.reserve(n);
  for (RegionIndex r = 0; r < n; ++r) {
    const bool above = parent_[r] == kNoRegion || parent_[r] < r;
    if (!above || end_[r] <= r || end_[r] > n || !by_code_.emplace(code_[r], r).second) {
      return false;
    }
  }
  return true;
}

std::size_t RegionTree::memory_bytes() const {
  std::size_t bytes = 0;
  for (std::size_t r = 0; r < size(); ++r) {
    bytes += (code_[r].capacity() > 15 ? 2 * code_[r].capacity() : 0) +
             (name_[r].capacity() > 15 ? name_[r].capacity() : 0);
  }
  return bytes + size() * (2 * sizeof(std::string) + 1 + 2 * sizeof(RegionIndex)) +
         by_code_.capacity() * (sizeof(std::string) + sizeof(std::uint64_t) + 1);
}

}  // namespace lianjie
