#include "clients/cli/app.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/session.h"
#include "clients/cli/suggest.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  lianjie generate county --households 2000 --seed 1 --out county
  lianjie import --data county.data --nodes county/nodes.csv --links county/links.csv \
                 --regions county/regions.csv --lines county/lines.csv
  lianjie run coverage --data county.data
  lianjie run benefit_flow --data county.data --format json --out flow.json
  lianjie serve --data county.data --listen 127.0.0.1:7443

Exit codes: 0 done, 1 failure, 2 usage, 3 not found, 4 bad data, 5 unavailable, 130 interrupted.)";

void AddSharedFlags(CLI::App& app, Flags& flags) {
  const auto add = [&](const char* name, std::string& value, const char* type, const char* help) {
    app.add_option(name, value, help)->type_name(type)->group("Where and how much");
  };
  add("--data", flags.data, "DIR", "Folder of the store to open in this process (LIANJIE_DATA)");
  add("--server", flags.server, "HOST:PORT", "Server to call instead (LIANJIE_SERVER)");
  add("--ca", flags.ca, "FILE", "Certificates to trust when the server uses TLS");
  add("--graph", flags.graph, "NAME", "Name of the graph; default: default (LIANJIE_GRAPH)");
  add("--memory", flags.memory, "SIZE",
      "Most memory for analyses, as 8GiB; default: half of the machine's");
  add("--config", flags.config, "FILE",
      "TOML file with these settings; default: lianjie.toml, ~/.config/lianjie.toml");
  app.add_option("--threads", flags.threads, "Threads for one analysis; default: all")
      ->type_name("N")
      ->group("Where and how much")
      ->check(CLI::Range(0, kMaxThreads));
  app.add_flag("--insecure", flags.insecure, "Allow an address beyond this machine without TLS")
      ->group("Where and how much");
}

// Options may be written with "_" for "-": fields of the API are.
void Normalise(std::vector<std::string>& arguments) {
  for (std::string& argument : arguments) {
    if (!argument.starts_with("--")) continue;
    const auto end = std::ranges::find(argument, '=');
    std::replace(argument.begin(), end, '_', '-');
  }
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "error: %s\n", FailureText(status).c_str());
  return ExitCodeOf(status);
}

int ExplainParseError(const CLI::App& app, const CLI::ParseError& error,
                      const std::vector<std::string>& arguments) {
  std::string text = ExplainArguments(app, arguments);
  if (text.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
      error.get_name() == "RequiredError" &&
      std::string_view(error.what()).starts_with("A subcommand")) {
    text = ExplainMissingCommand(app, arguments);
  }
  if (text.empty()) text = error.what();
  std::fprintf(stderr, "error: %s\n", text.c_str());
  return kExitUsage;
}

}  // namespace

int Run(std::vector<std::string> arguments) {
  Normalise(arguments);
  Session session;
  CLI::App app("Lianjie: graph analytics for industrial chains and interest-binding networks.",
               "lianjie");
  app.set_version_flag("--version", Cat("lianjie ", LIANJIE_VERSION));
  app.footer(kExamples);
  app.fallthrough();
  app.require_subcommand(1);
  AddSharedFlags(app, session.flags);
  AddGenerate(app, session);
  AddImport(app, session);
  // The analyses' flags come from the descriptor of the API, which only `run` needs.
  AddRun(app, session, std::ranges::find(arguments, "run") != arguments.end());
  AddAnalyses(app, session);
  AddGet(app, session);
  AddList(app, session);
  AddStats(app, session);
  AddGraph(app, session);
  AddExport(app, session);
  AddWatch(app, session);
  AddServe(app, session);
  AddCheck(app, session);
  AddBackup(app, session);
  AddMigrate(app, session);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    return ExplainParseError(app, error, arguments);
  }
  absl::StatusOr<Settings> settings = ResolveSettings(session.flags);
  if (!settings.ok()) return Fail(settings.status());
  const absl::Status status = session.action(*settings);
  return status.ok() ? kExitDone : Fail(status);
}

}  // namespace lianjie::cli
