// The analyses of engine/centrality: adapters from the API's options to the engine's and back, and
// rows.
#include "engine/centrality/betweenness.h"
#include "engine/centrality/closeness.h"
#include "engine/centrality/degree.h"
#include "engine/centrality/eigenvector.h"
#include "engine/centrality/harmonic.h"
#include "engine/centrality/hits.h"
#include "engine/centrality/k_core.h"
#include "engine/centrality/katz.h"
#include "engine/centrality/page_rank.h"
#include "server/analysis_row.h"

namespace lianjie::server {
namespace {

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
  if (in.samples() < 0) return InvalidField("samples", Cat(in.samples(), " is negative"));
  out.samples = static_cast<std::uint64_t>(in.samples());
  out.epsilon = in.epsilon();
  if (in.has_delta()) out.delta = in.delta();
  out.seed = static_cast<std::uint64_t>(in.seed());
  return ReadDirection(in.direction(), out.direction);
}
void Write(const BetweennessOptions& in, v1::Betweenness& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
  out.set_normalized(in.normalized);
  out.set_samples(static_cast<std::int64_t>(in.samples));
  out.set_epsilon(in.epsilon);
  out.set_delta(in.delta);
  out.set_seed(static_cast<std::int64_t>(in.seed));
}

absl::Status Read(const v1::Closeness& in, ClosenessOptions& out) {
  ReadText(in.weight(), out.weight);
  if (in.has_missing_weight()) out.missing_weight = in.missing_weight();
  if (in.has_normalized()) out.normalized = in.normalized();
  if (in.has_improved()) out.improved = in.improved();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const ClosenessOptions& in, v1::Closeness& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
  out.set_normalized(in.normalized);
  out.set_improved(in.improved);
}

absl::Status Read(const v1::Harmonic& in, HarmonicOptions& out) {
  ReadText(in.weight(), out.weight);
  if (in.has_missing_weight()) out.missing_weight = in.missing_weight();
  out.normalized = in.normalized();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const HarmonicOptions& in, v1::Harmonic& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_missing_weight(in.missing_weight);
  out.set_normalized(in.normalized);
}

absl::Status Read(const v1::KCore& in, KCoreOptions& out) {
  out.count_parallel = in.count_parallel();
  return ReadDirection(in.direction(), out.direction);
}
void Write(const KCoreOptions& in, v1::KCore& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_count_parallel(in.count_parallel);
}

absl::Status Read(const v1::Hits& in, HitsOptions& out) {
  ReadText(in.weight(), out.weight);
  ReadNumber(in.iterations(), out.iterations);
  ReadNumber(in.tolerance(), out.tolerance);
  return absl::OkStatus();
}
void Write(const HitsOptions& in, v1::Hits& out) {
  out.set_weight(in.weight);
  out.set_iterations(in.iterations);
  out.set_tolerance(in.tolerance);
}

absl::Status Read(const v1::Eigenvector& in, EigenvectorOptions& out) {
  ReadText(in.weight(), out.weight);
  ReadNumber(in.iterations(), out.iterations);
  ReadNumber(in.tolerance(), out.tolerance);
  return ReadDirection(in.direction(), out.direction);
}
void Write(const EigenvectorOptions& in, v1::Eigenvector& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  out.set_iterations(in.iterations);
  out.set_tolerance(in.tolerance);
}

absl::Status Read(const v1::Katz& in, KatzOptions& out) {
  ReadText(in.weight(), out.weight);
  if (in.has_attenuation()) out.attenuation = in.attenuation();
  if (in.has_beta()) out.beta = in.beta();
  ReadNumber(in.iterations(), out.iterations);
  ReadNumber(in.tolerance(), out.tolerance);
  return ReadDirection(in.direction(), out.direction);
}
// An attenuation that was not given depends on the graph; the summary says which it was.
void Write(const KatzOptions& in, v1::Katz& out) {
  out.set_direction(WriteDirection(in.direction));
  out.set_weight(in.weight);
  if (in.attenuation.has_value()) out.set_attenuation(*in.attenuation);
  out.set_beta(in.beta);
  out.set_iterations(in.iterations);
  out.set_tolerance(in.tolerance);
}

}  // namespace

std::vector<AnalysisEntry> CentralityAnalyses() {
  constexpr LaneKind kHeavy = LaneKind::kHeavy;
  return {
      Row(A::kDegree, "degree", "centrality", kHeavy, &A::degree, &A::mutable_degree, Read, Write,
          &RunDegree, &EstimateDegreeBytes),
      Row(A::kPageRank, "page_rank", "centrality", kHeavy, &A::page_rank, &A::mutable_page_rank,
          Read, Write, &RunPageRank, &EstimatePageRankBytes),
      Row(A::kBetweenness, "betweenness", "centrality", kHeavy, &A::betweenness,
          &A::mutable_betweenness, Read, Write, &RunBetweenness, &EstimateBetweennessBytes),
      Row(A::kCloseness, "closeness", "centrality", kHeavy, &A::closeness, &A::mutable_closeness,
          Read, Write, &RunCloseness, &EstimateClosenessBytes),
      Row(A::kHarmonic, "harmonic", "centrality", kHeavy, &A::harmonic, &A::mutable_harmonic, Read,
          Write, &RunHarmonic, &EstimateHarmonicBytes),
      Row(A::kKCore, "k_core", "centrality", kHeavy, &A::k_core, &A::mutable_k_core, Read, Write,
          &RunKCore, &EstimateKCoreBytes),
      Row(A::kHits, "hits", "centrality", kHeavy, &A::hits, &A::mutable_hits, Read, Write, &RunHits,
          &EstimateHitsBytes),
      Row(A::kEigenvector, "eigenvector", "centrality", kHeavy, &A::eigenvector,
          &A::mutable_eigenvector, Read, Write, &RunEigenvector, &EstimateEigenvectorBytes),
      Row(A::kKatz, "katz", "centrality", kHeavy, &A::katz, &A::mutable_katz, Read, Write, &RunKatz,
          &EstimateKatzBytes),
  };
}

}  // namespace lianjie::server
