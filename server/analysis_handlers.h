// What AnalysisService's methods do: the frame that all analyses share, around the engine's
// functions.
#ifndef LIANJIE_SERVER_ANALYSIS_HANDLERS_H_
#define LIANJIE_SERVER_ANALYSIS_HANDLERS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lianjie/v1/analysis_service.pb.h"
#include "server/call.h"
#include "server/memory_budget.h"
#include "server/registry.h"
#include "server/snapshot_keeper.h"
#include "storage/store.h"

namespace lianjie::server {

// Thread safe; the store, the keeper and the budget outlive it.
class AnalysisHandlers {
 public:
  AnalysisHandlers(const storage::Store& store, SnapshotKeeper& keeper, MemoryBudget& budget,
                   int threads)
      : store_(store), keeper_(keeper), budget_(budget), threads_(threads) {}

  // Progress, then the header, then the rows.
  absl::Status Run(const v1::RunRequest& request, StreamWriter& writer, Call& call);
  absl::StatusOr<v1::EstimateResponse> Estimate(const v1::EstimateRequest& request);
  absl::StatusOr<v1::ListAnalysesResponse> ListAnalyses(const v1::ListAnalysesRequest& request);

 private:
  struct Question;
  absl::StatusOr<Question> Understand(const v1::Frame& frame, const v1::Analysis& analysis);
  absl::StatusOr<AnalysisResult> RunWithProgress(const Question& question, StreamWriter& writer,
                                                 RunContext& context);

  const storage::Store& store_;
  SnapshotKeeper& keeper_;
  MemoryBudget& budget_;
  const int threads_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_ANALYSIS_HANDLERS_H_
