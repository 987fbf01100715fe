// Numbers most of which are 0, by a key: a payer's injection, what it retains or leaks (most payers
// are households' accounts, which have none of these), a target household's benefit. A bit for each
// key is enough where there is none.
#ifndef LIANJIE_ENGINE_FLOW_SPARSE_COLUMN_H_
#define LIANJIE_ENGINE_FLOW_SPARSE_COLUMN_H_

#include <bit>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace lianjie {

class SparseColumn {
 public:
  // Numbers of some keys, ascending.
  using Part = std::vector<std::pair<std::uint32_t, double>>;

  SparseColumn() = default;
  // `part(block)` gives the numbers of each of `blocks` blocks, which follow one another.
  template <typename PartOf> SparseColumn(std::size_t key_count, std::size_t blocks, PartOf part) {
    std::size_t count = 0;
    for (std::size_t b = 0; b < blocks; ++b) count += part(b).size();
    if (count == 0) return;
    bits_.assign((key_count + 63) / 64, 0);
    ranks_.resize(bits_.size());
    keys_.reserve(count);
    values_.reserve(count);
    for (std::size_t b = 0; b < blocks; ++b) {
      for (const auto& [key, value] : part(b)) {
        bits_[key >> 6] |= std::uint64_t{1} << (key & 63);
        keys_.push_back(key);
        values_.push_back(value);
      }
    }
    std::uint32_t rank = 0;
    for (std::size_t w = 0; w < bits_.size(); ++w) {
      ranks_[w] = rank;
      rank += static_cast<std::uint32_t>(std::popcount(bits_[w]));
    }
  }

  double operator[](std::uint32_t p) const {
    if (bits_.empty()) return 0.0;
    const std::uint64_t word = bits_[p >> 6];
    const std::uint64_t bit = std::uint64_t{1} << (p & 63);
    if ((word & bit) == 0) return 0.0;
    return values_[ranks_[p >> 6] + static_cast<std::uint32_t>(std::popcount(word & (bit - 1)))];
  }
  // The keys that have a number, ascending, and their numbers.
  std::span<const std::uint32_t> keys() const { return keys_; }
  std::span<const double> values() const { return values_; }

  // Makes the number of a key 0.
  void Clear(std::uint32_t p) {
    if ((*this)[p] == 0.0) return;
    const std::uint64_t below = bits_[p >> 6] & ((std::uint64_t{1} << (p & 63)) - 1);
    values_[ranks_[p >> 6] + static_cast<std::uint32_t>(std::popcount(below))] = 0.0;
  }

  std::uint64_t memory_bytes() const {
    return bits_.capacity() * 8 + ranks_.capacity() * 4 + keys_.capacity() * 4 +
           values_.capacity() * 8;
  }

 private:
  std::vector<std::uint64_t> bits_;  // empty: all 0
  std::vector<std::uint32_t> ranks_, keys_;
  std::vector<double> values_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_SPARSE_COLUMN_H_
