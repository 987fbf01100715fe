#include "engine_kernels.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "engine/centrality/betweenness.h"
#include "engine/centrality/closeness.h"
#include "engine/centrality/degree.h"
#include "engine/centrality/eigenvector.h"
#include "engine/centrality/harmonic.h"
#include "engine/centrality/hits.h"
#include "engine/centrality/k_core.h"
#include "engine/centrality/katz.h"
#include "engine/centrality/page_rank.h"
#include "engine/flow/flow_solver.h"
#include "engine/graph/snapshot.h"
#include "engine/paths/distances.h"
#include "engine/paths/k_shortest_paths.h"
#include "engine/paths/max_flow.h"
#include "engine/structure/articulation.h"
#include "engine/structure/clustering.h"
#include "engine/structure/label_propagation.h"
#include "engine/structure/louvain.h"
#include "engine/structure/strong_components.h"
#include "engine/structure/weak_components.h"

namespace lianjie::compare {
namespace {

constexpr double kNever = 1e-300;  // a tolerance that no iteration reaches: all of them run

template <typename T> T OrThrow(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}

const lianjie::Column& Find(const AnalysisResult& result, const char* name) {
  const lianjie::Column* column = result.table.Find(name);
  if (column == nullptr) throw std::runtime_error(std::string("no column ") + name);
  return *column;
}

// -1 for null.
void Append(const lianjie::Column& column, std::vector<double>& out) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.IsNull(row)) {
      out.push_back(-1);
    } else if (column.type == ColumnType::kNumber) {
      out.push_back(column.numbers[row]);
    } else if (column.type == ColumnType::kInteger) {
      out.push_back(static_cast<double>(column.integers[row]));
    } else {
      out.push_back(static_cast<double>(column.indices[row]));
    }
  }
}

double SummaryNumber(const AnalysisResult& result, const std::string& name) {
  for (const auto& [key, value] : result.summary) {
    if (key != name) continue;
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  }
  throw std::runtime_error("no number " + name + " in the summary");
}

std::string_view Digits(std::uint64_t number, std::array<char, 20>& room) {
  const auto end = std::to_chars(room.data(), room.data() + room.size(), number);
  return {room.data(), static_cast<std::size_t>(end.ptr - room.data())};
}

std::shared_ptr<const Snapshot> ToSnapshot(const GraphFile& graph) {
  SnapshotBuilder builder(1, {.nodes = graph.vertices, .links = graph.edges()});
  std::array<char, 20> room;
  NodeView node;
  node.kind = NodeKind::kFirm;
  for (std::uint64_t v = 0; v < graph.vertices; ++v) {
    node.id = Digits(v, room);
    builder.AddNode(node, 0);
  }
  LinkView link;
  link.mechanism = Mechanism::kSupply;
  link.status = LinkStatus::kActive;
  for (std::uint64_t e = 0; e < graph.edges(); ++e) {
    link.id = Digits(e, room);
    link.weight = graph.weights[e];
    builder.AddLink(link, graph.sources[e], graph.targets[e], 0);
  }
  return OrThrow(std::move(builder).Build(1, OrThrow(Date::Parse("2025-12-31"))));
}

}  // namespace

void Engine::Load(GraphFile graph) {
  if (!graph.values.empty()) {
    flow_offsets_.assign(graph.vertices + 1, 0);
    for (const std::uint32_t source : graph.sources) ++flow_offsets_[source + 1];
    for (std::uint64_t v = 0; v < graph.vertices; ++v) flow_offsets_[v + 1] += flow_offsets_[v];
    flow_targets_ = std::move(graph.targets);
    flow_shares_ = std::move(graph.weights);
    flow_injections_ = std::move(graph.values);
    return;
  }
  direction_ = graph.directed ? Direction::kForward : Direction::kUndirected;
  RunContext context(RunLimits{.threads = threads_});
  context.Parallel([&] { snapshot_ = ToSnapshot(graph); });
  for (NodeIndex n = 0; n < snapshot_->node_count(); n += 1 + snapshot_->node_count() / 1000)
    if (snapshot_->NodeId(n) != Id(n)) throw std::runtime_error("vertices are not in order");
  const AnalysisInput input = Input();
  OrThrow(input.projections(input.view, ProjectionSpec{.direction = direction_}, context));
}

AnalysisInput Engine::Input() {
  AnalysisInput input{.view = OrThrow(View::Make(snapshot_))};
  input.projections =
      [this](const View& view, const ProjectionSpec& spec,
             RunContext& context) -> absl::StatusOr<std::shared_ptr<const Projection>> {
    for (const auto& [known, projection] : projections_)
      if (known == spec) return projection;
    const Stopwatch watch;
    auto built = Projection::Build(view, spec, context);
    projection_seconds_ += watch.Seconds();
    if (built.ok()) projections_.emplace_back(spec, *built);
    return built;
  };
  return input;
}

// Projections of the kernel before would only take room.
void Engine::ForgetProjections(const std::string& kernel) {
  if (kernel == last_kernel_) return;
  last_kernel_ = kernel;
  projections_.clear();
}

template <auto kRun, typename AnalysisOptions>
AnalysisResult Engine::Analyse(const AnalysisOptions& options, Outcome& outcome) {
  RunContext context(RunLimits{.threads = threads_});
  const AnalysisInput input = Input();
  projection_seconds_ = 0;
  const Stopwatch watch;
  auto result = kRun(input, options, context);
  outcome.seconds += watch.Seconds() - projection_seconds_;
  outcome.values["projection_seconds"] += projection_seconds_;
  return OrThrow(std::move(result));
}

template <auto kRun, typename AnalysisOptions>
Outcome Engine::Column(const AnalysisOptions& options, const char* column) {
  Outcome outcome;
  const AnalysisResult result = Analyse<kRun>(options, outcome);
  Append(Find(result, column), outcome.result);
  return outcome;
}

Outcome Engine::Distances(const Options& options, const std::string& weight) {
  Outcome outcome;
  for (const std::uint32_t source : options.Vertices("sources")) {
    const DistancesOptions one{.sources = {Id(source)}, .direction = direction_, .weight = weight};
    const AnalysisResult result = Analyse<&RunDistances>(one, outcome);
    Append(Find(result, "distance"), outcome.result);
  }
  return outcome;
}

Outcome Engine::Points() {
  Outcome outcome;
  const AnalysisResult result = Analyse<&RunArticulation>(ArticulationOptions{}, outcome);
  outcome.result.assign(snapshot_->node_count(), 0);
  const lianjie::Column& node = Find(result, "node");
  for (std::size_t row = 0; row < node.size(); ++row)
    if (!node.IsNull(row)) outcome.result[node.indices[row]] = 1;
  outcome.values["bridges"] = SummaryNumber(result, "bridge_count");
  outcome.values["blocks"] = SummaryNumber(result, "block_count");
  return outcome;
}

Outcome Engine::SolveFlow() {
  Outcome outcome;
  RunContext context(RunLimits{.threads = threads_});
  std::vector<double> x = flow_injections_;
  const Stopwatch watch;
  const FlowSolver solver =
      OrThrow(FlowSolver::Make({flow_offsets_, flow_targets_, flow_shares_}, context));
  double residual = 0;
  const absl::Status solved = solver.Forward(x, 1, 1e-12, &residual, context);
  outcome.seconds = watch.Seconds();
  if (!solved.ok()) throw std::runtime_error(solved.ToString());
  outcome.result = std::move(x);
  return outcome;
}

void Engine::AddCentrality(std::map<std::string, Kernel>& kernels) {
  kernels["degree"] = [this](const Options&) {
    return Column<&RunDegree>(DegreeOptions{.direction = direction_}, "score");
  };
  kernels["page_rank"] = [this](const Options& o) {
    PageRankOptions options{.direction = direction_};
    options.iterations = static_cast<int>(o.Whole("iterations"));
    options.tolerance = kNever;
    return Column<&RunPageRank>(options, "score");
  };
  kernels["page_rank_drop"] = [this](const Options& o) {
    PageRankOptions options{.direction = direction_};
    options.iterations = static_cast<int>(o.Whole("iterations"));
    options.tolerance = kNever;
    options.dangling = PageRankOptions::Dangling::kDrop;
    return Column<&RunPageRank>(options, "score");
  };
  kernels["page_rank_converged"] = [this](const Options& o) {
    PageRankOptions options{.direction = direction_};
    options.tolerance = o.Number("tolerance");
    return Column<&RunPageRank>(options, "score");
  };
  kernels["betweenness"] = [this](const Options&) {
    return Column<&RunBetweenness>(BetweennessOptions{.direction = direction_}, "score");
  };
  kernels["betweenness_approximate"] = [this](const Options& o) {
    BetweennessOptions options{.direction = direction_, .normalized = true};
    options.epsilon = o.Number("epsilon");
    options.delta = o.Number("delta");
    options.seed = 1;
    return Column<&RunBetweenness>(options, "score");
  };
  kernels["closeness"] = [this](const Options&) {
    return Column<&RunCloseness>(ClosenessOptions{.direction = direction_}, "score");
  };
  kernels["harmonic"] = [this](const Options&) {
    return Column<&RunHarmonic>(HarmonicOptions{.direction = direction_}, "score");
  };
  kernels["eigenvector"] = [this](const Options& o) {
    EigenvectorOptions options{.direction = direction_};
    options.tolerance = o.Number("tolerance");
    return Column<&RunEigenvector>(options, "score");
  };
  kernels["katz"] = [this](const Options& o) {
    KatzOptions options{.direction = direction_};
    options.attenuation = o.Number("attenuation");
    options.tolerance = o.Number("tolerance");
    return Column<&RunKatz>(options, "score");
  };
  kernels["hits"] = [this](const Options& o) {
    HitsOptions options;
    options.tolerance = o.Number("tolerance");
    return Column<&RunHits>(options, "score");
  };
  kernels["k_core"] = [this](const Options&) { return Column<&RunKCore>(KCoreOptions{}, "score"); };
}

void Engine::AddPaths(std::map<std::string, Kernel>& kernels) {
  kernels["bfs"] = [this](const Options& o) { return Distances(o, "none"); };
  kernels["distances"] = [this](const Options& o) { return Distances(o, "weight"); };
  kernels["k_shortest_paths"] = [this](const Options& o) {
    const std::vector<std::uint32_t> ends = o.Vertices("ends");
    KShortestPathsOptions options{.source = Id(ends.at(0)), .target = Id(ends.at(1))};
    options.k = static_cast<int>(o.Whole("k"));
    options.direction = direction_;
    options.weight = "weight";
    Outcome outcome;
    const AnalysisResult result = Analyse<&RunKShortestPaths>(options, outcome);
    const lianjie::Column& path = Find(result, "path");
    const lianjie::Column& distance = Find(result, "distance");
    for (std::size_t row = 0; row < path.size(); ++row)
      if (row + 1 == path.size() || path.integers[row + 1] != path.integers[row])
        outcome.result.push_back(distance.numbers[row]);
    return outcome;
  };
  kernels["max_flow"] = [this](const Options& o) {
    const std::vector<std::uint32_t> ends = o.Vertices("ends");
    MaxFlowOptions options{.source = Id(ends.at(0)), .target = Id(ends.at(1))};
    options.direction = direction_;
    options.weight = "weight";
    Outcome outcome;
    const AnalysisResult result = Analyse<&RunMaxFlow>(options, outcome);
    outcome.result = {SummaryNumber(result, "value")};
    return outcome;
  };
}

void Engine::AddStructure(std::map<std::string, Kernel>& kernels) {
  kernels["weak_components"] = [this](const Options&) {
    return Column<&RunWeakComponents>(WeakComponentsOptions{}, "component");
  };
  kernels["strong_components"] = [this](const Options&) {
    return Column<&RunStrongComponents>(StrongComponentsOptions{}, "component");
  };
  kernels["articulation"] = [this](const Options&) { return Points(); };
  kernels["clustering"] = [this](const Options&) {
    return Column<&RunClustering>(ClusteringOptions{}, "score");
  };
  kernels["label_propagation"] = [this](const Options&) {
    return Column<&RunLabelPropagation>(LabelPropagationOptions{}, "component");
  };
  kernels["louvain"] = [this](const Options&) {
    return Column<&RunLouvain>(LouvainOptions{}, "component");
  };
  kernels["flow_solve"] = [this](const Options&) { return SolveFlow(); };
  kernels["flow_solve_iterated"] = kernels["flow_solve"];
}

std::map<std::string, Kernel> Engine::Kernels() {
  std::map<std::string, Kernel> kernels;
  AddCentrality(kernels);
  AddPaths(kernels);
  AddStructure(kernels);
  for (auto& [name, kernel] : kernels) {
    kernel = [this, name = name, run = std::move(kernel)](const Options& options) {
      ForgetProjections(name);
      return run(options);
    };
  }
  return kernels;
}

}  // namespace lianjie::compare
