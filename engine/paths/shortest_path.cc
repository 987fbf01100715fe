// The search labels nodes; the path is read from the labels afterwards. A link u -> v is tight when
// v's label is u's plus the link. Walking tight links back from the target marks the nodes that lie
// on a shortest path; walking forward from the source, the marked node of the first id at each
// step, gives the first path in the order of ids without ever listing the others.
#include "engine/paths/shortest_path.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "engine/core/status.h"
#include "engine/paths/arcs.h"
#include "engine/paths/path_table.h"
#include "engine/paths/two_sided.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr WeightRule kRule = WeightRule::kNotNegative;
constexpr std::uint64_t kEstimatedLabels = std::uint64_t{1} << 20;

struct Step {
  NodeIndex node;
  LinkIndex link;
};

class FirstPath {
 public:
  FirstPath(const PathQuestion& question, const PathLabels& labels, RunContext& context)
      : question_(question), labels_(labels), context_(context), poller_(context) {}

  absl::StatusOr<std::vector<Step>> Find() {
    const PathLabel* end = labels_.Find(question_.target);
    if (end == nullptr || !end->settled) return Broken();
    LIANJIE_RETURN_IF_ERROR(Mark());
    std::vector<Step> steps = {{question_.source, kNoLink}};
    while (steps.back().node != question_.target) {
      LIANJIE_ASSIGN_OR_RETURN(const Step next, Next(steps.back().node));
      steps.push_back(next);
    }
    return steps;
  }

 private:
  bool Tight(const PathLabel& from, const PathLabel& to, LinkIndex link) const {
    return from.settled && to.settled && from.hops + 1 == to.hops &&
           from.distance + question_.weigher(link) == to.distance;
  }

  absl::Status Mark() {
    std::vector<NodeIndex> open = {question_.target};
    marked_.insert(question_.target);
    while (!open.empty()) {
      const NodeIndex v = open.back();
      open.pop_back();
      const PathLabel& to = *labels_.Find(v);
      const bool whole = ForEachArc(
          question_.view, Opposite(question_.direction), v, poller_, [&](LinkIndex l, NodeIndex u) {
            const PathLabel* from = labels_.Find(u);
            if (from != nullptr && Tight(*from, to, l) && marked_.insert(u).second)
              open.push_back(u);
            return true;
          });
      if (!whole) return context_.Check();
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Step> Next(NodeIndex u) {
    const Snapshot& snapshot = question_.view.snapshot();
    const PathLabel& from = *labels_.Find(u);
    Step best{kNoNode, kNoLink};
    const auto before = [&](NodeIndex v, LinkIndex l) {
      if (best.node == kNoNode) return true;
      if (v == best.node) return CompareIds(snapshot.LinkId(l), snapshot.LinkId(best.link)) < 0;
      return CompareIds(snapshot.NodeId(v), snapshot.NodeId(best.node)) < 0;
    };
    const bool whole =
        ForEachArc(question_.view, question_.direction, u, poller_, [&](LinkIndex l, NodeIndex v) {
          if (marked_.contains(v) && Tight(from, *labels_.Find(v), l) && before(v, l))
            best = {v, l};
          return true;
        });
    if (!whole) return context_.Check();
    if (best.node == kNoNode) return Broken();
    return best;
  }

  static absl::Status Broken() {
    return absl::InternalError(
        "the labels of the search do not lead from the source to the target");
  }

  const PathQuestion& question_;
  const PathLabels& labels_;
  RunContext& context_;
  Poller poller_;
  absl::flat_hash_set<NodeIndex> marked_;
};

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input,
                                       const ShortestPathOptions& options, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex source,
                           FindNodeInside(input.view, "source", options.source));
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex target,
                           FindNodeInside(input.view, "target", options.target));
  LIANJIE_ASSIGN_OR_RETURN(const LinkWeigher weigher,
                           LinkWeigher::Make(input.view, options.weight, options.missing_weight));
  if (options.weight == "weight") {
    LIANJIE_ASSIGN_OR_RETURN(const WeightScan scan,
                             ScanWeights(input.view, weigher, kRule, false, context));
    const LinkIndex refused = scan.first_refused;
    if (refused != kNoLink) {
      return RefuseWeight(input.view, options.weight, refused, weigher(refused), kRule);
    }
  }
  const PathQuestion question{input.view, options.direction, source,
                              target,     options.weight,    weigher};
  context.SetTotal(1);
  LIANJIE_ASSIGN_OR_RETURN(const TwoSidedResult search, weigher.unit()
                                                            ? SearchByHops(question, context)
                                                            : SearchByWeight(question, context));
  PathTable table(WeightUnit(options.weight));
  SummaryValue distance;
  SummaryValue hops;
  if (search.found) {
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<Step> steps,
                             FirstPath(question, search.labels, context).Find());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      table.Add(1, static_cast<std::int64_t>(i), steps[i].node, steps[i].link,
                search.labels.Find(steps[i].node)->distance);
    }
    const PathLabel& end = *search.labels.Find(target);
    distance = end.distance;
    hops = static_cast<std::int64_t>(end.hops);
  }
  context.AddCompleted(1);
  AnalysisResult result;
  result.table = std::move(table).Take();
  result.summary = {{"found", search.found},
                    {"distance", distance},
                    {"hops", hops},
                    {"visited_nodes", static_cast<std::int64_t>(search.visited)}};
  return result;
}

}  // namespace

absl::Status ShortestPathOptions::Validate() const {
  if (source.empty())
    return InvalidField("source", "needs the id of a node", Reason::kMissingField);
  if (target.empty())
    return InvalidField("target", "needs the id of a node", Reason::kMissingField);
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, WeightRule::kNotNegative));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunShortestPath(const AnalysisInput& input,
                                               const ShortestPathOptions& options,
                                               RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateShortestPathBytes(const AnalysisInput& input, const ShortestPathOptions&) {
  const std::uint64_t labels =
      std::min<std::uint64_t>(input.snapshot().node_count(), kEstimatedLabels);
  return GrowingBooking::MostBytes(2 * labels, TwoSidedResult::kBytesEach);
}

}  // namespace lianjie
