// From records in any order to a Snapshot whose order is a function of their content. Records go
// straight into columns in the order in which they come, with their ends as rows of that order, and
// everything is permuted once at the end: nodes by a parallel sort on (region rank, kind, id),
// links by counting their sources and sorting each payer's few. A link that comes before its ends
// waits on the name alone: it is given a number from the top of the range, which is looked up when
// all nodes are there.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/columns.h"
#include "engine/graph/id_order.h"
#include "engine/graph/snapshot.h"
#include "tbb/parallel_sort.h"

namespace lianjie {
namespace {

using columns::ForEachRow;
using columns::Interner;
using columns::Permute;
using columns::Put;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// A payer with more links than this has them sorted in parallel.
constexpr std::size_t kManyLinks = 1 << 16;

absl::Status BadRecord(std::string_view what, std::string_view id, std::string_view rule) {
  return MakeError(absl::StatusCode::kInternal, Cat(what, " '", id, "': ", rule),
                   {.reason = Reason::kInternal,
                    .field = {},
                    .row = {},
                    .metadata = {{std::string(what), std::string(id)}}});
}

// NaN marks the unknown, and equals nothing: so not by the general Put.
void PutNumber(std::vector<double>& column, std::size_t row, const std::optional<double>& value) {
  if (column.empty()) {
    if (!value.has_value()) return;
    column.assign(row, kNaN);
  }
  column.push_back(value.value_or(kNaN));
}

void PutDates(std::vector<Date>& from, std::vector<Date>& to, std::size_t row,
              const Interval& valid) {
  Put(from, row, valid.from, kDateMin);
  Put(to, row, valid.to, kDateMax);
}

bool IsIdentity(std::span<const std::uint32_t> order) {
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    if (order[i] != i) return false;
  }
  return true;
}

// The node order, as rows.
std::vector<std::uint32_t> OrderNodes(const NodeColumns& nodes) {
  struct Key {
    std::uint64_t place;  // region, then kind
    std::uint64_t prefix;
    std::uint32_t row;
  };
  const std::size_t n = nodes.kind.size();
  std::vector<Key> keys(n);
  ForEachRow(n, [&](std::size_t row) {
    keys[row] = {std::uint64_t{nodes.region[row]} << 8 | static_cast<std::uint8_t>(nodes.kind[row]),
                 IdPrefix(nodes.ids[row]), static_cast<std::uint32_t>(row)};
  });
  tbb::parallel_sort(keys, [&nodes](const Key& a, const Key& b) {
    if (a.place != b.place) return a.place < b.place;
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return CompareIds(nodes.ids[a.row], nodes.ids[b.row]) < 0;
  });
  std::vector<std::uint32_t> order(n);
  ForEachRow(n, [&](std::size_t i) { order[i] = keys[i].row; });
  return order;
}

// offsets[v + 1] - offsets[v] = how often v is in `ends`.
std::vector<LinkIndex> CountOffsets(const std::vector<NodeIndex>& ends, std::size_t nodes) {
  std::vector<LinkIndex> offsets(nodes + 1, 0);
  for (const NodeIndex end : ends) ++offsets[end + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  return offsets;
}

// Rows by end, in ascending order for each.
std::vector<std::uint32_t> RowsByEnd(const std::vector<NodeIndex>& ends,
                                     const std::vector<LinkIndex>& offsets) {
  std::vector<LinkIndex> next(offsets.begin(), offsets.end() - 1);
  std::vector<std::uint32_t> rows(ends.size());
  for (std::uint32_t row = 0; row < ends.size(); ++row) rows[next[ends[row]]++] = row;
  return rows;
}

// The link order, as rows: by source, then target, then id.
std::vector<std::uint32_t> OrderLinks(const LinkColumns& links,
                                      const std::vector<LinkIndex>& offsets) {
  std::vector<std::uint32_t> order = RowsByEnd(links.source, offsets);
  const auto before = [&links](std::uint32_t a, std::uint32_t b) {
    if (links.target[a] != links.target[b]) return links.target[a] < links.target[b];
    return CompareIds(links.ids[a], links.ids[b]) < 0;
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

bool LineLess(const LineRecord& a, const LineRecord& b) {
  if (a.region != b.region) return CompareIds(a.region, b.region) < 0;
  return std::tie(a.year, a.line_yuan, a.minimum_benefit_yuan) <
         std::tie(b.year, b.line_yuan, b.minimum_benefit_yuan);
}

}  // namespace

struct SnapshotBuilder::State {
  absl::Status error;  // the first one; all that comes after it is dropped
  std::vector<RegionRecord> regions;
  std::vector<LineRecord> lines;

  NodeColumns nodes;
  IdIndex by_id{nodes.ids};
  Interner region, subtype, industry, labels;

  LinkColumns links;
  Interner product, policy;
  StringPool awaited;  // ends that no node had yet; number i stands as kNoNode - 1 - i
  IdIndex awaited_by_id{awaited};

  void Fail(absl::Status status) {
    if (error.ok()) error = std::move(status);
  }
  void PutInteger(std::vector<std::int32_t>& column, std::size_t row, std::string_view id,
                  std::string_view field, const std::optional<std::int64_t>& value);
  NodeIndex End(std::string_view id);
  absl::Status ResolveAwaited();
  absl::StatusOr<RegionTree> PlaceNodes();
  void PermuteNodes(std::span<const std::uint32_t> order);
  void PermuteLinks(std::span<const std::uint32_t> order);
  absl::Status CheckLinkIds() const;
};

void SnapshotBuilder::State::PutInteger(std::vector<std::int32_t>& column, std::size_t row,
                                        std::string_view id, std::string_view field,
                                        const std::optional<std::int64_t>& value) {
  if (value.has_value() && (*value <= kUnknownInt || *value > -(kUnknownInt + 1))) {
    Fail(BadRecord("node", id, Cat(field, " ", *value, " is out of range")));
  }
  Put(column, row, value.has_value() ? static_cast<std::int32_t>(*value) : kUnknownInt,
      kUnknownInt);
}

NodeIndex SnapshotBuilder::State::End(std::string_view id) {
  if (const auto row = by_id.Find(id)) return *row;
  auto number = awaited_by_id.Find(id);
  if (!number.has_value()) {
    number = static_cast<std::uint32_t>(awaited.size());
    awaited.Add(id);
    awaited_by_id.Insert(*number);
  }
  return kNoNode - 1 - *number;
}

absl::Status SnapshotBuilder::State::ResolveAwaited() {
  if (awaited.size() == 0) return absl::OkStatus();
  std::vector<NodeIndex> node_of(awaited.size());
  for (std::size_t i = 0; i < awaited.size(); ++i) {
    node_of[i] = by_id.Find(awaited[i]).value_or(kNoNode);
  }
  const NodeIndex first = kNoNode - static_cast<NodeIndex>(awaited.size());
  for (std::vector<NodeIndex>* ends : {&links.source, &links.target}) {
    for (std::size_t row = 0; row < ends->size(); ++row) {
      NodeIndex& end = (*ends)[row];
      if (end < first) continue;
      const std::size_t number = kNoNode - 1 - end;
      end = node_of[number];
      if (end == kNoNode) {
        return BadRecord("link", links.ids[row],
                         Cat("its ", ends == &links.source ? "source" : "target", " '",
                             awaited[number], "' is unknown"));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RegionTree> SnapshotBuilder::State::PlaceNodes() {
  RegionTree tree;
  if (regions.empty()) {
    tree = RegionTree::FromCodes(region.values());
  } else {
    LIANJIE_ASSIGN_OR_RETURN(tree, RegionTree::Build(regions));
  }
  std::vector<RegionIndex> region_of;
  region_of.reserve(region.values().size());
  for (const std::string& code : region.values()) {
    region_of.push_back(code.empty() ? kNoRegion : tree.Find(code));
  }
  const std::vector<std::uint32_t>& codes = region.codes();
  nodes.region.assign(nodes.kind.size(), kNoRegion);
  if (!codes.empty()) {
    ForEachRow(codes.size(), [&](std::size_t row) { nodes.region[row] = region_of[codes[row]]; });
  }
  region = Interner();
  return tree;
}

void SnapshotBuilder::State::PermuteNodes(std::span<const std::uint32_t> order) {
  nodes.subtype = subtype.Finish(order);
  nodes.industry = industry.Finish(order);
  nodes.labels = labels.Finish(order);
  if (IsIdentity(order)) return;
  nodes.ids.Permute(order);
  columns::ForEachNodeVector(nodes, [&](auto& column) { Permute(column, order); });
}

void SnapshotBuilder::State::PermuteLinks(std::span<const std::uint32_t> order) {
  links.product = product.Finish(order);
  links.policy = policy.Finish(order);
  if (IsIdentity(order)) return;
  links.ids.Permute(order);
  columns::ForEachLinkVector(links, [&](auto& column) { Permute(column, order); });
}

absl::Status SnapshotBuilder::State::CheckLinkIds() const {
  for (std::size_t row = 1; row < links.target.size(); ++row) {
    if (links.source[row] == links.source[row - 1] && links.target[row] == links.target[row - 1] &&
        links.ids[row] == links.ids[row - 1]) {
      return BadRecord("link", links.ids[row], "the id is given twice");
    }
  }
  return absl::OkStatus();
}

SnapshotBuilder::SnapshotBuilder() : state_(std::make_unique<State>()) {}
SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::AddRegion(RegionRecord region) {
  state_->regions.push_back(std::move(region));
}

void SnapshotBuilder::AddLine(LineRecord line) { state_->lines.push_back(std::move(line)); }

void SnapshotBuilder::AddNode(const NodeRecord& node) {
  State& s = *state_;
  if (!s.error.ok()) return;
  NodeColumns& c = s.nodes;
  const std::size_t row = c.kind.size();
  if (row + s.awaited.size() + 1 >= kNoNode) {
    return s.Fail(BadRecord("node", node.id, "a snapshot holds no more nodes"));
  }
  c.ids.Add(node.id);
  if (!s.by_id.Insert(static_cast<std::uint32_t>(row))) {
    return s.Fail(BadRecord("node", node.id, "the id is given twice"));
  }
  c.kind.push_back(node.kind);
  s.region.Put(row, node.region);
  s.subtype.Put(row, node.subtype);
  s.industry.Put(row, node.industry);
  std::string labels;
  for (const std::string& label : node.labels) labels += Cat(labels.empty() ? "" : ";", label);
  s.labels.Put(row, labels);
  std::uint16_t causes = 0;
  for (const Cause cause : node.causes) {
    causes = static_cast<std::uint16_t>(causes | 1u << static_cast<unsigned>(cause));
  }
  Put(c.causes, row, causes, std::uint16_t{0});
  Put(c.sector, row, node.sector, Sector{});
  Put(c.stage, row, node.stage, Stage{});
  Put(c.registration, row, node.registration, Registration{});
  Put(c.monitoring, row, node.monitoring, Monitoring{});
  Put(c.operating_status, row, node.operating_status, OperatingStatus{});
  s.PutInteger(c.persons, row, node.id, "persons", node.persons);
  s.PutInteger(c.lifted_out_year, row, node.id, "lifted_out_year", node.lifted_out_year);
  s.PutInteger(c.labour_skilled, row, node.id, "labour_skilled", node.labour_skilled);
  s.PutInteger(c.labour_ordinary, row, node.id, "labour_ordinary", node.labour_ordinary);
  s.PutInteger(c.labour_weak, row, node.id, "labour_weak", node.labour_weak);
  s.PutInteger(c.income_year, row, node.id, "income_year", node.income_year);
  PutNumber(c.income_wage_yuan, row, node.income_wage_yuan);
  PutNumber(c.income_operating_yuan, row, node.income_operating_yuan);
  PutNumber(c.income_property_yuan, row, node.income_property_yuan);
  PutNumber(c.income_transfer_yuan, row, node.income_transfer_yuan);
  PutNumber(c.land_mu, row, node.land_mu);
  PutNumber(c.capacity_jobs, row, node.capacity_jobs);
  PutNumber(c.capacity_tonnes, row, node.capacity_tonnes);
  PutNumber(c.capacity_mu, row, node.capacity_mu);
  PutNumber(c.revenue_yuan, row, node.revenue_yuan);
  PutNumber(c.equity_yuan, row, node.equity_yuan);
  PutNumber(c.outside_revenue_yuan, row, node.outside_revenue_yuan);
  PutNumber(c.leak_share, row, node.leak_share);
  PutDates(c.valid_from, c.valid_to, row, node.valid);
}

void SnapshotBuilder::AddLink(const LinkRecord& link) {
  State& s = *state_;
  if (!s.error.ok()) return;
  LinkColumns& c = s.links;
  const std::size_t row = c.target.size();
  if (row + 1 >= kNoLink || s.nodes.kind.size() + s.awaited.size() + 2 >= kNoNode) {
    return s.Fail(BadRecord("link", link.id, "a snapshot holds no more links"));
  }
  c.ids.Add(link.id);
  // A store gives links payer by payer: the same payer again needs no look-up.
  const bool again = row > 0 && c.source.back() < s.nodes.kind.size() &&
                     s.nodes.ids[c.source.back()] == link.source;
  c.source.push_back(again ? c.source.back() : s.End(link.source));
  c.target.push_back(s.End(link.target));
  c.mechanism.push_back(link.mechanism);
  PutNumber(c.promised_yuan, row, link.promised_yuan);
  PutNumber(c.paid_yuan, row, link.paid_yuan);
  PutNumber(c.share, row, link.share);
  PutNumber(c.capacity, row, link.capacity);
  PutNumber(c.weight, row, link.weight);
  Put(c.share_of, row, link.share_of, ShareOf{});
  Put(c.priority, row, link.priority, Priority{});
  Put(c.tightness, row, link.tightness, Tightness{});
  Put(c.driver, row, link.driver, Driver{});
  Put(c.status, row, link.status, LinkStatus{});
  Put(c.sector, row, link.sector, Sector{});
  s.product.Put(row, link.product);
  s.policy.Put(row, link.policy);
  PutDates(c.valid_from, c.valid_to, row, link.valid);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotBuilder::Build(std::int64_t revision,
                                                                       Date reference_date) && {
  const std::unique_ptr<State> state = std::move(state_);
  State& s = *state;
  LIANJIE_RETURN_IF_ERROR(s.error);
  LIANJIE_RETURN_IF_ERROR(s.ResolveAwaited());
  LIANJIE_ASSIGN_OR_RETURN(RegionTree regions, s.PlaceNodes());
  s.by_id.Clear();
  s.awaited_by_id.Clear();

  const std::size_t n = s.nodes.kind.size();
  {
    const std::vector<std::uint32_t> order = OrderNodes(s.nodes);
    s.PermuteNodes(order);
    std::vector<NodeIndex> node_of(n);
    ForEachRow(n, [&](std::size_t i) { node_of[order[i]] = static_cast<NodeIndex>(i); });
    ForEachRow(s.links.target.size(), [&](std::size_t row) {
      s.links.source[row] = node_of[s.links.source[row]];
      s.links.target[row] = node_of[s.links.target[row]];
    });
  }
  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->out_offsets_ = CountOffsets(s.links.source, n);
  s.PermuteLinks(OrderLinks(s.links, snapshot->out_offsets_));
  LIANJIE_RETURN_IF_ERROR(s.CheckLinkIds());
  snapshot->in_offsets_ = CountOffsets(s.links.target, n);
  snapshot->in_links_ = RowsByEnd(s.links.target, snapshot->in_offsets_);

  snapshot->region_begin_.resize(regions.size() + 2);
  NodeIndex node = 0;
  for (RegionIndex r = 0; r < regions.size(); ++r) {
    while (node < n && s.nodes.region[node] < r) ++node;
    snapshot->region_begin_[r] = node;
  }
  while (node < n && s.nodes.region[node] != kNoRegion) ++node;
  snapshot->region_begin_[regions.size()] = node;
  snapshot->region_begin_[regions.size() + 1] = static_cast<NodeIndex>(n);

  snapshot->revision_ = revision;
  snapshot->reference_date_ = reference_date;
  snapshot->nodes_ = std::move(s.nodes);
  snapshot->links_ = std::move(s.links);
  snapshot->regions_ = std::move(regions);
  std::sort(s.lines.begin(), s.lines.end(), LineLess);
  snapshot->lines_ = std::move(s.lines);
  snapshot->by_id_.Reserve(n);
  for (NodeIndex i = 0; i < n; ++i) snapshot->by_id_.Insert(i);
  return snapshot;
}

}  // namespace lianjie
