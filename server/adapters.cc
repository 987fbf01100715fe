#include "server/adapters.h"

#include <string>
#include <string_view>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"

namespace lianjie::server {
namespace {

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

absl::Status ReadDirection(v1::Direction in, Direction& out) {
  return ReadEnum(in, &v1::Direction_IsValid, "direction", 1, out);
}
v1::Direction WriteDirection(Direction in) { return WriteEnum<v1::Direction>(in, 1); }

absl::Status ReadMode(v1::FlowMode in, FlowMode& out) {
  return ReadEnum(in, &v1::FlowMode_IsValid, "mode", 1, out);
}
v1::FlowMode WriteMode(FlowMode in) { return WriteEnum<v1::FlowMode>(in, 1); }

void ReadText(const std::string& in, std::string& out) {
  if (!in.empty()) out = in;
}

// 0 is the engine's default.
template <typename Api, typename Engine> void ReadNumber(Api in, Engine& out) {
  if (in != 0) out = static_cast<Engine>(in);
}

// The part of the options that all flow analyses share.
template <typename Message, typename Options>
absl::Status ReadFlow(const Message& in, Options& out) {
  out.signed_injections = in.signed_injections();
  ReadNumber(in.tolerance(), out.tolerance);
  return ReadMode(in.mode(), out.mode);
}
template <typename Message, typename Options> void WriteFlow(const Options& in, Message& out) {
  out.set_mode(WriteMode(in.mode));
  out.set_signed_injections(in.signed_injections);
  out.set_tolerance(in.tolerance);
}

// The part that coverage and left_out share.
template <typename Message>
absl::Status ReadHouseholds(const Message& in, ClassificationOptions& out) {
  LIANJIE_RETURN_IF_ERROR(ReadMode(in.mode(), out.mode));
  out.target = in.target();
  if (in.lines().empty()) return absl::OkStatus();
  std::vector<LineRecord> lines;
  for (int i = 0; i < in.lines_size(); ++i) {
    absl::StatusOr<LineRecord> line = FromProto(in.lines(i));
    if (!line.ok()) return WithRow(WithFieldPrefix(line.status(), "lines"), i);
    lines.push_back(*std::move(line));
  }
  out.lines = std::move(lines);
  return absl::OkStatus();
}

constexpr std::string_view kSourceGroups[] = {"node",   "kind",     "subtype",
                                              "sector", "industry", "region"};

absl::Status ReadSourceGroup(const std::string& in, SourceGroup& out) {
  if (in.empty()) return absl::OkStatus();
  for (std::size_t i = 0; i < std::size(kSourceGroups); ++i) {
    if (kSourceGroups[i] != in) continue;
    out = static_cast<SourceGroup>(i);
    return absl::OkStatus();
  }
  return InvalidField(
      "source_group",
      Cat("'", in, "' is not one of node, kind, subtype, sector, industry, region"));
}

}  // namespace

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

absl::Status Read(const v1::ChainTrace& in, ChainTraceOptions& out) {
  out.node = in.node();
  out.pattern = in.pattern();
  ReadNumber(in.max_hops(), out.max_hops);
  ReadNumber(in.limit(), out.limit);
  if (!in.mechanism().empty()) out.mechanisms.clear();
  for (const int number : in.mechanism()) {
    Mechanism mechanism = Mechanism::kUnspecified;
    LIANJIE_RETURN_IF_ERROR(ReadEnum(static_cast<v1::Mechanism>(number), &v1::Mechanism_IsValid,
                                     "mechanism", 0, mechanism));
    if (mechanism == Mechanism::kUnspecified)
      return InvalidField("mechanism", "UNSPECIFIED is not a mechanism");
    out.mechanisms.push_back(mechanism);
  }
  return ReadDirection(in.direction(), out.direction);
}
void Write(const ChainTraceOptions& in, v1::ChainTrace& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_max_hops(in.max_hops);
  out.set_limit(in.limit);
  out.clear_mechanism();
  for (const Mechanism mechanism : in.mechanisms)
    out.add_mechanism(WriteEnum<v1::Mechanism>(mechanism, 0));
}

absl::Status Read(const v1::Degree& in, DegreeOptions& out) {
  ReadText(in.weight(), out.weight);
  return ReadDirection(in.direction(), out.direction);
}
void Write(const DegreeOptions& in, v1::Degree& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
}

absl::Status Read(const v1::PageRank& in, PageRankOptions& out) {
  ReadText(in.weight(), out.weight);
  if (in.has_damping()) out.damping = in.damping();
  ReadNumber(in.iterations(), out.iterations);
  ReadNumber(in.tolerance(), out.tolerance);
  out.sources.assign(in.source().begin(), in.source().end());
  LIANJIE_RETURN_IF_ERROR(
      ReadEnum(in.dangling(), &v1::Dangling_IsValid, "dangling", 1, out.dangling));
  return ReadDirection(in.direction(), out.direction);
}
void Write(const PageRankOptions& in, v1::PageRank& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_damping(in.damping);
  out.set_iterations(in.iterations);
  out.set_tolerance(in.tolerance);
  out.set_dangling(WriteEnum<v1::Dangling>(in.dangling, 1));
}

absl::Status Read(const v1::Betweenness& in, BetweennessOptions& out) {
  ReadText(in.weight(), out.weight);
  if (in.has_missing_weight()) out.missing_weight = in.missing_weight();
  out.normalized = in.normalized();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const BetweennessOptions& in, v1::Betweenness& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
  out.set_normalized(in.normalized);
}

absl::Status Read(const v1::WeakComponents& /*in*/, WeakComponentsOptions& /*out*/) {
  return absl::OkStatus();
}
void Write(const WeakComponentsOptions& /*in*/, v1::WeakComponents& /*out*/) {}
absl::Status Read(const v1::StrongComponents& /*in*/, StrongComponentsOptions& /*out*/) {
  return absl::OkStatus();
}
void Write(const StrongComponentsOptions& /*in*/, v1::StrongComponents& /*out*/) {}

absl::Status Read(const v1::BenefitFlow& in, BenefitFlowOptions& out) {
  LIANJIE_RETURN_IF_ERROR(ReadFlow(in, out));
  for (const int number : in.decompose()) {
    Decomposition part = Decomposition::kUnspecified;
    LIANJIE_RETURN_IF_ERROR(ReadEnum(static_cast<v1::Decomposition>(number),
                                     &v1::Decomposition_IsValid, "decompose", 0, part));
    if (part == Decomposition::kUnspecified)
      return InvalidField("decompose", "UNSPECIFIED is not a decomposition");
    out.decompose.push_back(part);
  }
  return ReadSourceGroup(in.source_group(), out.source_group);
}
void Write(const BenefitFlowOptions& in, v1::BenefitFlow& out) {
  WriteFlow(in, out);
  out.set_source_group(std::string(kSourceGroups[static_cast<std::size_t>(in.source_group)]));
}

absl::Status Read(const v1::ExplainBenefit& in, ExplainBenefitOptions& out) {
  out.node = in.node();
  ReadNumber(in.k(), out.k);
  return ReadFlow(in, out);
}
void Write(const ExplainBenefitOptions& in, v1::ExplainBenefit& out) {
  WriteFlow(in, out);
  out.set_k(static_cast<std::int32_t>(in.k));
}

absl::Status Read(const v1::Dependence& in, DependenceOptions& out) {
  out.organisation = in.organisation();
  return ReadFlow(in, out);
}
void Write(const DependenceOptions& in, v1::Dependence& out) { WriteFlow(in, out); }

absl::Status Read(const v1::Coverage& in, CoverageOptions& out) {
  if (in.has_level()) out.level = in.level();
  return ReadHouseholds(in, out.households);
}
void Write(const CoverageOptions& in, v1::Coverage& out) {
  out.set_mode(WriteMode(in.households.mode));
}

absl::Status Read(const v1::LeftOut& in, LeftOutOptions& out) {
  for (const int number : in.classes()) {
    HouseholdClass household_class = HouseholdClass::kNoTarget;
    LIANJIE_RETURN_IF_ERROR(ReadEnum(static_cast<v1::CoverageClass>(number),
                                     &v1::CoverageClass_IsValid, "classes", 1, household_class));
    if (household_class == HouseholdClass::kNoTarget)
      return InvalidField("classes", "UNSPECIFIED is not a class");
    out.classes.push_back(household_class);
  }
  return ReadHouseholds(in, out.households);
}
void Write(const LeftOutOptions& in, v1::LeftOut& out) {
  out.set_mode(WriteMode(in.households.mode));
}

}  // namespace lianjie::server
