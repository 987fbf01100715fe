// From the API's options to the engine's and back: Read takes what was asked, Write says what was
// used, every default filled in. A number that is 0 where its comment says "Default: 0 means"
// stands for the engine's default. Engine and API name options alike; the engine validates.
#ifndef LIANJIE_SERVER_ADAPTERS_H_
#define LIANJIE_SERVER_ADAPTERS_H_

#include "absl/status/status.h"
#include "engine/centrality/betweenness.h"
#include "engine/centrality/degree.h"
#include "engine/centrality/page_rank.h"
#include "engine/coverage/coverage.h"
#include "engine/coverage/left_out.h"
#include "engine/flow/benefit_flow.h"
#include "engine/flow/dependence.h"
#include "engine/flow/explain_benefit.h"
#include "engine/paths/chain_trace.h"
#include "engine/paths/distances.h"
#include "engine/paths/shortest_path.h"
#include "engine/structure/strong_components.h"
#include "engine/structure/weak_components.h"
#include "lianjie/v1/analysis.pb.h"

namespace lianjie::server {

absl::Status Read(const v1::ShortestPath& in, ShortestPathOptions& out);
void Write(const ShortestPathOptions& in, v1::ShortestPath& out);
absl::Status Read(const v1::Distances& in, DistancesOptions& out);
void Write(const DistancesOptions& in, v1::Distances& out);
absl::Status Read(const v1::ChainTrace& in, ChainTraceOptions& out);
void Write(const ChainTraceOptions& in, v1::ChainTrace& out);

absl::Status Read(const v1::Degree& in, DegreeOptions& out);
void Write(const DegreeOptions& in, v1::Degree& out);
absl::Status Read(const v1::PageRank& in, PageRankOptions& out);
void Write(const PageRankOptions& in, v1::PageRank& out);
absl::Status Read(const v1::Betweenness& in, BetweennessOptions& out);
void Write(const BetweennessOptions& in, v1::Betweenness& out);

absl::Status Read(const v1::WeakComponents& in, WeakComponentsOptions& out);
void Write(const WeakComponentsOptions& in, v1::WeakComponents& out);
absl::Status Read(const v1::StrongComponents& in, StrongComponentsOptions& out);
void Write(const StrongComponentsOptions& in, v1::StrongComponents& out);

absl::Status Read(const v1::BenefitFlow& in, BenefitFlowOptions& out);
void Write(const BenefitFlowOptions& in, v1::BenefitFlow& out);
absl::Status Read(const v1::ExplainBenefit& in, ExplainBenefitOptions& out);
void Write(const ExplainBenefitOptions& in, v1::ExplainBenefit& out);
absl::Status Read(const v1::Dependence& in, DependenceOptions& out);
void Write(const DependenceOptions& in, v1::Dependence& out);

absl::Status Read(const v1::Coverage& in, CoverageOptions& out);
void Write(const CoverageOptions& in, v1::Coverage& out);
absl::Status Read(const v1::LeftOut& in, LeftOutOptions& out);
void Write(const LeftOutOptions& in, v1::LeftOut& out);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_ADAPTERS_H_
