#include "clients/cli/suggest.h"

#include <algorithm>

#include "CLI/App.hpp"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

const CLI::Option* FindOption(const CLI::App* app, const std::string& name) {
  for (; app != nullptr; app = app->get_parent()) {
    if (const CLI::Option* option = app->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

std::string Join(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += Cat(list.empty() ? "" : ", ", name);
  return list;
}

std::string ExplainCommand(const CLI::App& app, const std::string& word) {
  const bool analyses = app.get_name() == "run";
  if (!analyses && app.get_parent() != nullptr) {
    const std::vector<std::string> names = CommandNames(app);
    return Cat("'", word, "' is none of ", Join(names), DidYouMean(word, names));
  }
  return Cat(
      "'", word, "' is no ", analyses ? "analysis" : "command", DidYouMean(word, CommandNames(app)),
      analyses ? "\n`lianjie analyses` lists them" : "\n`lianjie --help` lists the commands");
}

}  // namespace

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const std::string_view near = Nearest(name, views);
  return near.empty() ? std::string() : Cat("; did you mean ", near, "?");
}

std::string ExplainArguments(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* level = &app;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with("--")) {
      const std::string name = word.substr(0, word.find('='));
      const CLI::Option* option = FindOption(level, name);
      if (option == nullptr)
        return Cat("'", name, "' is no option", DidYouMean(name, OptionNames(*level)));
      const bool takes_value = option->get_expected_min() > 0 && name.size() == word.size();
      while (takes_value && i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
        ++i;
        if (option->get_expected_max() == 1) break;
      }
    } else if (!word.starts_with("-")) {
      const std::vector<std::string> names = CommandNames(*level);
      if (names.empty()) continue;
      if (std::ranges::find(names, word) == names.end()) return ExplainCommand(*level, word);
      level = level->get_subcommand(word);
    }
  }
  return {};
}

std::string ExplainMissingCommand(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* level = &app;
  for (const std::string& word : arguments) {
    const std::vector<std::string> names = CommandNames(*level);
    if (std::ranges::find(names, word) != names.end()) level = level->get_subcommand(word);
  }
  return Cat("`", level == &app ? "lianjie" : Cat("lianjie ", level->get_name()),
             "` needs one of: ", Join(CommandNames(*level)));
}

}  // namespace lianjie::cli
