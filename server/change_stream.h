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

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/enums.h"
#include "lianjie/v1/transfer.pb.h"
#include "server/region_history.h"
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
  std::optional<std::uint64_t> identity;  // of the graph; nothing: whichever has the name
  ChangeFilter filter;
  std::chrono::milliseconds heartbeat{0};
};

// INVALID_FIELD: heartbeat, graph_identity, or a kind that is none.
absl::StatusOr<WatchSpec> ReadWatch(const v1::WatchRequest& request);

// One thread at a time; the store outlives it.
class ChangeStream {
 public:
  ChangeStream(const storage::Store& store, WatchSpec spec);

  // Appends messages until they have about `max_bytes`, many events were passed over, or there are
  // no more; the last is true. A call goes through some ten thousand changes at most, so that
  // others get their turn and who has gone is noticed. Between calls it holds a state of the store
  // unless there were no more. Errors: GRAPH_NOT_FOUND (also when another graph has the name now),
  // REVISION_UNAVAILABLE, REGION_NOT_FOUND, LIMIT_EXCEEDED (RegionHistory), those of the store.
  absl::StatusOr<bool> Next(std::size_t max_bytes, std::vector<v1::WatchResponse>& out);

  // The sign of life: everything up to here was sent.
  v1::WatchResponse Checkpoint() const;

 private:
  using Changes = std::unique_ptr<storage::Cursor<storage::Change>>;
  // A stretch of the feed, up to the newest revision when it was opened.
  struct Window {
    std::shared_ptr<const storage::Reader> reader;
    Changes changes;
    Changes ahead = nullptr;     // what the history is made from, until it is
    std::uint64_t position = 0;  // of the next change
  };

  absl::StatusOr<bool> OpenWindow();
  absl::StatusOr<bool> LookAhead();
  absl::Status CheckRegion();
  v1::WatchResponse Message(std::int64_t revision, std::int64_t micros) const;
  v1::WatchResponse EventOf(const storage::Change& change) const;
  void EndRevision(std::vector<v1::WatchResponse>& out);
  bool KindPasses(const storage::Change::Image& image) const;
  absl::StatusOr<bool> RegionPasses(const storage::Change::Image& image);
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
  bool revision_passed_ = false;          // one of its events was sent
  std::optional<RegionHistory> history_;  // of the region of the filter
  bool region_known_ = false;             // it was looked for
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_CHANGE_STREAM_H_
