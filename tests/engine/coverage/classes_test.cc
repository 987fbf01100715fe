// Every class and reason by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "tests/engine/coverage/fixtures.h"

namespace lianjie::testing {
namespace {

using ::testing::HasSubstr;

// F (f 1000) is the market; each test adds to it.
GraphRecords Market() {
  GraphRecords g;
  g.nodes = {MakeNode("F", NodeKind::kFirm, 100000), MakeNode("A", NodeKind::kAgency, 1000),
             MakeNode("G", NodeKind::kFirm), MakeHousehold("H")};
  g.lines = {MakeLine("", 2019, 1000)};
  return g;
}

GraphRecords With(GraphRecords g, std::vector<Pay> pays) {
  for (const Pay& pay : pays) g.links.push_back(MakeLink(pay));
  return g;
}

TEST(Unbound, ReasonsOne) {
  EXPECT_EQ(Judge(Market(), "H"), "L0 NO_LINK");
  EXPECT_EQ(Judge(With(Market(), {{"a", "A", "H", Mechanism::kService, {}, {}}}), "H"),
            "L0 SUPPORT_ONLY");
  EXPECT_EQ(Judge(With(Market(), {{"a", "H", "G", Mechanism::kSupply, 10, {}}}), "H"),
            "L0 PAYS_ONLY");
  EXPECT_EQ(Judge(With(Market(), {{"a", "H", "G", Mechanism::kTrusteeship, 10, {}}}), "H"),
            "L0 PAYS_ONLY");
  EXPECT_EQ(Judge(With(Market(), {{"a", "F", "H", Mechanism::kSupply, 9000, {}}}), "H"),
            "L0 MARKET_ONLY");
  EXPECT_EQ(Judge(With(Market(), {{"a", "F", "H", Mechanism::kConsumption, 9000, {}}}), "H"),
            "L0 MARKET_ONLY");
  EXPECT_EQ(Judge(With(Market(), {{"a", "A", "H", Mechanism::kTransfer, 9000, {}}}), "H"),
            "L0 RELIEF_ONLY");
  EXPECT_EQ(Judge(With(Market(), {{"a", "G", "H", Mechanism::kInsurance, 9000, {}}}), "H"),
            "L0 RELIEF_ONLY");
}

TEST(Unbound, PrecedenceOfReasons) {
  const Pay service = {"s", "A", "H", Mechanism::kService, {}, {}};
  const Pay fee = {"f", "H", "G", Mechanism::kSupply, 1, {}};
  const Pay sale = {"m", "F", "H", Mechanism::kSupply, 5, {}};
  const Pay relief = {"r", "A", "H", Mechanism::kTransfer, 5, {}};
  EXPECT_EQ(Judge(With(Market(), {service, fee, sale, relief}), "H"), "L0 SUPPORT_ONLY");
  EXPECT_EQ(Judge(With(Market(), {fee, sale, relief}), "H"), "L0 MARKET_ONLY");
  EXPECT_EQ(Judge(With(Market(), {fee, relief}), "H"), "L0 RELIEF_ONLY");
  GraphRecords lapsed = With(Market(), {service, fee, sale, relief, {"o", "F", "H"}});
  LinkOf(lapsed, "o").status = LinkStatus::kSuspended;
  EXPECT_EQ(Judge(lapsed, "H"), "L0 LAPSED");
  // A lapsed sale is told only where nothing else is left.
  GraphRecords sold = With(Market(), {sale, relief});
  LinkOf(sold, "m").status = LinkStatus::kEnded;
  EXPECT_EQ(Judge(sold, "H"), "L0 RELIEF_ONLY");
  LinkOf(sold, "r").status = LinkStatus::kEnded;
  EXPECT_EQ(Judge(sold, "H"), "L0 LAPSED");
}

TEST(Unbound, DatesDecideWhatLapsed) {
  GraphRecords g = With(Market(), {{"o", "F", "H", Mechanism::kOrder, 9000, {}}});
  g.lines = {MakeLine("", 2010, 1000)};
  LinkOf(g, "o").valid = {*Date::Parse("2018-01-01"), *Date::Parse("2020-06-01")};
  EXPECT_EQ(Judge(g, "H", Everyone(), {.as_of = "2017-12-31"}), "L0 NO_LINK");
  EXPECT_EQ(Judge(g, "H", Everyone(), {.as_of = "2018-01-01"}), "L4 SINGLE_PAYER");
  EXPECT_EQ(Judge(g, "H", Everyone(), {.as_of = "2020-05-31"}), "L4 SINGLE_PAYER");
  EXPECT_EQ(Judge(g, "H", Everyone(), {.as_of = "2020-06-01"}), "L0 LAPSED");
  EXPECT_EQ(Judge(g, "H", Everyone(), {.period = {{"2020-06-01", "2020-12-31"}}}), "L0 LAPSED");
  EXPECT_EQ(Judge(g, "H", Everyone(), {.period = {{"2020-05-01", "2020-12-31"}}}),
            "L4 SINGLE_PAYER");
  const auto snapshot = ToSnapshot(g);
  EXPECT_THAT(RowOf(ListLeftOut(g, {}, {.as_of = "2020-06-01"}), *snapshot, "H").evidence,
              HasSubstr("Its ORDER link o from F ended on 2020-06-01."));
  LinkOf(g, "o").valid = {};
  NodeOf(g, "F").valid.to = *Date::Parse("2019-07-01");
  EXPECT_THAT(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").evidence,
              HasSubstr("lapsed when F ceased on 2019-07-01"));
}

TEST(Unbound, ServiceWithMoneyBinds) {
  EXPECT_EQ(Judge(With(Market(), {{"a", "A", "H", Mechanism::kService, 1000, {}}}), "H"),
            "L4 SINGLE_PAYER");
  EXPECT_EQ(Judge(With(Market(), {{"a", "A", "H", Mechanism::kService, {}, 50}}), "H"),
            "L2 ARREARS");
}

TEST(Unbound, ConsumptionThatIsDrivenBinds) {
  GraphRecords g = With(Market(), {{"a", "F", "H", Mechanism::kConsumption, 500, {}}});
  EXPECT_EQ(Judge(g, "H"), "L0 MARKET_ONLY");
  LinkOf(g, "a").driver = Driver::kSocial;
  EXPECT_EQ(Judge(g, "H"), "L3 BELOW_LINE");
}

TEST(Unreached, ChainsWithoutAMarket) {
  GraphRecords g = With(Market(), {{"o", "G", "H"}});
  EXPECT_EQ(Judge(g, "H"), "L1 DEAD_END");
  EXPECT_THAT(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").evidence, HasSubstr("nobody pays G"));
  // A circle of payers is a dead end too.
  g.nodes.push_back(MakeNode("K", NodeKind::kFirm));
  g = With(
      g, {{"x", "G", "K", Mechanism::kSupply, 5, {}}, {"y", "K", "G", Mechanism::kSupply, 5, {}}});
  EXPECT_EQ(Judge(g, "H"), "L1 DEAD_END");
  EXPECT_THAT(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").evidence, HasSubstr("goes round at G"));
  // One link from the market, even without an amount, and it is reached.
  g = With(g, {{"z", "F", "K", Mechanism::kSupply, {}, {}}});
  EXPECT_EQ(Judge(g, "H"), "L2 ARREARS");
}

TEST(Unpaid, DormantPayers) {
  GraphRecords g = With(Market(), {{"o", "F", "H", Mechanism::kOrder, 0, 300}});
  EXPECT_EQ(Judge(g, "H"), "L2 ARREARS");
  NodeOf(g, "F").operating_status = OperatingStatus::kDormant;
  EXPECT_EQ(Judge(g, "H"), "L2 DORMANT_PAYER");
  EXPECT_THAT(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").evidence,
              HasSubstr("F should pay it by ORDER link o, but is DORMANT; promised are 300 yuan"));
  // A second payer who works is in arrears.
  g = With(g, {{"p", "G", "H", Mechanism::kOrder, 0, 100}});
  EXPECT_EQ(Judge(g, "H"), "L2 ARREARS");
}

TEST(Unpaid, DormantBehindLand) {
  GraphRecords g = Market();
  g.nodes.push_back(MakeNode("L", NodeKind::kLand));
  NodeOf(g, "F").operating_status = OperatingStatus::kRevoked;
  g = With(g, {{"r", "F", "L", Mechanism::kLandTransfer, 0, 300},
               {"s", "L", "H", Mechanism::kLandTransfer, 0, 300}});
  EXPECT_EQ(Judge(g, "H"), "L2 DORMANT_PAYER");
}

TEST(Unpaid, OwnPaymentsTookIt) {
  const GraphRecords g = With(Market(), {{"o", "F", "H", Mechanism::kOrder, 600, {}},
                                         {"s", "H", "G", Mechanism::kSupply, 700, {}}});
  EXPECT_EQ(Judge(g, "H"), "L2 ARREARS");
  EXPECT_THAT(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").evidence,
              HasSubstr("paid it 600 yuan, the largest of them ORDER link o from F, and its own "
                        "payments took all of it"));
}

TEST(BelowLine, MinimumGoesFirst) {
  GraphRecords g = With(Market(), {{"o", "F", "H", Mechanism::kOrder, 900, {}}});
  NodeOf(g, "H").persons = 2;
  g.lines = {MakeLine("", 2019, 400, 500)};
  EXPECT_EQ(Judge(g, "H"), "L3 BELOW_MINIMUM");
  EXPECT_THAT(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").evidence,
              HasSubstr("for 2 persons is 100 yuan short of the least benefit of 500 yuan a head"));
  EXPECT_EQ(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").gap, 0);
  g.lines = {MakeLine("", 2019, 500, 500)};
  EXPECT_EQ(Judge(g, "H"), "L3 BELOW_MINIMUM");
  EXPECT_EQ(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").gap, 100);
  g.lines = {MakeLine("", 2019, 500, 450)};
  EXPECT_EQ(Judge(g, "H"), "L3 BELOW_LINE");
  g.lines = {MakeLine("", 2019, {}, 450)};
  EXPECT_EQ(Judge(g, "H"), "L4 SINGLE_PAYER");
}

TEST(BelowLine, IncomeCountsOnceAndOnlyUpToTheYear) {
  GraphRecords g = With(Market(), {{"o", "F", "H", Mechanism::kOrder, 900, {}}});
  g.lines = {MakeLine("", 2019, 5000)};
  NodeRecord& h = NodeOf(g, "H");
  h.income_year = 2020;
  h.income_wage_yuan = 4000;
  h.income_operating_yuan = 900;  // the order
  EXPECT_EQ(Judge(g, "H"), "L3 BELOW_LINE");
  const LeftOutRow row = RowOf(ListLeftOut(g), *ToSnapshot(g), "H");
  EXPECT_EQ(row.base, 4000);
  EXPECT_EQ(row.gap, 100);
  EXPECT_TRUE(row.income_known);
  h.income_property_yuan = 100;
  EXPECT_EQ(Judge(g, "H"), "L4 SINGLE_PAYER");
  h.income_transfer_yuan = 900;  // base alone suffices, whoever leaves
  EXPECT_EQ(Judge(g, "H"), "L5");
  h.income_year = 2021;  // after the day asked about: not known
  const LeftOutRow later = RowOf(ListLeftOut(g), *ToSnapshot(g), "H");
  EXPECT_FALSE(later.income_known);
  EXPECT_EQ(later.base, 0);
  EXPECT_EQ(later.gap, 4100);
  h.income_year.reset();  // without a year it counts for every year
  EXPECT_EQ(Judge(g, "H"), "L5");
  h.income_year = 2019;
  h.income_operating_yuan = -20000;  // a bad year: base does not go below 0
  EXPECT_EQ(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").base, 0);
}

TEST(BelowLine, PeriodTakesItsPartOfTheYear) {
  GraphRecords g = With(Market(), {{"o", "F", "H", Mechanism::kOrder, 1000, {}}});
  g.lines = {MakeLine("", 2010, 3650)};
  NodeOf(g, "H").income_year = 2019;
  NodeOf(g, "H").income_wage_yuan = 3000;
  // 73 of 365 days: benefit 200, income 600, line 730.
  const ViewText fifth = {.period = {{"2021-01-01", "2021-03-15"}}};
  const LeftOutRow row = RowOf(ListLeftOut(g, {}, fifth), *ToSnapshot(g), "H");
  EXPECT_NEAR(row.benefit, 200, 1e-9);
  EXPECT_NEAR(row.base, 400, 1e-9);
  EXPECT_NEAR(row.line, 730, 1e-9);
  EXPECT_NEAR(row.gap, 130, 1e-9);
}

TEST(Fragile, PayersBehindLandAndFundsAreNamed) {
  GraphRecords g = Market();
  g.nodes.push_back(MakeNode("L", NodeKind::kLand));
  g = With(g, {{"a", "F", "L", Mechanism::kLandTransfer, 3000, {}},
               {"b", "G", "L", Mechanism::kLandTransfer, 1000, {}},
               {"c", "L", "H", Mechanism::kLandTransfer, 2000, {}}});
  // G has no recorded money of its own and still pays: F gives 1500 of the 2000, G 500.
  EXPECT_EQ(Judge(g, "H"), "L4 DEPENDENT");
  const LeftOutRow row = RowOf(ListLeftOut(g), *ToSnapshot(g), "H");
  EXPECT_EQ(row.payer, "F");
  EXPECT_THAT(row.evidence, HasSubstr("Without F it keeps 500 yuan of 2000 yuan"));
}

TEST(Fragile, ParallelLinksOfOnePayerAddUp) {
  GraphRecords g = With(Market(), {{"a", "F", "H", Mechanism::kOrder, 600, {}},
                                   {"b", "F", "H", Mechanism::kEmployment, 600, {}},
                                   {"c", "G", "H", Mechanism::kEmployment, 900, {}}});
  EXPECT_EQ(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").payer, "F");
  EXPECT_EQ(Judge(g, "H"), "L4 DEPENDENT");
  LinkOf(g, "c").paid_yuan = 1000;
  EXPECT_EQ(Judge(g, "H"), "L5");
}

// H2's own sales pay H: no organisation is behind it.
TEST(Fragile, AHouseholdThatPaysOutOfItsOwnMoneyIsThePayer) {
  GraphRecords g = Market();
  g.nodes.push_back(MakeHousehold("H2"));
  NodeOf(g, "H2").outside_revenue_yuan = 5000;
  g = With(g, {{"w", "H2", "H", Mechanism::kEmployment, 1500, {}}});
  EXPECT_EQ(Judge(g, "H"), "L4 SINGLE_PAYER");
  const LeftOutRow row = RowOf(ListLeftOut(g), *ToSnapshot(g), "H");
  EXPECT_EQ(row.payer, "H2");
  EXPECT_THAT(row.evidence, HasSubstr("All its benefit of 1500 yuan comes from H2"));
  // Money without any record is its own too; what a firm paid it is the firm's.
  NodeOf(g, "H2").outside_revenue_yuan.reset();
  EXPECT_EQ(Judge(g, "H"), "L4 SINGLE_PAYER");
  g = With(g, {{"o", "F", "H2", Mechanism::kOrder, 1200, {}}});
  EXPECT_EQ(Judge(g, "H"), "L4 DEPENDENT");
  EXPECT_EQ(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").payer, "F");
}

TEST(Unbound, WhatWasNeverInForceDidNotLapse) {
  GraphRecords g = With(Market(), {{"o", "F", "H", Mechanism::kOrder, 9000, {}}});
  // The firm was gone before the contract began.
  NodeOf(g, "F").valid.to = *Date::Parse("2015-01-01");
  LinkOf(g, "o").valid = {*Date::Parse("2016-01-01"), *Date::Parse("2017-01-01")};
  EXPECT_EQ(Judge(g, "H"), "L0 NO_LINK");
  NodeOf(g, "F").valid.to = *Date::Parse("2016-06-01");
  EXPECT_EQ(Judge(g, "H"), "L0 LAPSED");
}

TEST(Unreached, ALongChainIsNotSaidToEndWhereTheWalkStops) {
  GraphRecords g = With(Market(), {{"o", "K0", "H"}});
  for (int i = 0; i < 80; ++i) {
    g.nodes.push_back(MakeNode(Cat("K", i), NodeKind::kFirm));
    if (i > 0) g = With(g, {{Cat("k", i), Cat("K", i), Cat("K", i - 1), Mechanism::kSupply}});
  }
  EXPECT_EQ(Judge(g, "H"), "L1 DEAD_END");
  EXPECT_THAT(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").evidence,
              HasSubstr("the chain goes on to K64, 64 payers up"));
  // Just as long as the walk: it does end.
  LinkOf(g, "k64").status = LinkStatus::kEnded;
  EXPECT_THAT(RowOf(ListLeftOut(g), *ToSnapshot(g), "H").evidence,
              HasSubstr("the chain ends at K63"));
}

// A payer that ceases within the period pays for the days until then.
TEST(BelowLine, PayersThatCeasedPayUntilThen) {
  GraphRecords g = With(Market(), {{"o", "F", "H", Mechanism::kEmployment, 1200, {}}});
  NodeOf(g, "F").valid.to = *Date::Parse("2020-07-01");
  const ViewText year = {.period = {{"2020-01-01", "2021-01-01"}}};
  EXPECT_NEAR(RowOf(ListLeftOut(g, {}, year), *ToSnapshot(g), "H").benefit, 1200 * 181 / 365.,
              1e-9);
}

absl::Status ErrorOf(const GraphRecords& g, const LeftOutOptions& options = {},
                     const ViewText& view = {}) {
  RunContext context;
  return RunLeftOut(ToInput(g, view), options, context).status();
}

TEST(Targets, DefaultAndFilter) {
  GraphRecords g = Market();
  NodeOf(g, "H").registration = Registration::kGeneral;
  NodeOf(g, "H").persons.reset();  // no target: no matter
  EXPECT_EQ(Judge(g, "H"), "");
  NodeOf(g, "H").registration = Registration::kUnspecified;
  EXPECT_EQ(Judge(g, "H"), "");
  LeftOutOptions options = Everyone();
  options.households.target = "persons >= 3";
  NodeOf(g, "H").persons = 3;
  EXPECT_EQ(Judge(g, "H", options), "L0 NO_LINK");
  NodeOf(g, "H").persons = 2;
  EXPECT_EQ(Judge(g, "H", options), "");
  NodeOf(g, "H").monitoring = Monitoring::kMarginal;
  EXPECT_EQ(Judge(g, "H"), "L0 NO_LINK");
  // Organisations are never targets, whatever the filter lets through.
  options.households.target = "id != \"H\"";
  EXPECT_EQ(ListLeftOut(g, options).table.row_count(), 0u);
}

TEST(Targets, MissingPersonsNamesTheHousehold) {
  GraphRecords g = Market();
  NodeOf(g, "H").persons.reset();
  const absl::Status status = ErrorOf(g);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  const auto detail = GetErrorDetail(status);
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->reason, Reason::kMissingField);
  EXPECT_EQ(detail->field, "persons");
  EXPECT_EQ(detail->metadata.at("node"), "H");
  NodeOf(g, "H").persons = 0;
  EXPECT_FALSE(ErrorOf(g).ok());
}

TEST(Options, ErrorsNameTheField) {
  LeftOutOptions options;
  options.households.target = "no_such_field = 1";
  auto detail = GetErrorDetail(ErrorOf(Market(), options));
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->field, "target");
  EXPECT_EQ(detail->reason, Reason::kInvalidFilter);

  options = {};
  options.households.lines =
      std::vector<LineRecord>{MakeLine("", 2019, 100), MakeLine("", 2018, -1)};
  detail = GetErrorDetail(ErrorOf(Market(), options));
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->field, "lines.line_yuan");
  EXPECT_EQ(detail->row, 1);

  options = {};
  options.households.mode = FlowMode::kTerms;
  EXPECT_EQ(ErrorOf(Market(), options).code(), absl::StatusCode::kUnimplemented);

  detail = GetErrorDetail(ErrorOf(Market(), {}, {.links = "mechanism = ORDER"}));
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->reason, Reason::kInvalidFilter);

  CoverageOptions coverage;
  coverage.level = 6;
  RunContext context;
  detail = GetErrorDetail(RunCoverage(ToInput(Market()), coverage, context).status());
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->field, "level");
}

TEST(Options, CancelledRunsEnd) {
  RunContext context;
  context.Cancel();
  EXPECT_EQ(RunLeftOut(ToInput(LedgerGolden(100)), {}, context).status().code(),
            absl::StatusCode::kCancelled);
  RunContext other;
  other.Cancel();
  EXPECT_EQ(RunCoverage(ToInput(LedgerGolden(100)), {}, other).status().code(),
            absl::StatusCode::kCancelled);
}

TEST(Options, EstimatesCoverWhatIsBooked) {
  const AnalysisInput input = ToInput(LedgerGolden(100));
  for (const FlowMode mode : {FlowMode::kLedger, FlowMode::kShare}) {
    CoverageOptions coverage;
    coverage.households.mode = mode;
    RunContext context({.memory_bytes = EstimateCoverageBytes(input, coverage)});
    EXPECT_TRUE(RunCoverage(input, coverage, context).ok());
    LeftOutOptions left_out;
    left_out.households.mode = mode;
    RunContext other({.memory_bytes = EstimateLeftOutBytes(input, left_out)});
    EXPECT_TRUE(RunLeftOut(input, left_out, other).ok());
  }
  RunContext small({.memory_bytes = 10});
  EXPECT_EQ(RunCoverage(input, {}, small).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace lianjie::testing
