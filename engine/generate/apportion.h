// Shares of a whole in whole numbers.
#ifndef LIANJIE_ENGINE_GENERATE_APPORTION_H_
#define LIANJIE_ENGINE_GENERATE_APPORTION_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lianjie {

// Gives whole numbers that sum to n in the proportion of shares, carrying what is left over to the
// next call, so that after any number of calls each total is within two of its exact value.
class Apportioner {
 public:
  explicit Apportioner(std::size_t cells) : carry_(cells, 0.0) {}

  // One of many that follow one another: begins with what those before it left over, had they
  // shared out `before` in these proportions, so that all of them together come out exact, too.
  Apportioner(const std::vector<double>& shares, std::int64_t before) {
    double sum = 0;
    for (const double share : shares) {
      const double exact = share * static_cast<double>(before);
      carry_.push_back(exact - std::floor(exact));
      sum += carry_.back();
    }
    for (double& carry : carry_) carry -= sum / static_cast<double>(carry_.size());
  }

  std::vector<std::int64_t> Take(std::int64_t n, const std::vector<double>& shares) {
    std::vector<std::int64_t> counts(shares.size());
    std::int64_t given = 0;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      carry_[i] += static_cast<double>(n) * shares[i];
      counts[i] = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(carry_[i])));
      carry_[i] -= static_cast<double>(counts[i]);
      given += counts[i];
    }
    for (; given < n; ++given) Change(counts, +1);
    for (; given > n; --given) Change(counts, -1);
    return counts;
  }

 private:
  void Change(std::vector<std::int64_t>& counts, std::int64_t by) {
    std::size_t best = counts.size();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (by < 0 && counts[i] == 0) continue;
      const bool better =
          best == counts.size() || (by > 0 ? carry_[i] > carry_[best] : carry_[i] < carry_[best]);
      if (better) best = i;
    }
    counts[best] += by;
    carry_[best] -= static_cast<double>(by);
  }

  std::vector<double> carry_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_APPORTION_H_
