// The search for paths where cycles are large: it ends when there is nothing more to find, by count
// of what it grew and not by the clock; and its memory.
#include "engine/flow/path_search.h"

#include <cstdio>
#include <string>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/flow/flow_fixtures.h"

namespace lianjie::testing {
namespace {

std::string Firm(std::uint64_t i) { return Cat("F", i); }

// Firms in one cycle, each paying the next and three of any others; each retains `exit`. F0 has
// the injection and pays H1 a tenth.
GraphRecords TangledFirms(std::uint64_t count, double exit, std::uint64_t seed) {
  Random random(seed);
  FlowGraph g;
  for (std::uint64_t i = 0; i < count; ++i) {
    NodeRecord node;
    node.id = Firm(i);
    node.kind = NodeKind::kFirm;
    if (i == 0) node.outside_revenue_yuan = 1000;
    g.records.nodes.push_back(std::move(node));
  }
  NodeRecord household;
  household.id = "H1";
  household.kind = NodeKind::kHousehold;
  g.records.nodes.push_back(std::move(household));
  const auto pay = [&g](std::string source, std::string target, double share) {
    LinkRecord link;
    link.id = Cat("l", g.records.links.size());
    link.source = std::move(source);
    link.target = std::move(target);
    link.mechanism = link.target.front() == 'H' ? Mechanism::kEmployment : Mechanism::kSupply;
    link.share = share;
    link.share_of = ShareOf::kReceipts;
    g.records.links.push_back(std::move(link));
  };
  for (std::uint64_t i = 0; i < count; ++i) {
    const double rest = (1 - exit) * (i == 0 ? .9 : 1.0);
    pay(Firm(i), Firm((i + 1) % count), rest / 4);
    for (int k = 0; k < 3; ++k) pay(Firm(i), Firm(random.Below(count)), rest / 4);
    if (i == 0) pay(Firm(0), "H1", (1 - exit) * .1);
  }
  return g.records;
}

struct Searched {
  std::uint64_t paths = 0, grown = 0;
  double yuan = 0;
  PathLimit limit = PathLimit::kNone;
};

Searched SearchAll(const AnalysisInput& input, const char* household, std::uint64_t most) {
  RunContext context({.threads = 1});
  const NodeIndex h = input.snapshot().FindNode(household);
  const auto model = FlowModel::Build(input.view, {.mode = FlowMode::kShare}, context);
  EXPECT_TRUE(model.ok()) << model.status();
  const auto up = Upstream::Make(*model, h, context);
  EXPECT_TRUE(up.ok()) << up.status();
  PathSearch search(*model, **up, h, context);
  Searched out;
  BenefitPath path;
  while (out.paths < most) {
    const auto found = search.Next(path);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || !*found) break;
    ++out.paths;
    out.yuan += path.benefit_yuan;
  }
  out.grown = search.grown();
  out.limit = search.limit();
  return out;
}

class TangledCycle : public ::testing::TestWithParam<std::uint64_t> {};
// Solved by dense visits, by elimination, by iteration.
INSTANTIATE_TEST_SUITE_P(Sizes, TangledCycle, ::testing::Values(200, 1000, 3000));

TEST_P(TangledCycle, OnePathIsFoundAndNothingElseIsGrown) {
  const AnalysisInput input = ToInput(TangledFirms(GetParam(), .2, 1));
  const Searched all = SearchAll(input, "H1", 1000);
  EXPECT_EQ(all.paths, 1u);
  EXPECT_LE(all.grown, 4u) << "prefixes that lead nowhere are not grown";
  EXPECT_EQ(all.limit, PathLimit::kNone);
  const AnalysisResult result = Explain(input, {.node = "H1", .k = 50, .mode = FlowMode::kShare});
  EXPECT_FALSE(result.truncated) << result.truncation_reason;
  EXPECT_EQ(SummaryNumber(result, "path_count"), 1);
  EXPECT_NEAR(SummaryNumber(result, "covered_share"), 1, 1e-12);
}

// Money hardly ever leaves the cycle: what counts is still what comes to the household.
TEST_P(TangledCycle, AlsoWhereMoneyHardlyEverLeaves) {
  const AnalysisInput input = ToInput(TangledFirms(GetParam(), .001, 2));
  const Searched all = SearchAll(input, "H1", 1000);
  EXPECT_EQ(all.paths, 1u);
  EXPECT_LE(all.grown, 50u);
  EXPECT_EQ(all.limit, PathLimit::kNone);
}

TEST(PathSearch, ACycleBehindThePayerTakesNoPart) {
  GraphRecords records = TangledFirms(1000, .2, 3);
  // The injection comes in before the cycle, at a firm that F0 never pays back.
  NodeOf(records, "F0").outside_revenue_yuan.reset();
  FlowGraph g;
  g.records = records;
  g.Node("S", NodeKind::kFirm, 1000);
  g.Shares("S", "F500", Mechanism::kSupply, .5).Shares("S", "H2", Mechanism::kEmployment, .3);
  const AnalysisInput input = ToInput(g.records);
  const Searched two = SearchAll(input, "H2", 1000);
  EXPECT_EQ(two.paths, 1u);
  EXPECT_LE(two.grown, 1u);
  EXPECT_NEAR(two.yuan, 300, 1e-9);
}

// Many paths: the largest come out after a number of steps that their own number explains.
TEST(PathSearch, TheLargestOfManyPathsComeSoon) {
  GraphRecords records = TangledFirms(2000, .001, 4);
  // A household at the far side of the tangle.
  FlowGraph g;
  g.records = std::move(records);
  g.Shares("F1000", "H2", Mechanism::kEmployment, .0005);
  const AnalysisInput input = ToInput(g.records);
  const Searched some = SearchAll(input, "H2", 3);
  std::printf("%llu paths of %.3g yuan after %llu prefixes\n",
              static_cast<unsigned long long>(some.paths), some.yuan,
              static_cast<unsigned long long>(some.grown));
  EXPECT_EQ(some.paths, 3u);
  EXPECT_LE(some.grown, 1000u);
}

TEST(PathSearch, SmallGraphsAreExplainedInLittleMemory) {
  const AnalysisInput input = ToInput(ShareGolden());
  const ExplainBenefitOptions options{.node = "H1", .mode = FlowMode::kShare};
  EXPECT_LT(EstimateExplainBenefitBytes(input, options), std::uint64_t{1} << 21);
  RunContext context({.threads = 1, .memory_bytes = std::uint64_t{64} << 20});
  const auto result = RunExplainBenefit(input, options, context);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LE(context.memory_used(), EstimateExplainBenefitBytes(input, options));
  EXPECT_EQ(context.completed(), context.total());
}

TEST(PathSearch, BooksWhatItGrowsTo) {
  const AnalysisInput input = ToInput(TangledFirms(1000, .2, 1));
  RunContext context({.threads = 1, .memory_bytes = 400000});
  const auto result = RunExplainBenefit(input, {.node = "H1", .mode = FlowMode::kShare}, context);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(GetErrorDetail(result.status())->reason, Reason::kMemoryExhausted);
}

}  // namespace
}  // namespace lianjie::testing
