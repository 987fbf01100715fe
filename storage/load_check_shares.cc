// The shares of a payer, over what is stored and what is loaded.
#include <optional>
#include <utility>

#include "engine/core/text.h"
#include "storage/load_check.h"

namespace lianjie::storage {

// What the rows do to the claims on those payers whose claims need a closer look: those that are
// stored, and those whose claims, dates left aside, exceed 1. Sorted by payer and row; nothing when
// there are no such payers.
absl::StatusOr<std::unique_ptr<FixedSorter<LoadCheck::ClaimStep>>> LoadCheck::ClaimSteps() {
  std::vector<bool> in_doubt(rows_.names.size(), false);
  absl::flat_hash_map<Number, NameIndex> stored_payers;
  bool any = false;
  for (NameIndex i = 0; i < rows_.names.size(); ++i) {
    const Name& name = rows_.names[i];
    // What replaces a claim by none can only lower the sum of a stored payer.
    if (name.claims <= 1 + kShareTolerance && (name.claims <= 0 || !name.stored)) continue;
    in_doubt[i] = any = true;
    if (name.stored) stored_payers[name.number] = i;
  }
  if (!any) return nullptr;
  auto steps = std::make_unique<FixedSorter<ClaimStep>>(rows_.space,
                                                        rows_.memory_bytes / LoadMemory::kClaims);
  StoredLinkRows stored_rows(plan_);
  LIANJIE_RETURN_IF_ERROR(VisitLinks([&](const LinkRow& row) -> absl::Status {
    LIANJIE_ASSIGN_OR_RETURN(const auto place, stored_rows.At(row.row));
    ClaimStep step{.payer = row.source,
                   .row = row.row,
                   .own = true,
                   .stored = place.has_value(),
                   .place = place.value_or(LinkPlace()),
                   .share = row.claim_share,
                   .valid = row.claim_valid};
    if (in_doubt[row.source]) LIANJIE_RETURN_IF_ERROR(steps->Add(step));
    // A link that is given to another payer ends its claim on the old one.
    if (!place.has_value()) return absl::OkStatus();
    const auto old = stored_payers.find(place->source);
    if (old == stored_payers.end() || old->second == row.source) return absl::OkStatus();
    step.payer = old->second;
    step.own = false;
    return steps->Add(step);
  }));
  LIANJIE_RETURN_IF_ERROR(steps->Sort());
  // A payer may have no links at all, but a leak.
  in_doubt_.clear();
  for (NameIndex i = 0; i < in_doubt.size(); ++i) {
    if (in_doubt[i]) in_doubt_.push_back(i);
  }
  return steps;
}

absl::Status LoadCheck::CheckShares() {
  LIANJIE_ASSIGN_OR_RETURN(const auto steps, ClaimSteps());
  if (steps == nullptr) return absl::OkStatus();
  FixedSorter<ClaimStep>::Stream stream(*steps);
  ClaimStep next;
  LIANJIE_ASSIGN_OR_RETURN(bool more, stream.Next(next));
  std::vector<ClaimStep> of_payer;
  for (const NameIndex payer : in_doubt_) {
    of_payer.clear();
    while (more && next.payer == payer) {
      of_payer.push_back(next);
      LIANJIE_ASSIGN_OR_RETURN(more, stream.Next(next));
    }
    LIANJIE_RETURN_IF_ERROR(CheckPayer(payer, of_payer));
  }
  return absl::OkStatus();
}

absl::Status LoadCheck::CheckPayer(NameIndex payer, const std::vector<ClaimStep>& steps) {
  PayerShares shares;
  const Name& name = rows_.names[payer];
  if (name.stored) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeRecord node, data_.ReadNode(name.number));
    if (const auto claim = ClaimOfLeak(node.leak_share)) shares.Set(PayerShares::kLeak, *claim);
    LIANJIE_RETURN_IF_ERROR(
        data_.VisitOutLinks(name.number, [&](const LinkPlace& place, const LinkRecord& link) {
          if (const auto claim = ClaimOf(link)) shares.Set(place.link, *claim);
          return absl::OkStatus();
        }));
  }
  // The node's row comes first, then its links' in order; new links get keys above all numbers.
  std::size_t leak_changes = 0;
  if (name.row != kNoRow) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeEntry entry, rows_.nodes.At(name.row));
    shares.Change(PayerShares::kLeak, ClaimOfLeak(entry.leak()));
    leak_changes = 1;
  }
  for (const ClaimStep& step : steps) {
    const PayerShares::Key key = step.stored ? step.place.link : kMaxNumber + 1 + step.row;
    shares.Change(key, step.own && step.share > 0
                           ? std::optional(ShareClaim{.valid = step.valid, .share = step.share})
                           : std::nullopt);
  }
  for (const PayerShares::Breach& breach : shares.Breaches()) {
    LIANJIE_ASSIGN_OR_RETURN(const std::string id, rows_.names.Text(payer));
    if (breach.change < leak_changes) {
      RejectLate(RowKind::kNode, name.row, id, SharesExceedOne(id, "leak_share", breach));
      return absl::OkStatus();
    }
    const ClaimStep& step = steps[breach.change - leak_changes];
    if (rows_.link_rejected[step.row]) continue;  // by its other payer
    const absl::Status status = SharesExceedOne(id, "share", breach);
    LIANJIE_ASSIGN_OR_RETURN(std::string link, rows_.links.IdOf(step.row));
    if (const auto made = plan_.made_ids.find(step.row); made != plan_.made_ids.end()) {
      link = made->second;
    }
    // The stored link stays as it is; where it has another payer, that one must be checked again.
    if (step.stored && (!name.stored || step.place.source != name.number)) {
      RejectLate(RowKind::kLink, step.row, link, status);
      return absl::OkStatus();
    }
    RejectLink(step.row, link, status);
  }
  return absl::OkStatus();
}

}  // namespace lianjie::storage
