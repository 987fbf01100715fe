#include "storage/load_rows.h"

#include <algorithm>

#include "engine/core/status.h"
#include "storage/codec.h"

namespace lianjie::storage {

void RowPlaces::Add(const RowPlace& place) {
  const std::uint32_t row = size_++;
  if (!runs_.empty()) {
    Run& run = runs_.back();
    const RowPlace& first = run.first;
    if (row == run.row + 1 && place.origin.file == first.origin.file &&
        place.ordinal - first.ordinal < kNoRow) {
      run.ordinal_step = static_cast<std::uint32_t>(place.ordinal - first.ordinal);
      run.line_step = place.origin.line - first.origin.line;
      return;
    }
    const RowPlace next = run.At(row);
    if (next.ordinal == place.ordinal && next.origin.file == place.origin.file &&
        next.origin.line == place.origin.line) {
      return;
    }
  }
  runs_.push_back({.first = place, .row = row});
}

RowPlace RowPlaces::At(std::uint32_t row) const {
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), row,
                       [](std::uint32_t value, const Run& run) { return value < run.row; });
  return std::prev(after)->At(row);
}

std::uint32_t CodeTable::Add(std::string_view code) {
  if (!codes_.empty() && codes_[last_] == code) return last_;
  if (const auto it = index_.find(code); it != index_.end()) return last_ = it->second;
  const std::string_view kept = bytes_.Keep(code);
  codes_.push_back(kept);
  index_.emplace(kept, size() - 1);
  return last_ = size() - 1;
}

std::string_view IdInLinkValue(std::string_view value) {
  // The field's tag, its length as a varint, the id: at most kMaxIdBytes, so two bytes are enough.
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(value[i]); };
  if (byte(1) < 0x80) return value.substr(2, byte(1));
  return value.substr(3, (byte(1) & 0x7FU) | std::size_t{byte(2)} << 7U);
}

absl::Status LinkLog::Append(const LinkEntry& entry, std::string_view value) {
  if (size_ % kPlacesApart == 0) begin_of_.push_back(log_.size());
  ++size_;
  LIANJIE_RETURN_IF_ERROR(log_.Append({reinterpret_cast<const char*>(&entry), sizeof entry}));
  return log_.Append(value);
}

absl::StatusOr<bool> LinkLog::Stream::Next(LinkRow& row) {
  if (reader_.AtEnd()) return false;
  LinkEntry& entry = row;
  LIANJIE_ASSIGN_OR_RETURN(std::string_view bytes, reader_.Peek(sizeof entry));
  std::memcpy(&entry, bytes.data(), sizeof entry);
  LIANJIE_ASSIGN_OR_RETURN(bytes, reader_.Take(sizeof entry + entry.value_bytes));
  row.value = bytes.substr(sizeof entry);
  row.id = IdInLinkValue(row.value);
  row.row = next_++;
  return true;
}

absl::StatusOr<std::string> LinkLog::IdOf(std::uint32_t row) const {
  std::uint64_t at = begin_of_[row / kPlacesApart];
  LinkEntry entry;
  for (std::uint32_t k = row % kPlacesApart;; --k) {
    LIANJIE_RETURN_IF_ERROR(log_.Read(at, reinterpret_cast<char*>(&entry), sizeof entry));
    at += sizeof entry;
    if (k == 0) break;
    at += entry.value_bytes;
  }
  std::string value(entry.value_bytes, '\0');
  LIANJIE_RETURN_IF_ERROR(log_.Read(at, value.data(), value.size()));
  return std::string(IdInLinkValue(value));
}

LoadRows::LoadRows(const SpillSpace& spill, std::uint64_t memory)
    : space(spill),
      memory_bytes(memory),
      names(space, memory / LoadMemory::kNames, memory / LoadMemory::kNameTexts),
      nodes(space, memory / LoadMemory::kNodes),
      nodes_by_id(std::make_unique<ByteSorter>(space, memory / LoadMemory::kNodesById)),
      links(space, memory / LoadMemory::kLinks),
      link_ids(std::make_unique<FixedSorter<IdHash>>(space, memory / LoadMemory::kLinkIds)) {}

absl::Status LoadRows::Add(const RegionRecord& region, const RowPlace& place) {
  regions.push_back({.place = place,
                     .code = kept.Keep(region.code),
                     .parent = kept.Keep(region.parent),
                     .level = region.level,
                     .value = kept.Keep(EncodeRegion(region))});
  return absl::OkStatus();
}

absl::Status LoadRows::Add(const LineRecord& line, const RowPlace& place) {
  lines.push_back({.place = place,
                   .region = kept.Keep(line.region),
                   .year = line.year,
                   .value = kept.Keep(EncodeLine(line))});
  return absl::OkStatus();
}

absl::Status LoadRows::Add(const EncodedNode& node, std::string_view bytes, const RowPlace& place) {
  const std::string_view id = bytes.substr(node.begin, node.id_bytes);
  const std::string_view region = bytes.substr(node.begin + node.id_bytes, node.region_bytes);
  const std::string_view value =
      bytes.substr(node.begin + node.id_bytes + node.region_bytes, node.value_bytes);
  const auto row = static_cast<std::uint32_t>(node_rejected.size());
  LIANJIE_ASSIGN_OR_RETURN(const NameIndex name, names.Add(node.name, id));
  LIANJIE_RETURN_IF_ERROR(nodes.Append({.name = name,
                                        .region = codes.Add(region),
                                        .leak_share = node.leak_share,
                                        .kind = node.kind}));
  const NodeHeadBytes head{.name = name, .row = row};
  coded_id.clear();
  AppendId(id, coded_id);
  LIANJIE_RETURN_IF_ERROR(
      nodes_by_id->Add(coded_id, {reinterpret_cast<const char*>(&head), sizeof head}, value));
  node_places.Add(place);
  node_rejected.push_back(false);
  return absl::OkStatus();
}

absl::Status LoadRows::Add(const EncodedLink& link, std::string_view bytes, const RowPlace& place) {
  std::size_t at = link.begin;
  const auto next = [&](std::size_t size) {
    at += size;
    return bytes.substr(at - size, size);
  };
  LinkEntry entry{.hash_high = absl::Uint128High64(link.hash),
                  .hash_low = absl::Uint128Low64(link.hash),
                  .claim_share = link.claim_share,
                  .claim_valid = link.claim_valid,
                  .value_bytes = link.value_bytes,
                  .id_bytes = link.id_bytes,
                  .mechanism = link.mechanism,
                  .made = link.made};
  const auto row = static_cast<std::uint32_t>(link_rejected.size());
  LIANJIE_ASSIGN_OR_RETURN(entry.source, names.Add(link.source, next(link.source_bytes)));
  LIANJIE_ASSIGN_OR_RETURN(entry.target, names.Add(link.target, next(link.target_bytes)));
  LIANJIE_RETURN_IF_ERROR(links.Append(entry, next(link.value_bytes)));
  LIANJIE_RETURN_IF_ERROR(link_ids->Add({.hash = link.id_hash, .row = row}));
  link_places.Add(place);
  link_rejected.push_back(false);
  return absl::OkStatus();
}

}  // namespace lianjie::storage
