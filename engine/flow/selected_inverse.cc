// The diagonal of N from the factors of an elimination, without a solve for each member: Takahashi,
// Fagan and Chen 1973 (also Erisman and Tinney 1975). When member k goes, with arcs from k to O and
// from I to k, all of them later members,
//   N[k,i] = c sum_j p[k,j] N[j,i]     N[j,k] = c sum_i N[j,i] p[i,k]     N[k,k] = c (1 + sum_j
//   p[k,j] N[j,k])
// with c = 1 / (1 - p[k,k]), j in O, i in I. Elimination gives every i of I an arc to every j of O,
// so N[j,i] is among what was kept of the one of them that went first: walking the steps backwards
// finds everything made. What is left in the core is inverted densely. The cost is that of the
// elimination itself: the 2,600 payers of a county's largest cycle take 4 ms, where solves for each
// of them took 66.
#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/flow/block_solver.h"
#include "engine/runtime/work.h"

namespace lianjie {

class BlockSolver::SelectedInverse {
 public:
  SelectedInverse(const BlockSolver& solver, RunContext& context)
      : s_(solver), context_(context), place_(solver.block_.size()), visits_(solver.arcs_.size()) {}

  absl::Status Run(std::span<const std::uint8_t> wanted, std::span<double> diagonal) {
    for (std::uint32_t i = 0; i < s_.steps_.size(); ++i) place_[s_.steps_[i].member] = i;
    const auto steps = static_cast<std::uint32_t>(s_.steps_.size());
    for (std::uint32_t i = 0; i < s_.core_size(); ++i) place_[s_.core_members_[i]] = steps + i;
    if (s_.core_size() > 0) {
      LIANJIE_ASSIGN_OR_RETURN(core_, s_.dense_->Inverse(context_));
    }
    LIANJIE_RETURN_IF_ERROR(SortArcs());
    diagonal_.assign(s_.block_.size(), 0.0);
    for (std::uint32_t i = 0; i < s_.core_size(); ++i) {
      diagonal_[s_.core_members_[i]] = core_[std::size_t{i} * s_.core_size() + i];
    }
    Poller poller(context_);
    for (auto step = s_.steps_.rbegin(); step != s_.steps_.rend(); ++step) {
      const auto outs = static_cast<std::int64_t>(step->ins - step->outs);
      const auto ins = static_cast<std::int64_t>(step->end - step->ins);
      if (poller.Tick(8 * outs * ins + 1)) return context_.Check();
      Settle(*step);
    }
    for (std::uint32_t v = 0; v < s_.block_.size(); ++v) {
      if (wanted[v] != 0) diagonal[v] = diagonal_[v];
    }
    return absl::OkStatus();
  }

 private:
  // By member within the arcs of a step that go out, and those that come in.
  absl::Status SortArcs() {
    sorted_.resize(s_.arcs_.size());
    for (std::uint32_t a = 0; a < sorted_.size(); ++a) sorted_[a] = a;
    Poller poller(context_);
    const auto by_member = [this](std::uint32_t a, std::uint32_t b) {
      return s_.arcs_[a].member < s_.arcs_[b].member;
    };
    for (const Step& step : s_.steps_) {
      if (poller.Tick(4 * static_cast<std::int64_t>(step.end - step.outs) + 1)) {
        return context_.Check();
      }
      const auto at = [this](std::uint64_t a) {
        return sorted_.begin() + static_cast<std::ptrdiff_t>(a);
      };
      std::sort(at(step.outs), at(step.ins), by_member);
      std::sort(at(step.ins), at(step.end), by_member);
    }
    return absl::OkStatus();
  }

  double Find(std::uint64_t begin, std::uint64_t end, std::uint32_t member) const {
    const auto first = sorted_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = sorted_.begin() + static_cast<std::ptrdiff_t>(end);
    const auto found = std::lower_bound(
        first, last, member,
        [this](std::uint32_t a, std::uint32_t m) { return s_.arcs_[a].member < m; });
    return found != last && s_.arcs_[*found].member == member ? visits_[*found] : 0.0;
  }

  // N[from, to] of two members that some step joined.
  double Visits(std::uint32_t from, std::uint32_t to) const {
    if (from == to) return diagonal_[from];
    const std::uint32_t steps = static_cast<std::uint32_t>(s_.steps_.size());
    const std::uint32_t p = place_[from], q = place_[to];
    if (p >= steps && q >= steps) return core_[std::size_t{p - steps} * s_.core_size() + q - steps];
    if (p < q) return Find(s_.steps_[p].ins, s_.steps_[p].end, to);
    return Find(s_.steps_[q].outs, s_.steps_[q].ins, from);
  }

  // Of an arc from i to k keeps N[k, i], of one from k to j N[j, k].
  void Settle(const Step& step) {
    for (std::uint64_t o = step.outs; o < step.ins; ++o) visits_[o] = 0.0;
    for (std::uint64_t i = step.ins; i < step.end; ++i) {
      const Arc in = s_.arcs_[i];
      double sum = 0;
      for (std::uint64_t o = step.outs; o < step.ins; ++o) {
        const Arc out = s_.arcs_[o];
        const double visits = Visits(out.member, in.member);
        sum += out.share * visits;
        visits_[o] += visits * in.share;
      }
      visits_[i] = sum * step.inverse;
    }
    double back = 1;
    for (std::uint64_t o = step.outs; o < step.ins; ++o) {
      visits_[o] *= step.inverse;
      back += s_.arcs_[o].share * visits_[o];
    }
    diagonal_[step.member] = back * step.inverse;
  }

  const BlockSolver& s_;
  RunContext& context_;
  std::vector<std::uint32_t> place_;   // by member: its step, or behind them its place in the core
  std::vector<std::uint32_t> sorted_;  // numbers of arcs
  std::vector<double> visits_;         // by arc
  std::vector<double> core_;
  std::vector<double> diagonal_;
};

absl::Status BlockSolver::Diagonal(std::span<const std::uint8_t> wanted,
                                   std::span<double> diagonal) const {
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking booking,
      Booking::Take(context_, arcs_.size() * 12 + block_.size() * 12 +
                                  std::uint64_t{core_size()} * core_size() * sizeof(double)));
  return SelectedInverse(*this, context_).Run(wanted, diagonal);
}

}  // namespace lianjie
