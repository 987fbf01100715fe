#include "server/region_members.h"

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/graph/regions.h"

namespace lianjie::server {

absl::StatusOr<RegionMembers> RegionMembers::Read(const storage::Reader& reader,
                                                  const std::string& region) {
  RegionMembers members(region);
  members.table_ = reader.info().region_count > 0;
  if (!members.table_) return members;
  LIANJIE_RETURN_IF_ERROR(reader.GetRegion(region).status());
  std::multimap<std::string, std::string> children;
  LIANJIE_ASSIGN_OR_RETURN(const auto regions, reader.ScanRegions());
  while (true) {
    LIANJIE_ASSIGN_OR_RETURN(std::optional<RegionRecord> next, regions->Next());
    if (!next.has_value()) break;
    children.emplace(std::move(next->parent), std::move(next->code));
  }
  std::vector<std::string> below{region};
  while (!below.empty()) {
    const std::string code = std::move(below.back());
    below.pop_back();
    const auto [first, last] = children.equal_range(code);
    for (auto it = first; it != last; ++it) {
      if (members.known_.emplace(it->second, true).second) below.push_back(it->second);
    }
  }
  return members;
}

bool RegionMembers::Contains(const std::string& code) const {
  if (code == region_) return true;
  if (code.empty()) return false;
  const auto found = known_.find(code);
  if (table_ || found != known_.end()) return found != known_.end() && found->second;
  const RegionTree tree = RegionTree::FromCodes(std::array{region_, code});
  return known_[code] = tree.Contains(tree.Find(region_), tree.Find(code));
}

}  // namespace lianjie::server
