#include "engine/paths/max_flow.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/paths/flow_network.h"
#include "engine/paths/path_table.h"
#include "engine/paths/weights.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr WeightRule kCapacityRule = WeightRule::kNotNegative;
constexpr double kFlowRounding = 1e-12;  // of a capacity
constexpr std::uint64_t kFlowRowBytes =
    3 * sizeof(std::uint32_t) + 2 * sizeof(double) + sizeof(std::uint8_t);

Table MakeTable(const std::string& unit) {
  Table table;
  table.AddColumn("link", ColumnType::kLink, "", "The link.");
  table.AddColumn("source", ColumnType::kNode, "", "The node that the flow leaves.");
  table.AddColumn("target", ColumnType::kNode, "", "The node that the flow enters.");
  table.AddColumn("flow", ColumnType::kNumber, unit, "How much runs by the link.");
  table.AddColumn("capacity", ColumnType::kNumber, unit, "How much it can take.");
  table.AddColumn("in_cut", ColumnType::kBoolean, "",
                  "Whether the link is one of the minimum cut: the narrowest place.");
  return table;
}

// What a link carries, and whether from its arc's tail to its head.
struct Carried {
  double amount = 0;
  bool on = true;
};

Carried CarriedBy(const FlowNetwork& network, std::uint32_t arc, double capacity) {
  const double on = capacity - network.residual(arc);
  if (on > kFlowRounding * capacity) return {on, true};
  const double back = capacity - network.residual(network.twin(arc));
  return {back, false};
}

// Calls visit(link, capacity, amount, from, to) for every link that carries something.
template <typename Visit>
absl::Status ForEachCarrying(const FlowNetwork& network, const LinkWeigher& capacities,
                             bool undirected, RunContext& context, const Visit& visit) {
  Poller poller(context);
  for (const FlowNetwork::Edge& edge : network.edges()) {
    if (poller.Tick()) return context.Check();
    const double capacity = capacities(edge.link);
    const Carried carried = CarriedBy(network, edge.arc, capacity);
    // A directed link's arc back begins at 0, so that only an undirected one can carry that way.
    if (!carried.on && !undirected) continue;
    if (!(carried.amount > kFlowRounding * capacity)) continue;
    const std::uint32_t tail = network.tail(edge.arc);
    const std::uint32_t head = network.head(edge.arc);
    visit(edge.link, capacity, carried.amount, carried.on ? tail : head, carried.on ? head : tail);
  }
  return absl::OkStatus();
}

struct Totals {
  std::int64_t cut = 0;
  double cut_capacity = 0;
};

absl::StatusOr<Totals> FillRows(const FlowNetwork& network, const LinkWeigher& capacities,
                                bool undirected, const std::vector<std::uint8_t>& reached,
                                RunContext& context, std::vector<Booking>& bookings, Table& table) {
  std::uint64_t rows = 0;
  LIANJIE_RETURN_IF_ERROR(
      ForEachCarrying(network, capacities, undirected, context,
                      [&](LinkIndex, double, double, std::uint32_t, std::uint32_t) { ++rows; }));
  LIANJIE_ASSIGN_OR_RETURN(Booking booking, Booking::Take(context, rows * kFlowRowBytes));
  bookings.push_back(std::move(booking));
  for (std::size_t i = 0; i < 3; ++i) table.column(i).indices.reserve(rows);
  for (std::size_t i = 3; i < 5; ++i) table.column(i).numbers.reserve(rows);
  table.column(5).booleans.reserve(rows);
  Totals totals;
  LIANJIE_RETURN_IF_ERROR(ForEachCarrying(
      network, capacities, undirected, context,
      [&](LinkIndex link, double capacity, double amount, std::uint32_t from, std::uint32_t to) {
        const bool in_cut = reached[from] != 0 && reached[to] == 0;
        if (in_cut) {
          ++totals.cut;
          totals.cut_capacity += capacity;
        }
        table.column(0).indices.push_back(link);
        table.column(1).indices.push_back(network.ToNode(from));
        table.column(2).indices.push_back(network.ToNode(to));
        table.column(3).numbers.push_back(amount);
        table.column(4).numbers.push_back(capacity);
        table.column(5).booleans.push_back(in_cut ? 1 : 0);
      }));
  return totals;
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const MaxFlowOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex source,
                           FindNodeInside(input.view, "source", options.source));
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex target,
                           FindNodeInside(input.view, "target", options.target));
  LIANJIE_ASSIGN_OR_RETURN(
      const std::uint64_t missing,
      CheckWeights(input.view, options.weight, options.missing_weight, kCapacityRule, context));
  LIANJIE_ASSIGN_OR_RETURN(const LinkWeigher capacities,
                           LinkWeigher::Make(input.view, options.weight, options.missing_weight));
  const PathQuestion question{input.view, options.direction, source,
                              target,     options.weight,    capacities};
  LIANJIE_ASSIGN_OR_RETURN(FlowNetwork network, FlowNetwork::Build(question, context));
  double value = 0;
  FlowPusher pusher(network, context);
  if (network.vertex_count() > 0) {
    LIANJIE_ASSIGN_OR_RETURN(value, pusher.Push());
  }
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::uint8_t> reached, pusher.Reached());
  AnalysisResult result;
  result.table = MakeTable(options.weight == "none" ? "" : WeightUnit(options.weight));
  std::vector<Booking> bookings;
  LIANJIE_ASSIGN_OR_RETURN(
      const Totals totals,
      FillRows(network, capacities, options.direction == Direction::kUndirected, reached, context,
               bookings, result.table));
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t reached_count, network.CountReached(reached));
  context.SetTotal(context.completed());
  if (missing > 0) {
    result.warnings.push_back(
        MissingWeightWarning(options.weight, missing, options.missing_weight));
  }
  result.summary = {{"value", value},
                    {"cut_capacity", totals.cut_capacity},
                    {"cut_count", totals.cut},
                    {"flow_count", static_cast<std::int64_t>(result.table.row_count())},
                    {"reached_count", static_cast<std::int64_t>(reached_count)}};
  return result;
}

}  // namespace

absl::Status MaxFlowOptions::Validate() const {
  LIANJIE_RETURN_IF_ERROR(ValidateEnds(source, target));
  if (source == target) return InvalidField("target", "is the source: nothing need flow");
  LIANJIE_RETURN_IF_ERROR(ValidateMissingWeight(missing_weight, kCapacityRule));
  return ValidateWeightColumn("weight", weight);
}

absl::StatusOr<AnalysisResult> RunMaxFlow(const AnalysisInput& input, const MaxFlowOptions& options,
                                          RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateMaxFlowBytes(const AnalysisInput& input, const MaxFlowOptions&) {
  const std::uint64_t nodes = input.snapshot().node_count();
  const std::uint64_t links = input.snapshot().link_count();
  return FlowNetwork::EstimateBytes(nodes, links) + FlowPusher::EstimateBytes(nodes) +
         std::min(nodes, links) * kFlowRowBytes;
}

}  // namespace lianjie
