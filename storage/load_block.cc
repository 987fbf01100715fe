#include "storage/load_block.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/graph_digest.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kMadeIdBytes = 14;

bool IsDigitOrLower(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }

}  // namespace

std::uint64_t LinkIdHash(std::string_view id) {
  if (id.size() > kMadeIdBytes + 1 && id[0] == 'L' && id[kMadeIdBytes] == '-') {
    const std::string_view base = id.substr(0, kMadeIdBytes);
    if (std::all_of(base.begin() + 1, base.end(), IsDigitOrLower)) return HashId(base);
  }
  return HashId(id);
}

template <typename Record>
bool EncodedRows::Begin(RowKind kind, const Record& record, std::string_view id, std::size_t index,
                        RowOrigin origin) {
  BlockRow row{.kind = kind, .index = static_cast<std::uint32_t>(index), .origin = origin};
  if (with_images_) {
    const std::string image = EncodeImage(record);
    row.image_bytes = static_cast<std::uint32_t>(image.size());
    images += image;
  }
  absl::Status status = Validate(record);
  if (!status.ok()) {
    row.bad = true;
    row.index = static_cast<std::uint32_t>(bad.size());
    bad.push_back({.origin = origin, .id = std::string(id), .status = std::move(status)});
  }
  rows.push_back(row);
  return !row.bad;
}

void EncodedRows::Reserve(std::size_t node_count, std::size_t link_count, std::size_t byte_count) {
  rows.reserve(rows.size() + node_count + link_count);
  nodes.reserve(nodes.size() + node_count);
  links.reserve(links.size() + link_count);
  bytes.reserve(bytes.size() + byte_count);
}

void EncodedRows::AddRegion(RegionRecord region, RowOrigin origin) {
  if (!Begin(RowKind::kRegion, region, region.code, regions.size(), origin)) return;
  regions.push_back(std::move(region));
}

void EncodedRows::AddNode(NodeRecord& node, RowOrigin origin) {
  Normalize(node);
  if (!Begin(RowKind::kNode, node, node.id, nodes.size(), origin)) return;
  EncodedNode row{.name = HashName(node.id),
                  .leak_share = node.leak_share.value_or(-1),
                  .begin = bytes.size(),
                  .id_bytes = static_cast<std::uint32_t>(node.id.size()),
                  .region_bytes = static_cast<std::uint32_t>(node.region.size()),
                  .kind = node.kind};
  bytes += node.id;
  bytes += node.region;
  const std::size_t value = bytes.size();
  AppendNode(node, bytes);
  row.value_bytes = static_cast<std::uint32_t>(bytes.size() - value);
  nodes.push_back(row);
}

void EncodedRows::AddLink(LinkRecord& link, RowOrigin origin) {
  Normalize(link);
  if (!Begin(RowKind::kLink, link, link.id, links.size(), origin)) return;
  const bool made = link.id.empty();
  const std::string made_id = made ? MakeLinkId(link) : std::string();
  const std::string_view id = made ? std::string_view(made_id) : link.id;
  EncodedLink row;
  row.source = HashName(link.source);
  row.target = HashName(link.target);
  row.id_hash = LinkIdHash(id);
  row.begin = bytes.size();
  row.source_bytes = static_cast<std::uint32_t>(link.source.size());
  row.target_bytes = static_cast<std::uint32_t>(link.target.size());
  row.id_bytes = static_cast<std::uint16_t>(id.size());
  row.mechanism = link.mechanism;
  row.made = made;
  bytes += link.source;
  bytes += link.target;
  const std::size_t value = bytes.size();
  AppendLinkId(id, bytes);
  AppendLinkBody(link, bytes);
  row.value_bytes = static_cast<std::uint32_t>(bytes.size() - value);
  row.hash =
      LinkHash(link.source, link.target, link.mechanism, std::string_view(bytes).substr(value));
  if (const auto claim = ClaimOf(link)) {
    row.claim_share = claim->share;
    row.claim_valid = claim->valid;
  }
  links.push_back(row);
}

void EncodedRows::AddLine(LineRecord line, RowOrigin origin) {
  if (!Begin(RowKind::kLine, line, Cat(line.region, " ", line.year), lines.size(), origin)) return;
  lines.push_back(std::move(line));
}

}  // namespace lianjie::storage
