// Settings that all commands share: where the store or the server is, which graph, how much of the
// machine. A flag wins over an environment variable, and that over a TOML file: the one named by
// --config, else ./lianjie.toml, else
// ~/.config/lianjie.toml. Every name in the file is a flag's, with "_" for "-".
#ifndef LIANJIE_CLIENTS_CLI_SETTINGS_H_
#define LIANJIE_CLIENTS_CLI_SETTINGS_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lianjie::cli {

inline constexpr int kMaxThreads = 4096;

struct Settings {
  std::string data;    // the store's folder; this or server
  std::string server;  // HOST:PORT
  std::string ca;      // file of certificates to trust, for TLS
  std::string graph = "default";
  int threads = 0;
  std::uint64_t memory_bytes = 0;
  std::optional<std::chrono::seconds> retention;     // seconds::max(): for ever
  std::optional<std::chrono::seconds> max_deadline;  // the same
  std::optional<std::uint64_t> min_free_disk_bytes;  // nothing: the store's default
  std::optional<std::uint64_t> write_buffer_bytes;
  std::optional<std::uint64_t> load_memory_bytes;
  std::string listen;
  std::string tls_certificate;
  std::string tls_key;
  bool insecure = false;
};

// As the flags have it: empty where a flag was not given.
struct Flags {
  std::string config, data, server, ca, graph, memory, retention, listen, tls_certificate, tls_key;
  std::string max_deadline, min_free_disk, write_buffer, load_memory;
  int threads = -1;
  bool insecure = false;
};

// Puts flags, environment and file together. Errors: UsageError (both --data and --server, a file
// that does not parse, a name in it that is none).
absl::StatusOr<Settings> ResolveSettings(const Flags& flags);

// "512M", "8GiB", "1073741824"; binary units. `flag` is what an error names.
absl::StatusOr<std::uint64_t> ParseBytes(std::string_view flag, std::string_view text);

// "90s", "30m", "12h", "7d", "0"; "forever": seconds::max(). The unit is required, but for 0.
// `flag` is what an error names.
absl::StatusOr<std::chrono::seconds> ParseTime(std::string_view flag, std::string_view text);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_SETTINGS_H_
