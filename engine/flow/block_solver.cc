#include "engine/flow/block_solver.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/krylov.h"

namespace lianjie {
namespace {

// Arcs that eliminating one member may make: at first, and where GMRES has failed.
constexpr std::uint64_t kShallowFill = 64;
constexpr std::uint64_t kDeepFill = std::uint64_t{1} << 16;
// Work of a deep elimination, in arcs looked at: some tens of seconds.
constexpr std::uint64_t kDeepWork = 500000000;
// Bytes of an arc while members are eliminated: its entry, its places in two lists, and its copy in
// the record.
constexpr std::uint64_t kArcBytes = 72;

}  // namespace

// Members in order of the arcs that run through them. Lists of neighbours keep those already gone
// until they are read.
class BlockSolver::Eliminator {
 public:
  Eliminator(BlockSolver& out, std::uint64_t most_fill)
      : out_(out),
        block_(out.block_),
        most_fill_(most_fill),
        poller_(out.context_),
        self_(block_.self),
        gone_(block_.size(), 0),
        outs_(block_.size()),
        ins_(block_.size()),
        out_count_(block_.size(), 0),
        in_count_(block_.size(), 0) {}

  absl::Status Run() {
    LIANJIE_RETURN_IF_ERROR(Read());
    std::uint32_t left = block_.size();
    while (left > 1 && !queue_.empty() && work_ < kDeepWork) {
      if (left <= out_.limits_.dense_core / 2 && most_fill_ > kShallowFill) break;
      const auto [fill, member] = queue_.top();
      queue_.pop();
      if (gone_[member] != 0 || fill != Fill(member)) continue;
      if (fill > most_fill_) break;
      LIANJIE_RETURN_IF_ERROR(Eliminate(member));
      --left;
    }
    return WriteCore();
  }

 private:
  static std::uint64_t Key(std::uint32_t from, std::uint32_t to) {
    return std::uint64_t{from} << 32 | to;
  }
  std::uint64_t Fill(std::uint32_t v) const {
    return std::uint64_t{out_count_[v]} * std::uint64_t{in_count_[v]};
  }

  absl::Status Add(std::uint32_t from, std::uint32_t to, double share) {
    if (from == to) {
      self_[from] += share;
      return absl::OkStatus();
    }
    const auto [at, added] = shares_.try_emplace(Key(from, to), 0.0);
    at->second += share;
    if (!added) return absl::OkStatus();
    outs_[from].push_back(to);
    ins_[to].push_back(from);
    ++out_count_[from];
    ++in_count_[to];
    return out_.arc_booking_.Cover(++arcs_made_);
  }

  absl::Status Read() {
    for (std::uint32_t v = 0; v < block_.size(); ++v) {
      for (std::uint64_t a = block_.offsets[v]; a < block_.offsets[v + 1]; ++a) {
        if (poller_.Tick(4)) return out_.context_.Check();
        LIANJIE_RETURN_IF_ERROR(Add(v, block_.targets[a], block_.shares[a]));
      }
    }
    for (std::uint32_t v = 0; v < block_.size(); ++v) queue_.push({Fill(v), v});
    return absl::OkStatus();
  }

  absl::Status Eliminate(std::uint32_t k) {
    const double pivot = 1.0 - self_[k];
    if (!(pivot > kVanishingPivot)) return DivergesError(block_.size());
    Step step{.member = k, .inverse = 1.0 / pivot, .outs = out_.arcs_.size(), .ins = 0, .end = 0};
    Record(outs_[k], [&](std::uint32_t to) { return Key(k, to); });
    step.ins = out_.arcs_.size();
    Record(ins_[k], [&](std::uint32_t from) { return Key(from, k); });
    step.end = out_.arcs_.size();
    gone_[k] = 1;
    for (std::uint64_t i = step.ins; i < step.end; ++i) {
      const Arc in = out_.arcs_[i];
      --out_count_[in.member];
      for (std::uint64_t o = step.outs; o < step.ins; ++o) {
        const Arc out = out_.arcs_[o];
        LIANJIE_RETURN_IF_ERROR(Add(in.member, out.member, in.share * step.inverse * out.share));
      }
      if (poller_.Tick(4 * static_cast<std::int64_t>(step.ins - step.outs) + 1)) {
        return out_.context_.Check();
      }
    }
    for (std::uint64_t o = step.outs; o < step.ins; ++o) --in_count_[out_.arcs_[o].member];
    for (std::uint64_t a = step.outs; a < step.end; ++a) {
      queue_.push({Fill(out_.arcs_[a].member), out_.arcs_[a].member});
    }
    work_ += (step.ins - step.outs + 1) * (step.end - step.ins + 1);
    out_.steps_.push_back(step);
    outs_[k] = {};
    ins_[k] = {};
    return absl::OkStatus();
  }

  // Copies the arcs to those that are left, and forgets them.
  template <typename KeyOf>
  void Record(const std::vector<std::uint32_t>& members, const KeyOf& key) {
    for (const std::uint32_t m : members) {
      if (gone_[m] != 0) continue;
      const auto at = shares_.find(key(m));
      out_.arcs_.push_back({m, at->second});
      shares_.erase(at);
    }
  }

  absl::Status WriteCore() {
    std::vector<std::uint32_t> number(block_.size(), 0);
    for (std::uint32_t v = 0; v < block_.size(); ++v) {
      if (gone_[v] != 0) continue;
      number[v] = static_cast<std::uint32_t>(out_.core_members_.size());
      out_.core_members_.push_back(v);
    }
    for (const std::uint32_t v : out_.core_members_) {
      out_.core_.self.push_back(self_[v]);
      for (const std::uint32_t to : outs_[v]) {
        if (poller_.Tick(2)) return out_.context_.Check();
        if (gone_[to] != 0) continue;
        out_.core_.targets.push_back(number[to]);
        out_.core_.shares.push_back(shares_.at(Key(v, to)));
      }
      out_.core_.offsets.push_back(out_.core_.targets.size());
    }
    return out_.context_.Check();
  }

  using Entry = std::pair<std::uint64_t, std::uint32_t>;
  BlockSolver& out_;
  const FlowBlock& block_;
  const std::uint64_t most_fill_;
  Poller poller_;
  std::vector<double> self_;
  std::vector<std::uint8_t> gone_;
  std::vector<std::vector<std::uint32_t>> outs_, ins_;
  std::vector<std::uint32_t> out_count_, in_count_;
  absl::flat_hash_map<std::uint64_t, double> shares_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
  std::uint64_t arcs_made_ = 0;
  std::uint64_t work_ = 0;
};

BlockSolver::BlockSolver(const FlowBlock& block, RunContext& context,
                         const BlockSolverLimits& limits)
    : block_(block),
      context_(context),
      limits_(limits),
      arc_booking_(context, kArcBytes),
      dense_booking_(context, sizeof(double)) {}

BlockSolver::~BlockSolver() = default;

absl::StatusOr<std::unique_ptr<BlockSolver>> BlockSolver::Make(const FlowBlock& block,
                                                               RunContext& context,
                                                               const BlockSolverLimits& limits) {
  std::unique_ptr<BlockSolver> solver(new BlockSolver(block, context, limits));
  LIANJIE_RETURN_IF_ERROR(solver->Condense(kShallowFill));
  if (solver->core_size() <= limits.dense_core) LIANJIE_RETURN_IF_ERROR(solver->MakeDense());
  return solver;
}

absl::Status BlockSolver::Condense(std::uint64_t most_fill) {
  steps_.clear();
  arcs_.clear();
  core_members_.clear();
  core_ = {};
  return Eliminator(*this, most_fill).Run();
}

absl::Status BlockSolver::MakeDense() {
  const std::size_t size = core_size();
  LIANJIE_RETURN_IF_ERROR(dense_booking_.Cover(size * size));
  LIANJIE_ASSIGN_OR_RETURN(DenseLu lu, DenseLu::Make(DenseOf(core_), size, context_));
  if (!lu.ok()) return DivergesError(block_.size());
  dense_ = std::move(lu);
  return absl::OkStatus();
}

// Leaves at each eliminated member what waits there by itself, and moves it on to what is left.
absl::Status BlockSolver::Eliminate(FlowSide side, std::span<double> values,
                                    std::size_t width) const {
  Poller poller(context_);
  for (const Step& step : steps_) {
    if (poller.Tick(static_cast<std::int64_t>(width * (step.end - step.outs + 1)))) {
      return context_.Check();
    }
    double* const here = &values[step.member * width];
    bool any = false;
    for (std::size_t j = 0; j < width; ++j) {
      here[j] *= step.inverse;
      any |= here[j] != 0.0;
    }
    if (!any) continue;
    const bool forward = side == FlowSide::kForward;
    const std::uint64_t end = forward ? step.ins : step.end;
    for (std::uint64_t a = forward ? step.outs : step.ins; a < end; ++a) {
      double* const there = &values[arcs_[a].member * width];
      for (std::size_t j = 0; j < width; ++j) there[j] += arcs_[a].share * here[j];
    }
  }
  return absl::OkStatus();
}

absl::Status BlockSolver::Substitute(FlowSide side, std::span<double> values,
                                     std::size_t width) const {
  Poller poller(context_);
  const bool forward = side == FlowSide::kForward;
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (poller.Tick(static_cast<std::int64_t>(width * (step->end - step->outs + 1)))) {
      return context_.Check();
    }
    double* const here = &values[step->member * width];
    const std::uint64_t end = forward ? step->end : step->ins;
    for (std::uint64_t a = forward ? step->ins : step->outs; a < end; ++a) {
      const double* const there = &values[arcs_[a].member * width];
      const double share = step->inverse * arcs_[a].share;
      for (std::size_t j = 0; j < width; ++j) here[j] += share * there[j];
    }
  }
  return absl::OkStatus();
}

absl::Status BlockSolver::SolveCore(FlowSide side, std::span<double> core, std::size_t width,
                                    double tolerance, double& residual, bool& converged) {
  converged = true;
  if (core_.size() == 0) return absl::OkStatus();
  if (dense_.has_value()) {
    return side == FlowSide::kForward ? dense_->SolveTransposed(core, width, context_)
                                      : dense_->Solve(core, width, context_);
  }
  std::vector<double> column(core_.size());
  residual = 0;
  for (std::size_t j = 0; j < width && converged; ++j) {
    for (std::uint32_t v = 0; v < core_.size(); ++v) column[v] = core[v * width + j];
    double left = 0;
    if (std::any_of(column.begin(), column.end(), [](double v) { return v != 0.0; })) {
      LIANJIE_ASSIGN_OR_RETURN(converged, SolveKrylov(core_, side, column, tolerance,
                                                      limits_.krylov_steps, left, context_));
    }
    residual += left;
    for (std::uint32_t v = 0; v < core_.size(); ++v) core[v * width + j] = column[v];
  }
  return absl::OkStatus();
}

absl::Status BlockSolver::Solve(FlowSide side, std::span<double> values, int width,
                                double tolerance, double& residual) {
  const auto w = static_cast<std::size_t>(width);
  std::vector<double> moved(values.begin(), values.end());
  LIANJIE_RETURN_IF_ERROR(Eliminate(side, moved, w));
  std::vector<double> core(core_.size() * w);
  for (std::size_t i = 0; i < core_members_.size(); ++i) {
    std::copy_n(&moved[core_members_[i] * w], w, &core[i * w]);
  }
  bool converged = false;
  double left = 0;
  LIANJIE_RETURN_IF_ERROR(SolveCore(side, core, w, tolerance, left, converged));
  if (!converged) {
    if (core_.size() > limits_.largest_dense_core && deep_) {
      return MakeError(
          absl::StatusCode::kResourceExhausted,
          Cat("the solve of a cycle of ", block_.size(), " payers did not converge in ",
              limits_.krylov_steps, " steps: the residual is ", left),
          {.reason = Reason::kLimitExceeded,
           .field = {},
           .row = {},
           .metadata = {{"payers", Cat(block_.size())},
                        {"steps", Cat(limits_.krylov_steps)},
                        {"residual", FormatDouble(left)}}});
    }
    if (!deep_) {
      deep_ = true;
      LIANJIE_RETURN_IF_ERROR(Condense(kDeepFill));
    }
    if (core_.size() <= limits_.largest_dense_core) LIANJIE_RETURN_IF_ERROR(MakeDense());
    return Solve(side, values, width, tolerance, residual);
  }
  for (std::size_t i = 0; i < core_members_.size(); ++i) {
    std::copy_n(&core[i * w], w, &moved[core_members_[i] * w]);
  }
  LIANJIE_RETURN_IF_ERROR(Substitute(side, moved, w));
  if (!std::all_of(moved.begin(), moved.end(), [](double v) { return std::isfinite(v); })) {
    return DivergesError(block_.size());
  }
  std::copy(moved.begin(), moved.end(), values.begin());
  residual += left;
  return absl::OkStatus();
}

}  // namespace lianjie
