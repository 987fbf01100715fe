// The whole server as one object: a store, a snapshot keeper, lanes, and the gRPC services over
// them. It listens when asked to; the command line embeds one that does not, and talks to it
// through a channel in process, so that there is one way to every answer.
#ifndef LIANJIE_SERVER_SERVER_H_
#define LIANJIE_SERVER_SERVER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class Channel;
}

namespace lianjie::server {

struct ServerOptions {
  // The store's folder; made when it is not there unless must_exist. Empty: a store in memory, for
  // calls that need none.
  std::string data_dir;
  bool must_exist = false;
  // Nothing is written to the folder, where there must be a store that no process has open; none
  // can open it to write meanwhile. Calls that write are refused.
  bool read_only = false;
  std::string backup_folder;   // of requests that name none
  std::string listen_address;  // "127.0.0.1:0"; empty: in process only. Port 0: the system chooses
  std::string tls_certificate_pem;  // both or none: TLS on the listening port
  std::string tls_key_pem;
  int threads = 0;  // for one analysis; 0: all the machine has
  std::uint64_t memory_bytes =
      0;  // for all running analyses and cached projections; 0: half of the machine's memory
  // The store refuses writes while less than this is free on its disk, and keeps so much of what is
  // written in memory (storage::OpenOptions); nothing: its defaults.
  std::optional<std::uint64_t> min_free_disk_bytes;
  std::optional<std::uint64_t> write_buffer_bytes;
  // Memory that the rows of one load may take (storage::LoadOptions); nothing: a sixth of the
  // machine's memory, but at least 2 GiB.
  std::optional<std::uint64_t> load_memory_bytes;
  int interactive_threads = 2;
  int heavy_threads = 2;
  int write_threads = 8;
  std::size_t max_queue = 256;    // requests that wait in one lane
  std::size_t max_watches = 256;  // at once
  // A call may take so long, whatever deadline its client gave it, and ends with DEADLINE_EXCEEDED
  // then; nothing: as long as its client lets it. Loads and AdminService are never cut: what they
  // take follows from how much there is.
  std::optional<std::chrono::milliseconds> max_deadline;
  // A reader of a stream that takes no message for so long is ended with DEADLINE_EXCEEDED.
  std::chrono::milliseconds stall{std::chrono::seconds(30)};
  // What was a graph's newest state within this time can be read by its revision and watched from,
  // and request ids are known for as long; older history is removed. 0: the newest state alone;
  // seconds::max(): all is kept.
  std::chrono::seconds retention{std::chrono::hours(24 * 7)};
  // Called once, from any thread, when the disk failed the store: the process must end with a clear
  // message, since what is in memory can no longer be trusted. Nothing acknowledged is lost. Empty:
  // a message on stderr, then the process ends at once with status 1.
  std::function<void(const absl::Status&)> on_store_failure;
  std::chrono::milliseconds drain{
      std::chrono::seconds(5)};  // what runs at Shutdown may take so long
  // For a process that is nothing but this server: when Shutdown has not come to its end so long
  // after `drain`, the process ends with status 1 and a line on stderr. 0: it never does.
  std::chrono::milliseconds shutdown_grace{0};
};

// Thread safe.
class Server {
 public:
  // Errors: those of the store (STORE_LOCKED, STORE_FORMAT, STORE_CORRUPT, NOT_FOUND with
  // must_exist), INVALID_FIELD (listen_address, tls, load_memory).
  static absl::StatusOr<std::unique_ptr<Server>> Open(const ServerOptions& options);

  virtual ~Server() = default;

  // A channel to this server without a network. Valid until Shutdown.
  virtual std::shared_ptr<grpc::Channel> InProcessChannel() = 0;
  // The port listened on; 0 when not listening.
  virtual int port() const = 0;
  // Not serving, no new work, what runs drains, then it is cancelled. Returns when all has ended.
  // Idempotent; the destructor calls it.
  virtual void Shutdown() = 0;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_SERVER_H_
