// Results as columns. An analysis answers with a Table: named, typed columns of equal length, each
// value possibly null. Nodes, links and regions stay dense indices until the rows are shown, so
// that a table over a nation costs four bytes a cell; who shows the rows turns them into the users'
// ids through the Snapshot.
#ifndef LIANJIE_ENGINE_CORE_TABLE_H_
#define LIANJIE_ENGINE_CORE_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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

// Numbers of which most are 0, or those of another array: row i is base[i] (0 where there is no
// base) unless it is among `at`. So a column of a nation that few rows differ in costs those few.
struct NumberLayer {
  std::size_t rows = 0;
  std::span<const double> base;
  std::shared_ptr<const void> memory;  // of the base
  std::vector<std::uint32_t> at;       // ascending
  std::vector<double> values;          // of the rows `at`
};

// Strings out of a few words, one byte a row.
struct WordLayer {
  std::span<const std::uint8_t> codes;
  std::shared_ptr<const void> memory;  // of the codes
  std::span<const std::string_view> words;
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

  // In place of `numbers`, `strings` and `indices`, where cells need not be laid out one by one.
  std::optional<NumberLayer> number_layer;
  std::optional<WordLayer> word_layer;
  std::uint32_t identity_rows = 0;  // not 0: row i holds the index i

  std::size_t size() const;
  bool IsNull(std::size_t row) const;
  // One cell, however it is kept. O(1); of a NumberLayer O(log of its rows).
  double Number(std::size_t row) const;
  std::string_view String(std::size_t row) const;
  std::uint32_t Index(std::size_t row) const {
    return identity_rows == 0 ? indices[row] : static_cast<std::uint32_t>(row);
  }
  // Rows [first, first + out.size()) at once.
  void CopyNumbers(std::size_t first, std::span<double> out) const;
  // Puts the cells into `numbers`, `strings` and `indices`.
  void LayOut();
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

  // Every cell by itself; see Column::LayOut.
  void LayOut();
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
