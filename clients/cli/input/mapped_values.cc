#include "clients/cli/input/mapped_values.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/core/fields.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {

HeaderIndex::HeaderIndex(const CsvRow& header) : size_(header.cells.size()), line_(header.line) {
  for (std::size_t i = 0; i < header.cells.size(); ++i)
    columns_.emplace(std::string(Trim(header.cells[i])), i);
}

absl::StatusOr<std::size_t> HeaderIndex::Find(const std::string& column) const {
  const auto at = columns_.find(column);
  if (at != columns_.end()) return at->second;
  std::vector<std::string_view> names;
  for (const auto& [name, position] : columns_) names.push_back(name);
  const std::string_view near = Nearest(column, names);
  return CellError(column,
                   Cat("the mapping reads a column '", column, "' that this file does not have",
                       near.empty() ? "" : Cat("; did you mean ", near, "?")),
                   line_, 1);
}

absl::StatusOr<BoundConditions> BoundConditions::Bind(
    const std::vector<MappingCondition>& conditions, const HeaderIndex& header) {
  BoundConditions out;
  for (const MappingCondition& condition : conditions) {
    LIANJIE_ASSIGN_OR_RETURN(const std::size_t column, header.Find(condition.column));
    out.all_.push_back({column, &condition});
  }
  return out;
}

bool BoundConditions::Hold(const CsvRow& row) const {
  return std::ranges::all_of(all_, [&](const One& one) {
    const bool found = std::ranges::find(one.condition->values, row.cells[one.column]) !=
                       one.condition->values.end();
    return found != one.condition->negated;
  });
}

absl::StatusOr<BoundField> BoundField::Bind(const MappingField& field, const HeaderIndex& header) {
  BoundField out;
  out.field_ = &field;
  for (const MappingValue& value : field.alternatives) {
    Alternative alternative{.value = &value, .columns = {}, .when = {}};
    for (const std::string& column : value.columns) {
      LIANJIE_ASSIGN_OR_RETURN(const std::size_t position, header.Find(column));
      alternative.columns.push_back(position);
    }
    LIANJIE_ASSIGN_OR_RETURN(alternative.when, BoundConditions::Bind(value.when, header));
    out.alternatives_.push_back(std::move(alternative));
  }
  return out;
}

std::int64_t BoundField::column() const {
  for (const Alternative& alternative : alternatives_) {
    if (!alternative.columns.empty())
      return static_cast<std::int64_t>(alternative.columns.front()) + 1;
  }
  return 1;
}

absl::StatusOr<std::string> BoundField::ValueOf(const Alternative& alternative,
                                                const CsvRow& row) const {
  const MappingValue& rule = *alternative.value;
  std::string text = rule.constant;
  bool first = true;
  for (const std::size_t column : alternative.columns) {
    const std::string_view cell = row.cells[column];
    if (!first && !cell.empty() && !text.empty()) text += rule.separator;
    first = false;
    text += cell;
  }
  const auto place =
      alternative.columns.empty() ? 1 : static_cast<std::int64_t>(alternative.columns.front()) + 1;
  for (std::size_t i = 0; i < rule.drop_last && !text.empty(); ++i) {
    while ((static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U)
      text.pop_back();  // UTF-8's second bytes
    text.pop_back();
  }
  if (!rule.values.empty()) {
    if (const auto ours = rule.values.find(text); ours != rule.values.end()) {
      text = ours->second;
    } else if (rule.otherwise) {
      text = *rule.otherwise;
    } else if (!rule.keep && !text.empty()) {
      return CellError(field_->field, Cat("'", text, "' is not among the values of the mapping"),
                       row.line, place);
    }
  } else if (text.empty() && rule.otherwise) {
    text = *rule.otherwise;
  }
  if (text.empty()) return text;
  if (!rule.list.empty()) {
    std::string list;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find(rule.list, at), text.size());
      list += Cat(list.empty() ? "" : ";", std::string_view(text).substr(at, end - at));
      at = end + rule.list.size();
    }
    text = std::move(list);
  }
  if (rule.scale) {
    const std::optional<double> number = ParseDouble(text);
    if (!number)
      return CellError(field_->field, Cat("'", text, "' is not a finite decimal number"), row.line,
                       place);
    text = FormatDouble(*number * *rule.scale);
  }
  return rule.prefix + text;
}

absl::StatusOr<std::string> BoundField::Value(const CsvRow& row) const {
  for (const Alternative& alternative : alternatives_) {
    if (!alternative.when.Hold(row)) continue;
    absl::StatusOr<std::string> text = ValueOf(alternative, row);
    if (!text.ok() || !text->empty()) return text;
  }
  return std::string();
}

absl::StatusOr<std::vector<BoundField>> BindFields(const std::vector<MappingField>& fields,
                                                   const HeaderIndex& header) {
  std::vector<BoundField> out;
  for (const MappingField& field : fields) {
    LIANJIE_ASSIGN_OR_RETURN(BoundField bound, BoundField::Bind(field, header));
    out.push_back(std::move(bound));
  }
  return out;
}

absl::Status SetField(std::string_view field, std::string_view text, AnyRecord& record) {
  constexpr std::string_view kProperty = "prop:";
  return std::visit(
      [&]<typename Record>(Record& out) -> absl::Status {
        if constexpr (requires { out.properties; }) {
          if (field.starts_with(kProperty)) {
            if (!text.empty())
              out.properties[std::string(field.substr(kProperty.size()))] = std::string(text);
            return absl::OkStatus();
          }
        }
        return FindField<Record>(field)->set(out, text);
      },
      record);
}

absl::Status SetFields(const std::vector<BoundField>& fields, const CsvRow& row,
                       AnyRecord& record) {
  for (const BoundField& field : fields) {
    LIANJIE_ASSIGN_OR_RETURN(const std::string text, field.Value(row));
    const absl::Status status = SetField(field.name(), text, record);
    if (!status.ok())
      return CellError(field.name(), FromAbsl(status.message()), row.line, field.column());
  }
  return absl::OkStatus();
}

AnyRecord MakeRecord(RecordKind kind) {
  switch (kind) {
    case RecordKind::kNode:
      return NodeRecord();
    case RecordKind::kLink:
      return LinkRecord();
    case RecordKind::kRegion:
      return RegionRecord();
    case RecordKind::kLine:
      break;
  }
  return LineRecord();
}

}  // namespace lianjie::cli
