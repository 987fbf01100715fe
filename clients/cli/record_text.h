// Records of the API for output: as JSON objects and as rows, by the table of fields that import
// reads by.
#ifndef LIANJIE_CLIENTS_CLI_RECORD_TEXT_H_
#define LIANJIE_CLIENTS_CLI_RECORD_TEXT_H_

#include <set>
#include <string>
#include <vector>

#include "clients/cli/output/json_text.h"
#include "engine/core/fields.h"

namespace lianjie::cli {

// The fields that are given, typed: numbers as numbers, lists as arrays, free properties as
// "prop:NAME".
template <typename Record> void WriteRecordJson(const Record& record, JsonText& json) {
  json.StartObject();
  for (const auto& field : Fields<Record>()) {
    const FieldValue value = field.get(record);
    if (std::holds_alternative<std::monostate>(value)) continue;
    json.Key(field.name);
    if (const auto* number = std::get_if<double>(&value)) {
      json.Double(*number);
    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      json.Int(*whole);
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      json.StartArray();
      for (const std::string& item : *list) json.String(item);
      json.EndArray();
    } else {
      json.String(FormatFieldValue(value));
    }
  }
  if constexpr (requires { record.properties; }) {
    for (const auto& [name, value] : record.properties) {
      json.Key("prop:" + name);
      json.String(value);
    }
  }
  json.EndObject();
}

// Field names and values that are given, in the order of the fields, free properties behind them.
template <typename Record>
std::vector<std::pair<std::string, std::string>> GivenFields(const Record& record) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& field : Fields<Record>()) {
    const FieldValue value = field.get(record);
    if (!std::holds_alternative<std::monostate>(value))
      out.emplace_back(field.name, FormatFieldValue(value));
  }
  if constexpr (requires { record.properties; }) {
    for (const auto& [name, value] : record.properties) out.emplace_back("prop:" + name, value);
  }
  return out;
}

template <typename Record>
void GatherPropertyNames(const Record& record, std::set<std::string>& names) {
  if constexpr (requires { record.properties; }) {
    for (const auto& [name, value] : record.properties) names.insert(name);
  }
}

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_RECORD_TEXT_H_
