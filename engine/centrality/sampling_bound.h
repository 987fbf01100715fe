// How many random paths are enough. Each sampled path passes a vertex v with chance b(v), so v's
// part of the samples is a mean of independent zeros and ones. Hoeffding's inequality bounds the
// chance that it is off by more than epsilon, by 2 exp(-2 r epsilon^2) after r samples, Bernstein's
// by 2 exp(-r epsilon^2 / (2 b (1 - b) + 2 epsilon / 3)), far less where b is small; and most b
// are: a path has at most L inner vertices, so the b sum to at most L, and less than L 2^(j+1) of
// them are above 2^-(j+1). Summed over classes of b by powers of two, that is a bound for all
// vertices at once which holds for every number of samples and needs no constant found by
// experiment.
//
// Sources: W. Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58,
// 1963; S. Bernstein, after S. Boucheron, G. Lugosi and P. Massart, "Concentration inequalities",
// 2013, 2.8; sampling paths: M. Riondato and E. M. Kornaropoulos, "Fast approximation of
// betweenness centrality through sampling", Data Mining and Knowledge Discovery 30, 2016.
#ifndef LIANJIE_ENGINE_CENTRALITY_SAMPLING_BOUND_H_
#define LIANJIE_ENGINE_CENTRALITY_SAMPLING_BOUND_H_

#include <cstdint>

namespace lianjie {

struct SampledPaths {
  double vertices;     // that can lie within a path
  double inner_nodes;  // L: of one path, at most
};

// A bound of the chance that the mean of any vertex is off by more than epsilon.
double ChanceOfError(const SampledPaths& paths, double samples, double epsilon);

// The fewest samples, and the least epsilon (on a grid of 2^-30), for which that is at most delta.
std::uint64_t SamplesFor(const SampledPaths& paths, double epsilon, double delta);
double EpsilonOf(const SampledPaths& paths, std::uint64_t samples, double delta);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_SAMPLING_BOUND_H_
