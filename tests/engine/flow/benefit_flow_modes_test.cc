// Injections of every kind, periods, filters, what share mode refuses, options, sources and
// running.
#include <cmath>
#include <memory>
#include <string>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/flow/flow_fixtures.h"

namespace lianjie::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kTight = 1e-9;

TEST(Injections, UnfundedCirculationIsZeroAndListed) {
  GraphRecords records = LedgerGolden89();
  FlowGraph g;
  g.records = records;
  g.Pays("A", "B", Mechanism::kSupply, 0.1).Pays("A", "B", Mechanism::kSupply, 0.2);
  g.Pays("B", "A", Mechanism::kSupply, 0.3);
  const Answer a(g.records, {});
  a.Expect("throughput_yuan", {{"A", 0}, {"B", 0}, {"F", 98200}});
  EXPECT_THAT(a.result().warnings, ::testing::Contains(HasSubstr("A, B")));
  ExpectLedgerBalances(a.result(), a.snapshot());
}

TEST(Injections, BelowZeroOnlyWhenSigned) {
  FlowGraph g;
  g.Node("A", NodeKind::kFirm, -20).Node("B", NodeKind::kFirm, 100);
  g.Pays("B", "A", Mechanism::kSupply, 50).Pays("A", "H1", Mechanism::kEmployment, 10);
  g.Pays("B", "H1", Mechanism::kEmployment, 5);
  const AnalysisInput input = ToInput(g.records);
  RunContext context;
  const auto refused = RunBenefitFlow(input, {}, context);
  ASSERT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(refused.status())->metadata.at("node"), "A");
  for (const FlowMode mode : {FlowMode::kLedger}) {
    const Answer a(g.records, {.mode = mode,
                               .decompose = {Decomposition::kSource, Decomposition::kTier},
                               .signed_injections = true});
    a.Expect("throughput_yuan", {{"A", 30}, {"B", 100}});
    a.Expect("retained_yuan", {{"A", 20}, {"B", 45}});
    a.Expect("source_A_yuan", {{"H1", -20 / 3.}});
    EXPECT_NEAR(SummaryNumber(a.result(), "withdrawn_yuan"), 20, kTight);
    EXPECT_NEAR(SummaryNumber(a.result(), "injected_yuan"), 80, kTight);
    ExpectPartsSum(a.result(), "source_");
    ExpectPartsSum(a.result(), "tier_");
    ExpectLedgerBalances(a.result(), a.snapshot());
  }
}

TEST(Leontief, MillerAndBlair) {
  // Industry j pays industry i for what it buys: Z = [[150, 500], [200, 100]], x = (1000, 2000).
  FlowGraph shares;
  shares.Node("1", NodeKind::kFirm, 600).Node("2", NodeKind::kFirm, 1500);
  shares.Shares("1", "1", Mechanism::kSupply, .15).Shares("2", "1", Mechanism::kSupply, .25);
  shares.Shares("1", "2", Mechanism::kSupply, .2).Shares("2", "2", Mechanism::kSupply, .05);
  const Answer a(shares.records, kShareMode);
  EXPECT_NEAR(a("1", "throughput_yuan"), 1247.52, 5e-3);
  EXPECT_NEAR(a("2", "throughput_yuan"), 1841.58, 5e-3);
  FlowGraph money;
  money.Node("1", NodeKind::kFirm, 350).Node("2", NodeKind::kFirm, 1700);
  money.Pays("1", "1", Mechanism::kSupply, 150).Pays("2", "1", Mechanism::kSupply, 500);
  money.Pays("1", "2", Mechanism::kSupply, 200).Pays("2", "2", Mechanism::kSupply, 100);
  const Answer b(money.records, {});
  b.Expect("throughput_yuan", {{"1", 1000}, {"2", 2000}});
  b.Expect("retained_yuan", {{"1", 650}, {"2", 1400}});
}

TEST(Period, CountsAmountsByDays) {
  FlowGraph g;
  g.Node("K", NodeKind::kFirm, 3650);
  g.Pays("K", "H1", Mechanism::kEmployment, 1200).Pays("K", "H2", Mechanism::kEmployment, 3000);
  g.records.links[0].valid.from = *Date::Parse("2020-07-01");
  g.records.links[1].valid = {*Date::Parse("2020-03-01"), *Date::Parse("2020-06-01")};
  const ViewText year{.period = {{"2020-01-01", "2021-01-01"}}};
  const Answer a(g.records, {}, year);
  EXPECT_NEAR(a("H1", "benefit_yuan"), 604.9315, 5e-5);
  EXPECT_NEAR(a("H2", "benefit_yuan"), 3000, kTight);
  EXPECT_NEAR(a("K", "injected_yuan"), 3650, kTight);
  const ViewText month{.period = {{"2020-07-01", "2020-07-11"}}};
  const Answer b(g.records, {}, month);
  EXPECT_NEAR(b("K", "injected_yuan"), 100, kTight);
  EXPECT_NEAR(b("H1", "benefit_yuan"), 1200 * 10 / 365., kTight);
  // A share counts for the days on which it is agreed.
  FlowGraph s;
  s.Node("K", NodeKind::kFirm, 3650);
  s.Shares("K", "H1", Mechanism::kEmployment, .5);
  s.records.links[0].valid.from = *Date::Parse("2020-07-06");
  const Answer c(s.records, kShareMode, month);
  EXPECT_NEAR(c("H1", "benefit_yuan"), 25, kTight);
}

TEST(Filter, KeepsSplitsAndBalances) {
  for (const bool share : {false, true}) {
    const BenefitFlowOptions options{
        .mode = share ? FlowMode::kShare : FlowMode::kLedger,
        .decompose = {Decomposition::kSource, Decomposition::kTier, Decomposition::kSector}};
    const double unit = share ? 1 / 89. : 1;
    const Answer a(share ? ShareGolden() : LedgerGolden89(), options,
                   {.nodes = "kind != FIRM"});  // without F
    a.Expect("throughput_yuan", {{"C", 46000 * unit}, {"V", 22400 * unit}});
    a.Expect("benefit_yuan", {{"H1", 23620 * unit}, {"H3", 11200 * unit}});
    a.Expect("injected_yuan", {{"C", 39280 * unit}});
    a.Expect("leaked_yuan", {{"C", (4600 + 9200) * unit}});
    EXPECT_NEAR(SummaryNumber(a.result(), "from_outside_yuan"), (39280 + 9820 + 4910) * unit,
                kTight * 1e5);
    EXPECT_NEAR(SummaryNumber(a.result(), "outside_yuan"), 9200 * unit, kTight * 1e5);
    EXPECT_EQ(a.result().table.row_count(), 6u);
    ExpectLedgerBalances(a.result(), a.snapshot());
    ExpectPartsSum(a.result(), "source_");
    ExpectPartsSum(a.result(), "tier_");
    ExpectPartsSum(a.result(), "sector_");
    a.Expect("source_OUTSIDE_yuan", {{"H3", 11200 * unit - (share ? 200 : 17800) * .5 / .97}});
  }
}

TEST(Filter, OfLinksKeepsTheBenefit) {
  BenefitFlowOptions options;
  options.decompose = {Decomposition::kMechanism, Decomposition::kSource};
  const Answer a(LedgerGolden89(), options, {.links = "mechanism = ORDER"});
  a.Expect("benefit_yuan", {{"H1", 23620}, {"H2", 14110}, {"H3", 11200}});
  a.Expect("injected_yuan", {{"C", 39280 + 6720}});
  a.Expect("source_OUTSIDE_yuan", {{"H1", 23620}});
  ExpectLedgerBalances(a.result(), a.snapshot());
  ExpectPartsSum(a.result(), "source_");
}

TEST(ShareMode, RefusesTrappedMoneyByName) {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 100);
  g.Shares("F", "A", Mechanism::kSupply, .5).Shares("A", "B", Mechanism::kSupply, 1);
  g.Shares("B", "A", Mechanism::kSupply, .4).Shares("B", "A", Mechanism::kSupply, .6);
  RunContext context;
  const auto result = RunBenefitFlow(ToInput(g.records), kShareMode, context);
  ASSERT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
  const auto detail = GetErrorDetail(result.status());
  EXPECT_EQ(detail->reason, Reason::kTrapped);
  EXPECT_EQ(detail->metadata.at("nodes"), "A, B");
  // Nothing funds it: fine.
  NodeOf(g.records, "F").outside_revenue_yuan = 0;
  EXPECT_TRUE(RunBenefitFlow(ToInput(g.records), kShareMode, context).ok());
  // A household takes a little out: fine.
  NodeOf(g.records, "F").outside_revenue_yuan = 100;
  g.records.links[1].share = .9;
  g.Shares("A", "H1", Mechanism::kEmployment, .1);
  const Answer a(g.records, kShareMode);
  a.Expect("benefit_yuan", {{"H1", 50}});
}

TEST(ShareMode, RefusesAPayerOfItselfAlone) {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 100).Shares("F", "F", Mechanism::kSupply, 1);
  RunContext context;
  const auto result = RunBenefitFlow(ToInput(g.records), kShareMode, context);
  EXPECT_EQ(GetErrorDetail(result.status())->reason, Reason::kTrapped);
}

TEST(ShareMode, RefusesSharesAboveOne) {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 100, .2).Shares("F", "H1", Mechanism::kEmployment, .9);
  RunContext context;
  const auto result = RunBenefitFlow(ToInput(g.records), kShareMode, context);
  EXPECT_EQ(GetErrorDetail(result.status())->reason, Reason::kSharesExceedOne);
  EXPECT_EQ(GetErrorDetail(result.status())->metadata.at("node"), "F");
}

TEST(ShareMode, SurplusSharesAndPlainLinksCarryNothing) {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 100).Shares("F", "H1", Mechanism::kEmployment, .5);
  g.Shares("F", "H2", Mechanism::kEmployment, .5).Pays("F", "H2", Mechanism::kEmployment, 70);
  g.records.links[1].share_of = ShareOf::kSurplus;
  const Answer a(g.records, kShareMode);
  a.Expect("benefit_yuan", {{"H1", 50}, {"H2", 0}});
  a.Expect("retained_yuan", {{"F", 50}});
  EXPECT_THAT(a.result().warnings.back(), HasSubstr("2 links"));
}

TEST(Options, SayWhatIsWrong) {
  RunContext context;
  const AnalysisInput input = ToInput(ShareGolden());
  const auto terms = RunBenefitFlow(input, {.mode = FlowMode::kTerms}, context);
  EXPECT_EQ(terms.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(GetErrorDetail(terms.status())->reason, Reason::kFeaturePlanned);
  const auto field = [&](const BenefitFlowOptions& options) {
    return GetErrorDetail(options.Validate()).value_or(ErrorDetail{}).field;
  };
  EXPECT_EQ(field({.tolerance = 0}), "tolerance");
  EXPECT_EQ(field({.decompose = {Decomposition::kTier, Decomposition::kTier}}), "decompose");
  EXPECT_EQ(field({.decompose = {Decomposition::kTier, Decomposition::kPayer}}), "decompose");
  EXPECT_TRUE(BenefitFlowOptions{}.Validate().ok());
}

TEST(Sources, TheLargestStandByThemselves) {
  FlowGraph g;
  for (int i = 0; i < 100; ++i) {
    g.Node(Cat("F", i), NodeKind::kFirm, 100 + i);
    g.Pays(Cat("F", i), "H1", Mechanism::kEmployment, 10 + i);
  }
  const Answer a(g.records, {.decompose = {Decomposition::kSource}});
  const auto columns = ColumnsWith(a.result(), "source_");
  ASSERT_EQ(columns.size(), 64u);
  EXPECT_EQ(columns.front(), "source_F99_yuan");
  EXPECT_EQ(columns.back(), "source_OTHER_yuan");
  ExpectPartsSum(a.result(), "source_");
  const Answer b(g.records,
                 {.decompose = {Decomposition::kSource}, .source_group = SourceGroup::kKind});
  EXPECT_THAT(ColumnsWith(b.result(), "source_"), ElementsAre("source_FIRM_yuan"));
}

TEST(Run, StopsWhenCancelledAndMindsItsMemory) {
  const AnalysisInput input = ToInput(LedgerGolden89());
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(RunBenefitFlow(input, {}, cancelled).status().code(), absl::StatusCode::kCancelled);
  RunContext poor({.threads = 1, .memory_bytes = 100});
  EXPECT_EQ(RunBenefitFlow(input, {}, poor).status().code(), absl::StatusCode::kResourceExhausted);
  RunContext enough({.threads = 1, .memory_bytes = EstimateBenefitFlowBytes(input, {})});
  EXPECT_TRUE(RunBenefitFlow(input, {}, enough).ok());
}

TEST(EmptyGraph, GivesAnEmptyAnswer) {
  const Answer a(GraphRecords{}, {.decompose = {Decomposition::kTier, Decomposition::kSource}});
  EXPECT_EQ(a.result().table.row_count(), 0u);
  EXPECT_EQ(SummaryNumber(a.result(), "injected_yuan"), 0);
}

// F ceases on 1 July: what it earns and what it pays end with it, the rest of the year is nobody's.
TEST(Period, WhoCeasesEarnsAndPaysUntilThen) {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 3650).Node("C", NodeKind::kCooperative);
  g.Pays("F", "H1", Mechanism::kEmployment, 1200).Pays("F", "C", Mechanism::kSupply, 730);
  g.Pays("C", "H2", Mechanism::kOrder, 365);
  NodeOf(g.records, "F").valid.to = *Date::Parse("2020-07-01");
  const ViewText year = {.period = {{"2020-01-01", "2021-01-01"}}};
  const Answer ledger(g.records, {}, year);
  ledger.Expect("benefit_yuan", {{"H1", 1200 * 181 / 365.}, {"H2", 365}});
  ledger.Expect("throughput_yuan", {{"F", 1810}, {"C", 365}});
  ledger.Expect("injected_yuan", {{"F", 1810}});
  ExpectLedgerBalances(ledger.result(), ledger.snapshot());
  FlowGraph s;
  s.Node("F", NodeKind::kFirm, 3650).Shares("F", "H1", Mechanism::kEmployment, .4);
  NodeOf(s.records, "F").valid.to = *Date::Parse("2020-07-01");
  const Answer share(s.records, kShareMode, year);
  share.Expect("benefit_yuan", {{"H1", 1810 * .4}});
}

TEST(Payers, TheLongFormFinishesItsProgressAndBooksItsRows) {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 1e9);
  for (int i = 0; i < 3000; ++i) g.Pays("F", Cat("H", i), Mechanism::kEmployment, 10);
  const AnalysisInput input = ToInput(g.records);
  const BenefitFlowOptions options{.decompose = {Decomposition::kPayer}};
  RunContext context({.threads = 1});
  const std::uint64_t booked = FlowModel::EstimateBytes(input.snapshot(), {});
  ASSERT_TRUE(RunBenefitFlow(input, options, context).ok());
  EXPECT_EQ(context.completed(), context.total());
  RunContext tight({.threads = 1, .memory_bytes = booked + 10000});
  const auto refused = RunBenefitFlow(input, options, tight);
  ASSERT_FALSE(refused.ok()) << "3000 rows take more";
  EXPECT_EQ(GetErrorDetail(refused.status())->reason, Reason::kMemoryExhausted);
}

// Two pools that pay one another all but a 10^16th: the payer behind cannot be told.
TEST(Payers, WhoCannotBeToldIsAnErrorAndACancelIsHeard) {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 1).Node("A", NodeKind::kLand).Node("B", NodeKind::kLand);
  g.Pays("F", "A", Mechanism::kLandTransfer, 1);
  g.Pays("A", "B", Mechanism::kLandTransfer, 4e15).Pays("B", "A", Mechanism::kLandTransfer, 4e15);
  g.Pays("A", "H1", Mechanism::kLandTransfer, 1);
  const AnalysisInput input = ToInput(g.records);
  RunContext context;
  const auto model = FlowModel::Build(input.view, {}, context);
  ASSERT_TRUE(model.ok());
  const auto payer = model->LargestPayer(input.snapshot().FindNode("H1"), true, context);
  ASSERT_FALSE(payer.ok());
  EXPECT_EQ(GetErrorDetail(payer.status())->reason, Reason::kDiverges);
}

TEST(Books, TakeNoMoreThanTheirElements) {
  RandomGraphOptions random;
  random.seed = 11;
  random.nodes = 700;
  random.links = 3000;
  random.mechanisms = true;
  random.amounts = true;
  random.attributes = true;
  const AnalysisInput input = ToInput(RandomGraph(random));
  RunContext context;
  const auto model = FlowModel::Build(input.view, {}, context);
  ASSERT_TRUE(model.ok());
  const std::uint64_t payers = model->payer_count(), nodes = input.snapshot().node_count();
  std::uint64_t columns = 0;
  for (const SparseColumn* column :
       {&model->injections(), &model->unexplaineds(), &model->retaineds(), &model->leakeds()}) {
    columns += column->keys().size() * 12;
    columns += column->keys().empty() ? 0 : (payers + 63) / 64 * 12;
  }
  EXPECT_EQ(model->memory_bytes(),
            payers * (4 + 1 + 2 * 8) + nodes * 4 + (3000 + 63) / 64 * 8 + columns);
  EXPECT_LE(model->memory_bytes(), FlowModel::EstimateKeptBytes(input.snapshot()));
  EXPECT_LE(FlowModel::EstimateKeptBytes(input.snapshot()),
            FlowModel::EstimateBytes(input.snapshot(), {}));
}

}  // namespace
}  // namespace lianjie::testing
