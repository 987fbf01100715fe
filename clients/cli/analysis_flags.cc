#include "clients/cli/analysis_flags.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "clients/cli/base/failure.h"
#include "clients/cli/input/bad_rows.h"
#include "clients/cli/input/csv_reader.h"
#include "clients/cli/input/header_mapper.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/suggest.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "lianjie/v1/graph.pb.h"
#include "server/convert.h"

namespace lianjie::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string FlagName(std::string_view field) {
  std::string name = Cat("--", field);
  std::ranges::replace(name, '_', '-');
  return name;
}

absl::Status Invalid(std::string_view flag, std::string_view text, std::string_view rule) {
  return UsageError(Cat(flag, ": '", text, "' ", rule));
}

template <typename Set, typename Add, typename T>
absl::Status Put(Message& message, const FieldDescriptor& field, Set set, Add add, T value) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  if (field.is_repeated()) {
    (reflection->*add)(&message, &field, value);
  } else {
    (reflection->*set)(&message, &field, value);
  }
  return absl::OkStatus();
}

absl::Status PutEnum(Message& message, const FieldDescriptor& field, std::string_view flag,
                     std::string_view text) {
  const std::string wanted = ToUpper(text);
  std::vector<std::string> names;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const google::protobuf::EnumValueDescriptor* value = field.enum_type()->value(i);
    const std::string_view bare = BareEnumName(*value);
    if (bare.empty()) continue;
    if (bare == wanted || value->name() == wanted) {
      using R = google::protobuf::Reflection;
      return Put(message, field, &R::SetEnum, &R::AddEnum, value);
    }
    names.emplace_back(ToLower(bare));
  }
  std::string list;
  for (const std::string& name : names) list += Cat(list.empty() ? "" : ", ", name);
  return Invalid(flag, text, Cat("is not one of ", list, DidYouMean(ToLower(text), names)));
}

absl::Status PutBool(Message& message, const FieldDescriptor& field, std::string_view flag,
                     std::string_view text) {
  const std::string value = ToLower(text);
  const bool yes = value == "true" || value == "yes" || value == "1" || value == "on";
  if (!yes && value != "false" && value != "no" && value != "0" && value != "off") {
    return Invalid(flag, text, "is neither true nor false");
  }
  using R = google::protobuf::Reflection;
  return Put(message, field, &R::SetBool, &R::AddBool, yes);
}

// A message that is a Line: all lines of a CSV file.
absl::Status PutLines(Message& message, const FieldDescriptor& field, std::string_view flag,
                      std::string_view path) {
  if (field.message_type() != v1::Line::descriptor() || !field.is_repeated()) {
    return UsageError(Cat(flag, " cannot be given on the command line"));
  }
  absl::StatusOr<std::unique_ptr<ByteSource>> source = OpenByteSource(std::string(path), {});
  if (!source.ok()) {
    const std::string message = Cat(flag, ": ", path, ": ", source.status().message());
    return absl::IsNotFound(source.status()) ? absl::NotFoundError(message) : UsageError(message);
  }
  CsvReader reader(*std::move(source), DelimiterOf(path));
  const auto bad = [&](const absl::Status& status) {
    return BadDataError(FaultOf(path, status).ToString());
  };
  absl::StatusOr<bool> next = reader.Next();
  if (!next.ok()) return bad(next.status());
  if (!*next)
    return BadDataError(
        Cat(path, ":1:1: the file is empty: it must begin with a row of column names"));
  absl::StatusOr<std::unique_ptr<RowMapper>> mapper =
      MakeHeaderMapper(RecordKind::kLine, reader.row());
  if (!mapper.ok()) return bad(mapper.status());
  MappedRecords records;
  while (true) {
    next = reader.Next();
    if (!next.ok()) return bad(next.status());
    if (!*next) return absl::OkStatus();
    records.clear();
    if (const absl::Status status = (*mapper)->Map(reader.row(), records); !status.ok())
      return bad(status);
    for (const MappedRecord& record : records) {
      if (const absl::Status status = CheckRecord(**mapper, record); !status.ok())
        return bad(status);
      message.GetReflection()
          ->AddMessage(&message, &field)
          ->CopyFrom(server::ToProto(std::get<LineRecord>(record.record)));
    }
  }
}

}  // namespace

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '\\')) {
      items.back() += text[++i];
    } else if (text[i] == ',') {
      items.emplace_back();
    } else {
      items.back() += text[i];
    }
  }
  return items;
}

absl::Status SetFieldFromText(Message& message, const FieldDescriptor& field, std::string_view flag,
                              std::string_view text) {
  using R = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (!IsValidUtf8(text)) return Invalid(flag, "...", "is not valid UTF-8");
      return Put(message, field, &R::SetString, &R::AddString, std::string(text));
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const std::optional<double> value = ParseDouble(text);
      if (!value) return Invalid(flag, text, "is not a number");
      return Put(message, field, &R::SetDouble, &R::AddDouble, *value);
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const std::optional<std::int64_t> value = ParseInt64(text);
      if (!value || *value != static_cast<std::int32_t>(*value))
        return Invalid(flag, text, "is not a whole number");
      return Put(message, field, &R::SetInt32, &R::AddInt32, static_cast<std::int32_t>(*value));
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const std::optional<std::int64_t> value = ParseInt64(text);
      if (!value) return Invalid(flag, text, "is not a whole number");
      return Put(message, field, &R::SetInt64, &R::AddInt64, *value);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return PutBool(message, field, flag, text);
    case FieldDescriptor::CPPTYPE_ENUM:
      return PutEnum(message, field, flag, text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PutLines(message, field, flag, text);
    default:
      return UsageError(Cat(flag, " cannot be given on the command line"));
  }
}

MessageFlags::MessageFlags(CLI::App& app, const google::protobuf::Descriptor& type,
                           const std::vector<std::pair<std::string, std::string>>& help,
                           const std::vector<std::string>& taken,
                           const std::vector<std::string>& elsewhere) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (std::ranges::find(elsewhere, field->name()) != elsewhere.end()) continue;
    std::string name = FlagName(field->name());
    if (std::ranges::find(taken, name) != taken.end()) name = Cat("--option-", name.substr(2));
    const auto text =
        std::ranges::find_if(help, [&](const auto& item) { return item.first == field->name(); });
    CLI::Option* option = app.add_option(name, text != help.end() ? text->second : std::string());
    option->group("Options of the analysis");
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        option->expected(0, 1)->type_name("[true|false]");
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        option->type_name("FILE");
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        option->type_name("NUMBER");
        break;
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
        option->type_name("N");
        break;
      default:
        option->type_name(field->is_repeated() ? "LIST" : "VALUE");
        break;
    }
    if (field->is_repeated())
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->expected(1)
          ->allow_extra_args(false);
    flags_.push_back({field, name, option});
  }
}

absl::Status MessageFlags::Fill(Message& message) const {
  for (const Flag& flag : flags_) {
    if (flag.option->count() == 0) continue;
    std::vector<std::string> texts = flag.option->results();
    if (flag.field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      if (texts.empty() || texts.front().empty() || texts.front() == "{}") texts = {"true"};
    }
    for (const std::string& text : texts) {
      if (!flag.field->is_repeated() ||
          flag.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        LIANJIE_RETURN_IF_ERROR(SetFieldFromText(message, *flag.field, flag.name, text));
        continue;
      }
      for (const std::string& item : SplitList(text)) {
        LIANJIE_RETURN_IF_ERROR(SetFieldFromText(message, *flag.field, flag.name, item));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace lianjie::cli
