// What the columns of a Snapshot have in common, for the code that treats them all alike: filling a
// column only from the first known value on, so that one that nobody uses costs nothing, and
// putting rows into another order.
#ifndef LIANJIE_ENGINE_GRAPH_COLUMNS_H_
#define LIANJIE_ENGINE_GRAPH_COLUMNS_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/graph/snapshot.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie::columns {

// Calls f on every vector of a value a node but the ids and the interned strings.
template <typename Nodes, typename F> void ForEachNodeVector(Nodes& c, F f) {
  f(c.kind), f(c.region), f(c.sector), f(c.stage);
  f(c.registration), f(c.monitoring), f(c.operating_status), f(c.persons), f(c.lifted_out_year);
  f(c.labour_skilled), f(c.labour_ordinary), f(c.labour_weak), f(c.causes), f(c.income_year);
  f(c.income_wage_yuan), f(c.income_operating_yuan), f(c.income_property_yuan);
  f(c.income_transfer_yuan), f(c.land_mu), f(c.capacity_jobs), f(c.capacity_tonnes);
  f(c.capacity_mu), f(c.revenue_yuan), f(c.equity_yuan), f(c.outside_revenue_yuan);
  f(c.leak_share), f(c.valid_from), f(c.valid_to);
}

// The same of links.
template <typename Links, typename F> void ForEachLinkVector(Links& c, F f) {
  f(c.source), f(c.target), f(c.mechanism), f(c.promised_yuan), f(c.paid_yuan), f(c.share);
  f(c.capacity), f(c.weight), f(c.share_of), f(c.priority), f(c.tightness), f(c.driver);
  f(c.status), f(c.sector), f(c.valid_from), f(c.valid_to);
}

// Calls body(i) for i in [0, size), in parallel.
template <typename Body> void ForEachRow(std::size_t size, const Body& body) {
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, size, std::size_t{1} << 14),
                    [&body](const tbb::blocked_range<std::size_t>& range) {
                      for (std::size_t i = range.begin(); i != range.end(); ++i) body(i);
                    });
}

// The value of row `row`, the next one, in a column that stays empty while all are `missing`.
template <typename T> void Put(std::vector<T>& column, std::size_t row, T value, T missing) {
  if (column.empty()) {
    if (value == missing) return;
    column.assign(row, missing);
  }
  column.push_back(value);
}

template <typename T> void Permute(std::vector<T>& column, std::span<const std::uint32_t> order) {
  if (column.empty()) return;
  std::vector<T> out(order.size());
  ForEachRow(order.size(), [&](std::size_t i) { out[i] = column[order[i]]; });
  column = std::move(out);
}

// Collects an InternedColumn. Codes are given in the order in which values come and turned at the
// end into the order of the values themselves, so that they do not tell in which order rows came.
class Interner {
 public:
  void Put(std::size_t row, std::string_view value) {
    columns::Put(column_.codes, row, Code(value), std::uint32_t{0});
  }
  // Values by the codes of now; values[0] is "".
  const std::vector<std::string>& values() const { return column_.values; }
  std::vector<std::uint32_t>& codes() { return column_.codes; }

  InternedColumn Finish(std::span<const std::uint32_t> order) {
    std::vector<std::uint32_t> by_value(column_.values.size());
    for (std::uint32_t i = 0; i < by_value.size(); ++i) by_value[i] = i;
    std::sort(by_value.begin(), by_value.end(), [this](std::uint32_t a, std::uint32_t b) {
      return column_.values[a] < column_.values[b];
    });
    InternedColumn out;
    out.values.resize(by_value.size());
    std::vector<std::uint32_t> code_of(by_value.size());
    for (std::uint32_t code = 0; code < by_value.size(); ++code) {
      code_of[by_value[code]] = code;
      out.values[code] = std::move(column_.values[by_value[code]]);
    }
    if (!column_.codes.empty()) {
      out.codes.resize(order.size());
      ForEachRow(order.size(),
                 [&](std::size_t i) { out.codes[i] = code_of[column_.codes[order[i]]]; });
    }
    return out;
  }

 private:
  std::uint32_t Code(std::string_view value) {
    if (value.empty()) return 0;
    if (const auto found = code_of_.find(ToAbsl(value)); found != code_of_.end()) {
      return found->second;
    }
    const auto code = static_cast<std::uint32_t>(column_.values.size());
    column_.values.emplace_back(value);
    code_of_.emplace(std::string(value), code);
    return code;
  }

  InternedColumn column_;
  absl::flat_hash_map<std::string, std::uint32_t> code_of_;
};

}  // namespace lianjie::columns

#endif  // LIANJIE_ENGINE_GRAPH_COLUMNS_H_
