#include "engine/centrality/source_list.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/runtime/work.h"

namespace lianjie {
namespace {

std::uint64_t MixArcs(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29U);
}

class SourceLister {
 public:
  SourceLister(const Projection& graph, RunContext& context)
      : graph_(graph),
        context_(context),
        poller_(context),
        entered_(graph.size(), 0),
        count_(graph.size(), 0),
        passing_(graph.size(), 0) {}

  // False when the run must end.
  bool Run() {
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      if (poller_.Tick()) return false;
      for (const std::uint32_t w : graph_.neighbours(v)) {
        if (poller_.Tick()) return false;
        entered_[w] = 1;
      }
    }
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      if (!Take(v)) return false;
    }
    try {
      std::sort(alike_.begin(), alike_.end(),
                StoppableLess(context_, [](const auto& a, const auto& b) { return a < b; }));
    } catch (const RunStopped&) {
      return false;
    }
    return Join();
  }

  std::vector<Source> List() const {
    std::vector<Source> sources;
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      if (count_[v] > 0 && Degree(v) > 0)
        sources.push_back({v, static_cast<double>(count_[v]), static_cast<double>(passing_[v])});
    }
    return sources;
  }

 private:
  std::uint64_t Degree(std::uint32_t v) const { return graph_.arcs_end(v) - graph_.arcs_begin(v); }

  bool Take(std::uint32_t v) {
    if (entered_[v] != 0 || Degree(v) == 0) {
      ++count_[v];
      return !poller_.Tick();
    }
    if (Degree(v) == 1 && !graph_.weighted()) {
      const std::uint32_t behind = graph_.target(graph_.arcs_begin(v));
      ++count_[behind];
      ++passing_[behind];
      return !poller_.Tick();
    }
    std::uint64_t hash = Degree(v);
    for (std::uint64_t arc = graph_.arcs_begin(v); arc != graph_.arcs_end(v); ++arc) {
      if (poller_.Tick()) return false;
      hash = MixArcs(MixArcs(hash, graph_.target(arc)),
                     std::bit_cast<std::uint64_t>(graph_.weight(arc)));
    }
    alike_.emplace_back(hash, v);
    return true;
  }

  bool Join() {
    std::uint32_t head = 0;
    for (std::size_t i = 0; i < alike_.size(); ++i) {
      const std::uint32_t v = alike_[i].second;
      if (poller_.Tick(static_cast<std::int64_t>(Degree(v)))) return false;
      if (i == 0 || alike_[i - 1].first != alike_[i].first || !AreAlike(head, v)) head = v;
      ++count_[head];
    }
    return true;
  }

  bool AreAlike(std::uint32_t a, std::uint32_t b) const {
    if (Degree(a) != Degree(b)) return false;
    const std::uint64_t to_b = graph_.arcs_begin(b) - graph_.arcs_begin(a);
    for (std::uint64_t arc = graph_.arcs_begin(a); arc != graph_.arcs_end(a); ++arc) {
      if (graph_.target(arc) != graph_.target(arc + to_b) ||
          graph_.weight(arc) != graph_.weight(arc + to_b))
        return false;
    }
    return true;
  }

  const Projection& graph_;
  RunContext& context_;
  Poller poller_;
  std::vector<std::uint8_t> entered_;  // by an arc
  std::vector<std::uint32_t> count_;
  std::vector<std::uint32_t> passing_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> alike_;  // hash of the arcs, vertex
};

}  // namespace

absl::StatusOr<std::vector<Source>> ListSources(const Projection& graph, RunContext& context) {
  SourceLister lister(graph, context);
  if (!lister.Run()) return context.Check();
  return lister.List();
}

std::uint64_t EstimateSourceListBytes(std::uint64_t vertices) { return vertices * 40; }

}  // namespace lianjie
