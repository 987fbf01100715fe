#include "engine/centrality/sampled_betweenness.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/centrality/folded_betweenness.h"
#include "engine/centrality/path_sampler.h"
#include "engine/centrality/sampling_bound.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::uint64_t kPathStream = 0x6265747765656eULL;  // what the random numbers are for

// Where paths can begin and end, and what bounds them.
struct PathEnds {
  std::vector<std::uint32_t> sources, targets;
  SampledPaths paths{0, 0};
  double pairs() const {
    return static_cast<double>(sources.size()) * static_cast<double>(targets.size());
  }
};

bool HasArcsAt(const Projection& graph, std::uint32_t v) {
  return graph.arcs_begin(v) != graph.arcs_end(v);
}

// The greatest distance, in arcs, of a component is at most twice that from any of its vertices;
// taken from one with most neighbours.
class DiameterBound {
 public:
  DiameterBound(const Projection& graph, RunContext& context)
      : graph_(graph), poller_(context), seen_(graph.size(), 0) {}

  // False when the run must end.
  bool Run() {
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      if (poller_.Tick()) return false;
      if (seen_[v] != 0 || !HasArcsAt(graph_, v)) continue;
      if (!Search(v, 1)) return false;
      const auto degree = [this](std::uint32_t u) {
        return graph_.arcs_end(u) - graph_.arcs_begin(u);
      };
      std::uint32_t middle = v;
      for (const std::uint32_t u : order_) {
        if (degree(u) > degree(middle)) middle = u;
      }
      if (!Search(middle, 2)) return false;
      most_ = std::max(most_, 2 * levels_);
    }
    return true;
  }
  std::uint64_t most() const { return most_; }

 private:
  bool Search(std::uint32_t v, std::uint8_t mark) {
    order_.assign(1, v);
    seen_[v] = mark;
    levels_ = 0;
    std::size_t end = 1;
    for (std::size_t head = 0; head < order_.size(); ++head) {
      if (head == end) {
        ++levels_;
        end = order_.size();
      }
      for (const std::uint32_t u : graph_.neighbours(order_[head])) {
        if (poller_.Tick()) return false;
        if (seen_[u] == mark) continue;
        seen_[u] = mark;
        order_.push_back(u);
      }
    }
    return true;
  }

  const Projection& graph_;
  Poller poller_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::uint32_t> order_;
  std::uint64_t levels_ = 0;
  std::uint64_t most_ = 0;
};

absl::StatusOr<PathEnds> FindEnds(const Projection& graph, const Projection& back,
                                  RunContext& context) {
  PathEnds ends;
  const bool undirected = graph.spec().direction == Direction::kUndirected;
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    if (HasArcsAt(graph, v)) ends.sources.push_back(v);
    if (HasArcsAt(back, v)) ends.targets.push_back(v);
    const bool is_leaf = undirected && graph.arcs_end(v) - graph.arcs_begin(v) < 2;
    if (HasArcsAt(graph, v) && HasArcsAt(back, v) && !is_leaf) ++ends.paths.vertices;
  }
  ends.paths.inner_nodes = ends.paths.vertices;
  if (!undirected || graph.weighted()) return ends;
  DiameterBound diameter(graph, context);
  if (!diameter.Run()) return context.Check();
  if (diameter.most() > 0) {
    ends.paths.inner_nodes =
        std::min(ends.paths.vertices, static_cast<double>(diameter.most() - 1));
  }
  return ends;
}

class Sampling {
 public:
  Sampling(const Projection& graph, const Projection& back, const PathEnds& ends,
           std::uint64_t seed, RunContext& context)
      : ends_(ends),
        seed_(seed),
        context_(context),
        counts_(graph.size()),
        samplers_([&graph, &back] { return PathSampler(graph, back); }) {}

  absl::Status Run(std::uint64_t samples) {
    context_.SetTotal(samples);
    context_.Parallel([&] {
      tbb::parallel_for(tbb::blocked_range<std::uint64_t>(0, samples, 16), [&](const auto& range) {
        PathSampler& sampler = samplers_.local();
        for (std::uint64_t i = range.begin(); i != range.end(); ++i) {
          if (context_.Stopped() || too_many_paths_.load(std::memory_order_relaxed)) return;
          if (!Take(i, sampler)) return;
          context_.AddCompleted(1);
        }
      });
    });
    LIANJIE_RETURN_IF_ERROR(context_.Check());
    return too_many_paths_.load() ? TooManyPathsError() : absl::OkStatus();
  }

  std::vector<double> Scores(double factor) const {
    std::vector<double> scores(counts_.size());
    for (std::size_t v = 0; v < scores.size(); ++v)
      scores[v] = static_cast<double>(counts_[v].load(std::memory_order_relaxed)) * factor;
    return scores;
  }

 private:
  bool Take(std::uint64_t i, PathSampler& sampler) {
    Random random(seed_, kPathStream, i);
    const std::uint32_t source = ends_.sources[random.Below(ends_.sources.size())];
    const std::uint32_t target = ends_.targets[random.Below(ends_.targets.size())];
    if (source == target) return true;
    const SourceOutcome outcome = sampler.Draw(source, target, random, context_);
    if (outcome == SourceOutcome::kTooManyPaths)
      too_many_paths_.store(true, std::memory_order_relaxed);
    if (outcome != SourceOutcome::kDone) return false;
    for (const std::uint32_t v : sampler.inner())
      counts_[v].fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  const PathEnds& ends_;
  const std::uint64_t seed_;
  RunContext& context_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  tbb::enumerable_thread_specific<PathSampler> samplers_;
  std::atomic<bool> too_many_paths_{false};
};

}  // namespace

absl::StatusOr<SampledScores> SampledBetweenness(const Projection& graph, const Projection& back,
                                                 const SamplingPlan& plan, RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking booking,
      Booking::Take(context, EstimateSampledBytes(graph.size(), graph.weighted(),
                                                  static_cast<std::uint64_t>(context.threads()))));
  LIANJIE_ASSIGN_OR_RETURN(const PathEnds ends, FindEnds(graph, back, context));
  SampledScores out;
  out.scores.assign(graph.size(), 0.0);
  if (graph.size() < 3 || ends.paths.vertices == 0) return out;  // nothing lies within a path
  // A part of the pairs that are drawn is a smaller part of all pairs of other nodes.
  const auto n = static_cast<double>(graph.size());
  const double scale = ends.pairs() / ((n - 1) * (n - 2));
  out.samples =
      plan.samples > 0 ? plan.samples : SamplesFor(ends.paths, plan.epsilon / scale, plan.delta);
  out.epsilon =
      plan.samples > 0 ? scale * EpsilonOf(ends.paths, plan.samples, plan.delta) : plan.epsilon;
  Sampling sampling(graph, back, ends, plan.seed, context);
  LIANJIE_RETURN_IF_ERROR(sampling.Run(out.samples));
  out.scores = sampling.Scores(ends.pairs() / static_cast<double>(out.samples));
  return out;
}

std::uint64_t EstimateSampledBytes(std::uint64_t vertices, bool weighted, std::uint64_t threads) {
  // PathEnds (16, of vectors that grew), counts and scores.
  return vertices * (16 + sizeof(std::uint64_t) + sizeof(double)) +
         threads * PathSampler::EstimateBytes(vertices, weighted);
}

}  // namespace lianjie
