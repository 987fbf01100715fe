// x = rhs + P'x and a = rhs + P a over all payers. Cycles are condensed (Tarjan 1972, with a stack
// of our own); what is left is acyclic and one sweep in topological order settles it: a payer alone
// is one visit, a component is solved by itself (flow_block.h). So a graph without cycles costs one
// read of its arcs, and N = (I - P)^-1 is never formed.
//
// Every funded payer must reach an exit (its component's rows of P must not all sum to 1);
// components whose right-hand side is 0 are passed over, so closed circulation that nothing funds
// does no harm. Sums run in one fixed order.
#ifndef LIANJIE_ENGINE_FLOW_FLOW_SOLVER_H_
#define LIANJIE_ENGINE_FLOW_FLOW_SOLVER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/flow/flow_block.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct DiagonalReport {
  bool exact = true;
  double max_relative_error = 0;  // a bound; 0 when exact
};

// Immutable after Make; thread safe. Positions number the payers in topological order, upstream
// first; the members of a component stand side by side.
class FlowSolver {
 public:
  // A component of two or more payers: positions [begin, end).
  struct Component {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  // O(payers + arcs). Errors: CANCELLED. The arrays behind `csr` must outlive the solver.
  static absl::StatusOr<FlowSolver> Make(const FlowCsr& csr, RunContext& context);
  // Bytes that Make and a solve take at most, besides the values.
  static std::uint64_t EstimateBytes(std::uint64_t payers, std::uint64_t arcs);

  std::uint32_t size() const { return csr_.size(); }
  std::span<const std::uint32_t> order() const { return order_; }
  const std::vector<Component>& components() const { return components_; }
  // The component that a payer is in; {p, p + 1} by position for a payer alone. O(log components).
  Component ComponentOf(std::uint32_t payer) const;
  std::uint32_t PositionOf(std::uint32_t payer) const { return position_[payer]; }
  // The arcs inside a component; member i is order()[begin + i].
  FlowBlock BlockOf(const Component& component) const;

  // Solve in place for `width` right-hand sides, values[payer * width + j]. `tolerance` concerns
  // large components alone and is relative; what they leave in transit is added to *residual when
  // given. Errors: DIVERGES (FAILED_PRECONDITION), CANCELLED.
  absl::Status Forward(std::span<double> values, int width, double tolerance, double* residual,
                       RunContext& context) const;
  absl::Status Backward(std::span<double> values, int width, double tolerance,
                        RunContext& context) const;

  // N_kk of every payer where wanted[k]: how often a yuan that is at k is there in all. 1 outside
  // cycles. Components up to kExactDiagonalBlock members are exact, larger ones where elimination
  // settles them.
  absl::StatusOr<std::vector<double>> Diagonal(std::span<const std::uint8_t> wanted,
                                               DiagonalReport& report, RunContext& context) const;

 private:
  explicit FlowSolver(const FlowCsr& csr) : csr_(csr) {}
  absl::Status Condense(RunContext& context);
  double SelfShare(std::uint32_t payer) const;
  absl::Status ForwardComponent(const Component& component, std::span<double> values, int width,
                                double tolerance, double& residual, RunContext& context) const;
  absl::Status BackwardComponent(const Component& component, std::span<double> values, int width,
                                 double tolerance, double& residual, RunContext& context) const;
  absl::Status ForwardOne(std::uint32_t payer, std::span<double> values, int width) const;
  absl::Status BackwardOne(std::uint32_t payer, std::span<double> values, int width) const;

  FlowCsr csr_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> position_;
  std::vector<Component> components_;  // ascending
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_FLOW_SOLVER_H_
