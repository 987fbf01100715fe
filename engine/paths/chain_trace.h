// The chain before or behind a node: whom it is linked with through goods, step by step, up- or
// downstream.
//
// Meaning. Money is followed: FORWARD goes to whom the start pays, so upstream, to suppliers;
// REVERSE to who pays it, so downstream, to the market. For each node other than the start that is
// reached and fits the pattern (chain_pattern.h) there is one chain: of those that fit the one of
// fewest links, of these the one whose node ids come first, compared from the start on, and of
// parallel links the first id. A chain comes by no node twice at the same place of the pattern, so
// cycles and self-loops end it; there are at most twice as many places as tokens, so the search
// always ends. Chains are ordered by number of links, then by the id of the node reached.
//
// Method. Breadth first over pairs of node and place. All places where a chain can be are kept
// together as one set, and sets are worked through in the order of their chains' ids: whoever
// reaches a pair first does so by the first chain, and none has to be compared with another. (The
// product with the pattern's automaton: A. O. Mendelzon and P. T. Wood, "Finding regular simple
// paths in graph databases", SIAM Journal on Computing 24, 1995, who also show why asking for
// simple paths would not be tractable.)
#ifndef LIANJIE_ENGINE_PATHS_CHAIN_TRACE_H_
#define LIANJIE_ENGINE_PATHS_CHAIN_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/enums.h"
#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct ChainTraceOptions {
  std::string node = {};                      // where chains start; required
  Direction direction = Direction::kForward;  // UNDIRECTED is refused
  std::string pattern = {};                   // empty: any
  int max_hops = 10;                          // most links of a chain; 1 to 10000
  std::int64_t limit = 1000;                  // most chains; at least 1
  // Mechanisms that links may have; none said: the goods chain.
  std::vector<Mechanism> mechanisms = {Mechanism::kSupply, Mechanism::kConsumption,
                                       Mechanism::kOrder};

  absl::Status Validate() const;
};

// Table: path, step, node, link, distance (links from the start), sector, stage. Summary:
// chain_count, longest_links, visited_nodes. Truncated, with its reason, when there are more chains
// than `limit`. A warning when the start does not fit the first token. Errors: INVALID_FIELD
// (options, with the position in the pattern), NODE_NOT_FOUND, CANCELLED, DEADLINE_EXCEEDED,
// MEMORY_EXHAUSTED. Reads the View alone; O((n + m) x tokens) of what is reached, and sorting
// neighbours. Sequential, deterministic.
absl::StatusOr<AnalysisResult> RunChainTrace(const AnalysisInput& input,
                                             const ChainTraceOptions& options, RunContext& context);

// What a trace of a million pairs of node and place takes; one that goes further books more as it
// grows.
std::uint64_t EstimateChainTraceBytes(const AnalysisInput& input, const ChainTraceOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_CHAIN_TRACE_H_
