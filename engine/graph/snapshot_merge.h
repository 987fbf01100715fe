// The next Snapshot from the one before and what changed: for a few changes a small part of the
// cost of reading the graph again. The result is the same, value by value, as a Snapshot built from
// all records; columns in which nothing changed are shared between the two.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_MERGE_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_MERGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/core/date.h"
#include "engine/core/records.h"
#include "engine/graph/snapshot.h"

namespace lianjie {

// What changed between two revisions: of every record that did, its first and its last state. One
// thread.
class SnapshotDelta {
 public:
  template <typename Record> struct Change {
    std::optional<Record> before;  // nothing: it was not there
    std::optional<Record> after;   // nothing: it is gone
  };
  template <typename Record> using Changes = absl::flat_hash_map<std::string, Change<Record>>;

  // One change after another, in order; one of both records must be there.
  void Add(std::optional<NodeRecord> before, std::optional<NodeRecord> after) {
    AddTo(nodes_, std::move(before), std::move(after));
  }
  void Add(std::optional<LinkRecord> before, std::optional<LinkRecord> after) {
    AddTo(links_, std::move(before), std::move(after));
  }
  // All lines as they are now, when any changed.
  void SetLines(std::vector<LineRecord> lines) { lines_ = std::move(lines); }

  const Changes<NodeRecord>& nodes() const { return nodes_; }
  const Changes<LinkRecord>& links() const { return links_; }
  const std::optional<std::vector<LineRecord>>& lines() const { return lines_; }
  // Records that changed.
  std::size_t size() const { return nodes_.size() + links_.size(); }

 private:
  template <typename Record>
  static void AddTo(Changes<Record>& changes, std::optional<Record> before,
                    std::optional<Record> after) {
    std::string id = before ? before->id : after->id;
    const auto [it, first] = changes.try_emplace(std::move(id));
    if (first) it->second.before = std::move(before);
    it->second.after = std::move(after);
  }

  Changes<NodeRecord> nodes_;
  Changes<LinkRecord> links_;
  std::optional<std::vector<LineRecord>> lines_;
};

// `base` with `delta`. `region_table`: whether the graph has one (without, the tree follows from
// the codes of the nodes). Nullptr when the region tree would be another: then the graph must be
// read again. INTERNAL when the delta does not fit the base. O(what changed, and a copy of each
// column in which anything did); parallel, in the arena of whoever calls.
absl::StatusOr<std::shared_ptr<const Snapshot>> MergeSnapshot(const Snapshot& base,
                                                              const SnapshotDelta& delta,
                                                              bool region_table,
                                                              std::int64_t revision,
                                                              Date reference_date);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_MERGE_H_
