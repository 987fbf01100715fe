// Coverage and left_out against the second computation, on random multigraphs with regions, dates,
// lines and incomes; and the promises on bytes.
#include "tests/engine/coverage/brute_force.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <set>

#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "tests/engine/coverage/fixtures.h"

namespace lianjie::testing {
namespace {

GraphRecords RandomCounty(std::uint64_t seed, bool shares) {
  GraphRecords g = RandomGraph({.seed = seed,
                                .nodes = 60,
                                .links = static_cast<std::uint32_t>(60 + seed % 5 * 30),
                                .mechanisms = true,
                                .regions = true,
                                .dates = true,
                                .amounts = true,
                                .shares = shares,
                                .attributes = true});
  Random random(seed * 7919 + 1);
  for (NodeRecord& node : g.nodes) {
    if (node.kind != NodeKind::kHousehold) {
      if (random.OneIn(6)) node.operating_status = OperatingStatus::kDormant;
      continue;
    }
    const std::uint64_t dice = random.Below(4);
    if (dice == 0) node.income_year = 2021;
    if (dice == 1) node.income_year.reset();
    if (dice == 2) node.income_wage_yuan.reset(), node.income_transfer_yuan.reset();
    if (node.income_wage_yuan.has_value()) *node.income_wage_yuan /= 10;
  }
  g.lines = {MakeLine("", 2015, 60), MakeLine("52", 2018, 200, 30), MakeLine("52", 2030, 1e6),
             MakeLine("6401", 2019, {}, 90), MakeLine("NEW-ZONE", 2020, 900)};
  if (seed % 3 == 0) g.lines[0].line_yuan = 400;
  if (seed % 7 == 0) g.lines.erase(g.lines.begin());
  return g;
}

struct Tried {
  std::set<std::string> judgements;
  int households = 0, graphs = 0;
};

void ExpectRows(const AnalysisResult& result, const Snapshot& snapshot,
                const std::map<std::string, BruteHousehold>& want, Tried& tried) {
  std::size_t targets = 0;
  for (const auto& [id, h] : want) {
    if (!h.target) continue;
    ++targets;
    const LeftOutRow got = RowOf(result, snapshot, id);
    const std::string judgement =
        Cat(got.household_class, " ", got.reason == "null" ? "" : got.reason);
    EXPECT_EQ(judgement, h.judgement) << id;
    EXPECT_NEAR(got.benefit, h.benefit, 1e-6) << id;
    if (h.gap.has_value()) {
      EXPECT_NEAR(got.gap, *h.gap, 1e-6) << id;
    } else {
      EXPECT_TRUE(std::isnan(got.gap)) << id;
    }
    if (!h.payer.empty() && h.payer != "tie") {
      EXPECT_EQ(got.payer, h.payer) << id;
    }
    EXPECT_EQ(got.nearest, h.nearest) << id;
    EXPECT_EQ(got.hops.value_or(-1), h.hops.value_or(-1)) << id;
    EXPECT_GT(got.evidence.size(), 10u) << id;
    tried.judgements.insert(h.judgement);
    ++tried.households;
  }
  EXPECT_EQ(result.table.row_count(), targets);
}

std::string RateText(double part, double whole) {
  return whole == 0 ? "null" : FormatDouble(part / whole);
}

// One row of coverage against all households of which `in` says that they belong to it.
template <typename In>
void ExpectRegion(const AnalysisResult& result, const std::string& region,
                  const std::map<std::string, BruteHousehold>& want, const GraphRecords& g, In in) {
  int all = 0, targets = 0, registered = 0, participating = 0, lifted = 0, industry = 0;
  std::int64_t persons = 0;
  std::map<char, int> classes;
  double benefit = 0, gap = 0;
  for (const NodeRecord& node : g.nodes) {
    const auto at = want.find(node.id);
    if (at == want.end() || !in(at->second)) continue;
    const BruteHousehold& h = at->second;
    ++all;
    registered += h.ever_registered ? 1 : 0;
    participating += h.ever_registered && h.participates ? 1 : 0;
    lifted += h.lifted_out ? 1 : 0;
    industry += h.lifted_out && h.benefit > 1e-9 ? 1 : 0;
    if (!h.target) continue;
    ++targets;
    persons += *node.persons;
    ++classes[h.judgement[1]];
    benefit += h.benefit;
    gap += h.gap.value_or(0);
  }
  if (all == 0 && region != "" && region != "0") {
    EXPECT_EQ(Cell(result, region, "households"), "no row") << region;
    return;
  }
  EXPECT_EQ(Cell(result, region, "all_households"), Cat(all)) << region;
  EXPECT_EQ(Cell(result, region, "households"), Cat(targets)) << region;
  EXPECT_EQ(Cell(result, region, "persons"), Cat(persons)) << region;
  for (char c = '0'; c <= '5'; ++c) {
    EXPECT_EQ(Cell(result, region, Cat("l", c)), Cat(classes[c])) << region;
  }
  EXPECT_EQ(Cell(result, region, "participation_rate"), RateText(participating, registered));
  EXPECT_EQ(Cell(result, region, "income_through_industry_rate"), RateText(industry, lifted));
  EXPECT_NEAR(*ParseDouble(Cell(result, region, "benefit_yuan")), benefit, 1e-6) << region;
  if (const auto got = ParseDouble(Cell(result, region, "gap_yuan")); got.has_value()) {
    EXPECT_NEAR(*got, gap, 1e-6) << region;
  }
}

void ExpectRegions(const AnalysisResult& result, const std::map<std::string, BruteHousehold>& want,
                   const GraphRecords& g) {
  std::map<std::string, std::string> parent;
  for (const RegionRecord& r : g.regions) parent[r.code] = r.parent;
  for (const RegionRecord& r : g.regions) {
    ExpectRegion(result, r.code, want, g, [&](const BruteHousehold& h) {
      for (std::string at = h.region; !at.empty(); at = parent[at]) {
        if (at == r.code) return true;
      }
      return false;
    });
  }
  bool unplaced = false;
  for (const auto& [id, h] : want) unplaced = unplaced || h.region.empty();
  ExpectRegion(result, unplaced ? "" : "0", want, g, [](const BruteHousehold&) { return true; });
  ExpectRegion(result, "null", want, g, [](const BruteHousehold& h) { return h.region.empty(); });
}

void Compare(std::uint64_t seed, bool share_mode, bool period, Tried& tried) {
  SCOPED_TRACE(Cat("seed ", seed, share_mode ? " share" : " ledger", period ? " period" : ""));
  const GraphRecords g = RandomCounty(seed, share_mode);
  const auto snapshot = ToSnapshot(g);
  BruteQuestion question{.as_of = g.reference_date, .period = {}, .share_mode = share_mode};
  ViewText view;
  if (period) {
    view.period = {"2019-11-15", "2020-03-20"};
    question.period = {*Date::Parse("2019-11-15"), *Date::Parse("2020-03-20")};
  }
  LeftOutOptions options = Everyone();
  options.households.mode = share_mode ? FlowMode::kShare : FlowMode::kLedger;
  RunContext context;
  const auto rows = RunLeftOut(ToInput(snapshot, view), options, context);
  if (!rows.ok()) {
    // Only money that never leaves may stand in the way.
    EXPECT_TRUE(share_mode) << rows.status();
    EXPECT_EQ(rows.status().code(), absl::StatusCode::kFailedPrecondition);
    return;
  }
  const auto want = BruteCoverage(g, question);
  ASSERT_TRUE(want.has_value());
  ExpectRows(*rows, *snapshot, *want, tried);
  CoverageOptions coverage;
  coverage.households = options.households;
  RunContext other;
  const auto table = RunCoverage(ToInput(snapshot, view), coverage, other);
  ASSERT_TRUE(table.ok()) << table.status();
  ExpectRegions(*table, *want, g);
  ++tried.graphs;
}

TEST(BruteForce, LedgerMode) {
  Tried tried;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) Compare(seed, false, false, tried);
  EXPECT_EQ(tried.graphs, 200);
  // Everything that can be said was said.
  for (const std::string judgement :
       {"L0 NO_LINK", "L0 LAPSED", "L0 SUPPORT_ONLY", "L0 PAYS_ONLY", "L0 MARKET_ONLY",
        "L0 RELIEF_ONLY", "L1 DEAD_END", "L2 DORMANT_PAYER", "L2 ARREARS", "L3 BELOW_MINIMUM",
        "L3 BELOW_LINE", "L4 SINGLE_PAYER", "L4 DEPENDENT", "L5 "}) {
    EXPECT_TRUE(tried.judgements.contains(judgement)) << judgement;
  }
  RecordProperty("households", tried.households);
  std::cout << "households compared: " << tried.households << "\n";
}

TEST(BruteForce, ShareMode) {
  Tried tried;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) Compare(seed, true, false, tried);
  EXPECT_GE(tried.graphs, 50);
  std::cout << "graphs compared: " << tried.graphs << ", households: " << tried.households << "\n";
}

TEST(BruteForce, Period) {
  Tried tried;
  for (std::uint64_t seed = 201; seed <= 260; ++seed) Compare(seed, false, true, tried);
  EXPECT_EQ(tried.graphs, 60);
}

TEST(Determinism, ThreadsAndOrderOfFillingDoNotMatter) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const GraphRecords g = RandomCounty(seed, false);
    const AnalysisInput plain = ToInput(ToSnapshot(g));
    const AnalysisInput shuffled = ToInput(ToShuffledSnapshot(g, seed + 5));
    RunContext one({.threads = 1}), two({.threads = 2}), other({.threads = 2});
    const auto a = RunLeftOut(plain, Everyone(), one);
    const auto b = RunLeftOut(plain, Everyone(), two);
    const auto c = RunLeftOut(shuffled, Everyone(), other);
    ASSERT_TRUE(a.ok() && b.ok() && c.ok());
    EXPECT_EQ(TableText(*a), TableText(*b));
    EXPECT_EQ(TableText(*a), TableText(*c));
    RunContext three({.threads = 1}), four({.threads = 2});
    const auto d = RunCoverage(plain, {}, three);
    const auto e = RunCoverage(shuffled, {}, four);
    ASSERT_TRUE(d.ok() && e.ok());
    EXPECT_EQ(TableText(*d), TableText(*e));
  }
}

}  // namespace
}  // namespace lianjie::testing
