// benefit_flow: how money that enters at the market reaches households, and what stays behind on
// the way.
//
// Table, a row for every node inside the view, in Snapshot order: node, kind, throughput_yuan (of a
// household: gross), benefit_yuan (net), gross_yuan, direct_yuan (through exactly one paying
// organisation), indirect_yuan (through more), retained_yuan, leaked_yuan (by leak_share and out of
// the filter); injected_yuan (f and from outside), unexplained_injection_yuan, operating_loss_yuan
// (a household's own shortfall) and narrow_yuan (benefit by bindings); then one column for each
// part of the decompositions asked, which sum to benefit_yuan:
//   MECHANISM  mechanism_order_yuan ...: those that occur
//              mechanism_none_yuan for a household's own sales
//   ROLE       role_operator_yuan, role_worker_yuan, role_shareholder_yuan, role_none_yuan
//   TIER       tier_1_yuan ... tier_10_yuan (10 and more)
//              tier_0_yuan before them where households' own money reaches households
//   SOURCE     source_<id or group>_yuan, at most 64, the largest first; among them
//              source_UNEXPLAINED_yuan, source_OUTSIDE_yuan and source_OTHER_yuan
//   SECTOR     sector_primary_yuan, sector_secondary_yuan, sector_tertiary_yuan, sector_none_yuan
//   DRIVER     driver_market_yuan, driver_administrative_yuan, driver_social_yuan, driver_none_yuan
// PAYER, asked alone, answers in long form: node, payer, benefit_yuan, one row for each household
// and organisation that paid it last (null: no organisation).
//
// Direct plus indirect is the benefit except for money that no organisation ever held (tier 0): a
// household's own sales. Semantics of money, households that pay, modes and filters: flow_model.h.
// Method: Leontief 1936; Kemeny and Snell 1960. Deterministic. O(nodes + links) and one solve of
// the cycles among payers for each eight sources.
#ifndef LIANJIE_ENGINE_FLOW_BENEFIT_FLOW_H_
#define LIANJIE_ENGINE_FLOW_BENEFIT_FLOW_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/benefit_parts.h"
#include "engine/flow/flow_model.h"
#include "engine/graph/analysis.h"

namespace lianjie {

enum class Decomposition : std::uint8_t {
  kUnspecified,
  kMechanism,
  kRole,
  kTier,
  kSource,
  kPayer,
  kSector,
  kDriver
};

struct BenefitFlowOptions {
  FlowMode mode = FlowMode::kLedger;
  std::vector<Decomposition> decompose = {};
  bool signed_injections = false;
  double tolerance = 1e-12;
  SourceGroup source_group = SourceGroup::kNode;

  // Errors: TERMS (FEATURE_PLANNED); PAYER beside another part, or a part twice (`decompose`);
  // `tolerance` outside (0, 1).
  absl::Status Validate() const;
};

// Errors: those of FlowModel::Build and of Validate.
absl::StatusOr<AnalysisResult> RunBenefitFlow(const AnalysisInput& input,
                                              const BenefitFlowOptions& options,
                                              RunContext& context);

// Bytes at most, besides the Snapshot. O(nodes).
std::uint64_t EstimateBenefitFlowBytes(const AnalysisInput& input,
                                       const BenefitFlowOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_BENEFIT_FLOW_H_
