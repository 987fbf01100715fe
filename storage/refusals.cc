#include "storage/refusals.h"

#include <string>

#include "engine/core/rules.h"
#include "engine/core/text.h"

namespace lianjie::storage {
namespace {

Reason ExistsReason(std::string_view what) {
  if (what == "node") return Reason::kNodeExists;
  if (what == "link") return Reason::kLinkExists;
  return Reason::kDuplicateId;
}

}  // namespace

absl::Status AlreadyStored(std::string_view what, std::string_view id) {
  return MakeError(absl::StatusCode::kAlreadyExists, Cat(what, " '", id, "' exists already"),
                   {.reason = ExistsReason(what),
                    .field = what == "region" ? "code" : "id",
                    .row = {},
                    .metadata = {{std::string(what), std::string(id)}}});
}

absl::Status UnknownEnd(std::string_view field, std::string_view node) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat(field, ": there is no node '", node, "'"),
                   {.reason = Reason::kNodeNotFound,
                    .field = std::string(field),
                    .row = {},
                    .metadata = {{"node", std::string(node)}}});
}

absl::Status UnknownRegion(std::string_view field, std::string_view code) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat(field, ": the region table has no region '", code, "'"),
                   {.reason = Reason::kRegionNotFound,
                    .field = std::string(field),
                    .row = {},
                    .metadata = {{"region", std::string(code)}}});
}

absl::Status UnknownParent(std::string_view code, std::string_view parent) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      Cat("parent: the region table has no region '", parent, "' to hold '", code, "'"),
      {.reason = Reason::kRegionTreeInvalid,
       .field = "parent",
       .row = {},
       .metadata = {{"region", std::string(code)}, {"parent", std::string(parent)}}});
}

absl::Status LevelNotBelow(std::string_view code, std::int64_t level, std::string_view parent,
                           std::int64_t parent_level) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      Cat("level: region '", code, "' has level ", level, ", which must be greater than level ",
          parent_level, " of '", parent, "' above it"),
      {.reason = Reason::kRegionTreeInvalid,
       .field = "level",
       .row = {},
       .metadata = {{"region", std::string(code)},
                    {"level", Cat(level)},
                    {"parent", std::string(parent)},
                    {"parent_level", Cat(parent_level)}}});
}

absl::Status KindBreaksLink(std::string_view node, NodeKind kind, const LinkRecord& link,
                            NodeKind source, NodeKind target) {
  const std::string_view mechanism = EnumName(link.mechanism);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat("kind: node '", node, "' may not become ", EnumName(kind), ": its link '",
                       link.id, "' would be ", mechanism, " from ", EnumName(source), " to ",
                       EnumName(target), "; it joins ", AllowedPairs(link.mechanism)),
                   {.reason = Reason::kMechanismNotAllowed,
                    .field = "kind",
                    .row = {},
                    .metadata = {{"node", std::string(node)},
                                 {"kind", std::string(EnumName(kind))},
                                 {"link", link.id},
                                 {"mechanism", std::string(mechanism)},
                                 {"source_kind", std::string(EnumName(source))},
                                 {"target_kind", std::string(EnumName(target))},
                                 {"allowed", AllowedPairs(link.mechanism)}}});
}

absl::Status RevisionUnavailable(std::string_view field, std::int64_t revision, std::int64_t oldest,
                                 std::int64_t newest) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("revision ", revision, revision > newest ? " is not there yet" : " is no longer kept",
          ": revisions ", oldest, " to ", newest, " are"),
      {.reason = Reason::kRevisionUnavailable,
       .field = std::string(field),
       .row = {},
       .metadata = {
           {"requested", Cat(revision)}, {"oldest", Cat(oldest)}, {"newest", Cat(newest)}}});
}

}  // namespace lianjie::storage
