// `lianjie serve`: the first line on standard output says where it listens; the first interrupt
// shuts it down in order, the second at once.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/base/files.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/connection.h"
#include "clients/cli/session.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/server.h"

namespace lianjie::cli {
namespace {

constexpr char kDefaultListen[] = "127.0.0.1:7443";
constexpr int kMaxPort = 65535;
// What a client that forgets to set a deadline, and goes away unseen, may cost.
constexpr std::chrono::seconds kDefaultMaxDeadline = std::chrono::hours(1);
// After the drain; a server that hangs then would keep its store locked.
constexpr std::chrono::seconds kShutdownGrace{10};

absl::Status Serve(const Settings& settings) {
  if (settings.data.empty()) return UsageError("serve opens a store: give --data DIR");
  server::ServerOptions options;
  options.data_dir = settings.data;
  options.listen_address = settings.listen.empty() ? kDefaultListen : settings.listen;
  options.threads = settings.threads;
  options.memory_bytes = settings.memory_bytes;
  options.min_free_disk_bytes = settings.min_free_disk_bytes;
  options.write_buffer_bytes = settings.write_buffer_bytes;
  options.load_memory_bytes = settings.load_memory_bytes;
  options.shutdown_grace = kShutdownGrace;
  if (settings.retention) options.retention = *settings.retention;
  const std::chrono::seconds longest = settings.max_deadline.value_or(kDefaultMaxDeadline);
  if (longest != std::chrono::seconds::max()) options.max_deadline = longest;
  const std::size_t colon = options.listen_address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return UsageError(Cat("--listen: '", options.listen_address, "' is not HOST:PORT"));
  }
  const std::string port = options.listen_address.substr(colon + 1);
  const std::optional<std::int64_t> number = ParseInt64(port);
  if (!number || *number < 0 || *number > kMaxPort) {
    return UsageError(Cat("--listen: '", port, "' is not a port from 0 to ", kMaxPort));
  }
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return UsageError("--tls-certificate and --tls-key belong together: one is missing");
  }
  if (!settings.tls_certificate.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(options.tls_certificate_pem,
                             ReadWholeFile("--tls-certificate", settings.tls_certificate));
    LIANJIE_ASSIGN_OR_RETURN(options.tls_key_pem, ReadWholeFile("--tls-key", settings.tls_key));
  } else if (!IsLoopback(options.listen_address) && !settings.insecure) {
    return UsageError(Cat("--listen: ", options.listen_address,
                          " can be reached from other machines: give --tls-certificate and "
                          "--tls-key, or --insecure to serve everything in the clear"));
  }
  std::error_code error;
  const bool is_new = !std::filesystem::exists(options.data_dir, error) ||
                      std::filesystem::is_empty(options.data_dir, error);
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<server::Server> server,
                           server::Server::Open(options));
  if (is_new) std::fprintf(stderr, "made a new store in %s\n", options.data_dir.c_str());
  std::printf("listening on %s:%d\n", options.listen_address.substr(0, colon).c_str(),
              server->port());
  std::fflush(stdout);
  WaitForInterrupt();
  server->Shutdown();
  return absl::OkStatus();
}

}  // namespace

void AddServe(CLI::App& app, Session& session) {
  CLI::App* serve = app.add_subcommand("serve", "Serve a store over gRPC until interrupted");
  serve->footer(
      "Examples:\n  lianjie serve --data county.data --listen 127.0.0.1:7443\n"
      "  lianjie serve --data county.data --listen 0.0.0.0:7443 --tls-certificate server.pem "
      "--tls-key server.key\n"
      "Then, from anywhere:\n  lianjie stats --server HOST:7443 --ca ca.pem");
  serve->fallthrough();
  Flags& flags = session.flags;
  serve
      ->add_option("--listen", flags.listen,
                   "Where to listen, port 0 for any that is free; default: 127.0.0.1:7443")
      ->type_name("HOST:PORT");
  serve->add_option("--tls-certificate", flags.tls_certificate, "Certificate chain, PEM")
      ->type_name("FILE");
  serve->add_option("--tls-key", flags.tls_key, "Its key, PEM")->type_name("FILE");
  serve
      ->add_option("--retention", flags.retention,
                   "How long older revisions can be read and watched from, and request ids are "
                   "known: as 7d, 12h, 30m or 90s; 0 keeps the newest alone, forever keeps all; "
                   "default: 7d")
      ->type_name("TIME");
  serve
      ->add_option("--max-deadline", flags.max_deadline,
                   "Most time that a call may take: as 7d, 12h, 30m or 90s, or forever; loads, "
                   "checks and backups take as long as they need; default: 1h")
      ->type_name("TIME");
  serve
      ->add_option("--min-free-disk", flags.min_free_disk,
                   "Refuse writes while less than this is free on the store's disk; default: 256M")
      ->type_name("SIZE");
  serve
      ->add_option("--write-buffer", flags.write_buffer,
                   "Memory for writes that are not yet in sorted files; default: 128M")
      ->type_name("SIZE");
  serve
      ->add_option("--load-memory", flags.load_memory,
                   "Memory that the rows of one load may take, the rest waits on the store's disk; "
                   "default: a sixth of the machine's, but at least 2G; least: 1M")
      ->type_name("SIZE");
  serve->callback([&session] { session.action = &Serve; });
}

}  // namespace lianjie::cli
