// The engine's own analyses on a generated county find what was planted in it, in ledger mode and
// in share mode alike.
#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/core/text.h"
#include "engine/coverage/coverage.h"
#include "engine/coverage/left_out.h"
#include "engine/flow/benefit_flow.h"
#include "engine/graph/snapshot.h"
#include "engine/structure/strong_components.h"
#include "gtest/gtest.h"
#include "tests/engine/generate/county_records.h"

namespace lianjie {
namespace {

class EngineOnCounty : public testing::TestWithParam<std::int64_t> {
 protected:
  const CountySummary& summary() const { return CountyOf(GetParam(), 1).summary; }

  AnalysisInput Input() const {
    SnapshotBuilder builder;
    const CountyRecords& records = CountyOf(GetParam(), 1).records;
    for (const RegionRecord& region : records.regions) builder.AddRegion(region);
    for (const LineRecord& line : records.lines) builder.AddLine(line);
    for (const NodeRecord& node : records.nodes) builder.AddNode(node);
    for (const LinkRecord& link : records.links) builder.AddLink(link);
    auto snapshot = std::move(builder).Build(1, *Date::Parse("2024-06-01"));
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return {.view = *View::Make(*std::move(snapshot))};
  }
};

AnalysisResult Checked(absl::StatusOr<AnalysisResult> result) {
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : AnalysisResult();
}

TEST_P(EngineOnCounty, CoverageGivesTheCalibratedRates) {
  RunContext context;
  const AnalysisResult result = Checked(RunCoverage(Input(), {}, context));
  ASSERT_GT(result.table.row_count(), 0U);
  const double ever = static_cast<double>(summary().ever_registered);
  const double lifted_out = static_cast<double>(summary().lifted_out);
  EXPECT_DOUBLE_EQ(result.table.Find("participation_rate")->numbers[0],
                   static_cast<double>(summary().taking_part) / ever);
  EXPECT_DOUBLE_EQ(result.table.Find("income_through_industry_rate")->numbers[0],
                   static_cast<double>(summary().lifted_out_earning) / lifted_out);
  EXPECT_NEAR(result.table.Find("participation_rate")->numbers[0], .92, 3 / ever);
  EXPECT_NEAR(result.table.Find("income_through_industry_rate")->numbers[0], .67, 3 / lifted_out);
  std::cout << "[ " << GetParam() << " households ] of the targets";
  for (const char* name : {"l0", "l1", "l2", "l3", "l4", "l5"}) {
    const std::int64_t households = result.table.Find(name)->integers[0];
    EXPECT_GT(households, 0) << name;
    std::cout << " " << name << " " << households;
  }
  std::cout << "\n";
}

TEST_P(EngineOnCounty, LeftOutGivesTheReasonsThatWerePlanted) {
  for (const FlowMode mode : {FlowMode::kLedger, FlowMode::kShare}) {
    RunContext context;
    LeftOutOptions options;
    options.households.mode = mode;
    const AnalysisResult result = Checked(RunLeftOut(Input(), options, context));
    const Column* reasons = result.table.Find("reason");
    ASSERT_NE(reasons, nullptr);
    std::map<std::string, std::int64_t> found;
    for (const std::string& reason : reasons->strings) ++found[reason];
    for (std::size_t s = 1; s < kStandings; ++s) {
      const std::string name(StandingName(static_cast<Standing>(s)));
      EXPECT_EQ(found[name], summary().targets_by_standing[s])
          << name << (mode == FlowMode::kShare ? " by shares" : "");
    }
  }
}

TEST_P(EngineOnCounty, BooksBalanceInBothModes) {
  std::array<Ledger, 2> ledgers;
  const AnalysisInput input = Input();
  for (const FlowMode mode : {FlowMode::kLedger, FlowMode::kShare}) {
    RunContext context;
    const AnalysisResult result = Checked(RunBenefitFlow(input, {.mode = mode}, context));
    ASSERT_TRUE(result.ledger.has_value());
    ledgers[mode == FlowMode::kShare] = *result.ledger;
    EXPECT_LE(std::abs(result.ledger->residual_yuan), 1e-9 * result.ledger->injected_yuan);
    EXPECT_GT(result.ledger->leaked_yuan, 0);
    EXPECT_GT(result.ledger->retained_yuan, 0);
  }
  EXPECT_NEAR(ledgers[0].injected_yuan, summary().injected_yuan, 1e-9 * summary().injected_yuan);
  EXPECT_NEAR(ledgers[0].unexplained_injection_yuan, summary().unexplained_yuan, 1e-6);
  EXPECT_LT(ledgers[0].unexplained_injection_yuan, .02 * ledgers[0].injected_yuan);
  // What no record explains does not enter by shares; the rest tells the same story.
  EXPECT_NEAR(ledgers[1].households_yuan, ledgers[0].households_yuan,
              .03 * ledgers[0].households_yuan);
  std::cout << "[ " << GetParam() << " households ] ledger: injected " << ledgers[0].injected_yuan
            << ", households " << ledgers[0].households_yuan << ", retained "
            << ledgers[0].retained_yuan << ", leaked " << ledgers[0].leaked_yuan << ", residual "
            << ledgers[0].residual_yuan << "; by shares households " << ledgers[1].households_yuan
            << "\n";
}

TEST_P(EngineOnCounty, FirmsFormCycles) {
  RunContext context;
  const AnalysisInput input = Input();
  const AnalysisResult result = Checked(RunStrongComponents(input, {}, context));
  const Column* components = result.table.Find("component");
  ASSERT_NE(components, nullptr);
  std::map<std::uint32_t, std::int64_t> sizes;
  for (const std::uint32_t component : components->indices) ++sizes[component];
  std::int64_t greatest = 0;
  for (const auto& [component, size] : sizes) greatest = std::max(greatest, size);
  EXPECT_GE(greatest, 3);
  std::cout << "[ " << GetParam() << " households ] greatest strong component " << greatest << "\n";
}

INSTANTIATE_TEST_SUITE_P(Sizes, EngineOnCounty, testing::Values(2000, 40000),
                         [](const auto& size) { return Cat("N", size.param); });

}  // namespace
}  // namespace lianjie
