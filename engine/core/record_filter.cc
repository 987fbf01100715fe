// Filters over records: the names, the types and the values come from fields.h.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/fields.h"
#include "engine/core/filter.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

// A value is right for a field when the field's own reader takes it, but a whole number's field may
// be compared with any number.
template <typename Record>
absl::Status CheckByField(std::string_view name, bool ordered, std::string_view value) {
  const FieldSpec<Record>* field = FindField<Record>(name);
  if (field == nullptr || field->type == FieldType::kString ||
      field->type == FieldType::kStringList) {
    return absl::OkStatus();
  }
  if (!ordered && field->type != FieldType::kEnumList) return absl::OkStatus();
  if (field->type == FieldType::kInteger && ParseDouble(value).has_value()) return absl::OkStatus();
  Record scratch;
  return value == "*" ? absl::OkStatus() : field->set(scratch, value);
}

template <typename Record>
absl::StatusOr<Filter> ParseRecordFilter(std::string_view text,
                                         std::span<const std::string_view> fields) {
  std::vector<std::string_view> names(fields.begin(), fields.end());
  if (fields.empty()) {
    for (const FieldSpec<Record>& field : Fields<Record>()) names.push_back(field.name);
  }
  LIANJIE_ASSIGN_OR_RETURN(Filter filter, Filter::Parse(text, names, fields.empty()));
  LIANJIE_RETURN_IF_ERROR(filter.CheckValues(&CheckByField<Record>));
  return filter;
}

template <typename Record> bool MatchesRecord(const Filter& filter, const Record& record) {
  return filter.Matches([&record](std::string_view name) -> FieldValue {
    constexpr std::string_view kPrefix = "prop.";
    if (name.starts_with(kPrefix)) {
      const auto found = record.properties.find(std::string(name.substr(kPrefix.size())));
      return found == record.properties.end() ? FieldValue() : FieldValue(found->second);
    }
    const FieldSpec<Record>* field = FindField<Record>(name);
    return field == nullptr ? FieldValue() : field->get(record);
  });
}

}  // namespace

absl::StatusOr<Filter> ParseNodeFilter(std::string_view text,
                                       std::span<const std::string_view> fields) {
  return ParseRecordFilter<NodeRecord>(text, fields);
}

absl::StatusOr<Filter> ParseLinkFilter(std::string_view text,
                                       std::span<const std::string_view> fields) {
  return ParseRecordFilter<LinkRecord>(text, fields);
}

bool Matches(const Filter& filter, const NodeRecord& node) { return MatchesRecord(filter, node); }
bool Matches(const Filter& filter, const LinkRecord& link) { return MatchesRecord(filter, link); }

}  // namespace lianjie
