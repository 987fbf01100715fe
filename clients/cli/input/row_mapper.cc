#include "clients/cli/input/row_mapper.h"

#include <array>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {

std::string_view RecordKindName(RecordKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"node", "link", "region", "line"};
  return kNames[static_cast<std::size_t>(kind)];
}

absl::Status CheckRecord(const RowMapper& mapper, const MappedRecord& mapped) {
  const absl::Status status = std::visit(
      [](const auto& record) {
        if constexpr (requires { record.mechanism; }) {
          // Judged by the mechanism that it will have.
          if (record.mechanism == Mechanism::kUnspecified &&
              record.kind != LinkKind::kUnspecified) {
            LinkRecord filled = record;
            filled.mechanism = Mechanism::kSupply;
            return Validate(filled);
          }
        }
        return Validate(record);
      },
      mapped.record);
  if (status.ok()) return status;
  ErrorDetail detail = *GetErrorDetail(status);
  const auto kind = static_cast<RecordKind>(mapped.record.index());
  detail.metadata["line"] = Cat(mapped.line);
  detail.metadata["column"] = Cat(mapper.ColumnOf(kind, detail.field));
  return MakeError(status.code(), FromAbsl(status.message()), std::move(detail));
}

absl::Status CheckCellCount(const CsvRow& row, std::size_t header_cells) {
  if (row.cells.size() == header_cells) return absl::OkStatus();
  const std::size_t column = std::min(row.cells.size(), header_cells + 1);
  return CellError({}, Cat("the row has ", row.cells.size(), " cells, the header ", header_cells),
                   row.line, static_cast<std::int64_t>(column));
}

absl::Status CheckHeader(const CsvRow& header) {
  std::map<std::string_view, std::int64_t> seen;
  std::int64_t column = 0;
  for (const std::string_view cell : header.cells) {
    const std::string_view name = Trim(cell);
    ++column;
    if (name.empty()) return CellError({}, "the column has no name", header.line, column);
    if (name == ":LABEL" || name == ":IGNORE") continue;  // these may come again
    const auto [at, added] = seen.emplace(name, column);
    if (!added) {
      return CellError(name, Cat("the column comes twice: it is also column ", at->second),
                       header.line, column);
    }
  }
  return absl::OkStatus();
}

}  // namespace lianjie::cli
