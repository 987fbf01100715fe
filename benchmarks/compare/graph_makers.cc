#include "graph_makers.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/flow/flow_model.h"
#include "engine/generate/county.h"
#include "engine/generate/nation.h"
#include "engine/generate/territory.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/view.h"
#include "engine/runtime/run_context.h"

namespace lianjie::compare {
namespace {

// splitmix64: the same numbers on every machine.
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(Mix(seed)) {}
  std::uint64_t Next() { return Mix(state_ += 0x9e3779b97f4a7c15U); }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

std::vector<std::uint32_t> Permutation(std::uint32_t size, Random& random) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t i = size; i > 1; --i) std::swap(order[i - 1], order[random.Next() % i]);
  return order;
}

double WeightOf(std::uint32_t u, std::uint32_t v) {
  const std::uint64_t pair = (std::uint64_t{std::min(u, v)} << 32) | std::max(u, v);
  return static_cast<double>(1 + Mix(pair) % 255);
}

template <typename T> T OrThrow(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}

class SnapshotSink final : public RecordSink {
 public:
  absl::Status Region(const RegionRecord& region) override {
    builder_.AddRegion(region);
    return absl::OkStatus();
  }
  absl::Status Line(const LineRecord& line) override {
    builder_.AddLine(line);
    return absl::OkStatus();
  }
  absl::Status Node(const NodeRecord& node) override {
    builder_.AddNode(node);
    return absl::OkStatus();
  }
  absl::Status Link(const LinkRecord& link) override {
    builder_.AddLink(link);
    return absl::OkStatus();
  }
  std::shared_ptr<const Snapshot> Build() {
    return OrThrow(std::move(builder_).Build(1, OrThrow(Date::Parse("2025-12-31"))));
  }

 private:
  SnapshotBuilder builder_;
};

// An edge as one number, so that sorting compares once.
std::uint64_t Packed(std::uint32_t u, std::uint32_t v) { return (std::uint64_t{u} << 32) | v; }

County FromSnapshot(std::shared_ptr<const Snapshot> made) {
  const View view = OrThrow(View::Make(std::move(made)));
  const Snapshot& snapshot = view.snapshot();
  County county;
  county.links.vertices = snapshot.node_count();
  for (LinkIndex l = 0; l < snapshot.link_count(); ++l) {
    if (!view.LinkInside(l)) continue;
    county.links.sources.push_back(snapshot.links().source[l]);
    county.links.targets.push_back(snapshot.links().target[l]);
  }
  RunContext context;
  const FlowModel model =
      OrThrow(FlowModel::Build(view, FlowModelOptions{.mode = FlowMode::kShare}, context));
  GraphFile& flow = county.flow;
  flow.directed = true;
  flow.vertices = model.payer_count();
  for (PayerIndex p = 0; p < model.payer_count(); ++p) flow.values.push_back(model.source(p));
  for (LinkIndex l = 0; l < snapshot.link_count(); ++l) {
    if (!model.LinkInside(l) || model.ReceiverOf(l) == kNoPayer || model.LinkShare(l) <= 0)
      continue;
    flow.sources.push_back(model.PayerOf(snapshot.links().source[l]));
    flow.targets.push_back(model.ReceiverOf(l));
    flow.weights.push_back(model.LinkShare(l));
  }
  return county;
}

}  // namespace

GraphFile Simple(GraphFile graph, bool directed) {
  std::vector<std::uint64_t> edges;
  edges.reserve(graph.edges());
  for (std::size_t i = 0; i < graph.edges(); ++i) {
    std::uint32_t u = graph.sources[i];
    std::uint32_t v = graph.targets[i];
    if (u == v) continue;
    if (!directed && u > v) std::swap(u, v);
    edges.push_back(Packed(u, v));
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  GraphFile simple;
  simple.directed = directed;
  simple.vertices = graph.vertices;
  simple.sources.reserve(edges.size());
  simple.targets.reserve(edges.size());
  simple.weights.reserve(edges.size());
  for (const std::uint64_t edge : edges) {
    const auto u = static_cast<std::uint32_t>(edge >> 32);
    const auto v = static_cast<std::uint32_t>(edge);
    simple.sources.push_back(u);
    simple.targets.push_back(v);
    simple.weights.push_back(WeightOf(u, v));
  }
  return simple;
}

GraphFile Kronecker(int scale, int edge_factor, std::uint64_t seed) {
  Random random(seed);
  GraphFile graph;
  graph.vertices = std::uint64_t{1} << scale;
  const std::uint64_t edges = graph.vertices * static_cast<std::uint64_t>(edge_factor);
  const std::vector<std::uint32_t> name =
      Permutation(static_cast<std::uint32_t>(graph.vertices), random);
  for (std::uint64_t e = 0; e < edges; ++e) {
    std::uint32_t u = 0;
    std::uint32_t v = 0;
    for (int bit = 0; bit < scale; ++bit) {
      const double where = random.Unit();
      u = 2 * u + (where >= 0.76 ? 1 : 0);
      v = 2 * v + ((where >= 0.57 && where < 0.76) || where >= 0.95 ? 1 : 0);
    }
    graph.sources.push_back(name[u]);
    graph.targets.push_back(name[v]);
  }
  return graph;
}

GraphFile Grid(std::uint32_t side, std::uint64_t seed) {
  Random random(seed);
  GraphFile graph;
  graph.vertices = std::uint64_t{side} * side;
  const auto join = [&](std::uint32_t u, std::uint32_t v) {
    if (random.Next() % 20 == 0) return;
    graph.sources.push_back(u);
    graph.targets.push_back(v);
  };
  for (std::uint32_t y = 0; y < side; ++y) {
    for (std::uint32_t x = 0; x < side; ++x) {
      const std::uint32_t here = y * side + x;
      if (x + 1 < side) join(here, here + 1);
      if (y + 1 < side) join(here, here + side);
    }
  }
  return graph;
}

GraphFile PowerLaw(std::uint32_t vertices, std::uint64_t seed) {
  Random random(seed);
  GraphFile graph;
  graph.vertices = vertices;
  const std::vector<std::uint32_t> out_name = Permutation(vertices, random);
  const std::vector<std::uint32_t> in_name = Permutation(vertices, random);
  // Rank i is drawn in proportion to (i + 1)^-a, by the inverse of the integral; degrees then have
  // the exponent 1 + 1 / a.
  const auto draw = [&](double a) {
    const double top = std::pow(static_cast<double>(vertices), 1 - a) - 1;
    const double rank = std::pow(top * random.Unit() + 1, 1 / (1 - a)) - 1;
    return std::min(static_cast<std::uint32_t>(rank), vertices - 1);
  };
  for (std::uint64_t e = 0; e < std::uint64_t{6} * vertices; ++e) {
    const std::uint32_t u = out_name[draw(0.58)];
    const std::uint32_t v = in_name[draw(0.9)];
    graph.sources.push_back(u);
    graph.targets.push_back(v);
    if (random.Next() % 5 == 0) {
      graph.sources.push_back(v);
      graph.targets.push_back(u);
    }
  }
  return graph;
}

County MakeCounty(std::int64_t households, std::uint64_t seed) {
  SnapshotSink sink;
  OrThrow(GenerateCounty({.households = households, .seed = seed}, sink));
  return FromSnapshot(sink.Build());
}

County MakeProvince(std::int64_t households, std::uint64_t seed) {
  SnapshotSink sink;
  const Territory territory = Territory::Make(
      {.scale = Scale::kProvince, .households = households, .seed = seed, .province = {}});
  OrThrow(GenerateTerritory(territory, sink));
  return FromSnapshot(sink.Build());
}

}  // namespace lianjie::compare
