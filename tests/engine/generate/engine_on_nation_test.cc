// The engine on made provinces and nations: money crosses their regions, their core has cycles, and
// their books close in both modes.
#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "engine/flow/benefit_flow.h"
#include "engine/graph/snapshot.h"
#include "engine/structure/strong_components.h"
#include "gtest/gtest.h"
#include "tests/engine/generate/nation_records.h"

namespace lianjie::nation_test {
namespace {

class EngineOnTerritories : public Territories {};

TEST_P(EngineOnTerritories, MoneyCrossesRegionsAndItsCoreHasCycles) {
  SnapshotBuilder builder;
  for (const RegionRecord& region : records().regions) builder.AddRegion(region);
  for (const LineRecord& line : records().lines) builder.AddLine(line);
  for (const NodeRecord& node : records().nodes) builder.AddNode(node);
  for (const LinkRecord& link : records().links) builder.AddLink(link);
  auto snapshot = std::move(builder).Build(1, *Date::Parse("2024-06-01"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  const AnalysisInput input{.view = *View::Make(*std::move(snapshot))};
  RunContext context;
  const auto components = RunStrongComponents(input, {}, context);
  ASSERT_TRUE(components.ok()) << components.status();
  const auto& ids = components->table.Find("component")->indices;
  // How many nodes a component has, and in how many counties, prefectures and provinces they lie.
  std::map<std::uint32_t, std::pair<std::size_t, std::set<std::string>>> spans;
  const auto& nodes = components->table.Find("node")->indices;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto& [size, regions] = spans[ids[i]];
    ++size;
    const std::string id(input.snapshot().NodeId(nodes[i]));
    regions.insert(records().nodes[records().node_of.at(id)].region.substr(0, 6));
  }
  const auto widest = std::max_element(
      spans.begin(), spans.end(),
      [](const auto& a, const auto& b) { return a.second.second.size() < b.second.second.size(); });
  EXPECT_GE(widest->second.second.size(), 3U) << "no cycle spans several regions";
  std::cout << "[ " << GetParam().name << " ] the core has " << widest->second.first << " nodes in "
            << widest->second.second.size() << " counties, prefectures and provinces\n";

  // Both modes tell the same story, and their books close.
  std::array<double, 2> households{};
  for (const FlowMode mode : {FlowMode::kLedger, FlowMode::kShare}) {
    BenefitFlowOptions options;
    options.mode = mode;
    const auto flow = RunBenefitFlow(input, options, context);
    ASSERT_TRUE(flow.ok()) << flow.status();
    ASSERT_TRUE(flow->ledger.has_value());
    EXPECT_LE(std::abs(flow->ledger->residual_yuan), 1e-9 * flow->ledger->injected_yuan);
    households[mode == FlowMode::kShare] = flow->ledger->households_yuan;
  }
  EXPECT_GT(households[0], .9 * summary().all.paid_to_households_yuan);
  EXPECT_LT(households[0], summary().all.paid_to_households_yuan);
  EXPECT_NEAR(households[1] / households[0], 1, .03);
}

INSTANTIATE_TEST_SUITE_P(Scales, EngineOnTerritories, kTerritoryCases,
                         [](const auto& about) { return about.param.name; });

}  // namespace
}  // namespace lianjie::nation_test
