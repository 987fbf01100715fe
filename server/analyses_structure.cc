// The analyses of engine/structure: adapters from the API's options to the engine's and back, and
// rows.
#include "engine/structure/articulation.h"
#include "engine/structure/clustering.h"
#include "engine/structure/label_propagation.h"
#include "engine/structure/louvain.h"
#include "engine/structure/strong_components.h"
#include "engine/structure/weak_components.h"
#include "server/analysis_row.h"

namespace lianjie::server {
namespace {

absl::Status Read(const v1::WeakComponents& /*in*/, WeakComponentsOptions& /*out*/) {
  return absl::OkStatus();
}
void Write(const WeakComponentsOptions& /*in*/, v1::WeakComponents& /*out*/) {}

absl::Status Read(const v1::StrongComponents& /*in*/, StrongComponentsOptions& /*out*/) {
  return absl::OkStatus();
}
void Write(const StrongComponentsOptions& /*in*/, v1::StrongComponents& /*out*/) {}

absl::Status Read(const v1::Articulation& /*in*/, ArticulationOptions& /*out*/) {
  return absl::OkStatus();
}
void Write(const ArticulationOptions& /*in*/, v1::Articulation& /*out*/) {}

absl::Status Read(const v1::LabelPropagation& in, LabelPropagationOptions& out) {
  ReadText(in.weight(), out.weight);
  ReadNumber(in.iterations(), out.iterations);
  out.synchronous = in.synchronous();
  return absl::OkStatus();
}
void Write(const LabelPropagationOptions& in, v1::LabelPropagation& out) {
  out.set_weight(in.weight);
  out.set_iterations(in.iterations);
  out.set_synchronous(in.synchronous);
}

absl::Status Read(const v1::Louvain& in, LouvainOptions& out) {
  ReadText(in.weight(), out.weight);
  if (in.has_resolution()) out.resolution = in.resolution();
  out.seed = in.seed();
  out.levels = in.levels();
  return absl::OkStatus();
}
void Write(const LouvainOptions& in, v1::Louvain& out) {
  out.set_weight(in.weight);
  out.set_resolution(in.resolution);
  out.set_seed(in.seed);
  out.set_levels(in.levels);
}

absl::Status Read(const v1::Clustering& /*in*/, ClusteringOptions& /*out*/) {
  return absl::OkStatus();
}
void Write(const ClusteringOptions& /*in*/, v1::Clustering& /*out*/) {}

}  // namespace

std::vector<AnalysisEntry> StructureAnalyses() {
  constexpr LaneKind kHeavy = LaneKind::kHeavy;
  return {
      Row(A::kWeakComponents, "weak_components", "structure", kHeavy, &A::weak_components,
          &A::mutable_weak_components, Read, Write, &RunWeakComponents,
          &EstimateWeakComponentsBytes),
      Row(A::kStrongComponents, "strong_components", "structure", kHeavy, &A::strong_components,
          &A::mutable_strong_components, Read, Write, &RunStrongComponents,
          &EstimateStrongComponentsBytes),
      Row(A::kArticulation, "articulation", "structure", kHeavy, &A::articulation,
          &A::mutable_articulation, Read, Write, &RunArticulation, &EstimateArticulationBytes),
      Row(A::kLabelPropagation, "label_propagation", "structure", kHeavy, &A::label_propagation,
          &A::mutable_label_propagation, Read, Write, &RunLabelPropagation,
          &EstimateLabelPropagationBytes),
      Row(A::kLouvain, "louvain", "structure", kHeavy, &A::louvain, &A::mutable_louvain, Read,
          Write, &RunLouvain, &EstimateLouvainBytes),
      Row(A::kClustering, "clustering", "structure", kHeavy, &A::clustering, &A::mutable_clustering,
          Read, Write, &RunClustering, &EstimateClusteringBytes),
  };
}

}  // namespace lianjie::server
