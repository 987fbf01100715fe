#include "engine/paths/k_shortest_paths.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/path_table.h"
#include "engine/paths/spur_search.h"
#include "engine/paths/two_sided.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr WeightRule kLengthRule = WeightRule::kNotNegative;
constexpr int kMostPaths = 10000;
constexpr std::uint64_t kEstimatedSpurLabels = std::uint64_t{1} << 20;
constexpr std::uint64_t kEstimatedSteps = 12;
// A step in the answer, with its node in the tree of prefixes.
constexpr std::uint64_t kPathRowBytes = 2 * sizeof(std::int64_t) + 2 * sizeof(std::uint32_t) +
                                        sizeof(double) + sizeof(std::vector<LinkIndex>) + 40;

struct CandidatePath {
  std::vector<PathStep> steps;
  std::size_t deviation;  // where it left the path that it came from
  std::uint32_t prefix;   // the node of the tree of prefixes that stands there
};

class InOrder {
 public:
  explicit InOrder(const Snapshot& snapshot) : snapshot_(&snapshot) {}

  bool operator()(const CandidatePath& a, const CandidatePath& b) const {
    const std::vector<PathStep>& x = a.steps;
    const std::vector<PathStep>& y = b.steps;
    if (x.back().distance != y.back().distance) return x.back().distance < y.back().distance;
    if (x.size() != y.size()) return x.size() < y.size();
    for (std::size_t i = 1; i < x.size(); ++i) {
      if (x[i].node != y[i].node)
        return CompareIds(snapshot_->NodeId(x[i].node), snapshot_->NodeId(y[i].node)) < 0;
    }
    for (std::size_t i = 1; i < x.size(); ++i) {
      if (x[i].link != y[i].link)
        return CompareIds(snapshot_->LinkId(x[i].link), snapshot_->LinkId(y[i].link)) < 0;
    }
    return false;
  }

 private:
  const Snapshot* snapshot_;
};

// The paths that were answered, as a tree: at each node the links by which they go on.
class PrefixTree {
 public:
  PrefixTree() : links_(1) {}

  // The node after `node` by `link`, made if there is none.
  std::uint32_t Follow(std::uint32_t node, LinkIndex link) {
    const auto [entry, is_new] =
        next_.try_emplace({node, link}, static_cast<std::uint32_t>(links_.size()));
    const std::uint32_t next = entry->second;
    if (is_new) {
      links_[node].push_back(link);
      links_.emplace_back();
    }
    return next;
  }
  const std::vector<LinkIndex>& links(std::uint32_t node) const { return links_[node]; }

 private:
  absl::flat_hash_map<std::pair<std::uint32_t, LinkIndex>, std::uint32_t> next_;
  std::vector<std::vector<LinkIndex>> links_;
};

class Ranker {
 public:
  Ranker(const PathQuestion& question, int k, RunContext& context)
      : question_(question),
        wanted_(static_cast<std::size_t>(k)),
        context_(context),
        left_(question, context),
        search_(question, left_, context),
        candidates_(InOrder(question.view.snapshot())),
        booking_(context, sizeof(PathStep)),
        row_booking_(context, kPathRowBytes) {}

  // Fills the table with up to k paths.
  absl::Status Run(PathTable& table) {
    // From both ends, so that the answer that there is no path need not read all behind the target.
    LIANJIE_ASSIGN_OR_RETURN(const bool joined, AreJoined());
    if (!joined) return absl::OkStatus();
    LIANJIE_RETURN_IF_ERROR(left_.GoTo(question_.source));
    const PathStep start{question_.source, kNoLink, 0.0};
    if (question_.source == question_.target) {
      Keep({{start}, 0, 0});
    } else {
      LIANJIE_RETURN_IF_ERROR(Deviate({start}, 0, 0, {}));
    }
    while (!candidates_.empty() && found_ < wanted_) {
      const CandidatePath best = std::move(candidates_.extract(candidates_.begin()).value());
      held_ -= best.steps.size();
      ++found_;
      for (std::size_t i = 0; i < best.steps.size(); ++i) {
        table.Add(static_cast<std::int64_t>(found_), static_cast<std::int64_t>(i),
                  best.steps[i].node, best.steps[i].link, best.steps[i].distance);
      }
      LIANJIE_RETURN_IF_ERROR(row_booking_.Cover(table.table().row_count()));
      if (found_ < wanted_) LIANJIE_RETURN_IF_ERROR(Split(best));
    }
    return context_.Check();
  }

  std::size_t found() const { return found_; }

 private:
  absl::StatusOr<bool> AreJoined() {
    LIANJIE_ASSIGN_OR_RETURN(const TwoSidedResult search, SearchByHops(question_, context_));
    return search.found;
  }

  // The parts into which the path splits what it was the best of.
  absl::Status Split(const CandidatePath& path) {
    const std::size_t last = path.steps.size() - 1;
    context_.SetTotal(context_.completed() + (wanted_ - found_) * (last - path.deviation));
    absl::flat_hash_set<NodeIndex> banned;
    for (std::size_t i = 0; i < path.deviation; ++i) banned.insert(path.steps[i].node);
    std::uint32_t prefix = path.prefix;
    for (std::size_t i = path.deviation; i < last; ++i) {
      const std::uint32_t next = prefixes_.Follow(prefix, path.steps[i + 1].link);
      LIANJIE_RETURN_IF_ERROR(Deviate(path.steps, i, prefix, banned));
      banned.insert(path.steps[i].node);
      prefix = next;
      context_.AddCompleted(1);
    }
    return absl::OkStatus();
  }

  // The best path that goes as `path` does up to its step `at` and there goes on as none before.
  absl::Status Deviate(const std::vector<PathStep>& path, std::size_t at, std::uint32_t prefix,
                       const absl::flat_hash_set<NodeIndex>& banned) {
    const std::vector<LinkIndex>& taken = prefixes_.links(prefix);
    const absl::flat_hash_set<LinkIndex> banned_links(taken.begin(), taken.end());
    const std::size_t room = wanted_ - found_;
    const double most = candidates_.size() < room ? std::numeric_limits<double>::infinity()
                                                  : candidates_.rbegin()->steps.back().distance;
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<PathStep> rest,
                             search_.Find(path[at], banned, banned_links, most));
    if (rest.empty()) return absl::OkStatus();
    CandidatePath candidate{
        {path.begin(), path.begin() + static_cast<std::ptrdiff_t>(at) + 1}, at, prefix};
    candidate.steps.insert(candidate.steps.end(), rest.begin(), rest.end());
    Keep(std::move(candidate));
    while (candidates_.size() > room) {
      held_ -= candidates_.rbegin()->steps.size();
      candidates_.erase(std::prev(candidates_.end()));
    }
    return booking_.Cover(held_);
  }

  void Keep(CandidatePath candidate) {
    held_ += candidate.steps.size();
    candidates_.insert(std::move(candidate));
  }

  const PathQuestion& question_;
  const std::size_t wanted_;
  RunContext& context_;
  LeftToTarget left_;
  SpurSearch search_;
  PrefixTree prefixes_;
  std::set<CandidatePath, InOrder> candidates_;
  GrowingBooking booking_;
  GrowingBooking row_booking_;
  std::size_t found_ = 0;
  std::size_t held_ = 0;  // steps of candidates
};

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const KShortestPathsOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const PathQuestion question,
                           AskPath(input.view,
                                   {options.source, options.target, options.direction,
                                    options.weight, options.missing_weight},
                                   kLengthRule, context));
  PathTable rows(WeightUnit(options.weight));
  Ranker ranker(question, options.k, context);
  LIANJIE_RETURN_IF_ERROR(ranker.Run(rows));
  context.SetTotal(context.completed());
  AnalysisResult result;
  result.table = std::move(rows).Take();
  SummaryValue first;
  SummaryValue last;
  const std::vector<double>& distances = result.table.column(4).numbers;
  for (std::size_t row = 0; row < distances.size(); ++row) {
    const bool ends = row + 1 == distances.size() || result.table.column(1).integers[row + 1] == 0;
    if (!ends) continue;
    if (std::holds_alternative<std::monostate>(first)) first = distances[row];
    last = distances[row];
  }
  const auto found = static_cast<std::int64_t>(ranker.found());
  result.summary = {{"path_count", found},
                    {"exhausted", found < options.k},
                    {"first_distance", first},
                    {"last_distance", last}};
  return result;
}

}  // namespace

absl::Status KShortestPathsOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateEnds(source, target));
  if (k < 1 || k > kMostPaths) return InvalidField("k", Cat(k, " is not from 1 to ", kMostPaths));
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, kLengthRule));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunKShortestPaths(const AnalysisInput& input,
                                                 const KShortestPathsOptions& options,
                                                 RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateKShortestPathsBytes(const AnalysisInput& input,
                                          const KShortestPathsOptions& options) {
  const std::uint64_t labels =
      std::min<std::uint64_t>(input.snapshot().node_count(), kEstimatedSpurLabels);
  const std::uint64_t steps =
      std::min<std::uint64_t>(input.snapshot().node_count(), kEstimatedSteps) *
      static_cast<std::uint64_t>(std::max(options.k, 0));
  // Distances from the target reach far, searches from spurs mostly do not.
  return labels * (3 * LeftToTarget::kBytesEach + SpurSearch::kBytesEach) / 2 +
         steps * (kPathRowBytes + sizeof(PathStep));
}

}  // namespace lianjie
