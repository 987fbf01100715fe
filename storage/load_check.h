// The rules over several rows of a load, against the graph it goes into: duplicates, unknown ends
// and regions, the region tree, the type table, shares. Passes over the rows, in their order, say
// which rows are bad; when rows turn out bad on which verdicts of the same passes were built (a
// node by its links), the passes are made again without them: all that they find at once, so that
// many bad rows cost no more passes than one.
#ifndef LIANJIE_STORAGE_LOAD_CHECK_H_
#define LIANJIE_STORAGE_LOAD_CHECK_H_

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/graph_data.h"
#include "storage/load_progress.h"
#include "storage/load_rows.h"

namespace lianjie::storage {

// A row whose link the graph has, and where.
struct StoredLinkRow {
  std::uint32_t row = 0;
  LinkPlace place;
};

// What the checks found out and the writing needs, beside what LoadRows::names knows now.
struct LoadPlan {
  GraphMeta meta;
  // Of accepted rows without an id whose content came before: their ids.
  absl::flat_hash_map<std::uint32_t, std::string> made_ids;
  // In the order of rows, of which later checks may have rejected some.
  std::unique_ptr<FixedLog<StoredLinkRow>> stored_links;
  absl::flat_hash_map<std::string_view, RegionRecord> stored_regions;  // of accepted rows
  absl::flat_hash_set<std::uint32_t> stored_lines;                     // accepted rows
  absl::btree_map<std::string, RegionUse> region_use;  // after the load; of the codes it touches

  std::string_view IdOf(const LinkRow& row) const {
    if (made_ids.empty()) return row.id;
    const auto it = made_ids.find(row.row);
    return it == made_ids.end() ? row.id : std::string_view(it->second);
  }
  // The link's value with that id.
  std::string ValueOf(const LinkRow& row) const;
};

// The stored places of links beside a walk over their rows.
class StoredLinkRows {
 public:
  explicit StoredLinkRows(const LoadPlan& plan) {
    if (plan.stored_links != nullptr) stream_.emplace(*plan.stored_links);
  }
  // Of rows in ascending order; nothing where the graph does not have the link.
  absl::StatusOr<std::optional<LinkPlace>> At(std::uint32_t row);

 private:
  std::optional<FixedLog<StoredLinkRow>::Stream> stream_;
  std::optional<StoredLinkRow> next_;
};

class LoadCheck {
 public:
  LoadCheck(const GraphData& data, const LoadOptions& options, LoadRows& rows,
            LoadProgress& progress)
      : data_(data), options_(options), rows_(rows), progress_(progress) {}

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
  // A link whose id may be another's as well.
  struct Twin {
    std::uint32_t row = 0;
    bool made = false;
    std::string id;
  };
  // What a row does to the claims on a payer in doubt.
  struct ClaimStep {
    NameIndex payer = 0;
    std::uint32_t row = 0;
    bool own = false;     // the payer is the row's; else the row takes the link away from it
    bool stored = false;  // `place` is where the link stands
    LinkPlace place;
    double share = 0;
    Interval valid;

    friend bool operator<(const ClaimStep& a, const ClaimStep& b) {
      return a.payer != b.payer ? a.payer < b.payer : a.row < b.row;
    }
  };

  void Put(RowKind kind, std::uint32_t row, const RowPlace& place, std::string_view id,
           const absl::Status& status);
  void Reject(RegionRow& row, const absl::Status& status);
  void Reject(LineRow& row, std::string_view id, const absl::Status& status);
  void RejectNode(std::uint32_t row, std::string_view id, const absl::Status& status);
  void RejectLink(std::uint32_t row, std::string_view id, const absl::Status& status);
  // The error of the first of the rows rejected since the last call, unless bad rows are skipped.
  absl::Status EndPhase();
  // Goes through the links that are not rejected, in their order.
  absl::Status VisitLinks(absl::FunctionRef<absl::Status(const LinkRow&)> visit);

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
  absl::Status CheckEnds(const LinkRow& row);
  absl::StatusOr<absl::Status> EndsFault(const LinkRow& row, NodeKind source,
                                         NodeKind target) const;
  absl::Status FindTwins();
  void SettleIds();
  absl::Status CheckStored();

  // Late checks. What they reject by RejectLate means that the passes must be made again.
  void RejectLate(RowKind kind, std::uint32_t row, std::string_view id, const absl::Status& status);
  void BeginAgain();
  absl::Status CheckKindChanges();
  absl::StatusOr<absl::flat_hash_set<Number>> ReplacedLinks() const;
  // The link that forbids the new kind of a stored node's row, when one does.
  absl::StatusOr<std::optional<absl::Status>> KindFault(
      const NodeEntry& row, const absl::flat_hash_map<Number, NodeKind>& changed,
      const absl::flat_hash_set<Number>& replaced, std::vector<Number>& neighbours) const;
  absl::Status CheckShares();
  absl::StatusOr<std::unique_ptr<FixedSorter<ClaimStep>>> ClaimSteps();
  absl::Status CheckPayer(NameIndex payer, const std::vector<ClaimStep>& steps);

  const GraphData& data_;
  const LoadOptions& options_;
  LoadRows& rows_;
  LoadProgress& progress_;
  LoadPlan plan_;
  absl::flat_hash_map<std::string_view, Region> regions_;  // as they will be
  std::vector<RegionRecord> stored_regions_;
  std::future<absl::Status> sorted_;        // what can be sorted while the checks go on
  std::optional<std::vector<Twin>> twins_;  // in the order of rows; nothing: not looked for yet
  std::vector<NameIndex> in_doubt_;         // payers
  std::vector<BadRow> bad_;
  std::vector<BadRow> kept_;  // verdicts that hold over all passes: of regions, and late ones
  bool again_ = false;
  std::size_t ended_ = 0;  // how many of bad_ earlier phases found
  std::optional<RowError> ended_by_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LOAD_CHECK_H_
