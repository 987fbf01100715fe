// Blocks one after another; the searches within a block in parallel. Sources are dealt out to
// lanes, a number that depends on the block alone, and lanes are added in order.
#include "engine/centrality/folded_betweenness.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "engine/centrality/block_tree.h"
#include "engine/centrality/cover.h"
#include "engine/centrality/folded_block.h"
#include "engine/centrality/folded_search.h"
#include "engine/core/status.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/enumerable_thread_specific.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

// Lanes hold a score a class each. Part of the answer's last bits: never to depend on the machine.
constexpr std::uint64_t kClassLaneBytes = std::uint64_t{1} << 28;
constexpr std::uint64_t kMostClassLanes = 64;
constexpr std::uint64_t kFewestClassLanes = 8;
constexpr std::uint64_t kCoverLanes = 16;                    // a cover has matrices to hold
constexpr std::uint64_t kLaneWork = std::uint64_t{1} << 16;  // arcs that are worth a lane

std::uint64_t MostLanes(std::uint64_t classes) {
  const std::uint64_t held =
      kClassLaneBytes / (std::max<std::uint64_t>(classes, 1) * sizeof(double));
  return std::clamp(held, kFewestClassLanes, kMostClassLanes);
}

std::uint64_t ClassLaneCount(const FoldedBlock& block, const Cover& cover) {
  const std::uint64_t sources = std::max<std::uint64_t>(cover.centres.size(), 1);
  const std::uint64_t worth = 1 + sources * block.targets.size() / kLaneWork;
  const std::uint64_t most = MostLanes(block.size());
  return std::min({cover.rim.empty() ? most : std::min(most, kCoverLanes), worth, sources});
}

// Vertices done, in proportion to the work done on the block they are in. Add is thread safe.
class BlockProgress {
 public:
  explicit BlockProgress(RunContext& context) : context_(context) {}

  void Begin(std::uint64_t vertices, std::uint64_t work) {
    vertices_ = vertices;
    work_ = std::max<std::uint64_t>(work, 1);
    done_.store(0, std::memory_order_relaxed);
  }
  void Add(std::uint64_t work) {
    const std::uint64_t before = done_.fetch_add(work, std::memory_order_relaxed);
    context_.AddCompleted(Vertices(before + work) - Vertices(before));
  }
  void End() { context_.AddCompleted(vertices_ - Vertices(done_.load(std::memory_order_relaxed))); }

 private:
  std::uint64_t Vertices(std::uint64_t done) const {
    const double part = static_cast<double>(done) / static_cast<double>(work_);
    return std::min(vertices_, static_cast<std::uint64_t>(part * static_cast<double>(vertices_)));
  }

  RunContext& context_;
  std::uint64_t vertices_ = 0;
  std::uint64_t work_ = 1;
  std::atomic<std::uint64_t> done_{0};
};

// The pairs of one folded block.
class BlockSolver {
 public:
  BlockSolver(const FoldedBlock& block, const Cover& cover, RunContext& context,
              BlockProgress& progress)
      : block_(block),
        cover_(cover),
        context_(context),
        progress_(progress),
        lanes_(ClassLaneCount(block, cover)),
        searches_([&block] { return FoldedSearch(block); }) {}

  static std::uint64_t Bytes(const FoldedBlock& block, const Cover& cover, std::uint64_t threads) {
    const std::uint64_t sources = cover.centres.size();
    const std::uint64_t lanes = ClassLaneCount(block, cover);
    const std::uint64_t pairs =
        cover.rim.empty() ? 0 : RimPairs::EstimateBytes(sources, cover.rim.size(), cover.rim_arcs);
    return (lanes + 1) * block.size() * sizeof(double) + pairs +
           std::min(threads, std::max<std::uint64_t>(sources, 1)) *
               FoldedSearch::EstimateBytes(block.size());
  }

  std::uint64_t Work() const {
    const std::uint64_t sources = cover_.centres.size();
    return sources * block_.targets.size() * (cover_.rim.empty() ? 2 : 3) +
           cover_.rim.size() * cover_.rim_arcs;
  }

  // Scores of one member, by class. On failure ask too_many_paths() and the context.
  bool Run(std::vector<double>& scores) {
    scores.assign(block_.size(), 0.0);
    AddTwins(scores);
    if (!cover_.rim.empty()) {
      pairs_.emplace(block_, cover_);
      if (!Measure()) return false;
      const bool whole =
          pairs_->Weigh(context_, [this](std::uint64_t work) { progress_.Add(work); });
      if (!whole) return false;
    }
    ForEachLane([this](std::size_t lane) { RunLane(lane); });
    if (Ends()) return false;
    for (const std::vector<double>& lane : lanes_) {
      for (std::size_t c = 0; c < scores.size(); ++c) scores[c] += lane[c];
    }
    return true;
  }

  bool too_many_paths() const {
    return too_many_paths_.load(std::memory_order_relaxed) ||
           (pairs_.has_value() && pairs_->too_many_paths());
  }

 private:
  bool Ends() { return context_.Stopped() || too_many_paths(); }

  template <typename F> void ForEachLane(const F& f) {
    if (lanes_.size() == 1) return f(0);
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, lanes_.size(), 1),
        [&](const auto& range) {
          for (std::size_t lane = range.begin(); lane != range.end(); ++lane) f(lane);
        },
        tbb::simple_partitioner());
  }

  // Open twins are joined by any member of any neighbour, each as well as the other.
  void AddTwins(std::vector<double>& scores) const {
    for (std::uint32_t c = 0; c < block_.size(); ++c) {
      if (block_.pairs[c] == 0) continue;
      double ways = 0;
      for (const std::uint32_t d : block_.neighbours(c)) ways += block_.count[d];
      for (const std::uint32_t d : block_.neighbours(c)) scores[d] += block_.pairs[c] / ways;
    }
  }

  bool SearchFrom(std::uint32_t p, FoldedSearch& search, Poller& poller) {
    if (!search.Search(cover_.centres[p], poller)) return false;
    if (search.TooManyPaths()) too_many_paths_.store(true, std::memory_order_relaxed);
    return !Ends();
  }

  // Distances and paths between centres. Rows are apart, so that lanes only share out the work.
  bool Measure() {
    ForEachLane([this](std::size_t lane) {
      FoldedSearch& search = searches_.local();
      Poller poller(context_);
      for (std::size_t p = lane; p < cover_.centres.size(); p += lanes_.size()) {
        if (!SearchFrom(static_cast<std::uint32_t>(p), search, poller)) return;
        const double members = block_.count[cover_.centres[p]];
        for (std::uint32_t o = 0; o < cover_.centres.size(); ++o) {
          const std::uint32_t c = cover_.centres[o];
          const double paths = o == p ? members : members * search.paths(c) * block_.count[c];
          if (!(paths <= kMostPaths)) too_many_paths_.store(true, std::memory_order_relaxed);
          pairs_->SetDistance(static_cast<std::uint32_t>(p), o, search.hops(c), paths);
        }
        progress_.Add(block_.targets.size());
      }
    });
    return !Ends();
  }

  void RunLane(std::size_t lane) {
    std::vector<double>& scores = lanes_[lane];
    scores.assign(block_.size(), 0.0);
    FoldedSearch& search = searches_.local();
    Poller poller(context_);
    for (std::size_t p = lane; p < cover_.centres.size(); p += lanes_.size()) {
      const auto place = static_cast<std::uint32_t>(p);
      if (Ends() || !SearchFrom(place, search, poller)) return;
      if (pairs_.has_value()) AddEnds(place, search, scores);
      if (!ShareOut(place, search, poller, scores)) return;
      progress_.Add(2 * block_.targets.size());
    }
  }

  // What ends at a class: pairs with the source's class, those with the rim both ways since it is
  // not searched from; and pairs of the rim that leave the way between centres there.
  bool ShareOut(std::uint32_t p, FoldedSearch& search, Poller& poller,
                std::vector<double>& scores) {
    const std::uint32_t source = cover_.centres[p];
    const double reach = block_.reach[source];
    const double members = block_.count[source];
    if (!pairs_.has_value()) {
      return search.ShareOut(
          [&](std::uint32_t c) { return reach * block_.reach[c] / search.paths(c); }, poller,
          scores.data());
    }
    return search.ShareOut(
        [&](std::uint32_t c) {
          const double own = reach * block_.reach[c] / search.paths(c);
          const std::uint32_t o = cover_.centre_of[c];
          if (o == Cover::kRim) return 2 * own;
          return own + members * block_.count[c] * pairs_->Weight(p, o);
        },
        poller, scores.data());
  }

  // Pairs of the rim pass both ends of the way between centres.
  void AddEnds(std::uint32_t p, const FoldedSearch& search, std::vector<double>& scores) const {
    const std::uint32_t source = cover_.centres[p];
    double from = 0;
    for (std::uint32_t o = 0; o < cover_.centres.size(); ++o) {
      const double weight = pairs_->Weight(p, o);
      if (o == p) {
        from += weight;
        continue;
      }
      const std::uint32_t c = cover_.centres[o];
      const double each = weight * search.paths(c);
      from += each * block_.count[c];
      scores[c] += each * block_.count[source];
    }
    scores[source] += from;
  }

  const FoldedBlock& block_;
  const Cover& cover_;
  RunContext& context_;
  BlockProgress& progress_;
  std::vector<std::vector<double>> lanes_;  // by lane, then class
  tbb::enumerable_thread_specific<FoldedSearch> searches_;
  std::optional<RimPairs> pairs_;
  std::atomic<bool> too_many_paths_{false};
};

absl::StatusOr<Cover> ChooseCover(const FoldedBlock& block, std::uint64_t vertices,
                                  FoldKernel kernel, RunContext& context) {
  if (kernel == FoldKernel::kEveryClass) return WholeCover(block);
  LIANJIE_ASSIGN_OR_RETURN(Cover cover, SmallCover(block, context));
  if (kernel == FoldKernel::kCover || IsWorthIt(block, cover, vertices)) return cover;
  return WholeCover(block);
}

void CountFolded(const FoldedBlock& block, const Cover& cover, FoldFigures& figures) {
  ++figures.blocks;
  figures.block_vertices += block.class_of.size();
  figures.classes += block.size();
  figures.arcs += block.targets.size();
  figures.sources += cover.centres.size();
  figures.rim += cover.rim.size();
  figures.rim_arcs += cover.rim_arcs;
}

std::uint64_t FoldingBytes(std::uint64_t vertices, std::uint64_t arcs) {
  // Cover: places and order.
  return BlockTree::EstimateBytes(vertices) + BlockFolder::EstimateBytes(vertices, arcs) +
         vertices * 3 * sizeof(std::uint32_t);
}

// All blocks; adds to the scores that the tree has.
absl::Status SolveBlocks(const Projection& graph, BlockTree& tree, RunContext& context,
                         FoldKernel kernel, FoldFigures& figures) {
  BlockFolder folder(graph, tree, context);
  BlockProgress progress(context);
  context.AddCompleted(graph.size() - tree.vertices.size());
  FoldedBlock block;
  std::vector<double> scores;
  for (std::uint32_t b = 0; b < tree.size(); ++b) {
    if (!folder.Fold(b, block)) return context.Check();
    LIANJIE_ASSIGN_OR_RETURN(const Cover cover,
                             ChooseCover(block, block.class_of.size(), kernel, context));
    CountFolded(block, cover, figures);
    LIANJIE_ASSIGN_OR_RETURN(
        const Booking booking,
        Booking::Take(context, BlockSolver::Bytes(block, cover,
                                                  static_cast<std::uint64_t>(context.threads()))));
    BlockSolver solver(block, cover, context, progress);
    const std::uint64_t first = tree.begin[b];
    const std::uint64_t size = tree.begin[b + 1] - first;
    progress.Begin(size, solver.Work());
    if (!solver.Run(scores)) {
      LIANJIE_RETURN_IF_ERROR(context.Check());
      return TooManyPathsError();
    }
    progress.End();
    for (std::uint64_t i = 0; i < size; ++i)
      tree.scores[tree.vertices[first + i]] += scores[block.class_of[i]];
    tree.scores[tree.tops[b]] += scores[block.class_of[size]];
  }
  return context.Check();
}

}  // namespace

absl::Status TooManyPathsError() {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      "two nodes have more than 1e300 shortest paths between them, more than can be counted",
      {.reason = Reason::kLimitExceeded, .field = {}, .row = {}, .metadata = {{"limit", "1e300"}}});
}

absl::StatusOr<std::vector<double>> FoldedBetweenness(const Projection& graph, RunContext& context,
                                                      FoldKernel kernel, FoldFigures* figures) {
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, FoldingBytes(graph.size(), graph.arc_count())));
  LIANJIE_ASSIGN_OR_RETURN(BlockTree tree, FindBlocks(graph, context));
  FoldFigures counted;
  absl::Status status;
  context.Parallel([&] { status = SolveBlocks(graph, tree, context, kernel, counted); });
  LIANJIE_RETURN_IF_ERROR(status);
  if (figures != nullptr) *figures = counted;
  return std::move(tree.scores);
}

std::uint64_t EstimateFoldedBytes(std::uint64_t vertices, std::uint64_t arcs,
                                  std::uint64_t threads) {
  const std::uint64_t lanes = MostLanes(vertices);
  const std::uint64_t every_class = lanes * vertices * sizeof(double);
  const std::uint64_t cover =
      std::min(lanes, kCoverLanes) * vertices * sizeof(double) + MostCoverBytes(vertices);
  return FoldingBytes(vertices, arcs) + std::max(every_class, cover) + vertices * sizeof(double) +
         std::min(lanes, threads) * FoldedSearch::EstimateBytes(vertices);
}

}  // namespace lianjie
