// Rows of the chunk are made in parallel by source of the rim, then added to W in parallel by
// centre, each centre's sources in order: the order of every sum is that of the rim.
#include "engine/centrality/cover.h"

#include <numeric>

#include "engine/centrality/folded_search.h"
#include "engine/core/status.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

// Of the matrices, for each vertex of the block and in all. Part of the answer's last bits, as the
// choice of kernel is: never to depend on the machine.
constexpr std::uint64_t kCoverBytesEach = 1024;
constexpr std::uint64_t kMostMatrixBytes = std::uint64_t{1} << 29;
constexpr std::uint64_t kBytesPerPair = sizeof(std::uint16_t) + 2 * sizeof(double);

}  // namespace

Cover WholeCover(const FoldedBlock& block) {
  Cover cover;
  cover.centres.resize(block.size());
  std::iota(cover.centres.begin(), cover.centres.end(), 0U);
  cover.centre_of = cover.centres;
  return cover;
}

absl::StatusOr<Cover> SmallCover(const FoldedBlock& block, RunContext& context) {
  Poller poller(context);
  // Counting sort by number of neighbours.
  std::vector<std::uint32_t> start(std::size_t{block.size()} + 2, 0);
  for (std::uint32_t c = 0; c < block.size(); ++c) {
    if (poller.Tick()) return context.Check();
    ++start[block.neighbours(c).size() + 1];
  }
  std::partial_sum(start.begin(), start.end(), start.begin());
  std::vector<std::uint32_t> order(block.size());
  for (std::uint32_t c = 0; c < block.size(); ++c) {
    if (poller.Tick()) return context.Check();
    order[start[block.neighbours(c).size()]++] = c;
  }
  Cover cover;
  std::vector<std::uint8_t> covers(block.size(), 0);
  for (const std::uint32_t c : order) {
    if (poller.Tick()) return context.Check();
    if (covers[c] != 0) continue;
    cover.rim.push_back(c);
    cover.rim_arcs += block.neighbours(c).size();
    for (const std::uint32_t d : block.neighbours(c)) {
      if (poller.Tick()) return context.Check();
      covers[d] = 1;
    }
  }
  cover.centre_of.assign(block.size(), Cover::kRim);
  for (std::uint32_t c = 0; c < block.size(); ++c) {
    if (poller.Tick()) return context.Check();
    if (covers[c] == 0) continue;
    cover.centre_of[c] = static_cast<std::uint32_t>(cover.centres.size());
    cover.centres.push_back(c);
  }
  return cover;
}

bool IsWorthIt(const FoldedBlock& block, const Cover& cover, std::uint64_t vertices) {
  const std::uint64_t centres = cover.centres.size();
  if (centres > 32000) return false;  // distances between centres are below 2 * centres
  if (RimPairs::EstimateBytes(centres, cover.rim.size(), cover.rim_arcs) > MostCoverBytes(vertices))
    return false;
  // In reads of an array: two passes over the arcs from every class, each read about twice as dear
  // as one of a row; against three from every centre and one and a half for an arc of the rim.
  const auto arcs = static_cast<double>(block.targets.size());
  const auto rim = static_cast<double>(cover.rim.size());
  const auto rim_arcs = static_cast<double>(cover.rim_arcs);
  const double whole = 4 * arcs * static_cast<double>(block.size());
  const double small =
      static_cast<double>(centres) * (6 * arcs + 2 * rim_arcs) + rim * (1.5 * rim_arcs + 3 * rim);
  return small < whole;
}

std::uint64_t MostCoverBytes(std::uint64_t vertices) {
  return std::min(kMostMatrixBytes, vertices * kCoverBytesEach);
}

RimPairs::RimPairs(const FoldedBlock& block, const Cover& cover)
    : centres_(cover.centres.size()),
      rim_offsets_(centres_ + 1, 0),
      hops_(centres_ * centres_),
      paths_(centres_ * centres_),
      weights_(centres_ * centres_, 0.0),
      row_hops_(RowCount(cover.rim.size()) * centres_),
      row_paths_(row_hops_.size()),
      row_weights_(row_hops_.size()) {
  offsets_.reserve(cover.rim.size() + 1);
  offsets_.push_back(0);
  neighbours_.reserve(cover.rim_arcs);
  reach_.reserve(cover.rim.size());
  for (const std::uint32_t c : cover.rim) {
    for (const std::uint32_t d : block.neighbours(c)) {
      neighbours_.push_back(cover.centre_of[d]);
      ++rim_offsets_[cover.centre_of[d] + 1];
    }
    offsets_.push_back(static_cast<std::uint32_t>(neighbours_.size()));
    reach_.push_back(block.reach[c]);
  }
  std::partial_sum(rim_offsets_.begin(), rim_offsets_.end(), rim_offsets_.begin());
  rim_.resize(neighbours_.size());
  rim_next_.assign(rim_offsets_.begin(), rim_offsets_.end() - 1);
  for (std::uint32_t s = 0; s < reach_.size(); ++s) {
    for (std::uint32_t a = offsets_[s]; a != offsets_[s + 1]; ++a)
      rim_[rim_next_[neighbours_[a]]++] = s;
  }
  rim_next_.assign(rim_offsets_.begin(), rim_offsets_.end() - 1);
}

void RimPairs::SetDistance(std::uint32_t p, std::uint32_t o, std::uint32_t hops, double paths) {
  hops_[At(p, o)] = static_cast<std::uint16_t>(hops);
  paths_[At(p, o)] = paths;
}

bool RimPairs::WeighChunk(std::uint32_t begin, std::uint32_t end, RunContext& context) {
  tbb::parallel_for(
      tbb::blocked_range<std::uint32_t>(begin, end, 1),
      [&](const auto& range) {
        Poller poller(context);
        for (std::uint32_t s = range.begin(); s != range.end(); ++s) {
          if (context.Stopped() || too_many_paths()) return;
          FillRow(s, s - begin);
          if (!WeighSource(s, s - begin, poller)) return;
        }
      },
      tbb::simple_partitioner());
  if (context.Stopped() || too_many_paths()) return false;
  tbb::parallel_for(tbb::blocked_range<std::uint32_t>(0, static_cast<std::uint32_t>(centres_)),
                    [&](const auto& range) {
                      for (std::uint32_t p = range.begin(); p != range.end(); ++p) {
                        if (context.Stopped()) return;
                        AddRows(p, begin, end);
                      }
                    });
  return !context.Stopped();
}

// d(s, o) and the paths from s to all members of o, for every centre o.
void RimPairs::FillRow(std::uint32_t s, std::uint32_t row) {
  std::uint16_t* hops = row_hops_.data() + row * centres_;
  double* paths = row_paths_.data() + row * centres_;
  std::fill(hops, hops + centres_, std::numeric_limits<std::uint16_t>::max());
  std::fill(paths, paths + centres_, 0.0);
  std::fill_n(row_weights_.data() + row * centres_, centres_, 0.0);
  for (std::uint32_t a = offsets_[s]; a != offsets_[s + 1]; ++a) {
    const std::uint16_t* from_hops = hops_.data() + At(neighbours_[a], 0);
    const double* from_paths = paths_.data() + At(neighbours_[a], 0);
    for (std::size_t o = 0; o < centres_; ++o) {
      const auto next = static_cast<std::uint16_t>(from_hops[o] + 1);
      const double kept = next < hops[o] ? 0.0 : paths[o];
      paths[o] = kept + (next <= hops[o] ? from_paths[o] : 0.0);
      hops[o] = std::min(hops[o], next);
    }
  }
}

// Pairs of s and those behind it in the rim. Both ways of a pair count.
bool RimPairs::WeighSource(std::uint32_t s, std::uint32_t row, Poller& poller) {
  const std::uint16_t* hops = row_hops_.data() + row * centres_;
  const double* paths = row_paths_.data() + row * centres_;
  double* weights = row_weights_.data() + row * centres_;
  const auto rim = static_cast<std::uint32_t>(reach_.size());
  bool countable = true;
  for (std::uint32_t t = s + 1; t < rim; ++t) {
    const std::uint32_t* first = neighbours_.data() + offsets_[t];
    const std::uint32_t* last = neighbours_.data() + offsets_[t + 1];
    if (poller.Tick(last - first)) return false;
    std::uint16_t least = std::numeric_limits<std::uint16_t>::max();
    double sum = 0;
    for (const std::uint32_t* o = first; o != last; ++o) {
      const std::uint16_t d = hops[*o];
      sum = (d < least ? 0.0 : sum) + (d <= least ? paths[*o] : 0.0);
      least = std::min(least, d);
    }
    countable &= sum <= kMostPaths;
    const double weight = 2 * reach_[s] * reach_[t] / sum;
    for (const std::uint32_t* o = first; o != last; ++o)
      weights[*o] += hops[*o] == least ? weight : 0.0;
  }
  if (!countable) too_many_paths_.store(true, std::memory_order_relaxed);
  return countable;
}

// To row p of W, what the chunk's sources give that have p as a neighbour.
void RimPairs::AddRows(std::uint32_t p, std::uint32_t begin, std::uint32_t end) {
  const std::uint16_t* hops = hops_.data() + At(p, 0);
  double* weights = weights_.data() + At(p, 0);
  std::uint32_t& next = rim_next_[p];
  for (; next != rim_offsets_[p + 1] && rim_[next] < end; ++next) {
    const std::size_t row = (rim_[next] - begin) * centres_;
    for (std::size_t o = 0; o < centres_; ++o) {
      weights[o] += hops[o] + 1 == row_hops_[row + o] ? row_weights_[row + o] : 0.0;
    }
  }
}

std::uint64_t RimPairs::EstimateBytes(std::uint64_t centres, std::uint64_t rim,
                                      std::uint64_t rim_arcs) {
  return (centres + RowCount(rim)) * centres * kBytesPerPair + centres * 2 * sizeof(std::uint32_t) +
         2 * rim_arcs * sizeof(std::uint32_t) + rim * (sizeof(std::uint32_t) + sizeof(double));
}

}  // namespace lianjie
