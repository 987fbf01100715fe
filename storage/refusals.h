// The errors that the committer and the load both give, each in one place.
#ifndef LIANJIE_STORAGE_REFUSALS_H_
#define LIANJIE_STORAGE_REFUSALS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "engine/core/enums.h"
#include "engine/core/records.h"
#include "engine/core/status.h"

namespace lianjie::storage {

// ALREADY_EXISTS: a record of that id is in the graph. `what` is "node", "link", "region" or
// "line".
absl::Status AlreadyStored(std::string_view what, std::string_view id);
// INVALID_ARGUMENT, NODE_NOT_FOUND: the end of a link that `field` names is not in the graph.
absl::Status UnknownEnd(std::string_view field, std::string_view node);
// INVALID_ARGUMENT, REGION_NOT_FOUND: the graph has a region table, and the code is not in it.
absl::Status UnknownRegion(std::string_view field, std::string_view code);
// INVALID_ARGUMENT, REGION_TREE_INVALID: the region table lacks the region that is to hold another.
absl::Status UnknownParent(std::string_view code, std::string_view parent);
// INVALID_ARGUMENT, REGION_TREE_INVALID: a region lies above another whose level is not greater.
absl::Status LevelNotBelow(std::string_view code, std::int64_t level, std::string_view parent,
                           std::int64_t parent_level);
// INVALID_ARGUMENT, MECHANISM_NOT_ALLOWED: a node may not become `kind`, because of a link that it
// has.
absl::Status KindBreaksLink(std::string_view node, NodeKind kind, const LinkRecord& link,
                            NodeKind source, NodeKind target);

// FAILED_PRECONDITION, REVISION_UNAVAILABLE: `revision` is not one of oldest to newest.
absl::Status RevisionUnavailable(std::string_view field, std::int64_t revision, std::int64_t oldest,
                                 std::int64_t newest);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_REFUSALS_H_
