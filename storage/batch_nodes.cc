#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/batch.h"
#include "storage/masks.h"
#include "storage/refusals.h"

namespace lianjie::storage {

absl::Status BatchApplier::Apply(const NodeWrite& write) {
  const std::string& id = write.node.id;
  if (id.empty()) return InvalidField("id", "is required", Reason::kMissingField);
  if (!write.mask.empty() && write.kind != WriteKind::kUpdate) {
    return InvalidField("mask", "goes with an update alone");
  }
  ends_.erase(id);
  LIANJIE_ASSIGN_OR_RETURN(const auto stored, writer_.data().GetNode(id));
  switch (write.kind) {
    case WriteKind::kCreate:
      if (stored.has_value()) return AlreadyStored("node", id);
      return Put(write, stored);
    case WriteKind::kUpdate:
      if (!stored.has_value()) return NotFound(Reason::kNodeNotFound, "node", id);
      return Put(write, stored);
    case WriteKind::kUpsert:
      return Put(write, stored);
    case WriteKind::kDelete:
      if (!stored.has_value()) return NotFound(Reason::kNodeNotFound, "node", id);
      return Delete(write, *stored);
  }
  return InvalidField("kind", "is no kind of write");
}

absl::Status BatchApplier::Put(const NodeWrite& write, const std::optional<StoredNode>& stored) {
  NodeRecord node;
  if (write.mask.empty()) {
    node = write.node;
  } else {
    node = stored->record;
    LIANJIE_RETURN_IF_ERROR(CopyMasked(write.mask, write.node, node));
  }
  Normalize(node);
  LIANJIE_RETURN_IF_ERROR(Validate(node));
  if (!stored.has_value() || stored->record.region != node.region) {
    LIANJIE_RETURN_IF_ERROR(CheckRegionKnown(node.region, "region"));
  }
  Number number = 0;
  if (stored.has_value()) {
    number = stored->number;
    if (stored->record.kind != node.kind) {
      LIANJIE_RETURN_IF_ERROR(CheckLinksOfKind(*stored, node.kind));
    }
  } else {
    LIANJIE_ASSIGN_OR_RETURN(number, writer_.NewNode());
  }
  Claim(number, PayerShares::kLeak,
        stored.has_value() ? ClaimOfLeak(stored->record.leak_share) : std::nullopt,
        ClaimOfLeak(node.leak_share));
  return writer_.PutNode(number, stored.has_value() ? &stored->record : nullptr, node);
}

// The type table again, for the links that the node has, should it become `kind`.
absl::Status BatchApplier::CheckLinksOfKind(const StoredNode& node, NodeKind kind) const {
  const GraphData& data = writer_.data();
  const auto kind_of = [&](Number other) -> absl::StatusOr<NodeKind> {
    if (other == node.number) return kind;
    LIANJIE_ASSIGN_OR_RETURN(const std::string value, data.ReadNodeValue(other));
    LIANJIE_ASSIGN_OR_RETURN(const NodeHead head, DecodeNodeHead(value));
    return head.kind;
  };
  LIANJIE_ASSIGN_OR_RETURN(std::vector<LinkPlace> places, data.OutPlaces(node.number));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<LinkPlace> in, data.InPlaces(node.number));
  places.insert(places.end(), in.begin(), in.end());
  for (const LinkPlace& place : places) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeKind source, kind_of(place.source));
    LIANJIE_ASSIGN_OR_RETURN(const NodeKind target, kind_of(place.target));
    if (IsAllowed(place.mechanism, source, target)) continue;
    LIANJIE_ASSIGN_OR_RETURN(const LinkRecord link, data.ReadLinkWithoutEnds(place));
    return KindBreaksLink(node.record.id, kind, link, source, target);
  }
  return absl::OkStatus();
}

absl::Status BatchApplier::Delete(const NodeWrite& write, const StoredNode& node) {
  const GraphData& data = writer_.data();
  const std::size_t most = limits_.changes + 1;  // no more need be known
  LIANJIE_ASSIGN_OR_RETURN(std::vector<LinkPlace> places, data.OutPlaces(node.number, most));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<LinkPlace> in, data.InPlaces(node.number, most));
  for (const LinkPlace& place : in) {
    if (place.source != node.number) places.push_back(place);  // a self-loop is there already
  }
  if (!places.empty() && !write.cascade) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        Cat("node '", node.record.id, "' has ", places.size() < most ? "" : "at least ",
            places.size(), places.size() == 1 ? " link" : " links",
            "; delete them first, or with cascade"),
        {.reason = Reason::kNodeHasLinks,
         .field = "id",
         .row = {},
         .metadata = {{"node", node.record.id}, {"links", Cat(places.size())}}});
  }
  LIANJIE_RETURN_IF_ERROR(CheckSize(places.size() + 1));
  for (const LinkPlace& place : places) {
    LIANJIE_RETURN_IF_ERROR(CheckSize(0));
    LIANJIE_ASSIGN_OR_RETURN(LinkRecord link, data.ReadLink(place));
    LIANJIE_RETURN_IF_ERROR(Delete(StoredLink{.place = place, .record = std::move(link)}));
  }
  Claim(node.number, PayerShares::kLeak, ClaimOfLeak(node.record.leak_share), std::nullopt);
  return writer_.DeleteNode(node);
}

}  // namespace lianjie::storage
