#include "engine/core/rules.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/core/ids.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

// Kinds as bits, so that a row of the type table is one or two pairs of masks.
using Kinds = std::uint32_t;

constexpr Kinds Bit(NodeKind kind) { return 1U << static_cast<unsigned>(kind); }

constexpr Kinds kHousehold = Bit(NodeKind::kHousehold);
constexpr Kinds kCooperative = Bit(NodeKind::kCooperative);
constexpr Kinds kCollective = Bit(NodeKind::kCollective);
constexpr Kinds kFirm = Bit(NodeKind::kFirm);
constexpr Kinds kAgency = Bit(NodeKind::kAgency);
constexpr Kinds kLand = Bit(NodeKind::kLand);
constexpr Kinds kFund = Bit(NodeKind::kFund);
constexpr Kinds kOrg = kCooperative | kCollective | kFirm;
constexpr Kinds kAny = kHousehold | kOrg | kAgency | kLand | kFund;

struct Pair {
  Kinds source = 0;
  Kinds target = 0;
};

struct Row {
  Mechanism mechanism;
  Role role;
  std::array<Pair, 2> pairs;
};

// The type table of DOMAIN section 2, in the order of Mechanism.
constexpr std::array kRows = {
    Row{Mechanism::kUnspecified, Role::kUnspecified, {}},
    Row{Mechanism::kOrder, Role::kOperator, {Pair{kOrg, kHousehold | kOrg}}},
    Row{Mechanism::kSupply, Role::kOperator, {Pair{kAny, kAny}}},
    Row{Mechanism::kConsumption, Role::kOperator, {Pair{kAny, kHousehold | kOrg}}},
    Row{Mechanism::kPatronageRefund,
        Role::kOperator,
        {Pair{kCooperative | kCollective, kHousehold | kOrg}}},
    Row{Mechanism::kTrusteeship, Role::kOperator, {Pair{kOrg, kHousehold}, Pair{kHousehold, kOrg}}},
    Row{Mechanism::kService, Role::kOperator, {Pair{kOrg | kAgency, kHousehold | kOrg}}},
    Row{Mechanism::kEmployment, Role::kWorker, {Pair{kOrg | kAgency | kHousehold, kHousehold}}},
    Row{Mechanism::kLandTransfer,
        Role::kShareholder,
        {Pair{kOrg | kHousehold | kLand, kLand | kHousehold | kCollective}}},
    Row{Mechanism::kReverseLease,
        Role::kShareholder,
        {Pair{kOrg, kLand | kHousehold | kCollective}, Pair{kHousehold, kOrg}}},
    Row{Mechanism::kShareCooperation,
        Role::kShareholder,
        {Pair{kOrg, kHousehold | kOrg | kFund | kLand}}},
    Row{Mechanism::kAssetReturn,
        Role::kShareholder,
        {Pair{kOrg | kFund, kFund | kCollective | kHousehold}}},
    Row{Mechanism::kCollectiveDistribution, Role::kShareholder, {Pair{kCollective, kHousehold}}},
    Row{Mechanism::kEquity, Role::kShareholder, {Pair{kOrg, kOrg | kFund | kHousehold | kAgency}}},
    Row{Mechanism::kCredit, Role::kUnspecified, {Pair{kHousehold | kOrg, kOrg | kFund}}},
    Row{Mechanism::kInsurance,
        Role::kUnspecified,
        {Pair{kHousehold | kOrg, kFirm}, Pair{kFirm, kHousehold | kOrg}}},
    Row{Mechanism::kGrant, Role::kUnspecified, {Pair{kAgency, kFund | kOrg}}},
    Row{Mechanism::kTransfer, Role::kUnspecified, {Pair{kAgency | kFund, kHousehold}}},
};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].mechanism != static_cast<Mechanism>(i)) return false;
  }
  return kRows.size() == static_cast<std::size_t>(Mechanism::kTransfer) + 1;
}
static_assert(InOrder(), "a row's position is its mechanism's value");

const Row& RowOf(Mechanism mechanism) {
  const auto index = static_cast<std::size_t>(mechanism);
  return kRows[index < kRows.size() ? index : 0];
}

// "HOUSEHOLD, COOPERATIVE or FIRM".
std::string KindNames(Kinds kinds) {
  if (kinds == kAny) return "any kind";
  std::string out;
  const auto names = EnumNames<NodeKind>();
  for (std::size_t i = 1; i < names.size(); ++i) {
    if ((kinds & (1U << i)) == 0) continue;
    const bool last = (kinds >> (i + 1)) == 0;
    out += Cat(out.empty() ? "" : last ? " or " : ", ", names[i]);
  }
  return out;
}

bool IsSeniorByNature(Mechanism mechanism) {
  return mechanism == Mechanism::kSupply || mechanism == Mechanism::kEmployment ||
         mechanism == Mechanism::kLandTransfer || mechanism == Mechanism::kReverseLease;
}

// A 64-bit hash of a link's content that is the same on every machine and in every release: each
// given field goes in as its own fixed number, its length and its bytes, so that a field added
// later changes no id of links without it. Words are folded in by splitmix64's finaliser (Steele,
// Lea and Flood, 2014), a bijection, so only chance makes two equal.
class ContentHash {
 public:
  void Text(std::uint64_t field, std::string_view text) {
    if (text.empty()) return;
    Word(field);
    Bytes(text);
  }
  void Number(std::uint64_t field, const std::optional<double>& value) {
    if (!value.has_value()) return;
    Word(field);
    Word(std::bit_cast<std::uint64_t>(*value + 0.0));  // -0 counts as 0
  }
  void Integer(std::uint64_t field, std::int64_t value, std::int64_t absent) {
    if (value == absent) return;
    Word(field);
    Word(static_cast<std::uint64_t>(value));
  }
  template <typename E> void Enum(std::uint64_t field, E value) {
    Integer(field, static_cast<std::int64_t>(value), 0);
  }
  void Bytes(std::string_view text) {
    Word(text.size());
    for (std::size_t i = 0; i < text.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, std::min<std::size_t>(8, text.size() - i));
      Word(word);  // little-endian, as every x86-64 is
    }
  }
  void Word(std::uint64_t word) {
    std::uint64_t z = (state_ ^ word) + 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    state_ = z ^ (z >> 31U);
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace

LinkKind KindOf(Mechanism mechanism) {
  return mechanism == Mechanism::kSupply || mechanism == Mechanism::kConsumption
             ? LinkKind::kSupply
             : LinkKind::kBinding;
}

Role RoleOf(Mechanism mechanism) { return RowOf(mechanism).role; }

bool IsAllowed(Mechanism mechanism, NodeKind source, NodeKind target) {
  for (const Pair& pair : RowOf(mechanism).pairs) {
    if ((pair.source & Bit(source)) != 0 && (pair.target & Bit(target)) != 0) return true;
  }
  return false;
}

std::string AllowedPairs(Mechanism mechanism) {
  std::string out;
  for (const Pair& pair : RowOf(mechanism).pairs) {
    if (pair.source == 0) continue;
    out += Cat(out.empty() ? "" : "; ", KindNames(pair.source), " to ", KindNames(pair.target));
  }
  return out;
}

bool IsNarrow(Mechanism mechanism, Driver driver) {
  switch (mechanism) {
    case Mechanism::kUnspecified:
    case Mechanism::kSupply:
    case Mechanism::kTransfer:
    case Mechanism::kGrant:
    case Mechanism::kCredit:
    case Mechanism::kInsurance:
      return false;
    case Mechanism::kConsumption:
      return driver == Driver::kAdministrative || driver == Driver::kSocial;
    default:
      return true;
  }
}

void Normalize(NodeRecord& node) {
  if (node.kind == NodeKind::kUnspecified) node.kind = NodeKind::kFirm;
}

void Normalize(LinkRecord& link) {
  if (link.mechanism == Mechanism::kUnspecified) link.mechanism = Mechanism::kSupply;
  if (link.kind == LinkKind::kUnspecified) link.kind = KindOf(link.mechanism);
  if (link.status == LinkStatus::kUnspecified) link.status = LinkStatus::kActive;
  if (link.share.has_value() && link.share_of == ShareOf::kUnspecified)
    link.share_of = ShareOf::kReceipts;
  if (link.priority == Priority::kUnspecified) {
    if (IsSeniorByNature(link.mechanism)) {
      link.priority = Priority::kSenior;
    } else if (link.share.has_value()) {
      link.priority = Priority::kResidual;
    }
  }
}

absl::Status ValidateEnds(const LinkRecord& link, NodeKind source, NodeKind target) {
  if (IsAllowed(link.mechanism, source, target)) return absl::OkStatus();
  const std::string_view mechanism = EnumName(link.mechanism);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat("mechanism: ", mechanism, " may not join ", EnumName(source), " '",
                       link.source, "' to ", EnumName(target), " '", link.target, "'",
                       link.id.empty() ? "" : Cat(" (link '", link.id, "')"), "; it joins ",
                       AllowedPairs(link.mechanism)),
                   {.reason = Reason::kMechanismNotAllowed,
                    .field = "mechanism",
                    .row = {},
                    .metadata = {{"mechanism", std::string(mechanism)},
                                 {"link", link.id},
                                 {"source", link.source},
                                 {"target", link.target},
                                 {"source_kind", std::string(EnumName(source))},
                                 {"target_kind", std::string(EnumName(target))},
                                 {"allowed", AllowedPairs(link.mechanism)}}});
}

std::string MakeLinkId(const LinkRecord& link) {
  ContentHash hash;
  hash.Text(1, link.agreement);
  hash.Text(2, link.source);
  hash.Text(3, link.target);
  hash.Enum(4, link.mechanism);
  hash.Enum(5, link.kind);
  hash.Number(6, link.promised_yuan);
  hash.Number(7, link.paid_yuan);
  hash.Number(8, link.share);
  hash.Enum(9, link.share_of);
  hash.Number(10, link.capacity);
  hash.Enum(11, link.priority);
  hash.Enum(12, link.tightness);
  hash.Enum(13, link.driver);
  hash.Text(14, link.policy);
  hash.Number(15, link.weight);
  hash.Integer(16, link.valid.from.days, kDateMin.days);
  hash.Integer(17, link.valid.to.days, kDateMax.days);
  hash.Enum(18, link.status);
  hash.Text(19, link.product);
  hash.Enum(20, link.sector);
  for (const auto& [name, value] : link.properties) {
    hash.Word(21);
    hash.Bytes(name);
    hash.Bytes(value);
  }
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's base 32
  std::string id(14, 'L');
  std::uint64_t rest = hash.value();
  for (std::size_t i = id.size(); i-- > 1; rest >>= 5U) id[i] = kDigits[rest & 31U];
  return id;
}

}  // namespace lianjie
