// Random numbers that are the same everywhere. A draw is a hash of (seed, stream, what it is for,
// how many draws before it), so that any household can be made again without making those before
// it, in two passes or in parallel. Only integer arithmetic and the four exact operations of IEEE
// doubles are used: no function of libm and no std:: distribution, whose results differ between
// machines and libraries.
//
// The hash is splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
// OOPSLA 2014).
#ifndef LIANJIE_ENGINE_GENERATE_RANDOM_H_
#define LIANJIE_ENGINE_GENERATE_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace lianjie {

// One point of a distribution function: a share `p` of all draws lies below `value`.
struct QuantilePoint {
  double p;
  double value;
};

// A sequence of draws. Copyable; not thread safe.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream, std::uint64_t a = 0, std::uint64_t b = 0)
      : key_(Mix(Mix(Mix(Mix(seed) + stream) + a) + b)) {}

  std::uint64_t Next() { return Mix(key_ + ++draws_ * 0x9E3779B97F4A7C15ULL); }

  // Uniform on [0, 1) in steps of 2^-53.
  double Unit() { return static_cast<double>(Next() >> 11U) * 0x1p-53; }

  // Uniform on [0, n), n > 0, without bias: multiply and reject (Lemire, "Fast random integer
  // generation in an interval", 2019).
  std::uint64_t Below(std::uint64_t n) {
    const std::uint64_t least = (0 - n) % n;
    while (true) {
      const unsigned __int128 product = static_cast<unsigned __int128>(Next()) * n;
      if (static_cast<std::uint64_t>(product) >= least)
        return static_cast<std::uint64_t>(product >> 64U);
    }
  }

  // Uniform on the whole numbers from `low` to `high`, both included.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(high - low) + 1));
  }

  bool Chance(double p) { return Unit() < p; }

  // A position drawn in proportion to its weight (not negative, one positive at least).
  std::size_t Pick(std::span<const double> weights) {
    double total = 0;
    for (const double weight : weights) total += weight;
    double rest = Unit() * total;
    for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
      if (rest < weights[i]) return i;
      rest -= weights[i];
    }
    return weights.size() - 1;
  }

  // By the inverse of a piecewise linear distribution function; the points go from p = 0 to p = 1.
  double Quantile(std::span<const QuantilePoint> points) {
    const double p = Unit();
    std::size_t i = 1;
    while (i + 1 < points.size() && p >= points[i].p) ++i;
    const QuantilePoint& low = points[i - 1];
    const QuantilePoint& high = points[i];
    return low.value + (high.value - low.value) * ((p - low.p) / (high.p - low.p));
  }

  // Fisher and Yates.
  template <typename T> void Shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }

 private:
  static constexpr std::uint64_t Mix(std::uint64_t z) {
    z += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  std::uint64_t key_;
  std::uint64_t draws_ = 0;
};

// What a sequence is for; part of the format of the generated data.
enum class Stream : std::uint64_t {
  kVillages = 1,
  kCells = 2,
  kOrganisations = 3,
  kHouseholds = 4,
  kContracts = 5,
  kChains = 6,
  kTerritory = 7,
  kUpper = 8
};

inline Random MakeRandom(std::uint64_t seed, Stream stream, std::uint64_t a = 0,
                         std::uint64_t b = 0) {
  return Random(seed, static_cast<std::uint64_t>(stream), a, b);
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_RANDOM_H_
