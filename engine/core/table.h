// Results as columns. An analysis answers with a Table: named, typed columns of equal length, each
// value possibly null. Nodes, links and regions stay dense indices until the rows are shown, so
// that a table over a nation costs four bytes a cell; who shows the rows turns them into the users'
// ids through the Snapshot.
#ifndef LIANJIE_ENGINE_CORE_TABLE_H_
#define LIANJIE_ENGINE_CORE_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/core/ids.h"

namespace lianjie {

enum class ColumnType : std::uint8_t {
  kString,
  kInteger,
  kNumber,
  kBoolean,
  kNode,
  kLink,
  kRegion
};

// Cells of one column. kNode, kLink and kRegion columns hold indices with kNoNode, kNoLink,
// kNoRegion as null; a number is null when it is NaN (no result holds a NaN otherwise); strings and
// integers and booleans have a separate null flag only where `nulls` is not empty.
struct Column {
  std::string name;
  ColumnType type = ColumnType::kNumber;
  std::string unit;         // "yuan", "persons", "hops", ""
  std::string description;  // one sentence for users
  std::vector<std::string> strings;
  std::vector<std::int64_t> integers;
  std::vector<double> numbers;
  std::vector<std::uint8_t> booleans;
  std::vector<std::uint32_t> indices;
  std::vector<std::uint8_t>
      nulls;  // empty: none is null; else one byte a row, 1 = null (kString, kInteger, kBoolean)

  std::size_t size() const;
  bool IsNull(std::size_t row) const;
};

class Table {
 public:
  // Adds a column and returns its position. Columns are filled in place and must end with equal
  // sizes.
  std::size_t AddColumn(std::string name, ColumnType type, std::string unit = {},
                        std::string description = {});

  Column& column(std::size_t i) { return columns_[i]; }
  const Column& column(std::size_t i) const { return columns_[i]; }
  // nullptr when there is none.
  const Column* Find(std::string_view name) const;
  Column* Find(std::string_view name);

  std::size_t column_count() const { return columns_.size(); }
  std::size_t row_count() const { return columns_.empty() ? 0 : columns_.front().size(); }
  const std::vector<Column>& columns() const { return columns_; }

  // Keeps the first `rows` rows.
  void Truncate(std::size_t rows);
  // Reorders the rows: new row i is old row order[i] (order may be shorter: rows are dropped).
  void Permute(const std::vector<std::size_t>& order);

 private:
  std::vector<Column> columns_;
};

// One value of a summary.
using SummaryValue = std::variant<std::monostate, std::int64_t, double, bool, std::string>;
using Summary = std::vector<std::pair<std::string, SummaryValue>>;

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_TABLE_H_
