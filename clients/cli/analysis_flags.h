// The flags of an analysis, made from its message in the API: a field max_hops is --max-hops, a
// repeated field takes its flag many times or a list with commas, an enum its bare names in any
// case. Nobody types options twice.
#ifndef LIANJIE_CLIENTS_CLI_ANALYSIS_FLAGS_H_
#define LIANJIE_CLIENTS_CLI_ANALYSIS_FLAGS_H_

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"

namespace lianjie::cli {

// Parses `text` as the field's type and sets it, or adds it where the field is repeated. The error
// names the flag. A message (a Line) is read from the CSV file of that name.
absl::Status SetFieldFromText(google::protobuf::Message& message,
                              const google::protobuf::FieldDescriptor& field, std::string_view flag,
                              std::string_view text);

// "a,b\,c" -> "a", "b,c".
std::vector<std::string> SplitList(std::string_view text);

// The flags of one message's fields, on one command.
class MessageFlags {
 public:
  // Adds a flag for every field but those in `elsewhere`, which are filled by other means; a name
  // that `taken` has already is put behind "--option-". `help` gives a field's text.
  MessageFlags(CLI::App& app, const google::protobuf::Descriptor& type,
               const std::vector<std::pair<std::string, std::string>>& help,
               const std::vector<std::string>& taken,
               const std::vector<std::string>& elsewhere = {});

  // Fills the fields whose flags were given. UsageError otherwise.
  absl::Status Fill(google::protobuf::Message& message) const;

 private:
  struct Flag {
    const google::protobuf::FieldDescriptor* field;
    std::string name;
    CLI::Option* option;
  };
  std::vector<Flag> flags_;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_ANALYSIS_FLAGS_H_
