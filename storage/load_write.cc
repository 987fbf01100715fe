#include "storage/load_write.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/core/ids.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/codec.h"

namespace lianjie::storage {
namespace {

// Rows in the order of their coded ids. The first eight bytes decide nearly always.
struct IdSortKey {
  std::uint64_t head = 0;
  std::uint32_t row = 0;
};

std::uint64_t HeadOf(std::string_view id) {
  const std::string code = EncodeId(id);
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    head = head << 8U | (i < code.size() ? static_cast<unsigned char>(code[i]) : 0U);
  }
  return head;
}

template <typename IdOf> void SortById(std::vector<std::uint32_t>& rows, IdOf id_of) {
  std::vector<IdSortKey> keys;
  keys.reserve(rows.size());
  for (const std::uint32_t row : rows) keys.push_back({.head = HeadOf(id_of(row)), .row = row});
  std::sort(keys.begin(), keys.end(), [&](const IdSortKey& a, const IdSortKey& b) {
    return a.head != b.head ? a.head < b.head : CompareIds(id_of(a.row), id_of(b.row)) < 0;
  });
  std::transform(keys.begin(), keys.end(), rows.begin(),
                 [](const IdSortKey& key) { return key.row; });
}

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

}  // namespace

absl::Status LoadWriter::Prepare(const GraphData& data, std::int64_t now_micros) {
  GraphInfo& info = plan_.meta.info;
  ++info.revision;
  result_.rejected = rejected_;
  info.update_time_micros = std::max(info.update_time_micros, now_micros);
  result_.revision = info.revision;
  info.oldest_revision = info.revision;  // what it replaces is not kept
  LIANJIE_RETURN_IF_ERROR(NumberNodes());
  LIANJIE_RETURN_IF_ERROR(NumberLinks());
  CountRegionsAndLines();
  info.node_count += result_.nodes_created;
  info.link_count += result_.links_created;
  info.region_count += result_.regions_created;
  info.line_count += result_.lines_created;
  return CountDigest(data);
}

absl::Status LoadWriter::NumberNodes() {
  number_of_.assign(rows_.names.size(), 0);
  for (std::uint32_t i = 0; i < rows_.nodes.size(); ++i) {
    const NodeRow& row = rows_.nodes[i];
    if (row.rejected) continue;
    const auto stored = plan_.stored_nodes.find(row.name);
    const bool is_new = stored == plan_.stored_nodes.end();
    if (is_new || stored->second.kind != row.kind) named_nodes_.push_back(i);
    if (is_new) {
      ++result_.nodes_created;
    } else {
      ++result_.nodes_updated;
      number_of_[row.name] = stored->second.number;
      nodes_.push_back({.number = stored->second.number, .row = i});
    }
  }
  std::sort(nodes_.begin(), nodes_.end(),
            [](const NodePut& a, const NodePut& b) { return a.number < b.number; });
  // Numbers in the order of ids, so that going by id goes through the nodes in a row.
  SortById(named_nodes_, [this](std::uint32_t row) { return rows_.names[rows_.nodes[row].name]; });
  Number& next = plan_.meta.next_node;
  if (next + result_.nodes_created > kMaxNumber) return TooMany("nodes");
  for (const std::uint32_t row : named_nodes_) {
    if (plan_.stored_nodes.contains(rows_.nodes[row].name)) continue;
    number_of_[rows_.nodes[row].name] = next;
    nodes_.push_back({.number = next++, .row = row});
  }
  return absl::OkStatus();
}

absl::StatusOr<Number> LoadWriter::NumberOf(NameIndex name) const {
  if (const auto it = plan_.stored_nodes.find(name); it != plan_.stored_nodes.end()) {
    return it->second.number;
  }
  if (plan_.node_row[name] == kNoRow) return absl::InternalError("a link without an end");
  return number_of_[name];
}

absl::Status LoadWriter::NumberLinks() {
  for (std::uint32_t i = 0; i < rows_.links.size(); ++i) {
    const LinkRow& row = rows_.links[i];
    if (row.rejected) continue;
    LIANJIE_ASSIGN_OR_RETURN(const Number source, NumberOf(row.source));
    LIANJIE_ASSIGN_OR_RETURN(const Number target, NumberOf(row.target));
    LinkPlace place{.source = source, .mechanism = row.mechanism, .target = target, .link = 0};
    const auto stored = plan_.stored_links.find(i);
    if (stored == plan_.stored_links.end()) {
      place.link = kMaxNumber;  // until its number is known
      ++result_.links_created;
    } else {
      place.link = stored->second.link;
      ++result_.links_updated;
      if (place != stored->second) links_.push_back({.place = stored->second, .row = kNoRow});
    }
    links_.push_back({.place = place, .row = i});
  }
  // New links among equal ends go by id, so that the order of adding leaves no trace.
  std::sort(links_.begin(), links_.end(), [this](const LinkPut& a, const LinkPut& b) {
    if (a.place != b.place) return a.place < b.place;
    if (a.row == kNoRow || b.row == kNoRow) return a.row < b.row;
    return CompareIds(rows_.links[a.row].id, rows_.links[b.row].id) < 0;
  });
  Number& next = plan_.meta.next_link;
  if (next + result_.links_created > kMaxNumber) return TooMany("links");
  for (LinkPut& put : links_) {
    if (put.row != kNoRow && !plan_.stored_links.contains(put.row)) put.place.link = next++;
  }
  return absl::OkStatus();
}

void LoadWriter::CountRegionsAndLines() {
  for (const RegionRow& row : rows_.regions) {
    if (row.rejected) continue;
    ++(plan_.stored_regions.contains(row.code) ? result_.regions_updated : result_.regions_created);
  }
  for (std::uint32_t i = 0; i < rows_.lines.size(); ++i) {
    if (rows_.lines[i].rejected) continue;
    ++(plan_.stored_lines.contains(i) ? result_.lines_updated : result_.lines_created);
  }
}

absl::Status LoadWriter::Write(const std::string& request_id, const std::string& digest,
                               KeyValueSink& sink) const {
  const GraphInfo& info = plan_.meta.info;
  LIANJIE_RETURN_IF_ERROR(sink.Put(MetaKey(graph_), EncodeMeta(plan_.meta)));
  LIANJIE_RETURN_IF_ERROR(WriteRegions(sink));
  LIANJIE_RETURN_IF_ERROR(WriteLines(sink));
  LIANJIE_RETURN_IF_ERROR(WriteNodes(sink));
  LIANJIE_RETURN_IF_ERROR(WriteLinkIds(sink));
  LIANJIE_RETURN_IF_ERROR(WriteOutLinks(sink));
  LIANJIE_RETURN_IF_ERROR(WriteInLinks(sink));
  if (!digest.empty()) {
    const RequestRecord request{.digest = digest,
                                .revision = info.revision,
                                .commit_time_micros = info.update_time_micros,
                                .link_ids = {},
                                .load = result_};
    LIANJIE_RETURN_IF_ERROR(sink.Put(RequestKey(graph_, request_id), EncodeRequest(request)));
  }
  Change change;
  change.commit_time_micros = info.update_time_micros;
  change.reloaded = true;
  LIANJIE_RETURN_IF_ERROR(sink.Put(ChangeKey(graph_, info.revision, 0), EncodeChange(change)));
  return sink.Put(RevisionKey(graph_, info.revision),
                  EncodeRevision({.commit_time_micros = info.update_time_micros,
                                  .request_id = digest.empty() ? std::string() : request_id,
                                  .change_count = 1,
                                  .reference_date = info.reference_date}));
}

absl::Status LoadWriter::WriteRegions(KeyValueSink& sink) const {
  std::vector<const RegionRow*> rows;
  KeyValueChanges children;
  for (const RegionRow& row : rows_.regions) {
    if (row.rejected) continue;
    rows.push_back(&row);
    const auto stored = plan_.stored_regions.find(row.code);
    if (stored != plan_.stored_regions.end() && !stored->second.parent.empty()) {
      children[RegionChildKey(graph_, stored->second.parent, row.code)] = std::nullopt;
    }
  }
  std::sort(rows.begin(), rows.end(),
            [](const RegionRow* a, const RegionRow* b) { return a->code < b->code; });
  for (const RegionRow* row : rows) {
    LIANJIE_RETURN_IF_ERROR(sink.Put(RegionKey(graph_, row->code), row->value));
    if (!row->parent.empty()) {
      children[RegionChildKey(graph_, row->parent, row->code)] = std::string();
    }
  }
  for (const auto& [key, value] : children) {
    LIANJIE_RETURN_IF_ERROR(value.has_value() ? sink.Put(key, *value) : sink.Delete(key));
  }
  for (const auto& [code, use] : plan_.region_use) {
    const std::string key = RegionUseKey(graph_, code);
    const bool used = use.nodes > 0 || use.lines > 0;
    LIANJIE_RETURN_IF_ERROR(used ? sink.Put(key, EncodeRegionUse(use)) : sink.Delete(key));
  }
  return absl::OkStatus();
}

absl::Status LoadWriter::WriteLines(KeyValueSink& sink) const {
  absl::btree_map<std::string, std::string_view> lines;
  for (const LineRow& row : rows_.lines) {
    if (!row.rejected) lines[LineKey(graph_, row.region, row.year)] = row.value;
  }
  for (const auto& [key, value] : lines) LIANJIE_RETURN_IF_ERROR(sink.Put(key, value));
  return absl::OkStatus();
}

absl::Status LoadWriter::WriteNodes(KeyValueSink& sink) const {
  for (const std::uint32_t row : named_nodes_) {
    const NodeRow& node = rows_.nodes[row];
    LIANJIE_RETURN_IF_ERROR(
        sink.Put(NodeIdKey(graph_, rows_.names[node.name]),
                 EncodeNodePlace({.number = number_of_[node.name], .kind = node.kind})));
  }
  for (const NodePut& node : nodes_) {
    LIANJIE_RETURN_IF_ERROR(sink.Put(NodeKey(graph_, node.number), rows_.nodes[node.row].value));
  }
  return absl::OkStatus();
}

absl::Status LoadWriter::WriteLinkIds(KeyValueSink& sink) const {
  // Those that are new or stand elsewhere than before.
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> put_of(rows_.links.size(), kNoRow);
  for (std::uint32_t i = 0; i < links_.size(); ++i) {
    const std::uint32_t row = links_[i].row;
    if (row == kNoRow) continue;
    const auto stored = plan_.stored_links.find(row);
    if (stored != plan_.stored_links.end() && stored->second == links_[i].place) continue;
    rows.push_back(row);
    put_of[row] = i;
  }
  SortById(rows, [this](std::uint32_t row) { return rows_.links[row].id; });
  for (const std::uint32_t row : rows) {
    LIANJIE_RETURN_IF_ERROR(
        sink.Put(LinkIdKey(graph_, rows_.links[row].id), EncodePlace(links_[put_of[row]].place)));
  }
  return absl::OkStatus();
}

absl::Status LoadWriter::WriteOutLinks(KeyValueSink& sink) const {
  std::string value;
  for (const LinkPut& put : links_) {
    const std::string key = OutLinkKey(graph_, put.place);
    if (put.row == kNoRow) {
      LIANJIE_RETURN_IF_ERROR(sink.Delete(key));
      continue;
    }
    value = LinkIdPart(rows_.links[put.row].id);
    value.append(rows_.links[put.row].body);
    LIANJIE_RETURN_IF_ERROR(sink.Put(key, value));
  }
  return absl::OkStatus();
}

absl::Status LoadWriter::WriteInLinks(KeyValueSink& sink) const {
  std::vector<LinkPut> links = links_;
  std::sort(links.begin(), links.end(), [](const LinkPut& a, const LinkPut& b) {
    return std::tie(a.place.target, a.place.mechanism, a.place.source, a.place.link) <
           std::tie(b.place.target, b.place.mechanism, b.place.source, b.place.link);
  });
  for (const LinkPut& put : links) {
    const std::string key = InLinkKey(graph_, put.place);
    LIANJIE_RETURN_IF_ERROR(put.row == kNoRow ? sink.Delete(key) : sink.Put(key, {}));
  }
  return absl::OkStatus();
}

}  // namespace lianjie::storage
