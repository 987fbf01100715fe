// Watches: streams of a graph's changes for as long as their callers like. None holds a thread
// while nothing happens: a commit wakes those of its graph, a lane fills their buffers, and gRPC
// takes one message after the other from there. A reader that is slow holds its buffer and, until
// it has caught up, a state of the store; one that takes nothing for long is ended.
#ifndef LIANJIE_SERVER_WATCH_H_
#define LIANJIE_SERVER_WATCH_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include "server/call.h"
#include "server/lane.h"
#include "storage/store.h"

namespace lianjie::server {

class Watch;

// Thread safe; the store outlives it, and it outlives all its watches.
class WatchHub {
 public:
  WatchHub(const storage::Store& store, std::size_t max_watches, const CallLimits& limits);
  // After Stop, and when gRPC is done with all watches.
  ~WatchHub();

  // A watch for the request, owned by gRPC. LIMIT_EXCEEDED when there are max_watches already.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(const grpc::ByteBuffer& request);

  // For Store::SetListener.
  void OnCommit(std::string_view graph, std::int64_t revision);

  // Ends all watches with UNAVAILABLE, and those that come. Idempotent.
  void Stop();

 private:
  friend class Watch;

  absl::Status Add(const std::shared_ptr<Watch>& watch);
  void Remove(const std::shared_ptr<Watch>& watch);
  std::vector<std::shared_ptr<Watch>> All();
  void KeepTime();

  const storage::Store& store_;
  const std::size_t max_watches_;
  const CallLimits limits_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::set<std::shared_ptr<Watch>> watches_;
  bool stopped_ = false;
  Lane lane_;
  std::thread clock_;  // the last: it uses all others
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_WATCH_H_
