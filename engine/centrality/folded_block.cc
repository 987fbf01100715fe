// Twins are found by a sum of hashes over the neighbours and then compared, so that a collision
// costs a fold at most. A vertex cannot have twins of both kinds.
#include "engine/centrality/folded_block.h"

#include <algorithm>
#include <numeric>

namespace lianjie {
namespace {

// splitmix64: spreads the bits of a place.
std::uint64_t SpreadPlace(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

}  // namespace

// Calls f(place, other place) for each arc of the block from a vertex that is not its top: every
// vertex is that in one block alone, so all blocks together look at each arc once.
template <typename F> bool BlockFolder::ForEachInside(std::uint32_t block, const F& f) {
  const std::uint64_t first = tree_.begin[block];
  for (std::uint64_t i = first; i != tree_.begin[block + 1]; ++i) {
    const auto place = static_cast<std::uint32_t>(i - first);
    for (const std::uint32_t w : graph_.neighbours(tree_.vertices[i])) {
      if (poller_.Tick()) return false;
      if (place_of_[w] != kNone) f(place, place_of_[w]);
    }
  }
  return true;
}

bool BlockFolder::ReadBlock(std::uint32_t block) {
  const std::uint64_t first = tree_.begin[block];
  const auto top = static_cast<std::uint32_t>(tree_.begin[block + 1] - first);
  for (std::uint32_t place = 0; place < top; ++place) {
    if (poller_.Tick()) return false;
    place_of_[tree_.vertices[first + place]] = place;
  }
  place_of_[tree_.tops[block]] = top;
  offsets_.assign(std::size_t{top} + 2, 0);
  const bool counted = ForEachInside(block, [&](std::uint32_t place, std::uint32_t other) {
    ++offsets_[place + 1];
    if (other == top) ++offsets_[top + 1];
  });
  if (!counted) return false;
  std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
  targets_.resize(offsets_.back());
  // The top is the last neighbour, wherever the graph has it.
  std::uint32_t at = 0;
  std::uint32_t at_top = offsets_[top];
  std::uint32_t previous = 0;
  bool has_top = false;
  const auto end_previous = [&] {
    if (!has_top) return;
    targets_[at++] = top;
    targets_[at_top++] = previous;
    has_top = false;
  };
  const bool filled = ForEachInside(block, [&](std::uint32_t place, std::uint32_t other) {
    if (place != previous) end_previous();
    previous = place;
    if (other == top) {
      has_top = true;
    } else {
      targets_[at++] = other;
    }
  });
  end_previous();
  for (std::uint32_t place = 0; place < top; ++place)
    place_of_[tree_.vertices[first + place]] = kNone;
  place_of_[tree_.tops[block]] = kNone;
  return filled;
}

bool BlockFolder::AreTwins(std::uint32_t a, std::uint32_t b, bool closed) const {
  const std::span<const std::uint32_t> of_a = Neighbours(a);
  const std::span<const std::uint32_t> of_b = Neighbours(b);
  if (of_a.size() != of_b.size()) return false;
  if (!closed) return std::equal(of_a.begin(), of_a.end(), of_b.begin());
  // Each has the other, and they agree in the rest.
  std::size_t j = 0;
  bool has_b = false;
  bool has_a = false;
  for (const std::uint32_t x : of_a) {
    if (x == b) {
      has_b = true;
      continue;
    }
    if (j < of_b.size() && of_b[j] == a) {
      has_a = true;
      ++j;
    }
    if (j == of_b.size() || of_b[j] != x) return false;
    ++j;
  }
  return has_b && (has_a || (j + 1 == of_b.size() && of_b[j] == a));
}

bool BlockFolder::Group(bool closed) {
  const auto size = static_cast<std::uint32_t>(first_.size());
  for (std::uint32_t v = 0; v < size; ++v) {
    std::uint64_t sum = closed ? SpreadPlace(v) : 0;
    for (const std::uint32_t w : Neighbours(v)) {
      if (poller_.Tick()) return false;
      sum += SpreadPlace(w);
    }
    hash_[v] = sum;
  }
  std::iota(by_hash_.begin(), by_hash_.end(), 0U);
  const auto less = [this](std::uint32_t a, std::uint32_t b) {
    return hash_[a] != hash_[b] ? hash_[a] < hash_[b] : a < b;
  };
  std::sort(by_hash_.begin(), by_hash_.end(), StoppableLess(context_, less));
  for (std::uint32_t i = 0; i < size;) {
    const std::uint32_t head = by_hash_[i];
    std::uint32_t j = i + 1;
    for (; j < size && hash_[by_hash_[j]] == hash_[head]; ++j) {
      const std::uint32_t other = by_hash_[j];
      if (poller_.Tick(static_cast<std::int64_t>(Neighbours(head).size()) + 1)) return false;
      if (!AreTwins(head, other, closed)) break;
      first_[other] = head;
      closed_[head] = closed_[other] = closed ? 1 : 0;
    }
    i = j;
  }
  return true;
}

bool BlockFolder::Merge(std::uint32_t block, FoldedBlock& out) {
  const auto size = static_cast<std::uint32_t>(first_.size());
  out = FoldedBlock();
  out.class_of.resize(size);
  for (std::uint32_t v = 0; v < size; ++v) {
    if (poller_.Tick()) return false;
    const bool is_top = v + 1 == size;
    const auto reach = static_cast<double>(
        is_top ? tree_.top_reach[block] : tree_.hanging[tree_.vertices[tree_.begin[block] + v]]);
    if (first_[v] == v) {
      out.class_of[v] = out.size();
      out.count.push_back(1);
      out.reach.push_back(reach);
      out.pairs.push_back(0);
      continue;
    }
    const std::uint32_t c = out.class_of[v] = out.class_of[first_[v]];
    if (closed_[v] == 0) out.pairs[c] += 2 * out.reach[c] * reach;
    out.count[c] += 1;
    out.reach[c] += reach;
  }
  out.offsets.assign(1, 0);
  std::vector<std::uint32_t> seen(out.size(), kNone);
  for (std::uint32_t v = 0; v < size; ++v) {
    if (first_[v] != v) continue;
    const std::uint32_t c = out.class_of[v];
    seen[c] = c;
    for (const std::uint32_t w : Neighbours(v)) {
      if (poller_.Tick()) return false;
      const std::uint32_t d = out.class_of[w];
      if (seen[d] == c) continue;
      seen[d] = c;
      out.targets.push_back(d);
    }
    out.offsets.push_back(static_cast<std::uint32_t>(out.targets.size()));
  }
  return true;
}

bool BlockFolder::Fold(std::uint32_t block, FoldedBlock& out) {
  const std::size_t size = tree_.begin[block + 1] - tree_.begin[block] + 1;
  if (!ReadBlock(block)) return false;
  first_.resize(size);
  std::iota(first_.begin(), first_.end(), 0U);
  closed_.assign(size, 0);
  hash_.resize(size);
  by_hash_.resize(size);
  try {
    return Group(false) && Group(true) && Merge(block, out);
  } catch (const RunStopped&) {
    return false;
  }
}

std::uint64_t BlockFolder::EstimateBytes(std::uint64_t vertices, std::uint64_t arcs) {
  // Places, the block as it is, hashes and firsts; then the folded block.
  return vertices * (5 * sizeof(std::uint32_t) + sizeof(std::uint64_t) + 1) +
         2 * arcs * sizeof(std::uint32_t) +
         vertices * (3 * sizeof(std::uint32_t) + 3 * sizeof(double));
}

}  // namespace lianjie
