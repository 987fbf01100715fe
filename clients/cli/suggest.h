// "Did you mean": turns what CLI11 could not parse into a sentence that names the nearest command
// or option.
#ifndef LIANJIE_CLIENTS_CLI_SUGGEST_H_
#define LIANJIE_CLIENTS_CLI_SUGGEST_H_

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace lianjie::cli {

// The commands below `app`, and all option names ("--graph") that may be given at it.
std::vector<std::string> CommandNames(const CLI::App& app);
std::vector<std::string> OptionNames(const CLI::App& app);

// "; did you mean X?" or nothing.
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

// What is wrong with `arguments` (without the program's name), where a word of them is no command
// or option; empty when that is not what is wrong.
std::string ExplainArguments(const CLI::App& app, const std::vector<std::string>& arguments);

// What may stand where `arguments` end too early.
std::string ExplainMissingCommand(const CLI::App& app, const std::vector<std::string>& arguments);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_SUGGEST_H_
