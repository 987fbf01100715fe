#include "engine/flow/flow_block.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "Eigen/Dense"
#include "Eigen/SparseLU"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/dense_lu.h"

namespace lianjie {
namespace {

using SparseMatrix = Eigen::SparseMatrix<double>;
using SparseFactors = Eigen::SparseLU<SparseMatrix, Eigen::COLAMDOrdering<int>>;

// Up to this many members elimination is quicker than sweeps.
constexpr std::uint32_t kTinyBlock = 96;
// A block that needs more sweeps than this is eliminated, unless it is too large for that:
// elimination cannot be stopped half-way.
constexpr int kMaxSweeps = 400;
constexpr std::uint32_t kMaxSparseBlock = 20000;
constexpr int kMaxSweepsOfLarge = 100000;
// Work of an estimated diagonal, in arcs: of all payers together, and at least of each.
constexpr std::uint64_t kPushArcs = 2000000000;
constexpr std::uint64_t kPushArcsEach = 20000;

absl::Status Diverges(std::uint32_t size) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("money does not leave a cycle of ", size, " payers in any useful time"),
      {.reason = Reason::kDiverges, .field = {}, .row = {}, .metadata = {{"payers", Cat(size)}}});
}

bool AllFinite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

// I - P, row-major.
std::vector<double> Dense(const FlowBlock& block) {
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

absl::Status SolveDense(const FlowBlock& block, FlowSide side, std::span<double> values,
                        int width) {
  const DenseLu lu(Dense(block), block.size());
  if (!lu.ok()) return Diverges(block.size());
  if (side == FlowSide::kForward) {
    lu.SolveTransposed(values, static_cast<std::size_t>(width));
  } else {
    lu.Solve(values, static_cast<std::size_t>(width));
  }
  return absl::OkStatus();
}

SparseMatrix Sparse(const FlowBlock& block, FlowSide side) {
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(block.targets.size() + block.size());
  for (std::uint32_t v = 0; v < block.size(); ++v) {
    entries.emplace_back(v, v, 1.0 - block.self[v]);
    for (std::uint64_t a = block.offsets[v]; a < block.offsets[v + 1]; ++a) {
      const auto t = static_cast<int>(block.targets[a]);
      const auto s = static_cast<int>(v);
      if (side == FlowSide::kForward) {
        entries.emplace_back(t, s, -block.shares[a]);
      } else {
        entries.emplace_back(s, t, -block.shares[a]);
      }
    }
  }
  SparseMatrix m(block.size(), block.size());
  m.setFromTriplets(entries.begin(), entries.end());
  return m;
}

absl::Status SolveSparse(const FlowBlock& block, FlowSide side, std::span<double> values,
                         int width) {
  SparseFactors factors;
  factors.compute(Sparse(block, side));
  if (factors.info() != Eigen::Success) return Diverges(block.size());
  const auto w = static_cast<std::size_t>(width);
  Eigen::VectorXd column(block.size());
  for (std::size_t j = 0; j < w; ++j) {
    for (std::uint32_t v = 0; v < block.size(); ++v) column[v] = values[v * w + j];
    // Into a vector of its own: SparseLU solves wrongly into one whose elements do not stand side
    // by side.
    const Eigen::VectorXd solved = factors.solve(column);
    for (std::uint32_t v = 0; v < block.size(); ++v) values[v * w + j] = solved[v];
  }
  return AllFinite(values) ? absl::OkStatus() : Diverges(block.size());
}

double AbsoluteSum(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += std::abs(v);
  return sum;
}

// One sweep: each member passes on what waits at it.
void PushSweep(const FlowBlock& block, int width, std::span<double> waiting,
               std::span<double> total) {
  const auto w = static_cast<std::size_t>(width);
  for (std::uint32_t v = 0; v < block.size(); ++v) {
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
}

// One sweep against the money's direction; the largest change.
double PullSweep(const FlowBlock& block, int width, std::span<const double> rhs,
                 std::span<double> values) {
  const auto w = static_cast<std::size_t>(width);
  double change = 0;
  std::vector<double> sum(w);
  for (std::uint32_t v = block.size(); v-- > 0;) {
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
  return change;
}

int MaxSweeps(const FlowBlock& block) {
  return block.size() <= kMaxSparseBlock ? kMaxSweeps : kMaxSweepsOfLarge;
}

// True when sweeps settled it; `out` is then the answer and `left` what is not settled.
absl::StatusOr<bool> SweepForward(const FlowBlock& block, std::span<const double> rhs,
                                  std::vector<double>& out, int width, double tolerance,
                                  double& left, RunContext& context) {
  std::vector<double> waiting(rhs.begin(), rhs.end());
  const double goal = tolerance * AbsoluteSum(rhs);
  for (int sweep = 0; sweep < MaxSweeps(block); ++sweep) {
    if (context.Stopped()) return context.Check();
    PushSweep(block, width, waiting, out);
    left = AbsoluteSum(waiting);
    if (left <= goal) return true;
    if (!std::isfinite(left)) return Diverges(block.size());
  }
  return false;
}

absl::StatusOr<bool> SweepBackward(const FlowBlock& block, std::span<const double> rhs,
                                   std::vector<double>& out, int width, double tolerance,
                                   double& left, RunContext& context) {
  double before = 0;
  for (int sweep = 0; sweep < MaxSweeps(block); ++sweep) {
    if (context.Stopped()) return context.Check();
    const double change = PullSweep(block, width, rhs, out);
    if (!std::isfinite(change)) return Diverges(block.size());
    double largest = 0;
    for (const double v : out) largest = std::max(largest, std::abs(v));
    // Changes shrink by a factor that tends to the block's own: what is still to come is a
    // geometric series.
    const double factor = before > 0 ? std::min(change / before, 1.0) : 1.0;
    left = change == 0 ? 0 : change * factor / std::max(1.0 - factor, 1e-16);
    if (left <= tolerance * largest) return true;
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

  double Run(std::uint32_t k, std::uint64_t budget, double& error) {
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

absl::Status SparseDiagonal(const FlowBlock& block, std::span<const std::uint8_t> wanted,
                            std::span<double> diagonal, RunContext& context) {
  SparseFactors factors;
  factors.compute(Sparse(block, FlowSide::kForward));
  if (factors.info() != Eigen::Success) return Diverges(block.size());
  Eigen::VectorXd unit = Eigen::VectorXd::Zero(block.size());
  for (std::uint32_t k = 0; k < block.size(); ++k) {
    if (wanted[k] == 0) continue;
    if (context.Stopped()) return context.Check();
    unit[k] = 1.0;
    const Eigen::VectorXd visits = factors.solve(unit);
    diagonal[k] = visits[k];
    unit[k] = 0.0;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SolveBlock(const FlowBlock& block, FlowSide side, std::span<double> values, int width,
                        double tolerance, double& residual, RunContext& context) {
  if (std::all_of(values.begin(), values.end(), [](double v) { return v == 0.0; })) {
    return absl::OkStatus();
  }
  if (block.size() <= kTinyBlock) return SolveDense(block, side, values, width);
  std::vector<double> out(values.size());
  double left = 0;
  const auto settled = side == FlowSide::kForward
                           ? SweepForward(block, values, out, width, tolerance, left, context)
                           : SweepBackward(block, values, out, width, tolerance, left, context);
  if (!settled.ok()) return settled.status();
  if (!*settled) {
    if (block.size() <= kDenseBlock) return SolveDense(block, side, values, width);
    if (block.size() > kMaxSparseBlock) return Diverges(block.size());
    return SolveSparse(block, side, values, width);
  }
  std::copy(out.begin(), out.end(), values.begin());
  residual += left;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> DenseVisits(const FlowBlock& block) {
  const DenseLu lu(Dense(block), block.size());
  if (!lu.ok()) return Diverges(block.size());
  return lu.Inverse();
}

absl::Status BlockDiagonal(const FlowBlock& block, std::span<const std::uint8_t> wanted,
                           std::span<double> diagonal, double& error, RunContext& context) {
  error = 0;
  if (block.size() <= kDenseBlock) {
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<double> visits, DenseVisits(block));
    for (std::uint32_t k = 0; k < block.size(); ++k) {
      if (wanted[k] != 0) diagonal[k] = visits[std::size_t{k} * block.size() + k];
    }
    return absl::OkStatus();
  }
  if (block.size() <= kExactDiagonalBlock) {
    return SparseDiagonal(block, wanted, diagonal, context);
  }
  PushDiagonal push(block);
  const auto count = static_cast<std::uint64_t>(std::count(wanted.begin(), wanted.end(), 1));
  const std::uint64_t budget =
      std::max(kPushArcsEach, kPushArcs / std::max<std::uint64_t>(1, count));
  for (std::uint32_t k = 0; k < block.size(); ++k) {
    if (wanted[k] == 0) continue;
    if (context.Stopped()) return context.Check();
    diagonal[k] = push.Run(k, budget, error);
  }
  return absl::OkStatus();
}

}  // namespace lianjie
