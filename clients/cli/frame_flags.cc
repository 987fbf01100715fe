#include "clients/cli/frame_flags.h"

#include <optional>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/scenario_file.h"
#include "engine/core/date.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"

namespace lianjie::cli {

std::vector<std::string> FrameFlags::AddTo(CLI::App& app) {
  std::vector<std::string> names;
  const auto add = [&](const char* name, auto& value, const char* type, const char* help) {
    app.add_option(name, value, help)->type_name(type)->group("Frame");
    names.emplace_back(name);
  };
  add("--as-of", as_of, "DATE", "The date to look at; default: the graph's reference date");
  add("--period", period, "START..END", "The period [START, END) instead, amounts counted by days");
  add("--region", region, "CODE", "Only nodes in this region, or below it");
  add("--filter-nodes", filter_nodes, "FILTER",
      "Only these nodes, as 'kind = HOUSEHOLD AND persons > 2'");
  add("--filter-links", filter_links, "FILTER", "Only these links, as 'mechanism = ORDER'");
  add("--scenario", scenario, "FILE", "What if: edits in TOML that only this run sees");
  add("--splits", splits, "frozen|recomputed", "How payers split in the scenario; default: frozen");
  add("--consistency", consistency, "WHICH",
      "minimize_latency, latest, at_least:REVISION or exact:REVISION");
  add("--format", format, "FORMAT", "table, csv or json; default: table");
  add("--out", out, "FILE", "Write the answer there; default: standard output");
  add("--limit", limit, "N", "Most rows, 0 for all; default: all for csv and json, 20 for a table");
  return names;
}

void FrameFlags::FillOwnLimit(Format answer, google::protobuf::Message& options) const {
  const google::protobuf::FieldDescriptor* field =
      options.GetDescriptor()->FindFieldByName(kOwnLimit);
  if (field == nullptr || (limit < 0 && answer == Format::kTable)) return;
  options.GetReflection()->SetInt64(&options, field, limit > 0 ? limit : kNoLimit);
}

absl::StatusOr<google::type::Date> ParseDateFlag(std::string_view flag, std::string_view text) {
  const absl::StatusOr<Date> date = Date::Parse(text);
  if (!date.ok()) return UsageError(Cat(flag, ": ", FromAbsl(date.status().message())));
  return server::ToProto(*date);
}

absl::StatusOr<v1::Consistency> ParseConsistency(std::string_view text) {
  v1::Consistency out;
  const std::string lower = ToLower(text);
  const std::size_t colon = lower.find(':');
  const std::string kind = lower.substr(0, colon);
  std::optional<std::int64_t> revision;
  if (colon != std::string::npos) revision = ParseInt64(std::string_view(lower).substr(colon + 1));
  if (kind == "latest" && colon == std::string::npos) {
    out.set_latest(true);
  } else if (kind == "minimize_latency" && colon == std::string::npos) {
    out.set_minimize_latency(true);
  } else if ((kind == "at_least" || kind == "at_least_revision") && revision) {
    out.set_at_least_revision(*revision);
  } else if ((kind == "exact" || kind == "exact_revision") && revision) {
    out.set_exact_revision(*revision);
  } else {
    return UsageError(
        Cat("--consistency: '", text,
            "' is not one of minimize_latency, latest, at_least:REVISION, exact:REVISION"));
  }
  return out;
}

absl::Status FrameFlags::Fill(const Settings& settings, Format answer, v1::Frame& frame) const {
  frame.set_graph(settings.graph);
  if (!consistency.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*frame.mutable_consistency(), ParseConsistency(consistency));
  }
  if (!as_of.empty() && !period.empty())
    return UsageError("--as-of and --period cannot be given together");
  if (!as_of.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*frame.mutable_as_of(), ParseDateFlag("--as-of", as_of));
  }
  if (!period.empty()) {
    const std::size_t dots = period.find("..");
    if (dots == std::string::npos)
      return UsageError(
          Cat("--period: '", period, "' is not START..END, as 2020-01-01..2021-01-01"));
    LIANJIE_ASSIGN_OR_RETURN(*frame.mutable_period()->mutable_start(),
                             ParseDateFlag("--period", period.substr(0, dots)));
    LIANJIE_ASSIGN_OR_RETURN(*frame.mutable_period()->mutable_end(),
                             ParseDateFlag("--period", period.substr(dots + 2)));
  }
  if (!filter_nodes.empty()) frame.mutable_filter()->set_nodes(filter_nodes);
  if (!filter_links.empty()) frame.mutable_filter()->set_links(filter_links);
  if (!region.empty()) frame.mutable_filter()->set_region(region);
  if (!scenario.empty()) LIANJIE_RETURN_IF_ERROR(ReadScenario(scenario, *frame.mutable_scenario()));
  if (!splits.empty()) {
    if (scenario.empty())
      return UsageError(
          "--splits says how payers split in a scenario: give --scenario FILE with it");
    const std::string name = ToLower(splits);
    if (name != "frozen" && name != "recomputed")
      return UsageError(Cat("--splits: '", splits, "' is not one of frozen, recomputed"));
    frame.mutable_scenario()->set_splits(name == "frozen" ? v1::SPLITS_FROZEN
                                                          : v1::SPLITS_RECOMPUTED);
  }
  if (limit < -1) return UsageError(Cat("--limit: ", limit, " is negative"));
  const std::int64_t rows = limit >= 0 ? limit : answer == Format::kTable ? kTableRows : 0;
  v1::Limits& limits = *frame.mutable_limits();
  limits.set_max_rows(rows);
  limits.set_threads(settings.threads);
  limits.set_max_memory_bytes(static_cast<std::int64_t>(settings.memory_bytes));
  return absl::OkStatus();
}

}  // namespace lianjie::cli
