#include "engine/centrality/degree.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/paths/nodes_inside.h"
#include "engine/paths/path_table.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

constexpr std::size_t kDegreeGrain = 512;

struct Degrees {
  std::int64_t in_count = 0;
  std::int64_t out_count = 0;
  std::int64_t self_loops = 0;
  double in_strength = 0;
  double out_strength = 0;
};

// The degrees of one node. False when the run must end.
bool Count(const View& view, const LinkWeigher& weigher, NodeIndex n, Poller& poller,
           Degrees& degrees) {
  const Snapshot& snapshot = view.snapshot();
  for (LinkIndex l = snapshot.out_begin(n); l != snapshot.out_end(n); ++l) {
    if (poller.Tick()) return false;
    if (!view.LinkInside(l)) continue;
    ++degrees.out_count;
    degrees.out_strength += weigher(l);
    if (snapshot.links().target[l] == n) ++degrees.self_loops;
  }
  for (const LinkIndex l : snapshot.in_links(n)) {
    if (poller.Tick()) return false;
    if (!view.LinkInside(l)) continue;
    ++degrees.in_count;
    degrees.in_strength += weigher(l);
  }
  return true;
}

class Answer {
 public:
  Answer(const DegreeOptions& options, std::size_t rows)
      : options_(options), weighted_(options.weight != "none") {
    const std::string unit = WeightUnit(options.weight);
    table_.AddColumn("node", ColumnType::kNode, "", "The node.");
    table_.AddColumn("score", ColumnType::kNumber, unit,
                     weighted_ ? "Sum of the weight over the links in the direction asked for."
                               : "Number of links in the direction asked for.");
    table_.AddColumn("in_count", ColumnType::kInteger, "links", "Links that pay the node.");
    table_.AddColumn("out_count", ColumnType::kInteger, "links", "Links that the node pays.");
    if (weighted_) {
      table_.AddColumn("in_strength", ColumnType::kNumber, unit,
                       "Sum of the weight over the links that pay the node.");
      table_.AddColumn("out_strength", ColumnType::kNumber, unit,
                       "Sum of the weight over the links that the node pays.");
    }
    table_.column(0).indices.resize(rows);
    table_.column(1).numbers.resize(rows);
    table_.column(2).integers.resize(rows);
    table_.column(3).integers.resize(rows);
    if (weighted_) table_.column(4).numbers.resize(rows);
    if (weighted_) table_.column(5).numbers.resize(rows);
  }

  // Rows may be set in any order and at once.
  void Set(std::size_t row, NodeIndex n, const Degrees& degrees) {
    table_.column(0).indices[row] = n;
    table_.column(1).numbers[row] = Score(degrees);
    table_.column(2).integers[row] = degrees.in_count;
    table_.column(3).integers[row] = degrees.out_count;
    if (!weighted_) return;
    table_.column(4).numbers[row] = degrees.in_strength;
    table_.column(5).numbers[row] = degrees.out_strength;
  }

  // The figures over all rows, in their order.
  AnalysisResult Take(std::int64_t self_loops) && {
    std::int64_t links = 0;
    std::int64_t isolated = 0;
    double largest = 0;
    double sum = 0;
    const std::size_t rows = table_.row_count();
    for (std::size_t row = 0; row < rows; ++row) {
      const std::int64_t in = table_.column(2).integers[row];
      const std::int64_t out = table_.column(3).integers[row];
      links += out;
      isolated += in + out == 0 ? 1 : 0;
      largest = std::max(largest, table_.column(1).numbers[row]);
      sum += table_.column(1).numbers[row];
    }
    AnalysisResult result;
    result.summary = {{"node_count", static_cast<std::int64_t>(rows)},
                      {"link_count", links},
                      {"self_loop_count", self_loops},
                      {"isolated_count", isolated},
                      {"largest_score", largest},
                      {"sum_score", sum}};
    result.table = std::move(table_);
    return result;
  }

 private:
  double Score(const Degrees& degrees) const {
    double score = 0;
    if (options_.direction != Direction::kReverse) {
      score += weighted_ ? degrees.out_strength : static_cast<double>(degrees.out_count);
    }
    if (options_.direction != Direction::kForward) {
      score += weighted_ ? degrees.in_strength : static_cast<double>(degrees.in_count);
    }
    return score;
  }

  const DegreeOptions& options_;
  const bool weighted_;
  Table table_;
};

std::uint64_t OwnBytes(std::uint64_t nodes, const DegreeOptions& options) {
  const std::uint64_t row = sizeof(NodeIndex) + sizeof(double) + 2 * sizeof(std::int64_t) +
                            (options.weight == "none" ? 0 : 2 * sizeof(double));
  return nodes * (row + sizeof(NodeIndex));
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const DegreeOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  const View& view = input.view;
  const double missing_weight = MissingInSums(options.weight);
  LIANJIE_ASSIGN_OR_RETURN(
      const std::uint64_t missing,
      CheckWeights(view, options.weight, missing_weight, WeightRule::kNotNegative, context));
  LIANJIE_ASSIGN_OR_RETURN(const LinkWeigher weigher,
                           LinkWeigher::Make(view, options.weight, missing_weight));
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking booking,
      Booking::Take(context, OwnBytes(input.snapshot().node_count(), options)));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<NodeIndex> nodes, NodesInside(view, context));
  context.SetTotal(nodes.size());
  Answer answer(options, nodes.size());
  std::atomic<std::int64_t> self_loops{0};
  context.Parallel([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, nodes.size(), kDegreeGrain),
        [&](const auto& range) {
          Poller poller(context);
          std::int64_t loops = 0;
          for (std::size_t row = range.begin(); row != range.end(); ++row) {
            Degrees degrees;
            if (poller.Tick() || !Count(view, weigher, nodes[row], poller, degrees)) return;
            answer.Set(row, nodes[row], degrees);
            loops += degrees.self_loops;
          }
          self_loops.fetch_add(loops, std::memory_order_relaxed);
          context.AddCompleted(range.size());
        },
        tbb::simple_partitioner());
  });
  LIANJIE_RETURN_IF_ERROR(context.Check());
  AnalysisResult result = std::move(answer).Take(self_loops.load());
  if (!weigher.unit())
    result.summary.emplace_back("links_without_weight", static_cast<std::int64_t>(missing));
  if (missing > 0)
    result.warnings.push_back(MissingWeightWarning(options.weight, missing, missing_weight));
  return result;
}

}  // namespace

absl::Status DegreeOptions::Validate() const { return ValidateWeightColumn("weight", weight); }

absl::StatusOr<AnalysisResult> RunDegree(const AnalysisInput& input, const DegreeOptions& options,
                                         RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateDegreeBytes(const AnalysisInput& input, const DegreeOptions& options) {
  return OwnBytes(input.snapshot().node_count(), options);
}

}  // namespace lianjie
