// Betweenness of a generated county, folded, equals the plain method from every node.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/centrality/brandes.h"
#include "engine/centrality/folded_betweenness.h"
#include "engine/graph/snapshot.h"
#include "gtest/gtest.h"
#include "tests/engine/generate/county_records.h"

namespace lianjie::betweenness_on_county_test {
namespace {

TEST(BetweennessOnCounty, FoldedEqualsThePlainMethod) {
  SnapshotBuilder builder;
  const CountyRecords& records = CountyOf(1500, 1).records;
  for (const RegionRecord& region : records.regions) builder.AddRegion(region);
  for (const LineRecord& line : records.lines) builder.AddLine(line);
  for (const NodeRecord& node : records.nodes) builder.AddNode(node);
  for (const LinkRecord& link : records.links) builder.AddLink(link);
  auto snapshot = std::move(builder).Build(1, *Date::Parse("2024-06-01"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  ProjectionSpec spec;
  spec.direction = Direction::kUndirected;
  spec.parallel = ProjectionSpec::Parallel::kMin;
  spec.self_loops = false;
  RunContext context;
  const std::shared_ptr<const Projection> graph =
      *Projection::Build(*View::Make(*std::move(snapshot)), spec, context);

  FoldFigures figures;
  const auto folded = FoldedBetweenness(*graph, context, FoldKernel::kAuto, &figures);
  ASSERT_TRUE(folded.ok()) << folded.status();
  std::vector<double> plain(graph->size(), 0.0);
  BrandesWorkspace workspace(*graph);
  for (std::uint32_t v = 0; v < graph->size(); ++v) {
    ASSERT_EQ(workspace.AddSource({.vertex = v, .count = 1, .passing = 0}, context, plain),
              SourceOutcome::kDone);
  }
  for (std::uint32_t v = 0; v < graph->size(); ++v) {
    ASSERT_NEAR((*folded)[v], plain[v], 1e-9 * std::max(1.0, plain[v])) << "vertex " << v;
  }
  EXPECT_LT(figures.sources * 5, graph->size());
}

}  // namespace
}  // namespace lianjie::betweenness_on_county_test
