// The engine on a generated county, one figure a step: building the Snapshot, a Projection, and
// each whole-graph analysis, beside one plain sweep over all links, which is the measure that the
// rest is held against. Items are links, so that rates compare.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/centrality/page_rank.h"
#include "engine/coverage/coverage.h"
#include "engine/coverage/left_out.h"
#include "engine/flow/benefit_flow.h"
#include "engine/flow/dependence.h"
#include "engine/generate/county.h"
#include "engine/graph/analysis.h"
#include "engine/structure/strong_components.h"
#include "engine/structure/weak_components.h"

namespace lianjie {
namespace {

constexpr std::int64_t kHouseholds = 40000;

struct Records final : RecordSink {
  absl::Status Region(const RegionRecord& region) override { return Keep(regions, region); }
  absl::Status Line(const LineRecord& line) override { return Keep(lines, line); }
  absl::Status Node(const NodeRecord& node) override { return Keep(nodes, node); }
  absl::Status Link(const LinkRecord& link) override { return Keep(links, link); }

  template <typename Record>
  static absl::Status Keep(std::vector<Record>& records, const Record& record) {
    records.push_back(record);
    return absl::OkStatus();
  }

  std::vector<RegionRecord> regions;
  std::vector<LineRecord> lines;
  std::vector<NodeRecord> nodes;
  std::vector<LinkRecord> links;
};

template <typename T> T OrThrow(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}

const Records& County() {
  static const std::unique_ptr<const Records> county = [] {
    auto records = std::make_unique<Records>();
    CountyOptions options;
    options.households = kHouseholds;
    options.seed = 1;
    OrThrow(GenerateCounty(options, *records));
    return records;
  }();
  return *county;
}

std::shared_ptr<const Snapshot> BuildSnapshot() {
  SnapshotBuilder builder;
  for (const RegionRecord& region : County().regions) builder.AddRegion(region);
  for (const LineRecord& line : County().lines) builder.AddLine(line);
  for (const NodeRecord& node : County().nodes) builder.AddNode(node);
  for (const LinkRecord& link : County().links) builder.AddLink(link);
  return OrThrow(std::move(builder).Build(1, OrThrow(Date::Parse("2020-12-31"))));
}

const AnalysisInput& Input() {
  static const AnalysisInput input{.view = OrThrow(View::Make(BuildSnapshot()))};
  return input;
}

void CountLinks(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(Input().snapshot().link_count()));
}

void SweepLinks(benchmark::State& state) {
  const Snapshot& s = Input().snapshot();
  std::vector<double> received(s.node_count());
  for (auto _ : state) {
    for (LinkIndex l = 0; l < s.link_count(); ++l) {
      received[s.links().target[l]] += ValueOr(s.links().paid_yuan, l, 0.0);
    }
    benchmark::DoNotOptimize(received.data());
  }
  CountLinks(state);
}
BENCHMARK(SweepLinks);

void MakeSnapshot(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(BuildSnapshot());
  CountLinks(state);
}
BENCHMARK(MakeSnapshot)->Unit(benchmark::kMillisecond);

void MakeProjection(benchmark::State& state) {
  for (auto _ : state) {
    RunContext context;
    benchmark::DoNotOptimize(OrThrow(Projection::Build(Input().view, {}, context)));
  }
  CountLinks(state);
}
BENCHMARK(MakeProjection)->Unit(benchmark::kMillisecond);

template <auto kRun, typename Options> void Analyse(benchmark::State& state) {
  const Options options;
  for (auto _ : state) {
    RunContext context;
    benchmark::DoNotOptimize(OrThrow(kRun(Input(), options, context)));
  }
  CountLinks(state);
}
BENCHMARK_TEMPLATE(Analyse, &RunBenefitFlow, BenefitFlowOptions)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Analyse, &RunDependence, DependenceOptions)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Analyse, &RunCoverage, CoverageOptions)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Analyse, &RunLeftOut, LeftOutOptions)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Analyse, &RunPageRank, PageRankOptions)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Analyse, &RunWeakComponents, WeakComponentsOptions)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Analyse, &RunStrongComponents, StrongComponentsOptions)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lianjie
