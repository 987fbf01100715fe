// What the families' files (analyses_<family>.cc) are made with: the row of an analysis, and
// readers and writers of what their options have in common. Read takes what was asked, Write says
// what was used, every default filled in. A number that is 0 where its comment says "Default: 0
// means" stands for the engine's default. Engine and API name options alike; the engine validates.
#ifndef LIANJIE_SERVER_ANALYSIS_ROW_H_
#define LIANJIE_SERVER_ANALYSIS_ROW_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_model.h"
#include "engine/graph/analysis.h"
#include "lianjie/v1/analysis.pb.h"
#include "server/registry.h"

namespace lianjie::server {

// The rows of each family, in the order of their names in DESIGN.
std::vector<AnalysisEntry> PathAnalyses();
std::vector<AnalysisEntry> CentralityAnalyses();
std::vector<AnalysisEntry> StructureAnalyses();
std::vector<AnalysisEntry> FlowAnalyses();
std::vector<AnalysisEntry> CoverageAnalyses();

// The API's enums begin with UNSPECIFIED, which leaves the engine's default; `offset` is 1 where
// the engine's enum has no such value.
template <typename Engine, typename Api>
absl::Status ReadEnum(Api in, bool (*valid)(int), std::string_view field, int offset, Engine& out) {
  const int number = static_cast<int>(in);
  if (!valid(number)) return InvalidField(field, Cat(number, " is not a value of this enum"));
  if (number != 0) out = static_cast<Engine>(number - offset);
  return absl::OkStatus();
}

template <typename Api, typename Engine> Api WriteEnum(Engine in, int offset) {
  return static_cast<Api>(static_cast<int>(in) + offset);
}

inline absl::Status ReadDirection(v1::Direction in, Direction& out) {
  return ReadEnum(in, &v1::Direction_IsValid, "direction", 1, out);
}
inline v1::Direction WriteDirection(Direction in) { return WriteEnum<v1::Direction>(in, 1); }

inline absl::Status ReadMode(v1::FlowMode in, FlowMode& out) {
  return ReadEnum(in, &v1::FlowMode_IsValid, "mode", 1, out);
}
inline v1::FlowMode WriteMode(FlowMode in) { return WriteEnum<v1::FlowMode>(in, 1); }

inline void ReadText(const std::string& in, std::string& out) {
  if (!in.empty()) out = in;
}

// 0 is the engine's default.
template <typename Api, typename Engine> void ReadNumber(Api in, Engine& out) {
  if (in != 0) out = static_cast<Engine>(in);
}

using A = v1::Analysis;

// One row: how to get at the message, its adapters, and the engine's two functions.
template <typename Message, typename Options>
AnalysisEntry Row(A::AnalysisCase which, std::string_view name, std::string_view family,
                  LaneKind lane, const Message& (A::*get)() const, Message* (A::*mutable_get)(),
                  absl::Status (*read_options)(const Message&, Options&),
                  void (*write_options)(const Options&, Message&),
                  absl::StatusOr<AnalysisResult> (*run)(const AnalysisInput&, const Options&,
                                                        RunContext&),
                  std::uint64_t (*estimate)(const AnalysisInput&, const Options&)) {
  const auto read = [get, read_options](const A& analysis) -> absl::StatusOr<Options> {
    Options options;
    LIANJIE_RETURN_IF_ERROR(read_options((analysis.*get)(), options));
    LIANJIE_RETURN_IF_ERROR(options.Validate());
    return options;
  };
  AnalysisEntry entry;
  entry.which = which;
  entry.name = name;
  entry.family = family;
  entry.lane = lane;
  entry.effective = [read, write_options, mutable_get](const A& asked) -> absl::StatusOr<A> {
    absl::StatusOr<Options> options = read(asked);
    if (!options.ok()) return options.status();
    A out = asked;
    write_options(*options, *(out.*mutable_get)());
    return out;
  };
  entry.run = [read, run](const AnalysisInput& input, const A& analysis,
                          RunContext& context) -> absl::StatusOr<AnalysisResult> {
    absl::StatusOr<Options> options = read(analysis);
    if (!options.ok()) return options.status();
    return run(input, *options, context);
  };
  entry.estimate_bytes = [read, estimate](const AnalysisInput& input,
                                          const A& analysis) -> absl::StatusOr<std::uint64_t> {
    absl::StatusOr<Options> options = read(analysis);
    if (!options.ok()) return options.status();
    return estimate(input, *options);
  };
  return entry;
}

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_ANALYSIS_ROW_H_
