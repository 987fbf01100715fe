// What a load does to its graph's digest. Of new records only the rows are hashed; those in whose
// place something stood cost a look-up (a link three).
#include <optional>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "storage/codec.h"
#include "storage/graph_digest.h"
#include "storage/load_write.h"

namespace lianjie::storage {
namespace {

absl::StatusOr<std::string> ReadStored(const GraphData& data, const std::string& key) {
  LIANJIE_ASSIGN_OR_RETURN(auto value, data.kv().Get(key));
  if (!value.has_value()) return Corrupt("a record that is named but not there");
  return *std::move(value);
}

absl::StatusOr<absl::uint128> HashOfStoredLink(const GraphData& data, const LinkPlace& place) {
  LIANJIE_ASSIGN_OR_RETURN(const std::string source, data.ReadNodeValue(place.source));
  LIANJIE_ASSIGN_OR_RETURN(const std::string target, data.ReadNodeValue(place.target));
  LIANJIE_ASSIGN_OR_RETURN(const NodeHead source_head, DecodeNodeHead(source));
  LIANJIE_ASSIGN_OR_RETURN(const NodeHead target_head, DecodeNodeHead(target));
  LIANJIE_ASSIGN_OR_RETURN(const std::string value,
                           ReadStored(data, OutLinkKey(data.graph(), place)));
  return LinkHash(source_head.id, target_head.id, place.mechanism, value);
}

}  // namespace

absl::Status LoadWriter::CountDigest(const GraphData& data) {
  absl::uint128& digest = plan_.meta.info.digest;
  for (const RegionRow& row : rows_.regions) {
    if (row.rejected) continue;
    digest += RegionHash(row.code, row.value);
    if (!plan_.stored_regions.contains(row.code)) continue;
    LIANJIE_ASSIGN_OR_RETURN(const std::string stored,
                             ReadStored(data, RegionKey(graph_, row.code)));
    digest -= RegionHash(row.code, stored);
  }
  for (std::uint32_t i = 0; i < rows_.lines.size(); ++i) {
    const LineRow& row = rows_.lines[i];
    if (row.rejected) continue;
    digest += LineHash(row.region, row.year, row.value);
    if (!plan_.stored_lines.contains(i)) continue;
    LIANJIE_ASSIGN_OR_RETURN(const std::string stored,
                             ReadStored(data, LineKey(graph_, row.region, row.year)));
    digest -= LineHash(row.region, row.year, stored);
  }
  for (const NodePut& put : nodes_) {
    const NodeRow& row = rows_.nodes[put.row];
    digest += NodeHash(row.value);
    if (!plan_.stored_nodes.contains(row.name)) continue;
    LIANJIE_ASSIGN_OR_RETURN(const std::string stored, data.ReadNodeValue(put.number));
    digest -= NodeHash(stored);
  }
  std::string value;
  for (const LinkPut& put : links_) {
    if (put.row == kNoRow) continue;
    const LinkRow& row = rows_.links[put.row];
    value = LinkIdPart(row.id);
    value.append(row.body);
    digest += LinkHash(rows_.names[row.source], rows_.names[row.target], row.mechanism, value);
    const auto stored = plan_.stored_links.find(put.row);
    if (stored == plan_.stored_links.end()) continue;
    LIANJIE_ASSIGN_OR_RETURN(const absl::uint128 before, HashOfStoredLink(data, stored->second));
    digest -= before;
  }
  return absl::OkStatus();
}

}  // namespace lianjie::storage
