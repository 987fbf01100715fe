// The condensed core against all payers and arcs, and the bits of what is active against the view.
#include "engine/flow/flow_core.h"

#include <string>
#include <vector>

#include "engine/core/text.h"
#include "engine/flow/active_bits.h"
#include "engine/flow/flow_solver.h"
#include "engine/flow/payer_arcs.h"
#include "gtest/gtest.h"
#include "tests/engine/flow/flow_fixtures.h"

namespace lianjie::flow_core_test {
namespace {

using testing::GraphRecords;
using testing::Random;
using testing::RandomGraph;
using testing::RandomGraphOptions;
using testing::ToInput;
using testing::ViewText;

GraphRecords Records(std::uint64_t seed, bool dates) {
  RandomGraphOptions options;
  options.seed = seed;
  options.nodes = static_cast<std::uint32_t>(20 + seed % 150);
  options.links = options.nodes * 4;
  options.mechanisms = options.amounts = options.shares = options.attributes = true;
  options.regions = true;
  options.dates = dates;
  return RandomGraph(options);
}

std::vector<ViewText> Views(bool dates) {
  std::vector<ViewText> views = {{}, {.nodes = "kind = HOUSEHOLD OR kind = FIRM"}};
  if (dates) views.push_back({.period = {{"2019-06-01", "2020-07-01"}}});
  return views;
}

TEST(FlowCore, GivesEveryPayerWhatAllArcsGive) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    for (const ViewText& view : Views(false)) {
      SCOPED_TRACE(Cat("seed ", seed, " ", view.nodes));
      const AnalysisInput input = ToInput(Records(seed, false), view);
      RunContext context({.threads = 2});
      const auto model = FlowModel::Build(input.view, {}, context);
      ASSERT_TRUE(model.ok());
      const auto arcs = PayerArcs::Make(*model, context);
      const auto core = FlowCore::Make(*model, context);
      ASSERT_TRUE(arcs.ok() && core.ok());
      const auto solver = FlowSolver::Make(arcs->csr(), context);
      ASSERT_TRUE(solver.ok());
      Random random(seed);
      std::vector<double> all(std::size_t{model->payer_count()} * 2), condensed;
      for (double& value : all) value = random.OneIn(3) ? random.Unit() : 0.0;
      condensed = all;
      const absl::Status status = solver->Forward(all, 2, 1e-14, nullptr, context);
      if (!status.ok()) continue;  // money that goes round for ever
      ASSERT_TRUE(core->Forward(condensed, 2, 1e-14, nullptr, context).ok());
      for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_NEAR(condensed[i], all[i], 1e-9 * std::max(1.0, all[i]));
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST(FlowCore, LeavesOutOnlyAccountsThatPayTheCoreAlone) {
  std::size_t members = 0, payers = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const AnalysisInput input = ToInput(Records(seed, false));
    RunContext context;
    const auto model = FlowModel::Build(input.view, {}, context);
    ASSERT_TRUE(model.ok());
    const auto core = FlowCore::Make(*model, context);
    const auto arcs = PayerArcs::Make(*model, context);
    ASSERT_TRUE(core.ok() && arcs.ok());
    for (PayerIndex p = 0; p < model->payer_count(); ++p) {
      if (core->IndexOf(p) != FlowCore::kNotInCore) {
        EXPECT_EQ(core->Payer(core->IndexOf(p)), p);
        continue;
      }
      EXPECT_TRUE(model->IsAccount(p));
      for (std::uint64_t a = arcs->offsets[p]; a < arcs->offsets[p + 1]; ++a) {
        EXPECT_NE(core->IndexOf(arcs->targets[a]), FlowCore::kNotInCore);
      }
    }
    members += core->size();
    payers += model->payer_count();
  }
  EXPECT_LT(members, payers);
}

TEST(ActiveBits, AreWhatTheViewSays) {
  std::size_t inactive = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    for (const ViewText& text : Views(true)) {
      const AnalysisInput input = ToInput(Records(seed, true), text);
      RunContext context({.threads = 2});
      const auto bits = ActiveBits::Find(input.view, context);
      ASSERT_TRUE(bits.ok());
      for (NodeIndex n = 0; n < input.snapshot().node_count(); ++n) {
        ASSERT_EQ(bits->Node(n), input.view.NodeActive(n)) << seed << " node " << n;
        inactive += bits->Node(n) ? 0 : 1;
      }
      for (LinkIndex l = 0; l < input.snapshot().link_count(); ++l) {
        ASSERT_EQ(bits->Link(l), input.view.LinkActive(l)) << seed << " link " << l;
      }
    }
  }
  EXPECT_GT(inactive, 0u);
}

}  // namespace
}  // namespace lianjie::flow_core_test
