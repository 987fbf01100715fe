// The analyses of engine/coverage: adapters from the API's options to the engine's and back, and
// rows.
#include "engine/coverage/coverage.h"
#include "engine/coverage/left_out.h"
#include "server/analysis_row.h"
#include "server/convert.h"

namespace lianjie::server {
namespace {

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

}  // namespace

std::vector<AnalysisEntry> CoverageAnalyses() {
  constexpr LaneKind kHeavy = LaneKind::kHeavy;
  return {
      Row(A::kCoverage, "coverage", "coverage", kHeavy, &A::coverage, &A::mutable_coverage, Read,
          Write, &RunCoverage, &EstimateCoverageBytes),
      Row(A::kLeftOut, "left_out", "coverage", kHeavy, &A::left_out, &A::mutable_left_out, Read,
          Write, &RunLeftOut, &EstimateLeftOutBytes),
  };
}

}  // namespace lianjie::server
