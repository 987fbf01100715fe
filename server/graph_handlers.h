// What GraphService's methods do, as plain functions of messages: check, call, map, fill. gRPC is
// call.h's business.
#ifndef LIANJIE_SERVER_GRAPH_HANDLERS_H_
#define LIANJIE_SERVER_GRAPH_HANDLERS_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lianjie/v1/graph_service.pb.h"
#include "server/call.h"
#include "server/old_readers.h"
#include "server/snapshot_keeper.h"
#include "storage/store.h"

namespace lianjie::server {

inline constexpr std::string_view kDefaultGraph = "default";

inline constexpr std::size_t kMaxRequestIdBytes = 128;

// LIMIT_EXCEEDED when a request id has more.
absl::Status CheckRequestId(std::string_view field, std::string_view id);

// The graph a request names, or the default one.
inline std::string_view GraphName(std::string_view name) {
  return name.empty() ? kDefaultGraph : name;
}

absl::StatusOr<Freshness> FreshnessOf(const v1::Consistency& consistency);

// Thread safe; the store, the keeper and the old readers outlive it.
class GraphHandlers {
 public:
  GraphHandlers(storage::Store& store, SnapshotKeeper& keeper, OldReaders& old_readers)
      : store_(store), keeper_(keeper), old_readers_(old_readers) {}

  absl::StatusOr<v1::Graph> CreateGraph(const v1::CreateGraphRequest& request);
  absl::StatusOr<v1::Graph> GetGraph(const v1::GetGraphRequest& request);
  absl::StatusOr<v1::ListGraphsResponse> ListGraphs(const v1::ListGraphsRequest& request);
  absl::StatusOr<v1::Graph> UpdateGraph(const v1::UpdateGraphRequest& request);
  absl::Status DeleteGraph(const v1::DeleteGraphRequest& request);
  absl::StatusOr<v1::MutateResponse> Mutate(const v1::MutateRequest& request);

  absl::StatusOr<v1::GetNodeResponse> GetNode(const v1::GetNodeRequest& request, const Call& call);
  absl::StatusOr<v1::GetLinkResponse> GetLink(const v1::GetLinkRequest& request, const Call& call);
  absl::StatusOr<v1::ListNodesResponse> ListNodes(const v1::ListNodesRequest& request,
                                                  const Call& call);
  absl::StatusOr<v1::ListLinksResponse> ListLinks(const v1::ListLinksRequest& request,
                                                  const Call& call);
  absl::StatusOr<v1::ListRegionsResponse> ListRegions(const v1::ListRegionsRequest& request,
                                                      const Call& call);
  absl::StatusOr<v1::ListLinesResponse> ListLines(const v1::ListLinesRequest& request,
                                                  const Call& call);
  absl::StatusOr<v1::GetStatisticsResponse> GetStatistics(const v1::GetStatisticsRequest& request,
                                                          const Call& call);

  // Whether a read must wait until an older revision is rebuilt.
  bool MustRebuild(std::string_view graph, const v1::Consistency& consistency);

  absl::Status Export(const v1::ExportRequest& request, StreamWriter& writer, const Call& call);

 private:
  // Both of one revision.
  struct Seen {
    std::shared_ptr<const Snapshot> snapshot;
    std::shared_ptr<const storage::Reader> reader;
  };

  absl::StatusOr<Seen> See(std::string_view graph, Freshness freshness, const Call& call);
  // The newest Reader, or that of the very revision that is asked for.
  absl::StatusOr<std::shared_ptr<const storage::Reader>> OpenReader(
      std::string_view graph, const v1::Consistency& consistency, const Call& call);

  storage::Store& store_;
  SnapshotKeeper& keeper_;
  OldReaders& old_readers_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_GRAPH_HANDLERS_H_
