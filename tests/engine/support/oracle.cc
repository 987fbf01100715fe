#include "tests/engine/support/oracle.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "engine/core/text.h"
#include "gtest/gtest.h"

namespace lianjie::testing {
namespace {

template <typename T> void AppendBytes(std::string& out, const std::vector<T>& values) {
  out += Cat("[", values.size(), ":");
  if constexpr (std::is_same_v<T, std::string>) {
    for (const std::string& value : values) out += Cat(value.size(), ":", value);
  } else if (!values.empty()) {
    const std::size_t at = out.size();
    out.resize(at + values.size() * sizeof(T));
    std::memcpy(out.data() + at, values.data(), values.size() * sizeof(T));
  }
  out += "]";
}

}  // namespace

std::uint32_t OracleGraph::PositionOf(NodeIndex node) const {
  return static_cast<std::uint32_t>(std::find(nodes.begin(), nodes.end(), node) - nodes.begin());
}

OracleGraph MakeOracle(const AnalysisInput& input, Direction direction, const std::string& weight,
                       double missing_weight) {
  const Snapshot& snapshot = input.snapshot();
  OracleGraph graph;
  std::vector<std::uint32_t> position(snapshot.node_count(), 0);
  for (NodeIndex n = 0; n < snapshot.node_count(); ++n) {
    if (!input.view.NodeInside(n)) continue;
    position[n] = static_cast<std::uint32_t>(graph.nodes.size());
    graph.nodes.push_back(n);
  }
  const LinkNumbers column = weight == "none" ? LinkNumbers() : *snapshot.LinkWeights(weight);
  for (LinkIndex l = 0; l < snapshot.link_count(); ++l) {
    if (!input.view.LinkInside(l)) continue;
    const std::uint32_t from = position[snapshot.links().source[l]];
    const std::uint32_t to = position[snapshot.links().target[l]];
    const double value = column.null() ? 1.0 : ValueOr(column, l, missing_weight);
    if (direction != Direction::kReverse) graph.arcs.push_back({from, to, value, l});
    if (direction != Direction::kForward) graph.arcs.push_back({to, from, value, l});
  }
  return graph;
}

std::map<std::pair<std::uint32_t, std::uint32_t>, double> MergedArcs(const OracleGraph& graph) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> merged;
  for (const OracleArc& arc : graph.arcs) {
    if (arc.from == arc.to) continue;
    const auto [entry, is_new] = merged.try_emplace({arc.from, arc.to}, arc.weight);
    if (!is_new) entry->second = std::min(entry->second, arc.weight);
  }
  return merged;
}

OracleCase MakeCase(std::uint64_t seed, bool zeros) {
  OracleCase made;
  RandomGraphOptions options;
  options.seed = seed;
  options.nodes = static_cast<std::uint32_t>(2 + seed % 41);
  options.links = options.nodes * static_cast<std::uint32_t>(1 + seed % 4);
  options.weights = true;
  options.mechanisms = seed % 2 == 0;
  options.regions = seed % 3 == 0;
  options.dates = seed % 5 == 0;
  options.hub_percent = static_cast<std::uint32_t>(10 * (seed % 6));
  made.records = RandomGraph(options);
  if (zeros) {
    for (std::size_t i = 0; i < made.records.links.size(); i += 3)
      made.records.links[i].weight = 0.0;
  }
  if (seed % 7 == 0) made.view.nodes = "NOT id = \"n1\"";
  if (seed % 11 == 0) made.view.links = "NOT weight = 3";
  if (options.dates && seed % 2 == 0) made.view.as_of = "2020-03-01";
  return made;
}

std::string ResultBytes(const AnalysisResult& result) {
  std::string bytes;
  for (const auto& [name, value] : result.summary) {
    bytes += Cat(name, "=", value.index(), ":");
    std::visit(
        [&bytes](const auto& v) {
          using T = std::decay_t<decltype(v)>;
          if constexpr (std::is_same_v<T, bool>) {
            bytes += v ? "true" : "false";
          } else if constexpr (!std::is_same_v<T, std::monostate>) {
            bytes += Cat(v);  // doubles in the shortest form that reads back equal
          }
        },
        value);
    bytes += ";";
  }
  Table table = result.table;
  table.LayOut();
  for (const Column& column : table.columns()) {
    bytes += Cat(column.name, "/", static_cast<int>(column.type), "/", column.unit);
    AppendBytes(bytes, column.strings);
    AppendBytes(bytes, column.integers);
    AppendBytes(bytes, column.numbers);
    AppendBytes(bytes, column.booleans);
    AppendBytes(bytes, column.indices);
    AppendBytes(bytes, column.nulls);
  }
  for (const std::string& warning : result.warnings) bytes += Cat("!", warning);
  bytes += Cat(result.truncated ? "cut: " : "whole", result.truncation_reason);
  return bytes;
}

double SummaryNumber(const AnalysisResult& result, std::string_view name) {
  for (const auto& [key, value] : result.summary) {
    if (key != name) continue;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? 1 : 0;
    return std::numeric_limits<double>::quiet_NaN();
  }
  ADD_FAILURE() << "no " << name << " in the summary";
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace lianjie::testing
