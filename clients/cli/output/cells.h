// Values of the API as text: cells of a batch, lines of a summary. One place, so that CSV and JSON
// write the same digits: the shortest that read back to the same number.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_CELLS_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_CELLS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "google/type/date.pb.h"
#include "lianjie/v1/frame.pb.h"

namespace lianjie::cli {

bool IsNull(const v1::Column& column, int row);
// Exact text; empty for no value. Whether it is a number decides about alignment and quotes.
std::string CellText(v1::ColumnType type, const v1::Column& column, int row);
// For people: money with two decimals, other numbers with six digits; "-" for no value.
std::string CellForPeople(const v1::ColumnInfo& info, const v1::Column& column, int row);

std::string ValueForPeople(const v1::NamedValue& value);
std::string MoneyForPeople(double yuan);
std::string NumberForPeople(double number);

// ISO 8601; empty when not set.
std::string DateText(const google::type::Date& date);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_CELLS_H_
