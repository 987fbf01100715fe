// The flags of an analysis' frame: when, which part, what if, how much, and how to answer.
#ifndef LIANJIE_CLIENTS_CLI_FRAME_FLAGS_H_
#define LIANJIE_CLIENTS_CLI_FRAME_FLAGS_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <limits>
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

// The field of analyses' options that --limit fills, too, and what it takes for no limit: more than
// a graph can have nodes.
inline constexpr char kOwnLimit[] = "limit";
inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::uint32_t>::max();

struct FrameFlags {
  std::string as_of, period, region, filter_nodes, filter_links, scenario, splits, consistency, out;
  std::string format = "table";
  std::int64_t limit = -1;  // not given

  // Adds the flags and returns their names.
  std::vector<std::string> AddTo(CLI::App& app);

  // The limit of an analysis that has one of its own (kOwnLimit): --limit where it is given, none
  // for csv and json, which are whole, and the analysis' default for a table.
  void FillOwnLimit(Format format, google::protobuf::Message& options) const;

  // Fills the frame. Errors: UsageError naming the flag.
  absl::Status Fill(const Settings& settings, Format format, v1::Frame& frame) const;
};

// "2020-12-31" as --flag's value.
absl::StatusOr<google::type::Date> ParseDateFlag(std::string_view flag, std::string_view text);

// "latest", "minimize_latency", "at_least:42", "exact:42".
absl::StatusOr<v1::Consistency> ParseConsistency(std::string_view text);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_FRAME_FLAGS_H_
