#include "engine/centrality/katz.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "engine/centrality/block_sweep.h"
#include "engine/centrality/cycles.h"
#include "engine/centrality/iteration_options.h"
#include "engine/centrality/score_table.h"
#include "engine/centrality/spectral_bound.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/arcs.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr double kPartOfLimit = 0.85;

// Arcs lead from a vertex to those that it gathers from.
ProjectionSpec SpecOf(const KatzOptions& options) {
  ProjectionSpec spec;
  spec.direction = Opposite(options.direction);
  spec.weight = options.weight;
  spec.missing_weight = MissingInSums(options.weight);
  return spec;
}

struct Attenuation {
  double value = 0;
  SummaryValue limit;  // null: any has a limit
};

absl::Status Diverges(double attenuation, double limit) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("attenuation: ", attenuation, " is not below ", limit,
          ", 1 over the bound of the greatest eigenvalue of this graph; the sum of "
          "walks has no limit"),
      {.reason = Reason::kDiverges,
       .field = "attenuation",
       .row = {},
       .metadata = {{"attenuation", FormatDouble(attenuation)}, {"limit", FormatDouble(limit)}}});
}

absl::StatusOr<Attenuation> WithoutCycles(const Projection& graph,
                                          const std::optional<double>& asked, RunContext& context) {
  if (asked.has_value()) return Attenuation{*asked, {}};
  double most = 0;
  Poller poller(context);
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    double sum = 0;
    for (std::uint64_t arc = graph.arcs_begin(v); arc != graph.arcs_end(v); ++arc) {
      if (poller.Tick()) return context.Check();
      sum += graph.weight(arc);
    }
    most = std::max(most, sum);
  }
  return Attenuation{most > 0 ? kPartOfLimit / most : kPartOfLimit, {}};
}

// The greatest sum of the weights that one vertex gathers by, with what its rounding may hide: no
// eigenvalue is above it.
absl::StatusOr<double> GreatestGathered(const Projection& graph, RunContext& context) {
  BlockSweep sweep(graph.size(), context);
  const SweepFigures figures = sweep.Run([&](std::uint32_t v, SweepFigures& part) {
    double sum = 0;
    for (std::uint64_t arc = graph.arcs_begin(v); arc != graph.arcs_end(v); ++arc)
      sum += graph.weight(arc);
    const auto count = static_cast<double>(graph.arcs_end(v) - graph.arcs_begin(v));
    const double rounding = count * std::numeric_limits<double>::epsilon();
    part.greatest = std::max(part.greatest, sum * (1 + rounding));
  });
  LIANJIE_RETURN_IF_ERROR(context.Check());
  return figures.greatest;
}

absl::StatusOr<Attenuation> Choose(const Projection& graph, const std::optional<double>& asked,
                                   RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const bool has_cycle, HasCycle(graph, context));
  if (!has_cycle) return WithoutCycles(graph, asked, context);
  if (asked.has_value()) {
    LIANJIE_ASSIGN_OR_RETURN(const double bound, GreatestGathered(graph, context));
    if (*asked * bound < 1) return Attenuation{*asked, 1 / bound};
  }
  const auto question = asked.has_value() ? std::optional<double>(1 / *asked) : std::nullopt;
  LIANJIE_ASSIGN_OR_RETURN(const SpectralBounds bounds,
                           BoundSpectralRadius(graph, question, context));
  const double limit = 1 / bounds.greatest;
  if (!asked.has_value()) return Attenuation{kPartOfLimit * limit, limit};
  if (!(*asked < limit)) return Diverges(*asked, limit);
  return Attenuation{*asked, limit};
}

class KatzIteration {
 public:
  KatzIteration(const Projection& graph, const KatzOptions& options, double attenuation,
                RunContext& context)
      : graph_(graph),
        options_(options),
        attenuation_(attenuation),
        context_(context),
        sweep_(graph.size(), context),
        score_(graph.size(), options.beta),
        next_(graph.size(), 0.0) {}

  absl::Status Run() {
    while (iterations_ < options_.iterations && !converged_) {
      double greatest = 0;
      const SweepFigures change = sweep_.Run([this](std::uint32_t v, SweepFigures& part) {
        next_[v] = attenuation_ * GatherSum(graph_, score_, v) + options_.beta;
        part.greatest = std::max(part.greatest, std::abs(next_[v] - score_[v]));
        part.sum += next_[v];
      });
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      if (!std::isfinite(change.sum)) return Overflow();
      for (const double score : next_) greatest = std::max(greatest, score);
      score_.swap(next_);
      ++iterations_;
      error_ = greatest > 0 ? change.greatest / greatest : 0.0;
      converged_ = error_ <= options_.tolerance;
      context_.AddCompleted(graph_.size());
    }
    return absl::OkStatus();
  }

  const std::vector<double>& scores() const { return score_; }
  int iterations() const { return iterations_; }
  double error() const { return error_; }
  bool converged() const { return converged_; }

 private:
  absl::Status Overflow() const {
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     Cat("scores outgrow a double at an attenuation of ", attenuation_, " after ",
                         iterations_, " iterations"),
                     {.reason = Reason::kDiverges,
                      .field = "attenuation",
                      .row = {},
                      .metadata = {{"attenuation", FormatDouble(attenuation_)},
                                   {"iterations", Cat(iterations_)}}});
  }

  const Projection& graph_;
  const KatzOptions& options_;
  const double attenuation_;
  RunContext& context_;
  BlockSweep sweep_;
  std::vector<double> score_;
  std::vector<double> next_;
  int iterations_ = 0;
  double error_ = 0;
  bool converged_ = false;
};

std::uint64_t KatzBytes(std::uint64_t vertices) {
  const std::uint64_t before =
      std::max(EstimateCyclesBytes(vertices), EstimateSpectralBoundBytes(vertices));
  return std::max(before, vertices * 2 * sizeof(double) + EstimateScoreTableBytes(vertices));
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const KatzOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const double missing_weight = MissingInSums(options.weight);
  LIANJIE_ASSIGN_OR_RETURN(
      const std::uint64_t missing,
      CheckWeights(input.view, options.weight, missing_weight, WeightRule::kNotNegative, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, SpecOf(options), context));
  const std::uint32_t n = graph->size();
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking, Booking::Take(context, KatzBytes(n)));
  context.SetTotal(std::uint64_t{n} * (static_cast<std::uint64_t>(options.iterations) + 1));
  LIANJIE_ASSIGN_OR_RETURN(const Attenuation attenuation,
                           Choose(*graph, options.attenuation, context));
  KatzIteration iteration(*graph, options, attenuation.value, context);
  LIANJIE_RETURN_IF_ERROR(iteration.Run());
  AnalysisResult result;
  LIANJIE_ASSIGN_OR_RETURN(
      result.table,
      ScoreTable(*graph, iteration.scores(), "Walks that end at the node, attenuated.", context));
  result.summary = {{"node_count", static_cast<std::int64_t>(n)},
                    {"attenuation", attenuation.value},
                    {"attenuation_limit", attenuation.limit},
                    {"iterations", static_cast<std::int64_t>(iteration.iterations())},
                    {"error", iteration.error()},
                    {"converged", iteration.converged()},
                    {"sum_score", FiguresOf(iteration.scores()).sum}};
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

absl::Status ValidatePositive(std::string_view field, double value) {
  if (value > 0 && std::isfinite(value)) return absl::OkStatus();
  return InvalidField(field, Cat(value, " is not positive"));
}

}  // namespace

absl::Status KatzOptions::Validate() const {
  if (attenuation.has_value())
    LIANJIE_RETURN_IF_ERROR(ValidatePositive("attenuation", *attenuation));
  LIANJIE_RETURN_IF_ERROR(ValidatePositive("beta", beta));
  LIANJIE_RETURN_IF_ERROR(ValidateIteration(iterations, tolerance));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunKatz(const AnalysisInput& input, const KatzOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateKatzBytes(const AnalysisInput& input, const KatzOptions& options) {
  return Projection::EstimateBytes(input.snapshot(), SpecOf(options)) +
         KatzBytes(input.snapshot().node_count());
}

}  // namespace lianjie
