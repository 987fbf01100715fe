#include "engine/flow/flow_core.h"

#include <algorithm>
#include <utility>

#include "engine/core/status.h"
#include "engine/flow/flow_blocks.h"
#include "engine/runtime/work.h"
#include "tbb/enumerable_thread_specific.h"

namespace lianjie {
namespace {

// Members whose rows are made together.
constexpr std::size_t kCoreBlock = 64;
// Links between asking memory for an account and reading it.
constexpr LinkIndex kLeafAhead = 16;

}  // namespace

class FlowCore::Maker {
 public:
  Maker(FlowCore& out, RunContext& context)
      : out_(out),
        parts_(*out.parts_),
        model_(*out.model_),
        graph_(model_.snapshot()),
        context_(context) {}

  absl::Status Run() {
    LIANJIE_RETURN_IF_ERROR(Number());
    LIANJIE_RETURN_IF_ERROR(ReadLeaves());
    LIANJIE_RETURN_IF_ERROR(MakeRows());
    LIANJIE_ASSIGN_OR_RETURN(FlowSolver solver, FlowSolver::Make(out_.arcs(), context_));
    out_.solver_ = std::make_unique<FlowSolver>(std::move(solver));
    return absl::OkStatus();
  }

 private:
  // One row in the making: sums by member, and which members have one, in the order of their first
  // arcs.
  struct CoreRow {
    explicit CoreRow(std::size_t size) : sums(size, 0.0), marked(size, 0) {}
    void Add(std::uint32_t member, double amount) {
      if (marked[member] == 0) {
        marked[member] = 1;
        touched.push_back(member);
      }
      sums[member] += amount;
    }

    std::vector<double> sums;
    std::vector<std::uint8_t> marked;
    std::vector<std::uint32_t> touched;
  };

  struct CoreBlockArcs {
    std::vector<std::uint32_t> counts;  // by row
    std::vector<std::uint32_t> targets;
    std::vector<double> shares;
  };

  struct LeafArc {
    double share;
    std::uint32_t to;  // a member of the core
  };
  struct Leaf {
    double to_households = 0;
    std::uint32_t core = kNotInCore;
    std::uint32_t first = 0;  // among the arcs of its block
    std::uint32_t count : 30 = 0;
    std::uint32_t account : 1 = 0;
    std::uint32_t pays_out : 1 = 0;
  };

  absl::Status Number() {
    const std::size_t payers = model_.payer_count();
    std::vector<std::uint32_t> firsts(FlowBlockCount(payers), 0);
    LIANJIE_RETURN_IF_ERROR(
        ForEachFlowBlock(context_, payers, [&](std::size_t b, std::size_t begin, std::size_t end) {
          std::uint32_t count = 0;
          for (std::size_t p = begin; p < end; ++p) {
            count += model_.IsCore(static_cast<PayerIndex>(p)) ? 1 : 0;
          }
          firsts[b] = count;
        }));
    std::uint32_t size = 0;
    for (std::uint32_t& first : firsts) size += std::exchange(first, size);
    parts_.payers.resize(size);
    std::uint32_t* const core_of = out_.core_of_.data();
    return ForEachFlowBlock(context_, payers,
                            [&](std::size_t b, std::size_t begin, std::size_t end) {
                              std::uint32_t next = firsts[b];
                              for (std::size_t i = begin; i < end; ++i) {
                                const auto p = static_cast<PayerIndex>(i);
                                const bool core = model_.IsCore(p);
                                core_of[p] = core ? next : kNotInCore;
                                if (core) parts_.payers[next++] = p;
                              }
                            });
  }

  absl::Status MakeRows() {
    const std::size_t size = parts_.payers.size();
    parts_.to_households.assign(size, 0.0);
    parts_.pays_out.assign(size, 0);
    std::vector<CoreBlockArcs> blocks(FlowBlockCount(size, kCoreBlock));
    tbb::enumerable_thread_specific<CoreRow> rows([size] { return CoreRow(size); });
    LIANJIE_RETURN_IF_ERROR(ForEachFlowBlock(
        context_, size,
        [&](std::size_t b, std::size_t begin, std::size_t end) {
          CoreRow& row = rows.local();
          for (std::size_t c = begin; c < end; ++c) {
            MakeRow(static_cast<std::uint32_t>(c), row, blocks[b]);
          }
        },
        kCoreBlock));
    std::size_t arcs = 0;
    for (const CoreBlockArcs& block : blocks) arcs += block.targets.size();
    parts_.offsets.reserve(size + 1);
    parts_.targets.reserve(arcs);
    parts_.shares.reserve(arcs);
    for (CoreBlockArcs& block : blocks) {
      for (const std::uint32_t count : block.counts) {
        parts_.offsets.push_back(parts_.offsets.back() + count);
      }
      parts_.targets.insert(parts_.targets.end(), block.targets.begin(), block.targets.end());
      parts_.shares.insert(parts_.shares.end(), block.shares.begin(), block.shares.end());
      block = {};
    }
    return absl::OkStatus();
  }

  // What accounts outside the core pay on, laid out once in the order of payers: rows of the core
  // come to each of them about three times, and then find all in one place.
  absl::Status ReadLeaves() {
    const std::size_t payers = model_.payer_count();
    leaves_ = Buffer<Leaf>(payers);
    leaf_arcs_.resize(FlowBlockCount(payers));
    return ForEachFlowBlock(context_, payers,
                            [&](std::size_t b, std::size_t begin, std::size_t end) {
                              for (std::size_t p = begin; p < end; ++p) {
                                leaves_[p] = ReadLeaf(static_cast<PayerIndex>(p), leaf_arcs_[b]);
                              }
                            });
  }

  Leaf ReadLeaf(PayerIndex p, std::vector<LeafArc>& arcs) const {
    Leaf leaf;
    leaf.account = model_.IsAccount(p) ? 1 : 0;
    leaf.core = out_.core_of_[p];
    if (leaf.core != kNotInCore) return leaf;
    const NodeIndex n = model_.PayerNode(p);
    const double scale = model_.ShareScale(p);
    double straight = 0;
    leaf.first = static_cast<std::uint32_t>(arcs.size());
    for (LinkIndex l = graph_.out_begin(n); l < graph_.out_end(n); ++l) {
      if (!model_.LinkInside(l)) continue;
      const double stated = model_.Stated(l);
      if (stated == 0.0) continue;
      const PayerIndex to = model_.ReceiverOf(l);
      if (to == kNoPayer) {
        straight += stated;
      } else {
        arcs.push_back({stated * scale, out_.core_of_[to]});
      }
    }
    leaf.count = (static_cast<std::uint32_t>(arcs.size()) - leaf.first) & 0x3fffffffU;
    leaf.to_households = model_.pass(p) + straight * scale;
    leaf.pays_out =
        leaf.to_households > 0 || ValueOr(graph_.nodes().leak_share, n, 0.0) > 0 ? 1 : 0;
    return leaf;
  }

  void MakeRow(std::uint32_t c, CoreRow& row, CoreBlockArcs& out) {
    const PayerIndex p = parts_.payers[c];
    const NodeIndex n = model_.PayerNode(p);
    const double scale = model_.ShareScale(p);
    const NodeIndex* const target = graph_.links().target.data();
    double straight = 0;
    bool pays_out = false;
    LinkIndex l = graph_.out_begin(n);
    for (const LinkIndex end = scale == 0.0 ? l : graph_.out_end(n); l < end;) {
      const LinkIndex stop = end - l > kRowPoll ? l + kRowPoll : end;
      for (; l < stop; ++l) {
        if (end - l > 2 * kLeafAhead) {
          model_.PrefetchPayerOf(target[l + 2 * kLeafAhead]);
          const PayerIndex ahead = model_.PayerOf(target[l + kLeafAhead]);
          if (ahead != kNoPayer) __builtin_prefetch(&leaves_[ahead]);
        }
        if (!model_.LinkInside(l)) continue;
        const double stated = model_.Stated(l);
        if (stated == 0.0) continue;
        const PayerIndex to = model_.PayerOf(target[l]);
        const Leaf* const leaf = to == kNoPayer ? nullptr : &leaves_[to];
        if (leaf == nullptr ||
            (leaf->account != 0 && !IsOperatingIncome(graph_.links().mechanism[l]))) {
          straight += stated;
          pays_out = true;
        } else if (leaf->core != kNotInCore) {
          row.Add(leaf->core, stated);
        } else {
          straight += stated * leaf->to_households;
          pays_out = pays_out || leaf->pays_out != 0;
          const LeafArc* const arcs = leaf_arcs_[to / kFlowBlock].data() + leaf->first;
          for (std::uint32_t a = 0; a < leaf->count; ++a) {
            row.Add(arcs[a].to, stated * arcs[a].share);
          }
        }
      }
      if (l < end && context_.Stopped()) break;
    }
    if (model_.IsAccount(p)) {
      parts_.to_households[c] = model_.pass(p);
      pays_out = pays_out || model_.pass(p) > 0;
    }
    parts_.to_households[c] += straight * scale;
    parts_.pays_out[c] = pays_out ? 1 : 0;
    for (const std::uint32_t member : row.touched) {
      out.targets.push_back(member);
      out.shares.push_back(row.sums[member] * scale);
      row.sums[member] = 0.0;
      row.marked[member] = 0;
    }
    out.counts.push_back(static_cast<std::uint32_t>(row.touched.size()));
    row.touched.clear();
  }

  FlowCore& out_;
  Parts& parts_;
  const FlowModel& model_;
  const Snapshot& graph_;
  RunContext& context_;
  Buffer<Leaf> leaves_{0};                       // by payer
  std::vector<std::vector<LeafArc>> leaf_arcs_;  // by block of payers
};

absl::StatusOr<FlowCore> FlowCore::Make(const FlowModel& model, RunContext& context) {
  FlowCore core(model);
  LIANJIE_RETURN_IF_ERROR(Maker(core, context).Run());
  return core;
}

std::uint64_t FlowCore::EstimateBytes(const Snapshot& snapshot) {
  const Snapshot::PayerCounts& counts = snapshot.payer_counts();
  const std::uint64_t others = snapshot.node_count() - counts.households;
  const std::uint64_t payers = others + counts.paying_households;
  // Arcs through accounts merge to about a tenth of the links; where all are organisations none do.
  const std::uint64_t arcs =
      counts.paying_households > others
          ? snapshot.link_count() / 9
          : std::uint64_t{snapshot.link_count()} * others / std::max<std::uint64_t>(1, payers);
  return payers * (4 + 24) + snapshot.link_count() * 16 / 6 + others * (4 + 8 + 8 + 1 + 2 * 9 + 8) +
         arcs * 24 + FlowSolver::EstimateBytes(others, 0) + 4096;
}

// What starts at an account outside the core goes to the members that it pays.
absl::Status FlowCore::PushLeaves(std::span<double> values, std::size_t width,
                                  RunContext& context) const {
  const Snapshot& graph = model_->snapshot();
  Poller poller(context);
  for (PayerIndex p = 0; p < model_->payer_count(); ++p) {
    if (poller.Tick()) return context.Check();
    const double* const here = &values[std::size_t{p} * width];
    if (core_of_[p] != kNotInCore ||
        std::all_of(here, here + width, [](double v) { return v == 0.0; })) {
      continue;
    }
    const NodeIndex n = model_->PayerNode(p);
    const double scale = model_->ShareScale(p);
    for (LinkIndex l = graph.out_begin(n); l < graph.out_end(n); ++l) {
      if (poller.Tick()) return context.Check();
      if (!model_->LinkInside(l)) continue;
      const PayerIndex to = model_->ReceiverOf(l);
      if (to == kNoPayer) continue;
      const double share = model_->Stated(l) * scale;
      double* const there = &values[std::size_t{to} * width];
      for (std::size_t j = 0; j < width; ++j) there[j] += share * here[j];
    }
  }
  return absl::OkStatus();
}

absl::Status FlowCore::PullLeaves(std::span<double> values, std::size_t width,
                                  RunContext& context) const {
  const Snapshot& graph = model_->snapshot();
  const LinkPrefetch prefetch = model_->PrefetchIncoming();
  return ForEachFlowBlock(
      context, model_->payer_count(), [&](std::size_t, std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          const auto p = static_cast<PayerIndex>(i);
          if (core_of_[p] != kNotInCore) continue;
          double* const here = &values[i * width];
          for (const LinkIndex& link : graph.in_links(model_->PayerNode(p))) {
            prefetch.At(&link);
            const LinkIndex l = link;
            if (!model_->LinkInside(l) || !IsOperatingIncome(graph.links().mechanism[l])) {
              continue;
            }
            const double stated = model_->Stated(l);
            if (stated == 0.0) continue;
            const PayerIndex from = model_->PayerOf(graph.links().source[l]);
            const double share = stated * model_->ShareScale(from);
            const double* const there = &values[std::size_t{from} * width];
            for (std::size_t j = 0; j < width; ++j) here[j] += share * there[j];
          }
        }
      });
}

absl::Status FlowCore::Forward(std::span<double> values, int width, double tolerance,
                               double* residual, RunContext& context) const {
  const auto w = static_cast<std::size_t>(width);
  LIANJIE_RETURN_IF_ERROR(PushLeaves(values, w, context));
  std::vector<double> members(std::size_t{size()} * w);
  for (std::uint32_t c = 0; c < size(); ++c) {
    std::copy_n(&values[std::size_t{Payer(c)} * w], w, &members[std::size_t{c} * w]);
  }
  LIANJIE_RETURN_IF_ERROR(solver_->Forward(members, width, tolerance, residual, context));
  for (std::uint32_t c = 0; c < size(); ++c) {
    std::copy_n(&members[std::size_t{c} * w], w, &values[std::size_t{Payer(c)} * w]);
  }
  return PullLeaves(values, w, context);
}

absl::StatusOr<std::vector<double>> FlowCore::WorthToHouseholds(double tolerance,
                                                                RunContext& context) const {
  std::vector<double> worth = parts_->to_households;
  LIANJIE_RETURN_IF_ERROR(solver_->Backward(worth, 1, tolerance, context));
  return worth;
}

}  // namespace lianjie
