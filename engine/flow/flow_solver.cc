#include "engine/flow/flow_solver.h"

#include <algorithm>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

absl::Status Trapped(std::uint32_t payer) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "money reaches a payer that pays all of it to itself",
      {.reason = Reason::kDiverges, .field = {}, .row = {}, .metadata = {{"payer", Cat(payer)}}});
}

// Tarjan's algorithm with its recursion on a stack of its own. Components come out downstream
// first.
class Tarjan {
 public:
  Tarjan(const FlowCsr& csr, std::vector<std::uint32_t>& order,
         std::vector<FlowSolver::Component>& components)
      : csr_(csr), order_(order), components_(components), low_(csr.size(), 0), free_(csr.size()) {}

  absl::Status Run(RunContext& context) {
    for (std::uint32_t root = 0; root < csr_.size(); ++root) {
      if (low_[root] != 0) continue;
      Enter(root);
      while (!calls_.empty()) {
        if ((++steps_ & kPollMask) == 0 && context.Stopped()) return context.Check();
        Step();
      }
    }
    std::reverse(components_.begin(), components_.end());
    return absl::OkStatus();
  }

 private:
  struct Call {
    std::uint32_t vertex;
    std::uint32_t number;  // when the vertex was found
    std::uint64_t arc;
  };
  static constexpr std::uint32_t kClosed = 0xffffffffu;  // low_ of a vertex whose component is out

  void Enter(std::uint32_t v) {
    low_[v] = ++found_;
    open_.push_back(v);
    calls_.push_back({v, found_, csr_.offsets[v]});
  }

  void Step() {
    Call& call = calls_.back();
    const std::uint32_t v = call.vertex;
    const std::uint64_t end = csr_.offsets[v + 1];
    while (call.arc < end) {
      const std::uint32_t t = csr_.targets[call.arc++];
      if (low_[t] == 0) {
        Enter(t);  // `call` may dangle from here on
        return;
      }
      if (low_[t] != kClosed) low_[v] = std::min(low_[v], low_[t]);
    }
    const bool root = low_[v] == call.number;
    calls_.pop_back();
    if (!calls_.empty() && !root) {
      std::uint32_t& parent = low_[calls_.back().vertex];
      parent = std::min(parent, low_[v]);
    }
    if (root) Close(v);
  }

  // Fills the order from its end, so that upstream comes first.
  void Close(std::uint32_t root) {
    const std::uint32_t end = free_;
    std::uint32_t v = 0;
    do {
      v = open_.back();
      open_.pop_back();
      low_[v] = kClosed;
      order_[--free_] = v;
    } while (v != root);
    if (end - free_ > 1) components_.push_back({free_, end});
  }

  const FlowCsr& csr_;
  std::vector<std::uint32_t>& order_;
  std::vector<FlowSolver::Component>& components_;
  std::vector<std::uint32_t> low_;  // 0: not found yet
  std::vector<std::uint32_t> open_;
  std::vector<Call> calls_;
  std::uint32_t free_;
  std::uint32_t found_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace

absl::StatusOr<FlowSolver> FlowSolver::Make(const FlowCsr& csr, RunContext& context) {
  FlowSolver solver(csr);
  LIANJIE_RETURN_IF_ERROR(solver.Condense(context));
  return solver;
}

std::uint64_t FlowSolver::EstimateBytes(std::uint64_t payers, std::uint64_t arcs) {
  // Order, position, Tarjan's low, stack and calls; and the arcs of one component that holds them
  // all.
  return payers * (4 + 4 + 4 + 4 + 16 + 32) + arcs * 12;
}

absl::Status FlowSolver::Condense(RunContext& context) {
  order_.resize(csr_.size());
  LIANJIE_RETURN_IF_ERROR(Tarjan(csr_, order_, components_).Run(context));
  position_.resize(csr_.size());
  for (std::uint32_t i = 0; i < csr_.size(); ++i) position_[order_[i]] = i;
  return absl::OkStatus();
}

FlowSolver::Component FlowSolver::ComponentOf(std::uint32_t payer) const {
  const std::uint32_t position = position_[payer];
  const auto after =
      std::upper_bound(components_.begin(), components_.end(), position,
                       [](std::uint32_t p, const Component& c) { return p < c.begin; });
  if (after != components_.begin() && position < std::prev(after)->end) return *std::prev(after);
  return {position, position + 1};
}

FlowBlock FlowSolver::BlockOf(const Component& component) const {
  FlowBlock block;
  const std::uint32_t size = component.end - component.begin;
  block.offsets.reserve(size + 1);
  block.self.assign(size, 0.0);
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::uint32_t v = order_[component.begin + i];
    for (std::uint64_t a = csr_.offsets[v]; a < csr_.offsets[v + 1]; ++a) {
      const std::uint32_t t = position_[csr_.targets[a]];
      if (t < component.begin || t >= component.end || csr_.shares[a] == 0.0) continue;
      if (t == component.begin + i) {
        block.self[i] += csr_.shares[a];
      } else {
        block.targets.push_back(t - component.begin);
        block.shares.push_back(csr_.shares[a]);
      }
    }
    block.offsets.push_back(block.targets.size());
  }
  return block;
}

double FlowSolver::SelfShare(std::uint32_t payer) const {
  double self = 0;
  for (std::uint64_t a = csr_.offsets[payer]; a < csr_.offsets[payer + 1]; ++a) {
    if (csr_.targets[a] == payer) self += csr_.shares[a];
  }
  return self;
}

absl::Status FlowSolver::ForwardOne(std::uint32_t payer, std::span<double> values,
                                    int width) const {
  const auto w = static_cast<std::size_t>(width);
  double* const here = &values[payer * w];
  if (std::all_of(here, here + w, [](double v) { return v == 0.0; })) return absl::OkStatus();
  const double self = SelfShare(payer);
  if (self > 0) {
    if (self >= 1.0) return Trapped(payer);
    for (std::size_t j = 0; j < w; ++j) here[j] /= 1.0 - self;
  }
  for (std::uint64_t a = csr_.offsets[payer]; a < csr_.offsets[payer + 1]; ++a) {
    if (csr_.targets[a] == payer) continue;
    double* const there = &values[csr_.targets[a] * w];
    for (std::size_t j = 0; j < w; ++j) there[j] += csr_.shares[a] * here[j];
  }
  return absl::OkStatus();
}

absl::Status FlowSolver::BackwardOne(std::uint32_t payer, std::span<double> values,
                                     int width) const {
  const auto w = static_cast<std::size_t>(width);
  double* const here = &values[payer * w];
  double self = 0;
  for (std::uint64_t a = csr_.offsets[payer]; a < csr_.offsets[payer + 1]; ++a) {
    if (csr_.targets[a] == payer) {
      self += csr_.shares[a];
      continue;
    }
    const double* const there = &values[csr_.targets[a] * w];
    for (std::size_t j = 0; j < w; ++j) here[j] += csr_.shares[a] * there[j];
  }
  if (self == 0) return absl::OkStatus();
  for (std::size_t j = 0; j < w; ++j) {
    if (here[j] == 0) continue;
    if (self >= 1.0) return Trapped(payer);
    here[j] /= 1.0 - self;
  }
  return absl::OkStatus();
}

absl::Status FlowSolver::ForwardComponent(const Component& component, std::span<double> values,
                                          int width, double tolerance, double& residual,
                                          RunContext& context) const {
  const auto w = static_cast<std::size_t>(width);
  const std::uint32_t size = component.end - component.begin;
  std::vector<double> local(size * w);
  for (std::uint32_t i = 0; i < size; ++i) {
    std::copy_n(&values[order_[component.begin + i] * w], w, &local[i * w]);
  }
  if (std::all_of(local.begin(), local.end(), [](double v) { return v == 0.0; })) {
    return absl::OkStatus();
  }
  LIANJIE_RETURN_IF_ERROR(SolveBlock(BlockOf(component), FlowSide::kForward, local, width,
                                     tolerance, residual, context));
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::uint32_t v = order_[component.begin + i];
    std::copy_n(&local[i * w], w, &values[v * w]);
    for (std::uint64_t a = csr_.offsets[v]; a < csr_.offsets[v + 1]; ++a) {
      if (position_[csr_.targets[a]] < component.end) continue;  // inside: nothing lies upstream
      double* const there = &values[csr_.targets[a] * w];
      for (std::size_t j = 0; j < w; ++j) there[j] += csr_.shares[a] * local[i * w + j];
    }
  }
  return absl::OkStatus();
}

absl::Status FlowSolver::BackwardComponent(const Component& component, std::span<double> values,
                                           int width, double tolerance, double& residual,
                                           RunContext& context) const {
  const auto w = static_cast<std::size_t>(width);
  const std::uint32_t size = component.end - component.begin;
  std::vector<double> local(size * w);
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::uint32_t v = order_[component.begin + i];
    std::copy_n(&values[v * w], w, &local[i * w]);
    for (std::uint64_t a = csr_.offsets[v]; a < csr_.offsets[v + 1]; ++a) {
      if (position_[csr_.targets[a]] < component.end) continue;
      const double* const there = &values[csr_.targets[a] * w];
      for (std::size_t j = 0; j < w; ++j) local[i * w + j] += csr_.shares[a] * there[j];
    }
  }
  if (std::all_of(local.begin(), local.end(), [](double v) { return v == 0.0; })) {
    return absl::OkStatus();
  }
  LIANJIE_RETURN_IF_ERROR(SolveBlock(BlockOf(component), FlowSide::kBackward, local, width,
                                     tolerance, residual, context));
  for (std::uint32_t i = 0; i < size; ++i) {
    std::copy_n(&local[i * w], w, &values[order_[component.begin + i] * w]);
  }
  return absl::OkStatus();
}

absl::Status FlowSolver::Forward(std::span<double> values, int width, double tolerance,
                                 double* residual, RunContext& context) const {
  double left = 0;
  auto next = components_.begin();
  for (std::uint32_t i = 0; i < size();) {
    if (next != components_.end() && next->begin == i) {
      LIANJIE_RETURN_IF_ERROR(ForwardComponent(*next, values, width, tolerance, left, context));
      i = next->end;
      ++next;
      continue;
    }
    LIANJIE_RETURN_IF_ERROR(ForwardOne(order_[i], values, width));
    if ((++i & kPollMask) == 0 && context.Stopped()) return context.Check();
  }
  if (residual != nullptr) *residual += left;
  return absl::OkStatus();
}

absl::Status FlowSolver::Backward(std::span<double> values, int width, double tolerance,
                                  RunContext& context) const {
  double bound = 0;
  auto next = components_.rbegin();
  for (std::uint32_t i = size(); i > 0;) {
    if (next != components_.rend() && next->end == i) {
      LIANJIE_RETURN_IF_ERROR(BackwardComponent(*next, values, width, tolerance, bound, context));
      i = next->begin;
      ++next;
      continue;
    }
    LIANJIE_RETURN_IF_ERROR(BackwardOne(order_[--i], values, width));
    if ((i & kPollMask) == 0 && context.Stopped()) return context.Check();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> FlowSolver::Diagonal(std::span<const std::uint8_t> wanted,
                                                         DiagonalReport& report,
                                                         RunContext& context) const {
  std::vector<double> diagonal(size(), 1.0);
  auto next = components_.begin();
  for (std::uint32_t i = 0; i < size();) {
    if (next == components_.end() || next->begin != i) {
      const std::uint32_t v = order_[i++];
      const double self = wanted[v] != 0 ? SelfShare(v) : 0.0;
      if (self > 0 && self < 1) diagonal[v] = 1.0 / (1.0 - self);
      if ((i & kPollMask) == 0 && context.Stopped()) return context.Check();
      continue;
    }
    const std::uint32_t count = next->end - next->begin;
    std::vector<std::uint8_t> want(count);
    std::vector<double> found(count, 1.0);
    for (std::uint32_t j = 0; j < count; ++j) want[j] = wanted[order_[i + j]];
    if (std::any_of(want.begin(), want.end(), [](std::uint8_t w) { return w != 0; })) {
      double error = 0;
      LIANJIE_RETURN_IF_ERROR(BlockDiagonal(BlockOf(*next), want, found, error, context));
      report.max_relative_error = std::max(report.max_relative_error, error);
      report.exact = report.exact && error == 0;
    }
    for (std::uint32_t j = 0; j < count; ++j) diagonal[order_[i + j]] = found[j];
    i = next->end;
    ++next;
  }
  return diagonal;
}

}  // namespace lianjie
