// The flags of an analysis' frame: when, which part, what if, how much, and how to answer.
#ifndef LIANJIE_CLIENTS_CLI_FRAME_FLAGS_H_
#define LIANJIE_CLIENTS_CLI_FRAME_FLAGS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/output/result_writer.h"
#include "clients/cli/settings.h"
#include "lianjie/v1/frame.pb.h"

namespace CLI {
class App;
}

namespace lianjie::cli {

struct FrameFlags {
  std::string as_of, period, region, filter_nodes, filter_links, scenario, splits, consistency, out;
  std::string format = "table";
  std::int64_t limit = -1;  // not given

  // Adds the flags and returns their names.
  std::vector<std::string> AddTo(CLI::App& app);

  // Fills the frame. Errors: UsageError naming the flag.
  absl::Status Fill(const Settings& settings, Format format, v1::Frame& frame) const;
};

// "2020-12-31" as --flag's value.
absl::StatusOr<google::type::Date> ParseDateFlag(std::string_view flag, std::string_view text);

// "latest", "minimize_latency", "at_least:42", "exact:42".
absl::StatusOr<v1::Consistency> ParseConsistency(std::string_view text);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_FRAME_FLAGS_H_
