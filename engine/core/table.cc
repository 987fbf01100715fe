#include "engine/core/table.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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

void Shorten(NumberLayer& layer, std::size_t rows) {
  if (layer.rows <= rows) return;
  layer.rows = rows;
  const auto end = std::lower_bound(layer.at.begin(), layer.at.end(), rows);
  Shorten(layer.values, static_cast<std::size_t>(end - layer.at.begin()));
  layer.at.erase(end, layer.at.end());
}

}  // namespace

std::size_t Column::size() const {
  if (number_layer) return number_layer->rows;
  if (word_layer) return word_layer->codes.size();
  if (identity_rows != 0) return identity_rows;
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
      return std::isnan(Number(row));
    case ColumnType::kNode:
    case ColumnType::kLink:
    case ColumnType::kRegion:
      return Index(row) == kNoNode;
    case ColumnType::kString:
    case ColumnType::kInteger:
    case ColumnType::kBoolean:
      return !nulls.empty() && nulls[row] != 0;
  }
  return false;
}

double Column::Number(std::size_t row) const {
  if (!number_layer) return numbers[row];
  const auto at = std::lower_bound(number_layer->at.begin(), number_layer->at.end(), row);
  if (at != number_layer->at.end() && *at == row) {
    return number_layer->values[static_cast<std::size_t>(at - number_layer->at.begin())];
  }
  return number_layer->base.empty() ? 0.0 : number_layer->base[row];
}

std::string_view Column::String(std::size_t row) const {
  return word_layer ? word_layer->words[word_layer->codes[row]] : std::string_view(strings[row]);
}

void Column::CopyNumbers(std::size_t first, std::span<double> out) const {
  const auto begin = static_cast<std::ptrdiff_t>(first);
  if (!number_layer) {
    std::copy_n(numbers.begin() + begin, out.size(), out.begin());
    return;
  }
  const NumberLayer& layer = *number_layer;
  if (layer.base.empty()) {
    std::fill(out.begin(), out.end(), 0.0);
  } else {
    std::copy_n(layer.base.begin() + begin, out.size(), out.begin());
  }
  auto at = std::lower_bound(layer.at.begin(), layer.at.end(), first);
  for (; at != layer.at.end() && *at < first + out.size(); ++at) {
    out[*at - first] = layer.values[static_cast<std::size_t>(at - layer.at.begin())];
  }
}

void Column::LayOut() {
  if (number_layer) {
    std::vector<double> cells(number_layer->rows);
    CopyNumbers(0, cells);
    number_layer.reset();
    numbers = std::move(cells);
  }
  if (word_layer) {
    strings.reserve(word_layer->codes.size());
    for (const std::uint8_t code : word_layer->codes) strings.emplace_back(word_layer->words[code]);
    word_layer.reset();
  }
  if (identity_rows != 0) {
    indices.resize(identity_rows);
    std::iota(indices.begin(), indices.end(), 0U);
    identity_rows = 0;
  }
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

void Table::LayOut() {
  for (Column& column : columns_) column.LayOut();
}

void Table::Truncate(std::size_t rows) {
  for (Column& column : columns_) {
    if (column.number_layer) Shorten(*column.number_layer, rows);
    if (column.word_layer && column.word_layer->codes.size() > rows) {
      column.word_layer->codes = column.word_layer->codes.first(rows);
    }
    if (column.identity_rows > rows) column.identity_rows = static_cast<std::uint32_t>(rows);
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
    column.LayOut();
    Take(column.strings, order);
    Take(column.integers, order);
    Take(column.numbers, order);
    Take(column.booleans, order);
    Take(column.indices, order);
    Take(column.nulls, order);
  }
}

}  // namespace lianjie
