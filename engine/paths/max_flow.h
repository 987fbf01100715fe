// The most that can run from one node to another at once, and the narrowest place on the way: the
// maximum flow and the minimum cut.
//
// Meaning. Each link takes as much as its capacity, in the direction asked for; UNDIRECTED it takes
// that much in either direction, whichever the flow needs. Nothing is kept or added on the way: at
// every node but the two as much leaves as comes. This is about capacities, not about who got whose
// money: for that there is benefit_flow. With the weight "none" every link takes 1, and the value
// is the number of ways that share no link (Menger).
//
// Parallel links stay apart and add up; those with the first ids are filled first. Self-loops and
// links of capacity 0 carry nothing and are left out. The minimum cut that is answered is the one
// nearest the source: the links from what the source still reaches, when all is pushed, to the
// rest. It is the same for all maximum flows. The flow itself need not be the only one of its
// value; which one it is depends on the graph's order alone. It may hold circles.
//
// Method. Shortest augmenting paths by levels (flow_network.h) over the part of the graph that lies
// between the two nodes. Boost.Graph's push-relabel checks this in the tests, with whole numbers;
// with fractions its excesses round until its own check of the flow fails, while here each push
// uses up an arc exactly. This can also be stopped anywhere, and needs no copy in Boost's shape.
//
// Sources: L. R. Ford and D. R. Fulkerson, "Maximal flow through a network", Canadian Journal of
// Mathematics 8 (1956), for the theorem; E. A. Dinic, Soviet Mathematics Doklady 11 (1970), for the
// method.
#ifndef LIANJIE_ENGINE_PATHS_MAX_FLOW_H_
#define LIANJIE_ENGINE_PATHS_MAX_FLOW_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct MaxFlowOptions {
  std::string source = {};  // required
  std::string target = {};  // required; not the source
  Direction direction = Direction::kForward;
  std::string weight = "capacity";  // capacities: a link column, or "none": 1 each
  double missing_weight = 0.0;      // capacity of a link on which the column is not known

  absl::Status Validate() const;
};

// Table, one row a link that carries something, by payer, payee, id: link, source and target (the
// nodes that the flow leaves and enters by it), flow, capacity, in_cut. Every link of the cut is
// full. Summary: value, cut_capacity (equal to it but for rounding; whole numbers are exact),
// cut_count (links), flow_count (links that carry something), reached_count (nodes on the source's
// side of the cut). Flows below 1e-12 of a link's capacity are rounding and left out. A warning
// says how many links have no capacity. Errors: INVALID_FIELD (options; a negative or infinite
// capacity anywhere inside the view, naming the link), NODE_NOT_FOUND, CANCELLED,
// DEADLINE_EXCEEDED, MEMORY_EXHAUSTED, LIMIT_EXCEEDED (2^31 links between the two nodes). O(n² m)
// at worst, near O(m) on shallow graphs. Sequential but for the check of capacities, deterministic.
absl::StatusOr<AnalysisResult> RunMaxFlow(const AnalysisInput& input, const MaxFlowOptions& options,
                                          RunContext& context);

// What it takes when the whole graph lies between the two nodes.
std::uint64_t EstimateMaxFlowBytes(const AnalysisInput& input, const MaxFlowOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_MAX_FLOW_H_
