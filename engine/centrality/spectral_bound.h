// Bounds of the spectral radius of a matrix of weights that are not negative, its greatest
// eigenvalue, that hold whatever the iteration has come to.
//
// For any positive x the radius of an irreducible matrix lies between the least and the greatest of
// (A x)(v) / x(v) (Collatz and Wielandt), and as x nears the eigenvector they meet. The radius of a
// graph is the greatest of those of its strong components, so that only arcs inside components
// count, every component has bounds of its own, and the shifted iteration x' = (A + s I) x brings
// them together in each. x is kept from vanishing, which the bounds allow.
//
// Sources: L. Collatz, "Einschliessungssatz für die charakteristischen Zahlen von Matrizen",
// Mathematische Zeitschrift 48, 1942; H. Wielandt, "Unzerlegbare, nicht negative Matrizen",
// Mathematische Zeitschrift 52, 1950.
#ifndef LIANJIE_ENGINE_CENTRALITY_SPECTRAL_BOUND_H_
#define LIANJIE_ENGINE_CENTRALITY_SPECTRAL_BOUND_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct SpectralBounds {
  double least = 0;
  double greatest = 0;
};

// Goes on until the greatest bound is below `question`, or the least is not and the two lie within
// a thousandth of each other, so that the limit can be named; or they are as near as doubles let
// them come; for 2,000 iterations at most. Without a question until they lie within a thousandth,
// for 200 at most. Both are 0 when no vertex lies on a cycle. Raises the context's total by what it
// does and counts it. Errors: CANCELLED, DEADLINE_EXCEEDED. O(n + m) an iteration. Parallel; the
// same bits at any number of threads.
absl::StatusOr<SpectralBounds> BoundSpectralRadius(const Projection& graph,
                                                   std::optional<double> question,
                                                   RunContext& context);

// Bytes while it runs.
std::uint64_t EstimateSpectralBoundBytes(std::uint64_t vertices);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CENTRALITY_SPECTRAL_BOUND_H_
