#include "engine/structure/modularity.h"

#include <algorithm>
#include <utility>

#include "engine/core/status.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

// Vertices in one block of a sum. Part of the answer's last bits: never to depend on the machine.
constexpr std::uint32_t kBlock = 2048;

// Calls body(block, first, end, poller) for blocks of vertices; body answers false when it was
// stopped.
template <typename Body>
absl::Status ForEachBlock(std::uint32_t size, RunContext& context, const Body& body) {
  const std::size_t blocks = (std::size_t{size} + kBlock - 1) / kBlock;
  context.Parallel([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, blocks),
        [&](const auto& range) {
          Poller poller(context);
          for (std::size_t block = range.begin(); block != range.end(); ++block) {
            const auto first = static_cast<std::uint32_t>(block * kBlock);
            if (!body(block, first, std::min(size, first + kBlock), poller)) return;
          }
        },
        tbb::simple_partitioner());
  });
  return context.Check();
}

}  // namespace

ProjectionSpec CommunitySpec(const std::string& weight) {
  ProjectionSpec spec;
  spec.direction = Direction::kUndirected;
  spec.weight = weight;
  spec.missing_weight = MissingInSums(weight);
  return spec;
}

absl::StatusOr<std::vector<double>> Strengths(const Projection& graph, RunContext& context) {
  std::vector<double> strengths(graph.size());
  LIANJIE_RETURN_IF_ERROR(ForEachBlock(
      graph.size(), context,
      [&](std::size_t, std::uint32_t first, std::uint32_t end, Poller& poller) {
        for (std::uint32_t v = first; v < end; ++v) {
          double sum = 0;
          for (std::uint64_t arc = graph.arcs_begin(v); arc != graph.arcs_end(v); ++arc) {
            if (poller.Tick()) return false;
            sum += graph.weight(arc);
          }
          strengths[v] = sum;
        }
        return !poller.Tick();
      }));
  return strengths;
}

absl::StatusOr<std::optional<double>> Modularity(const Projection& graph,
                                                 std::span<const double> strengths,
                                                 std::span<const std::uint32_t> community,
                                                 std::uint32_t communities, double resolution,
                                                 RunContext& context) {
  std::vector<double> inside((std::size_t{graph.size()} + kBlock - 1) / kBlock);
  LIANJIE_RETURN_IF_ERROR(ForEachBlock(
      graph.size(), context,
      [&](std::size_t block, std::uint32_t first, std::uint32_t end, Poller& poller) {
        double sum = 0;
        for (std::uint32_t v = first; v < end; ++v) {
          for (std::uint64_t arc = graph.arcs_begin(v); arc != graph.arcs_end(v); ++arc) {
            if (poller.Tick()) return false;
            if (community[graph.target(arc)] == community[v]) sum += graph.weight(arc);
          }
        }
        inside[block] = sum;
        return true;
      }));
  Poller poller(context);
  std::vector<double> total(communities, 0.0);
  double all = 0;
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    if (poller.Tick()) return context.Check();
    total[community[v]] += strengths[v];
    all += strengths[v];
  }
  if (!(all > 0)) return std::nullopt;
  double gained = 0;
  for (const double sum : inside) gained += sum;
  double expected = 0;
  for (const double sum : total) {
    if (poller.Tick()) return context.Check();
    const double part = sum / all;
    expected += part * part;
  }
  return gained / all - resolution * expected;
}

std::uint64_t EstimateModularityBytes(std::uint64_t vertices) {
  return vertices * 2 * sizeof(double);
}

std::uint64_t MostLinksOfANode(const Snapshot& snapshot) {
  std::uint64_t most = 0;
  for (NodeIndex n = 0; n < snapshot.node_count(); ++n) {
    most = std::max<std::uint64_t>(
        most, snapshot.out_end(n) - snapshot.out_begin(n) + snapshot.in_links(n).size());
  }
  return most;
}

}  // namespace lianjie
