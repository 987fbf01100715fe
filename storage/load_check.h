// The rules over several rows of a load, against the graph it goes into: duplicates, unknown ends
// and regions, the region tree, the type table, shares. A pass over nodes and links says which rows
// are bad; when rows turn out bad on which verdicts of the same pass were built (a node by its
// links), the pass is made again without them: all that it finds at once, so that many bad rows
// cost no more passes than one.
#ifndef LIANJIE_STORAGE_LOAD_CHECK_H_
#define LIANJIE_STORAGE_LOAD_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/graph_data.h"
#include "storage/load_rows.h"

namespace lianjie::storage {

// What the graph has, before the load, of what the load names.
struct StoredName : NodePlace {
  std::string region;  // where the load has a row of the node
};

// What the checks found out and the writing needs.
struct LoadPlan {
  GraphMeta meta;
  absl::flat_hash_map<NameIndex, StoredName> stored_nodes;
  std::vector<std::uint32_t> node_row;  // by name: the accepted row, or kNoRow
  absl::flat_hash_map<std::uint32_t, LinkPlace> stored_links;          // by accepted row
  absl::flat_hash_map<std::string_view, RegionRecord> stored_regions;  // of accepted rows
  absl::flat_hash_set<std::uint32_t> stored_lines;                     // accepted rows
  absl::btree_map<std::string, RegionUse> region_use;  // after the load; of the codes it touches
};

class LoadCheck {
 public:
  LoadCheck(const GraphData& data, const LoadOptions& options, LoadRows& rows)
      : data_(data), options_(options), rows_(rows) {}

  // Marks the rejected rows, settles the ids of links and fills plan(). Without skip_bad_rows the
  // first bad row is the error. `bad` gets the bad rows, unsorted.
  absl::Status Run(std::vector<BadRow>& bad);
  LoadPlan& plan() { return plan_; }
  // The row that was the error, when one was.
  const std::optional<RowError>& ended_by() const { return ended_by_; }

 private:
  struct Region {
    std::string_view parent;
    std::int64_t level = 0;
    std::uint32_t row = kNoRow;  // kNoRow: stored
  };

  void Reject(RowKind kind, Row& row, std::string_view id, const absl::Status& status);
  // The error of the first of the rows rejected since the last call, unless bad rows are skipped.
  absl::Status EndPhase();

  absl::Status ReadStoredRegions();
  absl::Status CheckRegions();
  absl::Status CheckTree();
  std::optional<absl::Status> TreeFault(std::string_view code, const Region& region) const;
  bool HasTable() const { return !regions_.empty(); }
  bool KnowsRegion(std::string_view code) const;

  absl::Status ReadStoredNodes();
  absl::Status CheckNodes();
  absl::Status CheckLines();
  absl::Status CountRegionUse();
  absl::Status CheckNewTable();

  absl::Status CheckLinks();
  absl::Status CheckEnds(LinkRow& row);
  absl::Status SettleIds();
  absl::Status CheckStored(std::uint32_t link);
  NodeKind KindOf(NameIndex name) const;

  // Late checks. What they reject by RejectLate means that the pass must be made again.
  void RejectLate(RowKind kind, Row& row, std::string_view id, const absl::Status& status);
  void BeginAgain();
  absl::Status CheckKindChanges();
  // The link that forbids the new kind of a stored node's row, when one does.
  absl::StatusOr<std::optional<absl::Status>> KindFault(
      const NodeRow& row, const absl::flat_hash_map<Number, NodeKind>& changed,
      std::vector<Number>& neighbours) const;
  absl::Status CheckShares();
  absl::Status CheckPayer(NameIndex payer, const std::vector<std::uint32_t>& links);
  std::vector<NameIndex> PayersInDoubt() const;

  const GraphData& data_;
  const LoadOptions& options_;
  LoadRows& rows_;
  LoadPlan plan_;
  absl::flat_hash_map<std::string_view, Region> regions_;  // as they will be
  std::vector<RegionRecord> stored_regions_;
  absl::flat_hash_set<std::string_view> link_ids_;
  absl::flat_hash_set<Number> replaced_links_;
  std::vector<BadRow> bad_;
  std::vector<BadRow> kept_;  // verdicts that hold over all passes: of regions, and late ones
  bool again_ = false;
  std::size_t ended_ = 0;  // how many of bad_ earlier phases found
  std::optional<RowError> ended_by_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LOAD_CHECK_H_
