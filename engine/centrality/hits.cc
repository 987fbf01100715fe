#include "engine/centrality/hits.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/centrality/block_sweep.h"
#include "engine/centrality/iteration_options.h"
#include "engine/centrality/score_table.h"
#include "engine/core/status.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

ProjectionSpec SpecOf(const HitsOptions& options, Direction direction) {
  ProjectionSpec spec;
  spec.direction = direction;
  spec.weight = options.weight;
  spec.missing_weight = MissingInSums(options.weight);
  return spec;
}

class HitsIteration {
 public:
  // `out` leads from a node to those that it pays, `in` to those that pay it.
  HitsIteration(const Projection& out, const Projection& in, const HitsOptions& options,
                RunContext& context)
      : out_(out),
        in_(in),
        options_(options),
        context_(context),
        sweep_(out.size(), context),
        hub_(out.size(), out.size() == 0 ? 0.0 : 1.0 / out.size()),
        authority_(out.size(), 0.0),
        next_(out.size(), 0.0) {}

  absl::Status Run() {
    context_.SetTotal(static_cast<std::uint64_t>(options_.iterations));
    while (iterations_ < options_.iterations && !converged_) {
      const double to_authorities = Gather(in_, hub_, next_);
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      if (to_authorities == 0) {  // no link has a weight
        std::fill(hub_.begin(), hub_.end(), 0.0);
        converged_ = true;
        break;
      }
      error_ = sweep_
                   .Run([&](std::uint32_t v, SweepFigures& part) {
                     next_[v] /= to_authorities;
                     part.sum += std::abs(next_[v] - authority_[v]);
                   })
                   .sum;
      authority_.swap(next_);
      const double to_hubs = Gather(out_, authority_, hub_);
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      sweep_.Run([&](std::uint32_t v, SweepFigures&) { hub_[v] /= to_hubs; });
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      // Hubs summed to 1 before, so the two factors multiply to the eigenvalue of A'A.
      singular_value_ = std::sqrt(to_authorities) * std::sqrt(to_hubs);
      ++iterations_;
      converged_ = error_ <= options_.tolerance;
      context_.AddCompleted(1);
    }
    return absl::OkStatus();
  }

  const std::vector<double>& authority() const { return authority_; }
  const std::vector<double>& hub() const { return hub_; }
  int iterations() const { return iterations_; }
  double error() const { return error_; }
  bool converged() const { return converged_; }
  double singular_value() const { return singular_value_; }

 private:
  // What each vertex gathers over its arcs; answers the sum over all.
  double Gather(const Projection& graph, const std::vector<double>& from, std::vector<double>& to) {
    return sweep_
        .Run([&](std::uint32_t v, SweepFigures& part) {
          to[v] = GatherSum(graph, from, v);
          part.sum += to[v];
        })
        .sum;
  }

  const Projection& out_;
  const Projection& in_;
  const HitsOptions& options_;
  RunContext& context_;
  BlockSweep sweep_;
  std::vector<double> hub_;
  std::vector<double> authority_;
  std::vector<double> next_;
  int iterations_ = 0;
  double error_ = 0;
  bool converged_ = false;
  double singular_value_ = 0;
};

std::uint64_t HitsBytes(std::uint64_t vertices) {
  return vertices * 4 * sizeof(double) + EstimateScoreTableBytes(vertices);
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const HitsOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const double missing_weight = MissingInSums(options.weight);
  LIANJIE_ASSIGN_OR_RETURN(
      const std::uint64_t missing,
      CheckWeights(input.view, options.weight, missing_weight, WeightRule::kNotNegative, context));
  LIANJIE_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Projection> out,
      input.projections(input.view, SpecOf(options, Direction::kForward), context));
  LIANJIE_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Projection> in,
      input.projections(input.view, SpecOf(options, Direction::kReverse), context));
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking, Booking::Take(context, HitsBytes(out->size())));
  HitsIteration iteration(*out, *in, options, context);
  LIANJIE_RETURN_IF_ERROR(iteration.Run());
  AnalysisResult result;
  LIANJIE_ASSIGN_OR_RETURN(
      result.table, ScoreTable(*out, iteration.authority(),
                               "Authority: what hubs lead to the node; sums to 1.", context));
  result.table.AddColumn("hub", ColumnType::kNumber, "",
                         "Hub: to what authorities the node leads; sums to 1.");
  result.table.column(2).numbers = iteration.hub();
  result.summary = {{"node_count", static_cast<std::int64_t>(out->size())},
                    {"iterations", static_cast<std::int64_t>(iteration.iterations())},
                    {"error", iteration.error()},
                    {"converged", iteration.converged()},
                    {"singular_value", iteration.singular_value()}};
  if (options.weight != "none") {
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  }
  if (missing > 0)
    result.warnings.push_back(MissingWeightWarning(options.weight, missing, missing_weight));
  if (!iteration.converged()) {
    result.warnings.push_back(
        NotConvergedWarning(iteration.iterations(), iteration.error(), options.tolerance));
  }
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
}

}  // namespace

absl::Status HitsOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateIteration(iterations, tolerance));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunHits(const AnalysisInput& input, const HitsOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateHitsBytes(const AnalysisInput& input, const HitsOptions& options) {
  return Projection::EstimateBytes(input.snapshot(), SpecOf(options, Direction::kForward)) +
         Projection::EstimateBytes(input.snapshot(), SpecOf(options, Direction::kReverse)) +
         HitsBytes(input.snapshot().node_count());
}

}  // namespace lianjie
