// The change feed of one graph as the messages of Watch, from a revision on: what passes a filter,
// a checkpoint behind the events of each revision, and one now and then where nothing passes.
// Knows nothing of gRPC's calls, nor of time: whoever holds it asks for more when there may be
// more.
#ifndef LIANJIE_SERVER_CHANGE_STREAM_H_
#define LIANJIE_SERVER_CHANGE_STREAM_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/enums.h"
#include "lianjie/v1/transfer.pb.h"
#include "server/region_members.h"
#include "storage/store.h"

namespace lianjie::server {

// Which events are sent. All lists empty: of every kind.
struct ChangeFilter {
  std::string region;
  std::vector<NodeKind> node_kinds;
  std::vector<Mechanism> mechanisms;
  std::vector<v1::ElementKind> elements;
};

struct WatchSpec {
  std::string graph;
  std::int64_t after_revision = 0;
  ChangeFilter filter;
  std::chrono::milliseconds heartbeat{0};
};

// INVALID_FIELD: heartbeat, or a kind that is none.
absl::StatusOr<WatchSpec> ReadWatch(const v1::WatchRequest& request);

// One thread at a time; the store outlives it.
class ChangeStream {
 public:
  ChangeStream(const storage::Store& store, WatchSpec spec);

  // Appends messages until they have about `max_bytes`, many events were passed over, or there are
  // no more; the last is true. Between calls it holds a state of the store unless that was so.
  // Errors: GRAPH_NOT_FOUND (also when another graph has the name now), REVISION_UNAVAILABLE,
  // REGION_NOT_FOUND, those of the store.
  absl::StatusOr<bool> Next(std::size_t max_bytes, std::vector<v1::WatchResponse>& out);

  // The sign of life: everything up to here was sent.
  v1::WatchResponse Checkpoint() const;

 private:
  // A stretch of the feed, up to the newest revision when it was opened.
  struct Window {
    std::shared_ptr<const storage::Reader> reader;
    std::unique_ptr<storage::Cursor<storage::Change>> changes;
    std::uint64_t position = 0;  // of the next change
  };
  // Before the change at a position a node lay in a region.
  struct Stay {
    std::uint64_t until = 0;
    std::string region;
  };

  absl::StatusOr<bool> OpenWindow();
  absl::Status LookAhead();
  void EndRevision(std::vector<v1::WatchResponse>& out);
  bool KindPasses(const storage::Change::Image& image) const;
  absl::StatusOr<bool> RegionPasses(const storage::Change::Image& image);
  absl::StatusOr<bool> EndPasses(const std::string& node);
  absl::StatusOr<bool> Passes(const storage::Change& change);

  const storage::Store& store_;
  const WatchSpec spec_;
  const bool every_kind_;
  std::optional<std::uint64_t> identity_;  // of the graph
  std::optional<Window> window_;
  std::int64_t done_ = 0;         // all events up to this revision were sent
  std::int64_t done_micros_ = 0;  // when it was committed
  std::int64_t checkpoint_ = -1;  // the last that was sent
  std::int64_t revision_ = 0;     // whose events are being sent
  std::int64_t revision_micros_ = 0;
  bool revision_passed_ = false;                               // one of its events was sent
  std::optional<RegionMembers> members_;                       // of the region of the filter
  absl::flat_hash_map<std::string, std::vector<Stay>> stays_;  // of nodes, in the window
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_CHANGE_STREAM_H_
