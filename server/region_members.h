// Which codes lie in a region: by the region table where the graph has one, else as the codes
// themselves say (RegionTree::FromCodes).
#ifndef LIANJIE_SERVER_REGION_MEMBERS_H_
#define LIANJIE_SERVER_REGION_MEMBERS_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "storage/store.h"

namespace lianjie::server {

// One thread.
class RegionMembers {
 public:
  // O(regions). REGION_NOT_FOUND: there is a table, and the region is not in it.
  static absl::StatusOr<RegionMembers> Read(const storage::Reader& reader,
                                            const std::string& region);
  // A region that is not in the table any more: nothing but itself.
  explicit RegionMembers(std::string region) : region_(std::move(region)), table_(true) {}

  bool Contains(const std::string& code) const;

 private:
  std::string region_;
  bool table_;
  mutable absl::flat_hash_map<std::string, bool> known_;  // by code; of a table only those in it
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_REGION_MEMBERS_H_
