#include "engine/centrality/degree.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/graph/inside_marks.h"
#include "engine/paths/path_table.h"
#include "engine/paths/weights.h"
#include "engine/runtime/rows.h"

namespace lianjie {
namespace {

// Rows that are summed together. Part of the sum's last bits: never to depend on the machine.
constexpr std::size_t kDegreeRows = 4096;

struct Degrees {
  std::int64_t in_count = 0;
  std::int64_t out_count = 0;
  std::int64_t self_loops = 0;
  double in_strength = 0;
  double out_strength = 0;
};

// Where all links count and are only counted: the ends of the node's two lists. Its self-loops lie
// together, since links are sorted by payee.
void CountAll(const Snapshot& snapshot, NodeIndex n, Degrees& degrees) {
  const NodeIndex* const targets = snapshot.links().target.data();
  const NodeIndex* const first = targets + snapshot.out_begin(n);
  const NodeIndex* const last = targets + snapshot.out_end(n);
  const auto [loop, after] = std::equal_range(first, last, n);
  degrees.self_loops = after - loop;
  degrees.out_count = last - first;
  degrees.in_count = static_cast<std::int64_t>(snapshot.in_links(n).size());
  degrees.out_strength = static_cast<double>(degrees.out_count);
  degrees.in_strength = static_cast<double>(degrees.in_count);
}

// The degrees of one node. False when the run must end.
bool Count(const Snapshot& snapshot, const InsideMarks& marks, const LinkWeigher& weigher,
           NodeIndex n, Poller& poller, Degrees& degrees) {
  if (marks.links.empty() && weigher.unit()) {
    CountAll(snapshot, n, degrees);
    return true;
  }
  for (LinkIndex l = snapshot.out_begin(n); l != snapshot.out_end(n); ++l) {
    if (poller.Tick()) return false;
    if (!marks.Link(l)) continue;
    ++degrees.out_count;
    degrees.out_strength += weigher(l);
    if (snapshot.links().target[l] == n) ++degrees.self_loops;
  }
  for (const LinkIndex l : snapshot.in_links(n)) {
    if (poller.Tick()) return false;
    if (!marks.Link(l)) continue;
    ++degrees.in_count;
    degrees.in_strength += weigher(l);
  }
  return true;
}

struct DegreeFigures {
  std::int64_t links = 0;
  std::int64_t self_loops = 0;
  std::int64_t isolated = 0;
  double largest = 0;
  double sum = 0;

  void Add(const DegreeFigures& other) {
    links += other.links;
    self_loops += other.self_loops;
    isolated += other.isolated;
    largest = std::max(largest, other.largest);
    sum += other.sum;
  }
};

class DegreeAnswer {
 public:
  DegreeAnswer(const DegreeOptions& options, std::size_t rows)
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
  void Set(std::size_t row, NodeIndex n, const Degrees& degrees, DegreeFigures& figures) {
    const double score = Score(degrees);
    figures.Add({degrees.out_count, degrees.self_loops,
                 degrees.in_count + degrees.out_count == 0 ? 1 : 0, score, score});
    table_.column(0).indices[row] = n;
    table_.column(1).numbers[row] = score;
    table_.column(2).integers[row] = degrees.in_count;
    table_.column(3).integers[row] = degrees.out_count;
    if (!weighted_) return;
    table_.column(4).numbers[row] = degrees.in_strength;
    table_.column(5).numbers[row] = degrees.out_strength;
  }

  AnalysisResult Take(const DegreeFigures& figures) && {
    AnalysisResult result;
    result.summary = {{"node_count", static_cast<std::int64_t>(table_.row_count())},
                      {"link_count", figures.links},
                      {"self_loop_count", figures.self_loops},
                      {"isolated_count", figures.isolated},
                      {"largest_score", figures.largest},
                      {"sum_score", figures.sum}};
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
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, EstimateDegreeBytes(input, options)));
  const Snapshot& snapshot = input.snapshot();
  LIANJIE_ASSIGN_OR_RETURN(const InsideMarks marks, MarkInside(view, context));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<NodeIndex> nodes,
                           marks.Nodes(snapshot.node_count(), context));
  context.SetTotal(nodes.size());
  DegreeAnswer answer(options, nodes.size());
  std::vector<DegreeFigures> parts((nodes.size() + kDegreeRows - 1) / kDegreeRows);
  LIANJIE_RETURN_IF_ERROR(ForEachRows(
      nodes.size(), kDegreeRows, context, [&](std::size_t begin, std::size_t end, Poller& poller) {
        DegreeFigures figures;
        for (std::size_t row = begin; row != end; ++row) {
          Degrees degrees;
          if (poller.Tick() || !Count(snapshot, marks, weigher, nodes[row], poller, degrees))
            return;
          answer.Set(row, nodes[row], degrees, figures);
        }
        parts[begin / kDegreeRows] = figures;
        context.AddCompleted(end - begin);
      }));
  DegreeFigures figures;
  for (const DegreeFigures& part : parts) figures.Add(part);
  AnalysisResult result = std::move(answer).Take(figures);
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
  return OwnBytes(input.snapshot().node_count(), options) + EstimateInsideMarksBytes(input.view);
}

}  // namespace lianjie
