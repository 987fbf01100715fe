#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/batch.h"
#include "storage/refusals.h"

namespace lianjie::storage {
namespace {

absl::Status LineNotFound(const LineRecord& line) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   Cat("year: there is no line of ", line.year,
                       line.region.empty() ? std::string(" for everywhere")
                                           : Cat(" for region '", line.region, "'")),
                   {.reason = Reason::kInvalidField,
                    .field = "year",
                    .row = {},
                    .metadata = {{"region", line.region}, {"value", Cat(line.year)}}});
}

}  // namespace

absl::Status BatchApplier::Apply(const RegionWrite& write) {
  if (!first_region_row_.has_value()) first_region_row_ = row_;
  const RegionRecord& region = write.region;
  const GraphData& data = writer_.data();
  if (region.code.empty()) return InvalidField("code", "is required", Reason::kMissingField);
  LIANJIE_ASSIGN_OR_RETURN(const auto stored, data.GetRegion(region.code));
  if (write.kind == WriteKind::kCreate && stored.has_value()) {
    return AlreadyStored("region", region.code);
  }
  if ((write.kind == WriteKind::kUpdate || write.kind == WriteKind::kDelete) &&
      !stored.has_value()) {
    return NotFound(Reason::kRegionNotFound, "region", region.code);
  }
  if (write.kind != WriteKind::kDelete) {
    LIANJIE_RETURN_IF_ERROR(Validate(region));
    LIANJIE_RETURN_IF_ERROR(CheckRegionTree(region, stored.has_value()));
    return writer_.PutRegion(stored.has_value() ? &*stored : nullptr, region);
  }
  LIANJIE_ASSIGN_OR_RETURN(const RegionUse use, data.GetRegionUse(region.code));
  LIANJIE_ASSIGN_OR_RETURN(const auto children, data.RegionChildren(region.code));
  if (use.nodes == 0 && use.lines == 0 && children.empty()) return writer_.DeleteRegion(*stored);
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   Cat("region '", region.code, "' is in use by ", use.nodes, " nodes, ", use.lines,
                       " lines and ", children.size(), " regions below it"),
                   {.reason = Reason::kRegionTreeInvalid,
                    .field = "code",
                    .row = {},
                    .metadata = {{"region", region.code},
                                 {"nodes", Cat(use.nodes)},
                                 {"lines", Cat(use.lines)},
                                 {"regions", Cat(children.size())}}});
}

// A known parent and levels that grow downwards; so there can be no cycle.
absl::Status BatchApplier::CheckRegionTree(const RegionRecord& region, bool stored) const {
  const GraphData& data = writer_.data();
  if (!region.parent.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(const auto parent, data.GetRegion(region.parent));
    if (!parent.has_value()) return UnknownParent(region.code, region.parent);
    if (region.level <= parent->level) {
      return LevelNotBelow(region.code, region.level, parent->code, parent->level);
    }
  }
  if (!stored) return absl::OkStatus();
  LIANJIE_ASSIGN_OR_RETURN(const auto children, data.RegionChildren(region.code));
  for (const std::string& code : children) {
    LIANJIE_ASSIGN_OR_RETURN(const auto child, data.GetRegion(code));
    if (!child.has_value()) return Corrupt(Cat("region '", code, "' is named but not there"));
    if (child->level <= region.level) {
      return LevelNotBelow(child->code, child->level, region.code, region.level);
    }
  }
  return absl::OkStatus();
}

absl::Status BatchApplier::CheckRegionKnown(std::string_view code, std::string_view field) {
  if (code.empty()) return absl::OkStatus();
  if (writer_.meta().info.region_count == 0) {
    region_went_unchecked_ = true;
    return absl::OkStatus();
  }
  LIANJIE_ASSIGN_OR_RETURN(const auto region, writer_.data().GetRegion(code));
  return region.has_value() ? absl::OkStatus() : UnknownRegion(field, code);
}

absl::Status BatchApplier::CheckNewRegionTable() {
  if (!first_region_row_.has_value() || writer_.meta().info.region_count == 0) {
    return absl::OkStatus();
  }
  LIANJIE_ASSIGN_OR_RETURN(const GraphMeta before, before_.Meta());
  if (before.info.region_count > 0 && !region_went_unchecked_) return absl::OkStatus();
  const absl::Status status =
      VisitPrefix(writer_.data().kv(), TagPrefix(before_.graph(), Tag::kRegionUse), true,
                  [this](std::string_view key, std::string_view) {
                    return CheckRegionKnown(AfterTag(key), "code");
                  });
  return WithRow(status, static_cast<std::int64_t>(*first_region_row_));
}

absl::Status BatchApplier::Apply(const LineWrite& write) {
  const LineRecord& line = write.line;
  const bool year_exists = line.year >= 1 && line.year <= 9999;
  std::optional<LineRecord> stored;
  if (year_exists) {
    LIANJIE_ASSIGN_OR_RETURN(stored, writer_.data().GetLine(line.region, line.year));
  }
  if (write.kind == WriteKind::kCreate && stored.has_value()) {
    return AlreadyStored("line", Cat(line.region, " ", line.year));
  }
  if ((write.kind == WriteKind::kUpdate || write.kind == WriteKind::kDelete) &&
      !stored.has_value()) {
    return LineNotFound(line);
  }
  if (write.kind == WriteKind::kDelete) return writer_.DeleteLine(*stored);
  LIANJIE_RETURN_IF_ERROR(Validate(line));
  LIANJIE_RETURN_IF_ERROR(CheckRegionKnown(line.region, "region"));
  return writer_.PutLine(stored.has_value() ? &*stored : nullptr, line);
}

}  // namespace lianjie::storage
