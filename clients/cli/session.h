// What the commands of one run of the program share. Commands only declare themselves while
// arguments are parsed; the one that was called leaves its action here, which runs when parsing is
// over.
#ifndef LIANJIE_CLIENTS_CLI_SESSION_H_
#define LIANJIE_CLIENTS_CLI_SESSION_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/output/result_writer.h"
#include "clients/cli/settings.h"

namespace CLI {
class App;
}

namespace lianjie::cli {

struct Session {
  Flags flags;
  std::function<absl::Status(const Settings& settings)> action;
};

// Each adds its command, with help and examples.
void AddGenerate(CLI::App& app, Session& session);
void AddImport(CLI::App& app, Session& session);
void AddRun(CLI::App& app, Session& session, bool with_analyses);
void AddGet(CLI::App& app, Session& session);
void AddList(CLI::App& app, Session& session);
void AddStats(CLI::App& app, Session& session);
void AddGraph(CLI::App& app, Session& session);
void AddExport(CLI::App& app, Session& session);
void AddWatch(CLI::App& app, Session& session);
void AddBackup(CLI::App& app, Session& session);
void AddCheck(CLI::App& app, Session& session);
void AddMigrate(CLI::App& app, Session& session);
void AddServe(CLI::App& app, Session& session);
void AddAnalyses(CLI::App& app, Session& session);

// "table", "csv", "json".
absl::StatusOr<Format> ParseFormat(std::string_view name);
// The same for commands whose answers are no tables of rows: csv is a UsageError that names
// `command`.
absl::StatusOr<Format> ParseTableOrJson(std::string_view command, std::string_view name);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_SESSION_H_
