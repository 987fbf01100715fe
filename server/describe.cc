#include "server/describe.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <string>

#include "engine/core/text.h"
#include "lianjie/v1/descriptor_set.h"

namespace lianjie::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::SourceLocation;

// A pool of its own: the generated one has no comments.
const DescriptorPool& Pool() {
  static const std::unique_ptr<const DescriptorPool> pool = [] {
    google::protobuf::FileDescriptorSet files;
    const std::string_view bytes = v1::DescriptorSet();
    auto made = std::make_unique<DescriptorPool>();
    if (files.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      for (const auto& file : files.file()) made->BuildFile(file);
    }
    return made;
  }();
  return *pool;
}

// The comment above an element: lines joined, paragraphs kept apart.
template <typename Element> std::string CommentOf(const Element& element) {
  SourceLocation location;
  if (!element.GetSourceLocation(&location)) return {};
  std::string out;
  for (const std::string_view line : Split(Trim(location.leading_comments), '\n')) {
    const std::string_view text = Trim(line);
    if (text.empty()) {
      out += "\n\n";
    } else {
      out += Cat(out.empty() || out.ends_with('\n') ? "" : " ", text);
    }
  }
  return out;
}

// Where a sentence ends: at its full stop and a space, or at the end.
std::string_view FirstSentence(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '.' && (text[i + 1] == ' ' || text[i + 1] == '\n')) return text.substr(0, i + 1);
  }
  return text;
}

// The words after "Default: ", up to the first comma, semicolon or full stop that ends them.
std::string DefaultOf(std::string_view comment) {
  constexpr std::string_view kMark = "Default: ";
  const std::size_t at = comment.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = comment.substr(at + kMark.size());
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const bool at_end = i + 1 == rest.size() || rest[i + 1] == ' ' || rest[i + 1] == '\n';
    if (rest[i] == ',' || rest[i] == ';' || (rest[i] == '.' && at_end))
      return std::string(rest.substr(0, i));
  }
  return std::string(rest);
}

v1::OptionType TypeOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return v1::OPTION_TYPE_STRING;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return v1::OPTION_TYPE_DOUBLE;
    case FieldDescriptor::CPPTYPE_BOOL:
      return v1::OPTION_TYPE_BOOL;
    case FieldDescriptor::CPPTYPE_ENUM:
      return v1::OPTION_TYPE_ENUM;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return v1::OPTION_TYPE_MESSAGE;
    default:
      return v1::OPTION_TYPE_INT64;
  }
}

v1::OptionInfo OptionOf(const FieldDescriptor& field) {
  v1::OptionInfo out;
  const std::string comment = CommentOf(field);
  out.set_name(field.name());
  out.set_type(TypeOf(field));
  out.set_repeated_values(field.is_repeated());
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    // "DIRECTION_FORWARD" of an enum whose zero is "DIRECTION_UNSPECIFIED" is FORWARD.
    const auto& values = *field.enum_type();
    const std::size_t prefix =
        values.value(0)->name().size() - std::string_view("UNSPECIFIED").size();
    for (int i = 1; i < values.value_count(); ++i)
      out.add_values(values.value(i)->name().substr(prefix));
  }
  out.set_default_value(DefaultOf(comment));
  out.set_required(comment.find("Required") != std::string::npos ||
                   comment.find("is required") != std::string::npos);
  out.set_description(comment);
  return out;
}

}  // namespace

absl::StatusOr<v1::AnalysisInfo> Describe(std::string_view name, std::string_view family) {
  const Descriptor* const analysis = Pool().FindMessageTypeByName("lianjie.v1.Analysis");
  const FieldDescriptor* const field =
      analysis == nullptr ? nullptr : analysis->FindFieldByName(std::string(name));
  if (field == nullptr || field->message_type() == nullptr) {
    return absl::InternalError(ToAbsl(Cat("the descriptor knows no analysis '", name, "'")));
  }
  v1::AnalysisInfo out;
  out.set_name(std::string(name));
  out.set_family(std::string(family));
  out.set_description(CommentOf(*field->message_type()));
  out.set_summary(std::string(FirstSentence(out.description())));
  for (int i = 0; i < field->message_type()->field_count(); ++i) {
    *out.add_options() = OptionOf(*field->message_type()->field(i));
  }
  return out;
}

}  // namespace lianjie::server
