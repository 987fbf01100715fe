#include "engine/centrality/page_rank.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "engine/centrality/score_table.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/arcs.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

// Vertices in one block of a sum. Part of the answer's last bits: never to depend on the machine.
constexpr std::uint32_t kBlock = 2048;

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
        partial_((size_ + kBlock - 1) / kBlock) {}

  absl::Status Prepare(const std::vector<std::uint32_t>& sources) {
    restart_.assign(size_, sources.empty() ? 1.0 / static_cast<double>(size_) : 0.0);
    for (const std::uint32_t v : sources) restart_[v] = 1.0 / static_cast<double>(sources.size());
    rank_ = restart_;
    next_.assign(size_, 0.0);
    offer_.assign(size_, 0.0);
    per_weight_.assign(size_, 0.0);
    Poller poller(context_);
    for (std::uint32_t v = 0; v < size_; ++v) {
      for (std::uint64_t arc = graph_.arcs_begin(v); arc != graph_.arcs_end(v); ++arc) {
        if (poller.Tick()) return context_.Check();
        per_weight_[graph_.target(arc)] += graph_.weight(arc);
      }
    }
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
    while (iterations_ < options_.iterations && !converged_) {
      const double dangling = Sum([this](std::uint32_t v) { return Offer(v); });
      const double spread = options_.dangling == PageRankOptions::Dangling::kDrop ? 0.0 : dangling;
      const double base = (1.0 - options_.damping) + options_.damping * spread;
      error_ = Sum([this, base](std::uint32_t v) { return Gather(v, base); });
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      rank_.swap(next_);
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
  // What v hands to each unit of weight that leaves it; answers its rank if it is dangling.
  double Offer(std::uint32_t v) {
    offer_[v] = rank_[v] * per_weight_[v];
    return per_weight_[v] > 0 ? 0.0 : rank_[v];
  }

  // The new rank of v; answers by how much it changed.
  double Gather(std::uint32_t v, double base) {
    double sum = 0;
    const std::uint64_t end = graph_.arcs_end(v);
    if (graph_.weighted()) {
      for (std::uint64_t arc = graph_.arcs_begin(v); arc != end; ++arc) {
        sum += offer_[graph_.target(arc)] * graph_.weight(arc);
      }
    } else {
      for (std::uint64_t arc = graph_.arcs_begin(v); arc != end; ++arc)
        sum += offer_[graph_.target(arc)];
    }
    next_[v] = base * restart_[v] + options_.damping * sum;
    return std::abs(next_[v] - rank_[v]);
  }

  // The sum of of(v) over all vertices: each block in order, then the blocks in order.
  template <typename Of> double Sum(const Of& of) {
    context_.Parallel([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, partial_.size()),
                        [&](const auto& range) {
                          for (std::size_t block = range.begin(); block != range.end(); ++block) {
                            if (context_.Stopped()) return;
                            const auto begin = static_cast<std::uint32_t>(block * kBlock);
                            const std::uint32_t end = std::min(size_, begin + kBlock);
                            double sum = 0;
                            for (std::uint32_t v = begin; v < end; ++v) sum += of(v);
                            partial_[block] = sum;
                          }
                        });
    });
    double sum = 0;
    for (const double part : partial_) sum += part;
    return sum;
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
  std::vector<double> partial_;
  std::vector<double> restart_;
  std::vector<double> rank_;
  std::vector<double> next_;
  std::vector<double> offer_;
  std::vector<double> per_weight_;  // 1 / weight that leaves the vertex; 0: dangling
  std::int64_t dangling_count_ = 0;
  int iterations_ = 0;
  double error_ = 0;
  bool converged_ = false;
};

std::uint64_t OwnBytes(std::uint64_t vertices) {
  return vertices * 5 * sizeof(double) + EstimateScoreTableBytes(vertices);
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
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking, Booking::Take(context, OwnBytes(graph->size())));
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
         OwnBytes(input.snapshot().node_count());
}

}  // namespace lianjie
