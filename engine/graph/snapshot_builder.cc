// From records in any order to a Snapshot whose order is a function of their content. Records go
// straight into the columns of their part in the order in which they come, with their ends as rows
// of that order, and everything is gathered and permuted once at the end: nodes by a parallel sort
// on (region rank, kind, id), links by counting their sources and sorting each payer's few. Links
// that are given by the ids of their ends keep those until all nodes are there.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/core/ids.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/columns.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/snapshot_order.h"
#include "engine/graph/snapshot_part.h"
#include "tbb/parallel_sort.h"

namespace lianjie {
namespace {

using columns::ForEachRow;
using columns::Interner;

// A payer with more links than this has them sorted in parallel.
constexpr std::size_t kManyLinks = 1 << 16;

// Strings of all parts by row.
class RowNames {
 public:
  RowNames(std::vector<StringPoolBuilder*> pools, std::vector<std::size_t> begin)
      : pools_(std::move(pools)), begin_(std::move(begin)) {}
  std::string_view operator[](std::size_t row) const {
    const auto part = static_cast<std::size_t>(
        std::upper_bound(begin_.begin() + 1, begin_.end() - 1, row) - begin_.begin() - 1);
    return (*pools_[part])[row - begin_[part]];
  }
  std::size_t size() const { return begin_.back(); }

 private:
  std::vector<StringPoolBuilder*> pools_;
  std::vector<std::size_t> begin_;
};

// The rows in the order of the nodes.
std::vector<std::uint32_t> OrderNodes(const SharedArray<NodeKind>& kind,
                                      const SharedArray<RegionIndex>& region, const RowNames& ids) {
  std::vector<NodeKey> keys(kind.size());
  ForEachRow(keys.size(), [&](std::size_t row) {
    keys[row] = NodeKey::Of(region[row], kind[row], ids[row], static_cast<std::uint32_t>(row));
  });
  tbb::parallel_sort(keys, [&ids](const NodeKey& a, const NodeKey& b) {
    return a.Before(
        b, [&] { return ids[a.row]; }, [&] { return ids[b.row]; });
  });
  std::vector<std::uint32_t> order(keys.size());
  ForEachRow(order.size(), [&](std::size_t i) { order[i] = keys[i].row; });
  return order;
}

// The rows in the order of the links: by source, then target, then id.
std::vector<std::uint32_t> OrderLinks(const SharedArray<NodeIndex>& source,
                                      const SharedArray<NodeIndex>& target, const RowNames& ids,
                                      const SharedArray<LinkIndex>& offsets) {
  const SharedArray<std::uint32_t> rows = RowsByEnd(source, offsets);
  std::vector<std::uint32_t> order(rows.begin(), rows.end());
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    if (target[a] != target[b]) return target[a] < target[b];
    return CompareIds(ids[a], ids[b]) < 0;
  };
  ForEachRow(offsets.size() - 1, [&](std::size_t node) {
    const auto begin = order.begin() + offsets[node];
    const auto end = order.begin() + offsets[node + 1];
    if (static_cast<std::size_t>(end - begin) > kManyLinks) {
      tbb::parallel_sort(begin, end, before);
    } else {
      std::sort(begin, end, before);
    }
  });
  return order;
}

absl::Status TooMany(std::string_view what, std::size_t count) {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      Cat("a snapshot holds no more than ", kNoNode - 1, " ", what, "; there are ", count),
      {.reason = Reason::kLimitExceeded,
       .field = {},
       .row = {},
       .metadata = {
           {"limit", std::string(what)}, {"value", Cat(kNoNode - 1)}, {"needed", Cat(count)}}});
}

}  // namespace

struct SnapshotBuilder::State {
  explicit State(std::size_t count) : parts(count) {}

  std::vector<RegionRecord> regions;
  std::vector<LineRecord> lines;
  std::vector<SnapshotPart> parts;
  // Of part 0, when its links are given by ids: the ids, whose numbers stand as ends.
  absl::flat_hash_map<std::string, NodeIndex> names;
  bool by_name = false;

  // All parts, once they are whole.
  std::vector<std::size_t> node_begin, link_begin;  // by part, then the end
  BasicNodeColumns<columns::Pointers, std::vector<StringPoolBuilder*>, std::vector<Interner*>>
      nodes;
  std::vector<Interner*> region;
  BasicLinkColumns<columns::Pointers, std::vector<StringPoolBuilder*>, std::vector<Interner*>>
      links;

  NodeIndex Name(const std::string& id) {
    return names.try_emplace(id, static_cast<NodeIndex>(names.size())).first->second;
  }
  absl::Status EndParts();
  absl::StatusOr<RegionTree> PlaceNodes(SharedArray<RegionIndex>& region_of_row);
  absl::Status GatherNodes(Snapshot& snapshot, std::vector<NodeIndex>& node_of);
  absl::Status NumberEnds(const Snapshot& snapshot, const std::vector<NodeIndex>& node_of);
  absl::Status ResolveNames(const Snapshot& snapshot);
  absl::Status GatherLinks(Snapshot& snapshot);
};

absl::Status SnapshotBuilder::State::EndParts() {
  node_begin = link_begin = {0};
  for (SnapshotPart& part : parts) {
    LIANJIE_RETURN_IF_ERROR(part.error);
    node_begin.push_back(node_begin.back() + part.nodes.kind.size());
    link_begin.push_back(link_begin.back() + part.links.target.size());
    const auto add = [](auto, auto& all, auto& one) { all.push_back(&one); };
    const auto add_strings = [](auto& all, auto& one) { all.push_back(&one); };
    columns::ForEachNodeColumn(add, nodes, part.nodes);
    columns::ForEachLinkColumn(add, links, part.links);
    columns::ForEachNodeStrings(add_strings, nodes, part.nodes);
    columns::ForEachLinkStrings(add_strings, links, part.links);
    nodes.ids.push_back(&part.nodes.ids);
    links.ids.push_back(&part.links.ids);
    region.push_back(&part.region);
  }
  if (node_begin.back() >= kNoNode) return TooMany("nodes", node_begin.back());
  if (link_begin.back() >= kNoLink) return TooMany("links", link_begin.back());
  return absl::OkStatus();
}

absl::StatusOr<RegionTree> SnapshotBuilder::State::PlaceNodes(
    SharedArray<RegionIndex>& region_of_row) {
  const InternedColumn codes = Interner::Finish(region, node_begin, {});
  RegionTree tree;
  if (regions.empty()) {
    tree = RegionTree::FromCodes(codes.values);
  } else {
    LIANJIE_ASSIGN_OR_RETURN(tree, RegionTree::Build(regions));
  }
  std::vector<RegionIndex> region_of;
  region_of.reserve(codes.values.size());
  for (const std::string& code : codes.values) {
    region_of.push_back(code.empty() ? kNoRegion : tree.Find(code));
  }
  const Buffer<RegionIndex> out(node_begin.back());
  ForEachRow(out.size(), [&](std::size_t row) {
    out[row] = codes.codes.empty() ? kNoRegion : region_of[codes.codes[row]];
  });
  region_of_row = SharedArray<RegionIndex>(out);
  return tree;
}

// `node_of` gets the node of each row.
absl::Status SnapshotBuilder::State::GatherNodes(Snapshot& snapshot,
                                                 std::vector<NodeIndex>& node_of) {
  SharedArray<RegionIndex> region_of_row;
  LIANJIE_ASSIGN_OR_RETURN(snapshot.regions_, PlaceNodes(region_of_row));
  NodeColumns& to = snapshot.nodes_;
  const RowNames ids(nodes.ids, node_begin);
  const SharedArray<NodeKind> kind = columns::Gather(nodes.kind, node_begin, {}, {});
  const std::vector<std::uint32_t> order = OrderNodes(kind, region_of_row, ids);
  node_of.resize(order.size());
  ForEachRow(order.size(), [&](std::size_t i) { node_of[order[i]] = static_cast<NodeIndex>(i); });
  to.ids = MakeStringPool(order.size(), [&](std::size_t i) { return ids[order[i]]; });
  columns::ForEachNodeColumn(
      [&](auto missing, auto& column, auto& from) {
        column = columns::Gather(from, node_begin, missing, order);
      },
      to, nodes);
  columns::ForEachNodeStrings(
      [&](auto& column, auto& from) { column = Interner::Finish(from, node_begin, order); }, to,
      nodes);
  // What was gathered before the order was known.
  to.kind = columns::Permuted(kind, order);
  to.region = columns::Permuted(region_of_row, order);
  for (SnapshotPart& part : parts) part.nodes.ids = StringPoolBuilder();
  std::optional<std::uint32_t> twice;
  snapshot.by_id_ = IdTable::Build(to.ids, twice);
  if (twice) return BadRecord("node", to.ids[*twice], "the id is given twice");
  snapshot.region_begin_ = RegionBegins(to.region, snapshot.regions_.size());
  return absl::OkStatus();
}

// From rows, or numbers of names, to nodes.
absl::Status SnapshotBuilder::State::NumberEnds(const Snapshot& snapshot,
                                                const std::vector<NodeIndex>& node_of) {
  if (by_name) return ResolveNames(snapshot);
  for (SnapshotPart& part : parts) {
    for (std::vector<NodeIndex>* ends : {&part.links.source, &part.links.target}) {
      ForEachRow(ends->size(), [&](std::size_t row) { (*ends)[row] = node_of[(*ends)[row]]; });
    }
  }
  return absl::OkStatus();
}

absl::Status SnapshotBuilder::State::ResolveNames(const Snapshot& snapshot) {
  std::vector<NodeIndex> named(names.size());
  for (const auto& [id, number] : names) named[number] = snapshot.FindNode(id);
  auto& own = parts[0].links;
  for (std::vector<NodeIndex>* ends : {&own.source, &own.target}) {
    for (std::size_t row = 0; row < ends->size(); ++row) {
      const NodeIndex number = (*ends)[row];
      (*ends)[row] = named[number];
      if (named[number] != kNoNode) continue;
      const auto name = std::find_if(names.begin(), names.end(),
                                     [&](const auto& entry) { return entry.second == number; });
      return BadRecord("link", own.ids[row],
                       Cat("its ", ends == &own.source ? "source" : "target", " '", name->first,
                           "' is unknown"));
    }
  }
  return absl::OkStatus();
}

absl::Status SnapshotBuilder::State::GatherLinks(Snapshot& snapshot) {
  LinkColumns& to = snapshot.links_;
  const std::size_t node_count = node_begin.back();
  const RowNames ids(links.ids, link_begin);
  const SharedArray<NodeIndex> source = columns::Gather(links.source, link_begin, kNoNode, {});
  const SharedArray<NodeIndex> target = columns::Gather(links.target, link_begin, kNoNode, {});
  snapshot.out_offsets_ = CountOffsets(source, node_count);
  const std::vector<std::uint32_t> order = OrderLinks(source, target, ids, snapshot.out_offsets_);
  to.source = columns::Permuted(source, order);
  to.target = columns::Permuted(target, order);
  to.ids = MakeStringPool(order.size(), [&](std::size_t i) { return ids[order[i]]; });
  for (SnapshotPart& part : parts) part.links.ids = StringPoolBuilder();
  columns::ForEachLinkValue(
      [&](auto missing, auto& column, auto& from) {
        column = columns::Gather(from, link_begin, missing, order);
      },
      to, links);
  columns::ForEachLinkStrings(
      [&](auto& column, auto& from) { column = Interner::Finish(from, link_begin, order); }, to,
      links);
  for (std::size_t row = 1; row < order.size(); ++row) {
    if (to.source[row] == to.source[row - 1] && to.target[row] == to.target[row - 1] &&
        to.ids[row] == to.ids[row - 1]) {
      return BadRecord("link", to.ids[row], "the id is given twice");
    }
  }
  snapshot.in_offsets_ = CountOffsets(to.target, node_count);
  snapshot.in_links_ = RowsByEnd(to.target, snapshot.in_offsets_);
  return absl::OkStatus();
}

SnapshotBuilder::SnapshotBuilder(std::size_t parts) : state_(std::make_unique<State>(parts)) {}
SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::AddRegion(RegionRecord region) {
  state_->regions.push_back(std::move(region));
}

void SnapshotBuilder::AddLine(LineRecord line) { state_->lines.push_back(std::move(line)); }

void SnapshotBuilder::AddNode(const NodeRecord& node, std::size_t part) {
  state_->parts[part].AddNode(node);
}

void SnapshotBuilder::AddLink(const LinkRecord& link) {
  State& s = *state_;
  s.by_name = true;
  const NodeIndex source = s.Name(link.source);
  s.parts[0].AddLink(link, source, s.Name(link.target));
}

void SnapshotBuilder::AddLink(const LinkRecord& link, std::uint64_t source_row,
                              std::uint64_t target_row, std::size_t part) {
  state_->parts[part].AddLink(link, static_cast<NodeIndex>(source_row),
                              static_cast<NodeIndex>(target_row));
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotBuilder::Build(std::int64_t revision,
                                                                       Date reference_date) && {
  const std::unique_ptr<State> state = std::move(state_);
  State& s = *state;
  LIANJIE_RETURN_IF_ERROR(s.EndParts());
  const std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->revision_ = revision;
  snapshot->reference_date_ = reference_date;
  std::sort(s.lines.begin(), s.lines.end(), LineLess);
  snapshot->lines_ = std::move(s.lines);
  std::vector<NodeIndex> node_of;
  LIANJIE_RETURN_IF_ERROR(s.GatherNodes(*snapshot, node_of));
  LIANJIE_RETURN_IF_ERROR(s.NumberEnds(*snapshot, node_of));
  node_of = {};
  LIANJIE_RETURN_IF_ERROR(s.GatherLinks(*snapshot));
  return snapshot;
}

}  // namespace lianjie
