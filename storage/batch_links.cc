#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/batch.h"
#include "storage/masks.h"
#include "storage/refusals.h"

namespace lianjie::storage {
namespace {

absl::Status CheckEndStays(std::string_view field, bool named, const std::string& given,
                           const std::string& stored) {
  if (given == stored || (!named && given.empty())) return absl::OkStatus();
  return InvalidField(field, Cat("is '", stored, "' and cannot be updated to '", given,
                                 "': delete the link and create another"));
}

}  // namespace

absl::Status BatchApplier::Apply(const LinkWrite& write) {
  const GraphData& data = writer_.data();
  const bool writes_whole = write.kind == WriteKind::kCreate || write.kind == WriteKind::kUpsert;
  if (!write.mask.empty() && write.kind != WriteKind::kUpdate) {
    return InvalidField("mask", "goes with an update alone");
  }
  LinkRecord link = write.link;
  if (writes_whole) {
    Normalize(link);
    LIANJIE_RETURN_IF_ERROR(Validate(link));
    if (link.id.empty()) {
      LIANJIE_ASSIGN_OR_RETURN(link.id, NewLinkId(link, write.kind == WriteKind::kCreate));
    }
  } else if (link.id.empty()) {
    return InvalidField("id", "is required", Reason::kMissingField);
  }
  link_ids_.push_back(link.id);
  LIANJIE_ASSIGN_OR_RETURN(const auto stored, data.GetLink(link.id));
  if (write.kind == WriteKind::kCreate && stored.has_value()) {
    return AlreadyStored("link", link.id);
  }
  if (writes_whole) return Put(std::move(link), stored);
  if (!stored.has_value()) return NotFound(Reason::kLinkNotFound, "link", link.id);
  if (write.kind == WriteKind::kDelete) return Delete(*stored);
  LIANJIE_ASSIGN_OR_RETURN(link, Updated(write, stored->record));
  return Put(std::move(link), stored);
}

// The id of a link without one: from its content, with "-2", "-3" for the second and third of that
// content. A create goes on to the first that is free; an upsert counts within its batch, so that
// the same batch again writes the same links.
absl::StatusOr<std::string> BatchApplier::NewLinkId(const LinkRecord& link, bool skip_stored) {
  const std::string base = MakeLinkId(link);
  std::uint64_t& count = made_ids_[base];
  while (true) {
    ++count;
    std::string id = count == 1 ? base : Cat(base, "-", count);
    if (!skip_stored) return id;
    LIANJIE_ASSIGN_OR_RETURN(const auto place, writer_.data().FindLink(id));
    if (!place.has_value()) return id;
  }
}

absl::StatusOr<LinkRecord> BatchApplier::Updated(const LinkWrite& write,
                                                 const LinkRecord& stored) const {
  const std::vector<std::string>& mask = write.mask;
  LIANJIE_RETURN_IF_ERROR(
      CheckEndStays("source", InMask(mask, "source"), write.link.source, stored.source));
  LIANJIE_RETURN_IF_ERROR(
      CheckEndStays("target", InMask(mask, "target"), write.link.target, stored.target));
  LinkRecord link;
  if (mask.empty()) {
    link = write.link;
    link.source = stored.source;
    link.target = stored.target;
  } else {
    link = stored;
    LIANJIE_RETURN_IF_ERROR(CopyMasked(mask, write.link, link));
    // What follows from other fields follows them.
    if (InMask(mask, "mechanism") && !InMask(mask, "kind")) link.kind = LinkKind::kUnspecified;
    if (!link.share.has_value() && !InMask(mask, "share_of")) link.share_of = ShareOf::kUnspecified;
  }
  Normalize(link);
  LIANJIE_RETURN_IF_ERROR(Validate(link));
  return link;
}

absl::StatusOr<NodePlace> BatchApplier::FindEnd(std::string_view field, const std::string& id) {
  if (const auto it = ends_.find(id); it != ends_.end()) return it->second;
  LIANJIE_ASSIGN_OR_RETURN(const auto place, writer_.data().FindNode(id));
  if (!place.has_value()) return UnknownEnd(field, id);
  ends_.emplace(id, *place);
  return *place;
}

absl::Status BatchApplier::Put(LinkRecord link, const std::optional<StoredLink>& stored) {
  LIANJIE_ASSIGN_OR_RETURN(const NodePlace source, FindEnd("source", link.source));
  LIANJIE_ASSIGN_OR_RETURN(const NodePlace target, FindEnd("target", link.target));
  LIANJIE_RETURN_IF_ERROR(ValidateEnds(link, source.kind, target.kind));
  Number number = 0;
  if (stored.has_value()) {
    number = stored->place.link;
  } else {
    LIANJIE_ASSIGN_OR_RETURN(number, writer_.NewLink());
  }
  const StoredLink after{.place = {.source = source.number,
                                   .mechanism = link.mechanism,
                                   .target = target.number,
                                   .link = number},
                         .record = std::move(link)};
  std::optional<ShareClaim> before_claim;
  if (stored.has_value()) before_claim = ClaimOf(stored->record);
  if (stored.has_value() && stored->place.source != source.number) {
    Claim(stored->place.source, number, before_claim, std::nullopt);
    before_claim.reset();
  }
  Claim(source.number, number, before_claim, ClaimOf(after.record));
  return writer_.PutLink(stored.has_value() ? &*stored : nullptr, after);
}

absl::Status BatchApplier::Delete(const StoredLink& link) {
  Claim(link.place.source, link.place.link, ClaimOf(link.record), std::nullopt);
  return writer_.DeleteLink(link);
}

}  // namespace lianjie::storage
