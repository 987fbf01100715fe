#include "engine/flow/flow_block.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/block_solver.h"
#include "engine/flow/dense_lu.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

// Up to this many members elimination is quicker than sweeps.
constexpr std::uint32_t kTinyBlock = 96;
// Sweeps after which a block is solved otherwise; given up earlier once it shows that they will not
// do.
constexpr int kMaxSweeps = 400;
constexpr int kTrialSweeps = 16;
// Of a diagonal's solves, and of the diagonal too: nobody comes to k oftener than who starts there.
constexpr double kDiagonalTolerance = 1e-12;
// Many right-hand sides pay for the factors of a larger core.
constexpr BlockSolverLimits kDiagonalLimits{.dense_core = 1536};
// Work of an estimated diagonal, in arcs: of all payers together, and at least of each.
constexpr std::uint64_t kPushArcs = 2000000000;
constexpr std::uint64_t kPushArcsEach = 20000;

absl::Status SolveDense(const FlowBlock& block, FlowSide side, std::span<double> values, int width,
                        RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const DenseLu lu, DenseLu::Make(DenseOf(block), block.size(), context));
  if (!lu.ok()) return DivergesError(block.size());
  return side == FlowSide::kForward
             ? lu.SolveTransposed(values, static_cast<std::size_t>(width), context)
             : lu.Solve(values, static_cast<std::size_t>(width), context);
}

double AbsoluteSum(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += std::abs(v);
  return sum;
}

std::int64_t WorkAt(const FlowBlock& block, std::uint32_t v, int width) {
  return width * static_cast<std::int64_t>(1 + block.offsets[v + 1] - block.offsets[v]);
}

// One sweep: each member passes on what waits at it. False when the run must end.
bool PushSweep(const FlowBlock& block, int width, std::span<double> waiting,
               std::span<double> total, Poller& poller) {
  const auto w = static_cast<std::size_t>(width);
  for (std::uint32_t v = 0; v < block.size(); ++v) {
    if (poller.Tick(WorkAt(block, v, width))) return false;
    const double inverse = 1.0 / (1.0 - block.self[v]);
    double* const here = &waiting[v * w];
    bool any = false;
    for (std::size_t j = 0; j < w; ++j) {
      any |= here[j] != 0.0;
      here[j] *= inverse;
      total[v * w + j] += here[j];
    }
    if (!any) continue;
    for (std::uint64_t a = block.offsets[v]; a < block.offsets[v + 1]; ++a) {
      double* const there = &waiting[block.targets[a] * w];
      for (std::size_t j = 0; j < w; ++j) there[j] += block.shares[a] * here[j];
    }
    std::fill(here, here + w, 0.0);
  }
  return true;
}

// One sweep against the money's direction; the largest change. False when the run must end.
bool PullSweep(const FlowBlock& block, int width, std::span<const double> rhs,
               std::span<double> values, double& change, Poller& poller) {
  const auto w = static_cast<std::size_t>(width);
  change = 0;
  std::vector<double> sum(w);
  for (std::uint32_t v = block.size(); v-- > 0;) {
    if (poller.Tick(WorkAt(block, v, width))) return false;
    std::copy_n(&rhs[v * w], w, sum.begin());
    for (std::uint64_t a = block.offsets[v]; a < block.offsets[v + 1]; ++a) {
      const double* const there = &values[block.targets[a] * w];
      for (std::size_t j = 0; j < w; ++j) sum[j] += block.shares[a] * there[j];
    }
    const double inverse = 1.0 / (1.0 - block.self[v]);
    for (std::size_t j = 0; j < w; ++j) {
      const double next = sum[j] * inverse;
      change = std::max(change, std::abs(next - values[v * w + j]));
      values[v * w + j] = next;
    }
  }
  return true;
}

// True when what is left, falling as it does, will not come down to `goal` in the sweeps allowed.
bool Hopeless(int sweep, double left, double before, double goal) {
  if (sweep < kTrialSweeps) return false;
  if (!(left < before)) return true;
  return std::log(goal / left) / std::log(left / before) > kMaxSweeps - sweep;
}

// True when sweeps settled it; `out` is then the answer and `left` what is not settled.
absl::StatusOr<bool> SweepForward(const FlowBlock& block, std::span<const double> rhs,
                                  std::vector<double>& out, int width, double tolerance,
                                  double& left, RunContext& context) {
  std::vector<double> waiting(rhs.begin(), rhs.end());
  Poller poller(context);
  const double goal = tolerance * AbsoluteSum(rhs);
  double before = AbsoluteSum(rhs);
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    if (!PushSweep(block, width, waiting, out, poller)) return context.Check();
    left = AbsoluteSum(waiting);
    if (left <= goal) return true;
    if (!std::isfinite(left)) return DivergesError(block.size());
    if (Hopeless(sweep, left, before, goal)) return false;
    before = left;
  }
  return false;
}

absl::StatusOr<bool> SweepBackward(const FlowBlock& block, std::span<const double> rhs,
                                   std::vector<double>& out, int width, double tolerance,
                                   double& left, RunContext& context) {
  Poller poller(context);
  double before = 0;
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    double change = 0;
    if (!PullSweep(block, width, rhs, out, change, poller)) return context.Check();
    if (!std::isfinite(change)) return DivergesError(block.size());
    double largest = 0;
    for (const double v : out) largest = std::max(largest, std::abs(v));
    // Changes shrink by a factor that tends to the block's own: what is still to come is a
    // geometric series.
    const double factor = before > 0 ? std::min(change / before, 1.0) : 1.0;
    left = change == 0 ? 0 : change * factor / std::max(1.0 - factor, 1e-16);
    if (left <= tolerance * largest) return true;
    if (Hopeless(sweep, change, before, tolerance * largest)) return false;
    before = change;
  }
  return false;
}

// N_kk by pushing a yuan from k until almost nothing is in transit or the work is done: what is in
// transit can add at most its own part of N_kk.
class PushDiagonal {
 public:
  explicit PushDiagonal(const FlowBlock& block)
      : block_(block), waiting_(block.size()), queued_(block.size()) {}

  // May be cut short by the poller: the caller asks its context.
  double Run(std::uint32_t k, std::uint64_t budget, double& error, Poller& poller) {
    double visits = 0;
    double transit = 1.0;
    std::uint64_t work = 0;
    Put(k, 1.0);
    while (!queue_.empty() && work < budget && transit > 1e-13) {
      const std::uint32_t v = queue_.front();
      queue_.pop_front();
      queued_[v] = 0;
      const double money = waiting_[v];
      waiting_[v] = 0;
      transit -= money;
      const double here = money / (1.0 - block_.self[v]);
      if (v == k) visits += here;
      for (std::uint64_t a = block_.offsets[v]; a < block_.offsets[v + 1]; ++a) {
        Put(block_.targets[a], here * block_.shares[a]);
        transit += here * block_.shares[a];
      }
      work += 1 + block_.offsets[v + 1] - block_.offsets[v];
      if (poller.Tick(WorkAt(block_, v, 1))) break;
    }
    transit = 0;
    for (const std::uint32_t v : touched_) {
      transit += waiting_[v];
      waiting_[v] = 0;
      queued_[v] = 0;
    }
    touched_.clear();
    queue_.clear();
    error = std::max(error, transit < 1.0 ? transit / (1.0 - transit) : 1.0);
    return visits;
  }

 private:
  void Put(std::uint32_t v, double money) {
    waiting_[v] += money;
    if (queued_[v] != 0) return;
    queued_[v] = 1;
    queue_.push_back(v);
    touched_.push_back(v);
  }

  const FlowBlock& block_;
  std::vector<double> waiting_;
  std::vector<std::uint8_t> queued_;
  std::deque<std::uint32_t> queue_;
  std::vector<std::uint32_t> touched_;
};

// By a solve from each member that is wanted, where elimination did not come through.
absl::Status DiagonalBySolves(BlockSolver& solver, const FlowBlock& block,
                              std::span<const std::uint8_t> wanted, std::span<double> diagonal) {
  std::vector<double> unit(block.size());
  for (std::uint32_t k = 0; k < block.size(); ++k) {
    if (wanted[k] == 0) continue;
    std::fill(unit.begin(), unit.end(), 0.0);
    unit[k] = 1.0;
    double left = 0;
    LIANJIE_RETURN_IF_ERROR(solver.Solve(FlowSide::kForward, unit, 1, kDiagonalTolerance, left));
    diagonal[k] = unit[k];
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DivergesError(std::uint32_t size) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("money does not leave a cycle of ", size, " payers in any useful time"),
      {.reason = Reason::kDiverges, .field = {}, .row = {}, .metadata = {{"payers", Cat(size)}}});
}

std::vector<double> DenseOf(const FlowBlock& block) {
  const std::size_t size = block.size();
  std::vector<double> m(size * size, 0.0);
  for (std::size_t v = 0; v < size; ++v) {
    m[v * size + v] = 1.0 - block.self[v];
    for (std::uint64_t a = block.offsets[v]; a < block.offsets[v + 1]; ++a) {
      m[v * size + block.targets[a]] -= block.shares[a];
    }
  }
  return m;
}

absl::Status SolveBlock(const FlowBlock& block, FlowSide side, std::span<double> values, int width,
                        double tolerance, double& residual, RunContext& context) {
  if (std::all_of(values.begin(), values.end(), [](double v) { return v == 0.0; })) {
    return absl::OkStatus();
  }
  if (block.size() <= kTinyBlock) return SolveDense(block, side, values, width, context);
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, 2 * values.size() * sizeof(double)));
  std::vector<double> out(values.size());
  double left = 0;
  const auto settled = side == FlowSide::kForward
                           ? SweepForward(block, values, out, width, tolerance, left, context)
                           : SweepBackward(block, values, out, width, tolerance, left, context);
  if (!settled.ok()) return settled.status();
  if (*settled) {
    std::copy(out.begin(), out.end(), values.begin());
    residual += left;
    return absl::OkStatus();
  }
  if (block.size() <= kDenseBlock) return SolveDense(block, side, values, width, context);
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<BlockSolver> solver,
                           BlockSolver::Make(block, context));
  return solver->Solve(side, values, width, tolerance, residual);
}

absl::StatusOr<std::vector<double>> DenseVisits(const FlowBlock& block, RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const DenseLu lu, DenseLu::Make(DenseOf(block), block.size(), context));
  if (!lu.ok()) return DivergesError(block.size());
  return lu.Inverse(context);
}

absl::Status BlockDiagonal(const FlowBlock& block, std::span<const std::uint8_t> wanted,
                           std::span<double> diagonal, double& error, RunContext& context) {
  error = 0;
  if (block.size() <= kDenseBlock) {
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<double> visits, DenseVisits(block, context));
    for (std::uint32_t k = 0; k < block.size(); ++k) {
      if (wanted[k] != 0) diagonal[k] = visits[std::size_t{k} * block.size() + k];
    }
    return absl::OkStatus();
  }
  {
    LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<BlockSolver> solver,
                             BlockSolver::Make(block, context, kDiagonalLimits));
    if (solver->direct()) return solver->Diagonal(wanted, diagonal);
    if (block.size() <= kExactDiagonalBlock) {
      return DiagonalBySolves(*solver, block, wanted, diagonal);
    }
  }
  PushDiagonal push(block);
  Poller poller(context);
  const auto count = static_cast<std::uint64_t>(std::count(wanted.begin(), wanted.end(), 1));
  const std::uint64_t budget =
      std::max(kPushArcsEach, kPushArcs / std::max<std::uint64_t>(1, count));
  for (std::uint32_t k = 0; k < block.size(); ++k) {
    if (wanted[k] == 0) continue;
    diagonal[k] = push.Run(k, budget, error, poller);
    if (context.Stopped()) return context.Check();
  }
  return absl::OkStatus();
}

}  // namespace lianjie
