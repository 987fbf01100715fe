#include "clients/cli/output/json_text.h"

#include <google/protobuf/descriptor.h>

#include <cctype>
#include <cmath>
#include <map>
#include <string>

#include "clients/cli/output/cells.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

using google::protobuf::FieldDescriptor;

// "FlowMode" -> "FLOW_MODE_".
std::string EnumPrefix(std::string_view type) {
  std::string out;
  for (std::size_t i = 0; i < type.size(); ++i) {
    const auto c = static_cast<unsigned char>(type[i]);
    if (i > 0 && std::isupper(c) != 0) out += '_';
    out += static_cast<char>(std::toupper(c));
  }
  return out + "_";
}

bool IsGiven(const google::protobuf::Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return reflection.FieldSize(message, &field) > 0;
  return reflection.HasField(message, &field);
}

}  // namespace

std::string_view BareEnumName(const google::protobuf::EnumValueDescriptor& value) {
  if (value.number() == 0) return {};
  const std::string prefix = EnumPrefix(value.type()->name());
  std::string_view name = value.name();
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return name;
}

void JsonText::Double(double value) {
  if (!std::isfinite(value)) {
    writer_.Null();
    return;
  }
  const std::string digits = FormatDouble(value);
  writer_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
}

// `index` is of a repeated field's element, or -1.
void JsonText::Field(const google::protobuf::Message& message, const FieldDescriptor& field,
                     int index) {
  const google::protobuf::Reflection& r = *message.GetReflection();
  const auto get = [&](auto one, auto many) {
    return index < 0 ? (r.*one)(message, &field) : (r.*many)(message, &field, index);
  };
  using R = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Int(get(&R::GetInt32, &R::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return Int(get(&R::GetInt64, &R::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Int(get(&R::GetUInt32, &R::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Int(static_cast<std::int64_t>(get(&R::GetUInt64, &R::GetRepeatedUInt64)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Double(get(&R::GetDouble, &R::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Double(get(&R::GetFloat, &R::GetRepeatedFloat));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Bool(get(&R::GetBool, &R::GetRepeatedBool));
    case FieldDescriptor::CPPTYPE_STRING:
      return String(get(&R::GetString, &R::GetRepeatedString));
    case FieldDescriptor::CPPTYPE_ENUM: {
      const std::string_view name = BareEnumName(*get(&R::GetEnum, &R::GetRepeatedEnum));
      return name.empty() ? Null() : String(name);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const google::protobuf::Message& inner = index < 0
                                                   ? r.GetMessage(message, &field, nullptr)
                                                   : r.GetRepeatedMessage(message, &field, index);
      if (inner.GetDescriptor()->full_name() == "google.type.Date") {
        google::type::Date date;
        date.CopyFrom(inner);
        return String(DateText(date));
      }
      return Message(inner, true);
    }
  }
}

void JsonText::Message(const google::protobuf::Message& message, bool given_only) {
  const google::protobuf::Reflection& r = *message.GetReflection();
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  StartObject();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool given = IsGiven(message, field);
    if (!given && (given_only || field.real_containing_oneof() != nullptr)) continue;
    Key(field.name());
    if (field.is_map()) {
      std::map<std::string, const google::protobuf::Message*> entries;  // a proto map has no order
      for (int k = 0; k < r.FieldSize(message, &field); ++k) {
        const google::protobuf::Message& entry = r.GetRepeatedMessage(message, &field, k);
        entries[entry.GetReflection()->GetString(entry, field.message_type()->map_key())] = &entry;
      }
      StartObject();
      for (const auto& [key, entry] : entries) {
        Key(key);
        Field(*entry, *field.message_type()->map_value(), -1);
      }
      EndObject();
    } else if (field.is_repeated()) {
      StartArray();
      for (int k = 0; k < r.FieldSize(message, &field); ++k) Field(message, field, k);
      EndArray();
    } else if (!given && field.has_presence()) {
      Null();
    } else {
      Field(message, field, -1);
    }
  }
  EndObject();
}

absl::Status JsonText::PassAll() {
  absl::Status status = sink_({buffer_.GetString(), buffer_.GetSize()});
  buffer_.Clear();
  return status;
}

absl::Status JsonText::Finish() {
  buffer_.Put('\n');
  return PassAll();
}

}  // namespace lianjie::cli
