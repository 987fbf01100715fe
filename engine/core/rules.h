// The rules of the domain that a single record, or a link with the kinds of its ends, must keep:
// the type table of mechanisms (DOMAIN section 2) and the ranges of fields. Storage enforces them
// at write; import reports them with the row. Rules over several records (unknown ends, duplicate
// ids, shares of one payer at most 1) are the store's, which alone sees them all.
#ifndef LIANJIE_ENGINE_CORE_RULES_H_
#define LIANJIE_ENGINE_CORE_RULES_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "engine/core/enums.h"
#include "engine/core/records.h"

namespace lianjie {

// Longest text of a field other than an id (see kMaxIdBytes), in bytes; and the deepest level of a
// region.
inline constexpr std::size_t kMaxTextBytes = 65536;
inline constexpr int kMaxRegionLevel = 99;

constexpr bool IsOrganisation(NodeKind kind) {
  return kind == NodeKind::kCooperative || kind == NodeKind::kCollective || kind == NodeKind::kFirm;
}
// LAND and FUND: transparent conduits unless they have injections of their own.
constexpr bool IsAsset(NodeKind kind) { return kind == NodeKind::kLand || kind == NodeKind::kFund; }

// SUPPLY for SUPPLY and CONSUMPTION, else BINDING.
LinkKind KindOf(Mechanism mechanism);
// The role of a household that is paid by this mechanism; kUnspecified where it has none.
Role RoleOf(Mechanism mechanism);
// Whether `mechanism` may join a payer of kind `source` to a payee of kind `target`.
bool IsAllowed(Mechanism mechanism, NodeKind source, NodeKind target);
// "COOPERATIVE, COLLECTIVE or FIRM to HOUSEHOLD ...": the row of the type table, for messages.
std::string AllowedPairs(Mechanism mechanism);

// A link counts as a narrow binding of a household (DOMAIN section 3): its kind is BINDING and it
// is no TRANSFER, GRANT, CREDIT or INSURANCE; or it is CONSUMPTION driven ADMINISTRATIVE or SOCIAL.
bool IsNarrow(Mechanism mechanism, Driver driver);

// Fills the defaults: node kind FIRM; link mechanism SUPPLY, kind from the mechanism, status
// ACTIVE, share_of RECEIPTS where a share is given, priority SENIOR for SUPPLY, EMPLOYMENT,
// LAND_TRANSFER and REVERSE_LEASE, else RESIDUAL where a share is given.
void Normalize(NodeRecord& node);
void Normalize(LinkRecord& link);

// Checks one record after Normalize: required fields, UTF-8, lengths, finite and non-negative
// numbers where money, counts and areas are concerned (equity, operating income and revenue
// balances may be negative where noted in records), shares in [0, 1], dates in order, the kind
// against the mechanism. The error names the field and the rule. O(size of the record).
absl::Status Validate(const NodeRecord& node);
absl::Status Validate(const LinkRecord& link);
absl::Status Validate(const RegionRecord& region);
absl::Status Validate(const LineRecord& line);
// The type table, with the kinds of the link's ends.
absl::Status ValidateEnds(const LinkRecord& link, NodeKind source, NodeKind target);

// An id from the content of a (normalised) link without one: "L" and 13 characters of a 64-bit hash
// of all other fields. Equal content gives the equal id whatever the order of filling; the writer
// appends "-2", "-3" to exact duplicates.
std::string MakeLinkId(const LinkRecord& link);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_RULES_H_
