// Records as columns, in the order in which they come: what a SnapshotBuilder collects in each of
// its parts, and what a delta brings to a Snapshot. Inside engine/graph.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_PART_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_PART_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/core/record_view.h"
#include "engine/graph/columns.h"
#include "engine/graph/snapshot.h"

namespace lianjie {

// One thread at a time.
struct SnapshotPart {
  BasicNodeColumns<columns::Vector, columns::Vector, StringPoolBuilder, columns::Interner>
      nodes;                 // but `region`
  columns::Interner region;  // the codes of the nodes' regions
  BasicLinkColumns<columns::Vector, columns::Vector, StringPoolBuilder, columns::Interner> links;
  absl::Status error;  // the first one; all that comes after it is dropped
  // Rows for which room is taken at once.
  std::size_t expected_nodes = 0;
  std::size_t expected_links = 0;

  void AddNode(const NodeView& node);
  // The ends as the caller numbers them.
  void AddLink(const LinkView& link, NodeIndex source, NodeIndex target);
  void Fail(absl::Status status) {
    if (error.ok()) error = std::move(status);
  }

 private:
  void PutInteger(std::vector<std::int32_t>& column, std::size_t row, std::string_view id,
                  std::string_view field, const std::optional<std::int64_t>& value);
  std::string_view Joined(const std::vector<std::string_view>& labels);

  std::string joined_;  // several labels
};

// INTERNAL: a record that no store would have given.
absl::Status BadRecord(std::string_view what, std::string_view id, std::string_view rule);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_PART_H_
