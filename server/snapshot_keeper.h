// Keeps for every graph the newest Snapshot that was asked for, and the Projections made from it,
// and decides which revision a read sees. A read at minimum latency takes what is there and lets a
// fresher one be made behind it; the others wait for the revision they name.
#ifndef LIANJIE_SERVER_SNAPSHOT_KEEPER_H_
#define LIANJIE_SERVER_SNAPSHOT_KEEPER_H_

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/snapshot.h"
#include "engine/runtime/run_context.h"
#include "storage/store.h"

namespace lianjie::server {

// After Zanzibar's zookies (Pang et al. 2019): how fresh an answer must be.
struct Freshness {
  enum class Kind : std::uint8_t {
    kMinimizeLatency,
    kAtLeast,
    kExact,
    kLatest
  } kind = Kind::kMinimizeLatency;
  std::int64_t revision = 0;  // kAtLeast, kExact
};

// OK when a graph now at `newest` can serve `freshness`; else REVISION_UNAVAILABLE
// (FAILED_PRECONDITION) naming both.
absl::Status CheckRevision(const Freshness& freshness, std::int64_t newest);

// Thread safe.
class SnapshotKeeper {
 public:
  SnapshotKeeper(const storage::Store& store, std::uint64_t projection_budget_bytes);
  ~SnapshotKeeper();

  // The Snapshot that serves `freshness`. Errors: GRAPH_NOT_FOUND, REVISION_UNAVAILABLE (a revision
  // that is not the newest is not kept in memory), those of the store. O(1) when it is there, else
  // one scan of the graph; readers of one graph wait for the same scan.
  absl::StatusOr<std::shared_ptr<const Snapshot>> Get(std::string_view graph,
                                                      const Freshness& freshness);

  // The Projection of a view, made once and kept under the budget, least recently used first out.
  absl::StatusOr<std::shared_ptr<const Projection>> GetProjection(std::string_view graph,
                                                                  const View& view,
                                                                  const ProjectionSpec& spec,
                                                                  RunContext& context);

  // For Store::SetListener: the graph has a new revision (0: it is gone).
  void OnCommit(std::string_view graph, std::int64_t revision);

 private:
  struct Slot {
    std::mutex build;                          // held while a scan runs
    std::shared_ptr<const Snapshot> snapshot;  // guarded by mutex_
  };
  struct CachedProjection {
    std::string key;
    std::shared_ptr<const Projection> projection;
  };

  std::shared_ptr<Slot> SlotOf(std::string_view graph);
  std::shared_ptr<const Snapshot> Peek(const Slot& slot);
  absl::StatusOr<std::shared_ptr<const Snapshot>> Refresh(std::string_view graph, Slot& slot);
  void Forget(std::string_view graph);
  void RefreshBehind();

  const storage::Store& store_;
  const std::uint64_t projection_budget_bytes_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;
  std::list<CachedProjection> projections_;  // most recently used first
  std::uint64_t projection_bytes_ = 0;
  std::set<std::string> stale_;  // graphs whose Snapshot is to be refreshed behind the readers
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread refresher_;
};

// Reads a whole graph into a Snapshot. O(graph).
absl::StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(const storage::Reader& reader);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_SNAPSHOT_KEEPER_H_
