// Degrees against counting links one by one.
#include "engine/centrality/degree.h"

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie {
namespace {

using testing::FromArcs;
using testing::NumberOf;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

AnalysisResult Degrees(const AnalysisInput& input, const DegreeOptions& options, int threads = 2) {
  RunContext context(
      {.threads = threads, .memory_bytes = EstimateDegreeBytes(input, options), .deadline = {}});
  auto result = RunDegree(input, options, context);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(context.completed(), context.total());
  EXPECT_EQ(context.memory_used(), 0u);
  return *std::move(result);
}

TEST(Degree, EqualsCountingOnRandomMultigraphs) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const testing::OracleCase made = testing::MakeCase(seed);
    const AnalysisInput input = ToInput(made.records, made.view);
    for (const Direction direction : testing::kDirections) {
      for (const char* weight : testing::kWeights) {
        SCOPED_TRACE(
            Cat("seed ", seed, ", direction ", static_cast<int>(direction), ", weight ", weight));
        const testing::OracleGraph graph = testing::MakeOracle(input, direction, weight);
        std::vector<double> expected(graph.nodes.size(), 0.0);
        for (const testing::OracleArc& arc : graph.arcs) expected[arc.from] += arc.weight;
        const AnalysisResult result = Degrees(input, {.direction = direction, .weight = weight});
        ASSERT_EQ(result.table.Find("node")->indices, graph.nodes);
        ASSERT_EQ(result.table.Find("score")->numbers, expected);
      }
    }
  }
}

TEST(Degree, CountsASelfLoopTwiceUndirected) {
  // A pays itself 5 and B 2 and 3, C stands alone.
  const testing::GraphRecords records =
      FromArcs({{"A", "A", 5}, {"A", "B", 2}, {"A", "B", 3}}, testing::Amount::kWeight, {"C"});
  const AnalysisInput input = ToInput(records);
  const AnalysisResult counts = Degrees(input, {});
  EXPECT_EQ(NumberOf(counts, input.snapshot(), "A", "score"), 4);
  EXPECT_EQ(NumberOf(counts, input.snapshot(), "A", "in_count"), 1);
  EXPECT_EQ(NumberOf(counts, input.snapshot(), "A", "out_count"), 3);
  EXPECT_EQ(NumberOf(counts, input.snapshot(), "B", "score"), 2);
  EXPECT_EQ(NumberOf(counts, input.snapshot(), "C", "score"), 0);
  EXPECT_EQ(SummaryNumber(counts, "link_count"), 3);
  EXPECT_EQ(SummaryNumber(counts, "self_loop_count"), 1);
  EXPECT_EQ(SummaryNumber(counts, "isolated_count"), 1);
  EXPECT_EQ(SummaryNumber(counts, "sum_score"), 6);  // twice the links
  const AnalysisResult strengths = Degrees(input, {.weight = "weight"});
  EXPECT_EQ(NumberOf(strengths, input.snapshot(), "A", "score"), 15);
  EXPECT_EQ(NumberOf(strengths, input.snapshot(), "A", "in_strength"), 5);
  EXPECT_EQ(NumberOf(strengths, input.snapshot(), "A", "out_strength"), 10);
}

// What is not known adds 1 where the column is free, and nothing where it is money; in a period
// money counts by days.
TEST(Degree, SaysWhatWeightsMiss) {
  testing::GraphRecords records =
      FromArcs({{"A", "B", 1200}, {"A", "B", 3000}, {"A", "C", 0}}, testing::Amount::kPaid);
  testing::LinkOf(records, "l0").valid.from = *Date::FromCivil(2020, 7, 1);
  testing::LinkOf(records, "l1").valid = {*Date::FromCivil(2020, 3, 1),
                                          *Date::FromCivil(2020, 6, 1)};
  testing::LinkOf(records, "l2").paid_yuan.reset();
  const AnalysisInput input = ToInput(records, {.period = {{"2020-01-01", "2021-01-01"}}});
  const AnalysisResult paid =
      Degrees(input, {.direction = Direction::kForward, .weight = "paid_yuan"});
  EXPECT_NEAR(NumberOf(paid, input.snapshot(), "A", "score"), 604.9315 + 3000, 1e-4);
  EXPECT_EQ(SummaryNumber(paid, "links_without_weight"), 1);
  ASSERT_EQ(paid.warnings.size(), 1u);
  EXPECT_EQ(paid.warnings.front(), "1 link has no paid_yuan; it counts as 0.");
  const AnalysisResult free =
      Degrees(input, {.direction = Direction::kForward, .weight = "weight"});
  EXPECT_EQ(NumberOf(free, input.snapshot(), "A", "score"), 3);
}

TEST(Degree, RefusesByName) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B", -1}}));
  RunContext context;
  const auto negative = GetErrorDetail(RunDegree(input, {.weight = "weight"}, context).status());
  ASSERT_TRUE(negative.has_value());
  EXPECT_EQ(negative->field, "weight");
  EXPECT_EQ(negative->metadata.at("link"), "l0");
  EXPECT_EQ(GetErrorDetail(RunDegree(input, {.weight = "paid"}, context).status())->field,
            "weight");
}

TEST(Degree, SameBytesAtAnyNumberOfThreadsAndOrderOfFilling) {
  testing::RandomGraphOptions graph;
  graph.nodes = 5000;
  graph.links = 20000;
  graph.amounts = true;
  graph.regions = true;
  const testing::GraphRecords records = RandomGraph(graph);
  const DegreeOptions options{.weight = "paid_yuan"};
  const std::string bytes = ResultBytes(Degrees(ToInput(records), options, 1));
  EXPECT_EQ(bytes, ResultBytes(Degrees(ToInput(records), options, 2)));
  EXPECT_EQ(bytes,
            ResultBytes(Degrees(ToInput(testing::ToShuffledSnapshot(records, 3)), options, 2)));
}

}  // namespace
}  // namespace lianjie
