// What AnalysisService's methods do: the frame that all analyses share, around the engine's
// functions.
#ifndef LIANJIE_SERVER_ANALYSIS_HANDLERS_H_
#define LIANJIE_SERVER_ANALYSIS_HANDLERS_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lianjie/v1/analysis_service.pb.h"
#include "server/call.h"
#include "server/memory_budget.h"
#include "server/registry.h"
#include "server/snapshot_keeper.h"

namespace lianjie::server {

// Thread safe; the keeper and the budget outlive it.
class AnalysisHandlers {
 public:
  // `threads`: most that one analysis may use; 0: all that the machine has.
  AnalysisHandlers(SnapshotKeeper& keeper, MemoryBudget& budget, int threads)
      : keeper_(keeper),
        budget_(budget),
        threads_(threads > 0 ? std::min(threads, RunContext::kMaxThreads)
                             : RunContext::MachineThreads()) {}

  // A Run from its arrival on.
  struct Arrival {
    v1::RunRequest request;
    std::chrono::steady_clock::time_point time = std::chrono::steady_clock::now();
    std::optional<SnapshotOr> snapshot = std::nullopt;  // once it is known
  };

  // Finds the Snapshot that a Run reads, without blocking: true when it is known at once; else
  // false, and `resume` is called when it is known, or when the call no longer waits. `arrival`
  // must live until then. Errors are Run's, of the request alone.
  absl::StatusOr<bool> Prepare(Arrival& arrival, StreamWriter& writer, Call& call,
                               std::function<void()> resume);
  // Progress, then the header, then the rows. Without Prepare before, it waits for the Snapshot.
  absl::Status Run(Arrival& arrival, StreamWriter& writer, Call& call);
  absl::StatusOr<v1::EstimateResponse> Estimate(const v1::EstimateRequest& request,
                                                const Call& call);
  absl::StatusOr<v1::ListAnalysesResponse> ListAnalyses(const v1::ListAnalysesRequest& request);

 private:
  struct Asked;
  struct Phase;
  // What a request asks, before its graph is seen.
  absl::StatusOr<Asked> Understand(const v1::Frame& frame, const v1::Analysis& analysis,
                                   std::chrono::steady_clock::time_point arrival,
                                   const Call& call) const;
  absl::StatusOr<AnalysisInput> See(const v1::Frame& frame, const Asked& asked,
                                    std::shared_ptr<const Snapshot> snapshot, Phase& phase);
  // Blocks; sends progress while it does.
  SnapshotOr WaitForSnapshot(const Asked& asked, const Arrival& arrival, StreamWriter& writer,
                             const Call& call);

  SnapshotKeeper& keeper_;
  MemoryBudget& budget_;
  const int threads_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_ANALYSIS_HANDLERS_H_
