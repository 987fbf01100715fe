#include "engine/structure/strong_components.h"

#include <memory>
#include <utility>

#include "engine/core/status.h"
#include "engine/runtime/work.h"
#include "engine/structure/component_table.h"

namespace lianjie {
namespace {

ProjectionSpec Spec() {
  ProjectionSpec spec;
  spec.parallel = ProjectionSpec::Parallel::kMin;
  spec.self_loops = false;
  return spec;
}

// rank_[v] is 0 when unseen; while v's component is open the least visiting number that v is known
// to reach; afterwards one of the numbers from the top down, all above any visiting number, so that
// one comparison serves both.
class DepthFirst {
 public:
  DepthFirst(const Projection& graph, RunContext& context)
      : graph_(graph),
        context_(context),
        poller_(context),
        rank_(graph.size(), 0),
        next_component_(graph.size()) {}

  absl::StatusOr<StrongComponentsOfGraph> Run() {
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      if (poller_.Tick()) return context_.Check();
      if (rank_[v] != 0 || CloseIfEnd(v)) continue;
      if (!Visit(v)) return context_.Check();
    }
    StrongComponentsOfGraph found;
    found.count = graph_.size() - next_component_;
    for (std::uint32_t& rank : rank_) rank = graph_.size() - rank;
    found.component = std::move(rank_);
    return found;
  }

 private:
  struct Frame {
    std::uint64_t arc;
    std::uint32_t vertex;
    bool is_root;  // reaches nothing older so far
  };

  void Open(std::uint32_t v) {
    rank_[v] = next_visit_++;
    frames_.push_back({graph_.arcs_begin(v), v, true});
  }

  // A vertex that leads nowhere is a component as soon as it is seen. Most are such where money
  // runs to households.
  bool CloseIfEnd(std::uint32_t v) {
    if (graph_.arcs_begin(v) != graph_.arcs_end(v)) return false;
    rank_[v] = next_component_--;
    CountClosed();
    return true;
  }

  void CountClosed() {
    if ((++closed_ & 0xfff) == 0) context_.AddCompleted(0x1000);
  }

  // What v learns from a vertex that it leads to.
  void Learn(Frame& frame, std::uint32_t target) {
    if (rank_[target] >= rank_[frame.vertex]) return;
    rank_[frame.vertex] = rank_[target];
    frame.is_root = false;
  }

  void Close(const Frame& frame) {
    const std::uint32_t v = frame.vertex;
    if (!frame.is_root) {
      open_.push_back(v);
      return;
    }
    --next_visit_;
    while (!open_.empty() && rank_[v] <= rank_[open_.back()]) {
      rank_[open_.back()] = next_component_;
      open_.pop_back();
      --next_visit_;
    }
    rank_[v] = next_component_--;
    CountClosed();
  }

  // False when the run must end.
  bool Visit(std::uint32_t start) {
    Open(start);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (poller_.Tick()) return false;
      if (frame.arc == graph_.arcs_end(frame.vertex)) {
        const Frame done = frame;
        frames_.pop_back();
        Close(done);
        if (!frames_.empty()) Learn(frames_.back(), done.vertex);
        continue;
      }
      const std::uint32_t target = graph_.target(frame.arc++);
      if (rank_[target] != 0) {
        Learn(frame, target);
      } else if (!CloseIfEnd(target)) {
        Open(target);
      }
    }
    return true;
  }

  const Projection& graph_;
  RunContext& context_;
  Poller poller_;
  std::vector<std::uint32_t> rank_;
  std::vector<Frame> frames_;
  std::vector<std::uint32_t> open_;  // closed vertices whose component is still open
  std::uint32_t next_visit_ = 1;
  std::uint32_t next_component_;
  std::uint64_t closed_ = 0;
};

// Ranks, frames and open vertices (which grow by doubling).
std::uint64_t OwnBytes(std::uint64_t nodes) {
  return nodes * (5 * sizeof(std::uint32_t) + 32) + EstimateComponentAnswerBytes(nodes);
}

absl::StatusOr<AnalysisResult> ComputeStrong(const AnalysisInput& input, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, Spec(), context));
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, OwnBytes(input.snapshot().node_count())));
  context.SetTotal(graph->size());
  LIANJIE_ASSIGN_OR_RETURN(const StrongComponentsOfGraph found,
                           FindStrongComponents(*graph, context));
  LIANJIE_ASSIGN_OR_RETURN(
      AnalysisResult result,
      ComponentAnswer(input.snapshot(), graph->Nodes(), found.component, found.count, context));
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
}

}  // namespace

absl::StatusOr<StrongComponentsOfGraph> FindStrongComponents(const Projection& graph,
                                                             RunContext& context) {
  return DepthFirst(graph, context).Run();
}

absl::StatusOr<AnalysisResult> RunStrongComponents(const AnalysisInput& input,
                                                   const StrongComponentsOptions& options,
                                                   RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return ComputeStrong(input, context); });
}

std::uint64_t EstimateStrongComponentsBytes(const AnalysisInput& input,
                                            const StrongComponentsOptions&) {
  return Projection::EstimateBytes(input.snapshot(), Spec()) +
         OwnBytes(input.snapshot().node_count());
}

}  // namespace lianjie
