// Where nodes lay, and which regions lay in which, at each place of a stretch of the change feed.
// Only its end can be read from the store; what was before is found by following back whatever
// moved in between. So a stretch gives the same answers wherever it is taken up.
#ifndef LIANJIE_SERVER_REGION_HISTORY_H_
#define LIANJIE_SERVER_REGION_HISTORY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/store.h"

namespace lianjie::server {

// What is in one region. First the stretch is gone through (Begin, Add, ...), then it is asked
// about. Positions count its changes from 0, and mean the state right after the change. One thread.
class RegionHistory {
 public:
  explicit RegionHistory(std::string region) : region_(std::move(region)) {}

  // Forgets the stretch before, and begins one whose end the reader shows.
  void Begin(std::shared_ptr<const storage::Reader> reader);
  // Its next change. LIMIT_EXCEEDED when what moved takes more memory than a watch may have.
  absl::Status Add(const storage::Change& change);
  // That was its last.
  void Close();
  // Lets go of the stretch and its reader.
  void End();

  // Whether the region is, or was at any time in the stretch, one that the graph knows.
  absl::StatusOr<bool> Known() const;
  // Whether a region is it or lies below it: by the region table where the graph had one, else as
  // codes themselves say (RegionTree::FromCodes).
  absl::StatusOr<bool> HasRegion(const std::string& code, std::uint64_t position);
  absl::StatusOr<bool> HasNode(const std::string& id, std::uint64_t position);

 private:
  // Before the change at a position it was so.
  template <typename T> struct Until {
    std::uint64_t position = 0;
    T before;
  };
  template <typename T> using Moves = std::vector<Until<T>>;
  using Parent = std::optional<std::string>;  // nothing: there is no such region

  template <typename T> static const T* Before(const Moves<T>& moves, std::uint64_t position);
  absl::Status Hold(std::size_t bytes);
  bool HasTable(std::uint64_t position) const;
  absl::StatusOr<Parent> ParentOf(const std::string& code, std::uint64_t position);
  bool HasByCode(const std::string& code);

  const std::string region_;
  std::shared_ptr<const storage::Reader> reader_;
  std::uint64_t size_ = 0;
  std::size_t held_bytes_ = 0;
  bool named_ = false;  // a change of the region itself was among them
  absl::flat_hash_map<std::string, Moves<std::string>> nodes_;
  absl::flat_hash_map<std::string, Moves<Parent>> regions_;
  Moves<std::int64_t> counts_;  // of regions; until Close how many came (below 0: went)
  absl::flat_hash_map<std::string, Parent> parents_;  // at the end, as far as they were asked for
  absl::flat_hash_map<std::string, bool> by_code_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_REGION_HISTORY_H_
