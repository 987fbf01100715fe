// The analyses of engine/flow: adapters from the API's options to the engine's and back, and rows.
#include "engine/flow/benefit_flow.h"
#include "engine/flow/dependence.h"
#include "engine/flow/explain_benefit.h"
#include "server/analysis_row.h"

namespace lianjie::server {
namespace {

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

}  // namespace

std::vector<AnalysisEntry> FlowAnalyses() {
  constexpr LaneKind kHeavy = LaneKind::kHeavy;
  return {
      Row(A::kBenefitFlow, "benefit_flow", "flow", kHeavy, &A::benefit_flow,
          &A::mutable_benefit_flow, Read, Write, &RunBenefitFlow, &EstimateBenefitFlowBytes),
      Row(A::kExplainBenefit, "explain_benefit", "flow", kHeavy, &A::explain_benefit,
          &A::mutable_explain_benefit, Read, Write, &RunExplainBenefit,
          &EstimateExplainBenefitBytes),
      Row(A::kDependence, "dependence", "flow", kHeavy, &A::dependence, &A::mutable_dependence,
          Read, Write, &RunDependence, &EstimateDependenceBytes),
  };
}

}  // namespace lianjie::server
