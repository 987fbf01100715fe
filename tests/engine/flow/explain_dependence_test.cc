// Paths and losses of the goldens, and their errors.
#include <cmath>
#include <string>
#include <vector>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/flow/flow_fixtures.h"

namespace lianjie::testing {
namespace {

using ::testing::ElementsAre;

constexpr double kExplainTolerance = 1e-9;

// "F>C>H1", one a path, in order.
std::vector<std::string> PathTexts(const AnalysisResult& result, const Snapshot& graph) {
  std::vector<std::string> texts;
  const Table& t = result.table;
  for (std::size_t row = 0; row < t.row_count(); ++row) {
    const std::string_view id = graph.NodeId(t.Find("node")->indices[row]);
    if (t.Find("step")->integers[row] == 0) {
      texts.emplace_back(id);
    } else {
      texts.back() += Cat(">", id);
    }
    EXPECT_EQ(t.Find("path")->integers[row], static_cast<std::int64_t>(texts.size()));
    const LinkIndex link = t.Find("link")->indices[row];
    if (link != kNoLink) {
      EXPECT_EQ(graph.NodeId(graph.links().target[link]), id);
    }
  }
  return texts;
}

std::vector<double> PathYuan(const AnalysisResult& result) {
  std::vector<double> yuan;
  const Table& t = result.table;
  for (std::size_t row = 0; row < t.row_count(); ++row) {
    if (t.Find("step")->integers[row] == 0) yuan.push_back(t.Find("benefit_yuan")->numbers[row]);
    EXPECT_EQ(t.Find("benefit_yuan")->numbers[row], yuan.back());
  }
  return yuan;
}

TEST(Explain, ShareGolden) {
  const AnalysisInput input = ToInput(ShareGolden());
  const AnalysisResult result = Explain(input, {.node = "H1", .mode = FlowMode::kShare});
  EXPECT_THAT(PathTexts(result, input.snapshot()),
              ElementsAre("F>C>H1", "F>H1", "V>C>H1", "V>C>F>H1"));
  const std::vector<double> yuan = PathYuan(result);
  const double expected[] = {12000 / 89., 9700 / 89., 1800 / 89., 120 / 89.};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(yuan[i], expected[i], kExplainTolerance);
  EXPECT_NEAR(SummaryNumber(result, "benefit_yuan"), 23620 / 89., kExplainTolerance);
  EXPECT_NEAR(SummaryNumber(result, "covered_share"), 1, 1e-12);
  EXPECT_FALSE(result.truncated);
}

TEST(Explain, LedgerGoldenAndFewerPaths) {
  const AnalysisInput input = ToInput(LedgerGolden89());
  const AnalysisResult result = Explain(input, {.node = "H1", .k = 2});
  EXPECT_THAT(PathTexts(result, input.snapshot()), ElementsAre("F>C>H1", "F>H1"));
  EXPECT_NEAR(PathYuan(result)[0], 12000, 1e-7);
  EXPECT_NEAR(SummaryNumber(result, "covered_share"), 21700 / 23620., 1e-12);
  const AnalysisResult none = Explain(input, {.node = "H4"});
  EXPECT_EQ(none.table.row_count(), 0u);
  EXPECT_TRUE(std::isnan(SummaryNumber(none, "covered_share")));
}

TEST(Explain, PassesHouseholdsThatPay) {
  const AnalysisInput input = ToInput(PayingHousehold(700));
  const AnalysisResult result = Explain(input, {.node = "Hh2"});
  EXPECT_THAT(PathTexts(result, input.snapshot()), ElementsAre("K>Hh>G>Hh2", "Hh>G>Hh2"));
  EXPECT_NEAR(PathYuan(result)[0], 50 * 6 / 7., kExplainTolerance);
  EXPECT_NEAR(SummaryNumber(result, "unexplained_yuan"), 50 / 7., kExplainTolerance);
}

TEST(Explain, OwnSalesParallelLinksAndCycles) {
  FlowGraph g;
  g.Node("H1", NodeKind::kHousehold, 300).Node("K", NodeKind::kFirm, 60);
  g.Pays("K", "H1", Mechanism::kOrder, 60).Pays("K", "H1", Mechanism::kOrder, 40);
  g.Pays("H1", "K", Mechanism::kSupply, 100).Pays("K", "H1", Mechanism::kEmployment, 60);
  const AnalysisInput input = ToInput(g.records);
  const AnalysisResult result = Explain(input, {.node = "H1", .k = 100});
  EXPECT_NEAR(SummaryNumber(result, "benefit_yuan"), 360, kExplainTolerance);
  EXPECT_NEAR(SummaryNumber(result, "covered_share"), 1, 1e-12);
  // Own sales; its wage out of its own money, K's wage; K's two orders.
  EXPECT_THAT(PathTexts(result, input.snapshot()),
              ElementsAre("H1", "H1>K>H1", "K>H1", "K>H1", "K>H1"));
}

TEST(Explain, StraightFromBeyondTheFilter) {
  const AnalysisInput input = ToInput(ToSnapshot(LedgerGolden89()), {.nodes = "kind != FIRM"});
  const AnalysisResult result = Explain(input, {.node = "H1", .k = 100});
  EXPECT_THAT(PathTexts(result, input.snapshot()), ElementsAre("C>H1", "H1", "V>C>H1"));
  EXPECT_NEAR(SummaryNumber(result, "benefit_yuan"), 23620, 1e-7);
  EXPECT_NEAR(SummaryNumber(result, "covered_share"), 1, 1e-12);
}

TEST(Explain, SaysWhatIsWrong) {
  const AnalysisInput input = ToInput(ShareGolden());
  const auto field = [&](const ExplainBenefitOptions& options) {
    RunContext context;
    const auto detail = GetErrorDetail(RunExplainBenefit(input, options, context).status());
    return detail ? Cat(ReasonName(detail->reason), " ", detail->field) : std::string();
  };
  EXPECT_EQ(field({.node = ""}), "MISSING_FIELD node");
  EXPECT_EQ(field({.node = "H1", .k = 0}), "INVALID_FIELD k");
  EXPECT_EQ(field({.node = "H1", .k = 10001}), "INVALID_FIELD k");
  EXPECT_EQ(field({.node = "C"}), "INVALID_FIELD node");
  EXPECT_EQ(field({.node = "nobody"}), "NODE_NOT_FOUND node");
  EXPECT_EQ(field({.node = "H1", .mode = FlowMode::kTerms}), "FEATURE_PLANNED mode");
}

std::vector<std::string> Losers(const AnalysisResult& result, const Snapshot& graph) {
  std::vector<std::string> ids;
  for (const NodeIndex n : result.table.Find("node")->indices) ids.emplace_back(graph.NodeId(n));
  return ids;
}

void ExpectLosses(const AnalysisResult& result, const Snapshot& graph, std::vector<double> losses) {
  EXPECT_EQ(result.table.row_count(), losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(NumberOf(result, graph, Cat("H", i + 1), "loss_yuan"), losses[i],
                kExplainTolerance * std::max(1.0, losses[i]));
  }
}

TEST(Dependence, ShareGolden) {
  const AnalysisInput input = ToInput(ShareGolden());
  const AnalysisResult c = Depend(input, {.organisation = "C", .mode = FlowMode::kShare});
  ASSERT_THAT(Losers(c, input.snapshot()), ElementsAre("H1", "H2", "H3"));
  EXPECT_NEAR(c.table.Find("loss_yuan")->numbers[0], 165.393, 5e-4);
  EXPECT_NEAR(c.table.Find("loss_yuan")->numbers[1], 108.539, 5e-4);
  EXPECT_NEAR(c.table.Find("loss_yuan")->numbers[2], 25.843, 5e-4);
  EXPECT_NEAR(SummaryNumber(c, "loss_yuan"), 299.775, 5e-4);
  const AnalysisResult all = Depend(input, {.mode = FlowMode::kShare});
  EXPECT_NEAR(NumberOf(all, input.snapshot(), "C", "loss_yuan"), 299.775, 5e-4);
  EXPECT_EQ(all.table.row_count(), 3u);
  EXPECT_EQ(SummaryNumber(all, "exact"), 1);
}

TEST(Dependence, LedgerGolden) {
  const AnalysisInput input = ToInput(LedgerGolden89());
  const auto losses = [&](const char* organisation) {
    return Depend(input, {.organisation = organisation});
  };
  const Snapshot& graph = input.snapshot();
  ExpectLosses(losses("F"), graph, {2130940 / 97., 1261870 / 97., 196400 / 97.});
  ExpectLosses(losses("C"), graph, {14720, 9660, 2300});
  ExpectLosses(losses("V"), graph, {53760 / 23., 35280 / 23., 11200});
  const AnalysisResult all = Depend(input);
  EXPECT_THAT(Losers(all, graph), ElementsAre("F", "C", "V"));
  EXPECT_NEAR(NumberOf(all, graph, "C", "loss_yuan"), 26680, 1e-6);
  EXPECT_NEAR(NumberOf(all, graph, "F", "loss_yuan"), (2130940 + 1261870 + 196400) / 97., 1e-6);
}

TEST(Dependence, SeesThroughConduitsAndAccounts) {
  FlowGraph g;
  g.Node("firm", NodeKind::kFirm, 100).Node("pool", NodeKind::kLand);
  g.Pays("firm", "pool", Mechanism::kLandTransfer, 80);
  g.Pays("pool", "H1", Mechanism::kLandTransfer, 80).Pays("H1", "G", Mechanism::kSupply, 30);
  const AnalysisInput input = ToInput(g.records);
  const AnalysisResult all = Depend(input);
  EXPECT_THAT(Losers(all, input.snapshot()), ElementsAre("firm", "G"));
  EXPECT_NEAR(all.table.Find("loss_yuan")->numbers[0], 80, kExplainTolerance);
}

TEST(Dependence, SaysWhatIsWrong) {
  const AnalysisInput input = ToInput(ShareGolden());
  RunContext context;
  EXPECT_EQ(GetErrorDetail(RunDependence(input, {.organisation = "H1"}, context).status())->field,
            "organisation");
  EXPECT_EQ(GetErrorDetail(RunDependence(input, {.organisation = "X"}, context).status())->reason,
            Reason::kNodeNotFound);
}

}  // namespace
}  // namespace lianjie::testing
