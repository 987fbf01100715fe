// A scenario as a TOML file. Its names are those of the API's Scenario:
//
//   remove_nodes = ["F"]
//   remove_links = ["L1"]
//   splits = "frozen"
//   [[add_links]]
//   source = "C"
//   target = "H3"
//   mechanism = "ORDER"
//   paid_yuan = 500
//   [[set_fields]]
//   link = "L2"          # or node = "F"
//   field = "paid_yuan"
//   value = "1200"
#ifndef LIANJIE_CLIENTS_CLI_SCENARIO_FILE_H_
#define LIANJIE_CLIENTS_CLI_SCENARIO_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "lianjie/v1/frame.pb.h"

namespace lianjie::cli {

// Errors: UsageError naming file and line.
absl::Status ReadScenario(const std::string& path, v1::Scenario& scenario);
absl::Status ParseScenario(std::string_view toml, const std::string& path, v1::Scenario& scenario);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_SCENARIO_FILE_H_
