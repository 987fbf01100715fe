#include "storage/load_check.h"

#include <algorithm>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/refusals.h"

namespace lianjie::storage {
namespace {

absl::Status GivenBefore(std::string_view field, std::string_view what, std::string_view id) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat(field, ": ", what, " '", id, "' was given before in this load"),
                   {.reason = Reason::kDuplicateId,
                    .field = std::string(field),
                    .row = {},
                    .metadata = {{"id", std::string(id)}}});
}

}  // namespace

absl::Status LoadCheck::Run(std::vector<BadRow>& bad) {
  sorted_ = std::async(std::launch::async, [this] {
    absl::Status status = rows_.link_ids->Sort();
    status.Update(rows_.nodes_by_id->Sort());
    return status;
  });
  LIANJIE_ASSIGN_OR_RETURN(plan_.meta, data_.Meta());
  LIANJIE_RETURN_IF_ERROR(ReadStoredRegions());
  LIANJIE_RETURN_IF_ERROR(CheckRegions());
  LIANJIE_RETURN_IF_ERROR(ReadStoredNodes());
  kept_ = bad_;
  while (true) {
    again_ = false;
    LIANJIE_RETURN_IF_ERROR(CheckNodes());
    LIANJIE_RETURN_IF_ERROR(CheckLinks());
    LIANJIE_RETURN_IF_ERROR(CheckShares());
    if (!again_) LIANJIE_RETURN_IF_ERROR(CheckKindChanges());
    LIANJIE_RETURN_IF_ERROR(EndPhase());
    if (!again_) break;
    BeginAgain();
  }
  LIANJIE_RETURN_IF_ERROR(CheckLines());
  LIANJIE_RETURN_IF_ERROR(CountRegionUse());
  LIANJIE_RETURN_IF_ERROR(CheckNewTable());
  bad.insert(bad.end(), bad_.begin(), bad_.end());
  return absl::OkStatus();
}

void LoadCheck::Put(RowKind kind, std::uint32_t row, const RowPlace& place, std::string_view id,
                    const absl::Status& status) {
  bad_.push_back({.kind = kind,
                  .row = row,
                  .ordinal = place.ordinal,
                  .error = {.origin = place.origin,
                            .id = std::string(id),
                            .status = WithRow(status, static_cast<std::int64_t>(place.ordinal))}});
}

void LoadCheck::Reject(RegionRow& row, const absl::Status& status) {
  row.rejected = true;
  Put(RowKind::kRegion, 0, row.place, row.code, status);
}

void LoadCheck::Reject(LineRow& row, std::string_view id, const absl::Status& status) {
  row.rejected = true;
  Put(RowKind::kLine, 0, row.place, id, status);
}

void LoadCheck::RejectNode(std::uint32_t row, std::string_view id, const absl::Status& status) {
  rows_.node_rejected[row] = true;
  Put(RowKind::kNode, row, rows_.node_places.At(row), id, status);
}

void LoadCheck::RejectLink(std::uint32_t row, std::string_view id, const absl::Status& status) {
  rows_.link_rejected[row] = true;
  Put(RowKind::kLink, row, rows_.link_places.At(row), id, status);
}

void LoadCheck::RejectLate(RowKind kind, std::uint32_t row, std::string_view id,
                           const absl::Status& status) {
  kind == RowKind::kNode ? RejectNode(row, id, status) : RejectLink(row, id, status);
  kept_.push_back(bad_.back());
  again_ = true;
}

// Keeps the late verdicts, forgets all others.
void LoadCheck::BeginAgain() {
  rows_.node_rejected.assign(rows_.node_rejected.size(), false);
  rows_.link_rejected.assign(rows_.link_rejected.size(), false);
  for (const BadRow& one : kept_) {
    if (one.kind == RowKind::kNode) rows_.node_rejected[one.row] = true;
    if (one.kind == RowKind::kLink) rows_.link_rejected[one.row] = true;
  }
  bad_ = kept_;
  ended_ = bad_.size();
}

absl::Status LoadCheck::EndPhase() {
  const auto begin = bad_.begin() + static_cast<std::ptrdiff_t>(ended_);
  const bool found = begin != bad_.end();
  ended_ = bad_.size();
  if (!found || options_.skip_bad_rows) return absl::OkStatus();
  const auto first = std::min_element(
      begin, bad_.end(), [](const BadRow& a, const BadRow& b) { return a.ordinal < b.ordinal; });
  ended_by_ = first->error;
  return ended_by_->status;
}

absl::Status LoadCheck::ReadStoredRegions() {
  if (plan_.meta.info.region_count == 0) return absl::OkStatus();
  stored_regions_.reserve(plan_.meta.info.region_count);
  LIANJIE_RETURN_IF_ERROR(VisitPrefix(data_.kv(), TagPrefix(data_.graph(), Tag::kRegion), true,
                                      [this](std::string_view key, std::string_view value) {
                                        RegionRecord& region = stored_regions_.emplace_back();
                                        return DecodeRegion(AfterTag(key), value, region);
                                      }));
  for (const RegionRecord& region : stored_regions_) {
    regions_[region.code] = {.parent = region.parent, .level = region.level, .row = kNoRow};
  }
  return absl::OkStatus();
}

absl::Status LoadCheck::CheckRegions() {
  absl::flat_hash_map<std::string_view, const RegionRecord*> stored;
  for (const RegionRecord& region : stored_regions_) stored[region.code] = &region;
  for (std::uint32_t i = 0; i < rows_.regions.size(); ++i) {
    RegionRow& row = rows_.regions[i];
    Region& region = regions_[row.code];
    const auto old = stored.find(row.code);
    if (region.row != kNoRow) {
      Reject(row, GivenBefore("code", "region", row.code));
    } else if (old != stored.end() && options_.on_existing == LoadOptions::OnExisting::kError) {
      Reject(row, AlreadyStored("region", row.code));
    } else {
      region = {.parent = row.parent, .level = row.level, .row = i};
      if (old != stored.end()) plan_.stored_regions[row.code] = *old->second;
    }
  }
  LIANJIE_RETURN_IF_ERROR(EndPhase());
  return CheckTree();
}

std::optional<absl::Status> LoadCheck::TreeFault(std::string_view code,
                                                 const Region& region) const {
  if (region.parent.empty()) return std::nullopt;
  const auto parent = regions_.find(region.parent);
  if (parent == regions_.end()) return UnknownParent(code, region.parent);
  if (region.level > parent->second.level) return std::nullopt;
  return LevelNotBelow(code, region.level, region.parent, parent->second.level);
}

// Rejects what hangs on nothing or on a level that is not above; a rejected region leaves what was
// stored, or nothing, and then those below it are looked at again. Levels bound the number of
// rounds.
absl::Status LoadCheck::CheckTree() {
  while (true) {
    std::vector<std::pair<std::uint32_t, absl::Status>> faults;
    for (const auto& [code, region] : regions_) {
      auto fault = TreeFault(code, region);
      if (!fault.has_value()) continue;
      // A stored region was good: then it is the row above it that is bad.
      const std::uint32_t row =
          region.row != kNoRow ? region.row : regions_.find(region.parent)->second.row;
      faults.emplace_back(row, *std::move(fault));
    }
    if (faults.empty()) return absl::OkStatus();
    std::sort(faults.begin(), faults.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second.message() < b.second.message();
    });
    for (const auto& [index, fault] : faults) {
      RegionRow& row = rows_.regions[index];
      if (row.rejected) continue;
      Reject(row, fault);
      if (const auto old = plan_.stored_regions.find(row.code); old != plan_.stored_regions.end()) {
        const auto it = std::lower_bound(
            stored_regions_.begin(), stored_regions_.end(), row.code,
            [](const RegionRecord& region, std::string_view code) { return region.code < code; });
        regions_[row.code] = {.parent = it->parent, .level = it->level, .row = kNoRow};
        plan_.stored_regions.erase(old);
      } else {
        regions_.erase(row.code);
      }
    }
    LIANJIE_RETURN_IF_ERROR(EndPhase());
  }
}

bool LoadCheck::KnowsRegion(std::string_view code) const {
  return code.empty() || !HasTable() || regions_.contains(code);
}

absl::Status LoadCheck::ReadStoredNodes() {
  if (plan_.meta.info.node_count == 0) return absl::OkStatus();
  NameTable::Texts texts(rows_.names);
  for (NameIndex i = 0; i < rows_.names.size(); ++i) {
    LIANJIE_ASSIGN_OR_RETURN(const std::string_view id, texts.Next());
    LIANJIE_ASSIGN_OR_RETURN(const auto place, data_.FindNode(id));
    if (!place.has_value()) continue;
    Name& name = rows_.names[i];
    name.stored = true;
    name.number = place->number;
    name.stored_kind = static_cast<std::uint8_t>(place->kind);
  }
  return absl::OkStatus();
}

absl::Status LoadCheck::CheckNodes() {
  for (NameIndex i = 0; i < rows_.names.size(); ++i) {
    Name& name = rows_.names[i];
    name.row = kNoRow;
    name.given = false;
    name.claims = 0;
  }
  progress_.Expect(rows_.nodes.size());
  FixedLog<NodeEntry>::Stream entries(rows_.nodes);
  for (std::uint32_t row = 0; !entries.AtEnd(); ++row) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeEntry entry, entries.Next());
    progress_.Add(1);
    Name& name = rows_.names[entry.name];
    if (rows_.node_rejected[row]) {
      name.given = true;
      continue;
    }
    const bool exists = options_.on_existing == LoadOptions::OnExisting::kError && name.stored;
    if (name.given || exists || !KnowsRegion(rows_.codes[entry.region])) {
      LIANJIE_ASSIGN_OR_RETURN(const std::string id, rows_.names.Text(entry.name));
      RejectNode(row, id,
                 name.given ? GivenBefore("id", "node", id)
                 : exists   ? AlreadyStored("node", id)
                            : UnknownRegion("region", rows_.codes[entry.region]));
      continue;
    }
    name.given = true;
    name.row = row;
    name.row_kind = static_cast<std::uint8_t>(entry.kind);
    name.claims += entry.leak().value_or(0);
  }
  return EndPhase();
}

absl::Status LoadCheck::CheckLines() {
  absl::flat_hash_set<std::pair<std::string_view, std::int64_t>> given;
  for (std::uint32_t i = 0; i < rows_.lines.size(); ++i) {
    LineRow& row = rows_.lines[i];
    const std::string id = Cat(row.region, " ", row.year);
    if (given.contains({row.region, row.year})) {
      Reject(row, id, GivenBefore("year", "line", id));
      continue;
    }
    if (!KnowsRegion(row.region)) {
      Reject(row, id, UnknownRegion("region", row.region));
      continue;
    }
    if (plan_.meta.info.line_count > 0) {
      LIANJIE_ASSIGN_OR_RETURN(const auto stored, data_.GetLine(row.region, row.year));
      if (stored.has_value()) {
        if (options_.on_existing == LoadOptions::OnExisting::kError) {
          Reject(row, id, AlreadyStored("line", id));
          continue;
        }
        plan_.stored_lines.insert(i);
      }
    }
    given.emplace(row.region, row.year);
  }
  return EndPhase();
}

absl::Status LoadCheck::CountRegionUse() {
  absl::flat_hash_map<std::string, std::pair<std::int64_t, std::int64_t>> deltas;
  std::vector<std::int64_t> nodes_of_code(rows_.codes.size(), 0);
  FixedLog<NodeEntry>::Stream entries(rows_.nodes);
  for (std::uint32_t row = 0; !entries.AtEnd(); ++row) {
    LIANJIE_ASSIGN_OR_RETURN(const NodeEntry entry, entries.Next());
    if (rows_.node_rejected[row]) continue;
    ++nodes_of_code[entry.region];
    const Name& name = rows_.names[entry.name];
    if (!name.stored) continue;
    LIANJIE_ASSIGN_OR_RETURN(const NodeRecord before, data_.ReadNode(name.number));
    --deltas[before.region].first;
  }
  for (std::uint32_t code = 0; code < rows_.codes.size(); ++code) {
    if (nodes_of_code[code] != 0)
      deltas[std::string(rows_.codes[code])].first += nodes_of_code[code];
  }
  for (std::uint32_t i = 0; i < rows_.lines.size(); ++i) {
    if (!rows_.lines[i].rejected && !plan_.stored_lines.contains(i)) {
      ++deltas[std::string(rows_.lines[i].region)].second;
    }
  }
  deltas.erase(std::string());
  for (const auto& [code, delta] : deltas) {
    LIANJIE_ASSIGN_OR_RETURN(RegionUse use, data_.GetRegionUse(code));
    use.nodes += static_cast<std::uint64_t>(delta.first);
    use.lines += static_cast<std::uint64_t>(delta.second);
    plan_.region_use[code] = use;
  }
  return absl::OkStatus();
}

// A first region table must have every region that the graph's nodes and lines name. That is no
// single row's fault and cannot be skipped; the first region stands for the table.
absl::Status LoadCheck::CheckNewTable() {
  if (plan_.meta.info.region_count > 0 || !HasTable()) return absl::OkStatus();
  const absl::Status status =
      VisitPrefix(data_.kv(), TagPrefix(data_.graph(), Tag::kRegionUse), true,
                  [this](std::string_view key, std::string_view value) -> absl::Status {
                    const std::string_view code = AfterTag(key);
                    LIANJIE_ASSIGN_OR_RETURN(RegionUse use, DecodeRegionUse(value));
                    const auto after = plan_.region_use.find(std::string(code));
                    if (after != plan_.region_use.end()) use = after->second;
                    if (use.nodes == 0 && use.lines == 0) return absl::OkStatus();
                    return KnowsRegion(code) ? absl::OkStatus() : UnknownRegion("code", code);
                  });
  if (status.ok()) return status;
  const auto first = std::find_if(rows_.regions.begin(), rows_.regions.end(),
                                  [](const RegionRow& row) { return !row.rejected; });
  Reject(*first, status);
  ended_by_ = bad_.back().error;
  return ended_by_->status;
}

}  // namespace lianjie::storage
