#include "engine/centrality/sampling_bound.h"

#include <algorithm>
#include <cmath>

namespace lianjie {
namespace {

constexpr int kClasses = 40;  // of b, from above 1/2 down
constexpr std::uint64_t kBeyondSamples = std::uint64_t{1} << 62;

// The least of [1, most] for which `holds`, which stays true once it is; `most` if none.
template <typename Holds> std::uint64_t Least(std::uint64_t most, const Holds& holds) {
  std::uint64_t low = 1;
  while (low < most) {
    const std::uint64_t middle = low + (most - low) / 2;
    if (holds(middle)) {
      most = middle;
    } else {
      low = middle + 1;
    }
  }
  return most;
}

}  // namespace

double ChanceOfError(const SampledPaths& paths, double samples, double epsilon) {
  const double squared = samples * epsilon * epsilon;
  const double hoeffding = 2 * std::exp(-2 * squared);
  double sum = std::min(paths.vertices, 2 * paths.inner_nodes) * hoeffding;  // b above 1/2
  for (int j = 1; j <= kClasses; ++j) {  // b above 2^-(j+1), up to 2^-j; the last: all below
    const double most = std::ldexp(1.0, -j);
    const double count = j == kClasses
                             ? paths.vertices
                             : std::min(paths.vertices, std::ldexp(paths.inner_nodes, j + 1));
    const double bernstein = 2 * std::exp(-squared / (2 * most * (1 - most) + 2 * epsilon / 3));
    sum += count * std::min(hoeffding, bernstein);
  }
  return std::min({1.0, sum, paths.vertices * hoeffding});
}

std::uint64_t SamplesFor(const SampledPaths& paths, double epsilon, double delta) {
  return Least(kBeyondSamples, [&](std::uint64_t samples) {
    return ChanceOfError(paths, static_cast<double>(samples), epsilon) <= delta;
  });
}

double EpsilonOf(const SampledPaths& paths, std::uint64_t samples, double delta) {
  const std::uint64_t least = Least(std::uint64_t{1} << 30, [&](std::uint64_t step) {
    return ChanceOfError(paths, static_cast<double>(samples),
                         std::ldexp(static_cast<double>(step), -30)) <= delta;
  });
  return std::ldexp(static_cast<double>(least), -30);
}

}  // namespace lianjie
