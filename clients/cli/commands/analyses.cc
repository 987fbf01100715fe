// `lianjie analyses [NAME]`: what analyses there are, from the API's own description. It needs
// neither a store nor a server.
#include <algorithm>
#include <memory>
#include <vector>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/frame_flags.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/text_table.h"
#include "clients/cli/session.h"
#include "clients/cli/suggest.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/describe.h"
#include "server/registry.h"

namespace lianjie::cli {
namespace {

struct AnalysesFlags {
  std::string name, format = "table";
};

std::string_view TypeName(v1::OptionType type) {
  switch (type) {
    case v1::OPTION_TYPE_DOUBLE:
      return "number";
    case v1::OPTION_TYPE_INT64:
      return "whole number";
    case v1::OPTION_TYPE_BOOL:
      return "true or false";
    case v1::OPTION_TYPE_MESSAGE:
      return "file";
    default:
      return "text";
  }
}

std::string FlagOf(std::string_view option) {
  std::string flag = Cat("--", option);
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string Details(const v1::AnalysisInfo& info) {
  std::string text = Cat(info.name(), " (", info.family(), ")\n\n", info.description(), "\n");
  if (info.options().empty()) return text + "\nIt has no options.\n";
  text += "\nOptions:\n";
  for (const v1::OptionInfo& option : info.options()) {
    text += Cat("  ", FlagOf(option.name()), "  ");
    if (option.values().empty()) {
      text += TypeName(option.type());
    } else {
      for (int i = 0; i < option.values_size(); ++i)
        text += Cat(i == 0 ? "" : "|", ToLower(option.values(i)));
    }
    if (option.repeated_values()) text += ", several";
    if (option.required()) text += ", required";
    if (option.name() == kOwnLimit) {
      text += Cat(", default ", option.default_value(), " for a table, none for csv and json",
                  "\n      ", option.description(), " It limits the rows, too.\n");
      continue;
    }
    if (!option.default_value().empty()) text += Cat(", default ", option.default_value());
    text += Cat("\n      ", option.description(), "\n");
  }
  return text;
}

absl::Status Analyses(const AnalysesFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("analyses", flags.format));
  std::vector<v1::AnalysisInfo> infos;
  std::vector<std::string> names;
  for (const server::AnalysisEntry& entry : server::Analyses()) {
    names.emplace_back(entry.name);
    if (!flags.name.empty() && flags.name != entry.name) continue;
    LIANJIE_ASSIGN_OR_RETURN(v1::AnalysisInfo info, server::Describe(entry.name, entry.family));
    infos.push_back(std::move(info));
  }
  if (infos.empty()) {
    return MakeError(absl::StatusCode::kNotFound,
                     Cat("'", flags.name, "' is no analysis", DidYouMean(flags.name, names)), {});
  }
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kJson) {
    JsonText json(out->Sink());
    json.StartObject();
    json.Key("analyses");
    json.StartArray();
    for (const v1::AnalysisInfo& info : infos) json.Message(info);
    json.EndArray();
    json.EndObject();
    return json.Finish();
  }
  if (!flags.name.empty()) return out->Write(Details(infos.front()));
  TextTable table;
  for (const char* column : {"family", "analysis", "what it tells"}) table.AddColumn(column);
  for (const v1::AnalysisInfo& info : infos)
    table.AddRow({info.family(), info.name(), info.summary()});
  return out->Write(table.ToString(160));
}

}  // namespace

void AddAnalyses(CLI::App& app, Session& session) {
  CLI::App* analyses = app.add_subcommand("analyses", "List the analyses, or describe one");
  analyses->footer("Examples:\n  lianjie analyses\n  lianjie analyses benefit_flow");
  analyses->fallthrough();
  auto flags = std::make_shared<AnalysesFlags>();
  analyses->add_option("name", flags->name, "The analysis to describe")->type_name("NAME");
  analyses->add_option("--format", flags->format, "table or json")->type_name("FORMAT");
  analyses->callback([&session, flags] {
    session.action = [flags](const Settings&) { return Analyses(*flags); };
  });
}

}  // namespace lianjie::cli
