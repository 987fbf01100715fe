#include "engine/centrality/page_rank.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <utility>

#include "engine/centrality/block_sweep.h"
#include "engine/centrality/score_table.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/arcs.h"
#include "engine/paths/weights.h"
#include "engine/runtime/rows.h"

namespace lianjie {
namespace {

constexpr std::size_t kCountRows = 65536;

// Arcs lead from a vertex to those that it gathers from: the other way than the walker goes.
ProjectionSpec SpecOf(const PageRankOptions& options) {
  ProjectionSpec spec;
  spec.direction = Opposite(options.direction);
  spec.weight = options.weight;
  spec.missing_weight = MissingInSums(options.weight);
  return spec;
}

class PowerIteration {
 public:
  PowerIteration(const Projection& graph, const PageRankOptions& options, RunContext& context)
      : graph_(graph),
        options_(options),
        context_(context),
        size_(graph.size()),
        everywhere_(1.0 / static_cast<double>(size_)),
        sweep_(size_, context) {}

  absl::Status Prepare(const std::vector<std::uint32_t>& sources) {
    if (!sources.empty()) {
      restart_.assign(size_, 0.0);
      for (const std::uint32_t v : sources) restart_[v] = 1.0 / static_cast<double>(sources.size());
      rank_ = restart_;
    } else {
      rank_.assign(size_, everywhere_);
    }
    offer_.assign(size_, 0.0);
    next_offer_.assign(size_, 0.0);
    LIANJIE_RETURN_IF_ERROR(SumLeavingWeights());
    for (double& weight : per_weight_) {
      if (weight > 0) {
        weight = 1.0 / weight;
      } else {
        ++dangling_count_;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Run() {
    context_.SetTotal(ExpectedIterations());
    double dangling =
        sweep_.Run([this](std::uint32_t v, SweepFigures& part) { part.sum += Offer(v, offer_); })
            .sum;
    while (iterations_ < options_.iterations && !converged_) {
      const double spread = options_.dangling == PageRankOptions::Dangling::kDrop ? 0.0 : dangling;
      const double base = (1.0 - options_.damping) + options_.damping * spread;
      const SweepFigures figures = sweep_.Run([this, base](std::uint32_t v, SweepFigures& part) {
        part.sum += Gather(v, base);
        part.other_sum += Offer(v, next_offer_);
      });
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      error_ = figures.sum;
      dangling = figures.other_sum;
      offer_.swap(next_offer_);
      ++iterations_;
      converged_ = error_ <= options_.tolerance;
      context_.AddCompleted(1);
    }
    return absl::OkStatus();
  }

  const std::vector<double>& rank() const { return rank_; }
  int iterations() const { return iterations_; }
  double error() const { return error_; }
  bool converged() const { return converged_; }
  std::int64_t dangling_count() const { return dangling_count_; }

 private:
  // The weight that leaves each vertex, to per_weight_.
  absl::Status SumLeavingWeights() {
    per_weight_.assign(size_, 0.0);
    if (graph_.spec().direction == Direction::kUndirected) {  // the vertex's own arcs
      sweep_.Run([this](std::uint32_t v, SweepFigures&) {
        double sum = 0;
        for (std::uint64_t arc = graph_.arcs_begin(v); arc != graph_.arcs_end(v); ++arc)
          sum += graph_.weight(arc);
        per_weight_[v] = sum;
      });
      return context_.Check();
    }
    if (!graph_.weighted()) return CountLeavingArcs();
    Poller poller(context_);
    for (std::uint32_t v = 0; v < size_; ++v) {
      for (std::uint64_t arc = graph_.arcs_begin(v); arc != graph_.arcs_end(v); ++arc) {
        if (poller.Tick()) return context_.Check();
        per_weight_[graph_.target(arc)] += graph_.weight(arc);
      }
    }
    return absl::OkStatus();
  }

  // Whole numbers, which any thread may count up.
  absl::Status CountLeavingArcs() {
    std::vector<std::uint32_t> counts(size_, 0);
    LIANJIE_RETURN_IF_ERROR(ForEachRows(
        graph_.arc_count(), kCountRows, context_,
        [&](std::size_t begin, std::size_t end, Poller& poller) {
          for (std::size_t arc = begin; arc != end; ++arc) {
            if (poller.Tick()) return;
            std::atomic_ref(counts[graph_.target(arc)]).fetch_add(1, std::memory_order_relaxed);
          }
        }));
    for (std::uint32_t v = 0; v < size_; ++v) per_weight_[v] = counts[v];
    return absl::OkStatus();
  }

  // What v hands to each unit of weight that leaves it; answers its rank if it is dangling.
  double Offer(std::uint32_t v, std::vector<double>& offers) const {
    offers[v] = rank_[v] * per_weight_[v];
    return per_weight_[v] > 0 ? 0.0 : rank_[v];
  }

  // The new rank of v; answers by how much it changed.
  double Gather(std::uint32_t v, double base) {
    const double restart = restart_.empty() ? everywhere_ : restart_[v];
    const double before = rank_[v];
    rank_[v] = base * restart + options_.damping * GatherSum(graph_, offer_, v);
    return std::abs(rank_[v] - before);
  }

  // The first change is at most 2, and each is at most `damping` times the one before.
  std::uint64_t ExpectedIterations() const {
    if (options_.damping <= 0) return 1;
    const double steps = std::log(options_.tolerance / 2) / std::log(options_.damping);
    return static_cast<std::uint64_t>(
        std::clamp(std::ceil(steps) + 1, 1.0, static_cast<double>(options_.iterations)));
  }

  const Projection& graph_;
  const PageRankOptions& options_;
  RunContext& context_;
  const std::uint32_t size_;
  const double everywhere_;  // the chance to restart at a vertex, where all are sources
  BlockSweep sweep_;
  std::vector<double> restart_;  // empty: everywhere
  std::vector<double> rank_;
  std::vector<double> offer_;
  std::vector<double> next_offer_;
  std::vector<double> per_weight_;  // 1 / weight that leaves the vertex; 0: dangling
  std::int64_t dangling_count_ = 0;
  int iterations_ = 0;
  double error_ = 0;
  bool converged_ = false;
};

// Four numbers a vertex, and one for restarts at some; the table.
std::uint64_t OwnBytes(std::uint64_t vertices, const PageRankOptions& options) {
  return vertices * (options.sources.empty() ? 4 : 5) * sizeof(double) +
         EstimateScoreTableBytes(vertices);
}

absl::StatusOr<std::vector<std::uint32_t>> FindSources(const View& view, const Projection& graph,
                                                       const std::vector<std::string>& ids) {
  std::vector<std::uint32_t> vertices;
  for (const std::string& id : ids) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeIndex node, FindNodeInside(view, "source", id));
    vertices.push_back(graph.ToVertex(node));
  }
  std::sort(vertices.begin(), vertices.end());
  vertices.erase(std::unique(vertices.begin(), vertices.end()), vertices.end());
  return vertices;
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const PageRankOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t missing,
                           CheckWeights(input.view, options.weight, MissingInSums(options.weight),
                                        WeightRule::kNotNegative, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, SpecOf(options), context));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> sources,
                           FindSources(input.view, *graph, options.sources));
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, OwnBytes(graph->size(), options)));
  PowerIteration iteration(*graph, options, context);
  LIANJIE_RETURN_IF_ERROR(iteration.Prepare(sources));
  LIANJIE_RETURN_IF_ERROR(iteration.Run());
  AnalysisResult result;
  LIANJIE_ASSIGN_OR_RETURN(
      result.table, ScoreTable(*graph, iteration.rank(), "Part of the walker's time.", context));
  result.summary = {{"node_count", static_cast<std::int64_t>(graph->size())},
                    {"iterations", static_cast<std::int64_t>(iteration.iterations())},
                    {"error", iteration.error()},
                    {"error_bound", iteration.error() * options.damping / (1 - options.damping)},
                    {"converged", iteration.converged()},
                    {"sum_score", FiguresOf(iteration.rank()).sum},
                    {"dangling_count", iteration.dangling_count()}};
  if (options.weight != "none") {
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  }
  if (missing > 0)
    result.warnings.push_back(
        MissingWeightWarning(options.weight, missing, MissingInSums(options.weight)));
  if (!iteration.converged()) {
    result.warnings.push_back(Cat("After ", iteration.iterations(),
                                  " iterations scores still change by ", iteration.error(),
                                  ", more than the tolerance of ", options.tolerance, "."));
  }
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
}

}  // namespace

absl::Status PageRankOptions::Validate() const {
  if (!(damping >= 0 && damping < 1))
    return InvalidField("damping", Cat(damping, " is not from 0 up to, but not, 1"));
  if (iterations < 1) return InvalidField("iterations", Cat(iterations, " is not at least 1"));
  if (!(tolerance > 0) || std::isinf(tolerance))
    return InvalidField("tolerance", Cat(tolerance, " is not positive"));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunPageRank(const AnalysisInput& input,
                                           const PageRankOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimatePageRankBytes(const AnalysisInput& input, const PageRankOptions& options) {
  return Projection::EstimateBytes(input.snapshot(), SpecOf(options)) +
         OwnBytes(input.snapshot().node_count(), options);
}

}  // namespace lianjie
