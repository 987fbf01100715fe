#include "engine/graph/snapshot_sort.h"

#include <atomic>
#include <limits>

#include "engine/graph/columns.h"
#include "engine/graph/snapshot_order.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"
#include "tbb/parallel_sort.h"

namespace lianjie {
namespace {

using columns::ForEachRow;

// More rows than this in one region or of one payer are sorted in parallel.
constexpr std::size_t kManyRows = 1 << 16;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// A row below what it goes by first.
std::uint64_t Packed(std::uint32_t first, std::uint32_t row) {
  return std::uint64_t{first} << 32U | row;
}
std::uint32_t FirstOf(std::uint64_t packed) { return static_cast<std::uint32_t>(packed >> 32U); }
std::uint32_t RowOf(std::uint64_t packed) { return static_cast<std::uint32_t>(packed); }

template <typename T, typename Less> void Sort(std::span<T> values, const Less& less) {
  if (values.size() > kManyRows) {
    tbb::parallel_sort(values.begin(), values.end(), less);
  } else {
    std::sort(values.begin(), values.end(), less);
  }
}

// Sorts rows of which all but the id is the same.
void SortById(std::span<std::uint32_t> rows, const RowNames& ids, RowNames::Near& near) {
  const auto ascends = [&near](std::uint32_t a, std::uint32_t b) {
    // Two rows, which may be of two parts, whose strings stay where they are.
    const std::string_view first = near[a];
    return CompareIds(first, near[b]) < 0;
  };
  if (std::is_sorted(rows.begin(), rows.end(), ascends)) return;
  std::vector<NodeKey> keys(rows.size());
  ForEachRow(rows.size(),
             [&](std::size_t i) { keys[i] = NodeKey::Of(0, NodeKind{}, ids[rows[i]], rows[i]); });
  Sort(std::span(keys), [&ids](const NodeKey& a, const NodeKey& b) {
    return a.Before(
        b, [&] { return ids[a.row]; }, [&] { return ids[b.row]; });
  });
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = keys[i].row;
}

// Sorts the rows of one region by kind and id.
class RegionSorter {
 public:
  RegionSorter(std::span<const NodeKind> kind, const RowNames& ids)
      : kind_(kind), ids_(ids), near_(ids) {}

  void Run(std::span<std::uint32_t> rows) {
    keys_.clear();
    for (const std::uint32_t row : rows) {
      keys_.push_back(Packed(static_cast<std::uint8_t>(kind_[row]), row));
    }
    std::sort(keys_.begin(), keys_.end());
    std::size_t begin = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] = RowOf(keys_[i]);
      if (i + 1 < rows.size() && FirstOf(keys_[i]) == FirstOf(keys_[i + 1])) continue;
      SortById(rows.subspan(begin, i + 1 - begin), ids_, near_);
      begin = i + 1;
    }
  }

 private:
  const std::span<const NodeKind> kind_;
  const RowNames& ids_;
  RowNames::Near near_;
  std::vector<std::uint64_t> keys_;
};

// Sorts the links of one payer, packed below their payees.
class PayerSorter {
 public:
  PayerSorter(const RowNames& ids, std::atomic<std::uint32_t>& twice)
      : ids_(ids), near_(ids), twice_(twice) {}

  // `links` stand from place `begin` on.
  void Run(std::span<std::uint64_t> links, std::size_t begin) {
    if (!std::is_sorted(links.begin(), links.end())) Sort(links, std::less<>());
    for (std::size_t i = 1; i < links.size(); ++i) {
      if (FirstOf(links[i - 1]) != FirstOf(links[i])) continue;
      const std::size_t first = i - 1;
      while (i < links.size() && FirstOf(links[i]) == FirstOf(links[first])) ++i;
      Parallel(links.subspan(first, i - first), begin + first);
    }
  }

 private:
  // Links that join the same two nodes.
  void Parallel(std::span<std::uint64_t> links, std::size_t begin) {
    rows_.clear();
    for (const std::uint64_t link : links) rows_.push_back(RowOf(link));
    SortById(rows_, ids_, near_);
    for (std::size_t i = 0; i < links.size(); ++i) {
      links[i] = Packed(FirstOf(links[i]), rows_[i]);
      if (i == 0) continue;
      const std::string_view before = near_[rows_[i - 1]];
      if (near_[rows_[i]] == before) Report(static_cast<std::uint32_t>(begin + i));
    }
  }
  void Report(std::uint32_t place) {
    std::uint32_t known = twice_;
    while (place < known && !twice_.compare_exchange_weak(known, place)) {
    }
  }

  const RowNames& ids_;
  RowNames::Near near_;
  std::atomic<std::uint32_t>& twice_;
  std::vector<std::uint32_t> rows_;
};

// Calls body(begin, end) for ranges of [0, size) in parallel.
template <typename Body> void ForEachRange(std::size_t size, const Body& body) {
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, size, 256),
      [&body](const tbb::blocked_range<std::size_t>& range) { body(range.begin(), range.end()); });
}

}  // namespace

NodeOrder OrderNodes(std::span<const RegionIndex> region, std::size_t regions,
                     std::span<const NodeKind> kind, const RowNames& ids) {
  NodeOrder order;
  order.begins = CountOffsets(region, regions + 1);
  const Buffer<std::uint32_t> rows(region.size());
  PlaceByEnd(region, order.begins, [&](LinkIndex at, std::uint32_t row) { rows[at] = row; });
  const Buffer<std::uint32_t> place(region.size());
  ForEachRange(regions + 1, [&](std::size_t begin, std::size_t end) {
    RegionSorter sorter(kind, ids);
    for (std::size_t r = begin; r < end; ++r) {
      const NodeIndex first = order.begins[r];
      const NodeIndex last = order.begins[r + 1];
      sorter.Run(std::span(rows.data() + first, last - first));
      for (NodeIndex node = first; node < last; ++node) place[rows[node]] = node;
    }
  });
  order.place = SharedArray<std::uint32_t>(place);
  return order;
}

LinkOrder OrderLinks(Buffer<NodeIndex> source, Buffer<NodeIndex> target, std::size_t nodes,
                     const RowNames& ids) {
  const std::size_t size = source.size();
  LinkOrder order;
  order.offsets = CountOffsets(std::span(source.data(), size), nodes);
  const Buffer<std::uint64_t> links(size);
  PlaceByEnd(std::span<const NodeIndex>(source.data(), size), order.offsets,
             [&](LinkIndex at, std::uint32_t row) { links[at] = Packed(target[row], row); });
  // From now on they hold the ends by place.
  const Buffer<std::uint32_t> place(size);
  std::atomic<std::uint32_t> twice{kNone};
  ForEachRange(nodes, [&](std::size_t begin, std::size_t end) {
    PayerSorter sorter(ids, twice);
    for (std::size_t node = begin; node < end; ++node) {
      const LinkIndex first = order.offsets[node];
      const LinkIndex last = order.offsets[node + 1];
      if (first == last) continue;
      sorter.Run(std::span(links.data() + first, last - first), first);
      for (LinkIndex at = first; at < last; ++at) {
        place[RowOf(links[at])] = at;
        source[at] = static_cast<NodeIndex>(node);
        target[at] = FirstOf(links[at]);
      }
    }
  });
  order.place = SharedArray<std::uint32_t>(place);
  order.source = SharedArray<NodeIndex>(source);
  order.target = SharedArray<NodeIndex>(target);
  if (twice != kNone) order.twice = twice;
  return order;
}

}  // namespace lianjie
