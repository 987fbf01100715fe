// Where money that is at a node on a day can have got to since, or where it can have come from: a
// trace of funds that respects time.
//
// Meaning. FORWARD: money is at the start on the start day. It goes on by a link on any day on
// which the link is open, waits as long as it has to, and takes no day on its way; so it arrives on
// the later of the day it was there and the link's first day, provided the link is open then. For
// each node other than the start that it can reach with at most `max_hops` links there is one
// trace: the one that arrives first, of these one of fewest links; and of several, read from its
// end, the one whose node before has the first id, by the link with the first id, and there again
// the one that arrived first, and so on. REVERSE is the mirror: money is at the start on the start
// day, and each node before it paid on the last day on which it can have; the trace that pays last
// is answered. A trace comes by no node twice: coming back is never earlier.
//
// Days. The view's day does not choose links here, for a trace goes through time: it is only the
// start day when no other is given. A link is open from its first day to before its end while both
// its ends are valid, if its status is ACTIVE. In a period only the part of it that lies in the
// period counts; FORWARD then starts on the period's first day, REVERSE on its last. The view's
// region and filters hold for every node and link as everywhere.
//
// Truncation. Of the links by which money can leave a node (REVERSE: have come to it) at or after
// the start, the `fanout` that pay most are followed, of equal ones those with the first ids; what
// is not known counts as nothing. Parallel links count one by one, self-loops are of no use and do
// not count. Which links are followed does not depend on when a trace arrives, so that the answer
// is the whole answer on the graph of the links that were followed. A node that had more is marked.
//
// Method. Level by level of links; a node is gone on from again only when it was reached earlier
// than with fewer links. After X. Xuan, A. Ferreira and A. Jarry, "Computing shortest, fastest, and
// foremost journeys in dynamic networks", International Journal of Foundations of Computer Science
// 14 (2003), whose foremost journeys these are; truncation after the LDBC Financial Benchmark.
#ifndef LIANJIE_ENGINE_PATHS_TIMED_TRACE_H_
#define LIANJIE_ENGINE_PATHS_TIMED_TRACE_H_

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

struct TimedTraceOptions {
  std::string node = {};                      // where the money is on the start day; required
  Direction direction = Direction::kForward;  // UNDIRECTED is refused
  int max_hops = 10;                          // most links of a trace; 1 to 10000
  std::int64_t fanout = 1000;                 // most links followed from a node; at least 1
  std::int64_t limit = 1000;                  // most traces; at least 1
  std::string start = {};                     // "YYYY-MM-DD"; empty: the view's day
  std::vector<Mechanism> mechanisms = {};     // that links may have; none said: all

  absl::Status Validate() const;
};

// Table: path, step, node, link, distance (links from the start), date (FORWARD: when money can be
// there first; REVERSE: when it can have left last), amount_yuan (what the link pays a year, in a
// period what falls into it; null for the first node and when not known), truncated (the node had
// more links than were followed). Traces by number of links, then date (the nearest to the start
// first), then id of the node reached. Summary: trace_count, reached_count (nodes, whether shown or
// not), longest_links, truncated_count (nodes), start. Truncated, with its reason, when links were
// not followed or there are more traces than `limit`. Errors: INVALID_FIELD (options),
// NODE_NOT_FOUND, CANCELLED, DEADLINE_EXCEEDED, MEMORY_EXHAUSTED. Reads the View alone; O(max_hops
// x m) of what is reached at worst, with sorting at nodes that have more links than `fanout`.
// Sequential, deterministic.
absl::StatusOr<AnalysisResult> RunTimedTrace(const AnalysisInput& input,
                                             const TimedTraceOptions& options, RunContext& context);

// What a trace to a million nodes takes; one that goes further books more as it grows.
std::uint64_t EstimateTimedTraceBytes(const AnalysisInput& input, const TimedTraceOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_TIMED_TRACE_H_
