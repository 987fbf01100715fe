#include "engine/paths/widest_path.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/paths/arcs.h"
#include "engine/paths/first_path.h"
#include "engine/paths/path_table.h"
#include "engine/paths/quad_heap.h"
#include "engine/paths/two_sided.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr WeightRule kWidthRule = WeightRule::kNotNegative;
constexpr double kUnlimited = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kEstimatedWidthLabels = std::uint64_t{1} << 20;
// A label of the first search with its place in the index and the heap, and one of the second.
constexpr std::uint64_t kWidthLabelBytes = sizeof(PathLabel) + 14 + 20 + 14;

class WidestSearch {
 public:
  WidestSearch(const PathQuestion& question, RunContext& context)
      : question_(question),
        context_(context),
        poller_(context),
        booking_(context, kWidthLabelBytes) {}

  // The greatest width of a path to the target; negative when there is none.
  absl::StatusOr<double> Width() {
    // PathLabel::distance holds the negated width, so that the least comes first.
    Lower(question_.source, -kUnlimited);
    while (!heap_.empty()) {
      const auto [key, i] = heap_.Pop();
      labels_.at(i).settled = true;
      const NodeIndex u = labels_.at(i).node;
      if (u == question_.target) return -key;
      LIANJIE_RETURN_IF_ERROR(Widen(u, key));
      context_.AddCompleted(1);
      LIANJIE_RETURN_IF_ERROR(booking_.Cover(labels_.size()));
    }
    return -1.0;
  }

  // The first of the paths of fewest links among those of that width.
  absl::StatusOr<std::vector<LinkStep>> FirstWidest(double width) {
    width_ = width;
    LIANJIE_RETURN_IF_ERROR(CountHops());
    const auto tight = [this](NodeIndex u, LinkIndex l, NodeIndex v) {
      const auto from = hops_.find(u);
      if (from == hops_.end() || !Wide(l)) return false;
      const auto to = hops_.find(v);
      return to != hops_.end() && from->second + 1 == to->second;
    };
    return FirstPath(question_.view, question_.direction, tight, context_)
        .Find(question_.source, question_.target);
  }

  std::size_t visited() const { return labels_.size(); }

 private:
  void Lower(NodeIndex node, double key) {
    const auto [i, is_new] = labels_.Add(node);
    PathLabel& label = labels_.at(i);
    if (label.settled || !(key < label.distance)) return;
    label.distance = key;
    if (is_new) heap_.Reserve(labels_.size());
    heap_.Lower(i, key);
  }

  absl::Status Widen(NodeIndex u, double key) {
    LinkIndex refused = kNoLink;
    const bool whole =
        ForEachArc(question_.view, question_.direction, u, poller_, [&](LinkIndex l, NodeIndex v) {
          const double weight = question_.weigher(l);
          if (IsRefused(weight, kWidthRule)) {
            refused = l;
            return false;
          }
          Lower(v, std::max(key, -weight));
          return true;
        });
    if (refused != kNoLink) {
      return RefuseWeight(question_.view, question_.column, refused, question_.weigher(refused),
                          kWidthRule);
    }
    return whole ? absl::OkStatus() : context_.Check();
  }

  bool Wide(LinkIndex l) const { return question_.weigher(l) >= width_; }

  // Breadth first over wide links until the target's level is whole.
  absl::Status CountHops() {
    std::vector<NodeIndex> frontier = {question_.source};
    hops_.emplace(question_.source, 0);
    for (std::uint32_t level = 1; !frontier.empty() && !hops_.contains(question_.target); ++level) {
      std::vector<NodeIndex> next;
      for (const NodeIndex u : frontier) {
        const bool whole = ForEachArc(question_.view, question_.direction, u, poller_,
                                      [&](LinkIndex l, NodeIndex v) {
                                        if (Wide(l) && hops_.try_emplace(v, level).second)
                                          next.push_back(v);
                                        return true;
                                      });
        if (!whole) return context_.Check();
        LIANJIE_RETURN_IF_ERROR(booking_.Cover(hops_.size()));
      }
      frontier = std::move(next);
    }
    return absl::OkStatus();
  }

  const PathQuestion& question_;
  RunContext& context_;
  Poller poller_;
  GrowingBooking booking_;
  PathLabels labels_;
  QuadHeap<double> heap_;
  double width_ = 0;
  absl::flat_hash_map<NodeIndex, std::uint32_t> hops_;
};

// The rows of the path and what the summary says of it.
void Fill(const PathQuestion& question, const WidestPathOptions& options,
          const std::vector<LinkStep>& steps, AnalysisResult& result) {
  PathTable table("links");
  const std::size_t width_column = table.table().AddColumn(
      "width", ColumnType::kNumber, options.weight == "none" ? "" : WeightUnit(options.weight),
      "Least weight of the way from the path's first node; null for that node.");
  double width = kUnlimited;
  std::uint64_t missing = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    table.Add(1, static_cast<std::int64_t>(i), steps[i].node, steps[i].link,
              static_cast<double>(i));
    if (i > 0) {
      width = std::min(width, question.weigher(steps[i].link));
      missing += question.weigher.IsMissing(steps[i].link) ? 1 : 0;
    }
    table.table()
        .column(width_column)
        .numbers.push_back(i > 0 ? width : std::numeric_limits<double>::quiet_NaN());
  }
  if (missing > 0) {
    result.warnings.push_back(Cat(
        "On the path: ", MissingWeightWarning(options.weight, missing, options.missing_weight)));
  }
  SummaryValue hops;
  if (!steps.empty()) hops = static_cast<std::int64_t>(steps.size()) - 1;
  result.table = std::move(table).Take();
  result.summary = {{"found", !steps.empty()},
                    {"width", steps.size() > 1 ? SummaryValue(width) : SummaryValue()},
                    {"hops", hops}};
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const WidestPathOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const PathQuestion question,
                           AskPath(input.view,
                                   {options.source, options.target, options.direction,
                                    options.weight, options.missing_weight},
                                   kWidthRule, context));
  context.SetTotal(input.snapshot().node_count());
  WidestSearch search(question, context);
  LIANJIE_ASSIGN_OR_RETURN(const double width, search.Width());
  std::vector<LinkStep> steps;
  if (width >= 0) {
    LIANJIE_ASSIGN_OR_RETURN(steps, search.FirstWidest(width));
  }
  context.SetTotal(context.completed());
  AnalysisResult result;
  Fill(question, options, steps, result);
  result.summary.emplace_back("visited_nodes", static_cast<std::int64_t>(search.visited()));
  return result;
}

}  // namespace

absl::Status WidestPathOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateEnds(source, target));
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, kWidthRule));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunWidestPath(const AnalysisInput& input,
                                             const WidestPathOptions& options,
                                             RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateWidestPathBytes(const AnalysisInput& input, const WidestPathOptions&) {
  const std::uint64_t labels =
      std::min<std::uint64_t>(input.snapshot().node_count(), kEstimatedWidthLabels);
  return labels * kWidthLabelBytes * 5 / 4;  // with room to grow
}

}  // namespace lianjie
