#include <algorithm>
#include <utility>

#include "absl/container/btree_set.h"
#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/load_check.h"
#include "storage/refusals.h"

namespace lianjie::storage {

NodeKind LoadCheck::KindOf(NameIndex name) const {
  if (const std::uint32_t row = plan_.node_row[name]; row != kNoRow) return rows_.nodes[row].kind;
  const auto stored = plan_.stored_nodes.find(name);
  return stored == plan_.stored_nodes.end() ? NodeKind::kUnspecified : stored->second.kind;
}

absl::Status LoadCheck::CheckLinks() {
  plan_.stored_links.clear();
  link_ids_.clear();
  replaced_links_.clear();
  for (LinkRow& row : rows_.links) {
    const absl::Status status = CheckEnds(row);
    if (!status.ok()) Reject(RowKind::kLink, row, row.id, status);
  }
  LIANJIE_RETURN_IF_ERROR(SettleIds());
  if (plan_.meta.info.link_count > 0) {
    for (std::uint32_t i = 0; i < rows_.links.size(); ++i) {
      if (!rows_.links[i].rejected) LIANJIE_RETURN_IF_ERROR(CheckStored(i));
    }
  }
  return EndPhase();
}

absl::Status LoadCheck::CheckEnds(LinkRow& row) {
  const NodeKind source = KindOf(row.source);
  const NodeKind target = KindOf(row.target);
  if (source == NodeKind::kUnspecified) return UnknownEnd("source", rows_.names[row.source]);
  if (target == NodeKind::kUnspecified) return UnknownEnd("target", rows_.names[row.target]);
  if (IsAllowed(row.mechanism, source, target)) return absl::OkStatus();
  LinkRecord link;
  link.id = row.id;
  link.source = rows_.names[row.source];
  link.target = rows_.names[row.target];
  link.mechanism = row.mechanism;
  return ValidateEnds(link, source, target);
}

// Ids that were given come first, in order; then those without one get theirs, "-2", "-3" for the
// second and third of one content. Which of equal rows gets which cannot be told apart, so the
// order of adding does not matter.
absl::Status LoadCheck::SettleIds() {
  link_ids_.reserve(rows_.links.size());
  for (LinkRow& row : rows_.links) {
    if (row.rejected || row.made) continue;
    if (!link_ids_.insert(row.id).second) {
      Reject(RowKind::kLink, row, row.id,
             MakeError(absl::StatusCode::kInvalidArgument,
                       Cat("id: link '", row.id, "' was given before in this load"),
                       {.reason = Reason::kDuplicateId,
                        .field = "id",
                        .row = {},
                        .metadata = {{"id", std::string(row.id)}}}));
    }
  }
  absl::flat_hash_map<std::string_view, std::uint64_t> used;
  for (LinkRow& row : rows_.links) {
    if (row.rejected || !row.made) continue;
    const std::string_view base = row.id.substr(0, row.id.find('-'));
    std::string_view id = base;
    if (!link_ids_.insert(base).second) {
      std::uint64_t& count = used.try_emplace(base, 1).first->second;
      do {
        id = rows_.bytes.Keep(Cat(base, "-", ++count));
      } while (!link_ids_.insert(id).second);
    }
    row.id = id;
  }
  return absl::OkStatus();
}

absl::Status LoadCheck::CheckStored(std::uint32_t index) {
  LinkRow& row = rows_.links[index];
  LIANJIE_ASSIGN_OR_RETURN(const auto place, data_.FindLink(row.id));
  if (!place.has_value()) return absl::OkStatus();
  if (options_.on_existing == LoadOptions::OnExisting::kError) {
    Reject(RowKind::kLink, row, row.id, AlreadyStored("link", row.id));
    return absl::OkStatus();
  }
  plan_.stored_links[index] = *place;
  replaced_links_.insert(place->link);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<absl::Status>> LoadCheck::KindFault(
    const NodeRow& row, const absl::flat_hash_map<Number, NodeKind>& changed,
    std::vector<Number>& neighbours) const {
  const auto kind_of = [&](Number node) -> absl::StatusOr<NodeKind> {
    if (const auto it = changed.find(node); it != changed.end()) return it->second;
    LIANJIE_ASSIGN_OR_RETURN(const std::string value, data_.ReadNodeValue(node));
    LIANJIE_ASSIGN_OR_RETURN(const NodeHead head, DecodeNodeHead(value));
    return head.kind;
  };
  const Number number = plan_.stored_nodes.find(row.name)->second.number;
  LIANJIE_ASSIGN_OR_RETURN(std::vector<LinkPlace> places, data_.OutPlaces(number));
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<LinkPlace> in, data_.InPlaces(number));
  places.insert(places.end(), in.begin(), in.end());
  std::optional<absl::Status> fault;
  for (const LinkPlace& place : places) {
    if (replaced_links_.contains(place.link)) continue;
    neighbours.push_back(place.source == number ? place.target : place.source);
    if (fault.has_value()) continue;
    LIANJIE_ASSIGN_OR_RETURN(const NodeKind source, kind_of(place.source));
    LIANJIE_ASSIGN_OR_RETURN(const NodeKind target, kind_of(place.target));
    if (IsAllowed(place.mechanism, source, target)) continue;
    LIANJIE_ASSIGN_OR_RETURN(const LinkRecord link, data_.ReadLinkWithoutEnds(place));
    fault = KindBreaksLink(rows_.names[row.name], row.kind, link, source, target);
  }
  return fault;
}

// Stored nodes whose kind the load changes, against the links that they keep: in the order of their
// rows. A node whose row is rejected keeps its kind; those that were found good beside its new kind
// are looked at again before any later row.
absl::Status LoadCheck::CheckKindChanges() {
  absl::flat_hash_map<Number, NodeKind> changed;
  absl::flat_hash_map<Number, std::uint32_t> row_of;
  absl::btree_set<std::uint32_t> to_do;
  for (std::uint32_t i = 0; i < rows_.nodes.size(); ++i) {
    const NodeRow& row = rows_.nodes[i];
    const auto stored = plan_.stored_nodes.find(row.name);
    if (row.rejected || stored == plan_.stored_nodes.end() || stored->second.kind == row.kind) {
      continue;
    }
    changed[stored->second.number] = row.kind;
    row_of[stored->second.number] = i;
    to_do.insert(i);
  }
  while (!to_do.empty()) {
    NodeRow& row = rows_.nodes[*to_do.begin()];
    to_do.erase(to_do.begin());
    std::vector<Number> neighbours;
    LIANJIE_ASSIGN_OR_RETURN(const auto fault, KindFault(row, changed, neighbours));
    if (!fault.has_value()) continue;
    RejectLate(RowKind::kNode, row, rows_.names[row.name], *fault);
    changed.erase(plan_.stored_nodes.find(row.name)->second.number);
    for (const Number neighbour : neighbours) {
      if (changed.contains(neighbour)) to_do.insert(row_of.find(neighbour)->second);
    }
  }
  return absl::OkStatus();
}

// Payers whose claims need a closer look: those that are stored, and those whose claims, dates left
// aside, exceed 1.
std::vector<NameIndex> LoadCheck::PayersInDoubt() const {
  std::vector<double> sum(rows_.names.size(), 0);
  for (const NodeRow& row : rows_.nodes) {
    if (!row.rejected) sum[row.name] += row.leak_share.value_or(0);
  }
  for (const LinkRow& row : rows_.links) {
    if (!row.rejected) sum[row.source] += row.claim_share;
  }
  std::vector<NameIndex> payers;
  for (NameIndex name = 0; name < sum.size(); ++name) {
    // What replaces a claim by none can only lower the sum of a stored payer.
    if (sum[name] > 1 + kShareTolerance || (sum[name] > 0 && plan_.stored_nodes.contains(name))) {
      payers.push_back(name);
    }
  }
  return payers;
}

absl::Status LoadCheck::CheckShares() {
  const std::vector<NameIndex> payers = PayersInDoubt();
  if (payers.empty()) return absl::OkStatus();
  absl::flat_hash_map<NameIndex, std::vector<std::uint32_t>> links;
  for (const NameIndex payer : payers) links[payer];
  absl::flat_hash_map<Number, NameIndex> stored_payers;
  for (const NameIndex payer : payers) {
    const auto stored = plan_.stored_nodes.find(payer);
    if (stored != plan_.stored_nodes.end()) stored_payers[stored->second.number] = payer;
  }
  for (std::uint32_t i = 0; i < rows_.links.size(); ++i) {
    const LinkRow& row = rows_.links[i];
    if (row.rejected) continue;
    const auto it = links.find(row.source);
    if (it != links.end()) it->second.push_back(i);
    // A link that is given to another payer ends its claim on the old one.
    const auto stored = plan_.stored_links.find(i);
    if (stored == plan_.stored_links.end()) continue;
    const auto old = stored_payers.find(stored->second.source);
    if (old != stored_payers.end() && old->second != row.source) links[old->second].push_back(i);
  }
  for (const NameIndex payer : payers) {
    LIANJIE_RETURN_IF_ERROR(CheckPayer(payer, links[payer]));
  }
  return absl::OkStatus();
}

absl::Status LoadCheck::CheckPayer(NameIndex payer, const std::vector<std::uint32_t>& links) {
  PayerShares shares;
  const auto stored = plan_.stored_nodes.find(payer);
  if (stored != plan_.stored_nodes.end()) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeRecord node, data_.ReadNode(stored->second.number));
    if (const auto claim = ClaimOfLeak(node.leak_share)) {
      shares.Set(PayerShares::kLeak, *claim);
    }
    LIANJIE_RETURN_IF_ERROR(data_.VisitOutLinks(
        stored->second.number, [&](const LinkPlace& place, const LinkRecord& link) {
          if (const auto claim = ClaimOf(link)) shares.Set(place.link, *claim);
          return absl::OkStatus();
        }));
  }
  // The node's row comes first, then its links' in order; new links get keys above all numbers.
  std::size_t leak_changes = 0;
  if (const std::uint32_t row = plan_.node_row[payer]; row != kNoRow) {
    shares.Change(PayerShares::kLeak, ClaimOfLeak(rows_.nodes[row].leak_share));
    leak_changes = 1;
  }
  for (const std::uint32_t i : links) {
    const auto place = plan_.stored_links.find(i);
    const PayerShares::Key key =
        place == plan_.stored_links.end() ? kMaxNumber + 1 + i : place->second.link;
    shares.Change(key, rows_.links[i].source == payer ? rows_.links[i].claim() : std::nullopt);
  }
  const std::string_view id = rows_.names[payer];
  for (const PayerShares::Breach& breach : shares.Breaches()) {
    if (breach.change < leak_changes) {
      NodeRow& row = rows_.nodes[plan_.node_row[payer]];
      RejectLate(RowKind::kNode, row, id, SharesExceedOne(id, "leak_share", breach));
      return absl::OkStatus();
    }
    const std::uint32_t index = links[breach.change - leak_changes];
    LinkRow& row = rows_.links[index];
    if (row.rejected) continue;  // by its other payer
    const absl::Status status = SharesExceedOne(id, "share", breach);
    const auto it = plan_.stored_links.find(index);
    // The stored link stays as it is; where it has another payer, that one must be checked again.
    if (it != plan_.stored_links.end() &&
        (stored == plan_.stored_nodes.end() || it->second.source != stored->second.number)) {
      RejectLate(RowKind::kLink, row, row.id, status);
      return absl::OkStatus();
    }
    Reject(RowKind::kLink, row, row.id, status);
    if (it != plan_.stored_links.end()) {
      replaced_links_.erase(it->second.link);
      plan_.stored_links.erase(it);
    }
  }
  return absl::OkStatus();
}

}  // namespace lianjie::storage
