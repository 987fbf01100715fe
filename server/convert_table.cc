// Tables, summaries and ledgers to messages.
#include <string>
#include <type_traits>
#include <utility>

#include "server/convert.h"

namespace lianjie::server {
namespace {

std::string_view Id(const Column& column, const Snapshot& snapshot, std::size_t row) {
  const std::uint32_t index = column.Index(row);
  if (column.type == ColumnType::kNode) return snapshot.NodeId(index);
  if (column.type == ColumnType::kLink) return snapshot.LinkId(index);
  return snapshot.regions().code(index);
}

void SetNull(std::string& nulls, std::size_t row, std::size_t count) {
  if (nulls.empty()) nulls.assign((count + 7) / 8, '\0');
  nulls[row / 8] =
      static_cast<char>(static_cast<unsigned char>(nulls[row / 8]) | (1U << (row % 8)));
}

void FillColumn(const Column& column, const Snapshot& snapshot, std::size_t first,
                std::size_t count, v1::Column& out) {
  std::string nulls;
  if (column.type == ColumnType::kNumber) {
    auto& doubles = *out.mutable_doubles();
    doubles.Resize(static_cast<int>(count), 0);
    column.CopyNumbers(first, {doubles.mutable_data(), count});
    for (std::size_t i = 0; i < count; ++i) {
      double& value = *doubles.Mutable(static_cast<int>(i));
      if (value == value) continue;
      SetNull(nulls, i, count);
      value = 0;
    }
    out.set_nulls(std::move(nulls));
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = first + i;
    const bool null = column.IsNull(row);
    if (null) SetNull(nulls, i, count);
    switch (column.type) {
      case ColumnType::kString:
        out.add_strings(null ? std::string() : std::string(column.String(row)));
        break;
      case ColumnType::kInteger:
        out.add_int64s(null ? 0 : column.integers[row]);
        break;
      case ColumnType::kNumber:
        break;
      case ColumnType::kBoolean:
        out.add_bools(!null && column.booleans[row] != 0);
        break;
      case ColumnType::kNode:
      case ColumnType::kLink:
      case ColumnType::kRegion:
        out.add_strings(null ? std::string() : std::string(Id(column, snapshot, row)));
        break;
    }
  }
  out.set_nulls(std::move(nulls));
}

v1::ColumnType TypeOf(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger:
      return v1::COLUMN_TYPE_INT64;
    case ColumnType::kNumber:
      return v1::COLUMN_TYPE_DOUBLE;
    case ColumnType::kBoolean:
      return v1::COLUMN_TYPE_BOOL;
    default:
      return v1::COLUMN_TYPE_STRING;
  }
}

}  // namespace

v1::Ledger ToProto(const Ledger& in) {
  v1::Ledger out;
  out.set_injected_yuan(in.injected_yuan);
  out.set_from_outside_yuan(in.from_outside_yuan);
  out.set_unexplained_injection_yuan(in.unexplained_injection_yuan);
  out.set_households_yuan(in.households_yuan);
  out.set_retained_yuan(in.retained_yuan);
  out.set_leaked_yuan(in.leaked_yuan);
  out.set_residual_yuan(in.residual_yuan);
  return out;
}

v1::NamedValue ToProto(const std::string& name, const SummaryValue& value) {
  v1::NamedValue out;
  out.set_name(name);
  std::visit(
      [&out](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::int64_t>) {
          out.set_int64_value(v);
        } else if constexpr (std::is_same_v<T, double>) {
          if (v == v) out.set_double_value(v);  // a rate of nothing has no value
        } else if constexpr (std::is_same_v<T, bool>) {
          out.set_bool_value(v);
        } else if constexpr (std::is_same_v<T, std::string>) {
          out.set_string_value(v);
        }
      },
      value);
  return out;
}

v1::ColumnInfo ColumnInfoOf(const Column& column) {
  v1::ColumnInfo out;
  out.set_name(column.name);
  out.set_type(TypeOf(column.type));
  out.set_unit(column.unit);
  out.set_description(column.description);
  return out;
}

v1::TableBatch MakeBatch(const Table& table, const Snapshot& snapshot, std::size_t first,
                         std::size_t count) {
  v1::TableBatch out;
  out.set_first_row(static_cast<std::int64_t>(first));
  out.set_row_count(static_cast<std::int32_t>(count));
  for (const Column& column : table.columns())
    FillColumn(column, snapshot, first, count, *out.add_columns());
  return out;
}

std::size_t RowBytes(const Table& table, const Snapshot& snapshot, std::size_t row) {
  constexpr std::size_t kNumber = 10;
  std::size_t bytes = 0;
  for (const Column& column : table.columns()) {
    if (column.type == ColumnType::kString) {
      bytes += column.String(row).size() + 3;
    } else if (column.indices.empty() && column.identity_rows == 0) {
      bytes += kNumber;
    } else {
      bytes += column.IsNull(row) ? 3 : Id(column, snapshot, row).size() + 3;
    }
  }
  return bytes;
}

}  // namespace lianjie::server
