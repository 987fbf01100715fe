#include "engine/centrality/eigenvector.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/centrality/block_sweep.h"
#include "engine/centrality/cycles.h"
#include "engine/centrality/iteration_options.h"
#include "engine/centrality/score_table.h"
#include "engine/core/status.h"
#include "engine/paths/arcs.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr double kShift = 0.25;  // of the eigenvalue

// Arcs lead from a vertex to those that it gathers from.
ProjectionSpec SpecOf(const EigenvectorOptions& options) {
  ProjectionSpec spec;
  spec.direction = Opposite(options.direction);
  spec.weight = options.weight;
  spec.missing_weight = MissingInSums(options.weight);
  return spec;
}

class EigenvectorIteration {
 public:
  EigenvectorIteration(const Projection& graph, const EigenvectorOptions& options,
                       RunContext& context)
      : graph_(graph),
        options_(options),
        context_(context),
        sweep_(graph.size(), context),
        score_(graph.size(), 1.0),
        next_(graph.size(), 0.0) {}

  // Needs a cycle of positive weight.
  absl::Status Run() {
    while (iterations_ < options_.iterations && !converged_) {
      const double shift = Shift();
      const SweepFigures found = sweep_.Run([&](std::uint32_t v, SweepFigures& part) {
        const double gathered = GatherSum(graph_, score_, v);
        next_[v] = gathered + shift * score_[v];
        part.sum += gathered;
        part.other_sum += score_[v];
        part.greatest = std::max(part.greatest, next_[v]);
      });
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      error_ = sweep_
                   .Run([&](std::uint32_t v, SweepFigures& part) {
                     next_[v] /= found.greatest;
                     part.greatest = std::max(part.greatest, std::abs(next_[v] - score_[v]));
                   })
                   .greatest;
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      score_.swap(next_);
      growth_before_ = growth_;
      growth_ = found.sum / found.other_sum;
      ++iterations_;
      converged_ = error_ <= options_.tolerance;
      context_.AddCompleted(1);
    }
    return absl::OkStatus();
  }

  void SetZero() {
    std::fill(score_.begin(), score_.end(), 0.0);
    converged_ = true;
  }

  const std::vector<double>& scores() const { return score_; }
  int iterations() const { return iterations_; }
  double error() const { return error_; }
  bool converged() const { return converged_; }
  // As the last step found it, before it.
  double eigenvalue() const { return growth_; }

 private:
  double Shift() const {
    if (iterations_ < 2) return kShift * growth_;
    return kShift * std::sqrt(growth_) * std::sqrt(growth_before_);
  }

  const Projection& graph_;
  const EigenvectorOptions& options_;
  RunContext& context_;
  BlockSweep sweep_;
  std::vector<double> score_;
  std::vector<double> next_;
  int iterations_ = 0;
  double growth_ = 0;  // sum of what is gathered to the sum of scores
  double growth_before_ = 0;
  double error_ = 0;
  bool converged_ = false;
};

std::uint64_t EigenvectorBytes(std::uint64_t vertices) {
  return vertices * 2 * sizeof(double) +
         std::max(EstimateCyclesBytes(vertices), EstimateScoreTableBytes(vertices));
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const EigenvectorOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const double missing_weight = MissingInSums(options.weight);
  LIANJIE_ASSIGN_OR_RETURN(
      const std::uint64_t missing,
      CheckWeights(input.view, options.weight, missing_weight, WeightRule::kNotNegative, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, SpecOf(options), context));
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, EigenvectorBytes(graph->size())));
  context.SetTotal(static_cast<std::uint64_t>(options.iterations));
  LIANJIE_ASSIGN_OR_RETURN(const bool has_cycle, HasCycle(*graph, context));
  EigenvectorIteration iteration(*graph, options, context);
  if (has_cycle) {
    LIANJIE_RETURN_IF_ERROR(iteration.Run());
  } else {
    iteration.SetZero();
  }
  const std::vector<double>& scores = iteration.scores();
  AnalysisResult result;
  LIANJIE_ASSIGN_OR_RETURN(
      result.table,
      ScoreTable(*graph, scores,
                 "In proportion to the scores of those that lead to the node; at most 1.",
                 context));
  result.summary = {{"node_count", static_cast<std::int64_t>(graph->size())},
                    {"iterations", static_cast<std::int64_t>(iteration.iterations())},
                    {"error", iteration.error()},
                    {"converged", iteration.converged()},
                    {"eigenvalue", iteration.eigenvalue()},
                    {"sum_score", FiguresOf(scores).sum}};
  if (options.weight != "none") {
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  }
  if (missing > 0)
    result.warnings.push_back(MissingWeightWarning(options.weight, missing, missing_weight));
  if (!has_cycle) {
    result.warnings.push_back(
        "No cycle of links has a positive weight: there is no eigenvalue above 0, and all scores "
        "are 0.");
  }
  if (!iteration.converged()) {
    result.warnings.push_back(
        NotConvergedWarning(iteration.iterations(), iteration.error(), options.tolerance));
  }
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
}

}  // namespace

absl::Status EigenvectorOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateIteration(iterations, tolerance));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunEigenvector(const AnalysisInput& input,
                                              const EigenvectorOptions& options,
                                              RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateEigenvectorBytes(const AnalysisInput& input,
                                       const EigenvectorOptions& options) {
  return Projection::EstimateBytes(input.snapshot(), SpecOf(options)) +
         EigenvectorBytes(input.snapshot().node_count());
}

}  // namespace lianjie
