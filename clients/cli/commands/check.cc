// `lianjie check`.
#include <memory>
#include <string>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/connection.h"
#include "clients/cli/output/verification_text.h"
#include "clients/cli/session.h"
#include "clients/cli/work_stream.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

absl::Status Check(const Settings& settings, const std::string& format_name) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("check", format_name));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::OpenToCheck(settings));
  LIANJIE_ASSIGN_OR_RETURN(
      const v1::VerifyResponse response,
      CallForResult(connection->admin(), &v1::AdminService::Stub::Verify, v1::VerifyRequest()));
  return PrintVerification(response.verification(), format, "the store",
                           "keep the folder as it is, and restore the newest backup that "
                           "`lianjie backup verify` finds good");
}

}  // namespace

void AddCheck(CLI::App& app, Session& session) {
  CLI::App* check =
      app.add_subcommand("check", "Read all of a store and say what in it does not agree");
  check->footer(
      "Exit codes: 0 no fault, 4 faults. Nothing is repaired or changed.\n"
      "Examples:\n  lianjie check --data county.data\n  lianjie check --server HOST:7443 --format "
      "json");
  check->fallthrough();
  auto format = std::make_shared<std::string>("table");
  check->add_option("--format", *format, "table or json; default: table")->type_name("FORMAT");
  check->callback([&session, format] {
    session.action = [format](const Settings& settings) { return Check(settings, *format); };
  });
}

}  // namespace lianjie::cli
