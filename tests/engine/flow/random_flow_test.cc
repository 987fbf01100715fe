// Seeded random multigraphs with parallel links, self-loops, cycles and payers without exit,
// against the dense oracle.
#include <cmath>
#include <cstdio>
#include <string>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_model.h"
#include "gtest/gtest.h"
#include "tests/engine/flow/dense_oracle.h"
#include "tests/engine/flow/flow_fixtures.h"

namespace lianjie::testing {
namespace {

constexpr std::uint64_t kSeeds = 200;
constexpr double kRandomTolerance = 1e-9;

GraphRecords Graph(std::uint64_t seed, bool share, std::uint32_t nodes = 0) {
  Random random(seed * 7919);
  RandomGraphOptions options;
  options.seed = seed;
  options.nodes = nodes != 0 ? nodes : static_cast<std::uint32_t>(random.Between(3, 40));
  options.links = options.nodes * static_cast<std::uint32_t>(random.Between(1, 5));
  options.mechanisms = true;
  options.amounts = true;
  options.shares = share;
  options.attributes = true;
  options.regions = true;
  options.hub_percent = static_cast<std::uint32_t>(random.Between(10, 90));
  GraphRecords records = RandomGraph(options);
  for (NodeRecord& node : records.nodes) {
    if (random.OneIn(5)) node.revenue_yuan = static_cast<double>(random.Below(9000));
  }
  return records;
}

FlowMode ModeOf(bool share) { return share ? FlowMode::kShare : FlowMode::kLedger; }

double Scale(double value) { return std::max(1.0, std::abs(value)); }

class RandomFlow : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Modes, RandomFlow, ::testing::Bool(), [](const auto& info) {
  return info.param ? std::string("Share") : std::string("Ledger");
});

TEST_P(RandomFlow, EqualsTheDenseSolveAndConserves) {
  const bool share = GetParam();
  int solved = 0, refused = 0;
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    const GraphRecords records = Graph(seed, share);
    const DenseOracle oracle(records, share);
    const AnalysisInput input = ToInput(records);
    BenefitFlowOptions options{.mode = ModeOf(share)};
    options.decompose = {Decomposition::kMechanism, Decomposition::kRole,   Decomposition::kTier,
                         Decomposition::kSource,    Decomposition::kSector, Decomposition::kDriver};
    RunContext context({.threads = 1});
    const auto result = RunBenefitFlow(input, options, context);
    if (oracle.trapped()) {
      ASSERT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition) << result.status();
      EXPECT_EQ(GetErrorDetail(result.status())->reason, Reason::kTrapped);
      EXPECT_FALSE(GetErrorDetail(result.status())->metadata.at("nodes").empty());
      ++refused;
      continue;
    }
    ASSERT_TRUE(result.ok()) << result.status();
    ++solved;
    const Eigen::MatrixXd tiers = oracle.ByTier();
    const auto near = [&](const std::string& id, const std::string& column, double expected,
                          double scale) {
      const double got = NumberOf(*result, input.snapshot(), id, column);
      worst = std::max(worst, std::abs(got - expected) / Scale(scale));
      ASSERT_NEAR(got, expected, kRandomTolerance * Scale(scale)) << column << " of " << id;
    };
    for (std::size_t i = 0; i < records.nodes.size(); ++i) {
      const NodeRecord& node = records.nodes[i];
      near(node.id, "benefit_yuan", oracle.benefit[i], oracle.benefit[i]);
      near(node.id, "retained_yuan", oracle.retained[i], oracle.x[i]);
      near(node.id, "leaked_yuan", oracle.leaked[i], oracle.x[i]);
      near(node.id, "direct_yuan", tiers(i, 1), oracle.benefit[i]);
      for (int tier = 1; tier <= 10; ++tier) {
        near(node.id, Cat("tier_", tier, "_yuan"), tiers(i, tier), oracle.benefit[i]);
      }
      if (node.kind == NodeKind::kHousehold) continue;
      near(node.id, "throughput_yuan", oracle.x[i], oracle.x[i]);
    }
    ExpectLedgerBalances(*result, input.snapshot());
    for (const char* prefix : {"mechanism_", "role_", "tier_", "source_", "sector_", "driver_"}) {
      ExpectPartsSum(*result, prefix);
    }
  }
  std::printf("%s: %d solved, %d refused as trapped, largest relative difference %.3g\n",
              share ? "share" : "ledger", solved, refused, worst);
  EXPECT_GT(solved, 50);
  if (share) {
    EXPECT_GT(refused, 3);
  }
}

TEST_P(RandomFlow, SourcesPayersAndNarrowBenefit) {
  const bool share = GetParam();
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    const GraphRecords records = Graph(seed, share, 12);
    const DenseOracle oracle(records, share);
    if (oracle.trapped()) continue;
    const AnalysisInput input = ToInput(records);
    const AnalysisResult result =
        Flow(input, {.mode = ModeOf(share), .decompose = {Decomposition::kSource}});
    for (std::size_t k = 0; k < records.nodes.size(); ++k) {
      if (oracle.f[k] == 0 || oracle.u[k] != 0) continue;
      const Eigen::VectorXd expected = oracle.OutOf(k);
      for (std::size_t h = 0; h < records.nodes.size(); ++h) {
        ASSERT_NEAR(NumberOf(result, input.snapshot(), records.nodes[h].id,
                             Cat("source_", records.nodes[k].id, "_yuan")),
                    expected[h], kRandomTolerance * Scale(oracle.x.sum()));
      }
    }
    RunContext context;
    const auto model = FlowModel::Build(input.view, {.mode = ModeOf(share)}, context);
    ASSERT_TRUE(model.ok());
    for (std::size_t h = 0; h < records.nodes.size(); ++h) {
      if (records.nodes[h].kind != NodeKind::kHousehold) continue;
      const NodeIndex n = input.snapshot().FindNode(records.nodes[h].id);
      for (const bool narrow : {false, true}) {
        double sum = 0;
        const auto parts = model->ListPayers(n, narrow, context);
        ASSERT_TRUE(parts.ok());
        for (const PayerPart& part : *parts) sum += part.yuan;
        const double expected = NumberOf(result, input.snapshot(), records.nodes[h].id,
                                         narrow ? "narrow_yuan" : "benefit_yuan");
        ASSERT_NEAR(sum, expected, kRandomTolerance * Scale(expected));
      }
    }
  }
}

TEST_P(RandomFlow, DependenceEqualsRemoving) {
  const bool share = GetParam();
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    const GraphRecords records = Graph(seed, share, 14);
    const DenseOracle oracle(records, share);
    if (oracle.trapped()) continue;
    const AnalysisInput input = ToInput(records);
    const AnalysisResult all = Depend(input, {.mode = ModeOf(share)});
    for (std::size_t k = 0; k < records.nodes.size(); ++k) {
      const NodeRecord& node = records.nodes[k];
      if (node.kind == NodeKind::kHousehold) continue;
      const Eigen::VectorXd lost = oracle.benefit - oracle.Without(k);
      const double total = NumberOf(all, input.snapshot(), node.id, "loss_yuan");
      const bool asset = node.kind == NodeKind::kLand || node.kind == NodeKind::kFund;
      if (asset && oracle.f[k] == 0) {
        EXPECT_TRUE(std::isnan(total)) << node.id;
      } else {
        ASSERT_NEAR(total, lost.sum(), kRandomTolerance * Scale(oracle.x.sum())) << node.id;
      }
      if (k % 3 != 0) continue;
      const AnalysisResult one = Depend(input, {.organisation = node.id, .mode = ModeOf(share)});
      EXPECT_NEAR(SummaryNumber(one, "loss_yuan"), lost.sum(),
                  kRandomTolerance * Scale(oracle.x.sum()));
      for (std::size_t h = 0; h < records.nodes.size(); ++h) {
        const double loss = NumberOf(one, input.snapshot(), records.nodes[h].id, "loss_yuan");
        ASSERT_NEAR(std::isnan(loss) ? 0 : loss, lost[h], kRandomTolerance * Scale(oracle.x.sum()));
        ++compared;
      }
    }
  }
  std::printf("%s: %d losses compared\n", share ? "share" : "ledger", compared);
  EXPECT_GT(compared, 1000);
}

TEST_P(RandomFlow, PathsSumToTheBenefit) {
  const bool share = GetParam();
  int households = 0;
  std::size_t paths = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    const GraphRecords records = Graph(seed, share, 9);
    const DenseOracle oracle(records, share);
    if (oracle.trapped()) continue;
    const AnalysisInput input = ToInput(records);
    for (std::size_t h = 0; h < records.nodes.size(); ++h) {
      if (records.nodes[h].kind != NodeKind::kHousehold || oracle.benefit[h] < 1e-6) continue;
      const std::vector<double> expected = oracle.Paths(h);
      const auto k = std::min<std::int64_t>(10000, static_cast<std::int64_t>(expected.size()) + 50);
      const AnalysisResult result =
          Explain(input, {.node = records.nodes[h].id, .k = k, .mode = ModeOf(share)});
      EXPECT_NEAR(SummaryNumber(result, "benefit_yuan"), oracle.benefit[h],
                  kRandomTolerance * Scale(oracle.x.sum()));
      if (expected.size() < 9000) {
        EXPECT_NEAR(SummaryNumber(result, "covered_share"), 1, kRandomTolerance);
      }
      std::size_t at = 0;
      double before = std::numeric_limits<double>::infinity();
      for (std::size_t row = 0; row < result.table.row_count(); ++row) {
        if (result.table.Find("step")->integers[row] != 0) continue;
        const double yuan = result.table.Find("benefit_yuan")->Number(row);
        ASSERT_LE(yuan, before);
        before = yuan;
        if (at < expected.size()) {
          ASSERT_NEAR(yuan, expected[at], kRandomTolerance * Scale(oracle.x.sum()))
              << "path " << at;
        }
        ++at;
      }
      ASSERT_GE(at, std::min<std::size_t>(expected.size(), static_cast<std::size_t>(k)));
      paths += at;
      ++households;
    }
  }
  std::printf("%s: %zu paths of %d households\n", share ? "share" : "ledger", paths, households);
  EXPECT_GT(households, 50);
}

TEST_P(RandomFlow, FiltersConserveAndKeepTheBenefit) {
  const bool share = GetParam();
  const ViewText views[] = {{.nodes = "kind != FIRM"},
                            {.nodes = "kind = HOUSEHOLD OR sector = PRIMARY"},
                            {.links = "mechanism != SUPPLY"},
                            {.region = "5203"}};
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    const GraphRecords records = Graph(seed, share);
    if (DenseOracle(records, share).trapped()) continue;
    const std::shared_ptr<const Snapshot> graph = ToSnapshot(records);
    BenefitFlowOptions options{.mode = ModeOf(share)};
    options.decompose = {Decomposition::kMechanism, Decomposition::kTier, Decomposition::kSource,
                         Decomposition::kSector};
    const AnalysisResult whole = Flow(ToInput(graph), options);
    for (const ViewText& view : views) {
      SCOPED_TRACE(Cat("seed ", seed, " ", view.nodes, view.links, view.region));
      const AnalysisInput input = ToInput(graph, view);
      const AnalysisResult part = Flow(input, options);
      ExpectLedgerBalances(part, *graph);
      for (const char* prefix : {"mechanism_", "tier_", "source_", "sector_"}) {
        ExpectPartsSum(part, prefix);
      }
      const Table& table = part.table;
      for (std::size_t row = 0; row < table.row_count(); ++row) {
        const std::string id(graph->NodeId(table.Find("node")->Index(row)));
        ASSERT_EQ(table.Find("benefit_yuan")->Number(row),
                  NumberOf(whole, *graph, id, "benefit_yuan"));
        if (graph->nodes().kind[table.Find("node")->Index(row)] != NodeKind::kHousehold) continue;
        if (row % 4 != 0) continue;
        const AnalysisResult paths =
            Explain(input, {.node = id, .k = 10000, .mode = ModeOf(share)});
        const double covered = SummaryNumber(paths, "covered_share");
        if (!paths.truncated && paths.table.row_count() < 9000 && !std::isnan(covered)) {
          EXPECT_NEAR(covered, 1, kRandomTolerance);
        }
      }
    }
  }
}

TEST_P(RandomFlow, SameBytesWithAnyThreadsAndFromAnyOrder) {
  const bool share = GetParam();
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const GraphRecords records = Graph(seed, share);
    if (DenseOracle(records, share).trapped()) continue;
    BenefitFlowOptions options{.mode = ModeOf(share)};
    options.decompose = {Decomposition::kMechanism, Decomposition::kTier, Decomposition::kSource};
    RunContext one({.threads = 1}), two({.threads = 2});
    const auto a = RunBenefitFlow(ToInput(records), options, one);
    const auto b = RunBenefitFlow(ToInput(ToShuffledSnapshot(records, seed)), options, two);
    ASSERT_TRUE(a.ok() && b.ok());
    ASSERT_EQ(Bytes(*a), Bytes(*b)) << "seed " << seed;
    const auto c = RunDependence(ToInput(records), {.mode = ModeOf(share)}, one);
    const auto d =
        RunDependence(ToInput(ToShuffledSnapshot(records, seed)), {.mode = ModeOf(share)}, two);
    ASSERT_TRUE(c.ok() && d.ok());
    ASSERT_EQ(Bytes(*c), Bytes(*d)) << "seed " << seed;
  }
}

// What is pulled for all households at once is what each one's links say by themselves.
TEST_P(RandomFlow, BenefitIsTheSumOfWhatComesIn) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const AnalysisInput input = ToInput(Graph(seed, GetParam()));
    RunContext context;
    const auto model = FlowModel::Build(input.view, {.mode = ModeOf(GetParam())}, context);
    if (GetParam() && absl::IsFailedPrecondition(model.status())) continue;  // trapped
    ASSERT_TRUE(model.ok());
    const auto all = model->ComputeHouseholds(context);
    ASSERT_TRUE(all.ok());
    std::vector<IncomingBenefit> incoming;
    for (NodeIndex n = 0; n < input.snapshot().node_count(); ++n) {
      if (input.snapshot().nodes().kind[n] != NodeKind::kHousehold) continue;
      model->ListIncoming(n, incoming);
      double benefit = model->OwnBenefitYuan(n), narrow = 0;
      for (const IncomingBenefit& in : incoming) {
        benefit += in.benefit_yuan;
        narrow += in.narrow ? in.benefit_yuan : 0.0;
      }
      ASSERT_EQ(all->benefit_yuan[n], benefit);
      ASSERT_EQ(all->narrow_yuan[n], narrow);
    }
  }
}

}  // namespace
}  // namespace lianjie::testing
