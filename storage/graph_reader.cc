#include "storage/graph_reader.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/bulk_scan.h"
#include "storage/digest.h"
#include "storage/page_token.h"
#include "storage/refusals.h"

namespace lianjie::storage {
namespace {

// A walk over the keys of one prefix, each turned into a record by `decode`. Holds its reader.
template <typename Record, typename Decode> class KeyCursor : public Cursor<Record> {
 public:
  KeyCursor(std::shared_ptr<const GraphReader> reader, std::unique_ptr<KeyValueIterator> it,
            std::uint64_t secret, std::string last_key, Decode decode)
      : reader_(std::move(reader)),
        it_(std::move(it)),
        secret_(secret),
        last_key_(std::move(last_key)),
        decode_(std::move(decode)) {}

  absl::StatusOr<std::optional<Record>> Next() override {
    LIANJIE_RETURN_IF_ERROR(error_);
    if (!it_->Valid()) {
      error_ = it_->status();
      LIANJIE_RETURN_IF_ERROR(error_);
      return std::nullopt;
    }
    Record record;
    error_ = decode_(it_->key(), it_->value(), record);
    LIANJIE_RETURN_IF_ERROR(error_);
    last_key_ = it_->key();
    it_->Next();
    return record;
  }
  std::string token() const override {
    return last_key_.empty() ? std::string() : MakePageToken(secret_, last_key_);
  }

 private:
  std::shared_ptr<const GraphReader> reader_;
  std::unique_ptr<KeyValueIterator> it_;
  std::uint64_t secret_;
  std::string last_key_;
  Decode decode_;
  absl::Status error_;
};

// The ids of nodes by their numbers, as a scan of links meets them.
class EndNames {
 public:
  explicit EndNames(const GraphData& data) : data_(data) {}

  absl::Status Fill(const LinkPlace& place, LinkRecord& link) {
    LIANJIE_RETURN_IF_ERROR(Name(place.source, link.source));
    return Name(place.target, link.target);
  }

 private:
  static constexpr std::size_t kMost = 1 << 18;

  absl::Status Name(Number node, std::string& id) {
    if (const auto it = names_.find(node); it != names_.end()) {
      id = it->second;
      return absl::OkStatus();
    }
    LIANJIE_ASSIGN_OR_RETURN(const std::string value, data_.ReadNodeValue(node));
    LIANJIE_ASSIGN_OR_RETURN(const NodeHead head, DecodeNodeHead(value));
    id = head.id;
    if (names_.size() >= kMost) names_.clear();
    names_.emplace(node, id);
    return absl::OkStatus();
  }

  GraphData data_;
  absl::flat_hash_map<Number, std::string> names_;
};

absl::StatusOr<std::string> LastKey(std::uint64_t secret, const std::string& prefix,
                                    std::string_view token) {
  if (token.empty()) return std::string();
  return ReadPageToken(secret, prefix, token);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Reader>> GraphReader::Open(
    std::shared_ptr<const KeyValueReader> kv, std::string_view name, std::uint64_t secret) {
  LIANJIE_ASSIGN_OR_RETURN(const auto graph, FindGraph(*kv, name));
  if (!graph.has_value()) return GraphNotFound(name);
  return Open(std::move(kv), *graph, name, secret);
}

absl::StatusOr<std::shared_ptr<const Reader>> GraphReader::Open(
    std::shared_ptr<const KeyValueReader> kv, GraphNumber graph, std::string_view name,
    std::uint64_t secret) {
  LIANJIE_ASSIGN_OR_RETURN(GraphMeta meta, GraphData(*kv, graph).Meta());
  meta.info.name = name;
  Digest identity;
  identity.AddNumber(secret);
  identity.AddNumber(graph);
  identity.AddNumber(static_cast<std::uint64_t>(meta.info.create_time_micros));
  meta.info.identity = identity.low64();
  return std::make_shared<GraphReader>(std::move(kv), graph, std::move(meta), secret);
}

GraphReader::GraphReader(std::shared_ptr<const KeyValueReader> kv, GraphNumber graph,
                         GraphMeta meta, std::uint64_t secret)
    : kv_(std::move(kv)), data_(*kv_, graph), meta_(std::move(meta)), secret_(secret) {}

absl::StatusOr<NodeRecord> GraphReader::GetNode(std::string_view id) const {
  LIANJIE_ASSIGN_OR_RETURN(auto node, data_.GetNode(id));
  if (!node.has_value()) return NotFound(Reason::kNodeNotFound, "node", id);
  return std::move(node->record);
}

absl::StatusOr<LinkRecord> GraphReader::GetLink(std::string_view id) const {
  LIANJIE_ASSIGN_OR_RETURN(auto link, data_.GetLink(id));
  if (!link.has_value()) return NotFound(Reason::kLinkNotFound, "link", id);
  return std::move(link->record);
}

absl::StatusOr<RegionRecord> GraphReader::GetRegion(std::string_view code) const {
  LIANJIE_ASSIGN_OR_RETURN(auto region, data_.GetRegion(code));
  if (!region.has_value()) return NotFound(Reason::kRegionNotFound, "region", code);
  return *std::move(region);
}

template <typename Record, typename Decode>
absl::StatusOr<std::unique_ptr<Cursor<Record>>> GraphReader::Scan(const std::string& prefix,
                                                                  std::string_view token,
                                                                  Decode decode) const {
  LIANJIE_ASSIGN_OR_RETURN(std::string last, LastKey(secret_, prefix, token));
  // The least key after `last` is `last` with a zero byte.
  std::string lower = last.empty() ? prefix : last + '\0';
  auto it = kv_->NewIterator(std::move(lower), AfterPrefix(prefix));
  return std::make_unique<KeyCursor<Record, Decode>>(shared_from_this(), std::move(it), secret_,
                                                     std::move(last), std::move(decode));
}

absl::StatusOr<std::unique_ptr<Cursor<NodeRecord>>> GraphReader::ScanNodes(
    std::string_view token) const {
  return Scan<NodeRecord>(
      TagPrefix(data_.graph(), Tag::kNodeId), token,
      [data = data_](std::string_view, std::string_view value, NodeRecord& node) -> absl::Status {
        const auto place = DecodeNodePlace(value);
        if (!place.has_value()) return Corrupt("the number of a node");
        LIANJIE_ASSIGN_OR_RETURN(node, data.ReadNode(place->number));
        return absl::OkStatus();
      });
}

absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> GraphReader::ScanLinks(
    std::string_view token) const {
  return Scan<LinkRecord>(
      TagPrefix(data_.graph(), Tag::kLinkId), token,
      [data = data_, names = EndNames(data_)](std::string_view, std::string_view value,
                                              LinkRecord& link) mutable -> absl::Status {
        const auto place = DecodePlace(value);
        if (!place.has_value()) return Corrupt("the place of a link");
        LIANJIE_ASSIGN_OR_RETURN(link, data.ReadLinkWithoutEnds(*place));
        return names.Fill(*place, link);
      });
}

absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> GraphReader::ScanOutLinks(
    std::string_view node, std::string_view token) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto place, data_.FindNode(node));
  if (!place.has_value()) return NotFound(Reason::kNodeNotFound, "node", node);
  return Scan<LinkRecord>(OutLinkPrefix(data_.graph(), place->number), token,
                          [names = EndNames(data_)](std::string_view key, std::string_view value,
                                                    LinkRecord& link) mutable -> absl::Status {
                            const auto place = ParseOutLinkKey(key);
                            if (!place.has_value()) return Corrupt("the key of a link");
                            LIANJIE_RETURN_IF_ERROR(DecodeLink(value, place->mechanism, link));
                            return names.Fill(*place, link);
                          });
}

absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> GraphReader::ScanInLinks(
    std::string_view node, std::string_view token) const {
  LIANJIE_ASSIGN_OR_RETURN(const auto place, data_.FindNode(node));
  if (!place.has_value()) return NotFound(Reason::kNodeNotFound, "node", node);
  return Scan<LinkRecord>(
      InLinkPrefix(data_.graph(), place->number), token,
      [data = data_, names = EndNames(data_)](std::string_view key, std::string_view,
                                              LinkRecord& link) mutable -> absl::Status {
        const auto place = ParseInLinkKey(key);
        if (!place.has_value()) return Corrupt("the key of a link");
        LIANJIE_ASSIGN_OR_RETURN(link, data.ReadLinkWithoutEnds(*place));
        return names.Fill(*place, link);
      });
}

absl::StatusOr<std::unique_ptr<Cursor<RegionRecord>>> GraphReader::ScanRegions(
    std::string_view token) const {
  return Scan<RegionRecord>(TagPrefix(data_.graph(), Tag::kRegion), token,
                            [](std::string_view key, std::string_view value, RegionRecord& region) {
                              return DecodeRegion(AfterTag(key), value, region);
                            });
}

absl::StatusOr<std::unique_ptr<Cursor<LineRecord>>> GraphReader::ScanLines(
    std::string_view token) const {
  return Scan<LineRecord>(TagPrefix(data_.graph(), Tag::kLine), token,
                          [](std::string_view key, std::string_view value, LineRecord& line) {
                            const auto name = ParseLineKey(key);
                            return name.has_value() ? DecodeLine(*name, value, line)
                                                    : Corrupt("the key of a line");
                          });
}

std::unique_ptr<BulkScan> GraphReader::StartBulkScan(std::size_t most_parts) const {
  return MakeBulkScan(shared_from_this(), data_, meta_.next_node, most_parts);
}

absl::StatusOr<std::unique_ptr<Cursor<Change>>> GraphReader::ScanChanges(
    std::int64_t after_revision) const {
  const GraphInfo& info = meta_.info;
  if (after_revision < info.changes_after || after_revision > info.revision) {
    return RevisionUnavailable("after_revision", after_revision, info.changes_after, info.revision);
  }
  const auto decode = [](std::string_view key, std::string_view value, Change& change) {
    const auto name = ParseChangeKey(key);
    if (!name.has_value()) return Corrupt("the key of a change");
    change.revision = name->revision;
    return DecodeChange(value, change);
  };
  auto it = kv_->NewIterator(ChangeKey(data_.graph(), after_revision + 1, 0),
                             ChangeKey(data_.graph(), info.revision + 1, 0));
  return std::make_unique<KeyCursor<Change, decltype(decode)>>(shared_from_this(), std::move(it),
                                                               secret_, std::string(), decode);
}

}  // namespace lianjie::storage
