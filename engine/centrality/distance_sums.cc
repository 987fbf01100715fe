#include "engine/centrality/distance_sums.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <thread>

#include "engine/centrality/bit_search.h"
#include "engine/centrality/score_table.h"
#include "engine/centrality/twins.h"
#include "engine/core/status.h"
#include "engine/paths/arcs.h"
#include "engine/paths/quad_heap.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();
constexpr std::size_t kSources = 64;   // in one search by bits
constexpr std::int64_t kPopCost = 16;  // of the heap, in arcs

double Term(DistanceTerm term, double count, double distance) {
  return term == DistanceTerm::kDistance ? count * distance : count / distance;
}

// Dijkstra from one source, in arrays of one thread that are clean between sources.
class WeightedSearch {
 public:
  explicit WeightedSearch(const Projection& graph) : graph_(graph), distance_(graph.size(), kFar) {
    settled_.reserve(graph.size());
    heap_.Reserve(graph.size());
  }

  // False when the run must end; then it must not be used again.
  bool Run(std::uint32_t source, DistanceTerm term, RunContext& context, DistanceSums& sums) {
    Poller poller(context);
    distance_[source] = 0;
    heap_.Lower(source, 0.0);
    double sum = 0;
    while (!heap_.empty()) {
      const auto [distance, u] = heap_.Pop();
      settled_.push_back(u);
      if (poller.Tick(kPopCost)) return false;
      if (u != source) sum += Term(term, 1.0, distance);
      for (std::uint64_t arc = graph_.arcs_begin(u); arc != graph_.arcs_end(u); ++arc) {
        if (poller.Tick()) return false;
        const std::uint32_t v = graph_.target(arc);
        const double next = distance + graph_.weight(arc);
        if (next >= distance_[v]) continue;
        distance_[v] = next;
        heap_.Lower(v, next);
      }
    }
    sums.reached[source] = static_cast<std::uint32_t>(settled_.size() - 1);
    sums.sum[source] = sum;
    for (const std::uint32_t v : settled_) distance_[v] = kFar;
    settled_.clear();
    return true;
  }

  static std::uint64_t EstimateBytes(std::uint64_t vertices) {
    return vertices * (sizeof(double) + sizeof(std::uint32_t)) +
           QuadHeap<double>::EstimateBytes(vertices);
  }

 private:
  const Projection& graph_;
  std::vector<double> distance_;
  std::vector<std::uint32_t> settled_;
  QuadHeap<double> heap_;
};

bool SearchBlock(BitSearch& search, std::span<const std::uint32_t> block, DistanceTerm term,
                 RunContext& context, DistanceSums& sums) {
  return search.Run(block, context, [&](std::uint32_t hops, const BitCounters& counters) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      const std::uint32_t count = counters.Count(i);
      sums.reached[block[i]] += count;
      sums.sum[block[i]] += Term(term, count, hops);
    }
  });
}

bool SearchBlock(WeightedSearch& search, std::span<const std::uint32_t> block, DistanceTerm term,
                 RunContext& context, DistanceSums& sums) {
  return std::ranges::all_of(
      block, [&](std::uint32_t source) { return search.Run(source, term, context, sums); });
}

// Each block of sources is searched alone and answers for its sources alone.
template <typename Search, typename Make>
absl::Status SearchAll(const Make& make, std::span<const std::uint32_t> sources,
                       std::size_t block_size, DistanceTerm term, RunContext& context,
                       DistanceSums& sums) {
  tbb::enumerable_thread_specific<Search> searches(make);
  const std::size_t blocks = (sources.size() + block_size - 1) / block_size;
  context.Parallel([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, blocks, 1),
        [&](const auto& range) {
          for (std::size_t i = range.begin(); i != range.end(); ++i) {
            const std::size_t begin = i * block_size;
            const auto block = sources.subspan(begin, std::min(block_size, sources.size() - begin));
            if (context.Stopped() || !SearchBlock(searches.local(), block, term, context, sums))
              return;
            context.AddCompleted(block.size());
          }
        },
        tbb::simple_partitioner());
  });
  return context.Check();
}

absl::Status Search(const AnalysisInput& input, const Projection& graph,
                    std::span<const std::uint32_t> sources, DistanceTerm term, RunContext& context,
                    DistanceSums& sums) {
  if (graph.weighted()) {
    const auto make = [&graph] { return WeightedSearch(graph); };
    return SearchAll<WeightedSearch>(make, sources, 1, term, context, sums);
  }
  std::shared_ptr<const Projection> turned;
  if (graph.spec().direction != Direction::kUndirected) {
    ProjectionSpec spec = graph.spec();
    spec.direction = Opposite(spec.direction);
    LIANJIE_ASSIGN_OR_RETURN(turned, input.projections(input.view, spec, context));
  }
  const Projection& back = turned == nullptr ? graph : *turned;
  const auto make = [&graph, &back] { return BitSearch(graph, back); };
  return SearchAll<BitSearch>(make, sources, kSources, term, context, sums);
}

std::uint64_t DistanceSumsBytes(std::uint64_t vertices, bool weighted, std::uint64_t threads) {
  const std::uint64_t search =
      weighted ? WeightedSearch::EstimateBytes(vertices) : BitSearch::EstimateBytes(vertices);
  const std::uint64_t blocks = weighted ? vertices : vertices / kSources + 1;
  return vertices * (3 * sizeof(std::uint32_t) + sizeof(double)) +
         std::max(std::min(threads, blocks) * search, EstimateTwinsBytes(vertices));
}

}  // namespace

absl::StatusOr<DistanceSums> SumDistances(const AnalysisInput& input, const Projection& graph,
                                          DistanceTerm term, RunContext& context) {
  const std::uint32_t n = graph.size();
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking booking,
      Booking::Take(context, DistanceSumsBytes(n, graph.weighted(),
                                               static_cast<std::uint64_t>(context.threads()))));
  context.SetTotal(n);
  DistanceSums sums;
  sums.reached.assign(n, 0);
  sums.sum.assign(n, 0.0);
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> first, FirstTwins(graph, context));
  std::vector<std::uint32_t> sources;
  sources.reserve(n);
  for (std::uint32_t v = 0; v < n; ++v) {
    if (first[v] == v && graph.arcs_begin(v) != graph.arcs_end(v)) sources.push_back(v);
  }
  sums.searched = static_cast<std::int64_t>(sources.size());
  context.AddCompleted(n - sources.size());
  LIANJIE_RETURN_IF_ERROR(Search(input, graph, sources, term, context, sums));
  for (std::uint32_t v = 0; v < n; ++v) {
    sums.reached[v] = sums.reached[first[v]];
    sums.sum[v] = sums.sum[first[v]];
  }
  return sums;
}

absl::StatusOr<AnalysisResult> ScoreByDistances(const AnalysisInput& input,
                                                const DistanceQuestion& question,
                                                RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t missing,
                           CheckWeights(input.view, question.weight, question.missing_weight,
                                        WeightRule::kPositive, context));
  LIANJIE_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Projection> graph,
      input.projections(
          input.view,
          DistanceSumsSpec(question.direction, question.weight, question.missing_weight), context));
  const std::uint32_t n = graph->size();
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, EstimateScoreTableBytes(n)));
  LIANJIE_ASSIGN_OR_RETURN(DistanceSums sums, SumDistances(input, *graph, question.term, context));
  for (std::uint32_t v = 0; v < n; ++v)
    sums.sum[v] = question.score(n, sums.reached[v], sums.sum[v]);
  AnalysisResult result;
  LIANJIE_ASSIGN_OR_RETURN(result.table,
                           ScoreTable(*graph, sums.sum, question.description, context));
  const ScoreFigures figures = FiguresOf(sums.sum);
  result.summary = {{"node_count", static_cast<std::int64_t>(n)},
                    {"searched_count", sums.searched},
                    {"largest_score", figures.greatest},
                    {"sum_score", figures.sum}};
  if (question.weight != "none")
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  if (missing > 0)
    result.warnings.push_back(
        MissingWeightWarning(question.weight, missing, question.missing_weight));
  return result;
}

ProjectionSpec DistanceSumsSpec(Direction direction, const std::string& weight,
                                double missing_weight) {
  ProjectionSpec spec;
  spec.direction = direction;
  spec.weight = weight;
  if (weight != "none") spec.missing_weight = missing_weight;
  spec.parallel = ProjectionSpec::Parallel::kMin;
  spec.self_loops = false;
  return spec;
}

std::uint64_t EstimateDistanceSumsBytes(const Snapshot& snapshot, const ProjectionSpec& spec) {
  const bool weighted = spec.weight != "none";
  const std::uint64_t projections = weighted || spec.direction == Direction::kUndirected ? 1 : 2;
  return projections * Projection::EstimateBytes(snapshot, spec) +
         DistanceSumsBytes(snapshot.node_count(), weighted,
                           std::max(1u, std::thread::hardware_concurrency())) +
         EstimateScoreTableBytes(snapshot.node_count());
}

}  // namespace lianjie
