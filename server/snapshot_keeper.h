// Keeps for every graph the newest Snapshot that was asked for, and the Projections made from it,
// and decides which revision a read sees. A read at minimum latency takes what is there and lets a
// fresher one be made behind it; the others wait for the revision they name.
#ifndef LIANJIE_SERVER_SNAPSHOT_KEEPER_H_
#define LIANJIE_SERVER_SNAPSHOT_KEEPER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/graph/snapshot.h"
#include "engine/runtime/run_context.h"
#include "server/derived_cache.h"
#include "server/lane.h"
#include "server/projection_cache.h"
#include "server/snapshot_source.h"
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

// OK when a graph that is now as `newest` says can serve `freshness`; else REVISION_UNAVAILABLE
// (FAILED_PRECONDITION) naming what is there.
absl::Status CheckRevision(const Freshness& freshness, const storage::GraphInfo& newest);
// Whether it asks for a revision that is not the newest any more.
bool IsOlder(const Freshness& freshness, const storage::GraphInfo& newest);

struct SnapshotKeeperOptions {
  std::uint64_t projection_budget_bytes = std::uint64_t{1} << 30;
  std::uint64_t derived_budget_bytes = std::uint64_t{1} << 30;
  // Where Snapshots are saved, so that the next start need not read the graph; empty: they are not.
  std::string folder;
  // Graphs with fewer nodes and links are read faster than saved.
  std::uint64_t min_saved_records = 100000;
  // A Snapshot that was merged since the last save is saved again after so long, and at the end.
  std::chrono::seconds save_every = std::chrono::minutes(10);
};

// Thread safe. Graphs are read by threads of the keeper's own, one scan a graph at a time, whoever
// waits for it; a scan that nobody waits for any more is given up within milliseconds. A new
// revision costs what changed, not the graph: see snapshot_source.h.
class SnapshotKeeper {
 public:
  SnapshotKeeper(const storage::Store& store, SnapshotKeeperOptions options);
  // Gives up all scans, and saves what is not saved.
  ~SnapshotKeeper();

  // The Snapshot that serves `freshness`. Errors: GRAPH_NOT_FOUND, REVISION_UNAVAILABLE, those of
  // the store and of `check`. O(1) when it is there, else it waits for a scan of the graph. Of
  // older revisions the few that were used last are kept, as far as they fit into the budget of the
  // projections once more.
  SnapshotOr Get(std::string_view graph, const Freshness& freshness, const WaiterCheck& check = {});

  // What Get would give at once: a Snapshot or an error; nothing when it would wait.
  std::optional<SnapshotOr> Peek(std::string_view graph, const Freshness& freshness);

  // The same without blocking: what is there, or nothing, and then `ready` is called once, from any
  // thread, with what Get would have given.
  using Ready = std::function<void(SnapshotOr)>;
  using Ticket = std::uint64_t;
  Ticket NewTicket() { return next_ticket_.fetch_add(1, std::memory_order_relaxed); }
  std::optional<SnapshotOr> GetOrWait(std::string_view graph, const Freshness& freshness,
                                      Ticket ticket, WaiterCheck check, Ready ready);
  // Ends the waiting under a ticket, if it still lasts: its `ready` gets CANCELLED.
  void Leave(Ticket ticket);

  // The Projection of a view, made once and kept under the budget, least recently used first out.
  absl::StatusOr<std::shared_ptr<const Projection>> GetProjection(std::string_view graph,
                                                                  const View& view,
                                                                  const ProjectionSpec& spec,
                                                                  RunContext& context);

  // What an analysis makes of a view, made once for all who ask and kept under its budget for as
  // long as questions are answered from the view's Snapshot: that of an older revision is not kept.
  absl::StatusOr<DerivedPointer> GetDerived(std::string_view graph, const View& view,
                                            const std::string& key, const DerivedMaker& make,
                                            RunContext& context);

  // For Store::SetListener: the graph has a new revision (0: it is gone).
  void OnCommit(std::string_view graph, std::int64_t revision);

  // How often what was done.
  struct Scans {
    std::uint64_t begun = 0;  // of whole graphs
    std::uint64_t given_up = 0;
    std::uint64_t merged = 0;    // with what changed instead
    std::uint64_t opened = 0;    // saved ones
    std::uint64_t rejected = 0;  // saved ones that were damaged or of another graph
    std::uint64_t saved = 0;
    std::uint64_t save_failures = 0;
  };
  Scans scans() const;

 private:
  struct Waiter {
    Ticket ticket = 0;
    Freshness freshness;
    std::int64_t least_revision = 0;
    WaiterCheck check;
    Ready ready;
    bool met = false;  // a scan began since
  };
  // One graph, or one older revision of it. Guarded by mutex_.
  struct Slot {
    std::shared_ptr<const Snapshot> snapshot;
    std::uint64_t used = 0;  // of an older revision: when it was last asked for
    std::vector<Waiter> waiters;
    std::uint64_t identity = 0;  // of the graph that it is a snapshot of
    std::int64_t saved_revision = -1;
    std::chrono::steady_clock::time_point saved_at;
    bool behind = false;    // to be read anew though nobody waits for it
    bool scanning = false;  // a scan runs, or is to run
    bool saving = false;
  };
  // Waiters with what they are to be told, once the mutex is free.
  using Told = std::vector<std::pair<Ready, SnapshotOr>>;

  std::optional<SnapshotOr> GetOrAdd(std::string_view graph, const Freshness& freshness,
                                     std::optional<Waiter> waiter);
  // old_snapshots.cc: slots of older revisions, which go by names of their own.
  static std::string OldName(std::string_view graph, std::int64_t revision);
  static bool IsOldName(std::string_view name);
  absl::StatusOr<std::shared_ptr<const storage::Reader>> OpenSlot(std::string_view name,
                                                                  const WaiterCheck& check) const;
  Waiter RetryIfPassed(std::string_view graph, Waiter waiter);
  void TrimOld();                                                           // mutex_ is held
  void Begin(const std::string& graph, const std::shared_ptr<Slot>& slot);  // mutex_ is held
  void Scan(const std::string& graph, const std::shared_ptr<Slot>& slot);
  SnapshotOr ScanOnce(const std::string& graph, Slot& slot, bool& given_up);
  std::shared_ptr<const Snapshot> OpenSaved(const storage::GraphInfo& info, Slot& slot);
  void Save(const std::string& graph, Slot& slot, bool at_the_end);
  void Count(std::uint64_t Scans::*what);
  bool StillWanted(Slot& slot, bool behind);
  void TakeDead(Slot& slot, Told& told);                            // mutex_ is held
  void TakeServed(Slot& slot, const SnapshotOr& made, Told& told);  // mutex_ is held
  void Fail(Slot& slot, const absl::Status& why);
  void Forget(std::string_view graph);

  const storage::Store& store_;
  const SnapshotKeeperOptions options_;
  const SnapshotFolder folder_;
  ProjectionCache projections_;
  DerivedCache derived_;
  std::atomic<Ticket> next_ticket_{1};
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;
  std::uint64_t uses_ = 0;
  Scans scans_;
  bool stopped_ = false;
  Lane scanners_;  // the last: its threads use all others
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_SNAPSHOT_KEEPER_H_
