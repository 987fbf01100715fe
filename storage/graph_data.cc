#include "storage/graph_data.h"

#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::storage {

absl::StatusOr<std::optional<GraphNumber>> FindGraph(const KeyValueReader& kv,
                                                     std::string_view name) {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv.Get(GraphNameKey(name)));
  if (!value.has_value()) return std::nullopt;
  LIANJIE_ASSIGN_OR_RETURN(const GraphNumber graph, DecodeGraphName(*value));
  return graph;
}

absl::Status GraphNotFound(std::string_view name) {
  return NotFound(Reason::kGraphNotFound, "graph", name);
}

absl::Status VisitPrefix(
    const KeyValueReader& kv, const std::string& prefix, bool bulk,
    absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)> visit) {
  const auto it = kv.NewIterator(prefix, AfterPrefix(prefix), bulk);
  for (; it->Valid(); it->Next()) {
    LIANJIE_RETURN_IF_ERROR(visit(it->key(), it->value()));
  }
  return it->status();
}

absl::StatusOr<GraphMeta> GraphData::Meta() const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(MetaKey(graph_)));
  if (!value.has_value()) return Corrupt("a graph without its meta");
  return DecodeMeta(*value);
}

absl::StatusOr<std::optional<NodePlace>> GraphData::FindNode(std::string_view id) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(NodeIdKey(graph_, id)));
  if (!value.has_value()) return std::nullopt;
  const auto place = DecodeNodePlace(*value);
  if (!place.has_value()) return Corrupt(Cat("the number of node '", id, "'"));
  return place;
}

absl::StatusOr<std::string> GraphData::ReadNodeValue(Number node) const {
  LIANJIE_ASSIGN_OR_RETURN(auto value, kv_.Get(NodeKey(graph_, node)));
  if (!value.has_value()) return Corrupt(Cat("node number ", node, " is named but not there"));
  return *std::move(value);
}

absl::StatusOr<NodeRecord> GraphData::ReadNode(Number node) const {
  LIANJIE_ASSIGN_OR_RETURN(const std::string value, ReadNodeValue(node));
  NodeRecord record;
  LIANJIE_RETURN_IF_ERROR(DecodeNode(value, record));
  return record;
}

absl::StatusOr<std::optional<StoredNode>> GraphData::GetNode(std::string_view id) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto place, FindNode(id));
  if (!place.has_value()) return std::nullopt;
  LIANJIE_ASSIGN_OR_RETURN(NodeRecord record, ReadNode(place->number));
  return StoredNode{.number = place->number, .record = std::move(record)};
}

absl::StatusOr<std::optional<LinkPlace>> GraphData::FindLink(std::string_view id) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(LinkIdKey(graph_, id)));
  if (!value.has_value()) return std::nullopt;
  const auto place = DecodePlace(*value);
  if (!place.has_value()) return Corrupt(Cat("the place of link '", id, "'"));
  return place;
}

absl::StatusOr<std::optional<StoredLink>> GraphData::GetLink(std::string_view id) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto place, FindLink(id));
  if (!place.has_value()) return std::nullopt;
  LIANJIE_ASSIGN_OR_RETURN(LinkRecord record, ReadLink(*place));
  return StoredLink{.place = *place, .record = std::move(record)};
}

absl::StatusOr<LinkRecord> GraphData::ReadLinkWithoutEnds(const LinkPlace& place) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(OutLinkKey(graph_, place)));
  if (!value.has_value())
    return Corrupt(Cat("link number ", place.link, " is named but not there"));
  LinkRecord link;
  LIANJIE_RETURN_IF_ERROR(DecodeLink(*value, place.mechanism, link));
  return link;
}

absl::StatusOr<LinkRecord> GraphData::ReadLink(const LinkPlace& place) const {
  LIANJIE_ASSIGN_OR_RETURN(LinkRecord link, ReadLinkWithoutEnds(place));
  LIANJIE_ASSIGN_OR_RETURN(const std::string source, ReadNodeValue(place.source));
  LIANJIE_ASSIGN_OR_RETURN(const NodeHead source_head, DecodeNodeHead(source));
  link.source = source_head.id;
  LIANJIE_ASSIGN_OR_RETURN(const std::string target, ReadNodeValue(place.target));
  LIANJIE_ASSIGN_OR_RETURN(const NodeHead target_head, DecodeNodeHead(target));
  link.target = target_head.id;
  return link;
}

absl::Status GraphData::VisitOutLinks(
    Number node, absl::FunctionRef<absl::Status(const LinkPlace&, const LinkRecord&)> visit) const {
  LinkRecord link;
  return VisitPrefix(kv_, OutLinkPrefix(graph_, node), false,
                     [&](std::string_view key, std::string_view value) {
                       const auto place = ParseOutLinkKey(key);
                       if (!place.has_value()) return Corrupt("the key of a link");
                       LIANJIE_RETURN_IF_ERROR(DecodeLink(value, place->mechanism, link));
                       return visit(*place, link);
                     });
}

namespace {

template <typename Parse>
absl::StatusOr<std::vector<LinkPlace>> PlacesIn(const KeyValueReader& kv, const std::string& prefix,
                                                const Parse& parse, std::size_t most) {
  std::vector<LinkPlace> places;
  const auto it = kv.NewIterator(prefix, AfterPrefix(prefix));
  for (; it->Valid() && places.size() < most; it->Next()) {
    const std::optional<LinkPlace> place = parse(it->key());
    if (!place.has_value()) return Corrupt("the key of a link");
    places.push_back(*place);
  }
  LIANJIE_RETURN_IF_ERROR(it->status());
  return places;
}

}  // namespace

absl::StatusOr<std::vector<LinkPlace>> GraphData::OutPlaces(Number node, std::size_t most) const {
  return PlacesIn(kv_, OutLinkPrefix(graph_, node), ParseOutLinkKey, most);
}

absl::StatusOr<std::vector<LinkPlace>> GraphData::InPlaces(Number node, std::size_t most) const {
  return PlacesIn(kv_, InLinkPrefix(graph_, node), ParseInLinkKey, most);
}

absl::StatusOr<std::optional<RegionRecord>> GraphData::GetRegion(std::string_view code) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(RegionKey(graph_, code)));
  if (!value.has_value()) return std::nullopt;
  RegionRecord region;
  LIANJIE_RETURN_IF_ERROR(DecodeRegion(code, *value, region));
  return region;
}

absl::StatusOr<std::vector<std::string>> GraphData::RegionChildren(std::string_view code) const {
  const std::string prefix = RegionChildPrefix(graph_, code);
  std::vector<std::string> children;
  LIANJIE_RETURN_IF_ERROR(
      VisitPrefix(kv_, prefix, false, [&](std::string_view key, std::string_view) {
        children.emplace_back(key.substr(prefix.size()));
        return absl::OkStatus();
      }));
  return children;
}

absl::StatusOr<RegionUse> GraphData::GetRegionUse(std::string_view code) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(RegionUseKey(graph_, code)));
  if (!value.has_value()) return RegionUse{};
  return DecodeRegionUse(*value);
}

absl::StatusOr<std::optional<LineRecord>> GraphData::GetLine(std::string_view region,
                                                             std::int64_t year) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(LineKey(graph_, region, year)));
  if (!value.has_value()) return std::nullopt;
  LineRecord line;
  LIANJIE_RETURN_IF_ERROR(DecodeLine({.region = std::string(region), .year = year}, *value, line));
  return line;
}

absl::StatusOr<std::optional<RequestRecord>> GraphData::GetRequest(
    std::string_view request_id) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(RequestKey(graph_, request_id)));
  if (!value.has_value()) return std::nullopt;
  LIANJIE_ASSIGN_OR_RETURN(RequestRecord request, DecodeRequest(*value));
  return request;
}

absl::StatusOr<std::optional<RevisionRecord>> GraphData::GetRevision(std::int64_t revision) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(RevisionKey(graph_, revision)));
  if (!value.has_value()) return std::nullopt;
  LIANJIE_ASSIGN_OR_RETURN(RevisionRecord record, DecodeRevision(*value));
  return record;
}

}  // namespace lianjie::storage
