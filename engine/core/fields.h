// The fields of records, by name. One table a record type says for every field its name, type and
// how it is read from and written as text; CSV import and export, list output, filters, field masks
// and "did you mean" all go by it, so a field is added in records.h and in one row here.
#ifndef LIANJIE_ENGINE_CORE_FIELDS_H_
#define LIANJIE_ENGINE_CORE_FIELDS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "engine/core/date.h"
#include "engine/core/records.h"

namespace lianjie {

enum class FieldType : std::uint8_t {
  kString,
  kEnum,
  kInteger,
  kNumber,
  kDate,
  kStringList,
  kEnumList
};

// A field's value; monostate = not given. Enums come as their bare names. Dates that are unbounded
// are not given.
using FieldValue =
    std::variant<std::monostate, std::string, std::int64_t, double, Date, std::vector<std::string>>;

template <typename Record> struct FieldSpec {
  std::string_view name;
  FieldType type;
  // Reads `text` (already known to be UTF-8); empty text clears the field. The error names the
  // field and the rule: a number with a thousands mark, NaN, an unknown enum name with the nearest
  // one. Ranges are checked by Validate.
  absl::Status (*set)(Record& record, std::string_view text);
  FieldValue (*get)(const Record& record);
  // Appends the cell that CSV has for the value, FormatFieldValue's text quoted where it must be,
  // without a FieldValue or a string in between: a table is written in a quarter of the time.
  void (*append)(const Record& record, std::string& out);
  void (*copy)(Record& to, const Record& from);
};

std::span<const FieldSpec<NodeRecord>> NodeFields();
std::span<const FieldSpec<LinkRecord>> LinkFields();
std::span<const FieldSpec<RegionRecord>> RegionFields();
std::span<const FieldSpec<LineRecord>> LineFields();

template <typename Record> std::span<const FieldSpec<Record>> Fields();

// The field of that name, or nullptr. O(fields).
template <typename Record> const FieldSpec<Record>* FindField(std::string_view name) {
  for (const auto& field : Fields<Record>()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

template <> inline std::span<const FieldSpec<NodeRecord>> Fields() { return NodeFields(); }
template <> inline std::span<const FieldSpec<LinkRecord>> Fields() { return LinkFields(); }
template <> inline std::span<const FieldSpec<RegionRecord>> Fields() { return RegionFields(); }
template <> inline std::span<const FieldSpec<LineRecord>> Fields() { return LineFields(); }

// Text as CSV writes it: numbers in the shortest exact form, dates ISO 8601, lists joined by ';',
// not given = empty.
std::string FormatFieldValue(const FieldValue& value);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_FIELDS_H_
