// Field masks over records, by the names of engine/core/fields.h, and besides "properties" for all
// free properties and "properties.NAME" (or "prop.NAME", "prop:NAME") for one.
#ifndef LIANJIE_STORAGE_MASKS_H_
#define LIANJIE_STORAGE_MASKS_H_

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/fields.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::storage {

// The NAME of a free property that a field's name means; empty when it means none.
inline std::string_view PropertyName(std::string_view field) {
  for (const std::string_view prefix : {"properties.", "prop.", "prop:"}) {
    if (field.substr(0, prefix.size()) == prefix) return field.substr(prefix.size());
  }
  return {};
}

// UNKNOWN_FIELD with the nearest name.
template <typename Record> absl::Status UnknownField(std::string_view field) {
  std::vector<std::string_view> names{"properties"};
  for (const auto& spec : Fields<Record>()) names.push_back(spec.name);
  const std::string_view nearest = Nearest(field, names);
  std::map<std::string, std::string> metadata{{"name", std::string(field)}};
  if (!nearest.empty()) metadata.emplace("nearest", nearest);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat(field, ": there is no such field",
                       nearest.empty() ? std::string() : Cat("; did you mean ", nearest, "?")),
                   {.reason = Reason::kUnknownField,
                    .field = std::string(field),
                    .row = {},
                    .metadata = std::move(metadata)});
}

// Copies the fields that the mask names.
template <typename Record>
absl::Status CopyMasked(const std::vector<std::string>& mask, const Record& from, Record& to) {
  for (const std::string& field : mask) {
    if (field == "properties") {
      to.properties = from.properties;
    } else if (const std::string_view name = PropertyName(field); !name.empty()) {
      const std::string key(name);
      if (const auto it = from.properties.find(key); it != from.properties.end()) {
        to.properties[key] = it->second;
      } else {
        to.properties.erase(key);
      }
    } else if (const auto* spec = FindField<Record>(field); spec != nullptr) {
      spec->copy(to, from);
    } else {
      return UnknownField<Record>(field);
    }
  }
  return absl::OkStatus();
}

// A field as CSV writes it; empty when it is not given.
template <typename Record>
absl::StatusOr<std::string> FieldText(const Record& record, std::string_view field) {
  if (const std::string_view name = PropertyName(field); !name.empty()) {
    const auto it = record.properties.find(std::string(name));
    return it == record.properties.end() ? std::string() : it->second;
  }
  const auto* spec = FindField<Record>(field);
  if (spec == nullptr) return UnknownField<Record>(field);
  return FormatFieldValue(spec->get(record));
}

inline bool InMask(const std::vector<std::string>& mask, std::string_view field) {
  return std::find(mask.begin(), mask.end(), field) != mask.end();
}

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_MASKS_H_
