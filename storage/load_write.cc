#include "storage/load_write.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/graph_digest.h"

namespace lianjie::storage {
namespace {

absl::StatusOr<std::string> ReadStored(const GraphData& data, const std::string& key) {
  LIANJIE_ASSIGN_OR_RETURN(auto value, data.kv().Get(key));
  if (!value.has_value()) return Corrupt("a record that is named but not there");
  return *std::move(value);
}

}  // namespace

absl::Status LoadWriter::Write(const LoadEnd& end, const KeyValueChanges& made,
                               KeyValueIngest& ingest) {
  GraphInfo& info = plan_.meta.info;
  ++info.revision;
  info.oldest_revision = info.revision;  // what it replaces is not kept
  info.update_time_micros = std::max(info.update_time_micros, end.now_micros);
  result_.revision = info.revision;
  result_.rejected = end.rejected;
  // By itself: files that reach from graph to graph would have to be taken apart again.
  KeyValueSink& of_store = ingest.NewSink();
  for (const auto& [key, value] : made) {
    if (GraphOfKey(key) == 0) LIANJIE_RETURN_IF_ERROR(of_store.Put(key, *value));
  }
  LIANJIE_RETURN_IF_ERROR(WriteNodes(ingest));
  LIANJIE_RETURN_IF_ERROR(SortLinks());
  LIANJIE_RETURN_IF_ERROR(WriteLinks(ingest));

  KeyValueSink& regions = ingest.NewSink();
  LIANJIE_RETURN_IF_ERROR(WriteRegions(regions));
  LIANJIE_RETURN_IF_ERROR(WriteLines(regions));
  info.node_count += result_.nodes_created;
  info.link_count += result_.links_created;
  info.region_count += result_.regions_created;
  info.line_count += result_.lines_created;
  LIANJIE_RETURN_IF_ERROR(ingest.NewSink().Put(MetaKey(graph_), EncodeMeta(plan_.meta)));
  return WriteEnd(end, ingest.NewSink());
}

absl::Status LoadWriter::WriteEnd(const LoadEnd& end, KeyValueSink& sink) const {
  const GraphInfo& info = plan_.meta.info;
  if (!end.digest.empty()) {
    const RequestRecord request{.digest = end.digest,
                                .revision = info.revision,
                                .commit_time_micros = info.update_time_micros,
                                .link_ids = {},
                                .load = result_};
    LIANJIE_RETURN_IF_ERROR(sink.Put(RequestKey(graph_, end.request_id), EncodeRequest(request)));
  }
  Change change;
  change.commit_time_micros = info.update_time_micros;
  change.reloaded = true;
  LIANJIE_RETURN_IF_ERROR(sink.Put(ChangeKey(graph_, info.revision, 0), EncodeChange(change)));
  return sink.Put(RevisionKey(graph_, info.revision),
                  EncodeRevision({.commit_time_micros = info.update_time_micros,
                                  .request_id = end.digest.empty() ? std::string() : end.request_id,
                                  .change_count = 1,
                                  .reference_date = info.reference_date}));
}

absl::Status LoadWriter::WriteRegions(KeyValueSink& sink) {
  std::vector<const RegionRow*> rows;
  KeyValueChanges children;
  absl::uint128& digest = plan_.meta.info.digest;
  for (const RegionRow& row : rows_.regions) {
    if (row.rejected) continue;
    rows.push_back(&row);
    digest += RegionHash(row.code, row.value);
    const auto stored = plan_.stored_regions.find(row.code);
    ++(stored == plan_.stored_regions.end() ? result_.regions_created : result_.regions_updated);
    if (stored == plan_.stored_regions.end()) continue;
    LIANJIE_ASSIGN_OR_RETURN(const std::string before,
                             ReadStored(data_, RegionKey(graph_, row.code)));
    digest -= RegionHash(row.code, before);
    if (!stored->second.parent.empty()) {
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

absl::Status LoadWriter::WriteLines(KeyValueSink& sink) {
  absl::btree_map<std::string, std::string_view> lines;
  absl::uint128& digest = plan_.meta.info.digest;
  for (std::uint32_t i = 0; i < rows_.lines.size(); ++i) {
    const LineRow& row = rows_.lines[i];
    if (row.rejected) continue;
    const bool stored = plan_.stored_lines.contains(i);
    ++(stored ? result_.lines_updated : result_.lines_created);
    digest += LineHash(row.region, row.year, row.value);
    std::string key = LineKey(graph_, row.region, row.year);
    if (stored) {
      LIANJIE_ASSIGN_OR_RETURN(const std::string before, ReadStored(data_, key));
      digest -= LineHash(row.region, row.year, before);
    }
    lines[std::move(key)] = row.value;
  }
  for (const auto& [key, value] : lines) LIANJIE_RETURN_IF_ERROR(sink.Put(key, value));
  return absl::OkStatus();
}

}  // namespace lianjie::storage
