#include "clients/cli/output/cells.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/core/text.h"

namespace lianjie::cli {

bool IsNull(const v1::Column& column, int row) {
  const auto byte = static_cast<std::size_t>(row) / 8;
  if (byte >= column.nulls().size()) return false;
  return ((static_cast<unsigned char>(column.nulls()[byte]) >> (static_cast<unsigned>(row) % 8U)) &
          1U) != 0;
}

std::string CellText(v1::ColumnType type, const v1::Column& column, int row) {
  if (IsNull(column, row)) return {};
  switch (type) {
    case v1::COLUMN_TYPE_STRING:
      return column.strings(row);
    case v1::COLUMN_TYPE_DOUBLE:
      return FormatDouble(column.doubles(row));
    case v1::COLUMN_TYPE_INT64:
      return Cat(column.int64s(row));
    case v1::COLUMN_TYPE_BOOL:
      return column.bools(row) ? "true" : "false";
    default:
      return {};
  }
}

std::string MoneyForPeople(double yuan) {
  // Anything that two decimals would show as nought, though it is not, as a residual, keeps its
  // digits.
  if (yuan != 0 && std::abs(yuan) < 0.005) return fmt::format("{:.3g}", yuan);
  return fmt::format("{:.2f}", yuan == 0 ? 0.0 : yuan);
}

std::string NumberForPeople(double number) {
  if (std::abs(number) < 1e15 && number == std::floor(number))
    return fmt::format("{:.0f}", number == 0 ? 0.0 : number);
  return fmt::format("{:.6g}", number);
}

std::string CellForPeople(const v1::ColumnInfo& info, const v1::Column& column, int row) {
  if (IsNull(column, row)) return "-";
  if (info.type() != v1::COLUMN_TYPE_DOUBLE) return CellText(info.type(), column, row);
  const double value = column.doubles(row);
  return info.unit().starts_with("yuan") || info.name().ends_with("_yuan") ? MoneyForPeople(value)
                                                                           : NumberForPeople(value);
}

std::string ValueForPeople(const v1::NamedValue& value) {
  switch (value.value_case()) {
    case v1::NamedValue::kStringValue:
      return value.string_value();
    case v1::NamedValue::kDoubleValue:
      return value.name().ends_with("_yuan") ? MoneyForPeople(value.double_value())
                                             : NumberForPeople(value.double_value());
    case v1::NamedValue::kInt64Value:
      return Cat(value.int64_value());
    case v1::NamedValue::kBoolValue:
      return value.bool_value() ? "true" : "false";
    default:
      return "-";
  }
}

std::string DateText(const google::type::Date& date) {
  if (date.year() == 0 && date.month() == 0 && date.day() == 0) return {};
  return fmt::format("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
}

}  // namespace lianjie::cli
