#include "engine/centrality/spectral_bound.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "engine/centrality/block_sweep.h"
#include "engine/core/status.h"
#include "engine/runtime/work.h"
#include "engine/structure/strong_components.h"

namespace lianjie {
namespace {

constexpr int kMostIterations = 2000;  // to answer a question
constexpr int kUsualIterations = 200;  // without one
constexpr double kCloseEnough = 1e-3;
constexpr double kRounding = 1e-12;  // what sums of products may be off by, and more
constexpr double kFloor = 1e-280;    // least entry of x

class Bounding {
 public:
  Bounding(const Projection& graph, const StrongComponentsOfGraph& parts, RunContext& context)
      : graph_(graph),
        parts_(parts),
        context_(context),
        sweep_(graph.size(), context),
        x_(graph.size(), 1.0),
        product_(graph.size(), 0.0),
        least_(parts.count),
        greatest_(parts.count) {}

  absl::StatusOr<SpectralBounds> Run(std::optional<double> question) {
    SpectralBounds bounds{0, std::numeric_limits<double>::infinity()};
    const int most = question.has_value() ? kMostIterations : kUsualIterations;
    for (int i = 0; i < most; ++i) {
      context_.SetTotal(context_.total() + graph_.size());
      sweep_.Run([this](std::uint32_t v, SweepFigures&) { product_[v] = Product(v); });
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      LIANJIE_RETURN_IF_ERROR(BoundParts());
      double least = 0;
      double greatest = 0;
      for (std::uint32_t part = 0; part < parts_.count; ++part) {
        least = std::max(least, least_[part]);
        greatest = std::max(greatest, greatest_[part]);
      }
      bounds.least = std::max(bounds.least, least);
      bounds.greatest = std::min(bounds.greatest, greatest);
      context_.AddCompleted(graph_.size());
      if (IsEnough(bounds, question)) break;
      sweep_.Run([this](std::uint32_t v, SweepFigures&) { x_[v] = Next(v); });
      LIANJIE_RETURN_IF_ERROR(context_.Check());
    }
    // Rounding must not make them say what does not hold.
    bounds.least *= 1 - kRounding;
    bounds.greatest *= 1 + kRounding;
    return bounds;
  }

 private:
  static bool IsEnough(const SpectralBounds& bounds, std::optional<double> question) {
    const double gap = bounds.greatest - bounds.least;
    const bool close = gap <= kCloseEnough * bounds.least;
    if (!question.has_value()) return close;
    if (bounds.greatest * (1 + kRounding) < *question) return true;
    return (close && bounds.least * (1 - kRounding) >= *question) ||
           gap <= kRounding * bounds.greatest;
  }

  double Product(std::uint32_t v) const {
    const std::uint32_t part = parts_.component[v];
    double sum = 0;
    for (std::uint64_t arc = graph_.arcs_begin(v); arc != graph_.arcs_end(v); ++arc) {
      const std::uint32_t target = graph_.target(arc);
      if (parts_.component[target] == part) sum += x_[target] * graph_.weight(arc);
    }
    return sum;
  }

  absl::Status BoundParts() {
    std::fill(least_.begin(), least_.end(), std::numeric_limits<double>::infinity());
    std::fill(greatest_.begin(), greatest_.end(), 0.0);
    Poller poller(context_);
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      if (poller.Tick()) return context_.Check();
      const std::uint32_t part = parts_.component[v];
      const double ratio = product_[v] / x_[v];
      least_[part] = std::min(least_[part], ratio);
      greatest_[part] = std::max(greatest_[part], ratio);
    }
    return absl::OkStatus();
  }

  double Next(std::uint32_t v) const {
    const std::uint32_t part = parts_.component[v];
    const double shift = (least_[part] + greatest_[part]) / 8;
    if (greatest_[part] == 0) return x_[v];
    return std::max(kFloor, (product_[v] + shift * x_[v]) / (greatest_[part] + shift));
  }

  const Projection& graph_;
  const StrongComponentsOfGraph& parts_;
  RunContext& context_;
  BlockSweep sweep_;
  std::vector<double> x_;
  std::vector<double> product_;
  std::vector<double> least_;     // by component, in this iteration
  std::vector<double> greatest_;  // the same
};

}  // namespace

absl::StatusOr<SpectralBounds> BoundSpectralRadius(const Projection& graph,
                                                   std::optional<double> question,
                                                   RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const StrongComponentsOfGraph parts,
                           FindStrongComponents(graph, context));
  return Bounding(graph, parts, context).Run(question);
}

// Components, two numbers a vertex and up to two a component; or the stacks of the search for
// components, which hold a few vertices in most graphs.
std::uint64_t EstimateSpectralBoundBytes(std::uint64_t vertices) {
  return vertices * (sizeof(std::uint32_t) + 4 * sizeof(double));
}

}  // namespace lianjie
