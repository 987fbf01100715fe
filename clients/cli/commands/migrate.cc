// `lianjie migrate`: the one command that works on a store's folder rather than through the API,
// since no server opens a store of an older format.
#include <memory>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/progress_line.h"
#include "clients/cli/session.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/maintenance.h"

namespace lianjie::cli {
namespace {

absl::Status Migrate(const Settings& settings) {
  if (settings.data.empty())
    return UsageError("migrate works on a store's folder: give --data DIR");
  ProgressLine progress;
  LIANJIE_ASSIGN_OR_RETURN(
      const server::MigrationReport report,
      server::MigrateStore(settings.data, [&progress](std::uint64_t done, std::uint64_t total) {
        progress.Show("reading", static_cast<double>(done), static_cast<double>(total));
        return Interrupted() ? absl::CancelledError("interrupted") : absl::OkStatus();
      }));
  progress.Clear();
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (report.from == report.to) {
    return out->Write(Cat("nothing to do: the store has format ", report.to, " already\n"));
  }
  return out->Write(Cat("migrated ", report.graphs, report.graphs == 1 ? " graph" : " graphs",
                        " from format ", report.from, " to format ", report.to, "\n"));
}

}  // namespace

void AddMigrate(CLI::App& app, Session& session) {
  CLI::App* migrate =
      app.add_subcommand("migrate", "Bring a store of an older release to this one's format");
  migrate->footer(
      "Keep a copy of the folder until the migrated store has been looked at. A migration that is "
      "cut short is\nbegun anew by the next.\nExamples:\n  lianjie migrate --data county.data");
  migrate->fallthrough();
  migrate->callback([&session] { session.action = &Migrate; });
}

}  // namespace lianjie::cli
