// What the columns of a Snapshot have in common, for the code that treats them all alike: naming
// them once, filling one only from the first known value on, so that one that nobody uses costs
// nothing, and putting rows into another order.
#ifndef LIANJIE_ENGINE_GRAPH_COLUMNS_H_
#define LIANJIE_ENGINE_GRAPH_COLUMNS_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/core/text.h"
#include "engine/graph/snapshot.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie::columns {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Calls f(missing, columns...) for every column of a value a node but the ids and the interned
// strings, with that column of each of `c`, and the value that stands for "not known".
template <typename F, typename... C> void ForEachNodeColumn(F f, C&&... c) {
  f(NodeKind{}, c.kind...), f(RegionIndex{kNoRegion}, c.region...), f(Sector{}, c.sector...);
  f(Stage{}, c.stage...), f(Registration{}, c.registration...), f(Monitoring{}, c.monitoring...);
  f(OperatingStatus{}, c.operating_status...), f(kUnknownInt, c.persons...);
  f(kUnknownInt, c.lifted_out_year...), f(kUnknownInt, c.labour_skilled...);
  f(kUnknownInt, c.labour_ordinary...), f(kUnknownInt, c.labour_weak...);
  f(std::uint16_t{0}, c.causes...), f(kUnknownInt, c.income_year...);
  f(kNaN, c.income_wage_yuan...), f(kNaN, c.income_operating_yuan...);
  f(kNaN, c.income_property_yuan...), f(kNaN, c.income_transfer_yuan...), f(kNaN, c.land_mu...);
  f(kNaN, c.capacity_jobs...), f(kNaN, c.capacity_tonnes...), f(kNaN, c.capacity_mu...);
  f(kNaN, c.revenue_yuan...), f(kNaN, c.equity_yuan...), f(kNaN, c.outside_revenue_yuan...);
  f(kNaN, c.leak_share...), f(kDateMin, c.valid_from...), f(kDateMax, c.valid_to...);
}
template <typename F, typename... C> void ForEachNodeStrings(F f, C&&... c) {
  f(c.subtype...), f(c.industry...), f(c.labels...);
}

// The same of links; the ends apart.
template <typename F, typename... C> void ForEachLinkValue(F f, C&&... c) {
  f(Mechanism{}, c.mechanism...), f(kNaN, c.promised_yuan...), f(kNaN, c.paid_yuan...);
  f(kNaN, c.share...), f(kNaN, c.capacity...), f(kNaN, c.weight...), f(ShareOf{}, c.share_of...);
  f(Priority{}, c.priority...), f(Tightness{}, c.tightness...), f(Driver{}, c.driver...);
  f(LinkStatus{}, c.status...), f(Sector{}, c.sector...), f(kDateMin, c.valid_from...);
  f(kDateMax, c.valid_to...);
}
template <typename F, typename... C> void ForEachLinkColumn(F f, C&&... c) {
  f(NodeIndex{kNoNode}, c.source...), f(NodeIndex{kNoNode}, c.target...);
  ForEachLinkValue(f, c...);
}
template <typename F, typename... C> void ForEachLinkStrings(F f, C&&... c) {
  f(c.product...), f(c.policy...);
}

// Whether a value says "not known".
template <typename T> bool IsMissing(T value, T missing) { return value == missing; }
inline bool IsMissing(double value, double /*missing*/) { return !(value == value); }

// The numbers of a range as something to search in.
using IndexRange = std::ranges::iota_view<std::uint32_t, std::uint32_t>;

// Calls body(i) for i in [0, size), in parallel.
template <typename Body> void ForEachRow(std::size_t size, const Body& body) {
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, size, std::size_t{1} << 14),
                    [&body](const tbb::blocked_range<std::size_t>& range) {
                      for (std::size_t i = range.begin(); i != range.end(); ++i) body(i);
                    });
}

template <typename T> using Vector = std::vector<T>;
// One column of each of several parts.
template <typename T> using Pointers = std::vector<std::vector<T>*>;

// The value of row `row`, the next one, in a column that stays empty while all are `missing`. Its
// first value takes room for `expected` rows: untouched memory costs nothing, growing it does.
template <typename T>
void Put(std::vector<T>& column, std::size_t row, std::type_identity_t<T> value,
         std::type_identity_t<T> missing, std::size_t expected) {
  if (column.empty()) {
    if (IsMissing(value, missing)) return;
    column.reserve(expected);
    column.assign(row, missing);
  }
  column.push_back(value);
}

// Every value by its number in `to`.
inline SharedArray<std::uint32_t> Mapped(const SharedArray<std::uint32_t>& column,
                                         std::span<const std::uint32_t> to) {
  const Buffer<std::uint32_t> out(column.size());
  ForEachRow(out.size(), [&](std::size_t i) { out[i] = to[column[i]]; });
  return SharedArray<std::uint32_t>(out);
}

// Calls body(part) for each of several parts, in parallel.
template <typename Body> void ForEachPart(std::size_t parts, const Body& body) {
  tbb::parallel_for(std::size_t{0}, parts, body);
}

// The columns of several parts as one: the value of row i, rows of the first part first, goes to
// place[i], as `map` makes it. Frees the parts. Each value is read and written once, and the
// reading is in order.
template <typename To, typename T, typename Map>
SharedArray<To> Scatter(const Pointers<T>& parts, std::span<const std::size_t> begin,
                        std::span<const std::uint32_t> place, const Map& map,
                        std::type_identity_t<To> missing) {
  const bool unused =
      std::all_of(parts.begin(), parts.end(), [](const auto* part) { return part->empty(); });
  if (unused) return {};
  const Buffer<To> out(begin.back());
  ForEachPart(parts.size(), [&](std::size_t p) {
    const std::span<const std::uint32_t> to = place.subspan(begin[p], begin[p + 1] - begin[p]);
    const std::vector<T>& from = *parts[p];
    if (from.empty()) {
      ForEachRow(to.size(), [&](std::size_t row) { out[to[row]] = missing; });
    } else {
      ForEachRow(to.size(), [&](std::size_t row) { out[to[row]] = map(p, from[row]); });
    }
    *parts[p] = std::vector<T>();
  });
  return SharedArray<To>(out);
}
template <typename T>
SharedArray<T> Scatter(const Pointers<T>& parts, std::span<const std::size_t> begin,
                       std::span<const std::uint32_t> place, std::type_identity_t<T> missing) {
  return Scatter<T>(
      parts, begin, place, [](std::size_t /*part*/, T value) { return value; }, missing);
}

// A column takes its values, packed where it is a packed one.
template <typename T>
void Assign(SharedArray<T>& column, SharedArray<T> values, std::type_identity_t<T> /*missing*/) {
  column = std::move(values);
}
template <typename T>
void Assign(PackedArray<T>& column, const SharedArray<T>& values,
            std::type_identity_t<T> /*missing: the same*/) {
  column = PackedArray<T>(values);
}

// Collects a column of few distinct strings. Codes are given in the order in which values come;
// Finish turns them into the order of the values themselves, so that they do not tell in which
// order rows came.
class Interner {
 public:
  void Put(std::size_t row, std::string_view value, std::size_t expected) {
    columns::Put(codes_, row, Code(value), std::uint32_t{0}, expected);
  }
  // Values by the codes of now; values[0] is "".
  const std::vector<std::string>& values() const { return values_; }
  const std::vector<std::uint32_t>& codes() const { return codes_; }

  // The values of all parts, sorted, each once; "" first.
  static std::vector<std::string> AllValues(const std::vector<Interner*>& parts) {
    std::vector<std::string> all{""};
    for (const Interner* part : parts) {
      all.insert(all.end(), part->values_.begin() + 1, part->values_.end());
    }
    std::sort(all.begin() + 1, all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }
  // The places of its values in AllValues.
  std::vector<std::uint32_t> PlacesIn(const std::vector<std::string>& sorted) const {
    std::vector<std::uint32_t> places(values_.size());
    for (std::size_t code = 0; code < values_.size(); ++code) {
      places[code] = static_cast<std::uint32_t>(
          std::lower_bound(sorted.begin(), sorted.end(), values_[code]) - sorted.begin());
    }
    return places;
  }

  // All parts as one column, as Scatter does.
  static InternedColumn Finish(const std::vector<Interner*>& parts,
                               std::span<const std::size_t> begin,
                               std::span<const std::uint32_t> place) {
    InternedColumn out;
    out.values = AllValues(parts);
    Pointers<std::uint32_t> codes;
    std::vector<std::vector<std::uint32_t>> code_of;
    for (Interner* part : parts) {
      codes.push_back(&part->codes_);
      code_of.push_back(part->PlacesIn(out.values));
    }
    Assign(out.codes,
           Scatter<std::uint32_t>(
               codes, begin, place,
               [&code_of](std::size_t part, std::uint32_t code) { return code_of[part][code]; }, 0),
           0);
    return out;
  }

 private:
  std::uint32_t Code(std::string_view value) {
    if (value.empty()) return 0;
    // A few values make up most rows, and those that stand together often say the same.
    std::uint32_t& recent = recent_[Slot(value)];
    if (recent != 0 && values_[recent] == value) return recent;
    if (const auto found = code_of_.find(ToAbsl(value)); found != code_of_.end()) {
      return recent = found->second;
    }
    recent = static_cast<std::uint32_t>(values_.size());
    values_.emplace_back(value);
    code_of_.emplace(std::string(value), recent);
    return recent;
  }
  static std::size_t Slot(std::string_view value) {
    const auto at = [value](std::size_t i) { return static_cast<unsigned char>(value[i]); };
    return (value.size() * 7 + at(0) * 5 + at(value.size() / 2) * 3 + at(value.size() - 1)) %
           kRecent;
  }

  static constexpr std::size_t kRecent = 64;
  std::vector<std::uint32_t> codes_;
  std::vector<std::string> values_{""};
  absl::flat_hash_map<std::string, std::uint32_t> code_of_;
  std::array<std::uint32_t, kRecent> recent_{};  // codes by Slot
};

}  // namespace lianjie::columns

#endif  // LIANJIE_ENGINE_GRAPH_COLUMNS_H_
