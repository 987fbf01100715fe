// One graph's records as they stand in a reader of the map: every look-up that the Reader, the
// committer and the load share. What is not there is an empty optional; an error means that the
// store is damaged or the disk failed.
#ifndef LIANJIE_STORAGE_GRAPH_DATA_H_
#define LIANJIE_STORAGE_GRAPH_DATA_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/records.h"
#include "storage/codec.h"
#include "storage/key_value.h"
#include "storage/keys.h"

namespace lianjie::storage {

struct StoredNode {
  Number number = 0;
  NodeRecord record;
};

struct StoredLink {
  LinkPlace place;
  LinkRecord record;
};

// The number of a graph by its name; nothing when there is none of that name.
absl::StatusOr<std::optional<GraphNumber>> FindGraph(const KeyValueReader& kv,
                                                     std::string_view name);
absl::Status GraphNotFound(std::string_view name);

// Walks the keys that begin with `prefix`. An error of `visit` ends the walk and is returned.
absl::Status VisitPrefix(
    const KeyValueReader& kv, const std::string& prefix, bool bulk,
    absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)> visit);

// A view: copies nothing, owns nothing. As thread safe as its reader.
class GraphData {
 public:
  GraphData(const KeyValueReader& kv, GraphNumber graph) : kv_(kv), graph_(graph) {}

  const KeyValueReader& kv() const { return kv_; }
  GraphNumber graph() const { return graph_; }

  absl::StatusOr<GraphMeta> Meta() const;

  absl::StatusOr<std::optional<NodePlace>> FindNode(std::string_view id) const;
  absl::StatusOr<std::optional<StoredNode>> GetNode(std::string_view id) const;
  absl::StatusOr<NodeRecord> ReadNode(Number node) const;
  // The node's value, for DecodeNodeHead.
  absl::StatusOr<std::string> ReadNodeValue(Number node) const;

  absl::StatusOr<std::optional<LinkPlace>> FindLink(std::string_view id) const;
  absl::StatusOr<std::optional<StoredLink>> GetLink(std::string_view id) const;
  // The link at `place` with the ids of its ends.
  absl::StatusOr<LinkRecord> ReadLink(const LinkPlace& place) const;
  // The same without the ids of its ends: cheaper by two look-ups.
  absl::StatusOr<LinkRecord> ReadLinkWithoutEnds(const LinkPlace& place) const;
  // The links that a node pays, without the ids of their ends, in the order of their keys.
  absl::Status VisitOutLinks(
      Number node,
      absl::FunctionRef<absl::Status(const LinkPlace&, const LinkRecord&)> visit) const;
  // Where the links of a node stand, the first `most` of them; a self-loop is in both.
  absl::StatusOr<std::vector<LinkPlace>> OutPlaces(
      Number node, std::size_t most = std::numeric_limits<std::size_t>::max()) const;
  absl::StatusOr<std::vector<LinkPlace>> InPlaces(
      Number node, std::size_t most = std::numeric_limits<std::size_t>::max()) const;

  absl::StatusOr<std::optional<RegionRecord>> GetRegion(std::string_view code) const;
  absl::StatusOr<std::vector<std::string>> RegionChildren(std::string_view code) const;
  absl::StatusOr<RegionUse> GetRegionUse(std::string_view code) const;
  absl::StatusOr<std::optional<LineRecord>> GetLine(std::string_view region,
                                                    std::int64_t year) const;
  absl::StatusOr<std::optional<RequestRecord>> GetRequest(std::string_view request_id) const;
  absl::StatusOr<std::optional<RevisionRecord>> GetRevision(std::int64_t revision) const;

 private:
  const KeyValueReader& kv_;
  GraphNumber graph_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_GRAPH_DATA_H_
