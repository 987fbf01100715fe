#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/btree_set.h"
#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/load_check.h"
#include "storage/refusals.h"

namespace lianjie::storage {
namespace {

absl::Status LinkGivenBefore(std::string_view id) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat("id: link '", id, "' was given before in this load"),
                   {.reason = Reason::kDuplicateId,
                    .field = "id",
                    .row = {},
                    .metadata = {{"id", std::string(id)}}});
}

}  // namespace

std::string LoadPlan::ValueOf(const LinkRow& row) const {
  const std::string_view id = IdOf(row);
  if (id == row.id) return std::string(row.value);
  std::string value;
  AppendLinkId(id, value);
  const char* const body = row.id.data() + row.id.size();
  value.append(body, row.value.data() + row.value.size());
  return value;
}

absl::StatusOr<std::optional<LinkPlace>> StoredLinkRows::At(std::uint32_t row) {
  while (stream_.has_value() && (!next_.has_value() || next_->row < row) && !stream_->AtEnd()) {
    LIANJIE_ASSIGN_OR_RETURN(next_, stream_->Next());
  }
  if (!next_.has_value() || next_->row != row) return std::nullopt;
  return next_->place;
}

absl::Status LoadCheck::VisitLinks(absl::FunctionRef<absl::Status(const LinkRow&)> visit) {
  progress_.Expect(rows_.links.size());
  LinkLog::Stream links(rows_.links);
  LinkRow row;
  while (true) {
    LIANJIE_ASSIGN_OR_RETURN(const bool more, links.Next(row));
    if (!more) return absl::OkStatus();
    progress_.Add(1);
    if (!rows_.link_rejected[row.row]) LIANJIE_RETURN_IF_ERROR(visit(row));
  }
}

absl::Status LoadCheck::CheckLinks() {
  LIANJIE_RETURN_IF_ERROR(VisitLinks([this](const LinkRow& row) { return CheckEnds(row); }));
  if (!twins_.has_value()) LIANJIE_RETURN_IF_ERROR(FindTwins());
  SettleIds();
  plan_.stored_links.reset();
  if (plan_.meta.info.link_count > 0) LIANJIE_RETURN_IF_ERROR(CheckStored());
  return EndPhase();
}

absl::Status LoadCheck::CheckEnds(const LinkRow& row) {
  Name& payer = rows_.names[row.source];
  const NodeKind source = payer.kind();
  const NodeKind target = rows_.names[row.target].kind();
  if (IsAllowed(row.mechanism, source, target)) {
    payer.claims += row.claim_share;
    return absl::OkStatus();
  }
  LIANJIE_ASSIGN_OR_RETURN(const absl::Status fault, EndsFault(row, source, target));
  RejectLink(row.row, row.id, fault);
  return absl::OkStatus();
}

absl::StatusOr<absl::Status> LoadCheck::EndsFault(const LinkRow& row, NodeKind source,
                                                  NodeKind target) const {
  LinkRecord link;
  link.id = row.id;
  link.mechanism = row.mechanism;
  LIANJIE_ASSIGN_OR_RETURN(link.source, rows_.names.Text(row.source));
  LIANJIE_ASSIGN_OR_RETURN(link.target, rows_.names.Text(row.target));
  if (source == NodeKind::kUnspecified) return UnknownEnd("source", link.source);
  if (target == NodeKind::kUnspecified) return UnknownEnd("target", link.target);
  return ValidateEnds(link, source, target);
}

// Links whose ids have one hash, which are few: the ids of all others are their own.
absl::Status LoadCheck::FindTwins() {
  LIANJIE_RETURN_IF_ERROR(sorted_.get());
  std::vector<std::uint32_t> rows;
  {
    FixedSorter<IdHash>::Stream hashes(*rows_.link_ids);
    IdHash last;
    bool twin = false;
    for (bool first = true;; first = false) {
      IdHash next;
      LIANJIE_ASSIGN_OR_RETURN(const bool more, hashes.Next(next));
      const bool same = more && !first && next.hash == last.hash;
      if (same || twin) rows.push_back(last.row);
      if (!more) break;
      twin = same;
      last = next;
    }
  }
  rows_.link_ids.reset();
  std::sort(rows.begin(), rows.end());
  twins_.emplace();
  if (rows.empty()) return absl::OkStatus();
  LinkLog::Stream links(rows_.links);
  LinkRow row;
  for (const std::uint32_t wanted : rows) {
    do {
      LIANJIE_ASSIGN_OR_RETURN(const bool more, links.Next(row));
      if (!more) return absl::InternalError("a link's row is missing");
    } while (row.row != wanted);
    twins_->push_back({.row = row.row, .made = row.made, .id = std::string(row.id)});
  }
  return absl::OkStatus();
}

// Ids that were given come first, in order; then those without one get theirs, "-2", "-3" for the
// second and third of one content. Which of equal rows gets which cannot be told apart, so the
// order of adding does not matter.
void LoadCheck::SettleIds() {
  plan_.made_ids.clear();
  absl::flat_hash_set<std::string> ids;
  for (const Twin& twin : *twins_) {
    if (rows_.link_rejected[twin.row] || twin.made) continue;
    if (!ids.insert(twin.id).second) RejectLink(twin.row, twin.id, LinkGivenBefore(twin.id));
  }
  absl::flat_hash_map<std::string_view, std::uint64_t> used;
  for (const Twin& twin : *twins_) {
    if (rows_.link_rejected[twin.row] || !twin.made || ids.insert(twin.id).second) continue;
    std::uint64_t& count = used.try_emplace(twin.id, 1).first->second;
    std::string id;
    do {
      id = Cat(twin.id, "-", ++count);
    } while (!ids.insert(id).second);
    plan_.made_ids[twin.row] = std::move(id);
  }
}

absl::Status LoadCheck::CheckStored() {
  plan_.stored_links = std::make_unique<FixedLog<StoredLinkRow>>(
      rows_.space, rows_.memory_bytes / LoadMemory::kStored);
  return VisitLinks([this](const LinkRow& row) -> absl::Status {
    const std::string_view id = plan_.IdOf(row);
    LIANJIE_ASSIGN_OR_RETURN(const auto place, data_.FindLink(id));
    if (!place.has_value()) return absl::OkStatus();
    if (options_.on_existing == LoadOptions::OnExisting::kError) {
      RejectLink(row.row, id, AlreadyStored("link", id));
      return absl::OkStatus();
    }
    return plan_.stored_links->Append({.row = row.row, .place = *place});
  });
}

absl::StatusOr<absl::flat_hash_set<Number>> LoadCheck::ReplacedLinks() const {
  absl::flat_hash_set<Number> replaced;
  if (plan_.stored_links == nullptr) return replaced;
  FixedLog<StoredLinkRow>::Stream stored(*plan_.stored_links);
  while (!stored.AtEnd()) {
    LIANJIE_ASSIGN_OR_RETURN(const StoredLinkRow one, stored.Next());
    if (!rows_.link_rejected[one.row]) replaced.insert(one.place.link);
  }
  return replaced;
}

absl::StatusOr<std::optional<absl::Status>> LoadCheck::KindFault(
    const NodeEntry& row, const absl::flat_hash_map<Number, NodeKind>& changed,
    const absl::flat_hash_set<Number>& replaced, std::vector<Number>& neighbours) const {
  const auto kind_of = [&](Number node) -> absl::StatusOr<NodeKind> {
    if (const auto it = changed.find(node); it != changed.end()) return it->second;
    LIANJIE_ASSIGN_OR_RETURN(const std::string value, data_.ReadNodeValue(node));
    LIANJIE_ASSIGN_OR_RETURN(const NodeHead head, DecodeNodeHead(value));
    return head.kind;
  };
  const Number number = rows_.names[row.name].number;
  LIANJIE_ASSIGN_OR_RETURN(std::vector<LinkPlace> places, data_.OutPlaces(number));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<LinkPlace> in, data_.InPlaces(number));
  places.insert(places.end(), in.begin(), in.end());
  std::optional<absl::Status> fault;
  for (const LinkPlace& place : places) {
    if (replaced.contains(place.link)) continue;
    neighbours.push_back(place.source == number ? place.target : place.source);
    if (fault.has_value()) continue;
    LIANJIE_ASSIGN_OR_RETURN(const NodeKind source, kind_of(place.source));
    LIANJIE_ASSIGN_OR_RETURN(const NodeKind target, kind_of(place.target));
    if (IsAllowed(place.mechanism, source, target)) continue;
    LIANJIE_ASSIGN_OR_RETURN(const LinkRecord link, data_.ReadLinkWithoutEnds(place));
    LIANJIE_ASSIGN_OR_RETURN(const std::string id, rows_.names.Text(row.name));
    fault = KindBreaksLink(id, row.kind, link, source, target);
  }
  return fault;
}

// Stored nodes whose kind the load changes, against the links that they keep: in the order of their
// rows. A node whose row is rejected keeps its kind; those that were found good beside its new kind
// are looked at again before any later row.
absl::Status LoadCheck::CheckKindChanges() {
  absl::flat_hash_map<Number, NodeKind> changed;
  absl::flat_hash_map<Number, std::uint32_t> row_of;
  absl::flat_hash_map<std::uint32_t, NodeEntry> entry_of;
  absl::btree_set<std::uint32_t> to_do;
  FixedLog<NodeEntry>::Stream entries(rows_.nodes);
  for (std::uint32_t row = 0; !entries.AtEnd(); ++row) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeEntry entry, entries.Next());
    const Name& name = rows_.names[entry.name];
    if (rows_.node_rejected[row] || !name.stored || name.stored_node_kind() == entry.kind) continue;
    changed[name.number] = entry.kind;
    row_of[name.number] = row;
    entry_of[row] = entry;
    to_do.insert(row);
  }
  if (to_do.empty()) return absl::OkStatus();
  LIANJIE_ASSIGN_OR_RETURN(const absl::flat_hash_set<Number> replaced, ReplacedLinks());
  while (!to_do.empty()) {
    const std::uint32_t row = *to_do.begin();
    to_do.erase(to_do.begin());
    const NodeEntry& entry = entry_of[row];
    std::vector<Number> neighbours;
    LIANJIE_ASSIGN_OR_RETURN(const auto fault, KindFault(entry, changed, replaced, neighbours));
    if (!fault.has_value()) continue;
    LIANJIE_ASSIGN_OR_RETURN(const std::string id, rows_.names.Text(entry.name));
    RejectLate(RowKind::kNode, row, id, *fault);
    changed.erase(rows_.names[entry.name].number);
    for (const Number neighbour : neighbours) {
      if (changed.contains(neighbour)) to_do.insert(row_of.find(neighbour)->second);
    }
  }
  return absl::OkStatus();
}

}  // namespace lianjie::storage
