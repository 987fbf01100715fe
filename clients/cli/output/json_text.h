// JSON by rapidjson's Writer, handed on in pieces, with the project's own digits and no NaN or
// Infinity ever.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_JSON_TEXT_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_JSON_TEXT_H_

#include <google/protobuf/message.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "engine/core/csv_writer.h"

namespace lianjie::cli {

// Used from one thread.
class JsonText {
 public:
  explicit JsonText(TextSink sink) : sink_(std::move(sink)), writer_(buffer_) {}

  void StartObject() { writer_.StartObject(); }
  void EndObject() { writer_.EndObject(); }
  void StartArray() { writer_.StartArray(); }
  void EndArray() { writer_.EndArray(); }
  void Key(std::string_view name) { writer_.Key(name.data(), Size(name)); }
  void String(std::string_view text) { writer_.String(text.data(), Size(text)); }
  void Int(std::int64_t value) { writer_.Int64(value); }
  void Bool(bool value) { writer_.Bool(value); }
  void Null() { writer_.Null(); }
  // null where it is not finite: JSON has no other way to say it.
  void Double(double value);

  // A message as an object of its fields, in the order of the proto: enums by bare names, dates as
  // ISO 8601, fields that are not set null where they may be unset, maps as objects. With
  // `given_only` fields without a value are left out.
  void Message(const google::protobuf::Message& message, bool given_only = false);

  // Hands on what has gathered, if that is worth while.
  absl::Status Pass() {
    return buffer_.GetSize() > (std::size_t{64} << 10) ? PassAll() : absl::OkStatus();
  }
  // The end of the document: a line feed.
  absl::Status Finish();

 private:
  static rapidjson::SizeType Size(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
  }
  void Field(const google::protobuf::Message& message,
             const google::protobuf::FieldDescriptor& field, int index);
  absl::Status PassAll();

  TextSink sink_;
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_;
};

// "DIRECTION_FORWARD" of enum Direction: "FORWARD"; empty for the value 0.
std::string_view BareEnumName(const google::protobuf::EnumValueDescriptor& value);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_JSON_TEXT_H_
