#include "clients/cli/settings.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <vector>

#include "clients/cli/base/failure.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "toml++/toml.h"

namespace lianjie::cli {
namespace {

constexpr std::array<std::string_view, 15> kNames = {
    "data",         "server",          "ca",          "graph",    "threads",   "memory",
    "listen",       "tls_certificate", "tls_key",     "insecure", "retention", "min_free_disk",
    "write_buffer", "load_memory",     "max_deadline"};

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string FindConfig(const std::string& named) {
  if (!named.empty()) return named;
  std::error_code error;
  if (std::filesystem::exists("lianjie.toml", error)) return "lianjie.toml";
  const std::string home = Environment("HOME");
  if (home.empty()) return {};
  const std::string path = home + "/.config/lianjie.toml";
  return std::filesystem::exists(path, error) ? path : std::string();
}

absl::StatusOr<std::map<std::string, std::string>> ReadConfig(const std::string& path) {
  std::map<std::string, std::string> values;
  if (path.empty()) return values;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return UsageError(Cat(path, ": no such file"));
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& e) {
    return UsageError(Cat(path, ":", e.source().begin.line, ":", e.source().begin.column, ": ",
                          std::string(e.description())));
  }
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const auto line = node.source().begin.line;
    if (std::ranges::find(kNames, name) == kNames.end()) {
      const std::string_view near = Nearest(name, kNames);
      return UsageError(Cat(path, ":", line, ": '", name, "' is no setting",
                            near.empty() ? "" : Cat("; did you mean ", near, "?")));
    }
    if (const auto text = node.value<std::string>()) {
      values[name] = *text;
    } else if (const auto number = node.value<std::int64_t>()) {
      values[name] = Cat(*number);
    } else if (const auto truth = node.value<bool>()) {
      values[name] = *truth ? "true" : "false";
    } else {
      return UsageError(Cat(path, ":", line, ": ", name, " is neither a text nor a number"));
    }
  }
  return values;
}

// The first that is given.
std::string Choose(const std::string& flag, const std::string& environment,
                   const std::string& file) {
  if (!flag.empty()) return flag;
  return !environment.empty() ? environment : file;
}

}  // namespace

absl::StatusOr<std::uint64_t> ParseBytes(std::string_view flag, std::string_view text) {
  std::string upper = ToUpper(Trim(text));
  std::string_view number = upper;
  for (const std::string_view tail : {"IB", "B"}) {
    if (number.ends_with(tail)) {
      number.remove_suffix(tail.size());
      break;
    }
  }
  double factor = 1;
  constexpr std::string_view kUnits = "KMGT";
  if (!number.empty()) {
    if (const std::size_t unit = kUnits.find(number.back()); unit != std::string_view::npos) {
      for (std::size_t i = 0; i <= unit; ++i) factor *= 1024;
      number.remove_suffix(1);
    }
  }
  const std::optional<double> value = ParseDouble(Trim(number));
  if (!value || *value < 0 || *value * factor > 1e18) {
    return UsageError(Cat(flag, ": '", text, "' is not a size; write it as 512M or 8GiB"));
  }
  return static_cast<std::uint64_t>(*value * factor);
}

absl::StatusOr<std::chrono::seconds> ParseTime(std::string_view flag, std::string_view text) {
  const std::string lower = ToLower(Trim(text));
  if (lower == "forever") return std::chrono::seconds::max();
  if (lower == "0") return std::chrono::seconds(0);
  constexpr std::string_view kUnits = "smhd";
  constexpr std::array<std::int64_t, 4> kSeconds = {1, 60, 3600, 86400};
  constexpr std::int64_t kMost = 36500;  // days: a hundred years
  const std::size_t unit = lower.empty() ? std::string_view::npos : kUnits.find(lower.back());
  if (unit != std::string_view::npos) {
    const auto number = ParseInt64(Trim(std::string_view(lower).substr(0, lower.size() - 1)));
    if (number && *number >= 0 && *number <= kMost * kSeconds[3] / kSeconds[unit]) {
      return std::chrono::seconds(*number * kSeconds[unit]);
    }
  }
  return UsageError(
      Cat(flag, ": '", text, "' is not a time; write it as 7d, 12h, 30m or 90s, 0 or forever"));
}

namespace {

absl::StatusOr<std::optional<std::uint64_t>> OptionalBytes(std::string_view flag,
                                                           const std::string& text) {
  if (text.empty()) return std::nullopt;
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t bytes, ParseBytes(flag, text));
  return bytes;
}

}  // namespace

absl::StatusOr<Settings> ResolveSettings(const Flags& flags) {
  if (!flags.data.empty() && !flags.server.empty()) {
    return UsageError(
        "--data and --server cannot be given together: one opens a store, the other calls a "
        "server");
  }
  auto read = ReadConfig(FindConfig(flags.config));
  if (!read.ok()) return read.status();
  std::map<std::string, std::string>& file = *read;
  Settings out;
  // A place given by one source hides the places that weaker sources give.
  if (!flags.data.empty() || !flags.server.empty()) {
    out.data = flags.data;
    out.server = flags.server;
  } else if (const std::string data = Environment("LIANJIE_DATA"),
             server = Environment("LIANJIE_SERVER");
             !data.empty() || !server.empty()) {
    if (!data.empty() && !server.empty())
      return UsageError("LIANJIE_DATA and LIANJIE_SERVER are both set: unset one");
    out.data = data;
    out.server = server;
  } else {
    out.data = file["data"];
    out.server = file["server"];
    if (!out.data.empty() && !out.server.empty())
      return UsageError("the configuration file gives both data and server");
  }
  out.ca = Choose(flags.ca, "", file["ca"]);
  const std::string graph = Choose(flags.graph, Environment("LIANJIE_GRAPH"), file["graph"]);
  if (!graph.empty()) out.graph = graph;
  out.threads = flags.threads;
  if (out.threads < 0 && !file["threads"].empty()) {
    const std::int64_t threads = ParseInt64(file["threads"]).value_or(-1);
    if (threads < 0 || threads > kMaxThreads) {
      return UsageError(Cat("threads in the configuration file: '", file["threads"],
                            "' is not a whole number from 0 to ", kMaxThreads));
    }
    out.threads = static_cast<int>(threads);
  }
  if (out.threads < 0) out.threads = 0;
  if (const std::string memory = Choose(flags.memory, "", file["memory"]); !memory.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(out.memory_bytes, ParseBytes("--memory", memory));
  }
  if (const std::string time = Choose(flags.retention, "", file["retention"]); !time.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(out.retention, ParseTime("--retention", time));
  }
  if (const std::string time = Choose(flags.max_deadline, "", file["max_deadline"]);
      !time.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(out.max_deadline, ParseTime("--max-deadline", time));
    if (out.max_deadline->count() == 0) return UsageError("--max-deadline: 0 lets no call run");
  }
  LIANJIE_ASSIGN_OR_RETURN(
      out.min_free_disk_bytes,
      OptionalBytes("--min-free-disk", Choose(flags.min_free_disk, "", file["min_free_disk"])));
  LIANJIE_ASSIGN_OR_RETURN(
      out.write_buffer_bytes,
      OptionalBytes("--write-buffer", Choose(flags.write_buffer, "", file["write_buffer"])));
  LIANJIE_ASSIGN_OR_RETURN(
      out.load_memory_bytes,
      OptionalBytes("--load-memory", Choose(flags.load_memory, "", file["load_memory"])));
  out.listen = Choose(flags.listen, "", file["listen"]);
  out.tls_certificate = Choose(flags.tls_certificate, "", file["tls_certificate"]);
  out.tls_key = Choose(flags.tls_key, "", file["tls_key"]);
  out.insecure = flags.insecure || file["insecure"] == "true";
  return out;
}

}  // namespace lianjie::cli
