// From records in any order to a Snapshot whose order is a function of their content. Records go
// straight into the columns of their part in the order in which they come, with their ends as rows
// of that order; the end is one pass over each column, which puts every value in its place
// (snapshot_sort.h). Links that are given by the ids of their ends keep those until all nodes are
// there.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
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
#include "engine/graph/snapshot_sort.h"
#include "engine/runtime/free_memory.h"

namespace lianjie {
namespace {

using columns::ForEachRow;
using columns::Interner;

// Of a part for which room is taken before they are there.
constexpr std::uint64_t kMostExpected = std::uint64_t{1} << 22U;
constexpr std::size_t kGiveBackRows = std::size_t{1} << 20;

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

  std::shared_ptr<Snapshot> made;  // with its nodes, once they are whole
  absl::Status nodes_status;       // how that went
  SharedArray<NodeIndex> node_of;  // each row

  // All parts, once they are whole.
  std::vector<std::size_t> node_begin, link_begin;  // by part, then the end
  BasicNodeColumns<columns::Pointers, columns::Pointers, std::vector<StringPoolBuilder*>,
                   std::vector<Interner*>>
      nodes;
  std::vector<Interner*> region;
  BasicLinkColumns<columns::Pointers, columns::Pointers, std::vector<StringPoolBuilder*>,
                   std::vector<Interner*>>
      links;

  NodeIndex Name(const std::string& id) {
    return names.try_emplace(id, static_cast<NodeIndex>(names.size())).first->second;
  }
  absl::Status EndNodes();
  absl::Status EndLinks();
  absl::StatusOr<RegionTree> PlaceNodes(const Buffer<RegionIndex>& region_of_row);
  absl::Status GatherNodes(Snapshot& snapshot);
  absl::Status ResolveNames(const Snapshot& snapshot);
  // The ends of all links, by row, from rows or numbers of names to nodes.
  Buffer<NodeIndex> TakeEnds(const columns::Pointers<NodeIndex>& ends) const;
  absl::Status GatherLinks(Snapshot& snapshot);
};

absl::Status SnapshotBuilder::State::EndNodes() {
  made.reset(new Snapshot());
  node_begin = {0};
  for (SnapshotPart& part : parts) {
    LIANJIE_RETURN_IF_ERROR(part.error);
    node_begin.push_back(node_begin.back() + part.nodes.kind.size());
    columns::ForEachNodeColumn([](auto, auto& all, auto& one) { all.push_back(&one); }, nodes,
                               part.nodes);
    columns::ForEachNodeStrings([](auto& all, auto& one) { all.push_back(&one); }, nodes,
                                part.nodes);
    nodes.ids.push_back(&part.nodes.ids);
    region.push_back(&part.region);
  }
  if (node_begin.back() >= kNoNode) return TooMany("nodes", node_begin.back());
  return GatherNodes(*made);
}

absl::Status SnapshotBuilder::State::EndLinks() {
  link_begin = {0};
  for (SnapshotPart& part : parts) {
    LIANJIE_RETURN_IF_ERROR(part.error);
    link_begin.push_back(link_begin.back() + part.links.target.size());
    columns::ForEachLinkColumn([](auto, auto& all, auto& one) { all.push_back(&one); }, links,
                               part.links);
    columns::ForEachLinkStrings([](auto& all, auto& one) { all.push_back(&one); }, links,
                                part.links);
    links.ids.push_back(&part.links.ids);
  }
  if (link_begin.back() >= kNoLink) return TooMany("links", link_begin.back());
  return GatherLinks(*made);
}

// `region_of_row` gets the rank of each row's region, or their number where it is unplaced.
absl::StatusOr<RegionTree> SnapshotBuilder::State::PlaceNodes(
    const Buffer<RegionIndex>& region_of_row) {
  const std::vector<std::string> codes = Interner::AllValues(region);
  RegionTree tree;
  if (regions.empty()) {
    tree = RegionTree::FromCodes(codes);
  } else {
    LIANJIE_ASSIGN_OR_RETURN(tree, RegionTree::Build(regions));
  }
  const auto unplaced = static_cast<RegionIndex>(tree.size());
  columns::ForEachPart(parts.size(), [&](std::size_t p) {
    RegionIndex* const to = region_of_row.data() + node_begin[p];
    Interner& from = *region[p];
    if (from.codes().empty()) {
      std::fill_n(to, node_begin[p + 1] - node_begin[p], unplaced);
      return;
    }
    std::vector<RegionIndex> region_of;
    for (const std::string& code : from.values()) {
      const RegionIndex found = code.empty() ? kNoRegion : tree.Find(code);
      region_of.push_back(found == kNoRegion ? unplaced : found);
    }
    ForEachRow(from.codes().size(), [&](std::size_t i) { to[i] = region_of[from.codes()[i]]; });
    from = Interner();
  });
  return tree;
}

absl::Status SnapshotBuilder::State::GatherNodes(Snapshot& snapshot) {
  const std::size_t count = node_begin.back();
  const Buffer<RegionIndex> region_of_row(count);
  LIANJIE_ASSIGN_OR_RETURN(snapshot.regions_, PlaceNodes(region_of_row));
  const auto unplaced = static_cast<RegionIndex>(snapshot.regions_.size());
  const Buffer<NodeKind> kind(count);
  columns::ForEachPart(parts.size(), [&](std::size_t p) {
    std::copy(nodes.kind[p]->begin(), nodes.kind[p]->end(), kind.data() + node_begin[p]);
  });
  const NodeOrder order =
      OrderNodes(std::span<const RegionIndex>(region_of_row.data(), count), unplaced,
                 std::span<const NodeKind>(kind.data(), count), RowNames(nodes.ids, node_begin));
  NodeColumns& to = snapshot.nodes_;
  to.ids = ScatterStrings(nodes.ids, order.place);
  columns::ForEachNodeColumn(
      [&](auto missing, auto& column, auto& from) {
        columns::Assign(column, columns::Scatter(from, node_begin, order.place, missing), missing);
      },
      to, nodes);
  columns::ForEachNodeStrings(
      [&](auto& column, auto& from) { column = Interner::Finish(from, node_begin, order.place); },
      to, nodes);
  // Not a column of the parts: what the order says.
  ForEachRow(std::size_t{unplaced} + 1, [&](std::size_t r) {
    std::fill(region_of_row.data() + order.begins[r], region_of_row.data() + order.begins[r + 1],
              r == unplaced ? kNoRegion : static_cast<RegionIndex>(r));
  });
  to.region = SharedArray<RegionIndex>(region_of_row);
  snapshot.region_begin_ = order.begins;
  std::optional<std::uint32_t> twice;
  snapshot.by_id_ = IdTable::Build(to.ids, twice);
  if (twice) return BadRecord("node", to.ids[*twice], "the id is given twice");
  node_of = order.place;
  if (count >= kGiveBackRows) ReturnFreeMemory();
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

Buffer<NodeIndex> SnapshotBuilder::State::TakeEnds(const columns::Pointers<NodeIndex>& ends) const {
  Buffer<NodeIndex> out(link_begin.back());
  columns::ForEachPart(ends.size(), [&](std::size_t p) {
    NodeIndex* const to = out.data() + link_begin[p];
    const std::vector<NodeIndex>& from = *ends[p];
    ForEachRow(from.size(), [&](std::size_t i) { to[i] = by_name ? from[i] : node_of[from[i]]; });
    *ends[p] = std::vector<NodeIndex>();
  });
  return out;
}

absl::Status SnapshotBuilder::State::GatherLinks(Snapshot& snapshot) {
  if (by_name) LIANJIE_RETURN_IF_ERROR(ResolveNames(snapshot));
  LinkColumns& to = snapshot.links_;
  // What the parts of a column took is to be free before the next column is made; otherwise both
  // are there twice.
  const bool give_back = link_begin.back() >= kGiveBackRows;
  const std::size_t node_count = node_begin.back();
  const LinkOrder order = OrderLinks(TakeEnds(links.source), TakeEnds(links.target), node_count,
                                     RowNames(links.ids, link_begin));
  to.source = order.source;
  to.target = order.target;
  snapshot.out_offsets_ = order.offsets;
  to.ids = ScatterStrings(links.ids, order.place);
  if (order.twice) return BadRecord("link", to.ids[*order.twice], "the id is given twice");
  columns::ForEachLinkValue(
      [&](auto missing, auto& column, auto& from) {
        columns::Assign(column, columns::Scatter(from, link_begin, order.place, missing), missing);
        if (give_back) ReturnFreeMemory();
      },
      to, links);
  columns::ForEachLinkStrings(
      [&](auto& column, auto& from) { column = Interner::Finish(from, link_begin, order.place); },
      to, links);
  snapshot.in_offsets_ = CountOffsets(to.target, node_count);
  snapshot.in_links_ = RowsByEnd(to.target, snapshot.in_offsets_);
  return absl::OkStatus();
}

SnapshotBuilder::SnapshotBuilder(std::size_t parts, Expected expected)
    : state_(std::make_unique<State>(parts)) {
  // Parts are not equal; what one takes too much is not touched.
  const auto of_part = [parts](std::uint64_t all) {
    return static_cast<std::size_t>(std::min({all, 2 * (all / parts) + 1, kMostExpected}));
  };
  for (SnapshotPart& part : state_->parts) {
    part.expected_nodes = of_part(expected.nodes);
    part.expected_links = of_part(expected.links);
  }
}
SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::AddRegion(RegionRecord region) {
  state_->regions.push_back(std::move(region));
}

void SnapshotBuilder::AddLine(LineRecord line) { state_->lines.push_back(std::move(line)); }

void SnapshotBuilder::AddNode(const NodeRecord& node, std::size_t part) {
  AddNode(ViewOf(node), part);
}

void SnapshotBuilder::AddNode(const NodeView& node, std::size_t part) {
  state_->parts[part].AddNode(node);
}

void SnapshotBuilder::AddLink(const LinkRecord& link) {
  State& s = *state_;
  s.by_name = true;
  const NodeIndex source = s.Name(link.source);
  s.parts[0].AddLink(ViewOf(link), source, s.Name(link.target));
}

void SnapshotBuilder::AddLink(const LinkView& link, std::uint64_t source_row,
                              std::uint64_t target_row, std::size_t part) {
  state_->parts[part].AddLink(link, static_cast<NodeIndex>(source_row),
                              static_cast<NodeIndex>(target_row));
}

absl::Status SnapshotBuilder::EndNodes() {
  if (state_->made == nullptr) state_->nodes_status = state_->EndNodes();
  return state_->nodes_status;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotBuilder::Build(std::int64_t revision,
                                                                       Date reference_date) && {
  LIANJIE_RETURN_IF_ERROR(EndNodes());
  const std::unique_ptr<State> state = std::move(state_);
  State& s = *state;
  LIANJIE_RETURN_IF_ERROR(s.EndLinks());
  s.made->revision_ = revision;
  s.made->reference_date_ = reference_date;
  std::sort(s.lines.begin(), s.lines.end(), LineLess);
  s.made->lines_ = std::move(s.lines);
  return std::move(s.made);
}

}  // namespace lianjie
