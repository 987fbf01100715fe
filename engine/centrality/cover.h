// Splits the classes of a folded block into a cover, the centres, which has an end of every arc,
// and the rim, of which no two are neighbours; and counts what the shortest paths between two of
// the rim give, all pairs at once, from the distances between centres alone.
//
// A shortest path from s to t of the rim goes by a neighbour p of s and a neighbour o of t, both
// centres, and is a shortest path from p to o in between. So d(s, t) = 2 + min d(p, o), and with
// T(p, o) = members(p) * sigma(p, o) * members(o) (or members(p), where p is o), sigma(s, t) is the
// sum of T over those p, o that are nearest. Each path from s to t counts 1 / sigma(s, t), once for
// all that hang at s and all that hang at t; summed over pairs, that is a weight W(p, o) of every
// shortest path from p to o. A sweep back from each centre then shares W out with what its own
// paths give (folded_search.h), so that only centres are ever searched from. A pair of the rim
// costs a few reads from two rows that fit into the nearest cache.
#ifndef LIANJIE_ENGINE_CENTRALITY_COVER_H_
#define LIANJIE_ENGINE_CENTRALITY_COVER_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/centrality/folded_block.h"
#include "engine/runtime/run_context.h"
#include "engine/runtime/work.h"

namespace lianjie {

struct Cover {
  static constexpr std::uint32_t kRim = std::numeric_limits<std::uint32_t>::max();

  std::vector<std::uint32_t> centres;    // classes, ascending
  std::vector<std::uint32_t> centre_of;  // by class: place in `centres`, or kRim
  std::vector<std::uint32_t> rim;        // classes by number of neighbours, then number
  std::uint64_t rim_arcs = 0;            // from the rim to centres
};

// Every class a centre.
Cover WholeCover(const FoldedBlock& block);
// A rim taken greedily, fewest neighbours first. O(n + m). Errors: CANCELLED, DEADLINE_EXCEEDED.
absl::StatusOr<Cover> SmallCover(const FoldedBlock& block, RunContext& context);
// Whether searching from the centres of `cover` is less work than from all classes, and its
// matrices are small enough for a block of `vertices`.
bool IsWorthIt(const FoldedBlock& block, const Cover& cover, std::uint64_t vertices);
// Bytes of the matrices of such a cover at most.
std::uint64_t MostCoverBytes(std::uint64_t vertices);

// Distances, paths and weights between centres.
class RimPairs {
 public:
  RimPairs(const FoldedBlock& block, const Cover& cover);

  // Of all members of p to all of o, after a search from p; thread safe for different p.
  void SetDistance(std::uint32_t p, std::uint32_t o, std::uint32_t hops, double paths);
  // Weighs all pairs of the rim, calling did(pairs' arcs) as it goes. Called within
  // RunContext::Parallel. False when the run must end or there are too many paths.
  template <typename Did> bool Weigh(RunContext& context, const Did& did);
  // W, of ordered pairs met once; rows and columns by place in the centres.
  double Weight(std::uint32_t p, std::uint32_t o) const { return weights_[At(p, o)]; }
  bool too_many_paths() const { return too_many_paths_.load(std::memory_order_relaxed); }

  // Bytes of the matrices and of the rows under work.
  static std::uint64_t EstimateBytes(std::uint64_t centres, std::uint64_t rim,
                                     std::uint64_t rim_arcs);

 private:
  // Sources of the rim whose rows are held at a time; no bits of the answer depend on it.
  static constexpr std::uint32_t kChunk = 128;

  static std::uint64_t RowCount(std::uint64_t rim) { return std::min<std::uint64_t>(rim, kChunk); }
  std::size_t At(std::uint32_t p, std::uint32_t o) const { return std::size_t{p} * centres_ + o; }
  bool WeighChunk(std::uint32_t begin, std::uint32_t end, RunContext& context);
  void FillRow(std::uint32_t s, std::uint32_t row);
  bool WeighSource(std::uint32_t s, std::uint32_t row, Poller& poller);
  void AddRows(std::uint32_t p, std::uint32_t begin, std::uint32_t end);

  const std::size_t centres_;
  std::vector<std::uint32_t> offsets_;      // by place in the rim
  std::vector<std::uint32_t> neighbours_;   // places in the centres
  std::vector<double> reach_;               // by place in the rim
  std::vector<std::uint32_t> rim_offsets_;  // the same arcs by centre
  std::vector<std::uint32_t> rim_;          // places in the rim, ascending
  std::vector<std::uint32_t> rim_next_;     // by centre: the first that is not yet added
  std::vector<std::uint16_t> hops_;         // by two centres
  std::vector<double> paths_;               // T
  std::vector<double> weights_;             // W
  std::vector<std::uint16_t> row_hops_;     // of the chunk: d(s, o)
  std::vector<double> row_paths_;           // of the chunk: paths to all members of o
  std::vector<double> row_weights_;         // of the chunk: sum of 1 / sigma(s, t)
  std::atomic<bool> too_many_paths_{false};
};

template <typename Did> bool RimPairs::Weigh(RunContext& context, const Did& did) {
  const auto rim = static_cast<std::uint32_t>(reach_.size());
  for (std::uint32_t begin = 0; begin < rim; begin += kChunk) {
    const std::uint32_t end = std::min(rim, begin + kChunk);
    if (!WeighChunk(begin, end, context)) return false;
    did(std::uint64_t{end - begin} * neighbours_.size());
  }
  return true;
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_COVER_H_
