// A Snapshot is one revision of a graph, immutable, as columns. Kernels read arrays; nothing here
// points at anything else, so it can be shared by any number of runs, saved and mapped. Its order
// is a function of the graph's content alone: nodes by region rank (the unplaced last), then kind,
// then id (CompareIds); links by source, then target, then id. So a region at any level is one
// range of nodes, neighbours lie near one another, and answers do not depend on how a store was
// filled.
//
// Not-known numbers are NaN (doubles) or kUnknownInt; an unused column is an empty vector and costs
// nothing: the readers below answer "not known" for it. Thread safety: all const.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_H_

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/date.h"
#include "engine/core/enums.h"
#include "engine/core/fields.h"
#include "engine/core/ids.h"
#include "engine/core/record_view.h"
#include "engine/core/records.h"
#include "engine/graph/packed_array.h"
#include "engine/graph/regions.h"
#include "engine/graph/shared_array.h"
#include "engine/graph/string_pool.h"

namespace lianjie {

inline constexpr std::int32_t kUnknownInt = std::numeric_limits<std::int32_t>::min();

// A column of few distinct strings: code 0 is the empty one.
struct InternedColumn {
  PackedArray<std::uint32_t> codes;     // empty: all rows are ""
  std::vector<std::string> values{""};  // sorted bytewise, each once, each used but for ""
  std::string_view operator[](std::size_t i) const {
    return codes.empty() ? values[0] : values[codes[i]];
  }
};

// Columns by node. Sizes are node_count or 0; ids, kind and region are always whole. The parameters
// say what a column, a column of numbers, one of ids and one of few distinct strings are: in a
// Snapshot, and while one is being built.
template <template <typename> typename C, template <typename> typename P, typename Ids,
          typename Strings>
struct BasicNodeColumns {
  Ids ids;
  C<NodeKind> kind;
  C<RegionIndex> region;  // kNoRegion: unplaced
  C<Sector> sector;
  C<Stage> stage;
  Strings subtype;
  Strings industry;
  Strings labels;  // the whole set joined by ';', in the order given
  C<Registration> registration;
  C<Monitoring> monitoring;
  C<OperatingStatus> operating_status;
  P<std::int32_t> persons;
  P<std::int32_t> lifted_out_year;
  P<std::int32_t> labour_skilled, labour_ordinary, labour_weak;
  C<std::uint16_t> causes;  // bit (value of Cause)
  P<std::int32_t> income_year;
  P<double> income_wage_yuan, income_operating_yuan, income_property_yuan, income_transfer_yuan;
  P<double> land_mu, capacity_jobs, capacity_tonnes, capacity_mu;
  P<double> revenue_yuan, equity_yuan, outside_revenue_yuan, leak_share;
  C<Date> valid_from, valid_to;
};
using NodeColumns = BasicNodeColumns<SharedArray, PackedArray, StringPool, InternedColumn>;

// Columns by link, in out-order. Sizes are link_count or 0; ids, source, target and mechanism are
// always whole.
template <template <typename> typename C, template <typename> typename P, typename Ids,
          typename Strings>
struct BasicLinkColumns {
  Ids ids;
  C<NodeIndex> source, target;
  C<Mechanism> mechanism;
  C<double> promised_yuan, paid_yuan, share, weight;
  P<double> capacity;
  C<ShareOf> share_of;
  C<Priority> priority;
  C<Tightness> tightness;
  C<Driver> driver;
  C<LinkStatus> status;
  C<Sector> sector;
  Strings product;
  Strings policy;
  C<Date> valid_from, valid_to;
};
using LinkColumns = BasicLinkColumns<SharedArray, PackedArray, StringPool, InternedColumn>;

// A numeric column of links, plain or packed, for as long as its Snapshot lives; or none (null).
class LinkNumbers {
 public:
  LinkNumbers() = default;
  explicit LinkNumbers(const SharedArray<double>& plain) : plain_(&plain) {}
  explicit LinkNumbers(const PackedArray<double>& packed) : packed_(&packed) {}
  bool null() const { return plain_ == nullptr && packed_ == nullptr; }
  bool empty() const { return size() == 0; }
  std::size_t size() const {
    if (plain_ != nullptr) return plain_->size();
    return packed_ == nullptr ? 0 : packed_->size();
  }
  double operator[](std::size_t l) const {
    return plain_ != nullptr ? (*plain_)[l] : (*packed_)[l];
  }

 private:
  const SharedArray<double>* plain_ = nullptr;
  const PackedArray<double>* packed_ = nullptr;
};

class Snapshot {
 public:
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  std::int64_t revision() const { return revision_; }
  // The as-of date when a question gives none.
  Date reference_date() const { return reference_date_; }
  NodeIndex node_count() const { return static_cast<NodeIndex>(nodes_.kind.size()); }
  LinkIndex link_count() const { return static_cast<LinkIndex>(links_.target.size()); }

  const NodeColumns& nodes() const { return nodes_; }
  const LinkColumns& links() const { return links_; }
  const RegionTree& regions() const { return regions_; }
  const std::vector<LineRecord>& lines() const { return lines_; }

  std::string_view NodeId(NodeIndex n) const { return nodes_.ids[n]; }
  std::string_view LinkId(LinkIndex l) const { return links_.ids[l]; }
  // kNoNode / kNoLink when unknown. O(1).
  NodeIndex FindNode(std::string_view id) const;
  LinkIndex FindLink(std::string_view id) const;  // O(link_count): for questions, not kernels

  // Links paid by n: the range [out_begin(n), out_end(n)) of LinkIndex.
  LinkIndex out_begin(NodeIndex n) const { return out_offsets_[n]; }
  LinkIndex out_end(NodeIndex n) const { return out_offsets_[n + 1]; }
  // Links paying n, as link indices by source, then id.
  std::span<const LinkIndex> in_links(NodeIndex n) const {
    return {in_links_.data() + in_offsets_[n], in_links_.data() + in_offsets_[n + 1]};
  }

  // The same of all nodes, one behind the other.
  std::span<const LinkIndex> all_in_links() const { return {in_links_.data(), in_links_.size()}; }

  // Nodes of a region with all below it: [first, second). kNoRegion gives the unplaced.
  std::pair<NodeIndex, NodeIndex> NodesOf(RegionIndex region) const;

  Interval NodeValid(NodeIndex n) const;
  Interval LinkValid(LinkIndex l) const;

  // One value by field name, for filters; not given when the snapshot does not hold that field.
  // Fields that a snapshot can filter by: SnapshotNodeFields(), SnapshotLinkFields().
  FieldValue NodeField(NodeIndex n, std::string_view field) const;
  FieldValue LinkField(LinkIndex l, std::string_view field) const;

  // A numeric link column by name (weight, paid_yuan, promised_yuan, share, capacity); an empty
  // one when no link has it. INVALID_FIELD for other names.
  absl::StatusOr<LinkNumbers> LinkWeights(std::string_view column) const;

  std::size_t memory_bytes() const;

  // What estimates of money's flow go by. O(nodes) at the first call, then O(1).
  struct PayerCounts {
    std::uint64_t households = 0;
    std::uint64_t paying_households = 0;  // that have outgoing links or money from outside
  };
  const PayerCounts& payer_counts() const;

 private:
  friend class SnapshotBuilder;
  friend class SnapshotMerger;
  friend class SnapshotFile;
  Snapshot() = default;

  std::int64_t revision_ = 0;
  Date reference_date_;
  NodeColumns nodes_;
  LinkColumns links_;
  RegionTree regions_;
  std::vector<LineRecord> lines_;
  SharedArray<LinkIndex> out_offsets_{0};
  SharedArray<LinkIndex> in_offsets_{0};
  SharedArray<LinkIndex> in_links_;
  SharedArray<NodeIndex> region_begin_;  // by rank, then one for the unplaced, then the end
  IdTable by_id_;
  mutable std::once_flag counted_;
  mutable PayerCounts payer_counts_;
};

// A column's value, or "not known" where the column is unused.
inline double ValueOr(std::span<const double> column, std::size_t i, double missing) {
  return column.empty() || !(column[i] == column[i]) ? missing : column[i];
}
inline bool IsKnown(std::span<const double> column, std::size_t i) {
  return !column.empty() && column[i] == column[i];
}
template <typename Numbers>
requires std::same_as<Numbers, PackedArray<double>> || std::same_as<Numbers, LinkNumbers>
bool IsKnown(const Numbers& column, std::size_t i) {
  if (column.empty()) return false;
  const double value = column[i];
  return value == value;
}
template <typename Numbers>
requires std::same_as<Numbers, PackedArray<double>> || std::same_as<Numbers, LinkNumbers>
double ValueOr(const Numbers& column, std::size_t i, double missing) {
  if (column.empty()) return missing;
  const double value = column[i];
  return value == value ? value : missing;
}
template <typename E> E ValueOr(const SharedArray<E>& column, std::size_t i) {
  return column.empty() ? E{} : column[i];
}

// Names of the fields that filters over a Snapshot may use, in the order of NodeFields() and
// LinkFields().
std::span<const std::string_view> SnapshotNodeFields();
std::span<const std::string_view> SnapshotLinkFields();

// Takes records in any order and makes the Snapshot. Records must have passed Normalize and
// Validate and hold together (unique ids, known ends), as a store's do: Build answers INTERNAL
// naming the record otherwise, but finds an id that two links share only where both join the same
// two nodes, since looking everywhere would cost more than all the rest. Records go straight into
// columns; Build puts them in order in parallel, in the arena of whoever calls. O(n log n + m
// log(max degree)).
//
// A whole graph is taken in `parts`, each by one thread at a time: what belongs to one part stands
// in columns of its own until Build. A node is then named by its row: its position among all nodes,
// those of part 0 first, in the order of adding. Rows and parts leave no trace in the Snapshot.
//
// With regions added, their table is the tree, and a node whose region is not in it is unplaced;
// without, the tree is RegionTree::FromCodes of the codes that nodes carry. REGION_TREE_INVALID
// when the table makes no tree.
class SnapshotBuilder {
 public:
  // How many nodes and links will come, where it is known: parts take room accordingly.
  struct Expected {
    std::uint64_t nodes = 0;
    std::uint64_t links = 0;
  };
  explicit SnapshotBuilder(std::size_t parts = 1) : SnapshotBuilder(parts, Expected()) {}
  SnapshotBuilder(std::size_t parts, Expected expected);
  ~SnapshotBuilder();
  void AddRegion(RegionRecord region);
  void AddLine(LineRecord line);
  void AddNode(const NodeRecord& node, std::size_t part = 0);
  void AddNode(const NodeView& node, std::size_t part);
  // By the ids of its ends, which may come later. One thread.
  void AddLink(const LinkRecord& link);
  // By the rows of its ends.
  void AddLink(const LinkView& link, std::uint64_t source_row, std::uint64_t target_row,
               std::size_t part);
  // All regions and nodes are there: puts them in order, so that what they took is free before
  // links come. Errors are those of Build, which does it otherwise.
  absl::Status EndNodes();
  absl::StatusOr<std::shared_ptr<const Snapshot>> Build(std::int64_t revision,
                                                        Date reference_date) &&;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_H_
