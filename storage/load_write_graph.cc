// Nodes and links: their numbers, their digest, their keys.
#include <cstring>
#include <future>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/graph_digest.h"
#include "storage/load_write.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kNumberBytes = 5;

absl::Status TooMany(std::string_view what) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   Cat("the graph has had ", kMaxNumber + 1, " ", what, ", the most it can"),
                   {.reason = Reason::kLimitExceeded,
                    .field = {},
                    .row = {},
                    .metadata = {{"limit", std::string(what)},
                                 {"value", Cat(kMaxNumber + 1)},
                                 {"needed", Cat(kMaxNumber + 2)}}});
}

absl::StatusOr<absl::uint128> HashOfStoredLink(const GraphData& data, const LinkPlace& place) {
  LIANJIE_ASSIGN_OR_RETURN(const std::string source, data.ReadNodeValue(place.source));
  LIANJIE_ASSIGN_OR_RETURN(const std::string target, data.ReadNodeValue(place.target));
  LIANJIE_ASSIGN_OR_RETURN(const NodeHead source_head, DecodeNodeHead(source));
  LIANJIE_ASSIGN_OR_RETURN(const NodeHead target_head, DecodeNodeHead(target));
  LIANJIE_ASSIGN_OR_RETURN(const auto value, data.kv().Get(OutLinkKey(data.graph(), place)));
  if (!value.has_value()) return Corrupt("a link that is named but not there");
  return LinkHash(source_head.id, target_head.id, place.mechanism, *value);
}

// What links are sorted by: place, then id, so that the order of adding leaves no trace. A new link
// has no number yet; it comes after those among the same ends that have.
void PutPlace(const LinkPlace& place, std::string& key) {
  const auto put = [&key](Number number) {
    for (std::size_t i = kNumberBytes; i-- > 0;) key.push_back(static_cast<char>(number >> 8 * i));
  };
  put(place.source);
  key.push_back(static_cast<char>(place.mechanism));
  put(place.target);
  put(place.link);
}

LinkPlace PlaceIn(std::string_view key) {
  const auto take = [&key](std::size_t bytes) {
    Number number = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      number = number << 8U | static_cast<unsigned char>(key[i]);
    key.remove_prefix(bytes);
    return number;
  };
  LinkPlace place;
  place.source = take(kNumberBytes);
  place.mechanism = static_cast<Mechanism>(take(1));
  place.target = take(kNumberBytes);
  place.link = take(kNumberBytes);
  return place;
}

bool Ends(absl::uint128 in_link) { return (absl::Uint128Low64(in_link) & 1U) != 0; }

// In front of a link's value in the sorter.
enum class Fate : char {
  kEnds,   // no value: the link moves away from there
  kNew,    // its number and its id's key are still to be made
  kMoved,  // its id's key must say the new place
  kStays,
};

}  // namespace

absl::Status LoadWriter::WriteNodes(KeyValueIngest& ingest) {
  KeyValueSink& ids = ingest.NewSink();
  KeyValueSink& nodes = ingest.NewSink(KeyValueIngest::Reads::kWalks);
  // Stored nodes, by number: all below those of new ones.
  ByteSorter updated(rows_.space, rows_.memory_bytes / LoadMemory::kUpdatedNodes);
  {
    // Numbers in the order of ids, so that going by id goes through the nodes in a row.
    ByteSorter::Stream sorted(*rows_.nodes_by_id);
    std::string_view id;
    std::string_view value;
    while (true) {
      LIANJIE_ASSIGN_OR_RETURN(const bool more, sorted.Next(id, value));
      if (!more) break;
      progress_.Add(kUnitsOfNode);
      NodeHeadBytes head;
      std::memcpy(&head, value.data(), sizeof head);
      Name& name = rows_.names[head.name];
      if (name.row != head.row) continue;  // rejected
      LIANJIE_RETURN_IF_ERROR(WriteNode(name, id, value.substr(sizeof head), updated, ids, nodes));
    }
  }
  rows_.nodes_by_id.reset();
  ids.End();
  nodes.End();
  LIANJIE_RETURN_IF_ERROR(updated.Sort());
  ByteSorter::Stream sorted(updated);
  KeyValueSink& again = ingest.NewSink(KeyValueIngest::Reads::kWalks);
  std::string_view key;
  std::string_view value;
  while (true) {
    LIANJIE_ASSIGN_OR_RETURN(const bool more, sorted.Next(key, value));
    if (!more) return absl::OkStatus();
    LIANJIE_RETURN_IF_ERROR(again.Put(key, value));
  }
}

absl::Status LoadWriter::WriteNode(Name& name, std::string_view coded_id, std::string_view value,
                                   ByteSorter& updated, KeyValueSink& ids, KeyValueSink& nodes) {
  absl::uint128& digest = plan_.meta.info.digest;
  digest += NodeHash(value);
  const auto kind = static_cast<NodeKind>(name.row_kind);
  if (name.stored) {
    ++result_.nodes_updated;
    LIANJIE_ASSIGN_OR_RETURN(const std::string before, data_.ReadNodeValue(name.number));
    digest -= NodeHash(before);
    LIANJIE_RETURN_IF_ERROR(updated.Add(NodeKey(graph_, name.number), value));
    if (name.stored_node_kind() == kind) return absl::OkStatus();
  } else {
    ++result_.nodes_created;
    if (plan_.meta.next_node >= kMaxNumber) return TooMany("nodes");
    name.number = plan_.meta.next_node++;
    LIANJIE_RETURN_IF_ERROR(nodes.Put(NodeKey(graph_, name.number), value));
  }
  key_ = TagPrefix(graph_, Tag::kNodeId);
  key_ += coded_id;
  return ids.Put(key_, EncodeNodePlace({.number = name.number, .kind = kind}));
}

// The digest's part of a link that is not stored.
absl::StatusOr<absl::uint128> LoadWriter::HashOf(const LinkRow& row) const {
  const auto made = plan_.made_ids.find(row.row);
  if (made == plan_.made_ids.end()) return row.hash();
  LIANJIE_ASSIGN_OR_RETURN(const std::string source, rows_.names.Text(row.source));
  LIANJIE_ASSIGN_OR_RETURN(const std::string target, rows_.names.Text(row.target));
  return LinkHash(source, target, row.mechanism, plan_.ValueOf(row));
}

absl::Status LoadWriter::SortLinks() {
  links_by_place_ =
      std::make_unique<ByteSorter>(rows_.space, rows_.memory_bytes / LoadMemory::kLinksByPlace);
  StoredLinkRows stored(plan_);
  LinkLog::Stream links(rows_.links);
  LinkRow row;
  while (true) {
    LIANJIE_ASSIGN_OR_RETURN(const bool more, links.Next(row));
    if (!more) break;
    progress_.Add(kUnitsOfLink);
    if (rows_.link_rejected[row.row]) continue;
    LIANJIE_ASSIGN_OR_RETURN(const auto place, stored.At(row.row));
    LIANJIE_RETURN_IF_ERROR(SortLink(row, place));
  }
  rows_.links.Clear();
  return links_by_place_->Sort();
}

absl::Status LoadWriter::SortLink(const LinkRow& row, const std::optional<LinkPlace>& stored) {
  absl::uint128& digest = plan_.meta.info.digest;
  LIANJIE_ASSIGN_OR_RETURN(const absl::uint128 hash, HashOf(row));
  digest += hash;
  LinkPlace place{.source = rows_.names[row.source].number,
                  .mechanism = row.mechanism,
                  .target = rows_.names[row.target].number,
                  .link = kMaxNumber};
  key_.clear();
  Fate fate = Fate::kNew;
  if (stored.has_value()) {
    ++result_.links_updated;
    LIANJIE_ASSIGN_OR_RETURN(const absl::uint128 before, HashOfStoredLink(data_, *stored));
    digest -= before;
    place.link = stored->link;
    fate = place == *stored ? Fate::kStays : Fate::kMoved;
    if (fate == Fate::kMoved) {
      const char ends = static_cast<char>(Fate::kEnds);
      PutPlace(*stored, key_);
      LIANJIE_RETURN_IF_ERROR(links_by_place_->Add(key_, {&ends, 1}));
      key_.clear();
    }
    PutPlace(place, key_);
  } else {
    ++result_.links_created;
    PutPlace(place, key_);
    AppendId(plan_.IdOf(row), key_);
  }
  const char head = static_cast<char>(fate);
  if (!plan_.made_ids.contains(row.row)) return links_by_place_->Add(key_, {&head, 1}, row.value);
  return links_by_place_->Add(key_, {&head, 1}, plan_.ValueOf(row));
}

absl::Status LoadWriter::WriteLinks(KeyValueIngest& ingest) {
  in_links_ =
      std::make_unique<FixedSorter<InLink>>(rows_.space, rows_.memory_bytes / LoadMemory::kInLinks);
  links_by_id_ =
      std::make_unique<ByteSorter>(rows_.space, rows_.memory_bytes / LoadMemory::kLinksById);
  KeyValueSink& out = ingest.NewSink(KeyValueIngest::Reads::kWalks);
  {
    ByteSorter::Stream sorted(*links_by_place_);
    std::string_view key;
    std::string_view value;
    LinkKeyBytes bytes;
    while (true) {
      LIANJIE_ASSIGN_OR_RETURN(const bool more, sorted.Next(key, value));
      if (!more) break;
      progress_.Add(kUnitsOfLink);
      LinkPlace place = PlaceIn(key);
      const auto fate = static_cast<Fate>(value[0]);
      value.remove_prefix(1);
      if (fate == Fate::kNew) {
        if (plan_.meta.next_link >= kMaxNumber) return TooMany("links");
        place.link = plan_.meta.next_link++;
      }
      LIANJIE_RETURN_IF_ERROR(in_links_->Add(PackInLink(place, fate == Fate::kEnds)));
      const std::string_view out_key = PutOutLinkKey(graph_, place, bytes);
      if (fate == Fate::kEnds) {
        LIANJIE_RETURN_IF_ERROR(out.Delete(out_key));
        continue;
      }
      LIANJIE_RETURN_IF_ERROR(out.Put(out_key, value));
      if (fate == Fate::kStays) continue;
      key_.clear();
      AppendId(IdInLinkValue(value), key_);
      LIANJIE_RETURN_IF_ERROR(links_by_id_->Add(key_, AfterTag(out_key)));
    }
  }
  links_by_place_.reset();
  out.End();
  KeyValueSink& in = ingest.NewSink(KeyValueIngest::Reads::kWalks);
  KeyValueSink& ids = ingest.NewSink();
  auto by_target = std::async(std::launch::async, [this, &in] { return WriteInLinks(in); });
  absl::Status status = WriteLinkIds(ids);
  status.Update(by_target.get());
  return status;
}

LoadWriter::InLink LoadWriter::PackInLink(const LinkPlace& place, bool ends) {
  static_assert(kMaxNumber < Number{1} << 40U);
  const auto mechanism = static_cast<std::uint64_t>(place.mechanism);
  return absl::uint128(place.target << 7U | mechanism) << 81U | absl::uint128(place.source) << 41U |
         (place.link << 1U | (ends ? 1U : 0U));
}

LinkPlace LoadWriter::UnpackInLink(InLink link) {
  const auto low = [&link](unsigned bits) {
    const std::uint64_t value = absl::Uint128Low64(link) & ((std::uint64_t{1} << bits) - 1);
    link >>= static_cast<int>(bits);
    return value;
  };
  LinkPlace place;
  low(1);
  place.link = low(40);
  place.source = low(40);
  place.mechanism = static_cast<Mechanism>(low(7));
  place.target = low(40);
  return place;
}

absl::Status LoadWriter::WriteInLinks(KeyValueSink& sink) {
  LIANJIE_RETURN_IF_ERROR(in_links_->Sort());
  {
    FixedSorter<InLink>::Stream sorted(*in_links_);
    InLink link;
    LinkKeyBytes bytes;
    while (true) {
      LIANJIE_ASSIGN_OR_RETURN(const bool more, sorted.Next(link));
      if (!more) break;
      progress_.Add(kUnitsOfLink);
      const std::string_view key = PutInLinkKey(graph_, UnpackInLink(link), bytes);
      LIANJIE_RETURN_IF_ERROR(Ends(link) ? sink.Delete(key) : sink.Put(key, {}));
    }
  }
  in_links_.reset();
  sink.End();
  return absl::OkStatus();
}

absl::Status LoadWriter::WriteLinkIds(KeyValueSink& sink) {
  LIANJIE_RETURN_IF_ERROR(links_by_id_->Sort());
  {
    ByteSorter::Stream sorted(*links_by_id_);
    std::string key = TagPrefix(graph_, Tag::kLinkId);
    const std::size_t prefix = key.size();
    std::string_view id;
    std::string_view place;
    while (true) {
      LIANJIE_ASSIGN_OR_RETURN(const bool more, sorted.Next(id, place));
      if (!more) break;
      progress_.Add(kUnitsOfLink);
      key.resize(prefix);
      key += id;
      LIANJIE_RETURN_IF_ERROR(sink.Put(key, place));
    }
  }
  links_by_id_.reset();
  sink.End();
  return absl::OkStatus();
}

}  // namespace lianjie::storage
