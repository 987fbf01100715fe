// A graph's nodes and links: records, indexes of ids, mirror, ends, shares.
#include <optional>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/check_graph.h"
#include "storage/graph_digest.h"
#include "storage/link_ends.h"

namespace lianjie::storage {
namespace {

// As many faults of one kind are named by looking records up; a store in which there are more is
// not mended one by one.
constexpr int kNamedFaults = 100;

absl::uint128 EntryHash(std::string_view key, std::string_view value) {
  return BytesHash(Cat(AfterTag(key), value));
}

// The claims of the payer at hand.
class PayerClaims {
 public:
  void Begin(Number payer, std::optional<double> leak_share) {
    payer_ = payer;
    claims_ = {};
    any_ = false;
    if (const auto leak = ClaimOfLeak(leak_share)) Set(PayerShares::kLeak, *leak);
  }
  Number payer() const { return payer_.value_or(0); }
  bool IsOf(Number payer) const { return payer_ == payer; }
  void Add(Number link, const LinkRecord& record) {
    if (const auto claim = ClaimOf(record)) Set(link, *claim);
  }
  bool Holds() const { return !any_ || claims_.Holds(); }

 private:
  void Set(PayerShares::Key key, const ShareClaim& claim) {
    claims_.Set(key, claim);
    any_ = true;
  }

  std::optional<Number> payer_;
  PayerShares claims_;
  bool any_ = false;
};

}  // namespace

absl::Status GraphCheck::CheckNodes() {
  return Walk(Tag::kNode, [&](std::string_view key, std::string_view value) {
    CheckNode(key, value);
    return absl::OkStatus();
  });
}

void GraphCheck::CheckNode(std::string_view key, std::string_view value) {
  const auto number = ParseNodeKey(key);
  if (!number.has_value()) return Fault("the key of a node cannot be read");
  ++nodes_;
  digest_ += NodeHash(value);
  NodeRecord node;
  if (!DecodeNode(value, node).ok()) return Fault(Cat("node number ", *number, " cannot be read"));
  if (const auto status = Validate(node); !status.ok()) {
    Fault(Cat("node '", node.id, "': ", FromAbsl(status.message())));
  }
  if (*number >= meta_.next_node) {
    Fault(Cat("node '", node.id, "' has number ", *number, ", but the next new one gets ",
              meta_.next_node));
  }
  node_sum_ += EntryHash(NodeIdKey(graph_, node.id),
                         EncodeNodePlace({.number = *number, .kind = node.kind}));
  ++use_[node.region].nodes;
}

absl::Status GraphCheck::CheckNodeIds() {
  absl::uint128 sum = 0;
  LIANJIE_RETURN_IF_ERROR(Walk(Tag::kNodeId, [&](std::string_view key, std::string_view value) {
    sum += EntryHash(key, value);
    return absl::OkStatus();
  }));
  return sum == node_sum_ ? absl::OkStatus() : NameNodeFaults();
}

absl::Status GraphCheck::NameNodeFaults() {
  int named = 0;
  LIANJIE_RETURN_IF_ERROR(
      Walk(Tag::kNode, [&](std::string_view key, std::string_view value) -> absl::Status {
        const auto number = ParseNodeKey(key);
        const auto head = DecodeNodeHead(value);
        if (!number.has_value() || !head.ok() || named == kNamedFaults) return absl::OkStatus();
        LIANJIE_ASSIGN_OR_RETURN(const auto entry, kv_.Get(NodeIdKey(graph_, head->id)));
        if (entry == EncodeNodePlace({.number = *number, .kind = head->kind})) {
          return absl::OkStatus();
        }
        ++named;
        const auto place = entry.has_value() ? DecodeNodePlace(*entry) : std::nullopt;
        Fault(Cat("node '", head->id, "' has number ", *number, ", but its id ",
                  !entry.has_value()         ? "is not in the index of ids"
                  : !place.has_value()       ? "leads to what cannot be read"
                  : place->number == *number ? "says another kind"
                                             : Cat("leads to number ", place->number)));
        return absl::OkStatus();
      }));
  named = 0;
  return Walk(Tag::kNodeId, [&](std::string_view key, std::string_view value) -> absl::Status {
    if (named == kNamedFaults) return absl::OkStatus();
    const auto place = DecodeNodePlace(value);
    if (place.has_value()) {
      LIANJIE_ASSIGN_OR_RETURN(const auto node, kv_.Get(NodeKey(graph_, place->number)));
      const auto head = node.has_value() ? DecodeNodeHead(*node) : Corrupt("");
      if (head.ok() && NodeIdKey(graph_, head->id) == key) return absl::OkStatus();
    }
    ++named;
    Fault(Cat("the node id ", IdText(AfterTag(key)), " leads to no node of that id"));
    return absl::OkStatus();
  });
}

absl::Status GraphCheck::CheckLinks() {
  const std::string prefix = TagPrefix(graph_, Tag::kNode);
  const auto nodes = kv_.NewIterator(prefix, AfterPrefix(prefix), true);
  PayerClaims claims;
  LinkRecord link;
  NodeRecord payer;
  const auto settle = [&] {
    if (claims.Holds()) return;
    Fault(Cat("the shares of payer number ", claims.payer(),
              " and its leak are more than 1 at some date"));
  };
  LIANJIE_RETURN_IF_ERROR(
      Walk(Tag::kOutLink, [&](std::string_view key, std::string_view value) -> absl::Status {
        const auto place = ParseOutLinkKey(key);
        if (!place.has_value()) {
          Fault("the key of a link cannot be read");
          return absl::OkStatus();
        }
        if (!claims.IsOf(place->source)) {
          settle();
          std::optional<double> leak_share;
          for (; nodes->Valid(); nodes->Next()) {
            LIANJIE_RETURN_IF_ERROR(steps_.Step());
            const auto number = ParseNodeKey(nodes->key());
            if (!number.has_value() || *number < place->source) continue;
            if (*number == place->source && DecodeNode(nodes->value(), payer).ok()) {
              leak_share = payer.leak_share;
            }
            break;
          }
          claims.Begin(place->source, leak_share);
        }
        CheckLink(*place, value, link);
        claims.Add(place->link, link);
        return absl::OkStatus();
      }));
  settle();
  return nodes->status();
}

void GraphCheck::CheckLink(const LinkPlace& place, std::string_view value, LinkRecord& link) {
  ++links_;
  mirror_sum_ += BytesHash(EncodePlace(place));
  if (place.link >= meta_.next_link) {
    Fault(
        Cat("link number ", place.link, " is there, but the next new one gets ", meta_.next_link));
  }
  if (!link_numbers_.Insert(place.link)) Fault(Cat("two links have the number ", place.link));
  if (!DecodeLink(value, place.mechanism, link).ok()) {
    link = LinkRecord();
    return Fault(Cat("link number ", place.link, " cannot be read"));
  }
  link_sum_ += EntryHash(LinkIdKey(graph_, link.id), EncodePlace(place));
  link.source = link.target = "-";  // the ends are checked where they are known
  if (const auto status = Validate(link); !status.ok()) {
    Fault(Cat("link '", link.id, "': ", FromAbsl(status.message())));
  }
}

absl::Status GraphCheck::CheckIndexes() {
  absl::uint128 mirror = 0;
  LIANJIE_RETURN_IF_ERROR(Walk(Tag::kInLink, [&](std::string_view key, std::string_view) {
    const auto place = ParseInLinkKey(key);
    if (place.has_value()) {
      mirror += BytesHash(EncodePlace(*place));
    } else {
      Fault("the key of an in-link cannot be read");
    }
    return absl::OkStatus();
  }));
  absl::uint128 ids = 0;
  LIANJIE_RETURN_IF_ERROR(Walk(Tag::kLinkId, [&](std::string_view key, std::string_view value) {
    ids += EntryHash(key, value);
    return absl::OkStatus();
  }));
  if (mirror != mirror_sum_ || ids != link_sum_) LIANJIE_RETURN_IF_ERROR(NameOutLinkFaults());
  if (mirror != mirror_sum_) LIANJIE_RETURN_IF_ERROR(NameInLinkFaults());
  return ids == link_sum_ ? absl::OkStatus() : NameLinkIdFaults();
}

absl::Status GraphCheck::NameOutLinkFaults() {
  int named = 0;
  LinkRecord link;
  return Walk(Tag::kOutLink, [&](std::string_view key, std::string_view value) -> absl::Status {
    const auto place = ParseOutLinkKey(key);
    if (!place.has_value() || named >= kNamedFaults) return absl::OkStatus();
    LIANJIE_ASSIGN_OR_RETURN(const auto mirror, kv_.Get(InLinkKey(graph_, *place)));
    if (!mirror.has_value()) {
      ++named;
      Fault(Cat("link number ", place->link, " has no in-link that mirrors it"));
    }
    if (!DecodeLink(value, place->mechanism, link).ok()) return absl::OkStatus();
    LIANJIE_ASSIGN_OR_RETURN(const auto entry, kv_.Get(LinkIdKey(graph_, link.id)));
    if (entry == EncodePlace(*place)) return absl::OkStatus();
    ++named;
    Fault(Cat("link '", link.id, "' has number ", place->link, ", but its id ",
              entry.has_value() ? "leads elsewhere" : "is not in the index of ids"));
    return absl::OkStatus();
  });
}

absl::Status GraphCheck::NameInLinkFaults() {
  int named = 0;
  return Walk(Tag::kInLink, [&](std::string_view key, std::string_view) -> absl::Status {
    const auto place = ParseInLinkKey(key);
    if (!place.has_value() || named == kNamedFaults) return absl::OkStatus();
    LIANJIE_ASSIGN_OR_RETURN(const auto link, kv_.Get(OutLinkKey(graph_, *place)));
    if (link.has_value()) return absl::OkStatus();
    ++named;
    Fault(Cat("an in-link mirrors link number ", place->link, ", which is not there"));
    return absl::OkStatus();
  });
}

absl::Status GraphCheck::NameLinkIdFaults() {
  int named = 0;
  LinkRecord link;
  return Walk(Tag::kLinkId, [&](std::string_view key, std::string_view value) -> absl::Status {
    if (named == kNamedFaults) return absl::OkStatus();
    if (const auto place = DecodePlace(value); place.has_value()) {
      LIANJIE_ASSIGN_OR_RETURN(const auto stored, kv_.Get(OutLinkKey(graph_, *place)));
      if (stored.has_value() && DecodeLink(*stored, place->mechanism, link).ok() &&
          LinkIdKey(graph_, link.id) == key) {
        return absl::OkStatus();
      }
    }
    ++named;
    Fault(Cat("the link id ", IdText(AfterTag(key)), " leads to no link of that id"));
    return absl::OkStatus();
  });
}

absl::Status GraphCheck::CheckEnds() {
  return VisitLinksWithEnds(
      kv_, graph_, options_.memory_bytes, [this] { return steps_.Step(); },
      [&](const LinkWithEnds& link) {
        if (link.source == nullptr || link.target == nullptr) {
          Fault(Cat("link number ", link.place.link, " has a ",
                    link.source == nullptr ? "payer" : "payee", ", number ",
                    link.source == nullptr ? link.place.source : link.place.target,
                    ", that is not there"));
          return absl::OkStatus();
        }
        digest_ += LinkHash(link.source->id, link.target->id, link.place.mechanism, link.value);
        if (!IsAllowed(link.place.mechanism, link.source->kind, link.target->kind)) {
          Fault(Cat("link number ", link.place.link, " from '", link.source->id, "' to '",
                    link.target->id, "' breaks the type table: ", EnumName(link.place.mechanism),
                    " may not go from ", EnumName(link.source->kind), " to ",
                    EnumName(link.target->kind)));
        }
        return absl::OkStatus();
      });
}

}  // namespace lianjie::storage
