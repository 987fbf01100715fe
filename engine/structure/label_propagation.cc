#include "engine/structure/label_propagation.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/id_order.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"
#include "engine/structure/component_table.h"
#include "engine/structure/modularity.h"
#include "engine/structure/neighbour_sums.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"
#include "tbb/parallel_sort.h"

namespace lianjie {
namespace {

constexpr std::uint32_t kLabelGrain = 512;

// The vertices in the order of their ids; labels are then positions in it.
absl::StatusOr<std::vector<std::uint32_t>> ByIds(const Projection& graph, const Snapshot& snapshot,
                                                 RunContext& context) {
  struct Item {
    std::uint64_t prefix;
    std::uint32_t vertex;
  };
  std::vector<Item> items(graph.size());
  Poller poller(context);
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    if (poller.Tick()) return context.Check();
    items[v] = {IdPrefix(snapshot.NodeId(graph.ToNode(v))), v};
  }
  const auto less = [&](const Item& a, const Item& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return CompareIds(snapshot.NodeId(graph.ToNode(a.vertex)),
                      snapshot.NodeId(graph.ToNode(b.vertex))) < 0;
  };
  try {
    context.Parallel(
        [&] { tbb::parallel_sort(items.begin(), items.end(), StoppableLess(context, less)); });
  } catch (const RunStopped&) {
    return context.Check();
  }
  std::vector<std::uint32_t> vertices(items.size());
  std::transform(items.begin(), items.end(), vertices.begin(),
                 [](const Item& item) { return item.vertex; });
  return vertices;
}

// Vertices by colour, those of one colour in order; no two neighbours have the same.
struct Colours {
  std::vector<std::uint32_t> vertices;
  std::vector<std::uint32_t> ends;  // where each colour ends in `vertices`

  static absl::StatusOr<Colours> Give(const Projection& graph, std::uint64_t most_arcs,
                                      RunContext& context) {
    std::vector<std::uint32_t> colour(graph.size());
    std::vector<std::uint32_t> taken(std::min<std::uint64_t>(most_arcs, graph.size()) + 1, kNoNode);
    Colours out;
    Poller poller(context);
    for (std::uint32_t v = 0; v < graph.size(); ++v) {
      for (const std::uint32_t w : graph.neighbours(v)) {
        if (poller.Tick()) return context.Check();
        if (w < v) taken[colour[w]] = v;
      }
      std::uint32_t c = 0;
      while (taken[c] == v) ++c;
      if (poller.Tick(c + 1)) return context.Check();
      colour[v] = c;
      if (c == out.ends.size()) out.ends.push_back(0);
      ++out.ends[c];
    }
    std::exclusive_scan(out.ends.begin(), out.ends.end(), out.ends.begin(), 0u);
    out.vertices.resize(graph.size());
    for (std::uint32_t v = 0; v < graph.size(); ++v) {
      if (poller.Tick()) return context.Check();
      out.vertices[out.ends[colour[v]]++] = v;
    }
    return out;
  }
};

class Propagation {
 public:
  Propagation(const Projection& graph, std::uint64_t most_labels, RunContext& context)
      : graph_(graph),
        context_(context),
        sums_([most_labels] { return NeighbourSums(most_labels); }),
        labels_(graph.size()),
        active_(graph.size(), 1) {
    std::iota(labels_.begin(), labels_.end(), 0u);
  }

  absl::Status RunByColours(int iterations, std::uint64_t most_arcs) {
    LIANJIE_ASSIGN_OR_RETURN(const Colours colours, Colours::Give(graph_, most_arcs, context_));
    return Iterate(iterations, [&] {
      std::uint32_t begin = 0;
      for (const std::uint32_t end : colours.ends) {
        Sweep({colours.vertices.data() + begin, colours.vertices.data() + end}, labels_, active_);
        begin = end;
      }
    });
  }

  // `by_ids` as ByIds has it.
  absl::Status RunSynchronously(int iterations, std::span<const std::uint32_t> by_ids) {
    for (std::uint32_t rank = 0; rank < by_ids.size(); ++rank) labels_[by_ids[rank]] = rank;
    keep_own_ = false;
    std::vector<std::uint32_t> vertices(graph_.size());
    std::iota(vertices.begin(), vertices.end(), 0u);
    std::vector<std::uint32_t> next = labels_;
    std::vector<std::uint8_t> next_active(graph_.size(), 0);
    return Iterate(iterations, [&] {
      std::fill(next_active.begin(), next_active.end(), 0);
      Sweep(vertices, next, next_active);
      // Those that were not looked at have the same label in both.
      std::copy(next.begin(), next.end(), labels_.begin());
      active_.swap(next_active);
    });
  }

  std::vector<std::uint32_t>& labels() { return labels_; }
  int iterations() const { return iterations_; }
  bool converged() const { return converged_; }

 private:
  template <typename Body> absl::Status Iterate(int iterations, const Body& body) {
    while (iterations_ < iterations && !converged_) {
      changed_ = false;
      ++iterations_;
      context_.SetTotal(static_cast<std::uint64_t>(iterations_) * graph_.size());
      body();
      LIANJIE_RETURN_IF_ERROR(context_.Check());
      converged_ = !changed_;
    }
    return absl::OkStatus();
  }

  // Gives the vertices that are active their labels, in `out`; marks in `active` those who see it.
  void Sweep(std::span<const std::uint32_t> vertices, std::vector<std::uint32_t>& out,
             std::vector<std::uint8_t>& active) {
    const auto part = [&](std::size_t begin, std::size_t end) {
      NeighbourSums& sums = sums_.local();
      Poller poller(context_);
      if (context_.Stopped()) return;
      for (std::size_t i = begin; i != end; ++i) {
        const std::uint32_t v = vertices[i];
        if (poller.Tick()) return;
        if (std::atomic_ref(active_[v]).load(std::memory_order_relaxed) == 0) continue;
        std::atomic_ref(active_[v]).store(0, std::memory_order_relaxed);
        const std::optional<std::uint32_t> label = Heaviest(v, sums, poller);
        if (!label.has_value()) return;
        if (*label == labels_[v]) continue;
        out[v] = *label;
        changed_.store(true, std::memory_order_relaxed);
        for (const std::uint32_t w : graph_.neighbours(v)) {
          if (poller.Tick()) return;
          std::atomic_ref(active[w]).store(1, std::memory_order_relaxed);
        }
      }
      context_.AddCompleted(end - begin);
    };
    if (vertices.size() <= kLabelGrain) {
      part(0, vertices.size());
      return;
    }
    context_.Parallel([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, vertices.size(), kLabelGrain),
          [&](const auto& range) { part(range.begin(), range.end()); }, tbb::simple_partitioner());
    });
  }

  // Nothing when the run must end.
  std::optional<std::uint32_t> Heaviest(std::uint32_t v, NeighbourSums& sums, Poller& poller) {
    const std::uint64_t end = graph_.arcs_end(v);
    sums.Start(end - graph_.arcs_begin(v));
    for (std::uint64_t arc = graph_.arcs_begin(v); arc != end; ++arc) {
      if (poller.Tick()) return std::nullopt;
      sums.Add(labels_[graph_.target(arc)], graph_.weight(arc));
    }
    const std::uint32_t own = labels_[v];
    std::uint32_t best = own;
    double most = 0;
    for (const NeighbourSums::Entry& entry : sums.entries()) {
      if (!(entry.sum > 0) || entry.sum < most) continue;
      const bool better = entry.sum > most || (keep_own_ && entry.label == own) ||
                          (entry.label < best && !(keep_own_ && best == own));
      if (better) best = entry.label;
      most = entry.sum;
    }
    return best;
  }

  const Projection& graph_;
  RunContext& context_;
  tbb::enumerable_thread_specific<NeighbourSums> sums_;
  std::vector<std::uint32_t> labels_;
  std::vector<std::uint8_t> active_;
  bool keep_own_ = true;  // among labels that weigh the same
  std::atomic<bool> changed_{false};
  int iterations_ = 0;
  bool converged_ = false;
};

// Labels, and at most one of: colours, or marks and the order of ids; modularity; the answer.
std::uint64_t OwnBytes(std::uint64_t vertices, std::uint64_t most_labels, int threads) {
  const std::uint64_t answer =
      EstimateComponentAnswerBytes(vertices) + vertices * sizeof(std::uint32_t);
  const std::uint64_t search =
      vertices * (5 * sizeof(std::uint32_t) + 2) +
      static_cast<std::uint64_t>(threads) * NeighbourSums::Bytes(most_labels);
  return vertices * sizeof(std::uint32_t) +
         std::max({search, answer, EstimateModularityBytes(vertices)});
}

struct Settled {
  std::vector<std::uint32_t> labels;
  std::vector<std::uint32_t> by_ids;  // whose label each is; empty: the vertex of that number
  int iterations = 0;
  bool converged = false;
};

absl::StatusOr<Settled> Propagate(const AnalysisInput& input, const Projection& graph,
                                  const LabelPropagationOptions& options, RunContext& context) {
  const std::uint64_t most_arcs = MostArcs(graph);
  Settled out;
  if (options.synchronous) {
    LIANJIE_ASSIGN_OR_RETURN(out.by_ids, ByIds(graph, input.snapshot(), context));
  }
  Propagation propagation(graph, std::min<std::uint64_t>(most_arcs, graph.size()), context);
  LIANJIE_RETURN_IF_ERROR(options.synchronous
                              ? propagation.RunSynchronously(options.iterations, out.by_ids)
                              : propagation.RunByColours(options.iterations, most_arcs));
  out.labels = std::move(propagation.labels());
  out.iterations = propagation.iterations();
  out.converged = propagation.converged();
  return out;
}

absl::StatusOr<AnalysisResult> Answer(const AnalysisInput& input, const Projection& graph,
                                      const Settled& settled, RunContext& context) {
  std::vector<NodeIndex> owner(graph.size());
  Poller poller(context);
  for (std::uint32_t v = 0; v < graph.size(); ++v) {
    if (poller.Tick()) return context.Check();
    const std::uint32_t label = settled.labels[v];
    owner[v] = graph.ToNode(settled.by_ids.empty() ? label : settled.by_ids[label]);
  }
  LIANJIE_ASSIGN_OR_RETURN(
      AnalysisResult result,
      ComponentAnswer(input.snapshot(), graph.Nodes(), settled.labels, graph.size(), context));
  result.table.AddColumn("label", ColumnType::kNode, "", "The node that the label was of.");
  result.table.column(2).indices = std::move(owner);
  return result;
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const LabelPropagationOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const double missing_weight = MissingInSums(options.weight);
  LIANJIE_ASSIGN_OR_RETURN(
      const std::uint64_t missing,
      CheckWeights(input.view, options.weight, missing_weight, WeightRule::kNotNegative, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, CommunitySpec(options.weight), context));
  const std::uint64_t most = std::min<std::uint64_t>(MostArcs(*graph), graph->size());
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking booking,
      Booking::Take(context, OwnBytes(graph->size(), most, context.threads())));
  LIANJIE_ASSIGN_OR_RETURN(const Settled settled, Propagate(input, *graph, options, context));
  std::optional<double> modularity;
  {
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<double> strengths, Strengths(*graph, context));
    LIANJIE_ASSIGN_OR_RETURN(
        modularity, Modularity(*graph, strengths, settled.labels, graph->size(), 1.0, context));
  }
  LIANJIE_ASSIGN_OR_RETURN(AnalysisResult result, Answer(input, *graph, settled, context));
  result.summary.emplace_back("iterations", std::int64_t{settled.iterations});
  result.summary.emplace_back("converged", settled.converged);
  result.summary.emplace_back("modularity", ModularityValue(modularity));
  if (options.weight != "none")
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  if (missing > 0)
    result.warnings.push_back(MissingWeightWarning(options.weight, missing, missing_weight));
  if (!settled.converged) {
    result.warnings.push_back(
        Cat("After ", settled.iterations, " iterations labels still change."));
  }
  return result;
}

}  // namespace

absl::Status LabelPropagationOptions::Validate() const {
  if (iterations < 1) return InvalidField("iterations", Cat(iterations, " is not at least 1"));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunLabelPropagation(const AnalysisInput& input,
                                                   const LabelPropagationOptions& options,
                                                   RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateLabelPropagationBytes(const AnalysisInput& input,
                                            const LabelPropagationOptions& options) {
  const std::uint64_t nodes = input.snapshot().node_count();
  const std::uint64_t most = std::min(nodes, MostLinksOfANode(input.snapshot()));
  return Projection::EstimateBytes(input.snapshot(), CommunitySpec(options.weight)) +
         OwnBytes(nodes, most, RunContext::MachineThreads());
}

}  // namespace lianjie
