#include "engine/core/table.h"

#include <algorithm>
#include <cmath>

namespace lianjie {
namespace {

template <typename T> void Take(std::vector<T>& values, const std::vector<std::size_t>& order) {
  if (values.empty()) return;
  std::vector<T> taken;
  taken.reserve(order.size());
  for (const std::size_t row : order) taken.push_back(values[row]);
  values = std::move(taken);
}

template <typename T> void Shorten(std::vector<T>& values, std::size_t rows) {
  if (values.size() > rows)
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(rows), values.end());
}

}  // namespace

std::size_t Column::size() const {
  switch (type) {
    case ColumnType::kString:
      return strings.size();
    case ColumnType::kInteger:
      return integers.size();
    case ColumnType::kNumber:
      return numbers.size();
    case ColumnType::kBoolean:
      return booleans.size();
    case ColumnType::kNode:
    case ColumnType::kLink:
    case ColumnType::kRegion:
      return indices.size();
  }
  return 0;
}

bool Column::IsNull(std::size_t row) const {
  static_assert(kNoNode == kNoLink && kNoLink == kNoRegion);
  switch (type) {
    case ColumnType::kNumber:
      return std::isnan(numbers[row]);
    case ColumnType::kNode:
    case ColumnType::kLink:
    case ColumnType::kRegion:
      return indices[row] == kNoNode;
    case ColumnType::kString:
    case ColumnType::kInteger:
    case ColumnType::kBoolean:
      return !nulls.empty() && nulls[row] != 0;
  }
  return false;
}

std::size_t Table::AddColumn(std::string name, ColumnType type, std::string unit,
                             std::string description) {
  Column& column = columns_.emplace_back();
  column.name = std::move(name);
  column.type = type;
  column.unit = std::move(unit);
  column.description = std::move(description);
  return columns_.size() - 1;
}

const Column* Table::Find(std::string_view name) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [name](const Column& column) { return column.name == name; });
  return found == columns_.end() ? nullptr : &*found;
}

Column* Table::Find(std::string_view name) {
  return const_cast<Column*>(static_cast<const Table*>(this)->Find(name));
}

void Table::Truncate(std::size_t rows) {
  for (Column& column : columns_) {
    Shorten(column.strings, rows);
    Shorten(column.integers, rows);
    Shorten(column.numbers, rows);
    Shorten(column.booleans, rows);
    Shorten(column.indices, rows);
    Shorten(column.nulls, rows);
  }
}

void Table::Permute(const std::vector<std::size_t>& order) {
  for (Column& column : columns_) {
    Take(column.strings, order);
    Take(column.integers, order);
    Take(column.numbers, order);
    Take(column.booleans, order);
    Take(column.indices, order);
    Take(column.nulls, order);
  }
}

}  // namespace lianjie
