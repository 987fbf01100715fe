// The analyses of engine/paths: adapters from the API's options to the engine's and back, and rows.
#include "engine/paths/chain_trace.h"
#include "engine/paths/distances.h"
#include "engine/paths/k_shortest_paths.h"
#include "engine/paths/max_flow.h"
#include "engine/paths/shortest_path.h"
#include "engine/paths/timed_trace.h"
#include "engine/paths/widest_path.h"
#include "server/analysis_row.h"

namespace lianjie::server {
namespace {

absl::Status Read(const v1::ShortestPath& in, ShortestPathOptions& out) {
  out.source = in.source();
  out.target = in.target();
  ReadText(in.weight(), out.weight);
  if (in.has_missing_weight()) out.missing_weight = in.missing_weight();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const ShortestPathOptions& in, v1::ShortestPath& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
}

absl::Status Read(const v1::Distances& in, DistancesOptions& out) {
  out.sources.assign(in.source().begin(), in.source().end());
  ReadText(in.weight(), out.weight);
  if (in.has_missing_weight()) out.missing_weight = in.missing_weight();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const DistancesOptions& in, v1::Distances& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
}

// Of messages with a repeated `mechanism`; none said leaves the engine's default.
template <typename Message>
absl::Status ReadMechanisms(const Message& in, std::vector<Mechanism>& out) {
  if (!in.mechanism().empty()) out.clear();
  for (const int number : in.mechanism()) {
    Mechanism mechanism = Mechanism::kUnspecified;
    LIANJIE_RETURN_IF_ERROR(ReadEnum(static_cast<v1::Mechanism>(number), &v1::Mechanism_IsValid,
                                     "mechanism", 0, mechanism));
    if (mechanism == Mechanism::kUnspecified)
      return InvalidField("mechanism", "UNSPECIFIED is not a mechanism");
    out.push_back(mechanism);
  }
  return absl::OkStatus();
}
template <typename Message> void WriteMechanisms(const std::vector<Mechanism>& in, Message& out) {
  out.clear_mechanism();
  for (const Mechanism mechanism : in) out.add_mechanism(WriteEnum<v1::Mechanism>(mechanism, 0));
}

absl::Status Read(const v1::ChainTrace& in, ChainTraceOptions& out) {
  out.node = in.node();
  out.pattern = in.pattern();
  ReadNumber(in.max_hops(), out.max_hops);
  ReadNumber(in.limit(), out.limit);
  LIANJIE_RETURN_IF_ERROR(ReadMechanisms(in, out.mechanisms));
  return ReadDirection(in.direction(), out.direction);
}
void Write(const ChainTraceOptions& in, v1::ChainTrace& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_max_hops(in.max_hops);
  out.set_limit(in.limit);
  WriteMechanisms(in.mechanisms, out);
}

absl::Status Read(const v1::KShortestPaths& in, KShortestPathsOptions& out) {
  out.source = in.source();
  out.target = in.target();
  ReadNumber(in.k(), out.k);
  ReadText(in.weight(), out.weight);
  if (in.has_missing_weight()) out.missing_weight = in.missing_weight();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const KShortestPathsOptions& in, v1::KShortestPaths& out) {
  out.set_k(in.k);
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
}

absl::Status Read(const v1::WidestPath& in, WidestPathOptions& out) {
  out.source = in.source();
  out.target = in.target();
  ReadText(in.weight(), out.weight);
  if (in.has_missing_weight()) out.missing_weight = in.missing_weight();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const WidestPathOptions& in, v1::WidestPath& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
}

// The start day that is left out stays so: it is the frame's, and the summary says it.
absl::Status Read(const v1::TimedTrace& in, TimedTraceOptions& out) {
  out.node = in.node();
  ReadNumber(in.max_hops(), out.max_hops);
  ReadNumber(in.fanout(), out.fanout);
  ReadNumber(in.limit(), out.limit);
  out.start = in.start();
  LIANJIE_RETURN_IF_ERROR(ReadMechanisms(in, out.mechanisms));
  return ReadDirection(in.direction(), out.direction);
}
void Write(const TimedTraceOptions& in, v1::TimedTrace& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_max_hops(in.max_hops);
  out.set_fanout(in.fanout);
  out.set_limit(in.limit);
  WriteMechanisms(in.mechanisms, out);
}

absl::Status Read(const v1::MaxFlow& in, MaxFlowOptions& out) {
  out.source = in.source();
  out.target = in.target();
  ReadText(in.weight(), out.weight);
  if (in.has_missing_weight()) out.missing_weight = in.missing_weight();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const MaxFlowOptions& in, v1::MaxFlow& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
}

}  // namespace

std::vector<AnalysisEntry> PathAnalyses() {
  constexpr LaneKind kQuick = LaneKind::kInteractive;
  constexpr LaneKind kHeavy = LaneKind::kHeavy;
  return {
      Row(A::kShortestPath, "shortest_path", "paths", kQuick, &A::shortest_path,
          &A::mutable_shortest_path, Read, Write, &RunShortestPath, &EstimateShortestPathBytes),
      Row(A::kDistances, "distances", "paths", kHeavy, &A::distances, &A::mutable_distances, Read,
          Write, &RunDistances, &EstimateDistancesBytes),
      Row(A::kChainTrace, "chain_trace", "paths", kQuick, &A::chain_trace, &A::mutable_chain_trace,
          Read, Write, &RunChainTrace, &EstimateChainTraceBytes),
      Row(A::kKShortestPaths, "k_shortest_paths", "paths", kHeavy, &A::k_shortest_paths,
          &A::mutable_k_shortest_paths, Read, Write, &RunKShortestPaths,
          &EstimateKShortestPathsBytes),
      Row(A::kWidestPath, "widest_path", "paths", kQuick, &A::widest_path, &A::mutable_widest_path,
          Read, Write, &RunWidestPath, &EstimateWidestPathBytes),
      Row(A::kTimedTrace, "timed_trace", "paths", kQuick, &A::timed_trace, &A::mutable_timed_trace,
          Read, Write, &RunTimedTrace, &EstimateTimedTraceBytes),
      Row(A::kMaxFlow, "max_flow", "paths", kHeavy, &A::max_flow, &A::mutable_max_flow, Read, Write,
          &RunMaxFlow, &EstimateMaxFlowBytes),
  };
}

}  // namespace lianjie::server
