// Worked examples with complete inputs: the two goldens, households that pay, conduits, published
// cases.
#include <cmath>
#include <memory>
#include <string>

#include "engine/core/text.h"
#include "engine/flow/flow_model.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/flow/flow_fixtures.h"

namespace lianjie::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kFlowTolerance = 1e-9;

TEST(ShareGolden, ThroughputBenefitAndLedger) {
  const Answer a(ShareGolden(), kShareMode);
  a.Expect("throughput_yuan", {{"F", 98200 / 89.}, {"C", 46000 / 89.}, {"V", 22400 / 89.}});
  a.Expect("benefit_yuan",
           {{"H1", 23620 / 89.}, {"H2", 14110 / 89.}, {"H3", 11200 / 89.}, {"H4", 0}});
  a.Expect("direct_yuan", {{"H1", 100}, {"H2", 50}, {"H3", 100}, {"H4", 0}});
  a.Expect("indirect_yuan",
           {{"H1", 23620 / 89. - 100}, {"H2", 14110 / 89. - 50}, {"H3", 11200 / 89. - 100}});
  EXPECT_NEAR(SummaryNumber(a.result(), "injected_yuan"), 1200, kFlowTolerance);
  EXPECT_NEAR(SummaryNumber(a.result(), "households_yuan"), 549.775, 5e-4);
  EXPECT_NEAR(SummaryNumber(a.result(), "retained_yuan"), 267.528, 5e-4);
  EXPECT_NEAR(SummaryNumber(a.result(), "leaked_yuan"), 382.697, 5e-4);
  ExpectLedgerBalances(a.result(), a.snapshot());
}

TEST(ShareGolden, ColumnsComeInTheAgreedOrder) {
  const Answer a(ShareGolden(), kShareMode);
  std::vector<std::string> names;
  for (const Column& column : a.result().table.columns()) names.push_back(column.name);
  names.resize(9);
  EXPECT_THAT(names, ElementsAre("node", "kind", "throughput_yuan", "benefit_yuan", "gross_yuan",
                                 "direct_yuan", "indirect_yuan", "retained_yuan", "leaked_yuan"));
  EXPECT_EQ(a.result().table.row_count(), 7u);
}

TEST(ShareGolden, TiersMechanismsRolesAndSources) {
  BenefitFlowOptions options = kShareMode;
  options.decompose = {Decomposition::kTier,   Decomposition::kMechanism, Decomposition::kRole,
                       Decomposition::kSource, Decomposition::kDriver,    Decomposition::kSector};
  const Answer a(ShareGolden(), options);
  a.Expect("tier_1_yuan", {{"H1", 100}, {"H2", 50}, {"H3", 100}});
  a.Expect("tier_2_yuan", {{"H1", 138}, {"H2", 92}, {"H3", 0}});
  a.Expect("tier_3_yuan", {{"H1", 9.2}, {"H2", 4.6}, {"H3", 23}});
  a.Expect("mechanism_employment_yuan", {{"H1", 9820 / 89.}});
  a.Expect("mechanism_order_yuan", {{"H1", 13800 / 89.}});
  a.Expect("role_worker_yuan", {{"H1", 9820 / 89.}});
  a.Expect("role_operator_yuan", {{"H1", 13800 / 89.}});
  EXPECT_NEAR(a("H1", "source_F_yuan"), 243.820, 5e-4);
  EXPECT_NEAR(a("H1", "source_V_yuan"), 21.573, 5e-4);
  EXPECT_THAT(ColumnsWith(a.result(), "source_"), ElementsAre("source_F_yuan", "source_V_yuan"));
  EXPECT_THAT(ColumnsWith(a.result(), "mechanism_"),
              ElementsAre("mechanism_order_yuan", "mechanism_employment_yuan"));
  for (const char* prefix : {"tier_", "mechanism_", "role_", "source_", "driver_", "sector_"}) {
    ExpectPartsSum(a.result(), prefix);
  }
}

TEST(ShareGolden, PayersInLongForm) {
  BenefitFlowOptions options = kShareMode;
  options.decompose = {Decomposition::kPayer};
  const Answer a(ShareGolden(), options);
  const Table& table = a.result().table;
  double squares = 0;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    if (a.snapshot().NodeId(table.column(0).indices[row]) != "H1") continue;
    squares += std::pow(table.Find("benefit_yuan")->numbers[row] / (23620 / 89.), 2);
  }
  EXPECT_NEAR(squares, .514196, 5e-7);
}

TEST(LedgerGolden, TakesTheRecordedMoney) {
  const Answer a(LedgerGolden89(), {});
  a.Expect("throughput_yuan", {{"F", 98200}, {"C", 46000}, {"V", 22400}});
  a.Expect("retained_yuan", {{"F", 14730}, {"C", 4600}, {"V", 4480}});
  a.Expect("leaked_yuan", {{"F", 29460}, {"C", 4600}, {"V", 0}});
  a.Expect("benefit_yuan", {{"H1", 23620}, {"H2", 14110}, {"H3", 11200}, {"H4", 0}});
  a.Expect("direct_yuan", {{"H1", 8900}, {"H2", 4450}, {"H3", 8900}});
  a.Expect("unexplained_injection_yuan", {{"F", 0}, {"C", 0}, {"V", 0}});
  ExpectLedgerBalances(a.result(), a.snapshot());
  EXPECT_THAT(a.result().warnings.front(), HasSubstr("proportional"));
}

TEST(LedgerGolden, WithoutFsInjectionFPaysWhatItHasNot) {
  GraphRecords records = LedgerGolden89();
  NodeOf(records, "F").outside_revenue_yuan = 0;
  const Answer a(records, {.decompose = {Decomposition::kSource}});
  a.Expect("unexplained_injection_yuan", {{"F", 44810}, {"C", 0}, {"V", 0}});
  a.Expect("throughput_yuan", {{"F", 54010}, {"C", 46000}});
  a.Expect("retained_yuan", {{"F", 0}});
  a.Expect("leaked_yuan", {{"F", 0}});
  EXPECT_NEAR(SummaryNumber(a.result(), "unexplained_injection_yuan"), 44810, kFlowTolerance);
  EXPECT_THAT(ColumnsWith(a.result(), "source_"),
              ElementsAre("source_UNEXPLAINED_yuan", "source_V_yuan"));
  ExpectPartsSum(a.result(), "source_");
  ExpectLedgerBalances(a.result(), a.snapshot());
}

TEST(LedgerGolden, DerivesInjectionsFromRevenue) {
  GraphRecords records = LedgerGolden89();
  NodeOf(records, "F").outside_revenue_yuan.reset();
  NodeOf(records, "F").revenue_yuan = 98200;
  const Answer a(records, {});
  a.Expect("injected_yuan", {{"F", 89000}});
  a.Expect("retained_yuan", {{"F", 14730}});
  EXPECT_THAT(a.result().warnings[1], HasSubstr("derived"));
}

TEST(HouseholdsThatPay, KeepWhatIsLeft) {
  const Answer a(PayingHousehold(200),
                 {.decompose = {Decomposition::kMechanism, Decomposition::kTier}});
  a.Expect("benefit_yuan", {{"Hh", 500}, {"Hh2", 50}});
  a.Expect("gross_yuan", {{"Hh", 700}, {"Hh2", 50}});
  a.Expect("throughput_yuan", {{"Hh", 700}});
  a.Expect("retained_yuan", {{"K", 300}, {"G", 150}, {"Hh", 0}});
  a.Expect("mechanism_order_yuan", {{"Hh", 400}});
  a.Expect("mechanism_employment_yuan", {{"Hh", 100}, {"Hh2", 50}});
  a.Expect("operating_loss_yuan", {{"Hh", 0}});
  // h* is no tier: K and G are the two.
  a.Expect("direct_yuan", {{"Hh", 500}, {"Hh2", 0}});
  a.Expect("indirect_yuan", {{"Hh", 0}, {"Hh2", 50}});
  ExpectLedgerBalances(a.result(), a.snapshot());
}

TEST(HouseholdsThatPay, ShowTheirLoss) {
  const Answer a(PayingHousehold(700), {});
  a.Expect("benefit_yuan", {{"Hh", 100}, {"Hh2", 50}});
  a.Expect("operating_loss_yuan", {{"Hh", 100}});
  a.Expect("retained_yuan", {{"G", 650}});
  EXPECT_NEAR(SummaryNumber(a.result(), "operating_loss_yuan"), 100, kFlowTolerance);
  // A seventh of what G has was nobody's: it started at the household.
  a.Expect("indirect_yuan", {{"Hh2", 50 * 6 / 7.}});
  a.Expect("direct_yuan", {{"Hh2", 50 / 7.}});
  ExpectLedgerBalances(a.result(), a.snapshot());
}

TEST(HouseholdsThatPay, KeepTheirOwnSales) {
  FlowGraph g;
  g.Node("H1", NodeKind::kHousehold, 300);
  g.Pays("K", "H1", Mechanism::kOrder, 100).Pays("H1", "H2", Mechanism::kEmployment, 100);
  BenefitFlowOptions options;
  options.decompose = {Decomposition::kTier, Decomposition::kMechanism, Decomposition::kRole,
                       Decomposition::kSector};
  const Answer a(g.records, options);
  a.Expect("benefit_yuan", {{"H1", 300}, {"H2", 100}});
  a.Expect("gross_yuan", {{"H1", 400}});
  a.Expect("mechanism_none_yuan", {{"H1", 225}, {"H2", 0}});
  a.Expect("mechanism_order_yuan", {{"H1", 75}});
  a.Expect("tier_0_yuan", {{"H1", 225}, {"H2", 75}});
  a.Expect("tier_1_yuan", {{"H1", 75}, {"H2", 25}});
  for (const char* prefix : {"tier_", "mechanism_", "role_", "sector_"}) {
    ExpectPartsSum(a.result(), prefix);
  }
  ExpectLedgerBalances(a.result(), a.snapshot());
}

TEST(Conduits, YinchuanLandIsSeenThrough) {
  FlowGraph g;
  g.Node("firm", NodeKind::kFirm, 458000).Node("pool", NodeKind::kLand);
  g.Pays("firm", "pool", Mechanism::kLandTransfer, 458000);
  g.Pays("pool", "H18", Mechanism::kLandTransfer, 458000 * 18 / 571.);
  for (int i = 1; i <= 62; ++i) {
    g.Pays("pool", Cat("Hx", i), Mechanism::kLandTransfer, 458000 * (553 / 571.) / 62);
  }
  const Answer a(g.records, {});
  EXPECT_NEAR(a("H18", "benefit_yuan"), 14437.828, 5e-4);
  EXPECT_NEAR(a("H18", "direct_yuan"), 14437.828, 5e-4);
  double others = 0, indirect = 0;
  for (int i = 1; i <= 62; ++i) {
    others += a(Cat("Hx", i), "direct_yuan");
    indirect += a(Cat("Hx", i), "indirect_yuan");
  }
  EXPECT_NEAR(others, 443562.172, 5e-4);
  EXPECT_EQ(indirect, 0);
  ExpectLedgerBalances(a.result(), a.snapshot());
  // Who pays is the firm.
  RunContext context;
  const auto model = FlowModel::Build(a.input().view, {}, context);
  ASSERT_TRUE(model.ok());
  const auto payer = model->LargestPayer(a.snapshot().FindNode("H18"), true, context);
  ASSERT_TRUE(payer.ok());
  EXPECT_EQ(a.snapshot().NodeId(payer->payer), "firm");
  EXPECT_NEAR(payer->yuan, 14437.828, 5e-4);
}

TEST(Conduits, LingtaiStationInjectsItself) {
  FlowGraph g;
  g.Node("station", NodeKind::kFund, 73000).Node("village", NodeKind::kCollective);
  g.Node("operator", NodeKind::kFirm);
  g.Pays("station", "operator", Mechanism::kSupply, 9000);
  g.Pays("station", "village", Mechanism::kAssetReturn, 64000);
  for (int i = 0; i < 61; ++i) {
    g.Pays("village", Cat("H", i), Mechanism::kCollectiveDistribution, 41000 / 61.);
  }
  const Answer a(g.records, {});
  EXPECT_NEAR(a("H7", "benefit_yuan"), 672.131, 5e-4);
  a.Expect("retained_yuan", {{"village", 23000}, {"operator", 9000}, {"station", 0}});
  // The fund has an injection of its own, so it counts: fund and collective are two payers.
  a.Expect("indirect_yuan", {{"H7", 41000 / 61.}});
  ExpectLedgerBalances(a.result(), a.snapshot());
}

TEST(Conduits, MoneyThatStartsThereHasTheConduitAsItsPayer) {
  // Two pools that pay one another: 30 of what they have was there before.
  FlowGraph g;
  g.Node("firm", NodeKind::kFirm, 90).Node("A", NodeKind::kLand).Node("B", NodeKind::kLand);
  g.Pays("firm", "A", Mechanism::kLandTransfer, 90).Pays("A", "B", Mechanism::kLandTransfer, 60);
  g.Pays("B", "A", Mechanism::kLandTransfer, 20).Pays("A", "H1", Mechanism::kLandTransfer, 80);
  g.Pays("B", "H2", Mechanism::kLandTransfer, 40);
  const Answer a(g.records, {.decompose = {Decomposition::kTier}});
  a.Expect("unexplained_injection_yuan", {{"A", 30}, {"B", 0}});
  a.Expect("direct_yuan", {{"H1", 80}, {"H2", 40}});
  ExpectPartsSum(a.result(), "tier_");
  RunContext context;
  const auto model = FlowModel::Build(a.input().view, {}, context);
  ASSERT_TRUE(model.ok());
  const auto parts = model->ListPayers(a.snapshot().FindNode("H2"), true, context);
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->size(), 2u);
  for (const PayerPart& part : *parts) {
    const bool firm = a.snapshot().NodeId(part.payer) == "firm";
    EXPECT_NEAR(part.yuan, firm ? 30 : 10, kFlowTolerance);
  }
}

}  // namespace
}  // namespace lianjie::testing
